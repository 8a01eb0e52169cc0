//! `--vgs`: the password behind an alias of VGS, whose endpoint scripted hosts play over TLS.

use kms_tests::{
    internet::{Internet, Reply},
    program::{Invocation, PASSWORD, User},
    secret_service::{fails, is_shown, opens, out_of_reach, owner, report},
};
use serde_json::json;

const LIVE: &str = "api.live.verygoodvault.com";
const SANDBOX: &str = "api.sandbox.verygoodvault.com";

fn set_up(run: Invocation) -> Invocation {
    run.env("TATUM_KMS_VGS_USERNAME", "user-1")
        .env("TATUM_KMS_VGS_PASSWORD", "canary-login")
        .env("TATUM_KMS_VGS_ALIAS", "tok_canary/1")
}

fn run(user: &User) -> Invocation {
    set_up(report(user, "--vgs"))
}

fn revealed(value: &str) -> Reply {
    let alias =
        json!({ "value": value, "classifiers": [], "aliases": [{ "alias": "tok_canary" }] });
    Reply::json(200, &json!({ "data": [alias] }))
}

/// VGS, which answers `reply` to its customer.
fn vgs(reply: Reply) -> Internet {
    Internet::start(move |request| {
        let known = [LIVE, SANDBOX].contains(&request.host.as_str());
        let asked = (request.method.as_str(), request.target.as_str());
        if !known || asked != ("GET", "/aliases/tok_canary%2F1") {
            return Reply::json(404, &json!({ "errors": [{ "detail": "canary" }] }));
        }
        if !request.secure || request.basic().as_deref() != Some("user-1:canary-login") {
            return Reply::json(401, &json!({ "errors": [{ "detail": "canary" }] }));
        }
        reply.clone()
    })
}

#[test]
fn an_alias_of_a_live_vault_and_of_the_sandbox_opens_the_vault() {
    let user = owner();
    let internet = vgs(revealed(PASSWORD));
    opens(&internet.connect(run(&user), &user));
    let url = format!("https://{SANDBOX}/");
    opens(&internet.connect(run(&user).env("TATUM_KMS_VGS_URL", url), &user));
    let hosts: Vec<_> = internet
        .requests()
        .into_iter()
        .map(|request| request.host)
        .collect();
    assert_eq!(hosts, [LIVE, SANDBOX]);
}

#[test]
fn each_failure_has_its_message_and_exit_code() {
    let user = owner();
    let unusable = |reason| format!("the answer of VGS cannot be used: {reason}");
    for (reply, code, message) in [
        (
            revealed("another password"),
            3,
            "Wrong password.".to_owned(),
        ),
        (
            Reply::json(403, &json!({})),
            8,
            "VGS denied access to the alias".to_owned(),
        ),
        (
            Reply::json(400, &json!({ "errors": [{ "detail": "canary" }] })),
            8,
            "VGS answered 400".to_owned(),
        ),
        (
            Reply::Answer(200, "<html>canary</html>".to_owned()),
            10,
            unusable("it is not of the form of an alias"),
        ),
        (
            Reply::json(200, &json!({ "data": [] })),
            10,
            unusable("there is no value in it"),
        ),
        (revealed(""), 10, unusable("there is no value in it")),
    ] {
        fails(&vgs(reply).connect(run(&user), &user), code, &message);
    }
    let internet = vgs(revealed(PASSWORD));
    let stranger = run(&user).env("TATUM_KMS_VGS_PASSWORD", "canary-wrong");
    let denied = "VGS denied access to the alias";
    fails(&internet.connect(stranger, &user), 8, denied);
    let elsewhere = run(&user).env("TATUM_KMS_VGS_ALIAS", "tok_canary-2");
    let none = "VGS has no such alias";
    fails(&internet.connect(elsewhere, &user), 9, none);
    out_of_reach(&user, || run(&user), vgs, "VGS", ("VGS", LIVE));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let user = owner();
    for (variable, value, message) in [
        (
            "TATUM_KMS_VGS_USERNAME",
            "",
            "VGS needs TATUM_KMS_VGS_USERNAME",
        ),
        (
            "TATUM_KMS_VGS_PASSWORD",
            "",
            "VGS needs TATUM_KMS_VGS_PASSWORD",
        ),
        ("TATUM_KMS_VGS_ALIAS", "", "VGS needs TATUM_KMS_VGS_ALIAS"),
        (
            "TATUM_KMS_VGS_USERNAME",
            "canary:1",
            "TATUM_KMS_VGS_USERNAME must not hold a colon",
        ),
        (
            "TATUM_KMS_VGS_URL",
            "http://vgs.example.com",
            "TATUM_KMS_VGS_URL must begin with https://",
        ),
    ] {
        fails(&run(&user).env(variable, value), 2, message);
    }
}

#[test]
fn checkconfig_tells_the_source_and_no_secret() {
    let user = owner();
    let run = set_up(user.run("checkconfig --vgs").without_password());
    is_shown(&run, &format!("VGS at {LIVE}"));
}
