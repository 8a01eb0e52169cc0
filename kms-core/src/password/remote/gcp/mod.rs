//! The password from Google Secret Manager.
//!
//! `GET https://secretmanager.googleapis.com/v1/projects/P/secrets/S/versions/V:access` with an
//! OAuth 2.0 access token; the password is the payload, whose CRC-32C must be right. One line
//! break at its end is not part of it: `gcloud` is often fed by `echo`.

mod checksum;
mod credentials;
mod jwt;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use self::credentials::Credentials;
use super::{
    super::{
        PasswordError, PasswordSource, Purpose,
        input::{secret_text, strip_newline},
    },
    RemoteError, Variables,
    client::{Answer, Call, Client, Reach, endpoint},
    error::code,
    json::JsonSecret,
};
use crate::{
    cloud::http::{host_of, path_segment},
    keys::SecretText,
};

#[cfg(feature = "testkit")]
use super::{hostile::Reader, variables::Fixed};

const SERVICE: &str = "Google Secret Manager";
const SECRET: &str = "TATUM_KMS_GCP_SECRET";
const PROJECTS: [&str; 3] = [
    "TATUM_KMS_GCP_PROJECT",
    "GOOGLE_CLOUD_PROJECT",
    "CLOUDSDK_CORE_PROJECT",
];
const VERSION: &str = "TATUM_KMS_GCP_SECRET_VERSION";
const ENDPOINT: &str = "TATUM_KMS_GCP_ENDPOINT";
const USUAL_ENDPOINT: &str = "https://secretmanager.googleapis.com";

/// A version of a secret in Google Secret Manager.
///
/// | variable | meaning |
/// |---|---|
/// | `TATUM_KMS_GCP_SECRET` | the secret's name, or its whole resource name `projects/…/secrets/…`, also with `/versions/…` |
/// | `TATUM_KMS_GCP_PROJECT`, `GOOGLE_CLOUD_PROJECT`, `CLOUDSDK_CORE_PROJECT` | the project, unless the resource name has it |
/// | `TATUM_KMS_GCP_SECRET_VERSION` | the version's number or alias; `latest` unless it is set |
/// | `TATUM_KMS_GCP_ENDPOINT` | another endpoint, for instance a regional one |
///
/// Credentials are found as [`Credentials`] says.
#[derive(Debug)]
pub(super) struct GcpPassword {
    client: Client,
    url: Url,
    place: Place,
    credentials: Credentials,
}

/// Which version of which secret.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    project: String,
    secret: String,
    version: String,
}

impl GcpPassword {
    /// The secret that the variables name.
    ///
    /// # Errors
    /// [`RemoteError::Missing`] and [`RemoteError::Invalid`]. Nothing is sent yet.
    pub(super) fn new(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let place = Place::of(variables)?;
        let base = variables.text(ENDPOINT)?;
        let base = base.as_deref().unwrap_or(USUAL_ENDPOINT);
        let mut url = endpoint(ENDPOINT, base, Reach::Anywhere)?;
        url.set_path(&format!(
            "/v1/projects/{}/secrets/{}/versions/{}:access",
            path_segment(&place.project),
            path_segment(&place.secret),
            path_segment(&place.version),
        ));
        Ok(Self {
            client: Client::new(SERVICE, variables)?,
            url,
            place,
            credentials: Credentials::find(variables)?,
        })
    }

    async fn read(&self) -> Result<SecretText, PasswordError> {
        let token = self.credentials.token().await?;
        let bearer = SecretText::new(format!("Bearer {}", token.expose()));
        let headers = [("authorization", bearer)];
        let answer = self.client.call(Call::get(&self.url, &headers)).await?;
        self.password_in(&answer)
    }

    fn password_in(&self, answer: &Answer) -> Result<SecretText, PasswordError> {
        if !answer.is_success() {
            return Err(self.refusal(answer).into());
        }
        let mut bytes = payload(&answer.body)?;
        strip_newline(&mut bytes);
        if bytes.is_empty() {
            return Err(malformed("the secret is empty", "store the password in it").into());
        }
        secret_text(bytes, &self.name())
    }

