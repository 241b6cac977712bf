//! Auth0's deploy CLI, which brings a tenant into the state that a folder describes.
//!
//! It deletes what its folder lacks, so each of these tests starts a server of its own.

use std::fs;

use crate::test::outcome::Outcome;
use crate::test::{Options, interop, node};
use crate::{Result, process};

const SUITE: &str = "deploy-cli";

pub fn run(_: Options) -> Result<Outcome> {
    if let Some(missing) = node::missing() {
        return Ok(Outcome::left_out(missing));
    }
    let folder = node::install(SUITE)?;
    let mut node = process::in_workspace("node");
    node.args(["--test", "--test-concurrency=2", "--test-reporter=spec"]).current_dir(&folder);
    node.env("GRANTD_PROGRAM", fs::canonicalize(process::build_grantd()?)?);
    let finished = process::show(node, interop::RUN_LIMIT)?;
    let (passed, failed) = node::counts(&finished);
    Ok(Outcome::counted(passed, failed, finished.success))
}
