//! The password from a Vault server: HashiCorp Vault or OpenBao, which speak the same language.

mod login;

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use reqwest::Certificate;
use serde::{
    Deserialize,
    de::{IgnoredAny, value::MapAccessDeserializer},
};
use url::Url;
use zeroize::Zeroizing;

use self::login::Login;
use super::{
    super::{PasswordError, PasswordSource, Purpose},
    RemoteError, Variables,
    client::{self, Call, Client, Reach, endpoint},
};
use crate::{cloud::http::path_segment, keys::SecretText};

#[cfg(feature = "testkit")]
use super::{hostile::Reader, variables::Fixed};

const SERVICE: &str = "Vault";
/// Variables that both have, OpenBao's first.
const ADDR: [&str; 2] = ["BAO_ADDR", "VAULT_ADDR"];
const NAMESPACE: [&str; 2] = ["BAO_NAMESPACE", "VAULT_NAMESPACE"];
const CACERT: [&str; 2] = ["BAO_CACERT", "VAULT_CACERT"];
const TOKEN: [&str; 2] = ["BAO_TOKEN", "VAULT_TOKEN"];
const PATH: &str = "TATUM_KMS_VAULT_PATH";

/// A field of a secret in a key-value store of version 2 of HashiCorp Vault or OpenBao.
///
/// | variable | meaning |
/// |---|---|
/// | `VAULT_ADDR` | the server, by https; by http only on this machine |
/// | `VAULT_NAMESPACE` | the namespace |
/// | `VAULT_CACERT` | a file with the only CA certificates to trust, in PEM |
/// | `TATUM_KMS_VAULT_MOUNT` | where the store is mounted: `secret` |
/// | `TATUM_KMS_VAULT_PATH` | the secret |
/// | `TATUM_KMS_VAULT_FIELD` | the field: `password` |
/// | `TATUM_KMS_VAULT_ROLE_ID`, `TATUM_KMS_VAULT_SECRET_ID` or `…_SECRET_ID_FILE` | signs in by AppRole |
/// | `TATUM_KMS_VAULT_K8S_ROLE`, `TATUM_KMS_VAULT_K8S_TOKEN_FILE` | signs in as a pod's service account |
/// | `TATUM_KMS_VAULT_AUTH_MOUNT` | where that way to sign in is mounted: `approle`, `kubernetes` |
/// | `VAULT_TOKEN`, or the file `~/.vault-token` | a token, where there is no role |
///
/// As with OpenBao's own tools, `BAO_ADDR`, `BAO_NAMESPACE`, `BAO_CACERT` and `BAO_TOKEN` go before
/// their namesakes. A token that was made for this is revoked afterwards.
#[derive(Debug)]
pub(super) struct VaultServer {
    address: Address,
    login: Login,
    secret: Url,
    path: String,
    field: String,
    client: Client,
}

/// Where the server is.
#[derive(Debug)]
struct Address {
    base: Url,
    namespace: Option<String>,
}

impl VaultServer {
    /// The secret that the variables name.
    ///
    /// # Errors
    /// [`RemoteError::Missing`] and [`RemoteError::Invalid`]. Nothing is sent yet.
    pub(super) fn new(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let missing = |variables, hint| RemoteError::Missing {
            service: SERVICE,
            variables,
            hint,
        };
        let plain = |names| -> Result<Option<String>, RemoteError> {
            let value = either(variables, names)?;
            Ok(value.map(|value| value.expose().to_owned()))
        };
        let base = plain(ADDR)?.ok_or_else(|| {
            let hint =
                "set it to the URL of the server, for instance https://vault.example.com:8200";
            missing("VAULT_ADDR", hint)
        })?;
        let address = Address {
            base: endpoint("VAULT_ADDR", &base, Reach::Anywhere)?,
            namespace: plain(NAMESPACE)?,
        };
        let path = variables
            .text(PATH)?
            .ok_or_else(|| missing(PATH, "set it to the path of the secret, without the mount"))?;
        let mount = variables.text("TATUM_KMS_VAULT_MOUNT")?;
        let mount = mount.as_deref().unwrap_or("secret");
        let field = variables.text("TATUM_KMS_VAULT_FIELD")?;
        let authorities = plain(CACERT)?.map(|path| authorities(&path)).transpose()?;
        Ok(Self {
            login: Login::choose(variables, &address)?,
            secret: address.api(&[mount, "data", &path]),
            path: format!("{}/{}", mount.trim_matches('/'), path.trim_matches('/')),
            field: field.unwrap_or_else(|| "password".to_owned()),
            client: Client::trusting(SERVICE, variables, authorities.as_deref())?,
            address,
        })
    }

