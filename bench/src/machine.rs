//! The machine that is measured on: what it is, and which core does what.

use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::{fmt, fs};

use serde::Serialize;

use crate::Outcome;

/// What a figure depends on beyond the code.
#[derive(Serialize)]
pub(crate) struct Machine {
    /// As the kernel names it.
    pub(crate) cpu: String,
    /// Cores that are online.
    pub(crate) cores: usize,
    /// Memory, in MB of a million bytes.
    pub(crate) memory_mb: u64,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// How this program and the server beside it were built.
    pub(crate) profile: &'static str,
    /// Whether the servers had one core and the load another.
    pub(crate) pinned: bool,
    /// Load average of the last minute, before the first round.
    pub(crate) load_average: String,
}

impl Machine {
    /// The machine as it is now.
    pub(crate) fn read() -> Outcome<Self> {
        let cpus = fs::read_to_string("/proc/cpuinfo")?;
        let value = |line: &str| line.split_once(':').map(|(_, value)| value.trim().to_owned());
        let memory = fs::read_to_string("/proc/meminfo")?;
        let kilobytes = memory.lines().next().and_then(value).unwrap_or_default();
        let load = fs::read_to_string("/proc/loadavg")?;
        Ok(Self {
            cpu: cpus.lines().find(|line| line.starts_with("model name")).and_then(value).unwrap_or_default(),
            cores: cpus.lines().filter(|line| line.starts_with("processor")).count(),
            memory_mb: kilobytes.trim_end_matches("kB").trim().parse::<u64>().unwrap_or_default() * 1024
                / 1_000_000,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            pinned: can_pin(),
            load_average: load.split(' ').next().unwrap_or_default().to_owned(),
        })
    }
}

impl fmt::Display for Machine {
    /// Two lines.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, memory_mb, kernel, profile, pinned, load_average } = self;
        let pinned = if *pinned { "servers on core 0, load on core 1" } else { "not pinned" };
        writeln!(formatter, "{cpu}, {cores} cores, {memory_mb} MB, Linux {kernel}")?;
        write!(formatter, "{profile} build, {pinned}, load average before {load_average}")
    }
}

/// Whether servers and load can have a core each.
pub(crate) fn can_pin() -> bool {
    static CAN: LazyLock<bool> = LazyLock::new(|| {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0,1", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    });
    *CAN
}

/// Moves this process, which makes the load, to the second core.
pub(crate) fn pin_load() -> Outcome {
    if can_pin() {
        let mut command = Command::new("taskset");
        command.args(["--all-tasks", "--cpu-list", "--pid", "1", &std::process::id().to_string()]);
        command.stdout(Stdio::null()).status()?;
    }
    Ok(())
}
