//! The password from an environment variable.

use async_trait::async_trait;

use super::{PasswordError, PasswordSource, Purpose};
use crate::keys::SecretText;

/// The value of a variable of the environment or an env file.
#[derive(Debug)]
pub struct EnvironmentPassword {
    variable: &'static str,
    value: SecretText,
}

impl EnvironmentPassword {
    /// Takes over the `value` of `variable`.
    pub fn new(variable: &'static str, value: SecretText) -> Self {
        Self { variable, value }
    }
}

#[async_trait]
impl PasswordSource for EnvironmentPassword {
    fn name(&self) -> String {
        format!("the environment variable {}", self.variable)
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        Ok(self.value.duplicate())
    }
}
