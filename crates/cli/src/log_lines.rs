//! Lines on their way to the process's log: what comes within a hundredth of a second is written at once.
//!
//! The thread that writes them would else be woken for every line, on the processor that makes the next token.

use std::io::{self, BufWriter, Write};
use std::thread;
use std::time::Duration;

/// How long a line waits for others, if one was written just before it.
const PAUSE: Duration = Duration::from_millis(10);
/// Bytes that are written at once at most.
const ROOM: usize = 64 * 1024;

/// Gathers lines. It is flushed by its thread when no more of them are there.
pub(crate) struct Gathered<W: Write> {
    lines: BufWriter<W>,
    pause: Duration,
}

impl<W: Write> Gathered<W> {
    /// Writes them there.
    pub(crate) fn to(log: W) -> Self {
        Self { lines: BufWriter::with_capacity(ROOM, log), pause: PAUSE }
    }
}

impl<W: Write> Write for Gathered<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.write(line)
    }

    /// Writes what is there, and looks for more a little later.
    fn flush(&mut self) -> io::Result<()> {
        let is_idle = self.lines.buffer().is_empty();
        self.lines.flush()?;
        if !is_idle {
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
    fn a_line_longer_than_the_room_is_written_whole() {
        let mut times = Times::default();
        let long = "x".repeat(2 * ROOM);
        Gathered::to(&mut times).write_all(long.as_bytes()).unwrap();
        assert_eq!(times.0.concat(), long);
    }
}
