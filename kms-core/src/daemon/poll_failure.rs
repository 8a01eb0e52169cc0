//! The kinds of failed polls.

use crate::cloud::{CloudError, TransportError};

/// The kinds of failed polls. The names are for metrics: they never change, and there are no
/// others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PollFailure {
    /// There was no connection, or it broke.
    Unreachable,
    /// No answer came in time.
    Timeout,
    /// The API key was refused.
    Unauthorized,
    /// The API plan has no credits left.
    NoCredits,
    /// The API plan's rate limit is reached.
    RateLimited,
    /// The cloud had no time or no strength.
    ServerError,
    /// The cloud refused the call.
    Refused,
    /// The answer is not what a poll is answered with.
    Unreadable,
}

impl PollFailure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Unauthorized,
        Self::NoCredits,
        Self::RateLimited,
        Self::ServerError,
        Self::Refused,
        Self::Unreadable,
    ];

    /// The name: lower-case letters and underscores.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::NoCredits => "no_credits",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
        }
    }
}

impl From<&CloudError> for PollFailure {
    fn from(error: &CloudError) -> Self {
        match error {
            CloudError::BadConfig(_) => Self::Refused,
            CloudError::Transport(error) if error.is_timeout() => Self::Timeout,
            CloudError::Transport(
                TransportError::Unreadable { .. }
                | TransportError::TooLarge { .. }
                | TransportError::Redirect { .. },
            )
            | CloudError::NotAList { .. } => Self::Unreadable,
            CloudError::Transport(_) => Self::Unreachable,
            CloudError::Status { status, .. } => match status {
                401 | 403 => Self::Unauthorized,
                402 => Self::NoCredits,
                429 => Self::RateLimited,
                _ if error.is_transient() => Self::ServerError,
                _ => Self::Refused,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of_status(status: u16) -> PollFailure {
        PollFailure::from(&CloudError::Status {
            status,
            message: String::new(),
            retry_after: None,
        })
    }

    #[test]
    fn each_kind_of_answer_has_its_name() {
        let names: BTreeSet<_> = PollFailure::ALL.map(PollFailure::name).into();
        assert_eq!(names.len(), PollFailure::ALL.len());
        for (status, expected) in [
            (401, PollFailure::Unauthorized),
            (402, PollFailure::NoCredits),
            (403, PollFailure::Unauthorized),
            (404, PollFailure::Refused),
            (408, PollFailure::ServerError),
            (429, PollFailure::RateLimited),
            (500, PollFailure::ServerError),
            (503, PollFailure::ServerError),
        ] {
            assert_eq!(of_status(status), expected, "{status}");
        }
        let host = || "cloud".to_owned();
        for (error, expected) in [
            (
                TransportError::Refused { host: host() },
                PollFailure::Unreachable,
            ),
            (
                TransportError::Closed { host: host() },
                PollFailure::Unreachable,
            ),
            (
                TransportError::Timeout {
                    host: host(),
                    seconds: 1,
                },
                PollFailure::Timeout,
            ),
            (
                TransportError::TooLarge {
                    host: host(),
                    limit: 1,
                },
                PollFailure::Unreadable,
            ),
        ] {
            assert_eq!(PollFailure::from(&CloudError::Transport(error)), expected);
        }
    }
}
