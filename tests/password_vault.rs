//! `--vault`: the password from HashiCorp Vault or OpenBao, whose HTTP API scripted hosts play over
//! TLS: no registry that the tests may use carries the server itself.

use kms_tests::{
    internet::{Internet, Reply},
    program::{Invocation, PASSWORD, User},
    secret_service::{fails, is_shown, opens, out_of_reach, owner, report},
};
use serde_json::{Value, json};

const SERVER: &str = "vault.example.com:8200";
const LOGINS: [&str; 3] = [
    "/v1/auth/approle/login",
    "/v1/auth/kubernetes/login",
    "/v1/auth/elsewhere/role/login",
];
const REVOKE: &str = "/v1/auth/token/revoke-self";

fn set_up(run: Invocation) -> Invocation {
    run.env("VAULT_ADDR", format!("https://{SERVER}"))
        .env("TATUM_KMS_VAULT_PATH", "kms/prod")
}

fn run(user: &User) -> Invocation {
    set_up(report(user, "--vault"))
}

fn with_token(run: Invocation) -> Invocation {
    run.env("VAULT_TOKEN", "canary-token")
}

fn with_role(run: Invocation) -> Invocation {
    run.env("TATUM_KMS_VAULT_ROLE_ID", "role-1")
        .env("TATUM_KMS_VAULT_SECRET_ID", "canary-secret")
}

fn secret(field: &str, value: impl Into<Value>) -> Reply {
    let data = json!({ field: value.into(), "note": ["canary"] });
    let metadata = json!({ "version": 3, "destroyed": false });
    Reply::json(
        200,
        &json!({ "data": { "data": data, "metadata": metadata } }),
    )
}

fn error(status: u16) -> Reply {
    Reply::json(status, &json!({ "errors": ["canary"] }))
}

/// The server, which answers `reply` to whoever has a token.
fn vault(reply: Reply) -> Internet {
    Internet::start(move |request| {
        if !request.secure || request.host != SERVER {
            return error(404);
        }
        // Agents can be told to demand it.
        if request.header("x-vault-request") != Some("true") {
            return error(412);
        }
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let entitled = request.header("x-vault-token") == Some("canary-token");
        match (request.method.as_str(), request.target.as_str()) {
            ("POST", path) if LOGINS.contains(&path) => {
                let role = json!({ "role_id": "role-1", "secret_id": "canary-secret" });
                let pod = json!({ "role": "kms", "jwt": "canary.j.wt" });
                match body == role || body == pod {
                    true => Reply::json(
                        200,
                        &json!({ "auth": { "client_token": "canary-token", "renewable": true } }),
                    ),
                    false => error(400),
                }
            }
            ("POST", REVOKE) if entitled => Reply::Answer(204, String::new()),
            ("POST", _) => error(404),
            ("GET", "/v1/secret/data/kms/prod" | "/v1/team/kv/data/kms/prod") if entitled => {
                reply.clone()
            }
            _ => error(403),
        }
    })
}

/// What was asked for, in order.
fn targets(internet: &Internet) -> Vec<String> {
    let asked = internet.requests().into_iter();
    asked.map(|request| request.target).collect()
}

#[test]
fn each_way_to_sign_in_opens_the_vault() {
    let user = owner();
    let secret_id = user.file("secret-id", "canary-secret\n");
    let pod = user.file("pod-token", "canary.j.wt");
    let by_file = |run: Invocation| {
        run.env("TATUM_KMS_VAULT_ROLE_ID", "role-1")
            .env("TATUM_KMS_VAULT_SECRET_ID_FILE", &secret_id)
            .env("TATUM_KMS_VAULT_AUTH_MOUNT", "elsewhere/role")
    };
    let by_pod = |run: Invocation| {
        run.env("TATUM_KMS_VAULT_K8S_ROLE", "kms")
            .env("TATUM_KMS_VAULT_K8S_TOKEN_FILE", &pod)
    };
    let read = "/v1/secret/data/kms/prod";
    for (sign_in, login) in [
        (&with_token as &dyn Fn(Invocation) -> Invocation, None),
        (&with_role, Some(LOGINS[0])),
        (&by_pod, Some(LOGINS[1])),
        (&by_file, Some(LOGINS[2])),
    ] {
        let internet = vault(secret("password", PASSWORD));
        opens(&internet.connect(sign_in(run(&user)), &user));
        // A token that was made for this is not left lying about.
        match login {
            Some(login) => assert_eq!(targets(&internet), [login, read, REVOKE]),
            None => assert_eq!(targets(&internet), [read]),
        }
    }
    user.file(".vault-token", "canary-token\n");
    let internet = vault(secret("password", PASSWORD));
    opens(&internet.connect(run(&user), &user));
}

