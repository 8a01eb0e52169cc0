//! Getting a token of a Vault server.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::{
    super::{
        RemoteError, Variables,
        client::{self, Client},
        json::JsonSecret,
        secret_file::secret_file,
    },
    Address, SERVICE, TOKEN, either,
};
use crate::keys::SecretText;

/// Where Kubernetes puts the token of a pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// How a token is come by.
#[derive(Debug)]
pub(super) enum Login {
    /// There is one. It stays valid.
    Token(SecretText),
    /// There is one in a file.
    TokenFile(PathBuf),
    /// The role of a machine, with its secret.
    AppRole {
        url: Url,
        role_id: SecretText,
        secret_id: SecretId,
    },
    /// The role of a pod's service account.
    Kubernetes {
        url: Url,
        role: String,
        token_file: PathBuf,
    },
}

/// Where the second half of an AppRole is.
#[derive(Debug)]
pub(super) enum SecretId {
    Here(SecretText),
    File(PathBuf),
    /// The role asks for none.
    None,
}

impl Login {
    /// What the variables say: an AppRole, else a Kubernetes role, else a token, else the one that
    /// `vault login` left in the folder of this user.
    pub(super) fn choose(
        variables: &dyn Variables,
        address: &Address,
    ) -> Result<Self, RemoteError> {
        let mount = variables.text("TATUM_KMS_VAULT_AUTH_MOUNT")?;
        if let Some(role_id) = variables.secret("TATUM_KMS_VAULT_ROLE_ID")? {
            let mount = mount.as_deref().unwrap_or("approle");
            let secret_id = match (
                variables.secret("TATUM_KMS_VAULT_SECRET_ID")?,
                variables.text("TATUM_KMS_VAULT_SECRET_ID_FILE")?,
            ) {
                (Some(secret), _) => SecretId::Here(secret),
                (None, Some(file)) => SecretId::File(file.into()),
                (None, None) => SecretId::None,
            };
            return Ok(Self::AppRole {
                url: address.api(&["auth", mount, "login"]),
                role_id,
                secret_id,
            });
        }
        if let Some(role) = variables.text("TATUM_KMS_VAULT_K8S_ROLE")? {
            let mount = mount.as_deref().unwrap_or("kubernetes");
            let file = variables.text("TATUM_KMS_VAULT_K8S_TOKEN_FILE")?;
            return Ok(Self::Kubernetes {
                url: address.api(&["auth", mount, "login"]),
                role,
                token_file: file.map_or_else(|| SERVICE_ACCOUNT.into(), PathBuf::from),
            });
        }
        if let Some(token) = either(variables, TOKEN)? {
            return Ok(Self::Token(token.trimmed()));
        }
        let home = variables.text("HOME")?.map(PathBuf::from);
        match home.map(|home| home.join(".vault-token")) {
            Some(file) if file.is_file() => Ok(Self::TokenFile(file)),
            _ => Err(RemoteError::Missing {
                service: SERVICE,
                variables: "VAULT_TOKEN, TATUM_KMS_VAULT_ROLE_ID or TATUM_KMS_VAULT_K8S_ROLE",
                hint: "set one of them, or run `vault login`, which leaves a token in ~/.vault-token",
            }),
        }
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::TokenFile(_) => "the token in ~/.vault-token",
            Self::AppRole { .. } => "AppRole",
            Self::Kubernetes { .. } => "Kubernetes role",
        }
    }

    /// Gets the token; says whether it was made for this.
    pub(super) async fn token(
        &self,
        client: &Client,
        address: &Address,
    ) -> Result<(SecretText, bool), RemoteError> {
        let (url, fields) = match self {
            Self::Token(token) => return Ok((token.duplicate(), false)),
            Self::TokenFile(path) => return Ok((secret_file(path)?, false)),
            Self::AppRole {
                url,
                role_id,
                secret_id,
            } => {
                let secret_id = match secret_id {
                    SecretId::Here(secret) => Some(secret.duplicate()),
                    SecretId::File(path) => Some(secret_file(path)?),
                    SecretId::None => None,
                };
                let mut fields = vec![("role_id", role_id.duplicate())];
                fields.extend(secret_id.map(|secret| ("secret_id", secret)));
                (url, fields)
            }
            Self::Kubernetes {
                url,
                role,
                token_file,
            } => {
                let role = SecretText::new(role.as_str());
                let jwt = secret_file(token_file)?;
                (url, vec![("role", role), ("jwt", jwt)])
            }
        };
        let answer = address.post(client, url, &fields, None).await?;
        Ok((self.token_in(&answer)?, true))
    }

    pub(super) fn token_in(&self, answer: &client::Answer) -> Result<SecretText, RemoteError> {
        if answer.is_success() {
            let answer: Answer =
                serde_json::from_slice(&answer.body).map_err(|_| RemoteError::Malformed {
                    service: SERVICE,
                    reason: "there is no token in it".to_owned(),
                    hint: "check VAULT_ADDR: something else may answer there",
                })?;
            return Ok(answer.auth.client_token.0);
        }
        let code = String::new();
        Err(match answer.status {
            // A wrong role or secret is told with 400 and 403 alike.
            400 | 401 | 403 => RemoteError::Denied {
                service: SERVICE,
                what: format!("a token for this {}", self.name()),
                code,
                hint: "check the role, that its secret has not expired, and TATUM_KMS_VAULT_AUTH_MOUNT",
            },
            404 => RemoteError::NotFound {
                service: SERVICE,
                what: format!("login for this {}", self.name()),
                code,
                hint: "check TATUM_KMS_VAULT_AUTH_MOUNT and VAULT_NAMESPACE",
            },
            status => RemoteError::Refused {
                service: SERVICE,
                status,
                code,
                hint: "check that the server is initialised and unsealed",
            },
        })
    }
}

#[derive(Deserialize)]
struct Answer {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: JsonSecret,
}
