//! `--azure`: the password from Azure Key Vault, as scripted hosts play it over TLS.

use kms_tests::{
    internet::{Internet, Reply, Request},
    program::{Invocation, PASSWORD, User},
    secret_service::{fails, is_shown, opens, out_of_reach, owner, report},
};
use serde_json::json;

const KEY_VAULT: &str = "kms.vault.azure.net";
const ENTRA: &str = "login.microsoftonline.com";
/// A proxy as the original needs it: it adds the token and wraps the answer.
const PROXY: &str = "proxy.example.com";
const SECRET: &str = "/secrets/kms-password/?api-version=7.4";

fn set_up(run: Invocation) -> Invocation {
    run.env("TATUM_KMS_AZURE_VAULTURL", KEY_VAULT)
        .env("TATUM_KMS_AZURE_SECRETNAME", "kms-password")
}

fn run(user: &User) -> Invocation {
    set_up(report(user, "--azure"))
}

/// Signs in as an application with its secret.
fn with_secret(run: Invocation) -> Invocation {
    run.env("AZURE_TENANT_ID", "tenant-1")
        .env("AZURE_CLIENT_ID", "client-1")
        .env("AZURE_CLIENT_SECRET", "canary-s3cr3t&=")
}

fn secret(password: &str) -> Reply {
    let id = format!("https://{KEY_VAULT}/secrets/kms-password/1");
    Reply::json(200, &json!({ "value": password, "id": id }))
}

fn error(status: u16, code: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": { "code": code, "message": "canary" } }),
    )
}

/// Azure, where the vault answers `reply` to whoever has a token.
fn azure(reply: Reply) -> Internet {
    Internet::start(move |request| {
        let granted =
            json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "canary-token" });
        let path = request.target.split('?').next().unwrap_or_default();
        match (request.host.as_str(), path) {
            (ENTRA, "/tenant-1/oauth2/v2.0/token") if is_the_application(request) => {
                Reply::json(200, &granted)
            }
            (ENTRA, _) => Reply::json(
                401,
                &json!({
                    "error": "invalid_client",
                    "error_description": "AADSTS7000215: Invalid client secret provided. canary",
                }),
            ),
            (_, "/metadata/identity/oauth2/token")
                if request.header("metadata") == Some("true")
                    && is_for_vaults(request, "2018-02-01") =>
            {
                Reply::json(200, &granted)
            }
            (_, "/msi/token")
                if request.header("x-identity-header") == Some("canary-header")
                    && is_for_vaults(request, "2019-08-01") =>
            {
                Reply::json(200, &granted)
            }
            (KEY_VAULT, "/secrets/kms-password/")
                if request.secure
                    && request.target == SECRET
                    && request.header("authorization") == Some("Bearer canary-token") =>
            {
                reply.clone()
            }
            (PROXY, "/secrets/kms-password/") if request.header("authorization").is_none() => {
                Reply::json(200, &json!({ "data": [{ "value": PASSWORD }] }))
            }
            _ => error(401, "Unauthorized"),
        }
    })
}

/// Whether a request for a token is what Entra demands of the application, by its secret or by a
/// token of a cluster.
fn is_the_application(request: &Request) -> bool {
    let form: std::collections::HashMap<_, _> = request.form().into_iter().collect();
    let field = |name: &str| form.get(name).map(String::as_str);
    let by_secret = field("client_secret") == Some("canary-s3cr3t&=");
    let by_assertion = field("client_assertion") == Some("canary.j.wt")
        && field("client_assertion_type")
            == Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    request.secure
        && request.method == "POST"
        && field("grant_type") == Some("client_credentials")
        && field("client_id") == Some("client-1")
        && field("scope") == Some("https://vault.azure.net/.default")
        && (by_secret || by_assertion)
}

fn is_for_vaults(request: &Request, version: &str) -> bool {
    let wanted = format!("api-version={version}&resource=https%3A%2F%2Fvault.azure.net");
    let query = request.target.split_once('?').map(|(_, query)| query);
    query == Some(wanted.as_str())
}

