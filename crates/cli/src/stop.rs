//! The signals that end a server.

use std::future::poll_fn;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that are caught from the moment this is made: one that comes before anybody asks is not lost.
pub(crate) struct Stop(Vec<Signal>);

impl Stop {
    /// SIGTERM and SIGINT, which end a server in order.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self(vec![signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]))
    }

    /// These, and SIGHUP: for who has something to clean up when the terminal goes.
    pub(crate) fn with_hangup() -> std::io::Result<Self> {
        let mut stop = Self::new()?;
        stop.0.push(signal(SignalKind::hangup())?);
        Ok(stop)
    }

    /// Waits until one of them comes.
    pub(crate) async fn asked(mut self) {
        poll_fn(|context| {
            // Each is polled, so that each wakes this up.
            let came = self.0.iter_mut().filter_map(|signal| match signal.poll_recv(context) {
                Poll::Ready(came) => came,
                Poll::Pending => None,
            });
            if came.count() > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        tracing::info!("stopping: requests under way may end");
    }
}
