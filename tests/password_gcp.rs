//! `--gcp`: the password from Google Secret Manager, as scripted hosts play it over TLS.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use kms_tests::{
    internet::{Internet, Reply, Request},
    program::{Invocation, PASSWORD, User},
    rsa, samples,
};
use serde_json::{Value, json};

const ID: &str = "00000000-0000-4000-8000-000000000001";
const SECRET_MANAGER: &str = "secretmanager.googleapis.com";
const TOKENS: &str = "oauth2.googleapis.com";
const METADATA_PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
const EMAIL: &str = "kms@project-1.iam.gserviceaccount.com";

fn owner() -> User {
    User::with_wallets([(ID, &samples::eth_wallet())])
}

/// A run that needs the vault.
fn run(user: &User) -> Invocation {
    user.run("report --gcp")
        .arg(ID)
        .without_password()
        .env("TATUM_KMS_GCP_SECRET", "kms")
        .env("TATUM_KMS_GCP_PROJECT", "project-1")
        .env("TATUM_KMS_PASSWORD_TIMEOUT", "5")
}

fn opens(run: &Invocation) {
    let done = run.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(done.stderr, "");
}

fn secret(password: &str, checksum: Option<&str>) -> Reply {
    let mut payload = json!({ "data": STANDARD.encode(password) });
    if let Some(checksum) = checksum {
        payload["dataCrc32c"] = checksum.into();
    }
    Reply::json(200, &json!({ "name": "n", "payload": payload }))
}

fn error(status: u16, word: &str) -> Reply {
    let error = json!({ "code": status, "message": "canary", "status": word });
    Reply::json(status, &json!({ "error": error }))
}

/// Google, where the secret service answers `reply` to whoever has a token.
fn google(reply: Reply) -> Internet {
    Internet::start(move |request| {
        let granted =
            json!({ "access_token": "canary-token", "expires_in": 3599, "token_type": "Bearer" });
        match (request.host.as_str(), request.target.as_str()) {
            (TOKENS, "/token") if is_entitled(request) => Reply::json(200, &granted),
            (TOKENS, "/token") => Reply::json(400, &json!({ "error": "invalid_grant" })),
            (_, METADATA_PATH) if request.header("metadata-flavor") == Some("Google") => {
                Reply::json(200, &granted)
            }
            (SECRET_MANAGER, "/v1/projects/project-1/secrets/kms/versions/latest:access")
                if request.secure
                    && request.header("authorization") == Some("Bearer canary-token") =>
            {
                reply.clone()
            }
            _ => error(401, "UNAUTHENTICATED"),
        }
    })
}

/// Whether a request for a token comes from the service account, or from the person.
fn is_entitled(request: &Request) -> bool {
    let form: std::collections::HashMap<_, _> = request.form().into_iter().collect();
    let field = |name: &str| form.get(name).map(String::as_str);
    match field("grant_type") {
        Some("refresh_token") => {
            field("client_id") == Some("client")
                && field("client_secret") == Some("canary-client")
                && field("refresh_token") == Some("1//canary-refresh")
        }
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            field("assertion").is_some_and(is_of_the_service_account)
        }
        _ => false,
    }
}

/// Checks a token of RFC 7523 as Google does.
fn is_of_the_service_account(assertion: &str) -> bool {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return false;
    };
    let json = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (header, claims) = (json(header), json(claims));
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (issued, expires) = (claims["iat"].as_u64(), claims["exp"].as_u64());
    header == json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" })
        && claims["iss"] == EMAIL
        && claims["aud"] == "https://oauth2.googleapis.com/token"
        && claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        && issued.is_some_and(|at| at.abs_diff(now) < 300)
        && expires.is_some_and(|at| at > now && at <= now + 3600)
        && rsa::verify_sha256(message.as_bytes(), &signature)
}

