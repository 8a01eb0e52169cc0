//! Traces to a collector, by a daemon that was built with the feature `otlp`:
//! `cargo build -p kms-bin --features otlp`.

use std::{collections::BTreeMap, env, process::Command, time::Instant};

use kms_tests::{
    cloud::{Answer, Cloud, Fault, FaultKind, PATIENCE, Request},
    daemon::{API_KEY, Finished, Home, PASSWORD, Running},
    samples::{
        ETH_KEY, ETH_WALLET, OTHER_ETH_WALLET, eth_pending, eth_transfer, eth_wallet,
        other_eth_wallet, pending_id,
    },
};
use prost::Message;
use serde_json::json;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES: &str = "/v1/traces";
const TOKEN: &str = "canary-collector-token-4k7w";

/// OTLP 1, as `opentelemetry-proto` has it: `trace/v1/trace.proto`, `common/v1/common.proto`.
/// Written down apart from the program, so that a slip there is seen here.
mod otlp {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct TracesData {
        #[prost(message, repeated, tag = "1")]
        pub(super) resource_spans: Vec<ResourceSpans>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct ResourceSpans {
        #[prost(message, optional, tag = "1")]
        pub(super) resource: Option<Resource>,
        #[prost(message, repeated, tag = "2")]
        pub(super) scope_spans: Vec<ScopeSpans>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Resource {
        #[prost(message, repeated, tag = "1")]
        pub(super) attributes: Vec<KeyValue>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct ScopeSpans {
        #[prost(message, repeated, tag = "2")]
        pub(super) spans: Vec<Span>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Span {
        #[prost(bytes = "vec", tag = "1")]
        pub(super) trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) span_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) parent_span_id: Vec<u8>,
        #[prost(string, tag = "5")]
        pub(super) name: String,
        #[prost(int32, tag = "6")]
        pub(super) kind: i32,
        #[prost(fixed64, tag = "7")]
        pub(super) start_time_unix_nano: u64,
        #[prost(fixed64, tag = "8")]
        pub(super) end_time_unix_nano: u64,
        #[prost(message, repeated, tag = "9")]
        pub(super) attributes: Vec<KeyValue>,
        #[prost(message, repeated, tag = "11")]
        pub(super) events: Vec<Event>,
        #[prost(message, optional, tag = "15")]
        pub(super) status: Option<Status>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Event {
        #[prost(fixed64, tag = "1")]
        pub(super) time_unix_nano: u64,
        #[prost(string, tag = "2")]
        pub(super) name: String,
        #[prost(message, repeated, tag = "3")]
        pub(super) attributes: Vec<KeyValue>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Status {
        #[prost(string, tag = "2")]
        pub(super) message: String,
        #[prost(int32, tag = "3")]
        pub(super) code: i32,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct KeyValue {
        #[prost(string, tag = "1")]
        pub(super) key: String,
        #[prost(message, optional, tag = "2")]
        pub(super) value: Option<AnyValue>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct AnyValue {
        #[prost(string, optional, tag = "1")]
        pub(super) string_value: Option<String>,
    }
}

use self::otlp::{KeyValue, Span, TracesData};

fn home() -> Home {
    Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (OTHER_ETH_WALLET, &other_eth_wallet()),
    ])
}

fn daemon(home: &Home, cloud: &Cloud, collector: &str) -> Command {
    let mut command = home.daemon(cloud);
    command
        .args(["--testnet", "--chain=ETH"])
        .arg(format!("--external-url={}", cloud.approval_url()))
        .env(ENDPOINT, collector);
    command
}

fn once(mut command: Command) -> Finished {
    command.arg("--run-once");
    Running::start(command).finish()
}

/// A collector that takes everything.
fn collector() -> Cloud {
    let collector = Cloud::start();
    collector.route("POST", TRACES, |_| Answer::raw(200, ""));
    collector
}

fn messages(requests: &[Request]) -> Vec<TracesData> {
    let traces = requests.iter().filter(|request| request.path == TRACES);
    traces
        .map(|request| TracesData::decode(request.body.clone()).expect("OTLP"))
        .collect()
}

/// All spans that a collector was sent, by the time they began.
fn spans(collector: &Cloud) -> Vec<Span> {
    let messages = messages(&collector.requests());
    let scopes = messages
        .into_iter()
        .flat_map(|message| message.resource_spans)
        .flat_map(|resource| resource.scope_spans);
    let mut spans: Vec<_> = scopes.flat_map(|scope| scope.spans).collect();
    spans.sort_by_key(|span| span.start_time_unix_nano);
    spans
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<&str, &str> {
    let texts = attributes.iter().filter_map(|one| {
        let value = one.value.as_ref()?.string_value.as_deref()?;
        Some((one.key.as_str(), value))
    });
    texts.collect()
}

/// The span `transaction` of this id.
fn transaction<'a>(spans: &'a [Span], id: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| {
        span.name == "transaction" && texts(&span.attributes).get("transaction") == Some(&id)
    });
    let span = found.next().expect("a span for the transaction");
    assert!(found.next().is_none(), "two spans for {id}: {spans:?}");
    span
}

/// Whether the program under test has the feature. Where everything is to be tested, it must.
#[expect(clippy::print_stderr, reason = "says that a test was left out")]
fn have_feature() -> bool {
    let home = Home::new();
    let mut command = home.command(["checkconfig"]);
    command.env(ENDPOINT, "http://127.0.0.1:4318");
    let done = Running::start(command).finish();
    assert!(done.stdout.contains("Traces go to"), "{done:?}");
    let have = !done.stdout.contains("built without the feature otlp");
    if !have {
        assert!(
            env::var_os("CI").is_none(),
            "the program under test needs the feature otlp: --features kms-bin/otlp"
        );
        eprintln!("LEFT OUT: the program under test was built without the feature otlp");
    }
    have
}

#[test]
fn a_transaction_is_a_trace_and_its_steps_are_spans() {
    if !have_feature() {
        return;
    }
    let (cloud, collector, home) = (Cloud::start(), collector(), home());
    let (id, broken) = (pending_id(1), pending_id(2));
    cloud.queue(&eth_transfer(&id, 7));
    cloud.queue(&eth_pending(&broken, OTHER_ETH_WALLET, &json!({"to": 1})));
    let mut command = daemon(&home, &cloud, &collector.url());
    command
        .env("OTEL_SERVICE_NAME", "treasury")
        .env(
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=other,deployment.environment.name=a%2Cb",
        )
        .env(
            "OTEL_EXPORTER_OTLP_HEADERS",
            format!("authorization=Bearer%20{TOKEN}"),
        );
    let done = once(command);
    assert_eq!(done.code(), Some(1), "one has failed: {done:?}");

    let requests = collector.requests();
    let kind = "application/x-protobuf";
    for request in &requests {
        assert_eq!(request.headers["content-type"], kind);
        assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
    }
    for message in messages(&requests) {
        let [resource] = message.resource_spans.as_slice() else {
            panic!("{message:?}")
        };
        let resource = resource.resource.as_ref().expect("a resource");
        let expected = BTreeMap::from([
            ("service.name", "treasury"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("deployment.environment.name", "a,b"),
        ]);
        assert_eq!(texts(&resource.attributes), expected);
    }

    let spans = spans(&collector);
    let sent = transaction(&spans, &id);
    assert_eq!((sent.trace_id.len(), sent.span_id.len()), (16, 8));
    assert!(sent.parent_span_id.is_empty());
    assert_eq!(sent.kind, 1, "SPAN_KIND_INTERNAL");
    assert_eq!(sent.status, None);
    assert_eq!(texts(&sent.attributes)["chain"], "ETH");
    let event = sent.events.last().expect("an event");
    assert_eq!(event.name, "signed and sent");
    let event = texts(&event.attributes);
    assert!(event["transaction_id"].starts_with("0x"), "{event:?}");
    assert!(event["summary"].starts_with("transfer: "), "{event:?}");
    let steps: Vec<_> = spans
        .iter()
        .filter(|span| span.trace_id == sent.trace_id && span.span_id != sent.span_id)
        .map(|span| {
            assert_eq!(span.parent_span_id, sent.span_id, "{span:?}");
            assert!(span.start_time_unix_nano >= sent.start_time_unix_nano);
            assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
            let step = texts(&span.attributes).get("step").copied();
            (span.name.as_str(), step)
        })
        .collect();
    let expected = [
        ("journal", Some("receipt")),
        ("prepare", None),
        ("approve", None),
        ("journal", Some("freezing")),
        ("sign", None),
        ("journal", Some("signing")),
        ("cosign", None),
        ("journal", Some("sending")),
        ("submit", None),
        ("broadcast", None),
        ("journal", Some("completion")),
    ];
    assert_eq!(steps, expected);

    let page = include_str!("../kms-bin/docs/observability.md");
    for span in &spans {
        assert!(page.contains(&format!("`{}`", span.name)));
    }

    let poll = spans.iter().find(|span| span.name == "poll");
    let poll = poll.expect("a span for the poll");
    assert!(poll.parent_span_id.is_empty());
    assert_ne!(poll.trace_id, sent.trace_id);
    assert_eq!(texts(&poll.attributes)["chain"], "ETH");

    let failed = transaction(&spans, &broken);
    let status = failed.status.as_ref().expect("a status");
    assert_eq!(status.code, 2, "STATUS_CODE_ERROR");
    assert_eq!(status.message, "failed, reported to the cloud");

    let signed = cloud.wait_for_broadcast(&id).tx_data;
    let folder = home.folder().display().to_string();
    for secret in [
        PASSWORD,
        API_KEY,
        TOKEN,
        ETH_KEY.trim_start_matches("0x"),
        signed.trim_start_matches("0x"),
        &folder,
    ] {
        for request in &requests {
            let body = String::from_utf8_lossy(&request.body).to_lowercase();
            assert!(!body.contains(&secret.to_lowercase()), "{secret}");
        }
    }
    assert!(!done.stderr.contains(TOKEN), "{}", done.stderr);
}

#[test]
fn a_collector_that_is_away_is_no_trouble() {
    if !have_feature() {
        return;
    }
    let (cloud, collector, home) = (Cloud::start(), Cloud::down(), home());
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    let mut command = daemon(&home, &cloud, &collector.url());
    command.env("OTEL_BSP_SCHEDULE_DELAY", "1");
    let done = once(command);
    assert_eq!(done.code(), Some(0), "{done:?}");
    cloud.wait_for_broadcast(&id);
    let log = done.log();
    let told = log
        .iter()
        .filter(|line| line.message.starts_with("traces cannot be sent"));
    assert_eq!(told.count(), 1, "once and not each time: {done:?}");
}

/// The daemon's end waits for the last spans, but not for as long as a call may take.
#[test]
fn a_collector_that_never_answers_does_not_hold_up_the_end() {
    if !have_feature() {
        return;
    }
    let (cloud, collector, home) = (Cloud::start(), collector(), home());
    collector.fault(Fault::on("POST", TRACES, FaultKind::Hang));
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    let mut command = daemon(&home, &cloud, &collector.url());
    command.env("OTEL_EXPORTER_OTLP_TIMEOUT", "60000");
    let began = Instant::now();
    let done = once(command);
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(began.elapsed() < PATIENCE / 3, "the call's own limit");
    cloud.wait_for_broadcast(&id);
}

#[test]
fn what_a_busy_collector_turned_away_comes_again() {
    if !have_feature() {
        return;
    }
    let (cloud, collector, home) = (Cloud::start(), collector(), home());
    collector.fault(Fault::on("POST", TRACES, FaultKind::Status(503)).times(2));
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    let mut command = daemon(&home, &cloud, &collector.url());
    command.env("OTEL_BSP_SCHEDULE_DELAY", "20");
    let daemon = Running::start(command);
    cloud.wait_for_broadcast(&id);
    daemon.wait_for_line("traces are sent again");
    let done = daemon.stop();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let mut taken = collector.requests();
    let refused: Vec<_> = taken.drain(..2).collect();
    assert!(!messages(&refused).is_empty());
    let ids = |requests: &[Request]| -> Vec<Vec<u8>> {
        let messages = messages(requests).into_iter();
        let scopes = messages
            .flat_map(|message| message.resource_spans)
            .flat_map(|resource| resource.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans);
        spans.map(|span| span.span_id).collect()
    };
    let taken = ids(&taken);
    for id in ids(&refused) {
        let times = taken.iter().filter(|taken| **taken == id).count();
        assert_eq!(times, 1, "each span is taken once");
    }
}

#[test]
fn settings_that_cannot_be_used_end_it_before_anything_is_polled() {
    if !have_feature() {
        return;
    }
    let local = "http://127.0.0.1:4318";
    for (name, value, said) in [
        (
            ENDPOINT,
            "http://192.0.2.7:4318",
            "must be reached by https",
        ),
        (
            ENDPOINT,
            "http://otlp.example.com",
            "must be reached by https",
        ),
        (ENDPOINT, "127.0.0.1:4318", ENDPOINT),
        (ENDPOINT, "grpc://127.0.0.1:4317", "neither http nor https"),
        (
            ENDPOINT,
            "https://u:q91Z@otlp.example.com",
            "must not name a user",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://192.0.2.7/q91Z",
            "must be reached by https",
        ),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "q91Z", "name=value"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=q91Z%0A", "cannot be sent"),
        ("OTEL_RESOURCE_ATTRIBUTES", "q91Z", "name=value"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0", "milliseconds"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"),
    ] {
        let (cloud, home) = (Cloud::start(), home());
        let mut command = daemon(&home, &cloud, local);
        command.env(name, value);
        let done = once(command);
        assert_eq!(done.code(), Some(2), "{name}={value}: {done:?}");
        assert!(done.stderr.contains(said), "{name}={value}: {done:?}");
        assert!(!done.stderr.contains("q91Z"), "{done:?}");
        assert_eq!(cloud.requests().len(), 0, "{name}={value} polled");
    }
}

#[test]
fn traces_can_be_switched_off_and_left_out() {
    if !have_feature() {
        return;
    }
    for (name, value) in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ] {
        let (cloud, collector, home) = (Cloud::start(), collector(), home());
        cloud.queue(&eth_transfer(&pending_id(1), 7));
        let mut command = daemon(&home, &cloud, &collector.url());
        command.env(name, value);
        let done = once(command);
        assert_eq!(done.code(), Some(0), "{done:?}");
        assert_eq!(collector.requests().len(), 0, "{name}={value}");
    }
}

#[test]
fn an_env_file_may_name_the_collector_and_checkconfig_tells_it() {
    if !have_feature() {
        return;
    }
    let (cloud, collector, home) = (Cloud::start(), collector(), home());
    let path = "/elsewhere";
    collector.route("POST", path, |_| Answer::raw(200, ""));
    let url = format!("{}{path}", collector.url());
    let variables = format!("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={url}\n");
    let file = home.file("otlp.env", &variables);
    let file = format!("--env-file={}", file.display());
    let shown = Running::start(home.command(["checkconfig", &file])).finish();
    let host = collector.url().replace("http://", "");
    let line = format!("Traces go to                     : {host}");
    assert!(shown.stdout.lines().any(|shown| shown == line), "{shown:?}");
    let mut command = home.daemon(&cloud);
    command.args(["--testnet", "--chain=ETH", &file]);
    let done = once(command);
    assert_eq!(done.code(), Some(0), "{done:?}");
    let requests = collector.requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.path == path));
}

#[test]
fn a_build_without_the_feature_says_that_nothing_is_sent() {
    let home = home();
    let (cloud, collector) = (Cloud::start(), collector());
    let mut command = home.command(["checkconfig"]);
    command.env(ENDPOINT, collector.url());
    let shown = Running::start(command).finish();
    if !shown.stdout.contains("built without the feature otlp") {
        return;
    }
    let done = once(daemon(&home, &cloud, &collector.url()));
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(
        done.stderr.contains("built without the feature otlp"),
        "{done:?}"
    );
    assert_eq!(collector.requests().len(), 0);
}