#[test]
fn each_way_to_sign_in_opens_the_vault() {
    let user = owner();
    let internet = azure(secret(PASSWORD));
    let connected = || internet.connect(run(&user), &user);

    opens(&with_secret(connected()));

    let token = user.file("federated-token", "canary.j.wt\n");
    let workload = connected()
        .env("AZURE_TENANT_ID", "tenant-1")
        .env("AZURE_CLIENT_ID", "client-1")
        .env("AZURE_FEDERATED_TOKEN_FILE", token);
    opens(&workload);

    let app = connected()
        .env("IDENTITY_ENDPOINT", internet.url("http") + "/msi/token")
        .env("IDENTITY_HEADER", "canary-header");
    opens(&app);

    let machine = connected().env("AZURE_POD_IDENTITY_AUTHORITY_HOST", internet.url("http"));
    opens(&machine);
}

#[test]
fn a_proxy_for_the_original_is_shown_no_token() {
    let user = owner();
    let internet = azure(Reply::Hang);
    let run = with_secret(run(&user)).env("TATUM_KMS_AZURE_VAULTURL", PROXY);
    opens(&internet.connect(run, &user));
    let asked = internet.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].host, PROXY);
}

#[test]
fn each_failure_has_its_message_and_exit_code() {
    let user = owner();
    let unusable = |reason| format!("the answer of Azure Key Vault cannot be used: {reason}");
    let signed_in = || with_secret(run(&user));
    for (reply, code, message) in [
        (secret("another password"), 3, "Wrong password.".to_owned()),
        (
            error(403, "Forbidden"),
            8,
            "Azure Key Vault denied access to the secret kms-password (Forbidden)".to_owned(),
        ),
        (
            error(404, "SecretNotFound"),
            9,
            "Azure Key Vault has no secret kms-password (SecretNotFound)".to_owned(),
        ),
        (
            error(400, "BadParameter"),
            8,
            "Azure Key Vault answered 400 (BadParameter)".to_owned(),
        ),
        (
            Reply::Answer(200, "<html>canary</html>".to_owned()),
            10,
            unusable("it is not of the form of a secret"),
        ),
        (
            Reply::json(200, &json!({ "id": "canary" })),
            10,
            unusable("there is no value in it"),
        ),
        (secret(""), 10, unusable("there is no value in it")),
    ] {
        fails(&azure(reply).connect(signed_in(), &user), code, &message);
    }
    let internet = azure(secret(PASSWORD));
    let stranger = signed_in().env("AZURE_CLIENT_SECRET", "canary-wrong");
    let denied = "Microsoft Entra denied access to a token for this client secret (AADSTS7000215)";
    fails(&internet.connect(stranger, &user), 8, denied);
    let service = "Azure Key Vault";
    let entra = ("Microsoft Entra", ENTRA);
    out_of_reach(&user, signed_in, azure, service, entra);
}

