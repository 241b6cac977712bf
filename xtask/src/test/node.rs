//! Auth0's Node SDKs, oauth4webapi, openid-client, jose and Auth0's Express middleware, run by Node's own test runner.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::Finished;
use crate::test::outcome::Outcome;
use crate::test::{Options, interop};
use crate::{Result, process};

const SUITE: &str = "node";

pub fn run(_: Options) -> Result<Outcome> {
    if let Some(missing) = missing() {
        return Ok(Outcome::left_out(missing));
    }
    let folder = install(SUITE)?;
    let mut node = process::in_workspace("node");
    node.arg("make-authority.mjs").current_dir(&folder);
    let authority = interop::client_authority(SUITE, node)?;
    let mut node = process::in_workspace("node");
    // One file at a time: the signing keys that one of them rotates and revokes are everybody's.
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).current_dir(&folder);
    interop::against_server(SUITE, Some(&authority), node, counts)
}

/// What a suite in Node needs and this machine does not have.
pub fn missing() -> Option<&'static str> {
    if !interop::runs("node", &["--eval", "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)"]) {
        return Some("needs Node 20 or newer");
    }
    if !interop::runs("npm", &["--version"]) {
        return Some("needs npm");
    }
    None
}

/// Installs the packages of a suite and gives the folder where it runs.
pub fn install(suite: &str) -> Result<PathBuf> {
    install_from(&interop::sources(suite), suite)
}

/// Installs the packages that these sources ask for, and gives the folder of that name where they run. Node resolves
/// packages from the folder of the file that imports them, so the sources are copied to where the packages are.
pub fn install_from(sources: &Path, name: &str) -> Result<PathBuf> {
    let folder = interop::folder(name)?;
    for entry in fs::read_dir(sources)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    interop::install_once(name, &sources.join("package-lock.json"), || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        interop::installing(npm)
    })?;
    Ok(folder)
}

/// The summary has lines like `ℹ pass 33` and `ℹ fail 0`.
pub fn counts(finished: &Finished) -> (u64, u64) {
    let last = |word: &str| {
        finished.lines.iter().rev().find_map(|line| match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["ℹ", name, number] if *name == word => number.parse().ok(),
            _ => None,
        })
    };
    let failed = last("fail").unwrap_or(0) + last("cancelled").unwrap_or(0);
    (last("pass").unwrap_or(0), failed)
}
