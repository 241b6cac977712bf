//! How many instructions a token takes in the server as it ships, against the figure that is committed.

use crate::process::BUILD_LIMIT;
use crate::test::outcome::Outcome;
use crate::test::{Options, interop};
use crate::{Result, bench, process};

/// What a token may take.
const BASELINE: &str = "bench/instructions.json";

pub fn run(_: Options) -> Result<Outcome> {
    if !interop::runs("valgrind", &["--version"]) {
        return Ok(Outcome::left_out("needs valgrind"));
    }
    if !bench::build()? {
        return Ok(Outcome::one(false));
    }
    let mut counting = bench::program();
    counting.args(["instructions", "--check", BASELINE]);
    Ok(Outcome::one(process::show(counting, BUILD_LIMIT)?.success))
}
