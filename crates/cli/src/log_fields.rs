//! The fields of an event, as text in the process's log: `name=value`, texts in quotes.
//!
//! A line is as tracing-subscriber writes it where it shows no colours, for half of the work: a token has nine fields. And no
//! control character ends a line before its event does. A terminal is shown colours, and the library's own line.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

/// What the `log` crate says of an event's place, which is at the beginning of the line already.
const PLACE: [&str; 4] = ["log.target", "log.module_path", "log.file", "log.line"];

/// Writes fields without colours.
pub(crate) struct PlainFields;

impl<'w> FormatFields<'w> for PlainFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut line = Line { writer, is_empty: true, written: Ok(()) };
        fields.record(&mut line);
        line.written
    }
}

struct Line<'w> {
    writer: Writer<'w>,
    is_empty: bool,
    written: fmt::Result,
}

impl Line<'_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.written.is_ok() && !PLACE.contains(&field.name()) {
            self.written = self.name(field).and_then(|()| value(&mut self.writer));
        }
    }

    fn name(&mut self, field: &Field) -> fmt::Result {
        if !std::mem::take(&mut self.is_empty) {
            self.writer.write_char(' ')?;
        }
        if is_message(field) {
            return Ok(());
        }
        let name = field.name();
        self.writer.write_str(name.strip_prefix("r#").unwrap_or(name))?;
        self.writer.write_char('=')
    }
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |writer| {
            if is_message(field) { OneLine(writer).write_str(value) } else { quoted(writer, value) }
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |writer| writer.write_str(itoa::Buffer::new().format(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |writer| write!(OneLine(writer), "{value:?}"));
    }
}

/// The text of the event itself, which has no name before it.
fn is_message(field: &Field) -> bool {
    field.name() == "message"
}

/// As `{:?}` writes a text, which looks at each letter for longer.
fn quoted(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return write!(writer, "{text:?}");
    }
    writer.write_char('"')?;
    writer.write_str(text)?;
    writer.write_char('"')
}

/// Writes control characters as escapes.
struct OneLine<'l, 'w>(&'l mut Writer<'w>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.contains(char::is_control) {
            return self.0.write_str(text);
        }
        for letter in text.chars() {
            if letter.is_control() {
                write!(self.0, "{}", letter.escape_default())?;
            } else {
                self.0.write_char(letter)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Seek as _};
    use std::sync::Arc;

    use insta::assert_snapshot;
    use tracing::subscriber::with_default;
    use tracing::{Subscriber, info, warn};

    use super::*;

    /// What is written of some events, without the time.
    fn written<S: Subscriber + Send + Sync>(
        by: impl FnOnce(Arc<File>) -> S,
        events: impl FnOnce(),
    ) -> String {
        let file = Arc::new(tempfile::tempfile().unwrap());
        with_default(by(Arc::clone(&file)), events);
        let (mut file, mut text) = (&*file, String::new());
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    fn ours(events: impl FnOnce()) -> String {
        let lines = tracing_subscriber::fmt().with_ansi(false).without_time().fmt_fields(PlainFields);
        written(|file| lines.with_writer(file).finish(), events)
    }

    fn theirs(events: impl FnOnce()) -> String {
        let lines = tracing_subscriber::fmt().with_ansi(false).without_time();
        written(|file| lines.with_writer(file).finish(), events)
    }

    #[test]
    fn a_line_is_what_the_library_writes() {
        let events = || {
            info!(http.method = "POST", http.status = 200_u16, client.ip = None::<u8>, "request");
            info!(quote = "a \"b\" \\ c", letters = "é\u{1b}\n", "a message of {}", "parts");
            warn!(r#type = "x", negative = -1, yes = true, half = 0.5, shown = %"as it is", list = ?[1, 2]);
            tracing::info_span!("work", step = 1, name = "first").in_scope(|| info!("inside"));
        };
        assert_eq!(ours(events), theirs(events));
        assert_snapshot!(ours(events), @r#"
        INFO grantd::log_fields::tests: request http.method="POST" http.status=200
        INFO grantd::log_fields::tests: a message of parts quote="a \"b\" \\ c" letters="é\u{1b}\n"
        WARN grantd::log_fields::tests: type="x" negative=-1 yes=true half=0.5 shown=as it is list=[1, 2]
        INFO work{step=1 name="first"}: grantd::log_fields::tests: inside
        "#);
    }

    #[test]
    fn nothing_ends_a_line_but_its_end() {
        let hostile = "one\ntwo\u{1b}[2J\u{9b}three";
        let text = ours(|| info!(text = hostile, shown = %hostile, listed = ?[hostile], "{hostile}"));
        assert_eq!(text.lines().count(), 1);
        assert!(!text.trim_end().contains(char::is_control), "{text}");
    }
}
