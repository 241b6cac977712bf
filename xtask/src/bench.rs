//! `bench`: builds the server and the load generator as they ship, and runs the latter. Its arguments are its own.

use crate::{Result, process};

/// `true` when the benchmark ran to its end.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let build = process::cargo(&["build", "--release", "--package", "grantd", "--package", "grantd-bench"])
        .status()?;
    if !build.success() {
        return Ok(false);
    }
    let mut bench = process::in_workspace(crate::target().join("release/grantd-bench"));
    Ok(bench.args(arguments).status()?.success())
}
