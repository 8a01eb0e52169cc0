//! The log, on standard error.

mod human;
mod json;
#[cfg(test)]
mod sink;

use kms_core::process::Hardening;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer as _, Registry,
    field::MakeExt as _,
    filter::Targets,
    fmt,
    fmt::format::{JsonFields, debug_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    args::{GeneralArgs, LogFormat, LogLevel},
    traces::Traces,
};

/// Starts logging, and tracing where it is wanted.
///
/// Only this project's own lines: other crates log URLs and bodies, which may hold the API key.
pub(crate) fn start(
    args: &GeneralArgs,
    default: LogLevel,
    hardening: &Hardening,
    traces: Option<&Traces>,
) {
    let level = LevelFilter::from(args.log_level.unwrap_or(default));
    let own = Targets::new()
        .with_target("kms_", level)
        .with_target("tatum_kms", level);
    let layer = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let layer = match args.log_format {
        LogFormat::Human => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr())
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            layer
                .fmt_fields(debug_fn(human::field).delimited(" "))
                .with_ansi(colours)
                .with_filter(own)
                .boxed()
        }
        LogFormat::Json => layer
            .fmt_fields(JsonFields::new())
            .event_format(json::JsonLines)
            .with_filter(own)
            .boxed(),
    };
    let registry = Registry::default().with(layer);
    #[cfg(feature = "otlp")]
    let registry = registry.with(traces.map(Traces::layer));
    // A second start, in tests of this program only, changes nothing.
    let _ = registry.try_init();
    tracing::debug!("{hardening}");
    #[cfg(feature = "otlp")]
    if let Some(traces) = traces {
        tracing::info!(host = traces.host(), "traces are sent");
    }
    #[cfg(not(feature = "otlp"))]
    let _none = traces;
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Off => Self::OFF,
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}
