//! What the suites of outside clients share: a folder to install into, an install that is done once, and a run
//! against a server of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::process::{self, Finished};
use crate::test::outcome::Outcome;
use crate::test::server::Server;

const INSTALL_LIMIT: Duration = Duration::from_mins(10);
/// How long one suite may run.
pub const RUN_LIMIT: Duration = Duration::from_mins(20);

/// Where the tests find the authority of their certificates.
const CLIENT_AUTHORITY: &str = "GRANTD_CLIENT_AUTHORITY";

/// The committed files of a suite.
pub fn sources(suite: &str) -> PathBuf {
    crate::root().join("interop").join(suite)
}

/// The suite's folder below the build folder, made if need be.
pub fn folder(suite: &str) -> Result<PathBuf> {
    let folder = crate::target().join("interop").join(suite);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs `install` unless it has been run for this very `lock` file.
pub fn install_once(suite: &str, lock: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let (wanted, stamp) = (fs::read(lock)?, folder(suite)?.join("installed"));
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing the packages of {}", lock.display());
    install()?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// Runs one step of an install.
pub fn installing(command: Command) -> Result<()> {
    let finished = process::quietly(command, INSTALL_LIMIT)?;
    if finished.success { Ok(()) } else { Err(finished.lines.join("\n").into()) }
}

/// Whether `program` with `arguments` runs at all.
pub fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = process::in_workspace(program);
    command.args(arguments);
    process::quietly(command, INSTALL_LIMIT).is_ok_and(|finished| finished.success)
}

/// Has `command` write the authority that the server shall believe about certificates of clients, with the suite's
/// own library. Gives the folder with its `ca.pem`.
pub fn client_authority(suite: &str, mut command: Command) -> Result<PathBuf> {
    let folder = folder(suite)?.join("clients");
    fs::create_dir_all(&folder)?;
    command.env(CLIENT_AUTHORITY, &folder);
    installing(command)?;
    Ok(folder)
}

/// Runs `command` against a new server and reads its counts. That the server then stops in order is one more check.
pub fn against_server(
    suite: &str,
    client_authority: Option<&Path>,
    mut command: Command,
    counts: fn(&Finished) -> (u64, u64),
) -> Result<Outcome> {
    let server = Server::start(suite, client_authority)?;
    if let Some(folder) = client_authority {
        command.env(CLIENT_AUTHORITY, folder);
    }
    server.describe_to(&mut command);
    let finished = process::show(command, RUN_LIMIT)?;
    let (passed, failed) = counts(&finished);
    let mut outcome = Outcome::counted(passed, failed, finished.success);
    if outcome.failed > 0 {
        println!("the server's log is {}", server.log().display());
    }
    if server.stop()? {
        outcome.passed += 1;
    } else {
        println!("{suite}: grantd did not stop in order after SIGTERM");
        outcome.failed += 1;
    }
    Ok(outcome)
}
