//! The real binary as a child process: started on a folder, waited for by its ready line, asked over HTTPS, and gone
//! when the test is.

pub mod api;
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub use self::process::{Ended, Process};

/// A place for a data folder, which is not there yet, and for what else a test needs.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Something beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `grantd serve` on the folder, on a port that the system picks.
    pub fn serve(&self, arguments: &[&str]) -> Command {
        let mut command = grantd(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.data()).args(arguments);
        // Servers of tests that run beside one another have no usual address.
        if !arguments.contains(&"--operations-listen") {
            command.args(["--operations-listen", "off"]);
        }
        command
    }

    /// A server that is ready.
    pub fn start(&self, arguments: &[&str]) -> Server {
        Server::start(self.serve(arguments)).unwrap_or_else(|failed| panic!("{failed:?}"))
    }

    /// A start that fails.
    pub fn fail(&self, arguments: &[&str]) -> Ended {
        match Server::start(self.serve(arguments)) {
            Ok(server) => panic!("grantd is ready at {}", server.base),
            Err(ended) => ended,
        }
    }
}

/// The binary with these arguments, and nothing of the environment that it looks at.
pub fn grantd(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantd"));
    clean(&mut command).args(arguments);
    command
}

/// Takes from the environment what grantd looks at.
pub fn clean(command: &mut Command) -> &mut Command {
    let names = ["DATA", "LISTEN", "ISSUER", "TLS_CERT", "TLS_KEY", "LOG", "LOG_FORMAT"];
    let of_certificates = ["CLIENT_CERTIFICATES", "CLIENT_CA", "TRUSTED_PROXY", "MTLS_URL"];
    let of_others = ["OUTBOUND_ALLOW", "OUTBOUND_CA", "CLIENT_ID", "OPERATIONS_LISTEN"];
    let of_the_database = ["DATABASE", "DATABASE_LISTENER", "DATABASE_CONNECTIONS", "STALENESS_CEILING"];
    let of_the_log = ["LOG_RETENTION_DAYS", "LOG_RETENTION_MB", "LOG_FILES", "NO_EVENT_LOG"];
    for name in
        names.into_iter().chain(of_certificates).chain(of_others).chain(of_the_database).chain(of_the_log)
    {
        command.env_remove(format!("GRANTD_{name}"));
    }
    command
}

/// A running server.
pub struct Server {
    process: Process,
    /// What the ready line says: where it is.
    pub base: String,
}

impl Server {
    /// Starts the command and waits for the ready line.
    pub fn start(command: Command) -> Result<Self, Ended> {
        Self::of(Process::start(command))
    }

    /// Waits for the ready line of a process.
    pub fn of(mut process: Process) -> Result<Self, Ended> {
        let line = process.line();
        match line.strip_prefix("grantd is ready at ") {
            Some(base) => Ok(Self { base: base.to_owned(), process }),
            None => Err(Ended { stdout: line, ..process.wait() }),
        }
    }

    /// What it has written to standard error so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal, as `TERM`.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits until the process ends.
    pub fn wait(self) -> Ended {
        self.process.wait()
    }

    /// Asks the process to stop, and waits until it does.
    pub fn stop(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }

    /// Kills the process at once (kill -9).
    pub fn kill(self) {
        drop(self.process);
    }
}

/// A file as text.
pub fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}
