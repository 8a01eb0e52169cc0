//! The password from AWS Secrets Manager.
//!
//! `POST / GetSecretValue {"SecretId": name}`, signed as [`sigv4`] does. The password is the text
//! under `TATUM_KMS_AWS_SECRET_KEY` in the JSON object of the secret, as with the original; a
//! secret that is no JSON object is the password itself.

mod credentials;
mod identity;
mod profile;
mod sigv4;

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use self::{credentials::Credentials, identity::element, profile::Profile, sigv4::Signer};
use super::{
    super::{PasswordError, PasswordSource, Purpose},
    RemoteError, Variables,
    client::{Answer, Call, Client, Reach, endpoint},
    clock::now,
    error::code,
    json::JsonSecret,
};
use crate::{cloud::http::host_of, keys::SecretText};

#[cfg(feature = "testkit")]
use super::{hostile::Reader, variables::Fixed};

const SERVICE: &str = "AWS Secrets Manager";
const NAME: &str = "TATUM_KMS_AWS_SECRET_NAME";
const KEY: &str = "TATUM_KMS_AWS_SECRET_KEY";
const REGIONS: [&str; 3] = ["TATUM_KMS_AWS_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"];
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"];

/// A secret in AWS Secrets Manager.
///
/// | variable | meaning |
/// |---|---|
/// | `TATUM_KMS_AWS_SECRET_NAME` | name or ARN of the secret |
/// | `TATUM_KMS_AWS_SECRET_KEY` | the field of its JSON object that is the password |
/// | `TATUM_KMS_AWS_REGION`, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`, the ARN | the region, the first that is set |
/// | `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL` | another endpoint, for instance of an emulator |
///
/// Credentials are found as [`Credentials`] says.
#[derive(Debug)]
pub(super) struct AwsPassword {
    client: Client,
    endpoint: Url,
    region: String,
    name: String,
    key: Option<String>,
    credentials: Credentials,
}

impl AwsPassword {
    /// The secret that the variables name.
    ///
    /// # Errors
    /// [`RemoteError::Missing`] and [`RemoteError::Invalid`]. Nothing is sent yet.
    pub(super) fn new(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let name = variables.text(NAME)?.ok_or(RemoteError::Missing {
            service: SERVICE,
            variables: NAME,
            hint: "set TATUM_KMS_AWS_SECRET_NAME to the name or ARN of the secret, and TATUM_KMS_AWS_SECRET_KEY to the field in it that holds the password",
        })?;
        let profile = Profile::load(variables)?;
        let region = match variables.first_text(&REGIONS)? {
            Some(region) => Some(region),
            None => profile.region().or_else(|| region_of_arn(&name)),
        };
        let region = region.ok_or(RemoteError::Missing {
            service: SERVICE,
            variables: "a region",
            hint: "set TATUM_KMS_AWS_REGION or AWS_REGION, for instance to eu-central-1",
        })?;
        check_region(&region)?;
        let endpoint = endpoint_of(variables, "secretsmanager", &ENDPOINTS, &region)?;
        let credentials = Credentials::find(variables, &profile, &region)?;
        Ok(Self {
            client: Client::new(SERVICE, variables)?.throttled(is_throttling),
            endpoint,
            region,
            name,
            key: variables.text(KEY)?,
            credentials,
        })
    }