fn service_account(user: &User) -> std::path::PathBuf {
    let key = json!({
        "type": "service_account",
        "project_id": "project-1",
        "private_key_id": "key-1",
        "private_key": rsa::private_key_pem(),
        "client_email": EMAIL,
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    user.file("key.json", key.to_string())
}

#[test]
fn a_service_account_a_person_and_a_machine_open_the_vault() {
    let user = owner();
    let internet = google(secret(PASSWORD, None));
    let connected = || internet.connect(run(&user), &user);

    let machine = connected().env(
        "GCE_METADATA_HOST",
        &internet.url("http")["http://".len()..],
    );
    opens(&machine);

    let key = service_account(&user);
    opens(&connected().env("GOOGLE_APPLICATION_CREDENTIALS", key));

    let person = json!({
        "type": "authorized_user",
        "client_id": "client",
        "client_secret": "canary-client",
        "refresh_token": "1//canary-refresh",
    });
    user.file(
        ".config/gcloud/application_default_credentials.json",
        person.to_string(),
    );
    opens(&connected());
    let whole = connected().env("TATUM_KMS_GCP_PROJECT", "another").env(
        "TATUM_KMS_GCP_SECRET",
        "projects/project-1/secrets/kms/versions/latest",
    );
    opens(&whole);

    let person = json!({ "type": "authorized_user", "client_id": "client", "client_secret": "x", "refresh_token": "y" });
    user.file(
        ".config/gcloud/application_default_credentials.json",
        person.to_string(),
    );
    assert_eq!(
        connected().failure(),
        (
            8,
            "Google's token service denied access to an access token (invalid_grant)".to_owned()
        )
    );
}

#[test]
fn the_checksum_and_a_line_break_at_the_end_are_minded() {
    let user = owner();
    let key = service_account(&user);
    for (reply, code) in [
        // By another program.
        (secret(PASSWORD, Some("3181209946")), 0),
        (secret(PASSWORD, Some("3181209947")), 10),
        (secret(&format!("{PASSWORD}\n"), None), 0),
        (secret("another password", None), 3),
        (secret("\n", None), 10),
    ] {
        let internet = google(reply.clone());
        let run = run(&user).env("GOOGLE_APPLICATION_CREDENTIALS", &key);
        let done = internet.connect(run, &user).finish();
        assert_eq!(done.code(), Some(code), "{reply:?}: {done:?}");
    }
}

#[test]
fn each_failure_has_its_message_and_exit_code() {
    let user = owner();
    let key = service_account(&user);
    let what = "secret \"kms\" (version latest) in the project \"project-1\"";
    for (reply, code, message) in [
        (secret("another password", None), 3, "Wrong password.".to_owned()),
        (
            secret(PASSWORD, Some("1")),
            10,
            "the answer of Google Secret Manager cannot be used: its payload was damaged on the way (CRC-32C)".to_owned(),
        ),
        (
            Reply::Answer(200, "<html>canary</html>".to_owned()),
            10,
            "the answer of Google Secret Manager cannot be used: it has no payload".to_owned(),
        ),
        (
            error(403, "PERMISSION_DENIED"),
            8,
            format!("Google Secret Manager denied access to the {what} (PERMISSION_DENIED)"),
        ),
        (
            error(404, "NOT_FOUND"),
            9,
            format!("Google Secret Manager has no {what} (NOT_FOUND)"),
        ),
        (
            error(400, "FAILED_PRECONDITION"),
            9,
            format!("Google Secret Manager has no usable {what} (FAILED_PRECONDITION)"),
        ),
        (
            error(400, "INVALID_ARGUMENT"),
            8,
            "Google Secret Manager answered 400 (INVALID_ARGUMENT)".to_owned(),
        ),
        (
            error(503, "UNAVAILABLE"),
            6,
            "Google Secret Manager is out of order: it answered 503".to_owned(),
        ),
        (
            Reply::Hang,
            7,
            "Google Secret Manager did not answer within 2 s".to_owned(),
        ),
    ] {
        let internet = google(reply);
        let run = run(&user)
            .env("GOOGLE_APPLICATION_CREDENTIALS", &key)
            .env("TATUM_KMS_PASSWORD_TIMEOUT", "2");
        let run = internet.connect(run, &user);
        let done = run.finish();
        let told = (done.code(), done.error());
        assert_eq!(told, (Some(code), message));
        assert!(!format!("{done:?}").contains("canary"), "{done:?}");
    }
    let gone = google(Reply::Hang);
    gone.go_away();
    let run = run(&user)
        .env("GOOGLE_APPLICATION_CREDENTIALS", &key)
        .env("TATUM_KMS_PASSWORD_TIMEOUT", "2");
    assert_eq!(
        gone.connect(run, &user).failure(),
        (
            6,
            "cannot reach Google's token service: no connection to oauth2.googleapis.com: the proxy or the host turned it down".to_owned()
        )
    );
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let user = owner();
    let path = user.file("key.json", "{}");
    let other = user.file("other.json", r#"{"type": "external_account"}"#);
    let at = |path: &std::path::Path| run(&user).env("GOOGLE_APPLICATION_CREDENTIALS", path);
    for (run, message) in [
        (
            run(&user).env("TATUM_KMS_GCP_SECRET", ""),
            "Google Secret Manager needs TATUM_KMS_GCP_SECRET".to_owned(),
        ),
        (
            run(&user).env("TATUM_KMS_GCP_PROJECT", ""),
            "Google Secret Manager needs a project".to_owned(),
        ),
        (
            // Nothing listens there.
            run(&user).env("GCE_METADATA_HOST", "127.0.0.1:1"),
            "Google Secret Manager needs credentials".to_owned(),
        ),
        (
            at(&path),
            format!(
                "the file {} is no credentials file of Google",
                path.display()
            ),
        ),
        (
            at(&other),
            format!(
                "the file {} is of another type than service_account and authorized_user",
                other.display()
            ),
        ),
        (
            at(&user.home().join("none")),
            format!(
                "{} cannot be read: No such file or directory (os error 2)",
                user.home().join("none").display()
            ),
        ),
        (
            run(&user).env("TATUM_KMS_GCP_ENDPOINT", "http://secrets.example.com"),
            "TATUM_KMS_GCP_ENDPOINT must begin with https://".to_owned(),
        ),
    ] {
        assert_eq!(run.failure(), (2, message), "{}", run.line());
    }
}

#[test]
fn checkconfig_tells_the_source_and_no_secret() {
    let user = owner();
    let key = service_account(&user);
    let done = user
        .run("checkconfig --gcp")
        .without_password()
        .env("TATUM_KMS_GCP_SECRET", "kms")
        .env("GOOGLE_CLOUD_PROJECT", "project-1")
        .env("GOOGLE_APPLICATION_CREDENTIALS", &key)
        .finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    for line in [
        "Password comes from              : Google Secret Manager, secret \"kms\" (version latest) in the project \"project-1\"".to_owned(),
        "Google host                      : secretmanager.googleapis.com".to_owned(),
        format!("Google credentials               : the file {}", key.display()),
    ] {
        assert!(done.stdout.lines().any(|found| found == line), "{line}: {done:?}");
    }
    assert!(!done.stdout.contains("PRIVATE KEY"), "{done:?}");
}
