//! PgBouncer in front of a cluster, in transaction mode: each transaction may run on another connection.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, as_postgres, free_port};

/// How long a pooler may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running pooler; dropping it ends it.
pub struct Pooler {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// Starts one that has so many connections to the cluster.
    ///
    /// # Panics
    /// Where PgBouncer is not installed, or does not start.
    #[must_use]
    pub fn start(cluster: &Cluster, connections: u32) -> Self {
        match Self::try_start(cluster, connections) {
            Ok(pooler) => pooler,
            #[expect(clippy::panic, reason = "nothing can be tested without it")]
            Err(error) => panic!("PgBouncer for tests: {error} (apt-get install pgbouncer)"),
        }
    }

    fn try_start(cluster: &Cluster, connections: u32) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("grantd-pgbouncer-").tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let (port, settings) = (free_port()?, folder.path().join("pgbouncer.ini"));
        // PgBouncer before 1.21 keeps no prepared statements across transactions, so it has to forget them.
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {connections}\n\
             max_client_conn = 200\nserver_reset_query = DISCARD ALL\nserver_reset_query_always = 1\n",
            cluster.port()
        );
        let text = text.replace("* = host=127.0.0.1", "* = user=postgres host=127.0.0.1");
        fs::write(&settings, text)?;
        let mut command = as_postgres(Path::new("/usr/sbin/pgbouncer"));
        command.arg("--quiet").arg(&settings);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let pooler = Self { process: command.spawn()?, port, _folder: folder };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline {
                return Err(io::Error::other("it does not listen"));
            }
            std::thread::yield_now();
        }
        Ok(pooler)
    }

    /// The URL of a database of the cluster, through the pooler. No statement is kept.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?statement-cache-capacity=0", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // The process may be `runuser`, which passes a polite signal on and not a rude one.
        let id = self.process.id().to_string();
        drop(std::process::Command::new("kill").arg(&id).status());
        drop(self.process.wait());
    }
}
