//! `--aws`: the password from AWS Secrets Manager, as moto and as scripted hosts play it.

use std::sync::atomic::{AtomicUsize, Ordering};

use kms_tests::{
    internet::{Internet, Reply, Request},
    moto::{AccessKey, Moto, REGION},
    program::{Invocation, PASSWORD, User},
    samples,
};
use serde_json::{Value, json};

const ID: &str = "00000000-0000-4000-8000-000000000001";
const SECRETS_MANAGER: &str = "secretsmanager.eu-central-1.amazonaws.com";
const STS: &str = "sts.eu-central-1.amazonaws.com";
const TOKEN: &str = "token/of+the=role";

fn owner() -> User {
    User::with_wallets([(ID, &samples::eth_wallet())])
}

/// A run that needs the vault. Without keys, and with no machine beside this one.
fn run(user: &User, secret: &str) -> Invocation {
    user.run("report --aws")
        .arg(ID)
        .without_password()
        .env("TATUM_KMS_AWS_SECRET_NAME", secret)
        .env("TATUM_KMS_AWS_SECRET_KEY", "pass")
        .env("AWS_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

fn original_key(run: Invocation, key: &AccessKey) -> Invocation {
    run.env("TATUM_KMS_AWS_ACCESS_KEY_ID", &key.id)
        .env("TATUM_KMS_AWS_SECRET_ACCESS_KEY", &key.secret)
}

fn standard_key(run: Invocation) -> Invocation {
    run.env("AWS_ACCESS_KEY_ID", "AKID")
        .env("AWS_SECRET_ACCESS_KEY", "canary-secret")
}

fn opens(run: &Invocation) {
    let done = run.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(done.stderr, "");
}

fn moto() -> Option<Moto> {
    Moto::start(&json!({
        "kms": json!({ "pass": PASSWORD, "number": 1 }).to_string(),
        "plain": PASSWORD,
        "old": json!({ "pass": "another password" }).to_string(),
    }))
}

#[test]
fn moto_takes_the_signature_and_gives_the_password() {
    let Some(moto) = moto() else { return };
    let user = owner();
    let at = |run: Invocation| run.env("AWS_ENDPOINT_URL", moto.url());
    let key = moto.reader();

    // The variables of the original go before the standard ones.
    let named = original_key(at(run(&user, "kms")), &key)
        .env("TATUM_KMS_AWS_REGION", REGION)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIANOBODY")
        .env("AWS_SECRET_ACCESS_KEY", "wrong")
        .env("AWS_SESSION_TOKEN", "of nobody");
    opens(&named);
    opens(&original_key(at(run(&user, "plain")), &key).env("TATUM_KMS_AWS_SECRET_KEY", ""));

    let standard = at(run(&user, "kms"))
        .env("AWS_ACCESS_KEY_ID", &key.id)
        .env("AWS_SECRET_ACCESS_KEY", &key.secret);
    opens(&standard);

    user.file(".aws/config", format!("[profile kms]\nregion = {REGION}\n"));
    user.file(
        ".aws/credentials",
        format!(
            "[kms]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key.id, key.secret
        ),
    );
    opens(
        &at(run(&user, "kms"))
            .env("AWS_REGION", "")
            .env("AWS_PROFILE", "kms"),
    );

    // An env file will do as well.
    user.file(
        ".tatumrc/.env",
        format!(
            "TATUM_KMS_AWS_ACCESS_KEY_ID={}\nTATUM_KMS_AWS_SECRET_ACCESS_KEY={}\n",
            key.id, key.secret
        ),
    );
    opens(&at(run(&user, "kms")));
}

#[test]
fn each_refusal_of_moto_has_its_message_and_exit_code() {
    let Some(moto) = moto() else { return };
    let user = owner();
    let key = moto.reader();
    let run = |secret: &str, key: &AccessKey| {
        original_key(run(&user, secret), key).env("AWS_ENDPOINT_URL", moto.url())
    };
    let wrong = AccessKey {
        secret: "wrong".to_owned(),
        ..key.clone()
    };
    for (run, code, message) in [
        (run("old", &key), 3, "Wrong password."),
        (
            run("kms", &moto.stranger()),
            8,
            "AWS Secrets Manager denied access to the secret \"kms\" in eu-central-1 (AccessDenied)",
        ),
        (
            run("kms", &wrong),
            8,
            "AWS Secrets Manager denied access to the secret \"kms\" in eu-central-1 (SignatureDoesNotMatch)",
        ),
        (
            run("nowhere", &key),
            9,
            "AWS Secrets Manager has no secret \"nowhere\" in eu-central-1 (ResourceNotFoundException)",
        ),
        (
            run("deleted", &key),
            9,
            "AWS Secrets Manager has no usable secret \"deleted\" in eu-central-1 (InvalidRequestException)",
        ),
        (
            run("binary", &key),
            10,
            "the answer of AWS Secrets Manager cannot be used: the secret has no text (SecretString)",
        ),
        (
            run("kms", &key).env("TATUM_KMS_AWS_SECRET_KEY", "word"),
            10,
            "the answer of AWS Secrets Manager cannot be used: the secret has no field \"word\"",
        ),
        (
            run("kms", &key).env("TATUM_KMS_AWS_SECRET_KEY", "number"),
            10,
            "the answer of AWS Secrets Manager cannot be used: the field \"number\" of the secret is no text",
        ),
        (
            run("plain", &key),
            10,
            "the answer of AWS Secrets Manager cannot be used: the secret is no JSON object",
        ),
        (
            run("kms", &key).env("TATUM_KMS_AWS_SECRET_KEY", ""),
            2,
            "AWS Secrets Manager needs TATUM_KMS_AWS_SECRET_KEY",
        ),
    ] {
        assert_eq!(run.failure(), (code, message.to_owned()), "{}", run.line());
    }
}

/// All of AWS that a role needs: whoever has the token of the role gets the secret.
fn aws(request: &Request) -> Reply {
    let keys = json!({
        "Code": "Success",
        "AccessKeyId": "ASIA",
        "SecretAccessKey": "canary-secret",
        "Token": TOKEN,
        "Expiration": "2999-01-01T00:00:00Z",
    });
    let asked = (request.method.as_str(), request.target.as_str());
    match (request.host.as_str(), asked) {
        (SECRETS_MANAGER, ("POST", "/")) => {
            let authorization = request.header("authorization").unwrap_or_default();
            let signed =
                "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, ";
            let right = request.secure
                && request.header("x-amz-security-token") == Some(TOKEN)
                && request.header("x-amz-target") == Some("secretsmanager.GetSecretValue")
                && authorization.starts_with("AWS4-HMAC-SHA256 Credential=ASIA/")
                && authorization.contains(signed)
                && serde_json::from_str::<Value>(&request.body).ok()
                    == Some(json!({ "SecretId": "kms" }));
            if !right {
                return Reply::json(400, &json!({ "__type": "UnrecognizedClientException" }));
            }
            let secret = json!({ "pass": PASSWORD }).to_string();
            Reply::json(200, &json!({ "Name": "kms", "SecretString": secret }))
        }
        (STS, ("POST", "/")) => {
            let form = [
                ("Action", "AssumeRoleWithWebIdentity"),
                ("Version", "2011-06-15"),
                ("RoleArn", "arn:aws:iam::1:role/kms"),
                ("RoleSessionName", "tatum-kms"),
                ("WebIdentityToken", "of.the+pod"),
            ];
            let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
            if request.form() != form {
                let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code></Error></ErrorResponse>";
                return Reply::Answer(400, xml.to_owned());
            }
            Reply::Answer(
                200,
                format!(
                    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>canary-secret</SecretAccessKey><SessionToken>{TOKEN}</SessionToken></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
                ),
            )
        }
        (_, ("GET", "/container")) if request.header("authorization") == Some("canary-task") => {
            Reply::json(200, &keys)
        }
        (_, ("PUT", "/latest/api/token"))
            if request
                .header("x-aws-ec2-metadata-token-ttl-seconds")
                .is_some() =>
        {
            Reply::Answer(200, "session".to_owned())
        }
        (_, ("GET", path)) if request.header("x-aws-ec2-metadata-token") == Some("session") => {
            match path {
                "/latest/meta-data/iam/security-credentials/" => {
                    Reply::Answer(200, "kms-role".to_owned())
                }
                "/latest/meta-data/iam/security-credentials/kms-role" => Reply::json(200, &keys),
                _ => Reply::Answer(404, String::new()),
            }
        }
        _ => Reply::Answer(403, String::new()),
    }
}

#[test]
fn a_pod_a_task_and_an_instance_open_the_vault_by_their_role() {
    let user = owner();
    let internet = Internet::start(aws);
    let connected = || internet.connect(run(&user, "kms"), &user);
    let here = internet.url("http");

    let token = user.file("token", "of.the+pod\n");
    let pod = connected()
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::1:role/kms");
    opens(&pod);

    let task = connected()
        .env(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("{here}/container"),
        )
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary-task");
    opens(&task);

    let instance = connected()
        .env("AWS_EC2_METADATA_DISABLED", "")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &here);
    opens(&instance);

    user.file("token", "of another pod");
    assert_eq!(
        pod.failure(),
        (
            8,
            "AWS Security Token Service denied access to the role \"arn:aws:iam::1:role/kms\" (InvalidIdentityToken)".to_owned()
        )
    );
    let wrong = task.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong");
    assert_eq!(
        wrong.failure(),
        (
            8,
            "the container credentials endpoint denied access to the role's keys (403)".to_owned()
        )
    );
}

#[test]
fn a_daemon_that_starts_during_an_outage_waits_for_its_end() {
    let user = owner();
    let attempts = AtomicUsize::new(0);
    let internet = Internet::start(move |request| match request.host.as_str() {
        "api.tatum.io" => Reply::json(200, &json!([])),
        _ => match attempts.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Reply::Answer(503, String::new()),
            _ => {
                let secret = json!({ "pass": PASSWORD }).to_string();
                Reply::json(200, &json!({ "SecretString": secret }))
            }
        },
    });
    let mut daemon = user
        .run("daemon --testnet --run-once --chain=ETH --aws")
        .without_password();
    for (name, value) in [
        ("TATUM_API_KEY", "k"),
        ("TATUM_KMS_AWS_SECRET_NAME", "kms"),
        ("TATUM_KMS_AWS_SECRET_KEY", "pass"),
        ("AWS_REGION", REGION),
    ] {
        daemon = daemon.env(name, value);
    }
    let done = internet.connect(standard_key(daemon), &user).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let requests = internet.requests();
    let hosts: Vec<&str> = requests
        .iter()
        .map(|request| request.host.as_str())
        .collect();
    assert_eq!(hosts[..3], [SECRETS_MANAGER; 3], "{hosts:?}");
    assert!(hosts.contains(&"api.tatum.io"), "{hosts:?}");
}