    async fn read(&self) -> Result<SecretText, RemoteError> {
        let identity = self.credentials.get().await?;
        let body = serde_json::json!({ "SecretId": self.name }).to_string();
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", "secretsmanager.GetSecretValue".to_owned()),
        ];
        Signer {
            identity: &identity,
            region: &self.region,
            service: "secretsmanager",
            seconds: now(),
        }
        .sign("POST", &self.endpoint, &mut headers, body.as_bytes());
        let headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name, SecretText::new(value)))
            .collect();
        let call = Call::post(&self.endpoint, &headers, body);
        let answer = self.client.call(call).await?;
        self.password_in(&answer)
    }

    fn password_in(&self, answer: &Answer) -> Result<SecretText, RemoteError> {
        if !answer.is_success() {
            return Err(self.refusal(answer));
        }
        let malformed = |reason: &str, hint| RemoteError::Malformed {
            service: SERVICE,
            reason: reason.to_owned(),
            hint,
        };
        // The parser's own words may quote the secret.
        let value: SecretValue = serde_json::from_slice(&answer.body).map_err(|_| {
            malformed(
                "it is not of the form of GetSecretValue",
                "check AWS_ENDPOINT_URL if it is set, and that no proxy or login page answers in its place",
            )
        })?;
        let secret = value.secret_string.ok_or_else(|| {
            malformed(
                "the secret has no text (SecretString)",
                "store the password as text, not as a binary secret",
            )
        })?;
        let password = self.password(secret.0)?;
        match password.is_empty() {
            true => Err(malformed("the password in it is empty", "store a password")),
            false => Ok(password),
        }
    }

    /// The password in the text of the secret.
    fn password(&self, secret: SecretText) -> Result<SecretText, RemoteError> {
        let fields = serde_json::from_str::<HashMap<String, &RawValue>>(secret.expose());
        let malformed = |reason: String, hint| RemoteError::Malformed {
            service: SERVICE,
            reason,
            hint,
        };
        match (fields, &self.key) {
            (Ok(_), None) => Err(RemoteError::Missing {
                service: SERVICE,
                variables: KEY,
                hint: "the secret is a JSON object: set TATUM_KMS_AWS_SECRET_KEY to the name of the field that holds the password",
            }),
            (Ok(fields), Some(key)) => {
                let field = fields.get(key).ok_or_else(|| {
                    malformed(
                        format!("the secret has no field {key:?}"),
                        "check TATUM_KMS_AWS_SECRET_KEY against the names of the fields of the secret; upper and lower case differ",
                    )
                })?;
                let value: JsonSecret = serde_json::from_str(field.get()).map_err(|_| {
                    malformed(
                        format!("the field {key:?} of the secret is no text"),
                        "put the password in quotation marks in the secret",
                    )
                })?;
                Ok(value.0)
            }
            (Err(_), None) => Ok(secret),
            (Err(_), Some(_)) => Err(malformed(
                "the secret is no JSON object".to_owned(),
                "store it as {\"<TATUM_KMS_AWS_SECRET_KEY>\": \"<password>\"}, or unset TATUM_KMS_AWS_SECRET_KEY to take the whole secret as the password",
            )),
        }
    }

    fn refusal(&self, answer: &Answer) -> RemoteError {
        let service = SERVICE;
        let status = answer.status;
        let code = error_code(&answer.body);
        let what = format!("the secret {:?} in {}", self.name, self.region);
        match code.as_str() {
            "ResourceNotFoundException" => RemoteError::NotFound {
                service,
                what: format!("secret {:?} in {}", self.name, self.region),
                code,
                hint: "check TATUM_KMS_AWS_SECRET_NAME and the region (TATUM_KMS_AWS_REGION or AWS_REGION)",
            },
            "InvalidRequestException" => RemoteError::NotFound {
                service,
                what: format!("usable secret {:?} in {}", self.name, self.region),
                code,
                hint: "it may be scheduled for deletion: `aws secretsmanager restore-secret` brings it back",
            },
            "DecryptionFailure" => RemoteError::Denied {
                service,
                what,
                code,
                hint: "allow this identity kms:Decrypt with the key that the secret is encrypted with",
            },
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "ExpiredTokenException"
            | "IncompleteSignatureException"
            | "MissingAuthenticationTokenException" => RemoteError::Denied {
                service,
                what,
                code,
                hint: "the credentials are not valid: check TATUM_KMS_AWS_ACCESS_KEY_ID and TATUM_KMS_AWS_SECRET_ACCESS_KEY, or unset them to use those of AWS_*, the profile or the role, and check the clock",
            },
            _ if matches!(status, 401 | 403) || code.starts_with("AccessDenied") => {
                RemoteError::Denied {
                    service,
                    what,
                    code,
                    hint: "allow this identity secretsmanager:GetSecretValue on the secret, and kms:Decrypt if it is encrypted with a key of your own",
                }
            }
            _ => RemoteError::Refused {
                service,
                status,
                code,
                hint: "check TATUM_KMS_AWS_SECRET_NAME and the region; `aws secretsmanager get-secret-value` with the same settings may tell more",
            },
        }
    }
}

#[async_trait]
impl PasswordSource for AwsPassword {
    fn name(&self) -> String {
        format!("{SERVICE}, secret {:?} in {}", self.name, self.region)
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        Ok(self.read().await?)
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS host", host_of(&self.endpoint)),
            (
                "AWS field of the secret",
                match &self.key {
                    Some(key) => format!("{key:?}"),
                    None => "the whole secret".to_owned(),
                },
            ),
            ("AWS credentials", self.credentials.origin().to_owned()),
        ]
    }
}

#[derive(Deserialize)]
struct SecretValue {
    #[serde(rename = "SecretString")]
    secret_string: Option<JsonSecret>,
}

/// The service's own word for what is wrong, without the name space before it. What stands before
/// the service and checks signatures may answer in XML.
fn error_code(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Problem {
        #[serde(rename = "__type")]
        kind: String,
    }
    if let Ok(problem) = serde_json::from_slice::<Problem>(body) {
        return code(problem.kind.rsplit('#').next().unwrap_or_default());
    }
    let xml = std::str::from_utf8(body).unwrap_or_default();
    code(element(xml, "Code").unwrap_or_default())
}

