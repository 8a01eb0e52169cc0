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
        let name = if self.input.is_terminal() {
            "the terminal"
        } else {
            "a line of standard input"
        };
        name.to_owned()
    }

    async fn fetch(&self, purpose: Purpose) -> Result<SecretText, PasswordError> {
        // A program does not mistype.
        let twice = self.input.is_terminal();
        ask(purpose, twice, self.question, |question| {
            self.input.read(question)
        })
    }
}

fn ask(
    purpose: Purpose,
    twice: bool,
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
    if twice {
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
        twice: bool,
        answers: &[&str],
    ) -> (Result<String, PasswordError>, usize) {
        let mut asked = 0;
        let result = ask(purpose, twice, "?", |_| {
            asked += 1;
            Ok(SecretText::new(answers[asked - 1]))
        });
        (result.map(|password| password.expose().to_owned()), asked)
    }

    #[test]
    fn a_new_password_is_asked_for_twice_on_a_terminal() {
        let (result, asked) = answers(Purpose::Create, true, &["a", "a"]);
        assert_eq!((result.unwrap().as_str(), asked), ("a", 2));
        let (result, _) = answers(Purpose::Create, true, &["a", "b"]);
        assert!(matches!(result, Err(PasswordError::Mismatch)));
        let (result, asked) = answers(Purpose::Create, false, &["a"]);
        assert_eq!((result.unwrap().as_str(), asked), ("a", 1));
    }

    #[test]
    fn only_an_old_password_may_be_empty() {
        for twice in [true, false] {
            let (result, asked) = answers(Purpose::Open, twice, &[""]);
            assert_eq!((result.unwrap().as_str(), asked), ("", 1));
            let (result, _) = answers(Purpose::Create, twice, &["", ""]);
            assert!(matches!(result, Err(PasswordError::Empty)));
        }
    }
}