#[test]
fn an_outage_is_waited_for_and_then_told() {
    let user = owner();
    let hung = Internet::start(|_| Reply::Hang);
    let broken = Internet::start(|_| Reply::Answer(503, "canary".to_owned()));
    let page = Internet::start(|_| Reply::Answer(200, "<html>canary</html>".to_owned()));
    let gone = Internet::start(aws);
    gone.go_away();
    for (internet, code, message) in [
        (&hung, 7, "AWS Secrets Manager did not answer within 2 s"),
        (
            &broken,
            6,
            "AWS Secrets Manager is out of order: it answered 503",
        ),
        (
            &page,
            10,
            "the answer of AWS Secrets Manager cannot be used: it is not of the form of GetSecretValue",
        ),
        (
            &gone,
            6,
            "cannot reach AWS Secrets Manager: no connection to secretsmanager.eu-central-1.amazonaws.com: the proxy or the host turned it down",
        ),
    ] {
        let run = standard_key(run(&user, "kms")).env("TATUM_KMS_PASSWORD_TIMEOUT", "2");
        let run = internet.connect(run, &user);
        assert_eq!(run.failure(), (code, message.to_owned()));
    }
    assert!(broken.requests().len() > 1, "{broken:?}");
    // Too many calls: AWS says so with 400.
    let asked = AtomicUsize::new(0);
    let throttled = Internet::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::json(400, &json!({ "__type": "ThrottlingException" })),
        _ => {
            let secret = json!({ "pass": PASSWORD }).to_string();
            Reply::json(200, &json!({ "SecretString": secret }))
        }
    });
    opens(&throttled.connect(standard_key(run(&user, "kms")), &user));
    assert_eq!(throttled.requests().len(), 2);
    let refused = standard_key(run(&user, "kms"))
        .env("TATUM_KMS_PASSWORD_TIMEOUT", "1")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    assert_eq!(
        refused.failure(),
        (
            6,
            "cannot reach AWS Secrets Manager: 127.0.0.1:1 refused the connection".to_owned()
        )
    );
}

