//! A stream that gives up on a peer that stands still.
//!
//! hyper limits how long the head of an HTTP/1 request may take, and nothing else: a peer that reads no answer, or
//! that agrees on HTTP/2 and never begins it, would keep its connection for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The stream, and how long each direction may stand still.
pub(crate) struct StallGuard<S> {
    stream: S,
    reading: Option<Countdown>,
    writing: Countdown,
}

impl<S> StallGuard<S> {
    /// The stream, on which writing may stand still for so long.
    pub(crate) fn new(stream: S, write_limit: Duration) -> Self {
        Self { stream, reading: None, writing: Countdown::new(write_limit) }
    }

    /// The same, on which reading may stand still for so long.
    pub(crate) fn with_read_limit(self, limit: Duration) -> Self {
        Self { reading: Some(Countdown::new(limit)), ..self }
    }
}

/// The time that is left while nothing moves.
struct Countdown {
    limit: Duration,
    running: Option<Pin<Box<Sleep>>>,
}

impl Countdown {
    fn new(limit: Duration) -> Self {
        Self { limit, running: None }
    }

    /// What was polled, or the end of patience with it.
    fn watch<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.running = None;
            return polled;
        }
        let limit = self.limit;
        ready!(self.running.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        match &mut self.reading {
            Some(countdown) => countdown.watch(context, polled),
            None => polled,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallGuard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.writing.watch(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.writing.watch(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.writing.watch(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.writing.watch(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
