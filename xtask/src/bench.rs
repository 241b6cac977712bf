//! `bench`: builds the server and the load generator as they ship, and runs the latter. Its arguments are its own.

use std::process::Command;

use crate::process::BUILD_LIMIT;
use crate::{Result, process};

/// `true` when the benchmark ran to its end.
pub fn run(arguments: &[&str]) -> Result<bool> {
    if !build()? {
        return Ok(false);
    }
    Ok(program().args(arguments).status()?.success())
}

/// Builds both for release; `false` when that failed.
pub fn build() -> Result<bool> {
    let build = process::cargo(&["build", "--release", "--package", "grantd", "--package", "grantd-bench"]);
    Ok(process::show(build, BUILD_LIMIT)?.success)
}

/// The load generator.
pub fn program() -> Command {
    process::in_workspace(crate::target().join("release/grantd-bench"))
}
