//! From spans of `tracing` to spans of OTLP.

use std::{
    fmt,
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use tracing::{
    Event as TracingEvent, Id, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{
    message::{ERROR, Event, INTERNAL, KeyValue, Span, Status, Value},
    queue::Queue,
    sampler::Sampler,
};

/// How many log lines of a span are kept; OpenTelemetry's usual number.
const EVENTS: usize = 128;
/// The longest text of an attribute, in bytes.
const TEXT_BYTES: usize = 4096;

/// Puts each span that ends into the queue, with the log lines written in it.
#[derive(Debug)]
pub(super) struct SpanLayer {
    pub(super) queue: Arc<Queue>,
    pub(super) sampler: Sampler,
}

/// A span that goes on. One that is not sampled has none, and so have those below it.
struct Open {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    began: Instant,
    span: Span,
}

impl SpanLayer {
    /// The beginning of a span; nothing when it is not to be sent.
    fn open(&self, name: &str, parent: Parent) -> Option<Open> {
        let (trace_id, parent) = match parent {
            Parent::None => {
                let trace_id = random()?;
                if !self.sampler.takes(&trace_id) {
                    return None;
                }
                (trace_id, Vec::new())
            }
            Parent::NotSent => return None,
            Parent::Sent { trace_id, span_id } => (trace_id, span_id.to_vec()),
        };
        let span_id = random()?;
        Some(Open {
            trace_id,
            span_id,
            began: Instant::now(),
            span: Span {
                trace_id: trace_id.to_vec(),
                span_id: span_id.to_vec(),
                parent_span_id: parent,
                name: name.to_owned(),
                kind: INTERNAL,
                start_time_unix_nano: now(),
                ..Span::default()
            },
        })
    }
}

/// What a span is below.
enum Parent {
    None,
    NotSent,
    Sent {
        trace_id: [u8; 16],
        span_id: [u8; 8],
    },
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let parent = span.parent().map_or(Parent::None, |parent| {
            match parent.extensions().get::<Open>() {
                None => Parent::NotSent,
                Some(open) => Parent::Sent {
                    trace_id: open.trace_id,
                    span_id: open.span_id,
                },
            }
        });
        if let Some(mut open) = self.open(span.name(), parent) {
            attributes.record(&mut Fields::of(&mut open.span.attributes));
            span.extensions_mut().insert(open);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut Fields::of(&mut open.span.attributes));
        }
    }

    fn on_event(&self, event: &TracingEvent<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else {
            return;
        };
        let mut extensions = span.extensions_mut();
        let Some(Open { span, .. }) = extensions.get_mut::<Open>() else {
            return;
        };
        let level = event.metadata().level();
        let mut attributes = vec![KeyValue::new("level", Value::Text(level.to_string()))];
        let mut fields = Fields::of(&mut attributes);
        event.record(&mut fields);
        let name = fields.message.unwrap_or_default();
        if *level == Level::ERROR {
            span.status = Some(Status {
                message: name.clone(),
                code: ERROR,
            });
        }
        if span.events.len() >= EVENTS {
            span.dropped_events_count = span.dropped_events_count.saturating_add(1);
            return;
        }
        span.events.push(Event {
            time_unix_nano: now(),
            name,
            attributes,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let open = span.extensions_mut().remove::<Open>();
        if let Some(Open {
            began, mut span, ..
        }) = open
        {
            // By the clock that nobody sets.
            let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            span.end_time_unix_nano = span.start_time_unix_nano.saturating_add(nanos);
            self.queue.push(span);
        }
    }
}

/// Makes attributes of fields; the message apart.
struct Fields<'a> {
    attributes: &'a mut Vec<KeyValue>,
    message: Option<String>,
}

impl<'a> Fields<'a> {
    fn of(attributes: &'a mut Vec<KeyValue>) -> Self {
        Self {
            attributes,
            message: None,
        }
    }

    fn set(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::Text(text)) => self.message = Some(text),
            (name, value) => self.attributes.push(KeyValue::new(name, value)),
        }
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::Double(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::Integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::Text(shortened(value.to_owned())));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, Value::Text(shortened(format!("{value:?}"))));
    }
}

fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES));
    text
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

