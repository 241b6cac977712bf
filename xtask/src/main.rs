//! Developer commands, called as `cargo xtask COMMAND`. Each command is one module; what they share is how they run
//! other programs (`process`).
#![expect(clippy::print_stdout, reason = "a command-line tool speaks through stdout")]

mod bench;
mod check_deps;
mod generate;
mod process;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Errors end the command with a message; nothing here recovers from one by its kind.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [--long] [STEP...]   every test there is, or the named steps
  check-deps                the import rules of DESIGN.md §1
  generate [--check]        write the generated files, or say whether they are current
  bench [FLAGS...]          build in release mode and measure everything, oidc-provider too: grantd-bench suite
  bench COMMAND [FLAGS...]  the same with another command of grantd-bench: `bench token`, `bench methods`, `bench help`";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `false` when what was checked is not as it should be; the command has said why.
fn run(arguments: &[String]) -> Result<bool> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["test", rest @ ..] => test::run(rest),
        ["check-deps"] => check_deps::run(),
        ["generate"] => generate::run(generate::Mode::Write),
        ["generate", "--check"] => generate::run(generate::Mode::Check),
        ["bench", rest @ ..] => bench::run(rest),
        _ => Err(USAGE.into()),
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Where cargo builds to.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}
