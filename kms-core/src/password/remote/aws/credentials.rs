//! The chain of credentials: where the identity is found.

use std::path::PathBuf;

use url::Url;

use super::{
    super::{
        RemoteError, Variables,
        client::{Answer, Call, Client, Reach, endpoint},
        error::code,
        secret_file::secret_file,
    },
    SERVICE, endpoint_of,
    identity::{Identity, element},
    is_throttling,
    profile::Profile,
};
use crate::{cloud::http::path_segment, keys::SecretText};

#[cfg(feature = "testkit")]
use super::super::hostile::Reader;

/// What gives temporary keys to roles.
const STS: &str = "AWS Security Token Service";
/// What gives them to containers.
const CONTAINER: &str = "the container credentials endpoint";
/// What gives them to instances.
const INSTANCE: &str = "the EC2 instance metadata service";
const CONTAINER_HOST: &str = "http://169.254.170.2";
const INSTANCE_HOST: &str = "http://169.254.169.254";
/// How an error names where that is set.
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const INSTANCE_ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
/// How long the metadata service may take: it is beside this machine, or not there at all.
const INSTANCE_SECONDS: u64 = 5;

/// Where the identity comes from. The first of these that is set up:
///
/// 1. `TATUM_KMS_AWS_ACCESS_KEY_ID` and `TATUM_KMS_AWS_SECRET_ACCESS_KEY`
/// 2. `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`
/// 3. the profile of `AWS_PROFILE`: keys, or a role with `web_identity_token_file`
/// 4. `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`: the service account of a pod (IRSA)
/// 5. `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `_FULL_URI`: a task of ECS, a pod of EKS
/// 6. the role of the EC2 instance (IMDSv2)
#[derive(Debug)]
pub(super) enum Credentials {
    Fixed {
        identity: Identity,
        origin: String,
    },
    WebIdentity {
        client: Client,
        endpoint: Url,
        role: String,
        session: String,
        token_file: PathBuf,
    },
    Container {
        client: Client,
        url: Url,
        authorization: Option<SecretText>,
        authorization_file: Option<PathBuf>,
    },
    Instance {
        client: Client,
        endpoint: Url,
    },
}

impl Credentials {
    /// Finds them. Nothing is sent.
    pub(super) fn find(
        variables: &dyn Variables,
        profile: &Profile,
        region: &str,
    ) -> Result<Self, RemoteError> {
        for names in [
            [
                "TATUM_KMS_AWS_ACCESS_KEY_ID",
                "TATUM_KMS_AWS_SECRET_ACCESS_KEY",
            ],
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
        ] {
            if let Some(credentials) = Self::in_variables(variables, names)? {
                return Ok(credentials);
            }
        }
        if let Some(credentials) = Self::in_profile(variables, profile, region)? {
            return Ok(credentials);
        }
        if let Some(token_file) = variables.text("AWS_WEB_IDENTITY_TOKEN_FILE")? {
            let role = variables.text("AWS_ROLE_ARN")?.ok_or(RemoteError::Missing {
                service: SERVICE,
                variables: "AWS_ROLE_ARN",
                hint: "set AWS_ROLE_ARN beside AWS_WEB_IDENTITY_TOKEN_FILE; on EKS the annotation eks.amazonaws.com/role-arn of the service account does",
            })?;
            return Self::web_identity(variables, region, role, token_file);
        }
        if let Some(credentials) = Self::of_container(variables)? {
            return Ok(credentials);
        }
        Self::of_instance(variables)
    }

    /// Where they come from, for people.
    pub(super) fn origin(&self) -> &str {
        match self {
            Self::Fixed { origin, .. } => origin,
            Self::WebIdentity { role, .. } => role,
            Self::Container { .. } => CONTAINER,
            Self::Instance { .. } => INSTANCE,
        }
    }

    /// Gets the identity.
    pub(super) async fn get(&self) -> Result<Identity, RemoteError> {
        match self {
            Self::Fixed { identity, .. } => Ok(identity.duplicate()),
            Self::WebIdentity {
                client,
                endpoint,
                role,
                session,
                token_file,
            } => assume_role(client, endpoint, role, session, token_file).await,
            Self::Container {
                client,
                url,
                authorization,
                authorization_file,
            } => {
                let token = match authorization_file {
                    Some(path) => Some(secret_file(path)?),
                    None => authorization.as_ref().map(SecretText::duplicate),
                };
                let headers: Vec<_> = token
                    .map(|token| ("authorization", token))
                    .into_iter()
                    .collect();
                let answer = client.call(Call::get(url, &headers)).await?;
                told(CONTAINER, &answer)
            }
            Self::Instance { client, endpoint } => instance_role(client, endpoint).await,
        }
    }

