//! A server as a child process: starting it on a core of its own, waiting until it is ready, and reading from
//! `/proc` what it costs.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::machine;

/// Length of the clock tick that `/proc` counts in: `USER_HZ` is 100 wherever Linux runs.
const TICK: Duration = Duration::from_millis(10);

/// A running server. It is killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From starting the process until it said that it is ready.
    pub(crate) start: Duration,
    /// Kept open, so that the server may go on printing.
    _output: BufReader<ChildStdout>,
}

/// What a server holds in memory, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: u64,
    /// At most so far.
    pub(crate) peak: u64,
}

impl Server {
    /// Starts a server on the first core with these variables besides, and returns when its first line has said where
    /// it listens. What it logs goes to the file.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        log: &Path,
        variables: &[(&str, &str)],
    ) -> Outcome<Self> {
        let mut command = on_first_core(program);
        command.envs(variables.iter().copied());
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::options().create(true).append(true).open(log)?);
        let begun = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let start = begun.elapsed();
        let port = line.trim_end().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let Some(port) = port else {
            let log = fs::read_to_string(log).unwrap_or_default();
            return Err(format!("{} did not start: {line}{log}", program.display()).into());
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self { child, address, start, _output: output })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// User and system time so far, of all threads.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold anything; utime and stime are 12 and 13 fields after it (proc(5)).
        let (_, fields) = stat.rsplit_once(')').ok_or("no parenthesis in /proc/PID/stat")?;
        let ticks: Vec<u32> =
            fields.split_ascii_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        Ok(TICK * ticks.iter().sum())
    }

    /// What it holds.
    pub(crate) fn memory(&self) -> Outcome<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let bytes = |name: &str| -> Outcome<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let line = line.ok_or_else(|| format!("no {name} in /proc/PID/status"))?;
            Ok(line.trim_start_matches(':').trim_end_matches("kB").trim().parse::<u64>()? * 1024)
        };
        Ok(Memory { resident: bytes("VmRSS")?, peak: bytes("VmHWM")? })
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Outcome {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn on_first_core(program: &Path) -> Command {
    if !machine::can_pin() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program);
    command
}
