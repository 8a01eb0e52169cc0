//! Application default credentials: where the access token comes from.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;
use url::Url;

use super::{
    super::{
        RemoteError, Variables,
        client::{Answer, Call, Client, Reach, endpoint},
        clock::now,
        error::code,
        json::JsonSecret,
        secret_file::secret_file,
    },
    SERVICE,
    jwt::{assertion, private_key},
};
use crate::{
    cloud::http::{host_of, path_segment},
    keys::SecretText,
};

#[cfg(feature = "testkit")]
use super::super::hostile::Reader;

/// What gives tokens to accounts.
const OAUTH: &str = "Google's token service";
/// What gives them to machines.
const METADATA: &str = "the Google metadata service";
const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
const METADATA_HOST: &str = "GCE_METADATA_HOST";
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// How long the metadata service may take: it is beside this machine, or not there at all.
const METADATA_LIMIT: Duration = Duration::from_secs(5);

/// Where the access token comes from. The first of these that is set up:
///
/// 1. the file of `GOOGLE_APPLICATION_CREDENTIALS`
/// 2. the file that `gcloud auth application-default login` wrote
/// 3. the metadata service: the service account of the instance, the pod (GKE workload identity)
///    or the Cloud Run service; `GCE_METADATA_HOST` says where else it is
///
/// A file holds the key of a service account (`service_account`) or the refresh token of a person
/// (`authorized_user`).
#[derive(Debug)]
pub(super) enum Credentials {
    File {
        client: Client,
        path: PathBuf,
        token_url: Url,
        account: Account,
    },
    Metadata {
        client: Client,
        url: Url,
    },
}

/// Whose file it is.
#[derive(Debug)]
pub(super) enum Account {
    Service {
        email: String,
        key_id: String,
        key: SecretText,
    },
    Person {
        client_id: String,
        client_secret: SecretText,
        refresh_token: SecretText,
    },
}

impl Credentials {
    /// Finds them. Nothing is sent.
    pub(super) fn find(variables: &dyn Variables) -> Result<Self, RemoteError> {
        if let Some(path) = variables.text(FILE)? {
            return Self::in_file(variables, path.into());
        }
        let folder = match variables.text("CLOUDSDK_CONFIG")? {
            Some(folder) => Some(PathBuf::from(folder)),
            None => variables
                .text("HOME")?
                .map(|home| PathBuf::from(home).join(".config").join("gcloud")),
        };
        if let Some(path) = folder.map(|folder| folder.join("application_default_credentials.json"))
            && path.exists()
        {
            return Self::in_file(variables, path);
        }
        let host = variables.text(METADATA_HOST)?;
        let host = host.as_deref().unwrap_or("metadata.google.internal");
        let mut url = endpoint(METADATA_HOST, &format!("http://{host}"), Reach::Metadata)?;
        url.set_path("/computeMetadata/v1/instance/service-accounts/default/token");
        Ok(Self::Metadata {
            client: Client::new(METADATA, variables)?.within(METADATA_LIMIT),
            url,
        })
    }

    /// Where they come from, for people.
    pub(super) fn origin(&self) -> String {
        match self {
            Self::File { path, .. } => format!("the file {}", path.display()),
            Self::Metadata { url, .. } => format!("{METADATA} at {}", host_of(url)),
        }
    }

