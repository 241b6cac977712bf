//! The address for whoever watches the server: its flag, and what the operating system knows of the process.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use grantd_model::Clock;
use grantd_server::{Listener, LogStreams, Operations, ProcessFigures, State, Transport};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Outcome;

/// Where it is unless something else is said.
const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8444);

/// Connections at a time: a handful of watchers, who must not take what clients need.
const CONNECTIONS: usize = 64;

/// The flag for the address.
#[derive(clap::Args, Default)]
pub(crate) struct OperationsFlags {
    /// The address for health checks and metrics, plain HTTP for your own network; `off` for none. Port 0 picks a free one
    /// [default: 127.0.0.1:8444, if that is free].
    #[arg(long, value_name = "ADDR:PORT|off", value_parser = parse, env = "GRANTD_OPERATIONS_LISTEN")]
    pub(crate) operations_listen: Option<Place>,
}

/// Where to listen, or nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere.
    Off,
    /// At this address.
    At(SocketAddr),
}

fn parse(text: &str) -> Result<Place, String> {
    if text == "off" {
        return Ok(Place::Off);
    }
    text.parse().map(Place::At).map_err(|_| "give an address with a port, or off".to_owned())
}

impl OperationsFlags {
    /// Binds the address. The usual one may be taken, by another grantd say: that is no reason not to serve.
    pub(crate) async fn bind(&self) -> Outcome<Option<Listener>> {
        let address = match self.operations_listen {
            Some(Place::Off) => return Ok(None),
            Some(Place::At(address)) => address,
            None => USUAL,
        };
        match Listener::bind(address, Transport::Plain).await {
            Ok(listener) => {
                tracing::info!(url = format!("http://{}", listener.address()?), "health checks and metrics");
                Ok(Some(listener.with_connections(CONNECTIONS)))
            }
            Err(error) if self.operations_listen.is_none() => {
                tracing::warn!(%error, "no health checks and no metrics: {USUAL} is not free; --operations-listen names another");
                Ok(None)
            }
            Err(error) => Err(format!("--operations-listen: cannot listen on {address}: {error}").into()),
        }
    }
}

/// The listener at work. It ends after the server, so that the last requests are still seen.
pub(crate) struct Watched {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Watched {
    /// Serves what watches this server.
    pub(crate) fn start(
        listener: Listener,
        state: Arc<State>,
        streams: Option<Arc<LogStreams>>,
        clock: &dyn Clock,
    ) -> Self {
        let started = clock.now();
        let operations = Operations::new(state)
            .with_log_streams(streams)
            .with_process(move || Some(ProcessFigures { started, ..process_figures()? }));
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let task = tokio::spawn(async move { listener.serve(operations.router(), stopped).await });
        Self { stop, task }
    }

    /// Ends it.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        drop(self.task.await);
    }
}

/// Of Linux; elsewhere nothing is known.
fn process_figures() -> Option<ProcessFigures> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    Some(ProcessFigures {
        cpu_seconds: cpu_seconds(&stat)?,
        resident_bytes: resident_bytes(&status)?,
        open_files: u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()?,
        ..ProcessFigures::default()
    })
}

/// Fields 14 and 15, counted in hundredths of a second on every Linux. The name of the program is before them, in
/// parentheses, and may have anything in it.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut hundredths = || fields.next()?.parse::<u32>().ok();
    Some((f64::from(hundredths()?) + f64::from(hundredths()?)) / 100.0)
}

/// `VmRSS:     1234 kB`
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_linux_are_read_whatever_the_program_is_called() {
        let stat = "42 (a) 1 2 (b) S 1 42 42 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 4 0 100 1 1";
        assert_eq!(cpu_seconds(stat), Some(1.75));
        assert_eq!(cpu_seconds("42"), None);
        assert_eq!(resident_bytes("Name:\tgrantd\nVmRSS:\t   12 kB\n"), Some(12 * 1024));
        assert_eq!(resident_bytes("Name:\tgrantd\n"), None);
    }
}