/// Random bytes that are not all zero, which would be no id; nothing when the system gives none.
pub(super) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    bytes.iter().any(|byte| *byte != 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tracing::{debug_span, error, error_span, info, info_span};
    use tracing_subscriber::{Registry, layer::SubscriberExt as _};

    use super::{super::queue::When, *};

    /// The spans that `work` makes, in the order in which they ended.
    fn spans(sampler: Sampler, work: impl FnOnce()) -> Vec<Span> {
        let queue = Arc::new(Queue::default());
        let layer = SpanLayer {
            queue: Arc::clone(&queue),
            sampler,
        };
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        queue.next(When::Elapsed(Duration::ZERO)).spans
    }

    fn text(attributes: &[KeyValue], key: &str) -> Option<Value> {
        let found = attributes.iter().find(|one| one.key == key)?;
        found.value.clone()?.value
    }

    #[test]
    fn spans_below_a_span_are_of_its_trace() {
        let spans = spans(Sampler::ALL, || {
            let _outer = info_span!("transaction", chain = "ETH", number = 7_u64).entered();
            debug_span!("sign").in_scope(|| ());
            // As the poll's: explicitly below nothing.
            error_span!(parent: None, "poll").in_scope(|| ());
        });
        let [sign, poll, transaction] = spans.as_slice() else {
            panic!("{spans:?}")
        };
        assert_eq!(
            [&*sign.name, &*poll.name, &*transaction.name],
            ["sign", "poll", "transaction"]
        );
        assert_eq!(sign.trace_id, transaction.trace_id);
        assert_eq!(sign.parent_span_id, transaction.span_id);
        assert!(transaction.parent_span_id.is_empty());
        assert!(poll.parent_span_id.is_empty());
        assert_ne!(poll.trace_id, transaction.trace_id);
        assert_eq!((sign.trace_id.len(), sign.span_id.len()), (16, 8));
        assert!(sign.start_time_unix_nano >= transaction.start_time_unix_nano);
        assert!(transaction.end_time_unix_nano >= transaction.start_time_unix_nano);
        let chain = Value::Text("ETH".to_owned());
        assert_eq!(text(&transaction.attributes, "chain"), Some(chain));
        let number = Value::Integer(7);
        assert_eq!(text(&transaction.attributes, "number"), Some(number));
    }

    #[test]
    fn log_lines_are_events_and_an_error_marks_its_span() {
        let spans = spans(Sampler::ALL, || {
            info!("outside of all spans");
            let span = info_span!("transaction", late = tracing::field::Empty).entered();
            span.record("late", true);
            info!(count = 2, "fine");
            error!(why = "it broke", "failed");
        });
        let [span] = spans.as_slice() else {
            panic!("{spans:?}")
        };
        let names: Vec<_> = span.events.iter().map(|event| &*event.name).collect();
        assert_eq!(names, ["fine", "failed"]);
        let why = Value::Text("it broke".to_owned());
        assert_eq!(text(&span.events[1].attributes, "why"), Some(why));
        let level = Value::Text("ERROR".to_owned());
        assert_eq!(text(&span.events[1].attributes, "level"), Some(level));
        let status = span.status.as_ref().unwrap();
        assert_eq!((status.code, &*status.message), (ERROR, "failed"));
        assert_eq!(text(&span.attributes, "late"), Some(Value::Bool(true)));
    }

    #[test]
    fn a_trace_is_sent_whole_or_not_at_all() {
        let none = Sampler::parse("always_off", None).unwrap();
        let spans = spans(none, || {
            let _outer = info_span!("transaction").entered();
            info!("a line");
            info_span!("sign").in_scope(|| ());
        });
        assert_eq!(spans, []);
    }

    #[test]
    fn what_one_span_holds_is_bounded() {
        let long = "é".repeat(TEXT_BYTES);
        let spans = spans(Sampler::ALL, || {
            let _span = info_span!("transaction", long).entered();
            (0..EVENTS + 5).for_each(|number| info!(number));
        });
        assert_eq!(spans[0].events.len(), EVENTS);
        assert_eq!(spans[0].dropped_events_count, 5);
        match text(&spans[0].attributes, "long") {
            Some(Value::Text(text)) => assert_eq!(text.len(), TEXT_BYTES),
            other => panic!("{other:?}"),
        }
    }
}
