//! `bench`: builds the server and the load generator as they ship, and runs the latter. Its arguments are its own; without
//! a command it runs its suite, for which the packages of oidc-provider are installed.

use std::path::PathBuf;
use std::process::Command;

use crate::process::BUILD_LIMIT;
use crate::test::node;
use crate::{Result, process};

/// What runs where no command is named.
const SUITE: &str = "suite";
/// Says where oidc-provider is.
const PEER: &str = "--oidc-provider";
/// With one of these the suite has no use for oidc-provider, or has been told where it is.
const WITHOUT_PEER: [&str; 4] = ["--without-oidc-provider", PEER, "--help", "-h"];

/// `true` when the benchmark ran to its end.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let arguments = with_command(arguments);
    let peer = if needs_peer(&arguments) { peer()? } else { None };
    if !build()? {
        return Ok(false);
    }
    let mut bench = program();
    bench.args(arguments);
    if let Some(folder) = peer {
        bench.arg(PEER).arg(folder);
    }
    Ok(bench.status()?.success())
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

/// Flags alone are the suite's, but for those that ask for help.
fn with_command<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    match arguments.first() {
        Some(first) if !first.starts_with('-') || ["-h", "--help"].contains(first) => arguments.to_vec(),
        _ => [&[SUITE], arguments].concat(),
    }
}

fn needs_peer(arguments: &[&str]) -> bool {
    let is_without =
        |argument: &&str| WITHOUT_PEER.contains(argument) || argument.starts_with("--oidc-provider=");
    arguments.first() == Some(&SUITE) && !arguments.iter().any(is_without)
}

/// The folder of oidc-provider with its packages; none where it cannot run.
fn peer() -> Result<Option<PathBuf>> {
    if let Some(missing) = node::missing() {
        println!("oidc-provider is left out: {missing}");
        return Ok(None);
    }
    node::install_from(&crate::root().join("bench/oidc-provider"), "oidc-provider").map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_command_it_is_the_suite() {
        assert_eq!(with_command(&[]), ["suite"]);
        assert_eq!(with_command(&["--quick", "--json"]), ["suite", "--quick", "--json"]);
        assert_eq!(with_command(&["token", "--json"]), ["token", "--json"]);
        assert_eq!(with_command(&["--help"]), ["--help"]);
    }

    #[test]
    fn the_suite_alone_needs_the_peer() {
        assert!(needs_peer(&["suite"]) && needs_peer(&["suite", "--quick"]));
        for others in [
            ["token", "--json"],
            ["suite", "--help"],
            ["suite", "--without-oidc-provider"],
            ["suite", "--oidc-provider=here"],
        ] {
            assert!(!needs_peer(&others), "{others:?}");
        }
    }
}
