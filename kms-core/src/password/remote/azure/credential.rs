//! Signing in to Azure, in the order of its own libraries (`DefaultAzureCredential`).

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::{
    super::{
        RemoteError, Variables,
        client::{Answer, Call, Client, Reach, endpoint},
        error::code,
        json::JsonSecret,
        secret_file::secret_file,
    },
    place::Cloud,
};
use crate::{cloud::http::path_segment, keys::SecretText};

/// What gives tokens to applications.
const ENTRA: &str = "Microsoft Entra";
/// What gives tokens to machines.
const MACHINES: &str = "the managed identity service";
/// Where virtual machines learn of themselves.
const INSTANCE_METADATA: &str = "http://169.254.169.254";

/// How a token is come by.
#[derive(Debug)]
pub(super) enum Credential {
    /// The secret of an application that is registered with Microsoft Entra.
    ClientSecret {
        application: Application,
        secret: SecretText,
    },
    /// A token of another identity provider, for instance of a Kubernetes cluster, in a file that
    /// is renewed; Entra takes it for the application's.
    Workload {
        application: Application,
        token_file: PathBuf,
    },
    /// The identity of an App Service, a Function or a Container App.
    AppService {
        endpoint: Url,
        header: SecretText,
        client_id: Option<String>,
    },
    /// The identity of a virtual machine.
    VirtualMachine {
        endpoint: Url,
        client_id: Option<String>,
    },
}

/// An application that is registered with Microsoft Entra.
#[derive(Debug)]
pub(super) struct Application {
    token_url: Url,
    client_id: String,
}

impl Credential {
    /// What the variables `AZURE_*` and `IDENTITY_*` say; without any, the identity of the virtual
    /// machine.
    pub(super) fn choose(variables: &dyn Variables, cloud: &Cloud) -> Result<Self, RemoteError> {
        let client_id = variables.text("AZURE_CLIENT_ID")?;
        let secret = variables.secret("AZURE_CLIENT_SECRET")?;
        let token_file = variables.text("AZURE_FEDERATED_TOKEN_FILE")?;
        if let Some(secret) = secret {
            let application = Application::new(variables, cloud, client_id)?;
            return Ok(Self::ClientSecret {
                application,
                secret,
            });
        }
        if let Some(token_file) = token_file {
            let application = Application::new(variables, cloud, client_id)?;
            return Ok(Self::Workload {
                application,
                token_file: token_file.into(),
            });
        }
        if let Some(header) = variables.secret("IDENTITY_HEADER")? {
            let variable = "IDENTITY_ENDPOINT";
            let url = variables.text(variable)?.ok_or(RemoteError::Missing {
                service: MACHINES,
                variables: variable,
                hint: "the host of the app sets it together with IDENTITY_HEADER",
            })?;
            return Ok(Self::AppService {
                endpoint: endpoint(variable, &url, Reach::Metadata)?,
                header,
                client_id,
            });
        }
        let variable = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
        let url = variables.text(variable)?;
        let url = url.as_deref().unwrap_or(INSTANCE_METADATA);
        Ok(Self::VirtualMachine {
            endpoint: endpoint(variable, url, Reach::Metadata)?,
            client_id,
        })
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } => "client secret",
            Self::Workload { .. } => "workload identity",
            Self::AppService { .. } | Self::VirtualMachine { .. } => "managed identity",
        }
    }

    /// A client for what gives the token.
    pub(super) fn client(&self, variables: &dyn Variables) -> Result<Client, RemoteError> {
        Client::new(self.service(), variables)
    }

    fn service(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } | Self::Workload { .. } => ENTRA,
            Self::AppService { .. } | Self::VirtualMachine { .. } => MACHINES,
        }
    }

    /// Gets a token for the vaults of this cloud.
    pub(super) async fn token(
        &self,
        client: &Client,
        cloud: &Cloud,
    ) -> Result<SecretText, RemoteError> {
        let answer = match self {
            Self::ClientSecret {
                application,
                secret,
            } => {
                let proof = [("client_secret", secret.expose())];
                application.ask(client, cloud, &proof).await?
            }
            Self::Workload {
                application,
                token_file,
            } => {
                let token = secret_file(token_file)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let proof = [
                    ("client_assertion_type", kind),
                    ("client_assertion", token.expose()),
                ];
                application.ask(client, cloud, &proof).await?
            }
            Self::AppService {
                endpoint,
                header,
                client_id,
            } => {
                let url = managed(endpoint, "2019-08-01", cloud, client_id.as_deref());
                let headers = [("x-identity-header", header.duplicate())];
                client.call(Call::get(&url, &headers)).await?
            }
            Self::VirtualMachine {
                endpoint,
                client_id,
            } => {
                let mut url = endpoint.clone();
                url.set_path("/metadata/identity/oauth2/token");
                let url = managed(&url, "2018-02-01", cloud, client_id.as_deref());
                let headers = [("metadata", SecretText::new("true"))];
                client.call(Call::get(&url, &headers)).await?
            }
        };
        self.token_in(&answer)
    }

    pub(super) fn token_in(&self, answer: &Answer) -> Result<SecretText, RemoteError> {
        let service = self.service();
        if answer.is_success() {
            let token: Token =
                serde_json::from_slice(&answer.body).map_err(|_| RemoteError::Malformed {
                    service,
                    reason: "there is no access token in it".to_owned(),
                    hint: "check that nothing else answers at that address",
                })?;
            return Ok(token.access_token.0);
        }
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = refusal.code();
        Err(match answer.status {
            // A wrong secret is told with 401, a wrong name with 400.
            400 | 401 | 403 => RemoteError::Denied {
                service,
                what: format!("a token for this {}", self.name()),
                code,
                hint: "check the variables AZURE_*, that the secret has not expired, and that the identity belongs to this tenant and machine",
            },
            status => RemoteError::Refused {
                service,
                status,
                code,
                hint: "check the variables AZURE_*",
            },
        })
    }
}

