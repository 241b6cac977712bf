//! What cargo checks: formatting, lints, tests, and (where it is installed) licences and advisories.

use std::process::Command;
use std::time::Duration;

use crate::process::BUILD_LIMIT;
use crate::test::Options;
use crate::test::outcome::{Outcome, number_before};
use crate::{Result, process};

/// `cargo fmt --check`.
pub fn format() -> Result<Outcome> {
    one(&["fmt", "--all", "--check"])
}

/// `cargo clippy`, where a warning is an error.
pub fn clippy() -> Result<Outcome> {
    one(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn one(arguments: &[&str]) -> Result<Outcome> {
    Ok(Outcome::one(process::show(process::cargo(arguments), BUILD_LIMIT)?.success))
}

/// `cargo test`, the sum over all of its binaries. An ignored test is one that was left out.
pub fn test(options: Options) -> Result<Outcome> {
    let mut command = process::cargo(&["test", "--workspace", "--no-fail-fast"]);
    if options.long {
        command.env("GRANTD_TEST_LONG", "1");
    }
    counted(command, options.limit(BUILD_LIMIT))
}

/// The tests of the server once more, on PostgreSQL: those of what most of a configuration consists of, and all in the long
/// run. They run on SQLite otherwise, which is more lenient about types.
pub fn postgres(options: Options) -> Result<Outcome> {
    let mut command = process::cargo(&["test", "--workspace", "--test", "http", "--"]);
    command.env("GRANTD_TEST_STORE", "postgres");
    if !options.long {
        command.args(["organization", "client_grant"]);
    }
    counted(command, options.limit(BUILD_LIMIT))
}

/// The same of the traces, which only a binary with the feature makes.
pub fn traces() -> Result<Outcome> {
    let arguments = ["test", "--workspace", "--features", "grantd/otlp", "--test", "otlp"];
    counted(process::cargo(&arguments), BUILD_LIMIT)
}

fn counted(command: Command, limit: Duration) -> Result<Outcome> {
    let finished = process::show(command, limit)?;
    let results: Vec<&String> =
        finished.lines.iter().filter(|line| line.starts_with("test result:")).collect();
    let sum = |word| results.iter().filter_map(|line| number_before(line, word)).sum();
    let mut outcome = Outcome::counted(sum("passed"), sum("failed"), finished.success);
    outcome.left_out = finished.lines.iter().filter(|line| is_ignored_test(line)).cloned().collect();
    Ok(outcome)
}

fn is_ignored_test(line: &str) -> bool {
    line.starts_with("test ") && line.contains(" ... ignored")
}

/// `cargo deny check`, which is optional tooling: not to have it is not to leave out a test.
pub fn deny() -> Result<Outcome> {
    let installed = process::quietly(process::cargo(&["deny", "--version"]), BUILD_LIMIT)?.success;
    if !installed {
        println!("cargo-deny is not installed; licences and advisories were not checked");
        return Ok(Outcome::default());
    }
    one(&["deny", "check"])
}
