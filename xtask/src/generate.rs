//! `generate`: files that are made from the code and committed, so that a change of the wire is seen in review.

use std::fs;
use std::time::Duration;

use crate::{Result, process};

/// Path from the workspace folder, and the arguments with which `grantd` prints the file.
const FILES: &[(&str, &[&str])] = &[("docs/openapi.json", &["openapi"])];

const LIMIT: Duration = Duration::from_mins(1);

/// What to do about a file that is not current.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    /// Write it.
    Write,
    /// Say so.
    Check,
}

/// Makes every generated file. `false` when one is not current and `mode` is to check.
pub fn run(mode: Mode) -> Result<bool> {
    let mut current = true;
    for (path, arguments) in FILES {
        let fresh = print(arguments)?;
        let file = crate::root().join(path);
        let same = fs::read_to_string(&file).is_ok_and(|committed| committed == fresh);
        if same {
            println!("generate: {path} is current");
        } else if mode == Mode::Write {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&file, fresh)?;
            println!("generate: wrote {path}");
        } else {
            println!("generate: {path} is not current; run `cargo xtask generate` and commit it");
            current = false;
        }
    }
    Ok(current)
}

fn print(arguments: &[&str]) -> Result<String> {
    let mut command = process::in_workspace(process::build_grantd()?);
    command.args(arguments);
    let finished = process::quietly(command, LIMIT)?;
    let text = finished.lines.join("\n") + "\n";
    if finished.success {
        Ok(text)
    } else {
        Err(format!("`grantd {}` failed: {text}", arguments.join(" ")).into())
    }
}