#[test]
fn who_cannot_sign_in_is_told() {
    let user = owner();
    let internet = azure(secret(PASSWORD));
    let connected = || internet.connect(run(&user), &user);
    let other = user.file("other-token", "canary.o.ther");
    let application = |run: Invocation| with_secret(run).env("AZURE_CLIENT_SECRET", "");
    for (run, code, message) in [
        (
            application(connected()).env("AZURE_FEDERATED_TOKEN_FILE", other),
            8,
            "Microsoft Entra denied access to a token for this workload identity (AADSTS7000215)",
        ),
        (
            connected()
                .env("IDENTITY_ENDPOINT", internet.url("http") + "/msi/token")
                .env("IDENTITY_HEADER", "canary-wrong"),
            8,
            "the managed identity service denied access to a token for this managed identity",
        ),
        (
            // Nothing listens there.
            connected().env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1"),
            6,
            "cannot reach the managed identity service: 127.0.0.1:1 refused the connection",
        ),
    ] {
        fails(&run, code, message);
    }
    let denied = "the managed identity service denied access to a token for this managed identity (invalid_request)";
    let none =
        json!({ "error": "invalid_request", "error_description": "Identity not found: canary" });
    for (reply, code, machine, entra) in [
        (
            Reply::json(400, &none),
            8,
            denied,
            "Microsoft Entra denied access to a token for this client secret (invalid_request)",
        ),
        (
            Reply::Answer(503, "canary".to_owned()),
            6,
            "the managed identity service is out of order: it answered 503",
            "Microsoft Entra is out of order: it answered 503",
        ),
        (
            Reply::Answer(200, "<html>canary</html>".to_owned()),
            10,
            "the answer of the managed identity service cannot be used: there is no access token in it",
            "the answer of Microsoft Entra cannot be used: there is no access token in it",
        ),
    ] {
        let internet = Internet::start(move |_| reply.clone());
        let connected = || internet.connect(run(&user), &user);
        let url = internet.url("http");
        let by_machine = connected().env("AZURE_POD_IDENTITY_AUTHORITY_HOST", url);
        fails(&by_machine, code, machine);
        fails(&with_secret(connected()), code, entra);
    }
}

#[test]
fn a_version_an_authority_and_one_of_several_identities_can_be_chosen() {
    let user = owner();
    let internet = Internet::start(|request| {
        let granted = json!({ "access_token": "canary-token" });
        let machine = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.usgovcloudapi.net&client_id=client-2";
        match (request.host.as_str(), request.target.as_str()) {
            ("login.example.com", "/tenant-1/oauth2/v2.0/token") => Reply::json(200, &granted),
            (_, target) if target == machine => Reply::json(200, &granted),
            ("kms.vault.usgovcloudapi.net", "/secrets/kms-password/0123abcd?api-version=7.4") => {
                secret(PASSWORD)
            }
            _ => error(404, "canary"),
        }
    });
    let connected = || {
        internet
            .connect(run(&user), &user)
            .env(
                "TATUM_KMS_AZURE_VAULTURL",
                "https://kms.vault.usgovcloudapi.net",
            )
            .env("TATUM_KMS_AZURE_SECRETVERSION", "0123abcd")
    };
    opens(&with_secret(connected()).env("AZURE_AUTHORITY_HOST", "login.example.com"));
    let machine = connected()
        .env("AZURE_CLIENT_ID", "client-2")
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", internet.url("http"));
    opens(&machine);
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let user = owner();
    let none = user.home().join("none");
    let nothing = format!(
        "{} cannot be read: No such file or directory (os error 2)",
        none.display()
    );
    for (run, message) in [
        (
            run(&user).env("TATUM_KMS_AZURE_SECRETNAME", ""),
            "Azure Key Vault needs TATUM_KMS_AZURE_SECRETNAME",
        ),
        (
            run(&user).env("TATUM_KMS_AZURE_VAULTURL", ""),
            "Azure Key Vault needs TATUM_KMS_AZURE_VAULTURL",
        ),
        (
            run(&user).env("TATUM_KMS_AZURE_VAULTURL", "http://kms.vault.azure.net"),
            "TATUM_KMS_AZURE_VAULTURL must begin with https://",
        ),
        (
            run(&user).env("AZURE_CLIENT_SECRET", "canary"),
            "Microsoft Entra needs AZURE_TENANT_ID",
        ),
        (
            run(&user).env("IDENTITY_HEADER", "canary"),
            "the managed identity service needs IDENTITY_ENDPOINT",
        ),
        (
            with_secret(run(&user))
                .env("AZURE_CLIENT_SECRET", "")
                .env("AZURE_FEDERATED_TOKEN_FILE", &none),
            &nothing,
        ),
    ] {
        fails(&run, 2, message);
    }
}

#[test]
fn checkconfig_tells_the_source_and_no_secret() {
    let user = owner();
    let run = set_up(user.run("checkconfig --azure").without_password());
    is_shown(
        &with_secret(run),
        "Azure Key Vault at kms.vault.azure.net by client secret",
    );
}
