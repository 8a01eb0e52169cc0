//! A node that speaks JSON-RPC, on the loopback interface.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use crate::private_network::{PrivateNetwork, left_out};

/// A private Ethereum network of one node: anvil. It mines when it is told to, by `evm_mine`, so
/// that nobody has to wait for it. It is killed when this is dropped.
#[derive(Debug)]
pub struct Anvil(PrivateNetwork);

impl Anvil {
    /// Starts a network with this chain id; nothing when anvil is not installed.
    ///
    /// # Panics
    /// When it is installed and does not start; and when it is not installed and the variable
    /// `CI` is `true`: there, nothing may be left out.
    pub fn start(chain_id: u64) -> Option<Self> {
        let Some(program) = program() else {
            left_out("anvil is not installed: `npm ci` in tests/nodes does it");
            return None;
        };
        let chain_id = chain_id.to_string();
        let mut command = Command::new(program);
        command.args(["--chain-id", &chain_id, "--port", "0", "--no-mining"]);
        Some(Self(PrivateNetwork::start(command)))
    }

    /// A way to the node that can be moved elsewhere.
    pub fn node(&self) -> JsonRpcNode {
        self.0.node()
    }
}

/// The program: what npm put beside the tests, or one on the path.
fn program() -> Option<PathBuf> {
    let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("nodes/node_modules/.bin/anvil");
    let on_path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&on_path).map(|folder| folder.join("anvil"));
    [local]
        .into_iter()
        .chain(on_path)
        .find(|path| path.is_file())
}

/// A way to a node.
#[derive(Clone, Copy, Debug)]
pub struct JsonRpcNode {
    address: SocketAddr,
    login: Option<(&'static str, &'static str)>,
}

impl JsonRpcNode {
    /// A way to a node that wants to know nobody's name.
    pub fn open(address: SocketAddr) -> Self {
        Self {
            address,
            login: None,
        }
    }

    /// A way to a node that wants a user name and a password (RFC 7617).
    pub fn with_password(address: SocketAddr, user: &'static str, password: &'static str) -> Self {
        Self {
            address,
            login: Some((user, password)),
        }
    }

    /// Calls a method; gives its result, or the error's message.
    pub fn call(&self, method: &str, params: &Value) -> Result<Value, String> {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut answer = self.forward(&call);
        match answer["error"]["message"].as_str() {
            Some(message) => Err(message.to_owned()),
            None => Ok(answer["result"].take()),
        }
    }

    /// Calls a method that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub fn result(&self, method: &str, params: &Value) -> Value {
        self.call(method, params)
            .unwrap_or_else(|error| panic!("{method} {params}: {error}"))
    }

    /// Passes a JSON-RPC call on as it is; gives the whole answer.
    ///
    /// # Panics
    /// When the node does not answer.
    pub fn forward(&self, call: &Value) -> Value {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let body = runtime
            .block_on(self.post(call.to_string()))
            .expect("an answer of the node");
        serde_json::from_slice(&body).expect("JSON")
    }

    async fn post(&self, body: String) -> Result<Bytes, Box<dyn std::error::Error>> {
        let stream = tokio::net::TcpStream::connect(self.address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let mut request = hyper::Request::post("/")
            .header("host", self.address.to_string())
            .header("content-type", "application/json");
        if let Some((user, password)) = self.login {
            let login = STANDARD.encode(format!("{user}:{password}"));
            request = request.header("authorization", format!("Basic {login}"));
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        let connection = tokio::spawn(connection);
        let answer = sender
            .send_request(request)
            .await?
            .into_body()
            .collect()
            .await?;
        connection.abort();
        Ok(answer.to_bytes())
    }
}

/// The creation code of the ERC-20 token in `tests/nodes`, in hex without `0x`, for this supply.
pub fn token_creation(supply: u128) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("nodes/Token.bin");
    let code = fs::read_to_string(path).expect("the token's code");
    format!("{}{supply:064x}", code.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_network_has_its_chain_id_and_takes_the_token() {
        let Some(anvil) = Anvil::start(5) else { return };
        let node = anvil.node();
        assert_eq!(node.result("eth_chainId", &json!([])), "0x5");
        assert!(node.call("eth_nonsense", &json!([])).is_err());

        let owner = node.result("eth_accounts", &json!([]))[0].clone();
        let creation = json!([{"from": owner, "data": format!("0x{}", token_creation(7))}]);
        let hash = node.result("eth_sendTransaction", &creation);
        node.result("evm_mine", &json!([]));
        let receipt = node.result("eth_getTransactionReceipt", &json!([hash]));
        assert_eq!(receipt["status"], "0x1");
        let supply = json!([{"to": receipt["contractAddress"], "data": "0x18160ddd"}, "latest"]);
        assert_eq!(node.result("eth_call", &supply), format!("0x{:064x}", 7));
    }
}
