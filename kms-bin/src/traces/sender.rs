//! The thread that sends.

use std::{sync::Arc, time::Duration};

use kms_core::telemetry::SendError;
use prost::Message as _;
use tokio::runtime::Runtime;

use super::{
    layer::random,
    message::{Resource, ResourceSpans, Scope, ScopeSpans, Span, TracesData},
    queue::{Batch, Queue, When},
    variables::Variables,
};

/// The longest pause after failures, unless the usual one is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Sends what is in the queue until the program ends.
pub(super) struct Sender {
    pub(super) queue: Arc<Queue>,
    pub(super) variables: Variables,
    /// Its own, so that nothing of this is in the daemon's way.
    pub(super) runtime: Runtime,
}

impl Sender {
    pub(super) fn run(self) {
        let mut failures = 0_u32;
        loop {
            let Batch { spans, closing } = self.queue.next(self.when(failures));
            if spans.is_empty() {
                if closing {
                    break;
                }
                continue;
            }
            match self.send(&spans) {
                Ok(()) => {
                    self.tell_success(failures);
                    failures = 0;
                }
                Err(error) => {
                    if failures == 0 {
                        tell_failure(&error);
                    }
                    failures = failures.saturating_add(1);
                    if closing || !error.is_transient() {
                        self.queue.lose(spans.len());
                    } else {
                        self.queue.give_back(spans);
                    }
                    if closing {
                        break;
                    }
                }
            }
        }
        self.queue.finish();
    }

    /// After failures the pauses grow, with some chance in them.
    fn when(&self, failures: u32) -> When {
        let delay = self.variables.delay;
        if failures == 0 {
            return When::Full(delay);
        }
        let factor = 2_u32.saturating_pow(failures);
        let pause = delay.saturating_mul(factor).min(LONGEST_PAUSE.max(delay));
        let [chance] = random().unwrap_or([0]);
        let part = pause.saturating_mul(chance.into()).checked_div(1024);
        When::Elapsed(pause.saturating_sub(part.unwrap_or_default()))
    }

    fn send(&self, spans: &[Span]) -> Result<(), SendError> {
        let message = message(&self.variables, spans).encode_to_vec();
        self.runtime
            .block_on(self.variables.collector.send(message))
    }

    fn tell_success(&self, failures: u32) {
        let dropped = self.queue.take_dropped();
        if failures > 0 {
            tracing::info!(failures, dropped, "traces are sent again");
        } else if dropped > 0 {
            tracing::warn!(dropped, "there were more spans than could be sent");
        }
    }
}

fn tell_failure(error: &SendError) {
    tracing::warn!(
        %error,
        hint = error.hint(),
        "traces cannot be sent; the daemon goes on, and what finds no room is dropped"
    );
}

fn message(variables: &Variables, spans: &[Span]) -> TracesData {
    TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: variables.resource.clone(),
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(Scope {
                    name: "tatum-kms".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                }),
                spans: spans.to_vec(),
            }],
        }],
    }
}
