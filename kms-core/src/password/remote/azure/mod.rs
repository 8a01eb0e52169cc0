//! The password from Azure Key Vault.
//!
//! The original sends no token, and so cannot read from Azure itself, only through a proxy that
//! adds one and wraps the answer. Both work here: the hosts of Azure's clouds are shown a token,
//! others get the request that the original sends.

mod credential;
mod place;

use async_trait::async_trait;
use serde::Deserialize;

use self::{
    credential::Credential,
    place::{Cloud, Place, WrongPart},
};
use super::{
    super::{PasswordError, PasswordSource, Purpose},
    RemoteError, Variables,
    client::{self, Call, Client},
    error::code,
    json::JsonSecret,
};
use crate::keys::SecretText;

#[cfg(feature = "testkit")]
use super::{hostile::Reader, variables::Fixed};

const SERVICE: &str = "Azure Key Vault";
const VAULT: &str = "TATUM_KMS_AZURE_VAULTURL";
const NAME: &str = "TATUM_KMS_AZURE_SECRETNAME";
const VERSION: &str = "TATUM_KMS_AZURE_SECRETVERSION";

/// A secret in Azure Key Vault.
///
/// | variable | meaning |
/// |---|---|
/// | `TATUM_KMS_AZURE_VAULTURL` | the vault: `NAME.vault.azure.net`, with or without `https://` |
/// | `TATUM_KMS_AZURE_SECRETNAME` | the secret |
/// | `TATUM_KMS_AZURE_SECRETVERSION` | its version; without it the newest |
///
/// It signs in with the first of these that is set up, as Azure's own libraries do: a client
/// secret (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`), a workload identity
/// (`AZURE_FEDERATED_TOKEN_FILE` in place of the secret), the managed identity of an App Service
/// (`IDENTITY_ENDPOINT`, `IDENTITY_HEADER`) or of a virtual machine. `AZURE_CLIENT_ID` chooses
/// among several managed identities; `AZURE_AUTHORITY_HOST` is another host to sign in at.
#[derive(Debug)]
pub(super) struct AzureKeyVault {
    place: Place,
    client: Client,
    account: Option<Account>,
}

/// Who reads the secret.
#[derive(Debug)]
struct Account {
    credential: Credential,
    cloud: &'static Cloud,
    client: Client,
}

impl AzureKeyVault {
    /// The secret that the variables name.
    ///
    /// # Errors
    /// [`RemoteError::Missing`] and [`RemoteError::Invalid`]. Nothing is sent yet.
    pub(super) fn new(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let required = |variable| {
            variables.text(variable)?.ok_or(RemoteError::Missing {
                service: SERVICE,
                variables: variable,
                hint: "set TATUM_KMS_AZURE_VAULTURL and TATUM_KMS_AZURE_SECRETNAME",
            })
        };
        let (vault, name) = (required(VAULT)?, required(NAME)?);
        let version = variables.text(VERSION)?;
        let place = Place::new(&vault, &name, version.as_deref()).map_err(|wrong| {
            let plain = "has other characters than letters, digits and `-`";
            let (setting, reason) = match wrong {
                WrongPart::Vault(reason) => (VAULT, reason),
                WrongPart::Name => (NAME, plain),
                WrongPart::Version => (VERSION, plain),
            };
            RemoteError::Invalid {
                setting: setting.to_owned(),
                reason: reason.to_owned(),
                hint: "for instance kms.vault.azure.net, kms-password, and 32 digits for a version",
            }
        })?;
        let account = match place.cloud {
            Some(cloud) => {
                let credential = Credential::choose(variables, cloud)?;
                Some(Account {
                    client: credential.client(variables)?,
                    credential,
                    cloud,
                })
            }
            None => None,
        };
        Ok(Self {
            place,
            client: Client::new(SERVICE, variables)?,
            account,
        })
    }

    async fn read(&self) -> Result<SecretText, RemoteError> {
        let mut headers = Vec::new();
        if let Some(account) = &self.account {
            let token = account.credential.token(&account.client, account.cloud);
            let bearer = format!("Bearer {}", token.await?.expose());
            headers.push(("authorization", SecretText::new(bearer)));
        }
        let call = Call::get(&self.place.url, &headers);
        let answer = self.client.call(call).await?;
        self.password_in(&answer)
    }

