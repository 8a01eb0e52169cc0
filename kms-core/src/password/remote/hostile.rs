//! What must hold for anything that answers in a secret service's place.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a property that does not hold fails by a panic"
)]

use zeroize::Zeroizing;

use super::{
    RemoteError, Variables,
    client::{Answer, Reach, endpoint},
    variables::Fixed,
};
use crate::{keys::SecretText, password::PasswordError, testkit::fuzz::Property};

/// What stands in the seeds where a service has a secret, and is no code of an error.
pub(super) const SECRET: &str = "hunter2 \u{e9}\u{1f511}";
/// More characters than any error has.
const LONG: usize = 600;

/// What reads an answer of a service.
pub(super) type Read = Box<dyn Fn(&Answer) -> Result<SecretText, PasswordError> + Send + Sync>;

/// One of the places where an answer is read.
pub(super) struct Reader {
    pub(super) read: Read,
    /// Answers that it reads when nobody is hostile: status and body.
    pub(super) seeds: &'static [(u16, &'static str)],
}

impl Reader {
    pub(super) fn new<E: Into<PasswordError>>(
        seeds: &'static [(u16, &'static str)],
        read: impl Fn(&Answer) -> Result<SecretText, E> + Send + Sync + 'static,
    ) -> Self {
        Self {
            read: Box::new(move |answer| read(answer).map_err(Into::into)),
            seeds,
        }
    }
}

/// Answers of the secret services and of what gives tokens for them: a byte that says what is
/// read, two bytes of status, and a body. And, by the same byte, the files of AWS and of Google.
pub struct SecretAnswers(Vec<Reader>);

impl SecretAnswers {
    /// Those of all services.
    ///
    /// # Panics
    /// When a service cannot be set up.
    pub fn new() -> Self {
        let readers = [
            super::aws::readers(),
            super::azure::readers(),
            super::gcp::readers(),
            super::vault::readers(),
            super::vgs::readers(),
        ];
        Self(readers.into_iter().flatten().collect())
    }
}

impl Default for SecretAnswers {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for SecretAnswers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretAnswers")
            .field("readers", &self.0.len())
            .finish()
    }
}

impl Property for SecretAnswers {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (number, reader) in (0_u8..).zip(&self.0) {
            for (status, body) in reader.seeds {
                let body = body.replace("SECRET", SECRET);
                seeds.push([&[number], &status.to_be_bytes()[..], body.as_bytes()].concat());
            }
        }
        seeds
    }

    /// There is a secret that is not empty, and no other reason for one than success; or there is
    /// an error that is short, stays on its line and repeats no secret.
    fn holds_for(&self, bytes: &[u8]) {
        let Some(([number, high, low], body)) = bytes.split_first_chunk() else {
            return;
        };
        let number = usize::from(*number) % self.0.len().max(1);
        let Some(reader) = self.0.get(number) else {
            return;
        };
        let status = u16::from_be_bytes([*high, *low]);
        let answer = Answer {
            status,
            body: Zeroizing::new(body.to_vec()),
        };
        match (reader.read)(&answer) {
            Ok(secret) => {
                assert!(!secret.is_empty(), "an empty secret");
                assert!((200..300).contains(&status), "a secret in a refusal");
            }
            Err(error) => {
                let mut said = error.to_string();
                said.extend(error.hint());
                assert!(said.chars().count() < LONG, "a long error");
                assert!(!said.contains(char::is_control), "a line of its own");
                let said = format!("{said} {error:?}");
                assert!(!said.contains(SECRET), "it repeats the secret");
            }
        }
    }
}

/// What a setting of a service may hold, and the files that say more: a byte that says which, and
/// text.
#[derive(Debug)]
pub struct SecretSettings;

impl Property for SecretSettings {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let texts: [(u8, &str); 13] = [
            (0, "https://vault.example.com:8200"),
            (0, "https://u:SECRET@vault.example.com"),
            (1, "http://169.254.170.2/v2/credentials"),
            (2, "kms.vault.azure.net\nkms-password\n0123abcd"),
            (2, "https://KMS.VAULT.AZURE.NET/\na/b\n"),
            (2, "k\tms.vault.azure.cn\t\nkms-p"),
            (
                3,
                "[default]\nregion = eu-central-1 # here\n[profile  kms]\nservices =\n  region = x\naws_secret_access_key=SECRET\n",
            ),
            (4, "arn:aws:secretsmanager:eu-central-1:1:secret:kms"),
            (4, "us-east-1"),
            (5, "projects/p/secrets/s/versions/4"),
            (6, "3600"),
            (7, "secret\nteam/../kms"),
            (8, "SECRET"),
        ];
        texts
            .map(|(kind, text)| {
                let text = text.replace("SECRET", SECRET);
                [&[kind], text.as_bytes()].concat()
            })
            .to_vec()
    }

    /// No error repeats the secret, and whoever is asked is asked by TLS or is this machine.
    fn holds_for(&self, bytes: &[u8]) {
        let Some((kind, text)) = bytes.split_first() else {
            return;
        };
        let Ok(text) = std::str::from_utf8(text) else {
            return;
        };
        match kind {
            0 => url(text, Reach::Anywhere),
            1 => url(text, Reach::Metadata),
            2 => super::azure::setting(text),
            3 | 4 => super::aws::setting(text),
            5 => super::gcp::setting(text),
            6 => {
                let settings = Fixed::of([("TATUM_KMS_PASSWORD_TIMEOUT", text)]);
                match (&settings as &dyn Variables).time_limit() {
                    Ok(limit) => assert!((1..=3600).contains(&limit.as_secs()), "another limit"),
                    Err(error) => says_nothing(&error),
                }
            }
            _ => super::vault::setting(text),
        }
    }
}

fn url(text: &str, reach: Reach) {
    match endpoint("A_VARIABLE", text, reach) {
        Ok(url) => {
            let near = url.host().is_some_and(|host| match host {
                url::Host::Domain(name) => {
                    let name = name.trim_end_matches('.');
                    name.ends_with("localhost") || name == "metadata.google.internal"
                }
                url::Host::Ipv4(ip) => ip.is_loopback() || ip.is_link_local(),
                url::Host::Ipv6(_) => true,
            });
            assert!(url.scheme() == "https" || near, "anybody can listen");
            assert!(
                url.username().is_empty() && url.password().is_none(),
                "a user"
            );
        }
        Err(error) => says_nothing(&error),
    }
}

/// No secret stands in an error.
pub(super) fn says_nothing(error: &RemoteError) {
    let said = format!("{error} {error:?} {:?}", error.hint());
    assert!(!said.contains(SECRET), "it repeats the secret");
}
