//! A chain, its node, and the daemon at work between them.

use kms_tests::{
    cloud::{Answer, Cloud},
    daemon::{Home, Running},
    node::{Anvil, JsonRpcNode},
    samples::{RECIPIENT, SEPOLIA, pending_id},
};
use serde_json::{Value, json};

use crate::chains::executed;

pub(super) const GWEI: u64 = 1_000_000_000;
/// `transfer(address,uint256)` and `balanceOf(address)`.
const TRANSFER: &str = "a9059cbb";
const BALANCE_OF: &str = "70a08231";

/// A chain of the program, as far as these tests see it.
pub(super) struct Chain {
    pub(super) code: &'static str,
    pub(super) chain_id: u64,
    /// Whether it is the main network.
    pub(super) mainnet: bool,
    /// The name of the gas limit in a request.
    pub(super) gas: &'static str,
    /// More arguments of the daemon.
    pub(super) arguments: &'static [&'static str],
}

/// Ethereum's test network.
pub(super) const ETHEREUM: Chain = Chain {
    code: "ETH",
    chain_id: SEPOLIA,
    mainnet: false,
    gas: "gas",
    arguments: &[],
};

/// The main network of another chain.
pub(super) const fn mainnet(code: &'static str, chain_id: u64) -> Chain {
    Chain {
        code,
        chain_id,
        mainnet: true,
        ..ETHEREUM
    }
}

/// A wallet of the program, the daemon at work on it, and a cloud that passes everything on to
/// a node.
pub(super) struct Setting {
    pub(super) chain: &'static Chain,
    pub(super) cloud: Cloud,
    pub(super) node: JsonRpcNode,
    pub(super) wallet: String,
    /// The address at index 0, as Ethereum writes it.
    pub(super) address: String,
    pub(super) daemon: Running,
    _home: Home,
    _anvil: Anvil,
}

impl Setting {
    /// Nothing when there is no node on this machine.
    pub(super) fn start(chain: &'static Chain) -> Option<Self> {
        let anvil = Anvil::start(chain.chain_id)?;
        let node = anvil.node();
        let home = Home::new();
        let network = format!("--testnet={}", !chain.mainnet);
        let stored = home.run_json(&["generatemanagedwallet", chain.code, &network]);
        let wallet = stored["signatureId"].as_str().unwrap().to_owned();
        let shown = home.run_json(&["getaddress", &wallet, "0"]);
        let address = shown["address"].as_str().unwrap().replacen("xdc", "0x", 1);
        // 10^20 wei.
        node.result("anvil_setBalance", &json!([address, "0x56bc75e2d63100000"]));

        let cloud = Cloud::start();
        pass_on(&cloud, node);
        let mut command = home.daemon(&cloud);
        command
            .args([
                &network,
                "--external-url-method=POST",
                &format!("--external-url={}", cloud.approval_url()),
            ])
            .args(chain.arguments)
            // For the gas station.
            .env(format!("TATUM_KMS_NODE_URL_{}", chain.code), cloud.url());
        Some(Self {
            chain,
            cloud,
            node,
            wallet,
            address,
            daemon: Running::start(command),
            _home: home,
            _anvil: anvil,
        })
    }

    /// Has a transaction signed and sent; gives the transaction and its receipt.
    pub(super) fn mine(&self, number: u64, transaction: &Value) -> (Value, Value) {
        let id = pending_id(number);
        self.queue(&id, transaction);
        self.mined(&id, transaction)
    }

    /// Waits for a transaction that is queued; gives the transaction and its receipt.
    pub(super) fn mined(&self, id: &str, transaction: &Value) -> (Value, Value) {
        let broadcast = self.cloud.wait_for("a broadcast or a report", |state| {
            if let Some(text) = state.failures_of(id).next() {
                panic!("{transaction}: {text}");
            }
            state.broadcasts_of(id).next().cloned()
        });
        let hash = self.node.result("web3_sha3", &json!([broadcast.tx_data]));
        let mined = self.node.result("eth_getTransactionByHash", &json!([hash]));
        let receipt = self
            .node
            .result("eth_getTransactionReceipt", &json!([hash]));
        assert_eq!(receipt["status"], "0x1", "{transaction}: {receipt}");
        assert_eq!(mined["from"], *self.address, "{transaction}: the signer");
        executed(self.chain.code, 1);
        (mined, receipt)
    }

    pub(super) fn queue(&self, id: &str, transaction: &Value) {
        self.cloud.queue(&json!({
            "id": id,
            "chain": self.chain.code,
            "serializedTransaction": transaction.to_string(),
            "hashes": [self.wallet],
            "index": 0,
        }));
    }

    pub(super) fn balance(&self, address: &str) -> u128 {
        quantity(
            &self
                .node
                .result("eth_getBalance", &json!([address, "latest"])),
        )
    }

    pub(super) fn token_balance(&self, token: &Value, address: &str) -> u128 {
        let data = format!("0x{BALANCE_OF}{:0>64}", &address[2..]);
        let call = json!([{"to": token, "data": data}, "latest"]);
        quantity(&self.node.result("eth_call", &call))
    }

    pub(super) fn stop(self) {
        let done = self.daemon.stop();
        assert_eq!(done.code(), Some(0), "{done:?}");
    }
}

/// Serves the cloud's routes from a node.
fn pass_on(cloud: &Cloud, node: JsonRpcNode) {
    for path in ["/v3/*/web3/*", "/v3/blockchain/node/*"] {
        cloud.route("POST", path, move |request| {
            let mut call = request.json();
            // Klaytn's own names of the same methods.
            let method = call["method"].as_str().expect("a method");
            let method = match method.strip_prefix("klay_") {
                Some("chainID") => "eth_chainId".to_owned(),
                Some(name) => format!("eth_{name}"),
                None => method.to_owned(),
            };
            call["method"] = json!(method);
            Answer::ok(&node.forward(&call))
        });
    }
    cloud.route("GET", "/v3/*/transaction/count/*", move |request| {
        let address = request.path.rsplit('/').next().unwrap_or_default();
        let count = node.result("eth_getTransactionCount", &json!([address, "pending"]));
        Answer::ok(&json!(u64::try_from(quantity(&count)).unwrap()))
    });
    cloud.route("GET", "/v3/blockchain/fee/ETH", move |_| {
        let price = u64::try_from(quantity(&node.result("eth_gasPrice", &json!([])))).unwrap();
        Answer::ok(&json!({"fast": price * 2, "medium": price, "slow": price}))
    });
    // Polygon's gas station, in gwei.
    cloud.route("GET", "/v2", |_| {
        Answer::ok(&json!({"fast": {"maxPriorityFee": 30.5, "maxFee": 31.25}}))
    });
    cloud.route("POST", "/v3/*/broadcast", move |request| {
        match node.call("eth_sendRawTransaction", &json!([request.json()["txData"]])) {
            Ok(hash) => {
                node.result("evm_mine", &json!([]));
                Answer::ok(&json!({"txId": hash}))
            }
            Err(error) => Answer::error(403, "broadcast.failed", &error),
        }
    });
}

/// The call data of a transfer of tokens to [`RECIPIENT`].
pub(super) fn transfer(amount: u64) -> String {
    format!("0x{TRANSFER}{:0>64}{amount:064x}", &RECIPIENT[2..])
}

/// The number that a node writes in hex.
pub(super) fn quantity(value: &Value) -> u128 {
    let hex = value
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .expect("hex");
    u128::from_str_radix(hex, 16).expect("a small number")
}
