//! A running server of its own for each suite: fresh data, a port that the system picks, and no way to outlive us.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Result, process};

const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A started `grantd`; dropping it kills it.
pub struct Server {
    process: Child,
    data: PathBuf,
    log: PathBuf,
    admin: Value,
}

impl Server {
    /// Builds grantd and starts it on an empty folder below the build folder. Its log stays there. Clients are asked
    /// for certificates of the authority in the folder `client_authority`.
    pub fn start(suite: &str, client_authority: Option<&Path>) -> Result<Self> {
        let program = process::build_grantd()?;
        let folder = super::interop::folder(suite)?;
        let (data, log) = (folder.join("data"), folder.join("grantd.log"));
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--operations-listen", "off", "--data"]).arg(&data);
        if let Some(folder) = client_authority {
            command.arg("--client-ca").arg(folder.join("ca.pem"));
        }
        let mut process =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?).spawn()?;
        let stdout = process.stdout.take();
        let mut server = Self { process, data, log, admin: Value::Null };
        server.wait_until_ready(stdout)?;
        server.admin = serde_json::from_slice(&fs::read(server.data.join("admin.json"))?)?;
        Ok(server)
    }

    /// The line is read on a thread, because reading has no time limit; the thread then drains what follows.
    fn wait_until_ready(&self, stdout: Option<impl std::io::Read + Send + 'static>) -> Result<()> {
        let (sender, ready) = channel();
        thread::spawn(move || {
            let lines = stdout.into_iter().flat_map(|stream| BufReader::new(stream).lines());
            for line in lines.map_while(std::result::Result::ok) {
                if line.starts_with("grantd is ready at ") {
                    let _ = sender.send(());
                }
            }
        });
        ready
            .recv_timeout(START_LIMIT)
            .map_err(|_| format!("grantd did not start; see {}", self.log.display()).into())
    }

    /// Where the server is and who may ask, for a program that is about to talk to it.
    pub fn describe_to(&self, command: &mut Command) {
        for key in ["issuer", "audience", "client_id", "client_secret"] {
            let value = self.admin.get(key).and_then(Value::as_str).unwrap_or_default();
            command.env(format!("GRANTD_{}", key.to_uppercase()), value);
        }
        let authority = self.data.join("ca.pem");
        // The last three are how Node, Python's ssl and Python's requests are told of an authority.
        for variable in ["GRANTD_CA", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
            command.env(variable, &authority);
        }
    }

    /// What the server has logged.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Asks the server to stop. `false` when it had crashed, does not stop in time or does not exit with 0.
    pub fn stop(mut self) -> Result<bool> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let deadline = Instant::now() + STOP_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status.success());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(false)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
