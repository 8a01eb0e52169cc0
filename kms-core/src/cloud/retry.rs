//! Which failed calls are made again, and when.

use std::{future::Future, time::Duration};

use super::{client::Answer, error::is_busy, http::TransportError};
use crate::jitter::jitter;

/// The longest pause between two attempts within one call. A server that asks for more gets its
/// peace: the call ends, and the daemon comes back in its own time.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often and after which pauses calls are repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) retries: u32,
    pub(crate) delay: Duration,
}

/// What may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeatable {
    /// Nothing: the caller asks again soon anyway.
    No,
    /// What the server has certainly not acted on: it was not reached, or too busy to look.
    Unprocessed,
    /// What may have arrived as well, for it does no more the second time; but an error status is
    /// an answer. For the same signed bytes.
    Idempotent,
    /// A question: server errors are asked again too.
    Read,
}

/// How a call ended after all its attempts.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// The last attempt.
    pub(crate) last: Result<Answer, TransportError>,
    /// Whether an attempt before the last one may have reached the server: then a refusal of the
    /// last one proves nothing.
    pub(crate) earlier_may_have_arrived: bool,
}

impl RetryPolicy {
    /// Makes attempts until one ends the call.
    pub(crate) async fn run<Attempt>(
        self,
        repeatable: Repeatable,
        mut attempt: impl FnMut() -> Attempt,
    ) -> Attempts
    where
        Attempt: Future<Output = Result<Answer, TransportError>>,
    {
        let mut left = match repeatable {
            Repeatable::No => 0,
            _ => self.retries,
        };
        let mut number = 0_u32;
        let mut earlier_may_have_arrived = false;
        loop {
            let last = attempt().await;
            let pause = pause_before_next(repeatable, &last, self.delay, number);
            let (Some(pause), 1..) = (pause, left) else {
                return Attempts {
                    last,
                    earlier_may_have_arrived,
                };
            };
            match &last {
                // A second wait for an answer that does not come is the last one.
                Err(error) if error.is_timeout() => left = 1,
                _ => {}
            }
            earlier_may_have_arrived |= match &last {
                Ok(answer) => answer.status != 429,
                Err(error) => !error.is_unsent(),
            };
            tracing::debug!(
                problem = match &last {
                    Ok(answer) => format!("status {}", answer.status),
                    Err(error) => error.to_string(),
                },
                pause_ms = pause.as_millis(),
                "the call is repeated"
            );
            tokio::time::sleep(pause).await;
            left = left.saturating_sub(1);
            number = number.saturating_add(1);
        }
    }
}

/// The pause before the next attempt; nothing when there shall be none.
fn pause_before_next(
    repeatable: Repeatable,
    last: &Result<Answer, TransportError>,
    delay: Duration,
    number: u32,
) -> Option<Duration> {
    let (again, asked) = match last {
        Ok(answer) => {
            let again = match repeatable {
                Repeatable::No => false,
                Repeatable::Unprocessed | Repeatable::Idempotent => answer.status == 429,
                Repeatable::Read => is_busy(answer.status),
            };
            (again, answer.retry_after)
        }
        Err(error) => {
            let again = match repeatable {
                Repeatable::No => false,
                Repeatable::Unprocessed => error.is_unsent(),
                Repeatable::Idempotent | Repeatable::Read => !matches!(
                    error,
                    TransportError::TooLarge { .. } | TransportError::Redirect { .. }
                ),
            };
            (again, None)
        }
    };
    let pause = delay.saturating_mul(1 << number.min(3));
    let pause = pause.saturating_add(jitter(pause)).min(LONGEST_PAUSE);
    let pause = pause.max(asked.unwrap_or_default());
    (again && pause <= LONGEST_PAUSE).then_some(pause)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn status(status: u16) -> Result<Answer, TransportError> {
        Ok(Answer {
            status,
            retry_after: None,
            notice: None,
            body: Vec::new(),
        })
    }

    fn closed() -> Result<Answer, TransportError> {
        let host = "cloud".to_owned();
        Err(TransportError::Closed { host })
    }

    fn refused() -> Result<Answer, TransportError> {
        let host = "cloud".to_owned();
        Err(TransportError::Refused { host })
    }

    fn timeout() -> Result<Answer, TransportError> {
        let host = "cloud".to_owned();
        Err(TransportError::Timeout { host, seconds: 1 })
    }

    async fn attempts(
        repeatable: Repeatable,
        answers: &[fn() -> Result<Answer, TransportError>],
    ) -> (usize, Attempts) {
        let policy = RetryPolicy {
            retries: 3,
            delay: Duration::from_millis(1),
        };
        let made = Cell::new(0);
        let attempts = policy
            .run(repeatable, || {
                let answer = answers[made.get().min(answers.len() - 1)];
                made.set(made.get() + 1);
                async move { answer() }
            })
            .await;
        (made.get(), attempts)
    }

    #[tokio::test]
    async fn each_kind_of_call_is_repeated_as_often_as_is_safe() {
        use Repeatable::{Idempotent, No, Read, Unprocessed};
        type Made = fn() -> Result<Answer, TransportError>;
        let busy: Made = || status(429);
        let broken: Made = || status(503);
        let wrong: Made = || status(400);
        for (repeatable, answer, expected) in [
            (No, busy, 1),
            (No, refused as Made, 1),
            (Unprocessed, busy, 4),
            (Unprocessed, refused, 4),
            (Unprocessed, closed, 1),
            (Unprocessed, timeout, 1),
            (Unprocessed, broken, 1),
            (Idempotent, busy, 4),
            (Idempotent, closed, 4),
            (Idempotent, timeout, 2),
            (Idempotent, broken, 1),
            (Idempotent, wrong, 1),
            (Read, broken, 4),
            (Read, closed, 4),
            (Read, timeout, 2),
            (Read, wrong, 1),
        ] {
            let (made, _) = attempts(repeatable, &[answer]).await;
            assert_eq!(made, expected, "{repeatable:?} {:?}", answer());
        }
    }

    #[tokio::test]
    async fn it_is_known_whether_an_earlier_attempt_may_have_arrived() {
        let ok = || status(200);
        for (first, expected) in [
            (closed as fn() -> Result<Answer, TransportError>, true),
            (timeout, true),
            (refused, false),
            (|| status(429), false),
        ] {
            let (made, attempts) = attempts(Repeatable::Idempotent, &[first, ok]).await;
            assert_eq!(made, 2);
            assert_eq!(attempts.earlier_may_have_arrived, expected);
        }
    }

    #[test]
    fn a_server_that_asks_for_peace_gets_it() {
        let busy = |seconds| {
            Ok(Answer {
                status: 429,
                retry_after: Some(Duration::from_secs(seconds)),
                notice: None,
                body: Vec::new(),
            })
        };
        let pause = |seconds| {
            pause_before_next(
                Repeatable::Unprocessed,
                &busy(seconds),
                Duration::from_secs(1),
                0,
            )
        };
        assert_eq!(pause(7), Some(Duration::from_secs(7)));
        assert_eq!(pause(31), None);
        let usual = pause(0).unwrap();
        assert!((Duration::from_secs(1)..=Duration::from_millis(1250)).contains(&usual));
    }
}