    async fn read(&self) -> Result<SecretText, RemoteError> {
        let (token, made_for_this) = self.login.token(&self.client, &self.address).await?;
        let password = self.read_with(&token).await;
        if made_for_this {
            let url = self.address.api(&["auth", "token", "revoke-self"]);
            let revoked = self.address.post(&self.client, &url, &[], Some(&token));
            if revoked.await.is_err() {
                tracing::debug!("the token could not be revoked; it ends by itself");
            }
        }
        password
    }

    async fn read_with(&self, token: &SecretText) -> Result<SecretText, RemoteError> {
        let headers = self.address.headers(Some(token));
        let answer = self.client.call(Call::get(&self.secret, &headers)).await?;
        self.password_in(&answer)
    }

    fn password_in(&self, answer: &client::Answer) -> Result<SecretText, RemoteError> {
        let service = SERVICE;
        let what = || format!("the secret {}", self.path);
        // The server explains itself in prose, which is not repeated.
        let code = String::new();
        Err(match answer.status {
            200..300 => {
                let mut answer: Answer =
                    serde_json::from_slice(&answer.body).map_err(|_| RemoteError::Malformed {
                        service,
                        reason: "it is not of the form of a secret".to_owned(),
                        hint: "check that the mount is a key-value store of version 2",
                    })?;
                return match answer.data.data.remove(&self.field) {
                    Some(Field::Text(password)) if !password.is_empty() => Ok(password),
                    Some(_) => Err(RemoteError::Malformed {
                        service,
                        reason: format!("the field {} is not text, or empty", self.field),
                        hint: "store the password as text in that field",
                    }),
                    None => Err(RemoteError::Malformed {
                        service,
                        reason: format!("the secret has no field {}", self.field),
                        hint: "set TATUM_KMS_VAULT_FIELD to the field with the password",
                    }),
                };
            }
            401 | 403 => RemoteError::Denied {
                service,
                what: what(),
                code,
                hint: "the token is not valid, or its policy does not grant `read` on the path with `data/` after the mount",
            },
            404 => RemoteError::NotFound {
                service,
                what: what().replacen("the ", "", 1),
                code,
                hint: "check TATUM_KMS_VAULT_PATH, TATUM_KMS_VAULT_MOUNT and VAULT_NAMESPACE, that the mount is a key-value store of version 2, and that the secret was not deleted",
            },
            status => RemoteError::Refused {
                service,
                status,
                code,
                hint: "check that the server is initialised and unsealed",
            },
        })
    }
}

impl Address {
    /// The URL of a part of the API. Each text may have several segments.
    fn api(&self, parts: &[&str]) -> Url {
        let segments: Vec<String> = parts
            .iter()
            .flat_map(|part| part.split('/'))
            .filter(|segment| !segment.is_empty())
            .map(path_segment)
            .collect();
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/v1/{}", segments.join("/")));
        url
    }

    fn headers(&self, token: Option<&SecretText>) -> Vec<(&'static str, SecretText)> {
        // Agents may demand this one, so that no web page can make them ask.
        let mut headers = vec![("x-vault-request", SecretText::new("true"))];
        if let Some(namespace) = &self.namespace {
            headers.push(("x-vault-namespace", SecretText::new(namespace.as_str())));
        }
        if let Some(token) = token {
            headers.push(("x-vault-token", token.duplicate()));
        }
        headers
    }

