//! Running other programs: in the workspace folder, with a time limit, their output shown as it comes and kept.
//! A program that takes too long is killed with everything that it started.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;

/// A cold build of everything on two cores takes about ten minutes.
pub const BUILD_LIMIT: Duration = Duration::from_mins(35);

/// What a program said and how it ended.
pub struct Finished {
    /// Whether it exited with 0 in time.
    pub success: bool,
    /// Standard output and standard error, in the order in which the lines arrived.
    pub lines: Vec<String>,
}

/// The `cargo` that runs this program.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = in_workspace(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Builds the server as the tests do, which have it then, and says where it is. By itself it would be built anew with
/// most of what it depends on: the tests' dependencies turn on features of theirs.
pub fn build_grantd() -> Result<PathBuf> {
    let finished = show(cargo(&["test", "--quiet", "--workspace", "--no-run"]), BUILD_LIMIT)?;
    if finished.success {
        Ok(crate::target().join("debug/grantd"))
    } else {
        Err("grantd does not build".into())
    }
}

/// A command that starts in the folder of the workspace.
pub fn in_workspace(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(crate::root());
    command
}

/// Runs `command` to its end or until `limit` has passed, and shows every line; beside others, with the name of the
/// thread before it.
pub fn show(command: Command, limit: Duration) -> Result<Finished> {
    let thread = thread::current();
    match thread.name().filter(|name| *name != "main") {
        Some(name) => run(command, limit, |line| println!("{name}: {line}")),
        None => run(command, limit, |line| println!("{line}")),
    }
}

/// Runs `command` as [`show`] does, without showing anything.
pub fn quietly(command: Command, limit: Duration) -> Result<Finished> {
    run(command, limit, |_| {})
}

fn run(mut command: Command, limit: Duration, each: impl Fn(&str)) -> Result<Finished> {
    let deadline = Instant::now() + limit;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child =
        command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let output = lines_of(&mut child);
    let mut lines = Vec::new();
    loop {
        match output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                each(&line);
                lines.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                kill_group(&child);
                let line =
                    format!("{} was stopped after {} s", command.get_program().display(), limit.as_secs());
                each(&line);
                lines.push(line);
                child.wait()?;
                return Ok(Finished { success: false, lines });
            }
        }
    }
    Ok(Finished { success: child.wait()?.success(), lines })
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender);
    }
    receiver
}

fn forward(stream: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(std::result::Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
}

/// The standard library can signal a process but not its group, which `cargo test` and npm need.
fn kill_group(child: &Child) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
}
