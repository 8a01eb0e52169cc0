//! The recorded cases of the plugins at work: what the cloud answers, and the daemon on them.

use std::{
    process::Command,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::{
    cloud::{Answer, Cloud, Request},
    daemon::Home,
};

/// Some calls carry the API key in their path; the vectors show it as this or as `{apiKey}`.
const API_KEY: &str = "API-KEY";
/// Where nodes outside the cloud are, on the mock.
const OUTSIDE: &str = "/outside";

/// A home with the case's wallets.
pub fn home(case: &Value) -> Home {
    let wallets = case["wallets"].as_object().expect("wallets");
    Home::with_wallets(wallets.iter().map(|(id, entry)| (id.as_str(), entry)))
}

/// The daemon on the case's chain and network.
pub fn daemon(home: &Home, cloud: &Cloud, chain: &str, case: &Value) -> Command {
    let mut command = home.daemon(cloud);
    command.arg(format!("--chain={chain}"));
    reach_nodes(&mut command, cloud, chain);
    if case["testnet"] == true {
        command.arg("--testnet");
    } else {
        command.arg(format!("--external-url={}", cloud.approval_url()));
    }
    command
}

/// Has the daemon find the chain's nodes where [`answer_calls`] answers for them.
pub fn reach_nodes(command: &mut Command, cloud: &Cloud, chain: &str) {
    command.env("TATUM_API_KEY", API_KEY).env(
        format!("TATUM_KMS_NODE_URL_{chain}"),
        format!("{}{OUTSIDE}", cloud.url()),
    );
}

/// Adds to the recorded calls of a case of Solana what only a daemon asks that does not know
/// whether its transaction arrived: the node has not seen it, and still may.
pub fn add_doubts_of_solana(case: &mut Value) {
    let path = case["calls"][0]["path"].clone();
    let call = |method: &str, result: Value| {
        json!({
            "method": "POST",
            "path": path,
            "body": {"jsonrpc": "2.0", "method": method},
            "response": {"jsonrpc": "2.0", "result": result},
        })
    };
    let calls = case["calls"].as_array_mut().expect("calls");
    let nowhere = json!({"context": {"slot": 1000}, "value": [null]});
    calls.push(call("getSignatureStatuses", nowhere));
    let early = json!({"absoluteSlot": 1000, "blockHeight": 1});
    calls.push(call("getEpochInfo", early));
}

/// Has the cloud take the case's broadcast, if it has one.
pub fn answer_broadcast(cloud: &Cloud, case: &Value) {
    let wanted = &case["broadcast"];
    if wanted.is_object() {
        let accepted = json!({"txId": case["txId"], "completed": true});
        cloud.route(
            text(&wanted["method"]),
            &bare(text(&wanted["path"])),
            move |_| Answer::ok(&accepted),
        );
    }
}

/// Has the cloud answer the calls that were recorded with the case.
pub fn answer_calls(cloud: &Cloud, case: &Value) {
    let recorded: Vec<Recorded> = list(&case["calls"]).map(Recorded::read).collect();
    let routes: Vec<(String, String)> = recorded
        .iter()
        .map(|call| (call.method.clone(), call.path.clone()))
        .collect();
    let script = Arc::new(Mutex::new(recorded));
    for (method, path) in routes {
        let script = Arc::clone(&script);
        cloud.route(&method, &path, move |request| {
            answer(&mut script.lock().expect("no handler panicked"), request)
        });
    }
}

/// One recorded call.
struct Recorded {
    method: String,
    path: String,
    body: Value,
    status: u16,
    answer: Value,
    used: bool,
}

impl Recorded {
    fn read(call: &Value) -> Self {
        let member = |names: [&str; 3]| {
            names
                .into_iter()
                .find_map(|name| call.get(name))
                .cloned()
                .unwrap_or_default()
        };
        let mut answer = member(["response", "responseBody", "answer"]);
        let mut status = call["status"].as_u64();
        if let (Some(inner), Some(body)) = (answer.get("status"), answer.get("body")) {
            (status, answer) = (inner.as_u64(), body.clone());
        }
        let place = call.get("url").unwrap_or(&call["path"]);
        let path = match text(place).split_once("://") {
            Some((_, rest)) => {
                format!("{OUTSIDE}{}", &rest[rest.find('/').unwrap_or(rest.len())..])
            }
            None => text(place).to_owned(),
        };
        Self {
            method: text(&call["method"]).to_owned(),
            path: bare(&path),
            body: member(["body", "request", "requestBody"]),
            status: status.map_or(200, |status| u16::try_from(status).expect("an HTTP status")),
            answer,
            used: false,
        }
    }

    fn rpc_method(&self) -> Option<&str> {
        rpc_method(&self.body)
    }
}

fn rpc_method(body: &Value) -> Option<&str> {
    body["jsonrpc"].as_str().and(body["method"].as_str())
}

/// The answers of the same call come in the recorded order; the last one is repeated.
fn answer(script: &mut [Recorded], request: &Request) -> Answer {
    let body = request.json();
    let method = rpc_method(&body);
    let is_asked = |call: &Recorded| match method {
        Some(_) => call.rpc_method() == method,
        None => call.rpc_method().is_none() && request.is(&call.method, &call.path),
    };
    let exact = |call: &Recorded| method.is_none() && same(&call.body, &body);
    // Whoever asks the same again gets the same again, and no answer to somebody else's question.
    let position = script
        .iter()
        .position(|call| is_asked(call) && exact(call) && !call.used)
        .or_else(|| {
            script
                .iter()
                .rposition(|call| is_asked(call) && exact(call))
        })
        .or_else(|| script.iter().position(|call| is_asked(call) && !call.used))
        .or_else(|| script.iter().rposition(is_asked));
    let Some(position) = position else {
        return Answer::error(404, "not.found", &format!("nothing recorded for {request}"));
    };
    let call = &mut script[position];
    call.used = true;
    match (method, &call.answer) {
        (Some(_), Value::Object(members))
            if members.contains_key("result") || members.contains_key("error") =>
        {
            let mut answer = call.answer.clone();
            answer["jsonrpc"] = json!("2.0");
            answer["id"] = body["id"].clone();
            Answer::json(call.status, &answer)
        }
        (Some(_), result) => {
            Answer::ok(&json!({"jsonrpc": "2.0", "id": body["id"], "result": result}))
        }
        (None, answer) => Answer::json(call.status, answer),
    }
}

/// JSON equality. An absent member is as good as null, and text that holds JSON is compared as
/// JSON.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(a), Value::String(b)) if a != b => {
            let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
            match (parsed(a), parsed(b)) {
                (Some(a), Some(b)) => (a.is_object() || a.is_array()) && same(&a, &b),
                _ => false,
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            let null = Value::Null;
            a.keys().chain(b.keys()).all(|name| {
                let (a, b) = (a.get(name).unwrap_or(&null), b.get(name).unwrap_or(&null));
                same(a, b)
            })
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        _ => left == right,
    }
}

/// A path without query and last slash, the API key filled in.
pub fn bare(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    path.trim_end_matches('/').replace("{apiKey}", API_KEY)
}

/// Text, or none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of a list, or none.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