    fn refusal(&self, answer: &Answer) -> RemoteError {
        let service = SERVICE;
        let status = answer.status;
        let code = error_code(&answer.body);
        let Place {
            project,
            secret,
            version,
        } = &self.place;
        let what = format!("secret {secret:?} (version {version}) in the project {project:?}");
        match status {
            401 => RemoteError::Denied {
                service,
                what: format!("the {what}"),
                code,
                hint: "the credentials are not valid: check GOOGLE_APPLICATION_CREDENTIALS, and the clock",
            },
            403 => RemoteError::Denied {
                service,
                what: format!("the {what}"),
                code,
                hint: "grant this identity the role roles/secretmanager.secretAccessor on the secret, check TATUM_KMS_GCP_PROJECT, and that the Secret Manager API is enabled in the project",
            },
            404 => RemoteError::NotFound {
                service,
                what,
                code,
                hint: "check TATUM_KMS_GCP_SECRET, TATUM_KMS_GCP_PROJECT and TATUM_KMS_GCP_SECRET_VERSION",
            },
            400 if code == "FAILED_PRECONDITION" => RemoteError::NotFound {
                service,
                what: format!("usable {what}"),
                code,
                hint: "this version is disabled or destroyed: enable it, or choose another with TATUM_KMS_GCP_SECRET_VERSION",
            },
            _ => RemoteError::Refused {
                service,
                status,
                code,
                hint: "check TATUM_KMS_GCP_SECRET and TATUM_KMS_GCP_ENDPOINT; `gcloud secrets versions access` with the same settings may tell more",
            },
        }
    }
}

#[async_trait]
impl PasswordSource for GcpPassword {
    fn name(&self) -> String {
        format!(
            "{SERVICE}, secret {:?} (version {}) in the project {:?}",
            self.place.secret, self.place.version, self.place.project
        )
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        self.read().await
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        vec![
            ("Google host", host_of(&self.url)),
            ("Google credentials", self.credentials.origin()),
        ]
    }
}

impl Place {
    fn of(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let name = variables.text(SECRET)?.ok_or(RemoteError::Missing {
            service: SERVICE,
            variables: SECRET,
            hint: "set TATUM_KMS_GCP_SECRET to the name of the secret, and TATUM_KMS_GCP_PROJECT to its project",
        })?;
        let version = variables.text(VERSION)?;
        let parts: Vec<&str> = name.split('/').collect();
        let (project, secret, named_version) = match parts.as_slice() {
            [secret] => (variables.first_text(&PROJECTS)?, *secret, None),
            ["projects", project, "secrets", secret] => {
                (Some((*project).to_owned()), *secret, None)
            }
            ["projects", project, "secrets", secret, "versions", version] => (
                Some((*project).to_owned()),
                *secret,
                Some((*version).to_owned()),
            ),
            _ => {
                return Err(RemoteError::Invalid {
                    setting: SECRET.to_owned(),
                    reason: "is neither a name nor projects/<PROJECT>/secrets/<NAME>".to_owned(),
                    hint: "`gcloud secrets list` shows the names",
                });
            }
        };
        let project = project.ok_or(RemoteError::Missing {
            service: SERVICE,
            variables: "a project",
            hint: "set TATUM_KMS_GCP_PROJECT or GOOGLE_CLOUD_PROJECT",
        })?;
        Ok(Self {
            project,
            secret: secret.to_owned(),
            version: named_version
                .or(version)
                .unwrap_or_else(|| "latest".to_owned()),
        })
    }
}

