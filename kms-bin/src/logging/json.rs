//! The log as JSON: one object on each line.
//!
//! `timestamp` (RFC 3339, UTC), `level` and `message` are in every line, and the line's own fields
//! beside them. So are the fields of the spans around it, `chain` and `transaction`, with the name
//! of the innermost as `span`: whoever filters by transaction finds every line about it, wherever
//! in the program it was written. `docs/observability.md` lists them.

use std::fmt;

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormattedFields,
        format::{FormatEvent, JsonFields, Writer},
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// Formats events. Spans must be formatted by [`JsonFields`].
pub(super) struct JsonLines;

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Line::default();
        line.set("timestamp", time.into());
        line.set("level", event.metadata().level().as_str().into());
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            line.set("span", span.name().into());
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>()
                && let Ok(fields) = serde_json::from_str::<Map<String, Value>>(&fields.fields)
            {
                line.0.extend(fields);
            }
        }
        event.record(&mut line);
        let text = serde_json::to_string(&line.0).map_err(|_| fmt::Error)?;
        writeln!(writer, "{text}")
    }
}

/// The members of one line. The later value of a name replaces the earlier one.
#[derive(Default)]
struct Line(Map<String, Value>);

impl Line {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field.name(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{Registry, fmt, layer::SubscriberExt as _};

    use super::{super::sink, *};

    /// The lines that `log` writes.
    fn lines(log: impl FnOnce()) -> Vec<Map<String, Value>> {
        let subscriber = |sink: sink::Sink| {
            let layer = fmt::layer()
                .fmt_fields(JsonFields::new())
                .event_format(JsonLines)
                .with_writer(move || sink.clone());
            Registry::default().with(layer)
        };
        let text = sink::written(subscriber, log);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_line_has_the_fields_of_the_spans_around_it() {
        let lines = lines(|| {
            let span = tracing::error_span!("transaction", chain = "ETH", transaction = "12");
            let _entered = span.entered();
            tracing::warn!(pause_ms = 7_u64, problem = %"a \"b\"\n", "the call is repeated");
        });
        let mut line = lines.into_iter().next().unwrap();
        let time = line.remove("timestamp").unwrap();
        assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        let expected = serde_json::json!({
            "level": "WARN", "span": "transaction", "chain": "ETH", "transaction": "12",
            "pause_ms": 7, "problem": "a \"b\"\n", "message": "the call is repeated",
        });
        assert_eq!(Value::Object(line), expected);
    }

    #[test]
    fn lines_outside_of_spans_have_their_own_fields_only() {
        let lines = lines(|| {
            tracing::info!(wallets = 3, hint = None::<&str>, "started");
            let _entered = tracing::error_span!("poll", chain = "ETH").entered();
            tracing::error!(chain = "BTC", "the line's own field counts");
        });
        assert_eq!(lines[0]["wallets"], 3);
        assert!(!lines[0].contains_key("span") && !lines[0].contains_key("hint"));
        assert_eq!(lines[1]["chain"], "BTC");
    }
}
