//! Lines on their way to the process's log: what comes within a hundredth of a second is written at once.
//!
//! The thread that writes them would else be woken for every line, on the processor that makes the next token.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

/// How long a line waits for others, if one was written just before it.
const PAUSE: Duration = Duration::from_millis(10);
/// Bytes that are written at once at most, but for a line that is longer: a pipe takes so many without those of another process
/// in between (`PIPE_BUF`).
const ROOM: usize = 4096;

/// Gathers lines. It is flushed by its thread when no more of them are there. What the log does not take is lost, since there
/// is nobody to tell; the thread must go on, or the end of the process would wait for it.
pub(crate) struct Gathered<W: Write> {
    log: W,
    lines: Vec<u8>,
    pause: Duration,
}

impl<W: Write> Gathered<W> {
    /// Writes them there.
    pub(crate) fn to(log: W) -> Self {
        Self { log, lines: Vec::with_capacity(ROOM), pause: PAUSE }
    }

    fn write_out(&mut self) {
        drop(self.log.write_all(&self.lines));
        self.lines.clear();
    }
}

impl<W: Write> Write for Gathered<W> {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lines.len() + line.len() > ROOM {
            self.write_out();
        }
        if line.len() > ROOM {
            drop(self.log.write_all(line));
        } else {
            self.lines.extend_from_slice(line);
        }
        Ok(line.len())
    }

    /// Writes what is there, and looks for more a little later.
    fn flush(&mut self) -> io::Result<()> {
        if !self.lines.is_empty() {
            self.write_out();
            thread::sleep(self.pause);
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;

    /// What was written, each time.
    #[derive(Default)]
    struct Times(Vec<String>);

    impl Write for &mut Times {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_are_there_together_are_written_at_once() {
        let mut times = Times::default();
        let mut log = Gathered { pause: Duration::ZERO, ..Gathered::to(&mut times) };
        for lines in [["one\n", "two\n"], ["three\n", "four\n"]] {
            for line in lines {
                log.write_all(line.as_bytes()).unwrap();
            }
            log.flush().unwrap();
        }
        drop(log);
        assert_eq!(times.0, ["one\ntwo\n", "three\nfour\n"]);
    }

    #[test]
    fn a_line_is_written_whole_however_long_it_is() {
        let mut times = Times::default();
        let mut log = Gathered { pause: Duration::ZERO, ..Gathered::to(&mut times) };
        let lines = [ROOM / 2, ROOM, 2 * ROOM, 1].map(|length| "x".repeat(length));
        for line in &lines {
            log.write_all(line.as_bytes()).unwrap();
        }
        log.flush().unwrap();
        assert_eq!(times.0, lines);
    }

    #[test]
    fn a_log_that_takes_nothing_holds_nobody_up() {
        struct Closed;

        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }

        let mut log = Gathered { pause: Duration::ZERO, ..Gathered::to(Closed) };
        for _ in 0..100 {
            log.write_all("x".repeat(ROOM / 3).as_bytes()).unwrap();
            log.flush().unwrap();
        }
        assert!(log.lines.is_empty());
    }
}