    fn password_in(&self, answer: &client::Answer) -> Result<SecretText, RemoteError> {
        let what = || format!("the secret {}", self.place.name);
        let service = SERVICE;
        if answer.is_success() {
            let malformed = |reason: &str| RemoteError::Malformed {
                service,
                reason: reason.to_owned(),
                hint: "check TATUM_KMS_AZURE_VAULTURL and that the secret holds the password as text",
            };
            let answer: Answer = serde_json::from_slice(&answer.body)
                .map_err(|_| malformed("it is not of the form of a secret"))?;
            let wrapped = answer.data.into_iter().next().map(|first| first.value);
            return match answer.value.or(wrapped) {
                Some(JsonSecret(password)) if !password.is_empty() => Ok(password),
                _ => Err(malformed("there is no value in it")),
            };
        }
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = code(&refusal.error.code);
        Err(match answer.status {
            401 | 403 => RemoteError::Denied {
                service,
                what: what(),
                code,
                hint: match self.account {
                    Some(_) => {
                        "give the identity the role Key Vault Secrets User, and this machine a way through the vault's firewall"
                    }
                    None => {
                        "a token is only sent to hosts of Azure; the proxy at this address must add one"
                    }
                },
            },
            404 => RemoteError::NotFound {
                service,
                what: what().replacen("the ", "", 1),
                code,
                hint: "check TATUM_KMS_AZURE_SECRETNAME and TATUM_KMS_AZURE_SECRETVERSION",
            },
            status => RemoteError::Refused {
                service,
                status,
                code,
                hint: "check the variables TATUM_KMS_AZURE_*",
            },
        })
    }
}

#[async_trait]
impl PasswordSource for AzureKeyVault {
    fn name(&self) -> String {
        let host = self.place.url.host_str().unwrap_or_default();
        match &self.account {
            Some(account) => format!("{SERVICE} at {host} by {}", account.credential.name()),
            None => format!("{SERVICE} through the proxy {host}, without a token"),
        }
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        Ok(self.read().await?)
    }
}

/// What is answered: by Key Vault itself, or by a proxy for the original.
#[derive(Deserialize)]
struct Answer {
    value: Option<JsonSecret>,
    #[serde(default)]
    data: Vec<Wrapped>,
}

#[derive(Deserialize)]
struct Wrapped {
    value: JsonSecret,
}

/// Key Vault's words for what it refuses.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Reason,
}

#[derive(Default, Deserialize)]
struct Reason {
    #[serde(default)]
    code: String,
}

/// All that reads what Azure answers.
#[cfg(feature = "testkit")]
pub(super) fn readers() -> Vec<Reader> {
    let settings = |vault| {
        Fixed::of([
            (VAULT, vault),
            (NAME, "kms"),
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_ID", "c"),
            ("AZURE_CLIENT_SECRET", "s"),
        ])
    };
    let settings = ["kms.vault.azure.net", "proxy.example.com"].map(settings);
    let [vault, proxy] =
        settings.map(|settings| AzureKeyVault::new(&settings).expect("settings that are complete"));
    let account = AzureKeyVault::new(&Fixed::of([(VAULT, "kms.vault.azure.net"), (NAME, "kms")]));
    let account = account.ok().and_then(|vault| vault.account);
    let account = account.expect("a host of Azure");
    let seeds: &[(u16, &str)] = &[
        (
            200,
            r#"{"value":"SECRET","id":"https://kms.vault.azure.net/secrets/kms/1"}"#,
        ),
        (200, r#"{"data":[{"value":"SECRET"}]}"#),
        (403, r#"{"error":{"code":"Forbidden","message":"SECRET"}}"#),
    ];
    vec![
        Reader::new(seeds, move |answer| vault.password_in(answer)),
        Reader::new(seeds, move |answer| proxy.password_in(answer)),
        Reader::new(
            &[
                (
                    200,
                    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"SECRET"}"#,
                ),
                (
                    401,
                    r#"{"error":"invalid_client","error_description":"AADSTS7000215: SECRET"}"#,
                ),
            ],
            move |answer| {
                let token = account.credential.token_in(answer)?;
                Ok::<_, RemoteError>(SecretText::new(format!("Bearer {}", token.expose())))
            },
        ),
    ]
}

/// Takes three lines for a vault, a secret and a version: the host is the one that was named.
#[cfg(feature = "testkit")]
pub(super) fn setting(text: &str) {
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (vault, name, version) = (line(), line(), line());
    if let Ok(place) = Place::new(vault, name, Some(version)) {
        assert_eq!(place.url.scheme(), "https", "without TLS");
        let path = format!("/secrets/{name}/{version}");
        assert_eq!(place.url.path(), path, "another secret");
        // A parser of URLs drops tabulators and decodes what is percent-encoded.
        let typed = vault.replace(['\t', '\r'], "").to_lowercase();
        let is_plain = typed.is_ascii() && !typed.contains('%');
        if let (true, Some(host)) = (is_plain, place.cloud.and(place.url.host_str())) {
            assert!(typed.contains(host), "another host");
        }
    }
}