/// Whether a refusal only says that there were too many calls: AWS tells so with 400, too.
fn is_throttling(body: &[u8]) -> bool {
    matches!(
        error_code(body).as_str(),
        "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
    )
}

/// The region in `arn:aws:secretsmanager:<region>:<account>:secret:<name>`.
fn region_of_arn(name: &str) -> Option<String> {
    let mut parts = name.split(':');
    let is_arn = parts.next() == Some("arn");
    let region = parts.nth(2)?;
    (is_arn && !region.is_empty()).then(|| region.to_owned())
}

/// A region becomes part of a host name: nothing in it may change which host that is.
fn check_region(region: &str) -> Result<(), RemoteError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match region.bytes().all(plain) {
        true => Ok(()),
        false => Err(RemoteError::Invalid {
            setting: "the AWS region".to_owned(),
            reason: format!("{region:?} is none"),
            hint: "set TATUM_KMS_AWS_REGION or AWS_REGION, for instance to eu-central-1",
        }),
    }
}

/// Where `service` is asked in `region`, unless one of `variables` says something else.
fn endpoint_of(
    settings: &dyn Variables,
    service: &str,
    variables: &[&'static str],
    region: &str,
) -> Result<Url, RemoteError> {
    for &variable in variables {
        if let Some(text) = settings.text(variable)? {
            return endpoint(variable, &text, Reach::Anywhere);
        }
    }
    let domain = match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    };
    let url = format!("https://{service}.{region}.{domain}/");
    endpoint("AWS_REGION", &url, Reach::Anywhere)
}