    fn in_variables(
        variables: &dyn Variables,
        [id, key]: [&'static str; 2],
    ) -> Result<Option<Self>, RemoteError> {
        let (key_id, secret_key) = (variables.text(id)?, variables.secret(key)?);
        let missing = |variables| RemoteError::Missing {
            service: SERVICE,
            variables,
            hint: "an access key is an id and a secret: set both variables or none of them",
        };
        let (key_id, secret_key) = match (key_id, secret_key) {
            (Some(key_id), Some(secret_key)) => (key_id, secret_key),
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(missing(id)),
            (Some(_), None) => return Err(missing(key)),
        };
        // The original has no token of its own: one of the standard chain does not belong to its
        // key.
        let token = match id {
            "AWS_ACCESS_KEY_ID" => variables.secret("AWS_SESSION_TOKEN")?,
            _ => None,
        };
        Ok(Some(Self::Fixed {
            identity: Identity {
                key_id,
                secret_key,
                token,
            },
            origin: format!("{id} and {key}"),
        }))
    }

    fn in_profile(
        variables: &dyn Variables,
        profile: &Profile,
        region: &str,
    ) -> Result<Option<Self>, RemoteError> {
        if let (Some(key_id), Some(secret_key)) = (
            profile.text("aws_access_key_id"),
            profile.value("aws_secret_access_key"),
        ) && profile.value("role_arn").is_none()
        {
            let token = profile.value("aws_session_token");
            return Ok(Some(Self::Fixed {
                identity: Identity {
                    key_id,
                    secret_key: secret_key.duplicate(),
                    token: token.map(SecretText::duplicate),
                },
                origin: format!("the profile {:?}", profile.name),
            }));
        }
        if let (Some(role), Some(token_file)) = (
            profile.text("role_arn"),
            profile.text("web_identity_token_file"),
        ) {
            return Self::web_identity(variables, region, role, token_file).map(Some);
        }
        for key in [
            "role_arn",
            "sso_session",
            "sso_start_url",
            "credential_process",
        ] {
            if profile.value(key).is_some() {
                return Err(RemoteError::Invalid {
                    setting: format!("the AWS profile {:?}", profile.name),
                    reason: format!("gets its keys by {key}, which only AWS's own tools do"),
                    hint: "let them: `eval \"$(aws configure export-credentials --format env)\"` sets AWS_ACCESS_KEY_ID and its kin",
                });
            }
        }
        Ok(None)
    }

    fn web_identity(
        variables: &dyn Variables,
        region: &str,
        role: String,
        token_file: String,
    ) -> Result<Self, RemoteError> {
        let names = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"];
        let session = variables.text("AWS_ROLE_SESSION_NAME")?;
        Ok(Self::WebIdentity {
            client: Client::new(STS, variables)?.throttled(is_throttling),
            endpoint: endpoint_of(variables, "sts", &names, region)?,
            role,
            session: session.unwrap_or_else(|| "tatum-kms".to_owned()),
            token_file: token_file.into(),
        })
    }

    fn of_container(variables: &dyn Variables) -> Result<Option<Self>, RemoteError> {
        let url = match variables.text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")? {
            // A path only: the host is fixed.
            Some(path) if path.starts_with('/') => {
                let url = format!("{CONTAINER_HOST}{path}");
                endpoint(
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                    &url,
                    Reach::Metadata,
                )?
            }
            Some(_) => {
                return Err(RemoteError::Invalid {
                    setting: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI".to_owned(),
                    reason: "does not begin with /".to_owned(),
                    hint: "ECS sets it; nobody else should",
                });
            }
            None => match variables.text(FULL_URI)? {
                Some(url) => endpoint(FULL_URI, &url, Reach::Metadata)?,
                None => return Ok(None),
            },
        };
        let file = variables.text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")?;
        Ok(Some(Self::Container {
            client: Client::new(CONTAINER, variables)?,
            url,
            authorization: variables.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN")?,
            authorization_file: file.map(PathBuf::from),
        }))
    }

    fn of_instance(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let disabled = variables.text("AWS_EC2_METADATA_DISABLED")?;
        if disabled.is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return Err(no_credentials());
        }
        let text = variables.text(INSTANCE_ENDPOINT)?;
        let text = text.as_deref().unwrap_or(INSTANCE_HOST);
        let limit = std::time::Duration::from_secs(INSTANCE_SECONDS);
        Ok(Self::Instance {
            client: Client::new(INSTANCE, variables)?.within(limit),
            endpoint: endpoint(INSTANCE_ENDPOINT, text, Reach::Metadata)?,
        })
    }
}

/// Trades the token of another identity provider for keys of a role.
async fn assume_role(
    client: &Client,
    endpoint: &Url,
    role: &str,
    session: &str,
    token_file: &std::path::Path,
) -> Result<Identity, RemoteError> {
    let token = secret_file(token_file)?;
    let headers = [(
        "content-type",
        SecretText::new("application/x-www-form-urlencoded"),
    )];
    let body = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
        path_segment(role),
        path_segment(session),
        path_segment(token.expose()),
    );
    let answer = client.call(Call::post(endpoint, &headers, body)).await?;
    assumed(role, &answer)
}

