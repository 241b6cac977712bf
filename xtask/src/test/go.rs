//! Auth0's Go SDKs, run by Go's own test runner.

use crate::process::Finished;
use crate::test::outcome::Outcome;
use crate::test::{Options, interop};
use crate::{Result, process};

const SUITE: &str = "go";

/// Go keeps modules and what it has built in caches of its own; compiling the SDKs the first time takes minutes.
pub fn run(_: Options) -> Result<Outcome> {
    if !interop::runs("go", &["version"]) {
        return Ok(Outcome::left_out("needs Go 1.26 or newer"));
    }
    let sources = interop::sources(SUITE);
    interop::install_once(SUITE, &sources.join("go.sum"), || {
        let mut go = process::in_workspace("go");
        go.args(["vet", "./..."]).current_dir(&sources);
        interop::installing(go)
    })?;
    let mut go = process::in_workspace("go");
    go.args(["test", "-count=1", "-v", "./..."]).current_dir(&sources);
    interop::against_server(SUITE, None, go, counts)
}

/// Each test ends with a line like `--- PASS: TestName (0.12s)`.
fn counts(finished: &Finished) -> (u64, u64) {
    let count = |verdict: &str| {
        let lines = finished.lines.iter().filter(|line| line.trim_start().starts_with(verdict));
        u64::try_from(lines.count()).unwrap_or(u64::MAX)
    };
    (count("--- PASS:"), count("--- FAIL:"))
}
