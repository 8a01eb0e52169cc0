//! Traces, from the start of the program to its end.

use std::{sync::Arc, thread, time::Duration};

use tracing::{Level, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::{
    layer::SpanLayer, queue::Queue, sampler::Sampler, sender::Sender, variables::Variables,
};
use crate::{
    exit::{Failure, Status},
    settings::Settings,
};

/// How long the end of the program waits for the last spans to be sent.
const FLUSH: Duration = Duration::from_secs(2);

/// Sends traces until this is dropped, which sends the rest.
#[derive(Debug)]
pub(crate) struct Traces {
    queue: Arc<Queue>,
    sampler: Sampler,
    host: String,
}

impl Traces {
    /// Begins, if a variable names a collector. Whether that is there does not matter.
    pub(crate) fn start(settings: &Settings) -> Result<Option<Self>, Failure> {
        let Some(variables) = Variables::read(settings)? else {
            return Ok(None);
        };
        let queue = Arc::new(Queue::default());
        let traces = Self {
            queue: Arc::clone(&queue),
            sampler: variables.sampler,
            host: variables.collector.host(),
        };
        let failed = |error: &std::io::Error| Failure::of(Status::Failed, error);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(&error))?;
        let sender = Sender {
            queue,
            variables,
            runtime,
        };
        thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || sender.run())
            .map_err(|error| failed(&error))?;
        Ok(Some(traces))
    }

    /// Where they go.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Takes the spans of this project, whatever is logged, and the lines in them from `INFO` on.
    /// Those of other crates may hold the API key.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let own = filter_fn(|metadata| {
            let target = metadata.target();
            (target.starts_with("kms_") || target.starts_with("tatum_kms"))
                && (metadata.is_span() || *metadata.level() <= Level::INFO)
        });
        let layer = SpanLayer {
            queue: Arc::clone(&self.queue),
            sampler: self.sampler,
        };
        layer.with_filter(own)
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        self.queue.close(FLUSH);
    }
}