impl Application {
    fn new(
        variables: &dyn Variables,
        cloud: &Cloud,
        client_id: Option<String>,
    ) -> Result<Self, RemoteError> {
        // Half a sign-in is a mistake, not a wish for another one.
        let missing = |variable| RemoteError::Missing {
            service: ENTRA,
            variables: variable,
            hint: "set AZURE_TENANT_ID and AZURE_CLIENT_ID to those of the registered application",
        };
        let tenant = variables.text("AZURE_TENANT_ID")?;
        let tenant = tenant.ok_or_else(|| missing("AZURE_TENANT_ID"))?;
        let client_id = client_id.ok_or_else(|| missing("AZURE_CLIENT_ID"))?;
        let variable = "AZURE_AUTHORITY_HOST";
        let authority = match variables.text(variable)? {
            Some(text) if text.contains("://") => text,
            Some(host) => format!("https://{host}"),
            None => cloud.authority.to_owned(),
        };
        let mut token_url = endpoint(variable, &authority, Reach::Anywhere)?;
        token_url.set_path(&format!("/{}/oauth2/v2.0/token", path_segment(&tenant)));
        Ok(Self {
            token_url,
            client_id,
        })
    }

    /// The client credentials grant (RFC 6749 §4.4), with this proof that the client is it.
    async fn ask(
        &self,
        client: &Client,
        cloud: &Cloud,
        proof: &[(&str, &str)],
    ) -> Result<Answer, RemoteError> {
        let scope = format!("{}/.default", cloud.resource);
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("scope", &scope),
        ];
        fields.extend_from_slice(proof);
        let form = fields
            .iter()
            .map(|(name, value)| Zeroizing::new(format!("{name}={}", path_segment(value))))
            .collect::<Vec<_>>();
        let lengths = form.iter().map(|field| field.len().saturating_add(1));
        let length = lengths.sum();
        // Room for all of it: no growing buffer leaves a copy behind.
        let mut body = Vec::with_capacity(length);
        for field in &form {
            if !body.is_empty() {
                body.push(b'&');
            }
            body.extend_from_slice(field.as_bytes());
        }
        let headers = [(
            "content-type",
            SecretText::new("application/x-www-form-urlencoded"),
        )];
        client
            .call(Call::post(&self.token_url, &headers, body))
            .await
    }
}

/// The question for the token of a managed identity: the one of `client_id`, or the only one.
fn managed(endpoint: &Url, version: &str, cloud: &Cloud, client_id: Option<&str>) -> Url {
    let mut url = endpoint.clone();
    let mut query = url.query_pairs_mut();
    query.append_pair("api-version", version);
    query.append_pair("resource", cloud.resource);
    if let Some(client_id) = client_id {
        query.append_pair("client_id", client_id);
    }
    drop(query);
    url
}

#[derive(Deserialize)]
struct Token {
    access_token: JsonSecret,
}

/// Why there is no token.
#[derive(Default, Deserialize)]
struct Refusal {
    /// A word of RFC 6749 §5.2.
    #[serde(default)]
    error: String,
    /// Begins with a number of Microsoft's, and goes on with names.
    #[serde(default)]
    error_description: String,
}

impl Refusal {
    fn code(&self) -> String {
        match self.error_description.split_once(':') {
            Some((number, _)) if number.starts_with("AADSTS") => code(number),
            _ => code(&self.error),
        }
    }
}
