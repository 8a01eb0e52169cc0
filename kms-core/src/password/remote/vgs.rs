//! The password from VGS (Very Good Security), behind an alias.
//!
//! `GET https://api.live.verygoodvault.com/aliases/<alias>` with HTTP Basic, as the original asks;
//! the password is `data[0].value` of the answer.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::{
    super::{PasswordError, PasswordSource, Purpose},
    RemoteError, Variables,
    client::{self, Call, Client, Reach, endpoint},
    json::JsonSecret,
};
use crate::{
    cloud::http::{host_of, path_segment},
    keys::SecretText,
};

const SERVICE: &str = "VGS";
const USERNAME: &str = "TATUM_KMS_VGS_USERNAME";
const URL: &str = "TATUM_KMS_VGS_URL";
const BASE: &str = "https://api.live.verygoodvault.com";

/// The value behind an alias in a vault of VGS.
///
/// | variable | meaning |
/// |---|---|
/// | `TATUM_KMS_VGS_USERNAME`, `TATUM_KMS_VGS_PASSWORD` | access credentials of the vault |
/// | `TATUM_KMS_VGS_ALIAS` | the alias |
/// | `TATUM_KMS_VGS_URL` | another base URL by https than that of the live vaults, for instance of the sandbox |
#[derive(Debug)]
pub(super) struct VgsAlias {
    /// Holds the alias, which the original treats as a secret.
    url: SecretUrl,
    login: SecretText,
    client: Client,
}

impl VgsAlias {
    /// The alias that the variables name.
    ///
    /// # Errors
    /// [`RemoteError::Missing`] and [`RemoteError::Invalid`]. Nothing is sent yet.
    pub(super) fn new(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let required = |variable| {
            variables.secret(variable)?.ok_or(RemoteError::Missing {
                service: SERVICE,
                variables: variable,
                hint: "set TATUM_KMS_VGS_USERNAME, TATUM_KMS_VGS_PASSWORD and TATUM_KMS_VGS_ALIAS",
            })
        };
        let user = required(USERNAME)?;
        let password = required("TATUM_KMS_VGS_PASSWORD")?;
        let alias = required("TATUM_KMS_VGS_ALIAS")?;
        if user.expose().contains(':') {
            // RFC 7617 §2: all behind it would be taken for the password.
            return Err(RemoteError::Invalid {
                setting: USERNAME.to_owned(),
                reason: "must not hold a colon".to_owned(),
                hint: "it is the first half of the access credentials",
            });
        }
        let base = variables.text(URL)?;
        let mut url = endpoint(URL, base.as_deref().unwrap_or(BASE), Reach::Anywhere)?;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{path}/aliases/{}", path_segment(alias.expose())));
        let login = Zeroizing::new(format!("{}:{}", user.expose(), password.expose()));
        let login = Zeroizing::new(STANDARD.encode(login.as_bytes()));
        Ok(Self {
            url: SecretUrl(url),
            login: SecretText::new(format!("Basic {}", *login)),
            client: Client::new(SERVICE, variables)?,
        })
    }

    async fn read(&self) -> Result<SecretText, RemoteError> {
        let headers = [("authorization", self.login.duplicate())];
        let call = Call::get(&self.url.0, &headers);
        password_in(&self.client.call(call).await?)
    }
}

fn password_in(answer: &client::Answer) -> Result<SecretText, RemoteError> {
    let service = SERVICE;
    let what = "the alias".to_owned();
    // The service explains itself in prose, which is not repeated.
    let code = String::new();
    Err(match answer.status {
        200..300 => {
            let malformed = |reason: &str| RemoteError::Malformed {
                service,
                reason: reason.to_owned(),
                hint: "check TATUM_KMS_VGS_ALIAS, and TATUM_KMS_VGS_URL if it is set",
            };
            let answer: Answer = serde_json::from_slice(&answer.body)
                .map_err(|_| malformed("it is not of the form of an alias"))?;
            return match answer.data.into_iter().next() {
                Some(Alias { value }) if !value.0.is_empty() => Ok(value.0),
                _ => Err(malformed("there is no value in it")),
            };
        }
        401 | 403 => RemoteError::Denied {
            service,
            what,
            code,
            hint: "check TATUM_KMS_VGS_USERNAME and TATUM_KMS_VGS_PASSWORD, and that they belong to the vault of the alias",
        },
        404 => RemoteError::NotFound {
            service,
            what: "such alias".to_owned(),
            code,
            hint: "check TATUM_KMS_VGS_ALIAS",
        },
        status => RemoteError::Refused {
            service,
            status,
            code,
            hint: "check the variables TATUM_KMS_VGS_*",
        },
    })
}

/// A URL of which only the host is told.
struct SecretUrl(Url);

impl std::fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", host_of(&self.0))
    }
}

#[async_trait]
impl PasswordSource for VgsAlias {
    fn name(&self) -> String {
        format!("{SERVICE} at {}", host_of(&self.url.0))
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        Ok(self.read().await?)
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Alias>,
}

#[derive(Deserialize)]
struct Alias {
    value: JsonSecret,
}

/// What reads an answer.
#[cfg(feature = "testkit")]
pub(super) fn readers() -> Vec<super::hostile::Reader> {
    vec![super::hostile::Reader::new(
        &[
            (200, r#"{"data":[{"value":"SECRET","aliases":[]}]}"#),
            (401, r#"{"errors":[{"detail":"SECRET"}]}"#),
        ],
        password_in,
    )]
}