    /// Posts a JSON object of texts.
    async fn post(
        &self,
        client: &Client,
        url: &Url,
        fields: &[(&str, SecretText)],
        token: Option<&SecretText>,
    ) -> Result<client::Answer, RemoteError> {
        let mut headers = self.headers(token);
        headers.push(("content-type", SecretText::new("application/json")));
        let fields: HashMap<&str, &str> = fields
            .iter()
            .map(|(name, value)| (*name, value.expose()))
            .collect();
        // Text in a map always has a JSON form.
        let body = Zeroizing::new(serde_json::to_vec(&fields).unwrap_or_default());
        client
            .call(Call::post(url, &headers, body.as_slice()))
            .await
    }
}

/// The value of the first of two names that is set.
fn either(
    variables: &dyn Variables,
    names: [&'static str; 2],
) -> Result<Option<SecretText>, RemoteError> {
    let [first, second] = names;
    match variables.secret(first)? {
        Some(value) => Ok(Some(value)),
        None => variables.secret(second),
    }
}

/// The CA certificates in a file.
fn authorities(path: &str) -> Result<Vec<Certificate>, RemoteError> {
    let invalid = |reason: String| RemoteError::Invalid {
        setting: "VAULT_CACERT".to_owned(),
        reason,
        hint: "it is the path of a file with CA certificates in PEM",
    };
    let pem = std::fs::read(path).map_err(|error| {
        invalid(format!(
            "names the file {path}, which cannot be read: {error}"
        ))
    })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(invalid(format!(
            "names the file {path}, which holds no certificate"
        ))),
    }
}

#[async_trait]
impl PasswordSource for VaultServer {
    fn name(&self) -> String {
        let host = self.address.base.host_str().unwrap_or_default();
        format!("{SERVICE} at {host} by {}", self.login.name())
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        Ok(self.read().await?)
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Version,
}

#[derive(Deserialize)]
struct Version {
    data: HashMap<String, Field>,
}

/// A field may hold any JSON; a password is text.
enum Field {
    Text(SecretText),
    Other,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> serde::de::Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(SecretText::new(text)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, items: A) -> Result<Field, A::Error> {
        IgnoredAny::deserialize(MapAccessDeserializer::new(items))?;
        Ok(Field::Other)
    }
}

/// All that reads what a server answers.
#[cfg(feature = "testkit")]
pub(super) fn readers() -> Vec<Reader> {
    let settings = Fixed::of([
        ("VAULT_ADDR", "https://vault.example.com:8200"),
        (PATH, "kms"),
        ("TATUM_KMS_VAULT_ROLE_ID", "role"),
    ]);
    let server = || VaultServer::new(&settings).expect("settings that are complete");
    let (secret, login) = (server(), server().login);
    vec![
        Reader::new(
            &[
                (
                    200,
                    r#"{"data":{"data":{"password":"SECRET","n":1,"list":[{"a":null}]},"metadata":{"version":1}}}"#,
                ),
                (200, r#"{"data":{"data":{"password":-1.5e3}}}"#),
                (403, r#"{"errors":["SECRET"]}"#),
            ],
            move |answer| secret.password_in(answer),
        ),
        Reader::new(
            &[
                (
                    200,
                    r#"{"auth":{"client_token":"SECRET","lease_duration":60}}"#,
                ),
                (400, r#"{"errors":["SECRET"]}"#),
            ],
            move |answer| {
                let token = login.token_in(answer)?;
                Ok::<_, RemoteError>(SecretText::new(format!("the token {}", token.expose())))
            },
        ),
    ]
}

/// Takes two lines for a mount and a path: what is asked for is below the server's base.
#[cfg(feature = "testkit")]
pub(super) fn setting(text: &str) {
    let (mount, path) = text.split_once('\n').unwrap_or((text, ""));
    let base = Url::parse("https://vault.example.com:8200/base").expect("a URL");
    let address = Address {
        base: base.clone(),
        namespace: None,
    };
    let url = address.api(&[mount, "data", path]);
    assert_eq!(url.origin(), base.origin(), "another server");
    assert_eq!(
        (url.query(), url.fragment()),
        (None, None),
        "more than a path"
    );
}
