//! How the program ends: exit codes, and what is said on failure.

use std::{error::Error, fmt::Write as _, process::ExitCode};

use kms_core::{
    chain::{RegistryError, WalletError},
    keys::KeyError,
    password::{CommandError, PasswordError, RemoteError},
    vault::{EntryError, VaultError},
};

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  failure
  2  wrong usage: unknown command, flag or chain, missing or malformed argument
  3  no password, or the wrong one
  4  no such vault, wallet, journal or transaction
  5  the vault's or journal's file is damaged or is something else
  6  the service that keeps the password cannot be reached, or is out of order
  7  that service did not answer in time, or the password command took too long
  8  that service denied access, or refused the request
  9  that service has no such secret
  10  that service's answer, or the secret in it, cannot be used
  141  whoever reads the results stopped reading, as `head` does";

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Failed,
    Usage,
    Password,
    NotFound,
    Damaged,
    ServiceUnreachable,
    ServiceTooSlow,
    ServiceDenied,
    ServiceHasNone,
    ServiceMalformed,
    /// As if SIGPIPE had ended the process, which shells tell as 128 and its number.
    BrokenPipe,
}

impl Status {
    fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Password => 3,
            Self::NotFound => 4,
            Self::Damaged => 5,
            Self::ServiceUnreachable => 6,
            Self::ServiceTooSlow => 7,
            Self::ServiceDenied => 8,
            Self::ServiceHasNone => 9,
            Self::ServiceMalformed => 10,
            Self::BrokenPipe => 141,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Printed as it is, instead of JSON.
    pub(crate) verbatim: Option<&'static str>,
}

impl Failure {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            hint: None,
            verbatim: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    /// A required flag is missing, in the original's own words and form.
    pub(crate) fn missing_flag(text: &'static str) -> Self {
        Self {
            verbatim: Some(text),
            ..Self::usage(text)
        }
    }

    /// The message of `error` and of everything that caused it.
    pub(crate) fn of(status: Status, error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let _ = write!(message, ": {error}");
            cause = error.source();
        }
        Self::new(status, message)
    }

    /// Adds what the reader can do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says that the wallet `id` is missing where the whole vault is, as the original does.
    pub(crate) fn of_wallet(self, id: &str) -> Self {
        match self.status {
            Status::NotFound => Self {
                hint: self.hint.map(|hint| format!("there is no vault: {hint}")),
                ..Self::unknown_wallet(id)
            },
            _ => self,
        }
    }

    /// There is nothing under this signature id. The text is that of the original.
    pub(crate) fn unknown_wallet(id: &str) -> Self {
        Self::new(
            Status::NotFound,
            format!("No such wallet for signatureId '{id}'."),
        )
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let status = match &error {
            VaultError::Missing { .. } | VaultError::Gone { .. } => Status::NotFound,
            VaultError::WrongPassword
            | VaultError::WrongPasswordOrDamaged(_)
            | VaultError::PasswordChanged
            | VaultError::EmptyPassword => Status::Password,
            VaultError::Damaged(_)
            | VaultError::Foreign { .. }
            | VaultError::UnsupportedVersion { .. }
            | VaultError::UnsupportedAlgorithm { .. }
            | VaultError::KdfOutOfBounds(_)
            | VaultError::TooLarge { .. } => Status::Damaged,
            _ => Status::Failed,
        };
        let mut failure = Self::of(status, &error);
        failure.hint = error.hint().map(str::to_owned);
        // Two texts that scripts know from the original.
        match &error {
            VaultError::Missing { path } => {
                failure.message = "No such wallet file.".to_owned();
                failure.hint = Some(format!(
                    "looked for {}; a vault is created when the first wallet is stored",
                    path.display()
                ));
            }
            VaultError::WrongPassword => failure.message = "Wrong password.".to_owned(),
            _ => {}
        }
        failure
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        let status = match &error {
            PasswordError::Command(CommandError::Unbalanced | CommandError::Empty) => Status::Usage,
            PasswordError::Command(CommandError::Timeout { .. }) => Status::ServiceTooSlow,
            PasswordError::Remote(error) => of_service(error),
            _ => Status::Password,
        };
        let mut failure = Self::of(status, &error);
        failure.hint = error.hint().map(str::to_owned);
        failure
    }
}