/// The checked payload of an answer.
fn payload(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, RemoteError> {
    #[derive(Deserialize)]
    struct Version {
        payload: Payload,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Payload {
        data: JsonSecret,
        /// A number of 64 bits, which JSON of Google writes as text.
        data_crc32c: Option<String>,
    }
    let other = "check TATUM_KMS_GCP_ENDPOINT if it is set, and that no proxy or login page answers in its place";
    // The parser's own words may quote the secret.
    let version: Version =
        serde_json::from_slice(body).map_err(|_| malformed("it has no payload", other))?;
    let bytes = STANDARD
        .decode(version.payload.data.0.expose())
        .map(Zeroizing::new)
        .map_err(|_| malformed("its payload is no base64", other))?;
    let right = version
        .payload
        .data_crc32c
        .is_none_or(|told| told.parse() == Ok(checksum::crc32c(&bytes)));
    match right {
        true => Ok(bytes),
        false => Err(malformed(
            "its payload was damaged on the way (CRC-32C)",
            "try again",
        )),
    }
}

fn malformed(reason: &str, hint: &'static str) -> RemoteError {
    RemoteError::Malformed {
        service: SERVICE,
        reason: reason.to_owned(),
        hint,
    }
}

/// The status word of Google's error model, for instance `PERMISSION_DENIED`.
fn error_code(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Problem {
        error: Status,
    }
    #[derive(Deserialize)]
    struct Status {
        status: String,
    }
    serde_json::from_slice::<Problem>(body)
        .map_or_else(|_| String::new(), |problem| code(&problem.error.status))
}

/// All that reads what Google answers, and its files.
#[cfg(feature = "testkit")]
pub(super) fn readers() -> Vec<Reader> {
    let settings = [(SECRET, "projects/p/secrets/kms")];
    let secret = GcpPassword::new(&Fixed::of(settings)).expect("settings that are complete");
    let mut readers = vec![Reader::new(
        &[
            (
                200,
                r#"{"name":"n","payload":{"data":"MTIzNDU2Nzg5","dataCrc32c":"3808858755"}}"#,
            ),
            (200, r#"{"payload":{"data":"SECRET"}}"#),
            (
                404,
                r#"{"error":{"code":404,"message":"SECRET","status":"NOT_FOUND"}}"#,
            ),
        ],
        move |answer| secret.password_in(answer),
    )];
    readers.extend(credentials::readers());
    readers
}

/// Takes a text for the name of a secret.
#[cfg(feature = "testkit")]
pub(super) fn setting(text: &str) {
    match Place::of(&Fixed::of([(SECRET, text)])) {
        Ok(place) => assert!(text.contains(&place.secret), "another secret"),
        Err(error) => super::hostile::says_nothing(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::variables::Fixed, *};

    #[test]
    fn a_secret_is_named_in_three_ways() {
        for (settings, place) in [
            (
                vec![(SECRET, "s"), ("GOOGLE_CLOUD_PROJECT", "p")],
                ["p", "s", "latest"],
            ),
            (
                vec![
                    (SECRET, "s"),
                    ("TATUM_KMS_GCP_PROJECT", "p"),
                    ("GOOGLE_CLOUD_PROJECT", "q"),
                    (VERSION, "3"),
                ],
                ["p", "s", "3"],
            ),
            (
                vec![(SECRET, "projects/p/secrets/s"), (VERSION, "3")],
                ["p", "s", "3"],
            ),
            (
                vec![(SECRET, "projects/p/secrets/s/versions/4"), (VERSION, "3")],
                ["p", "s", "4"],
            ),
        ] {
            let settings = settings
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()));
            let found = Place::of(&Fixed(settings.collect())).unwrap();
            assert_eq!([found.project, found.secret, found.version], place);
        }
        for name in ["projects/p", "a/b", "projects/p/secrets/s/versions/4/x"] {
            let error = Place::of(&Fixed::of([(SECRET, name)])).unwrap_err();
            assert_eq!(
                error.to_string(),
                "TATUM_KMS_GCP_SECRET is neither a name nor projects/<PROJECT>/secrets/<NAME>"
            );
        }
        let error = Place::of(&Fixed::of([(SECRET, "s")])).unwrap_err();
        assert_eq!(error.to_string(), "Google Secret Manager needs a project");
    }

    #[test]
    fn a_payload_must_have_its_checksum() {
        let answer =
            |data: &str, crc: &str| format!(r#"{{"name":"n","payload":{{"data":"{data}"{crc}}}}}"#);
        let read = |text: String| {
            let bytes = payload(text.as_bytes());
            bytes
                .map(|bytes| bytes.to_vec())
                .map_err(|error| error.to_string())
        };
        let numbers = "MTIzNDU2Nzg5";
        let right = r#","dataCrc32c":"3808858755""#;
        assert_eq!(read(answer(numbers, right)).unwrap(), b"123456789");
        assert_eq!(read(answer(numbers, "")).unwrap(), b"123456789");
        let message =
            |reason: &str| format!("the answer of Google Secret Manager cannot be used: {reason}");
        for crc in ["3808858754", "-1", "x", ""] {
            let crc = format!(r#","dataCrc32c":"{crc}""#);
            assert_eq!(
                read(answer(numbers, &crc)).unwrap_err(),
                message("its payload was damaged on the way (CRC-32C)")
            );
        }
        assert_eq!(
            read(answer("hunter2!", "")).unwrap_err(),
            message("its payload is no base64")
        );
        assert_eq!(
            read("<html>".to_owned()).unwrap_err(),
            message("it has no payload")
        );
    }
}