#[test]
fn mount_field_namespace_and_the_names_of_openbao_are_minded() {
    let user = owner();
    let internet = vault(secret("pin", PASSWORD));
    let run = run(&user)
        .env("VAULT_ADDR", "https://elsewhere.example.com")
        .env("BAO_ADDR", format!("https://{SERVER}"))
        .env("BAO_TOKEN", "canary-token")
        .env("VAULT_TOKEN", "canary-other")
        .env("BAO_NAMESPACE", "team/a")
        .env("TATUM_KMS_VAULT_MOUNT", "team/kv")
        .env("TATUM_KMS_VAULT_FIELD", "pin");
    opens(&internet.connect(run, &user));
    let asked = internet.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].header("x-vault-namespace"), Some("team/a"));
}

#[test]
fn only_the_authority_that_is_named_is_trusted() {
    let user = owner();
    let internet = vault(secret("password", PASSWORD));
    let with = |authority: std::path::PathBuf| {
        with_token(run(&user))
            .env("HTTPS_PROXY", internet.url("http"))
            .env("VAULT_CACERT", authority)
    };
    opens(&with(internet.authority(&user)));
    let other = vault(Reply::Hang);
    let asked = targets(&internet).len();
    // It has the same name and another key.
    let message = format!(
        "cannot reach Vault: no secure connection to {SERVER}: its certificate is not valid"
    );
    fails(&with(other.authority(&user)), 6, &message);
    assert_eq!(targets(&internet).len(), asked);
}

#[test]
fn each_failure_has_its_message_and_exit_code() {
    let user = owner();
    let unusable = |reason| format!("the answer of Vault cannot be used: {reason}");
    let signed_in = || with_token(run(&user));
    for (reply, code, message) in [
        (
            secret("password", "another password"),
            3,
            "Wrong password.".to_owned(),
        ),
        (
            error(403),
            8,
            "Vault denied access to the secret secret/kms/prod".to_owned(),
        ),
        (
            error(404),
            9,
            "Vault has no secret secret/kms/prod".to_owned(),
        ),
        (error(400), 8, "Vault answered 400".to_owned()),
        (
            Reply::Answer(200, "<html>canary</html>".to_owned()),
            10,
            unusable("it is not of the form of a secret"),
        ),
        (
            secret("pin", PASSWORD),
            10,
            unusable("the secret has no field password"),
        ),
        (
            secret("password", 1234),
            10,
            unusable("the field password is not text, or empty"),
        ),
        (
            secret("password", ""),
            10,
            unusable("the field password is not text, or empty"),
        ),
    ] {
        fails(&vault(reply).connect(signed_in(), &user), code, &message);
    }
    let server = ("Vault", SERVER);
    out_of_reach(&user, signed_in, vault, "Vault", server);
}

#[test]
fn who_cannot_sign_in_is_told() {
    let user = owner();
    let internet = vault(secret("password", PASSWORD));
    for (run, code, message) in [
        (
            run(&user).env("VAULT_TOKEN", "canary-wrong"),
            8,
            "Vault denied access to the secret secret/kms/prod",
        ),
        (
            with_role(run(&user)).env("TATUM_KMS_VAULT_SECRET_ID", "canary-wrong"),
            8,
            "Vault denied access to a token for this AppRole",
        ),
        (
            with_role(run(&user)).env("TATUM_KMS_VAULT_AUTH_MOUNT", "nowhere"),
            9,
            "Vault has no login for this AppRole",
        ),
    ] {
        fails(&internet.connect(run, &user), code, message);
    }
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let user = owner();
    let none = user.home().join("none");
    let nothing = format!(
        "VAULT_CACERT names the file {}, which cannot be read: No such file or directory (os error 2)",
        none.display()
    );
    for (run, message) in [
        (
            with_token(run(&user)).env("VAULT_ADDR", ""),
            "Vault needs VAULT_ADDR",
        ),
        (
            with_token(run(&user)).env("TATUM_KMS_VAULT_PATH", ""),
            "Vault needs TATUM_KMS_VAULT_PATH",
        ),
        (
            run(&user),
            "Vault needs VAULT_TOKEN, TATUM_KMS_VAULT_ROLE_ID or TATUM_KMS_VAULT_K8S_ROLE",
        ),
        (
            with_token(run(&user)).env("VAULT_ADDR", "http://vault.example.com"),
            "VAULT_ADDR must begin with https://",
        ),
        (with_token(run(&user)).env("VAULT_CACERT", &none), &nothing),
    ] {
        fails(&run, 2, message);
    }
}

#[test]
fn checkconfig_tells_the_source_and_no_secret() {
    let user = owner();
    let run = set_up(user.run("checkconfig --vault").without_password());
    is_shown(&with_role(run), "Vault at vault.example.com by AppRole");
}
