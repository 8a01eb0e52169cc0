//! The settings of a service.

use std::time::Duration;

use super::RemoteError;
use crate::keys::SecretText;

/// Sets how long getting the password may take in all, in seconds.
const TIMEOUT: &str = "TATUM_KMS_PASSWORD_TIMEOUT";
/// That limit unless it is set.
const USUAL_TIMEOUT: u64 = 60;

/// Where settings are looked up by name: the program knows whether that is its environment, a
/// file, or something else.
pub trait Variables {
    /// The value of `name`; nothing when it is not set or empty.
    ///
    /// # Errors
    /// [`RemoteError::Invalid`] when it is set and cannot be read.
    fn secret(&self, name: &'static str) -> Result<Option<SecretText>, RemoteError>;
}

impl dyn Variables + '_ {
    /// How long getting the password may take: `TATUM_KMS_PASSWORD_TIMEOUT`, in seconds, or a
    /// minute.
    ///
    /// # Errors
    /// [`RemoteError::Invalid`] when it is no whole number from 1 to 3600.
    pub fn time_limit(&self) -> Result<Duration, RemoteError> {
        let seconds = match self.secret(TIMEOUT)? {
            None => USUAL_TIMEOUT,
            Some(text) => text
                .expose()
                .parse()
                .ok()
                .filter(|seconds| (1..=3600).contains(seconds))
                .ok_or_else(|| RemoteError::Invalid {
                    setting: TIMEOUT.to_owned(),
                    reason: "is no whole number from 1 to 3600".to_owned(),
                    hint: "it is the number of seconds that getting the password may take",
                })?,
        };
        Ok(Duration::from_secs(seconds))
    }

    #[cfg(feature = "remote-password")]
    /// The value of `name`, which is no secret.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, RemoteError> {
        let value = self.secret(name)?;
        Ok(value.map(|value| value.expose().to_owned()))
    }

    #[cfg(any(feature = "aws", feature = "gcp"))]
    /// The value of the first of `names` that is set; none of them is a secret.
    pub(super) fn first_text(&self, names: &[&'static str]) -> Result<Option<String>, RemoteError> {
        for &name in names {
            if let Some(value) = self.text(name)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

/// Settings of a test.
#[cfg(any(test, feature = "testkit"))]
#[derive(Default)]
pub(super) struct Fixed(pub(super) std::collections::HashMap<&'static str, String>);

#[cfg(any(test, feature = "testkit"))]
impl Fixed {
    pub(super) fn of<const N: usize>(values: [(&'static str, &str); N]) -> Self {
        Self(values.map(|(name, value)| (name, value.to_owned())).into())
    }
}

#[cfg(any(test, feature = "testkit"))]
impl Variables for Fixed {
    fn secret(&self, name: &'static str) -> Result<Option<SecretText>, RemoteError> {
        Ok(self
            .0
            .get(name)
            .map(|value| SecretText::new(value.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_a_number_of_seconds() {
        let limit = |fixed: &Fixed| (fixed as &dyn Variables).time_limit();
        let unset = limit(&Fixed::default()).unwrap();
        assert_eq!(unset, Duration::from_secs(60));
        let most = limit(&Fixed::of([(TIMEOUT, "3600")])).unwrap();
        assert_eq!(most, Duration::from_secs(3600));
        for text in ["0", "-1", "1.5", "soon", "3601"] {
            let error = limit(&Fixed::of([(TIMEOUT, text)])).unwrap_err();
            assert_eq!(
                error.to_string(),
                "TATUM_KMS_PASSWORD_TIMEOUT is no whole number from 1 to 3600"
            );
        }
    }
}
