//! Auth0's Python SDK, Authlib and `PyJWT`, run by pytest; and how a suite gets its virtual environment.

use std::path::PathBuf;
use std::process::Command;

use crate::process::Finished;
use crate::test::outcome::{Outcome, number_before};
use crate::test::{Options, interop};
use crate::{Result, process};

const SUITE: &str = "python";

/// The clients in Python against a server of their own.
pub fn run(_: Options) -> Result<Outcome> {
    if let Some(reason) = missing() {
        return Ok(Outcome::left_out(reason));
    }
    let program = environment(SUITE)?.join("bin/python");
    let python = |arguments: &[&str]| {
        let mut command = process::in_workspace(&program);
        command.arg("-B").args(arguments).current_dir(interop::sources(SUITE));
        command
    };
    let authority = interop::client_authority(SUITE, python(&["make_authority.py"]))?;
    let pytest = python(&["-m", "pytest", "-p", "no:cacheprovider"]);
    interop::against_server(SUITE, Some(&authority), pytest, counts)
}

/// What this machine lacks to make a virtual environment, if anything.
pub fn missing() -> Option<&'static str> {
    if !interop::runs("python3", &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) {
        return Some("needs Python 3.11 or newer");
    }
    (!interop::runs("python3", &["-c", "import ensurepip, venv"]))
        .then_some("needs Python's venv (python3-venv)")
}

/// The virtual environment of `suite` with exactly the packages of its requirements.txt.
pub fn environment(suite: &str) -> Result<PathBuf> {
    let requirements = interop::sources(suite).join("requirements.txt");
    let environment = interop::folder(suite)?.join("venv");
    interop::install_once(suite, &requirements, || {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&environment);
        interop::installing(venv)?;
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--requirement",
        ]);
        pip.arg(&requirements);
        interop::installing(pip)
    })?;
    Ok(environment)
}

/// The last line is like `=== 2 failed, 19 passed, 1 error in 12.23s ===`.
fn counts(finished: &Finished) -> (u64, u64) {
    let last = finished.lines.iter().rev().find(|line| line.contains(" in ")).map_or("", String::as_str);
    let number = |word| number_before(last, word).unwrap_or(0);
    (number("passed"), number("failed") + number("error") + number("errors"))
}
