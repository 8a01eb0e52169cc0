//! The variables of OpenTelemetry that are minded, from the environment and the env files.

use std::{str::FromStr as _, time::Duration};

use kms_core::{
    keys::SecretText,
    telemetry::{Collector, CollectorError},
};

use super::{
    ENDPOINT, Endpoint,
    message::{KeyValue, Value},
    pairs,
    sampler::Sampler,
};
use crate::{exit::Failure, settings::Settings};

/// The path below a base URL that takes traces.
const TRACES_PATH: &str = "/v1/traces";
const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SERVICE_NAME: &str = "service.name";
const SERVICE_VERSION: &str = "service.version";

/// What the variables say.
#[derive(Debug)]
pub(super) struct Variables {
    pub(super) collector: Collector,
    /// What this program is, for who looks at the traces of many.
    pub(super) resource: Vec<KeyValue>,
    pub(super) sampler: Sampler,
    /// How long spans wait for company.
    pub(super) delay: Duration,
}

impl Variables {
    /// Reads them; nothing unless they name a collector.
    pub(super) fn read(settings: &Settings) -> Result<Option<Self>, Failure> {
        let Some(Endpoint { name, url }) = Endpoint::wanted(settings)? else {
            return Ok(None);
        };
        only(settings, "OTEL_TRACES_EXPORTER", "otlp")?;
        let path = if name == ENDPOINT { TRACES_PATH } else { "" };
        let protocol = either(settings, "PROTOCOL")?;
        only(settings, protocol, "http/protobuf")?;
        let timeout = either(settings, "TIMEOUT")?;
        let timeout = milliseconds(settings, timeout, 10_000, 60_000)?;
        let collector = Collector::new(name, &url, path, &headers(settings)?, timeout)?;
        Ok(Some(Self {
            collector,
            resource: resource(settings)?,
            sampler: sampler(settings)?,
            delay: milliseconds(settings, "OTEL_BSP_SCHEDULE_DELAY", 5_000, 3_600_000)?,
        }))
    }
}

impl From<CollectorError> for Failure {
    fn from(error: CollectorError) -> Self {
        let failure = Self::usage(error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// The name of the variable for traces if that is set, else of the one for all signals.
fn either(settings: &Settings, what: &'static str) -> Result<&'static str, Failure> {
    let (traces, all) = match what {
        "PROTOCOL" => (
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
        ),
        "TIMEOUT" => (
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
        ),
        _ => (
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "OTEL_EXPORTER_OTLP_HEADERS",
        ),
    };
    Ok(match settings.secret(traces)? {
        Some(_) => traces,
        None => all,
    })
}

/// Refuses any other value than this one.
fn only(settings: &Settings, name: &str, value: &str) -> Result<(), Failure> {
    match settings.text(name)? {
        Some(text) if text.trim() != value => {
            let failure = Failure::usage(format!("{name} is another than {value}"));
            Err(failure
                .hint("this program speaks OTLP over HTTP only, as collectors do on port 4318"))
        }
        _ => Ok(()),
    }
}

fn milliseconds(
    settings: &Settings,
    name: &str,
    usual: u64,
    most: u64,
) -> Result<Duration, Failure> {
    let milliseconds = match settings.text(name)? {
        None => usual,
        Some(text) => u64::from_str(text.trim())
            .ok()
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| {
                Failure::usage(format!(
                    "{name} is no number of milliseconds from 1 to {most}"
                ))
            })?,
    };
    Ok(Duration::from_millis(milliseconds))
}

fn no_pairs(name: &str) -> Failure {
    Failure::usage(format!("{name} is not name=value with commas between them"))
        .hint("write blanks, commas and the like in a value as %XX")
}

fn headers(settings: &Settings) -> Result<Vec<(String, SecretText)>, Failure> {
    let name = either(settings, "HEADERS")?;
    let Some(text) = settings.secret(name)? else {
        return Ok(Vec::new());
    };
    let pairs = pairs::parse(text.expose()).ok_or_else(|| no_pairs(name))?;
    let secret = |(name, value): (String, String)| (name, SecretText::new(value));
    Ok(pairs.into_iter().map(secret).collect())
}

fn resource(settings: &Settings) -> Result<Vec<KeyValue>, Failure> {
    let text = settings.text(RESOURCE)?.unwrap_or_default();
    let mut pairs = pairs::parse(&text).ok_or_else(|| no_pairs(RESOURCE))?;
    if let Some(service) = settings.text("OTEL_SERVICE_NAME")? {
        pairs.retain(|(name, _)| name != SERVICE_NAME);
        pairs.push((SERVICE_NAME.to_owned(), service));
    }
    for (name, usual) in [
        (SERVICE_NAME, "tatum-kms"),
        (SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
    ] {
        if pairs.iter().all(|(set, _)| set != name) {
            pairs.push((name.to_owned(), usual.to_owned()));
        }
    }
    let attribute = |(name, value): (String, String)| KeyValue::new(&name, Value::Text(value));
    Ok(pairs.into_iter().map(attribute).collect())
}

fn sampler(settings: &Settings) -> Result<Sampler, Failure> {
    const NAME: &str = "OTEL_TRACES_SAMPLER";
    let Some(name) = settings.text(NAME)? else {
        return Ok(Sampler::ALL);
    };
    let share = settings.text("OTEL_TRACES_SAMPLER_ARG")?;
    Sampler::parse(name.trim(), share.as_deref()).ok_or_else(|| {
        Failure::usage(format!("{NAME} names no sampler, or OTEL_TRACES_SAMPLER_ARG is no share"))
            .hint("always_on, always_off, or traceidratio with a share from 0 to 1 such as 0.1; each may begin with parentbased_")
    })
}
