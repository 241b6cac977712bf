//! Schemathesis: thousands of generated requests against the published contract, cut to what grantd serves.

use crate::process::Finished;
use crate::test::outcome::{Outcome, number_before};
use crate::test::{Options, interop, python};
use crate::{Result, process};

const SUITE: &str = "schemathesis";

/// The published contract, which is not part of this repository; from the workspace folder.
const CONTRACT: &str = "../shared/contract/management-api.openapi.json";

/// Schemathesis against a server of its own.
pub fn run(_: Options) -> Result<Outcome> {
    let contract = crate::root().join(CONTRACT);
    if !contract.exists() {
        return Ok(Outcome::left_out(format!("needs {CONTRACT}")));
    }
    if let Some(reason) = python::missing() {
        return Ok(Outcome::left_out(reason));
    }
    let mut script = process::in_workspace(python::environment(SUITE)?.join("bin/python"));
    script.arg("-B").arg(interop::sources(SUITE).join("run.py")).arg(contract).arg(interop::folder(SUITE)?);
    interop::against_server(SUITE, None, script, counts)
}

fn counts(finished: &Finished) -> (u64, u64) {
    let last = finished.lines.last().map_or("", String::as_str);
    let number = |word| number_before(last, word).unwrap_or(0);
    (number("passed"), number("failed"))
}
