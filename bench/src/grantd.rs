//! The grantd that is measured: which program, on which folder, started how.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use grantd_model::Secret;
use grantd_store::KeyEncryptionKey;
use tempfile::TempDir;

use crate::Outcome;
use crate::process::Server;
use crate::tls::Certificate;

/// The issuer, which assertions are for. Nothing listens there.
pub(crate) const ISSUER: &str = "https://auth.example.com/";
/// Its token endpoint, which proofs are for.
pub(crate) const TOKEN_ENDPOINT: &str = "https://auth.example.com/oauth/token";

/// The flags for a deployment of that name behind a proxy on this machine, which is the load itself.
pub(crate) const BEHIND_A_PROXY: &[&str] = &["--issuer", ISSUER, "--trusted-proxy", "127.0.0.1"];

/// Warm starts that are timed.
const STARTS: usize = 10;

/// grantd on a data folder that goes with it.
pub(crate) struct Grantd {
    program: PathBuf,
    folder: TempDir,
    flags: Vec<String>,
    log: Option<&'static str>,
}

impl Grantd {
    /// The program beside this one, or the one that `GRANTD_BIN` names, on an empty folder. It is
    /// always started with these flags.
    pub(crate) fn new(flags: &'static [&'static str]) -> Outcome<Self> {
        let program = match std::env::var_os("GRANTD_BIN") {
            Some(named) => PathBuf::from(named),
            None => std::env::current_exe()?.with_file_name("grantd"),
        };
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Ok(Self { program, folder: tempfile::tempdir()?, flags, log: None })
    }

    /// The same, started with these flags.
    pub(crate) fn with_flags(self, flags: Vec<String>) -> Self {
        Self { flags, ..self }
    }

    /// The same, with this filter of what it says about itself.
    pub(crate) fn with_log(self, filter: &'static str) -> Self {
        Self { log: Some(filter), ..self }
    }

    /// Where its data is.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// What opens its secrets.
    pub(crate) fn key(&self) -> Outcome<KeyEncryptionKey> {
        let key = Secret::from(fs::read(self.data().join("key-encryption-key"))?);
        Ok(KeyEncryptionKey::new(&key).ok_or("the key-encryption key is none")?)
    }

    /// Where it logs to, and where what is started beside it shall.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Starts it on a free port.
    pub(crate) fn start(&self) -> Outcome<Server> {
        self.start_as(&self.program, &[], &["--plain-http"])
    }

    /// Starts it on a free port, where it speaks TLS with this certificate.
    pub(crate) fn start_with_tls(&self, certificate: &Certificate) -> Outcome<Server> {
        self.start_as(&self.program, &[], &certificate.flags()?)
    }

    /// The same as [`start`](Self::start) under callgrind, whose reports have names that begin so.
    pub(crate) fn under_callgrind(&self, report: &Path) -> Outcome<Server> {
        let program = self.program.to_str().ok_or("the program has no name in UTF-8")?;
        let report = format!("--callgrind-out-file={}", report.display());
        let words = ["--tool=callgrind", "--quiet", &report, program];
        self.start_as(Path::new("valgrind"), &words, &["--plain-http"])
    }

    /// Starts this program, with these words before its own flags and this transport.
    fn start_as(&self, program: &Path, words: &[&str], transport: &[&str]) -> Outcome<Server> {
        let data = self.data().to_str().ok_or("the temporary folder has no name in UTF-8")?;
        let serve = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
        let flags = transport.iter().copied().chain(self.flags.iter().map(String::as_str));
        let arguments: Vec<&str> = words.iter().copied().chain(serve).chain(flags).collect();
        let filter: Vec<_> = self.log.map(|filter| ("GRANTD_LOG", filter)).into_iter().collect();
        Server::start(program, &arguments, &self.log(), &filter)
    }

    /// How long it takes to be ready on a folder that is filled.
    pub(crate) fn warm_starts(&self) -> Outcome<Vec<Duration>> {
        let mut starts = Vec::with_capacity(STARTS);
        for _ in 0..STARTS {
            let server = self.start()?;
            starts.push(server.start);
            server.stop()?;
        }
        starts.sort_unstable();
        Ok(starts)
    }
}