#[test]
fn what_is_missing_or_wrong_is_named_before_anything_is_sent() {
    let user = owner();
    let internet = Internet::start(aws);
    let connected = || internet.connect(run(&user, "kms"), &user);
    for (run, message) in [
        (
            connected().env("TATUM_KMS_AWS_SECRET_NAME", ""),
            "AWS Secrets Manager needs TATUM_KMS_AWS_SECRET_NAME",
        ),
        (
            connected().env("AWS_REGION", ""),
            "AWS Secrets Manager needs a region",
        ),
        (connected(), "AWS Secrets Manager needs credentials"),
        (
            connected().env("TATUM_KMS_AWS_ACCESS_KEY_ID", "AKID"),
            "AWS Secrets Manager needs TATUM_KMS_AWS_SECRET_ACCESS_KEY",
        ),
        (
            connected().env("AWS_WEB_IDENTITY_TOKEN_FILE", "token"),
            "AWS Secrets Manager needs AWS_ROLE_ARN",
        ),
        (
            connected().env("AWS_PROFILE", "nobody"),
            "AWS_PROFILE names the profile \"nobody\", which is in neither file of AWS",
        ),
        (
            connected().env("AWS_ENDPOINT_URL", "http://secrets.example.com"),
            "AWS_ENDPOINT_URL must begin with https://",
        ),
        (
            connected().arg("--password-file=x"),
            "--password-file and --aws exclude each other",
        ),
        (
            connected().arg("--gcp"),
            "--aws and --gcp exclude each other",
        ),
    ] {
        assert_eq!(run.failure(), (2, message.to_owned()), "{}", run.line());
    }
    assert!(internet.requests().is_empty(), "{internet:?}");
}

#[test]
fn checkconfig_tells_the_source_and_no_secret() {
    let user = owner();
    let done = original_key(
        user.run("checkconfig --aws").without_password(),
        &AccessKey {
            id: "AKID".to_owned(),
            secret: "canary-secret".to_owned(),
        },
    )
    .env("TATUM_KMS_AWS_SECRET_NAME", "kms")
    .env("TATUM_KMS_AWS_REGION", REGION)
    .finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    for line in [
        "Password comes from              : AWS Secrets Manager, secret \"kms\" in eu-central-1",
        "AWS host                         : secretsmanager.eu-central-1.amazonaws.com",
        "AWS field of the secret          : the whole secret",
        "AWS credentials                  : TATUM_KMS_AWS_ACCESS_KEY_ID and TATUM_KMS_AWS_SECRET_ACCESS_KEY",
    ] {
        assert!(
            done.stdout.lines().any(|found| found == line),
            "{line}: {done:?}"
        );
    }
    assert!(!format!("{done:?}").contains("canary"), "{done:?}");
}