fn assumed(role: &str, answer: &Answer) -> Result<Identity, RemoteError> {
    if !answer.is_success() {
        let xml = std::str::from_utf8(&answer.body).ok();
        let code = xml.and_then(|xml| element(xml, "Code")).map(code);
        return Err(RemoteError::Denied {
            service: STS,
            what: format!("the role {role:?}"),
            code: code.unwrap_or_default(),
            hint: "the role's trust policy must name this cluster's identity provider and this service account; check AWS_ROLE_ARN and that the token in AWS_WEB_IDENTITY_TOKEN_FILE has not expired",
        });
    }
    Identity::from_xml(&answer.body).ok_or_else(|| malformed(STS))
}

/// Asks the metadata service of an instance (IMDSv2): a session, the name of the role, its keys.
async fn instance_role(client: &Client, endpoint: &Url) -> Result<Identity, RemoteError> {
    let at = |path: &str| endpoint.join(path).map_err(|_| malformed(INSTANCE));
    let url = at("/latest/api/token")?;
    let headers = [(
        "x-aws-ec2-metadata-token-ttl-seconds",
        SecretText::new("300"),
    )];
    let session = match client.call(Call::put(&url, &headers)).await {
        Ok(answer) => text(&answer)?,
        // The usual case on a machine that is none of EC2.
        Err(RemoteError::Unreachable { .. } | RemoteError::TooSlow { .. }) => {
            return Err(no_credentials());
        }
        Err(error) => return Err(error),
    };
    let headers = [("x-aws-ec2-metadata-token", session)];
    let roles = "/latest/meta-data/iam/security-credentials/";
    let answer = client.call(Call::get(&at(roles)?, &headers)).await?;
    if answer.status == 404 {
        return Err(RemoteError::Missing {
            service: SERVICE,
            variables: "credentials, and this EC2 instance has no role",
            hint: "attach an instance profile whose role may call secretsmanager:GetSecretValue on the secret",
        });
    }
    let role = text(&answer)?;
    let role = role.expose().lines().next().unwrap_or_default();
    let url = at(&format!("{roles}{}", path_segment(role)))?;
    let answer = client.call(Call::get(&url, &headers)).await?;
    told(INSTANCE, &answer)
}

fn told(service: &'static str, answer: &Answer) -> Result<Identity, RemoteError> {
    match answer.status {
        200 => Identity::from_json(&answer.body).ok_or_else(|| malformed(service)),
        status => Err(refused(service, status)),
    }
}

fn text(answer: &Answer) -> Result<SecretText, RemoteError> {
    if answer.status != 200 {
        return Err(refused(INSTANCE, answer.status));
    }
    let text = std::str::from_utf8(&answer.body).map_err(|_| malformed(INSTANCE))?;
    match text.trim() {
        "" => Err(malformed(INSTANCE)),
        text => Ok(SecretText::new(text)),
    }
}

fn refused(service: &'static str, status: u16) -> RemoteError {
    RemoteError::Denied {
        service,
        what: "the role's keys".to_owned(),
        code: status.to_string(),
        hint: "check the role of this task, pod or instance; in a container on EC2 the instance's metadata option HttpPutResponseHopLimit must be 2",
    }
}

fn malformed(service: &'static str) -> RemoteError {
    RemoteError::Malformed {
        service,
        reason: "there are no keys in it".to_owned(),
        hint: "check that no proxy answers in its place",
    }
}

fn no_credentials() -> RemoteError {
    RemoteError::Missing {
        service: SERVICE,
        variables: "credentials",
        hint: "set TATUM_KMS_AWS_ACCESS_KEY_ID and TATUM_KMS_AWS_SECRET_ACCESS_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this pod, task or instance a role",
    }
}

/// All that reads keys.
#[cfg(feature = "testkit")]
pub(super) fn readers() -> Vec<Reader> {
    let secret = |identity: Identity| {
        // A key or a token may be empty: what is signed with it is refused.
        SecretText::new(format!("the key {}", identity.secret_key.expose()))
    };
    vec![
        Reader::new(
            &[
                (
                    200,
                    r#"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"SECRET","Token":"SECRET"}"#,
                ),
                (404, "SECRET"),
            ],
            move |answer| told(CONTAINER, answer).map(secret),
        ),
        Reader::new(&[(200, " SECRET\n"), (401, "SECRET")], text),
        Reader::new(
            &[
                (
                    200,
                    "<R xmlns=\"x\"><Credentials>\n<AccessKeyId>A</AccessKeyId><SecretAccessKey>b+/=</SecretAccessKey><SessionToken>c</SessionToken></Credentials></R>",
                ),
                (
                    403,
                    "<E><Code>AccessDenied</Code><Message>SECRET</Message></E>",
                ),
            ],
            move |answer| assumed("arn:aws:iam::1:role/kms", answer).map(secret),
        ),
    ]
}