/// What a service's failure means for whoever starts the program anew, or does not.
fn of_service(error: &RemoteError) -> Status {
    match error {
        RemoteError::NotInBuild { .. }
        | RemoteError::Missing { .. }
        | RemoteError::Invalid { .. } => Status::Usage,
        RemoteError::Unreachable { .. } | RemoteError::OutOfOrder { .. } => {
            Status::ServiceUnreachable
        }
        RemoteError::TooSlow { .. } => Status::ServiceTooSlow,
        RemoteError::Denied { .. } | RemoteError::Refused { .. } => Status::ServiceDenied,
        RemoteError::NotFound { .. } => Status::ServiceHasNone,
        RemoteError::Malformed { .. } => Status::ServiceMalformed,
        _ => Status::Password,
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let status = match error {
            RegistryError::Unknown { .. } => Status::Usage,
            RegistryError::Empty | RegistryError::Twice(_) => Status::Failed,
        };
        Self::of(status, &error)
    }
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        Self::of(Status::Failed, &error)
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::of(Status::Failed, &error)
    }
}

impl From<EntryError> for Failure {
    fn from(error: EntryError) -> Self {
        Self::of(Status::Failed, &error)
            .hint("`tatum-kms getmanagedwallet` shows what is stored under the id")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_codes_are_the_real_ones() {
        for (status, code) in [
            (Status::Failed, "1  failure"),
            (Status::Usage, "2  wrong usage"),
            (Status::Password, "3  no password"),
            (Status::NotFound, "4  no such vault"),
            (Status::Damaged, "5  the vault's or journal's file"),
            (Status::ServiceUnreachable, "6  the service that keeps"),
            (Status::ServiceTooSlow, "7  that service did not answer"),
            (Status::ServiceDenied, "8  that service denied"),
            (Status::ServiceHasNone, "9  that service has no"),
            (Status::ServiceMalformed, "10  that service's answer"),
            (Status::BrokenPipe, "141  whoever reads"),
        ] {
            assert!(EXIT_CODES.contains(code));
            let number: u8 = code.split_once(' ').unwrap().0.parse().unwrap();
            assert_eq!(ExitCode::from(status), ExitCode::from(number));
        }
    }

    #[test]
    fn causes_are_told() {
        let error = VaultError::Io {
            action: "read",
            path: "/vault".into(),
            source: std::io::Error::other("disk on fire"),
        };
        let failure = Failure::from(error);
        assert_eq!(failure.message, "cannot read /vault: disk on fire");
        assert_eq!(failure.status, Status::Failed);
    }

    #[test]
    fn scripts_find_the_texts_of_the_original() {
        let missing = Failure::from(VaultError::Missing { path: "/v".into() });
        assert_eq!(missing.message, "No such wallet file.");
        assert_eq!(missing.status, Status::NotFound);
        let wrong = Failure::from(VaultError::WrongPassword);
        assert_eq!(wrong.message, "Wrong password.");
        assert_eq!(wrong.status, Status::Password);
    }

    /// Whether the same start would fail again for as long as nobody changes anything.
    fn comes_again(status: Status) -> bool {
        match status {
            Status::Usage
            | Status::Password
            | Status::NotFound
            | Status::Damaged
            | Status::ServiceDenied
            | Status::ServiceHasNone
            | Status::ServiceMalformed => true,
            // An outage must not outlast itself.
            Status::Failed
            | Status::ServiceUnreachable
            | Status::ServiceTooSlow
            | Status::BrokenPipe => false,
        }
    }

    #[test]
    fn the_unit_is_started_anew_unless_it_would_fail_again() {
        let all = [
            Status::Failed,
            Status::Usage,
            Status::Password,
            Status::NotFound,
            Status::Damaged,
            Status::ServiceUnreachable,
            Status::ServiceTooSlow,
            Status::ServiceDenied,
            Status::ServiceHasNone,
            Status::ServiceMalformed,
            Status::BrokenPipe,
        ];
        let prevented = all.into_iter().filter(|status| comes_again(*status));
        let prevented: Vec<_> = prevented.map(|status| status.code().to_string()).collect();
        let unit = include_str!("../packaging/systemd/tatum-kms.service");
        let line = format!("RestartPreventExitStatus={}", prevented.join(" "));
        assert!(unit.lines().any(|found| found == line), "{line}");
        // However long an outage lasts.
        assert!(unit.lines().any(|line| line == "StartLimitIntervalSec=0"));
    }
}
