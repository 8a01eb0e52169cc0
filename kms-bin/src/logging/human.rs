//! The fields of a line for people.
//!
//! What a server says may end up in them. It cannot begin a line of its own, nor colour one: control
//! characters are shown as escapes.

use std::fmt::{self, Write as _};

use tracing::field::Field;
use tracing_subscriber::fmt::format::Writer;

/// Writes one field: the message as it is, others as `name=value`.
pub(super) fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    match field.name() {
        "message" => {}
        name if writer.has_ansi_escapes() => write!(writer, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m")?,
        name => write!(writer, "{name}=")?,
    }
    write!(Escaped(writer), "{value:?}")
}

/// Text without control characters.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(char::is_control) {
            let (plain, from) = rest.split_at(at);
            self.0.write_str(plain)?;
            let mut from = from.chars();
            if let Some(control) = from.next() {
                write!(self.0, "{}", control.escape_default())?;
            }
            rest = from.as_str();
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{
        Registry, field::MakeExt as _, fmt, fmt::format::debug_fn, layer::SubscriberExt as _,
    };

    use super::{super::sink, *};

    /// What `log` writes.
    fn written(ansi: bool, log: impl FnOnce()) -> String {
        let subscriber = |sink: sink::Sink| {
            let layer = fmt::layer()
                .fmt_fields(debug_fn(field).delimited(" "))
                .with_ansi(ansi)
                .without_time()
                .with_target(false)
                .with_writer(move || sink.clone());
            Registry::default().with(layer)
        };
        sink::written(subscriber, log)
    }

    #[test]
    fn lines_read_as_those_of_the_default() {
        let log = || {
            let _entered = tracing::error_span!("transaction", chain = "ETH").entered();
            tracing::info!(wallets = 3, error = %"it said \"no\"", why = "x y", "started");
        };
        assert_eq!(
            written(false, log),
            " INFO transaction{chain=\"ETH\"}: started wallets=3 error=it said \"no\" why=\"x y\"\n"
        );
        assert!(written(true, log).contains("\x1b[3mwallets\x1b[0m\x1b[2m=\x1b[0m3"));
    }

    #[test]
    fn nothing_that_a_server_says_begins_a_line() {
        let said = "no\n2026-11-23T07:00:00Z  INFO signed\r\u{1b}[2J\u{85}";
        let line = written(false, || {
            let _entered = tracing::error_span!("transaction", id = %said).entered();
            tracing::warn!(error = %said, "refused: {said}");
        });
        assert_eq!(line.matches(char::is_control).collect::<Vec<_>>(), ["\n"]);
        assert_eq!(line.matches("no\\n2026").count(), 3, "{line}");
    }
}
