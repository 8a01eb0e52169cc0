//! Traces of what the daemon does, sent to a collector by OTLP over HTTP: feature `otlp`.
//!
//! Off unless a variable names a collector. `docs/observability.md` lists the variables, the spans
//! and what is in them.
//!
//! ```text
//! tracing spans -> layer -> queue (bounded; what finds no room is dropped) -> a thread -> collector
//! ```
//!
//! The daemon never waits for the collector: a span that ends costs a lock and a push. Only at the
//! end of the program is the rest waited for, and not for long.
//!
//! The protocol is written here rather than taken from the `opentelemetry` crates: their SDK draws
//! a second generation of `rand_core`, which `deny.toml` keeps out of a program that holds keys.

#[cfg(feature = "otlp")]
mod exporter;
#[cfg(feature = "otlp")]
mod layer;
#[cfg(feature = "otlp")]
mod message;
#[cfg(feature = "otlp")]
mod pairs;
#[cfg(feature = "otlp")]
mod queue;
#[cfg(feature = "otlp")]
mod sampler;
#[cfg(feature = "otlp")]
mod sender;
#[cfg(feature = "otlp")]
mod variables;

#[cfg(feature = "otlp")]
pub(crate) use self::exporter::Traces;

use crate::{exit::Failure, settings::Settings};

/// The base URL of a collector; traces go to `/v1/traces` below it.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The URL for traces as it is, stronger than the other.
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// Where traces are to go.
struct Endpoint {
    /// The variable that says so.
    name: &'static str,
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nothing is sent"))]
    url: String,
}

impl Endpoint {
    /// The one that is set and not switched off.
    fn wanted(settings: &Settings) -> Result<Option<Self>, Failure> {
        let is = |name, value: &str| -> Result<bool, Failure> {
            let text = settings.text(name)?;
            Ok(text.is_some_and(|text| text.trim().eq_ignore_ascii_case(value)))
        };
        if is("OTEL_SDK_DISABLED", "true")? || is("OTEL_TRACES_EXPORTER", "none")? {
            return Ok(None);
        }
        for name in [TRACES_ENDPOINT, ENDPOINT] {
            if let Some(url) = settings.text(name)? {
                return Ok(Some(Self { name, url }));
            }
        }
        Ok(None)
    }
}

/// Where traces go, for people.
pub(crate) fn destination(settings: &Settings) -> Result<String, Failure> {
    Ok(match Endpoint::wanted(settings)? {
        None => format!("nowhere, no {ENDPOINT} is set"),
        Some(endpoint) => there(&endpoint, settings),
    })
}

#[cfg(feature = "otlp")]
fn there(_: &Endpoint, settings: &Settings) -> String {
    match variables::Variables::read(settings) {
        Ok(Some(variables)) => variables.collector.host(),
        Ok(None) => "nowhere".to_owned(),
        Err(failure) => failure.message,
    }
}

#[cfg(not(feature = "otlp"))]
fn there(endpoint: &Endpoint, _: &Settings) -> String {
    without_feature(endpoint)
}

#[cfg(not(feature = "otlp"))]
fn without_feature(endpoint: &Endpoint) -> String {
    let name = endpoint.name;
    format!("nowhere: {name} is set, but this program was built without the feature otlp")
}

/// There are none in this build.
#[cfg(not(feature = "otlp"))]
pub(crate) enum Traces {}

#[cfg(not(feature = "otlp"))]
impl Traces {
    /// Says so to whoever wants some.
    pub(crate) fn start(settings: &Settings) -> Result<Option<Self>, Failure> {
        if let Some(endpoint) = Endpoint::wanted(settings)? {
            let problem = without_feature(&endpoint);
            crate::output::warning(format_args!("traces go {problem}"));
        }
        Ok(None)
    }
}
