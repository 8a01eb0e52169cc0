//! The password from a person.

use async_trait::async_trait;
use subtle::ConstantTimeEq as _;

use super::{PasswordError, PasswordSource, Purpose, SecretInput};
use crate::keys::SecretText;

/// Asks for the password.
#[derive(Clone, Debug)]
pub struct PasswordPrompt {
    input: SecretInput,
    question: &'static str,
}

impl PasswordPrompt {
    /// Asks `question` on `input`.
    pub fn new(input: SecretInput, question: &'static str) -> Self {
        Self { input, question }
    }
}

#[async_trait]
impl PasswordSource for PasswordPrompt {
    fn name(&self) -> String {
        match self.input {
            SecretInput::Terminal => "the terminal".to_owned(),
            SecretInput::Lines => "a line of standard input".to_owned(),
        }
    }

    async fn fetch(&self, purpose: Purpose) -> Result<SecretText, PasswordError> {
        ask(purpose, self.input, self.question, |question| {
            self.input.read(question)
        })
    }
}

fn ask(
    purpose: Purpose,
    input: SecretInput,
    question: &str,
    mut read: impl FnMut(&str) -> Result<SecretText, PasswordError>,
) -> Result<SecretText, PasswordError> {
    let password = read(question)?;
    if purpose == Purpose::Open {
        return Ok(password);
    }
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    // A program does not mistype.
    if input == SecretInput::Terminal {
        let again = read("Enter the new password once more:")?;
        let (password, again) = (password.expose().as_bytes(), again.expose().as_bytes());
        if !bool::from(password.ct_eq(again)) {
            return Err(PasswordError::Mismatch);
        }
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(
        purpose: Purpose,
        input: SecretInput,
        answers: &[&str],
    ) -> (Result<String, PasswordError>, usize) {
        let mut asked = 0;
        let result = ask(purpose, input, "?", |_| {
            asked += 1;
            Ok(SecretText::new(answers[asked - 1]))
        });
        (result.map(|password| password.expose().to_owned()), asked)
    }

    #[test]
    fn a_new_password_is_asked_for_twice_on_a_terminal() {
        let terminal = SecretInput::Terminal;
        let (result, asked) = answers(Purpose::Create, terminal, &["a", "a"]);
        assert_eq!((result.unwrap().as_str(), asked), ("a", 2));
        let (result, _) = answers(Purpose::Create, terminal, &["a", "b"]);
        assert!(matches!(result, Err(PasswordError::Mismatch)));
        let (result, asked) = answers(Purpose::Create, SecretInput::Lines, &["a"]);
        assert_eq!((result.unwrap().as_str(), asked), ("a", 1));
    }

    #[test]
    fn only_an_old_password_may_be_empty() {
        for input in [SecretInput::Terminal, SecretInput::Lines] {
            let (result, asked) = answers(Purpose::Open, input, &[""]);
            assert_eq!((result.unwrap().as_str(), asked), ("", 1));
            let (result, _) = answers(Purpose::Create, input, &["", ""]);
            assert!(matches!(result, Err(PasswordError::Empty)));
        }
    }
}