/// All that reads what AWS answers, and the files of its tools.
#[cfg(feature = "testkit")]
pub(super) fn readers() -> Vec<Reader> {
    let secret = |key: &'static str| {
        let settings = Fixed::of([
            (NAME, "kms"),
            (KEY, key),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "A"),
            ("AWS_SECRET_ACCESS_KEY", "B"),
        ]);
        let key = (!key.is_empty()).then(|| key.to_owned());
        let secret = AwsPassword::new(&settings).expect("settings that are complete");
        let secret = AwsPassword { key, ..secret };
        move |answer: &Answer| {
            let _ = is_throttling(&answer.body);
            secret.password_in(answer)
        }
    };
    let seeds: &[(u16, &str)] = &[
        (
            200,
            r#"{"Name":"kms","SecretString":"{\"key\":\"SECRET\",\"b\":[1]}"}"#,
        ),
        (200, r#"{"SecretString":"SECRET"}"#),
        (200, r#"{"SecretBinary":"SECRET"}"#),
        (
            400,
            r#"{"__type":"com.amazonaws#AccessDeniedException","Message":"SECRET"}"#,
        ),
        (
            403,
            "<E><Code>InvalidSignatureException</Code><M>SECRET</M></E>",
        ),
    ];
    let mut readers = vec![
        Reader::new(seeds, secret("key")),
        Reader::new(seeds, secret("")),
    ];
    readers.extend(credentials::readers());
    readers
}

/// Takes a text for a file of AWS's tools, a region, and the name of a secret.
#[cfg(feature = "testkit")]
pub(super) fn setting(text: &str) {
    for name in ["default", "kms"] {
        let mut values = HashMap::new();
        let found = profile::read_section(text, name, &mut values);
        assert!(found || values.is_empty(), "values of no section");
        let there = |value: &SecretText| text.contains(value.expose());
        assert!(
            values.values().all(there),
            "a value that is not in the file"
        );
    }
    for region in [Some(text.to_owned()), region_of_arn(text)]
        .into_iter()
        .flatten()
    {
        match check_region(&region) {
            Ok(()) => {
                let url = endpoint_of(&Fixed::default(), "secretsmanager", &ENDPOINTS, &region);
                let host = url.ok().and_then(|url| url.host_str().map(str::to_owned));
                let ours = host.is_none_or(|host| {
                    host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")
                });
                assert!(ours, "another host");
            }
            Err(error) => {
                let said = error.to_string();
                assert!(!said.contains(char::is_control), "a line of its own");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::variables::Fixed, *};
    use crate::cloud::test_server::{Reply, TestServer};

    async fn fetch(reply: Reply, key: Option<&str>) -> Result<String, RemoteError> {
        let server = TestServer::scripted(vec![reply]).await;
        let mut settings = Fixed::of([
            (NAME, "kms"),
            ("AWS_ENDPOINT_URL", server.url.as_str()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ]);
        if let Some(key) = key {
            settings.0.insert(KEY, key.to_owned());
        }
        let source = AwsPassword::new(&settings)?;
        let password = source.read().await?.expose().to_owned();
        let seen = server.seen();
        assert_eq!(seen[0].body, br#"{"SecretId":"kms"}"#);
        assert!(!seen[0].head.contains("hunter2"));
        assert_eq!(
            seen[0].header("x-amz-target"),
            Some("secretsmanager.GetSecretValue")
        );
        Ok(password)
    }

    fn secret(text: &str) -> Reply {
        Reply::status(200, serde_json::json!({ "SecretString": text }).to_string())
    }

    #[tokio::test]
    async fn the_password_is_a_field_of_the_secret_or_all_of_it() {
        let object = r#"{"other": 1, "pass": "correct \"horse\""}"#;
        let password = fetch(secret(object), Some("pass")).await.unwrap();
        assert_eq!(password, "correct \"horse\"");
        let password = fetch(secret("correct horse\n"), None).await.unwrap();
        assert_eq!(password, "correct horse\n");
    }

    #[tokio::test]
    async fn each_failure_is_told_without_the_secret() {
        let error = |kind: &str| {
            let kind = format!("com.amazonaws.secretsmanager#{kind}");
            Reply::status(400, serde_json::json!({ "__type": kind }).to_string())
        };
        for (reply, key, message) in [
            (
                secret(r#"{"pass": "hunter2"}"#),
                None,
                "AWS Secrets Manager needs TATUM_KMS_AWS_SECRET_KEY",
            ),
            (
                secret(r#"{"pass": "hunter2"}"#),
                Some("word"),
                "the answer of AWS Secrets Manager cannot be used: the secret has no field \"word\"",
            ),
            (
                secret(r#"{"pass": 2}"#),
                Some("pass"),
                "the answer of AWS Secrets Manager cannot be used: the field \"pass\" of the secret is no text",
            ),
            (
                secret("hunter2"),
                Some("pass"),
                "the answer of AWS Secrets Manager cannot be used: the secret is no JSON object",
            ),
            (
                secret(r#"{"pass": ""}"#),
                Some("pass"),
                "the answer of AWS Secrets Manager cannot be used: the password in it is empty",
            ),
            (
                Reply::status(200, r#"{"SecretBinary": "aHVudGVyMg=="}"#),
                None,
                "the answer of AWS Secrets Manager cannot be used: the secret has no text (SecretString)",
            ),
            (
                Reply::status(200, "<html>hunter2</html>"),
                None,
                "the answer of AWS Secrets Manager cannot be used: it is not of the form of GetSecretValue",
            ),
            (
                error("ResourceNotFoundException"),
                None,
                "AWS Secrets Manager has no secret \"kms\" in eu-central-1 (ResourceNotFoundException)",
            ),
            (
                error("AccessDeniedException"),
                None,
                "AWS Secrets Manager denied access to the secret \"kms\" in eu-central-1 (AccessDeniedException)",
            ),
            (
                error("UnrecognizedClientException"),
                None,
                "AWS Secrets Manager denied access to the secret \"kms\" in eu-central-1 (UnrecognizedClientException)",
            ),
            (
                error("ValidationException"),
                None,
                "AWS Secrets Manager answered 400 (ValidationException)",
            ),
        ] {
            let error = fetch(reply, key).await.unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.hint().is_some(), "{message}");
        }
    }

    #[test]
    fn the_region_comes_from_the_first_place_that_has_one() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kms-AbCdEf";
        for (settings, region) in [
            (
                vec![
                    ("TATUM_KMS_AWS_REGION", "us-east-1"),
                    ("AWS_REGION", "us-east-2"),
                ],
                "us-east-1",
            ),
            (
                vec![("AWS_REGION", "us-east-2"), ("AWS_DEFAULT_REGION", "x")],
                "us-east-2",
            ),
            (vec![("AWS_DEFAULT_REGION", "cn-north-1")], "cn-north-1"),
            (vec![], "eu-west-1"),
        ] {
            let mut all = Fixed::of([(NAME, arn)]);
            all.0.extend(
                settings
                    .into_iter()
                    .map(|(name, value)| (name, value.to_owned())),
            );
            let source = AwsPassword::new(&all).unwrap();
            assert_eq!(source.region, region);
            assert!(source.endpoint.host_str().unwrap().contains(region));
        }
        let error = AwsPassword::new(&Fixed::of([(NAME, "kms")])).unwrap_err();
        assert_eq!(error.to_string(), "AWS Secrets Manager needs a region");
        let settings = Fixed::of([(NAME, "kms"), ("AWS_REGION", "evil.example/")]);
        let error = AwsPassword::new(&settings).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the AWS region \"evil.example/\" is none"
        );
    }
}