    /// Gets an access token.
    pub(super) async fn token(&self) -> Result<SecretText, RemoteError> {
        match self {
            Self::File {
                client,
                path,
                token_url,
                account,
            } => {
                let body = account.grant(token_url).ok_or_else(|| {
                    invalid(path, "holds no RSA key in PEM (PKCS #8) under private_key")
                })?;
                let form = SecretText::new("application/x-www-form-urlencoded");
                let headers = [("content-type", form)];
                let call = Call::post(token_url, &headers, body.expose());
                let answer = client.call(call).await?;
                token(OAUTH, &answer)
            }
            Self::Metadata { client, url } => {
                let headers = [("metadata-flavor", SecretText::new("Google"))];
                match client.call(Call::get(url, &headers)).await {
                    Ok(answer) => token(METADATA, &answer),
                    // The usual case on a machine that is none of Google's.
                    Err(RemoteError::Unreachable { .. } | RemoteError::TooSlow { .. }) => {
                        Err(RemoteError::Missing {
                            service: SERVICE,
                            variables: "credentials",
                            hint: "set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account, or run where a service account is attached, or, for a try, `gcloud auth application-default login`",
                        })
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    fn in_file(variables: &dyn Variables, path: PathBuf) -> Result<Self, RemoteError> {
        let text = secret_file(&path)?;
        let (token_url, account) = read(text.expose()).map_err(|reason| invalid(&path, reason))?;
        Ok(Self::File {
            client: Client::new(OAUTH, variables)?,
            path,
            token_url,
            account,
        })
    }
}

/// Reads a credentials file: where a token is asked for, and for whom.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str) -> Result<(Url, Account), &'static str> {
    let file: File = serde_json::from_str(text).map_err(|_| "is no credentials file of Google")?;
    let token_url = file.token_uri.as_deref().unwrap_or(TOKEN_URL);
    let token_url = endpoint(FILE, token_url, Reach::Anywhere)
        .map_err(|_| "has a token_uri that does not begin with https://")?;
    let account = match file.kind.as_str() {
        "service_account" => match (file.client_email, file.private_key) {
            (Some(email), Some(key)) => Account::Service {
                email,
                key_id: file.private_key_id.unwrap_or_default(),
                key: key.0,
            },
            _ => return Err("has no client_email or no private_key"),
        },
        "authorized_user" => match (file.client_id, file.client_secret, file.refresh_token) {
            (Some(client_id), Some(client_secret), Some(refresh_token)) => Account::Person {
                client_id,
                client_secret: client_secret.0,
                refresh_token: refresh_token.0,
            },
            _ => return Err("has no client_id, client_secret or refresh_token"),
        },
        _ => return Err("is of another type than service_account and authorized_user"),
    };
    Ok((token_url, account))
}

impl Account {
    /// The body of the request for a token; nothing when the key is none.
    fn grant(&self, token_url: &Url) -> Option<SecretText> {
        Some(SecretText::new(match self {
            Self::Service { email, key_id, key } => {
                let key = private_key(key)?;
                let audience = token_url.as_str();
                let assertion = assertion(&key, key_id, email, SCOPE, audience, now())?;
                format!(
                    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={}",
                    assertion.expose()
                )
            }
            Self::Person {
                client_id,
                client_secret,
                refresh_token,
            } => format!(
                "grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
                path_segment(client_id),
                path_segment(client_secret.expose()),
                path_segment(refresh_token.expose()),
            ),
        }))
    }
}

/// A credentials file of either type.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    client_email: Option<String>,
    private_key_id: Option<String>,
    private_key: Option<JsonSecret>,
    client_id: Option<String>,
    client_secret: Option<JsonSecret>,
    refresh_token: Option<JsonSecret>,
    token_uri: Option<String>,
}

fn invalid(path: &std::path::Path, reason: &str) -> RemoteError {
    RemoteError::Invalid {
        setting: format!("the file {}", path.display()),
        reason: reason.to_owned(),
        hint: "GOOGLE_APPLICATION_CREDENTIALS must name the JSON key file of a service account, or what `gcloud auth application-default login` wrote",
    }
}

/// The access token in an answer of RFC 6749 §5.
pub(super) fn token(service: &'static str, answer: &Answer) -> Result<SecretText, RemoteError> {
    #[derive(Deserialize)]
    struct Granted {
        access_token: JsonSecret,
    }
    #[derive(Deserialize)]
    struct Problem {
        error: String,
    }
    if !answer.is_success() {
        let problem = serde_json::from_slice::<Problem>(&answer.body);
        return Err(RemoteError::Denied {
            service,
            what: "an access token".to_owned(),
            code: problem.map_or_else(|_| String::new(), |problem| code(&problem.error)),
            hint: "check that the key in GOOGLE_APPLICATION_CREDENTIALS was not deleted and its service account not disabled, that this machine has a service account, and the clock",
        });
    }
    let granted: Granted =
        serde_json::from_slice(&answer.body).map_err(|_| RemoteError::Malformed {
            service,
            reason: "there is no access token in it".to_owned(),
            hint: "check that no proxy or login page answers in its place",
        })?;
    Ok(granted.access_token.0)
}

/// What reads tokens and files.
#[cfg(feature = "testkit")]
pub(super) fn readers() -> Vec<Reader> {
    vec![
        Reader::new(
            &[
                (
                    200,
                    r#"{"access_token":"SECRET","expires_in":3599,"token_type":"Bearer"}"#,
                ),
                (
                    400,
                    r#"{"error":"invalid_grant","error_description":"SECRET"}"#,
                ),
            ],
            |answer| {
                let token = token(OAUTH, answer)?;
                Ok::<_, RemoteError>(SecretText::new(format!("Bearer {}", token.expose())))
            },
        ),
        Reader::new(
            &[
                (
                    200,
                    r#"{"type":"service_account","client_email":"a@b","private_key_id":"1","private_key":"-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----\n","token_uri":"https://oauth2.googleapis.com/token"}"#,
                ),
                (
                    200,
                    r#"{"type":"authorized_user","client_id":"1.apps","client_secret":"SECRET","refresh_token":"SECRET"}"#,
                ),
            ],
            |answer| {
                let path = std::path::Path::new("/a/file");
                let text = std::str::from_utf8(&answer.body);
                let text = text.map_err(|_| invalid(path, "is not UTF-8"))?;
                let (url, account) = read(text).map_err(|reason| invalid(path, reason))?;
                let grant = account
                    .grant(&url)
                    .ok_or_else(|| invalid(path, "has no key"))?;
                // A file has no status.
                match answer.is_success() {
                    true => Ok(grant),
                    false => Err(invalid(path, "is not there")),
                }
            },
        ),
    ]
}
