//! Why a service gave no password.

use thiserror::Error;

use crate::cloud::TransportError;

/// Why a service gave no password. Names hosts, variables and the service's own error codes; never
/// a value that may be secret, nor any of an answer that may hold one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteError {
    /// This build has no such source.
    #[error("this build cannot get the password from {service}")]
    NotInBuild {
        /// The service.
        service: &'static str,
    },
    /// Settings that must be there are not.
    #[error("{service} needs {variables}")]
    Missing {
        /// The service.
        service: &'static str,
        /// The names of the variables, as part of a sentence.
        variables: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A setting cannot work.
    #[error("{setting} {reason}")]
    Invalid {
        /// The name of the variable, or the path of the file.
        setting: String,
        /// What is wrong with it, as the rest of a sentence.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// The service cannot be reached, or its answer did not come whole. Attempted several times.
    #[error("cannot reach {service}")]
    Unreachable {
        /// The service.
        service: &'static str,
        /// The reason.
        source: TransportError,
    },
    /// The service took too long. Attempted several times.
    #[error("{service} did not answer within {seconds} s")]
    TooSlow {
        /// The service.
        service: &'static str,
        /// The limit for all attempts together.
        seconds: u64,
    },
    /// The service was out of order each time it was asked.
    #[error("{service} is out of order: it answered {status}")]
    OutOfOrder {
        /// The service.
        service: &'static str,
        /// The last HTTP status.
        status: u16,
    },
    /// Who we are is not accepted, or may not read this.
    #[error("{service} denied access to {what}{}", in_brackets(code))]
    Denied {
        /// The service.
        service: &'static str,
        /// What was asked for.
        what: String,
        /// The service's own word for it; may be empty.
        code: String,
        /// What to do.
        hint: &'static str,
    },
    /// There is no such secret.
    #[error("{service} has no {what}{}", in_brackets(code))]
    NotFound {
        /// The service.
        service: &'static str,
        /// What was asked for.
        what: String,
        /// The service's own word for it; may be empty.
        code: String,
        /// What to do.
        hint: &'static str,
    },
    /// The service refused for another reason.
    #[error("{service} answered {status}{}", in_brackets(code))]
    Refused {
        /// The service.
        service: &'static str,
        /// The HTTP status.
        status: u16,
        /// The service's own word for it; may be empty.
        code: String,
        /// What to do.
        hint: &'static str,
    },
    /// The answer is none of this service, or the secret in it is of another form than expected.
    #[error("the answer of {service} cannot be used: {reason}")]
    Malformed {
        /// The service.
        service: &'static str,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
}

impl RemoteError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotInBuild { .. } => Some(
                "let the tool of that service fetch it, and pass it on by --password-command, --password-fd, --password-file, TATUM_KMS_PASSWORD or as a systemd credential",
            ),
            Self::Unreachable { source, .. } => source.hint(),
            Self::TooSlow { .. } => Some(
                "check the network, the firewall and the proxy settings; TATUM_KMS_PASSWORD_TIMEOUT sets the limit in seconds",
            ),
            Self::OutOfOrder { .. } => {
                Some("try again later; the service's status page may tell more")
            }
            Self::Missing { hint, .. }
            | Self::Invalid { hint, .. }
            | Self::Denied { hint, .. }
            | Self::NotFound { hint, .. }
            | Self::Refused { hint, .. }
            | Self::Malformed { hint, .. } => Some(hint).copied().filter(|hint| !hint.is_empty()),
        }
    }
}

fn in_brackets(code: &str) -> String {
    match code {
        "" => String::new(),
        code => format!(" ({code})"),
    }
}

#[cfg(feature = "remote-password")]
/// A service's own word for what is wrong, if it looks like one: it is printed, so it must not be
/// able to hold anything else.
pub(super) fn code(text: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    match text.len() <= 64 && text.bytes().all(is_word) {
        true => text.to_owned(),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_a_service_are_repeated() {
        assert_eq!(code("AccessDeniedException"), "AccessDeniedException");
        assert_eq!(code("PERMISSION_DENIED"), "PERMISSION_DENIED");
        assert_eq!(code("two words"), "");
        assert_eq!(code("\u{1b}[2J"), "");
        assert_eq!(code(&"a".repeat(65)), "");
    }

    #[test]
    fn a_code_is_told_where_there_is_one() {
        let denied = |code: &str| RemoteError::Denied {
            service: "VGS",
            what: "the alias".to_owned(),
            code: code.to_owned(),
            hint: "",
        };
        assert_eq!(denied("").to_string(), "VGS denied access to the alias");
        assert_eq!(
            denied("E1").to_string(),
            "VGS denied access to the alias (E1)"
        );
        assert_eq!(denied("").hint(), None);
    }
}
