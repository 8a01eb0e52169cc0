//! Signed transactions against a real Ethereum node: it takes them, and they do what they should.
//! For Ethereum at length, for each relative in each type of transaction, on a private network
//! with that chain's id.

use kms_core::testkit::tally;
use kms_tests::{
    cloud::{Answer, Cloud},
    daemon::{Home, Running},
    node::{Anvil, JsonRpcNode, token_creation},
    samples::{RECIPIENT, SEPOLIA, pending_id},
};
use serde_json::{Value, json};

const GWEI: u64 = 1_000_000_000;
/// `transfer(address,uint256)` and `balanceOf(address)`.
const TRANSFER: &str = "a9059cbb";
const BALANCE_OF: &str = "70a08231";

/// A chain of the program, as far as these tests see it.
struct Chain {
    code: &'static str,
    chain_id: u64,
    /// Whether it is the main network.
    mainnet: bool,
    /// The name of the gas limit in a request.
    gas: &'static str,
    /// More arguments of the daemon.
    arguments: &'static [&'static str],
}

/// Ethereum's test network.
const ETHEREUM: Chain = Chain {
    code: "ETH",
    chain_id: SEPOLIA,
    mainnet: false,
    gas: "gas",
    arguments: &[],
};

/// The main network of another chain.
const fn mainnet(code: &'static str, chain_id: u64) -> Chain {
    Chain {
        code,
        chain_id,
        mainnet: true,
        ..ETHEREUM
    }
}

/// A wallet of the program, the daemon at work on it, and a cloud that passes everything on to
/// a node.
struct Setting {
    chain: &'static Chain,
    cloud: Cloud,
    node: JsonRpcNode,
    wallet: String,
    /// The address at index 0, as Ethereum writes it.
    address: String,
    daemon: Running,
    _home: Home,
    _anvil: Anvil,
}

impl Setting {
    /// Nothing when there is no node on this machine.
    fn start(chain: &'static Chain) -> Option<Self> {
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
    fn mine(&self, number: u64, transaction: &Value) -> (Value, Value) {
        let id = pending_id(number);
        self.queue(&id, transaction);
        self.mined(&id, transaction)
    }

    /// Waits for a transaction that is queued; gives the transaction and its receipt.
    fn mined(&self, id: &str, transaction: &Value) -> (Value, Value) {
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
        tally("nodes", 1_u64, "transactions executed by a node");
        (mined, receipt)
    }

    fn queue(&self, id: &str, transaction: &Value) {
        self.cloud.queue(&json!({
            "id": id,
            "chain": self.chain.code,
            "serializedTransaction": transaction.to_string(),
            "hashes": [self.wallet],
            "index": 0,
        }));
    }

    fn balance(&self, address: &str) -> u128 {
        quantity(
            &self
                .node
                .result("eth_getBalance", &json!([address, "latest"])),
        )
    }

    fn token_balance(&self, token: &Value, address: &str) -> u128 {
        let data = format!("0x{BALANCE_OF}{:0>64}", &address[2..]);
        let call = json!([{"to": token, "data": data}, "latest"]);
        quantity(&self.node.result("eth_call", &call))
    }

    fn stop(self) {
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
fn transfer(amount: u64) -> String {
    format!("0x{TRANSFER}{:0>64}{amount:064x}", &RECIPIENT[2..])
}

/// The number that a node writes in hex.
fn quantity(value: &Value) -> u128 {
    let hex = value
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .expect("hex");
    u128::from_str_radix(hex, 16).expect("a small number")
}

#[test]
fn transfers_of_ether_are_mined() {
    let Some(setting) = Setting::start(&ETHEREUM) else {
        return;
    };

    // The daemon finds out gas, nonce, price and chain id.
    let (mined, _) = setting.mine(
        1,
        &json!({"from": 0, "to": RECIPIENT, "value": "1000000000000000001"}),
    );
    assert_eq!(mined["type"], "0x0");
    assert_eq!(mined["nonce"], "0x0");
    assert_eq!(mined["chainId"], "0xaa36a7");
    assert_eq!(setting.balance(RECIPIENT), 1_000_000_000_000_000_001);

    // Everything given, and the fee that was given is the fee that is paid.
    let before = setting.balance(&setting.address);
    let (_, receipt) = setting.mine(
        2,
        &json!({
            "from": 0, "to": RECIPIENT, "value": "41", "data": "0x6d656d6f", "gas": "30000",
            "gasPrice": (20 * GWEI).to_string(), "nonce": 1, "chainId": SEPOLIA,
        }),
    );
    let fee = quantity(&receipt["gasUsed"]) * u128::from(20 * GWEI);
    assert_eq!(setting.balance(&setting.address), before - fee - 41);
    assert_eq!(setting.balance(RECIPIENT), 1_000_000_000_000_000_042);
    setting.stop();
}

#[test]
fn transactions_listed_together_get_one_nonce_after_the_other() {
    let Some(setting) = Setting::start(&ETHEREUM) else {
        return;
    };
    let ids: Vec<String> = (1..=5).map(pending_id).collect();

    for id in &ids {
        setting.queue(id, &json!({"to": RECIPIENT, "value": "1", "gas": "21000"}));
    }
    for id in &ids {
        setting.cloud.wait_for_broadcast(id);
    }

    assert_eq!(setting.balance(RECIPIENT), 5);
    let nonce = setting.node.result(
        "eth_getTransactionCount",
        &json!([setting.address, "latest"]),
    );
    assert_eq!(nonce, "0x5");
    setting.stop();
}

#[test]
fn contracts_are_created_and_called_in_every_type_of_transaction() {
    let Some(setting) = Setting::start(&ETHEREUM) else {
        return;
    };
    let supply = 1_000_000_000_000;
    let (_, receipt) = setting.mine(1, &json!({"from": 0, "data": token_creation(supply)}));
    let token = receipt["contractAddress"].clone();
    assert!(token.is_string(), "{receipt}");
    assert_eq!(setting.token_balance(&token, &setting.address), supply);

    // ERC-20, legacy (EIP-155).
    let (mined, receipt) = setting.mine(
        2,
        &json!({"from": 0, "to": token, "value": "0", "data": transfer(1_500_000)}),
    );
    assert_eq!(mined["type"], "0x0");
    assert_eq!(
        receipt["logs"].as_array().map(Vec::len),
        Some(1),
        "the event of the transfer"
    );
    assert_eq!(setting.token_balance(&token, RECIPIENT), 1_500_000);
    assert_eq!(
        setting.token_balance(&token, &setting.address),
        supply - 1_500_000
    );

    // EIP-2930: an access list with the first slots of the contract.
    let list = json!([{"address": token, "storageKeys": [format!("0x{:064x}", 0), format!("0x{:064x}", 1)]}]);
    let (mined, _) = setting.mine(
        3,
        &json!({
            "to": token, "data": transfer(1), "type": 1, "accessList": list, "gas": "100000",
            "gasPrice": (20 * GWEI).to_string(),
        }),
    );
    assert_eq!(mined["type"], "0x1");
    assert_eq!(mined["accessList"].as_array().map(Vec::len), Some(1));
    assert_eq!(setting.token_balance(&token, RECIPIENT), 1_500_001);

    // EIP-1559.
    let (mined, _) = setting.mine(
        4,
        &json!({
            "to": token, "data": transfer(1), "gas": "100000",
            "maxFeePerGas": (30 * GWEI).to_string(), "maxPriorityFeePerGas": GWEI.to_string(),
        }),
    );
    assert_eq!(mined["type"], "0x2");
    assert_eq!(quantity(&mined["maxFeePerGas"]), u128::from(30 * GWEI));
    assert_eq!(quantity(&mined["maxPriorityFeePerGas"]), u128::from(GWEI));
    assert_eq!(setting.token_balance(&token, RECIPIENT), 1_500_002);

    // More than there is: the node says so when the gas is estimated, and nothing is signed.
    let id = pending_id(5);
    setting.queue(&id, &json!({"to": token, "data": transfer(u64::MAX)}));
    let text = setting.cloud.wait_for_failure(&id);
    assert!(text.contains("revert"), "{text}");
    assert!(setting.cloud.signed(&id).is_empty());
    setting.stop();
}

/// Native coin, the creation of a contract and a call of it, in every type of transaction, with
/// as little given as possible: what is missing, the daemon finds out.
fn check_every_type(chain: &'static Chain) {
    let Some(setting) = Setting::start(chain) else {
        return;
    };
    let types = [
        ("0x0", json!({})),
        ("0x1", json!({"accessList": []})),
        (
            "0x2",
            json!({
                "maxFeePerGas": (30 * GWEI).to_string(),
                "maxPriorityFeePerGas": GWEI.to_string(),
            }),
        ),
    ];
    // In one poll what needs nothing before it, in another what does.
    let first: Vec<_> = types
        .iter()
        .flat_map(|(kind, members)| {
            let pay = json!({"to": RECIPIENT, "value": "1000000000000000001"});
            let create = json!({"data": token_creation(1_000_000)});
            [
                (*kind, with(members, &pay)),
                (*kind, with(members, &create)),
            ]
        })
        .collect();
    let receipts = mine_in_order(&setting, 0, &first);
    assert_eq!(setting.balance(RECIPIENT), 3_000_000_000_000_000_003);
    let tokens = receipts
        .iter()
        .map(|receipt| &receipt["contractAddress"])
        .filter(|address| address.is_string());
    let tokens: Vec<&Value> = tokens.collect();
    assert_eq!(tokens.len(), types.len());

    let calls: Vec<_> = types
        .iter()
        .zip(&tokens)
        .map(|((kind, members), token)| {
            assert_eq!(setting.token_balance(token, &setting.address), 1_000_000);
            let mut call = json!({"to": token, "data": transfer(400_000), "value": "0"});
            if *kind == "0x1" {
                let slots = [format!("0x{:064x}", 0), format!("0x{:064x}", 1)];
                call["accessList"] = json!([{"address": token, "storageKeys": slots}]);
                call[chain.gas] = json!("100000");
            }
            (*kind, with(members, &call))
        })
        .collect();
    mine_in_order(&setting, first.len(), &calls);
    for token in tokens {
        assert_eq!(setting.token_balance(token, RECIPIENT), 400_000);
        assert_eq!(setting.token_balance(token, &setting.address), 600_000);
    }
    setting.stop();
}

/// Has transactions of these types mined, after this many others; gives their receipts.
fn mine_in_order(setting: &Setting, before: usize, wanted: &[(&str, Value)]) -> Vec<Value> {
    let ids: Vec<String> = (u64::try_from(before).expect("few")..)
        .map(pending_id)
        .take(wanted.len())
        .collect();
    for (id, (_, transaction)) in ids.iter().zip(wanted) {
        setting.queue(id, transaction);
    }
    let chain_id = format!("{:#x}", setting.chain.chain_id);
    (before..)
        .zip(&ids)
        .zip(wanted)
        .map(|((nonce, id), (kind, transaction))| {
            let (mined, receipt) = setting.mined(id, transaction);
            assert_eq!(mined["type"], *kind, "{transaction}");
            assert_eq!(mined["nonce"], format!("{nonce:#x}"), "{transaction}");
            assert_eq!(mined["chainId"], chain_id, "{transaction}");
            receipt
        })
        .collect()
}

/// A request with these members and those.
fn with(members: &Value, more: &Value) -> Value {
    let mut request = json!({"from": 0});
    for (name, value) in [members, more]
        .into_iter()
        .flat_map(Value::as_object)
        .flatten()
    {
        request[name] = value.clone();
    }
    request
}

#[test]
fn every_type_is_mined_on_ethereum() {
    static CHAIN: Chain = mainnet("ETH", 1);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_bsc() {
    static CHAIN: Chain = mainnet("BSC", 56);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_polygon() {
    static CHAIN: Chain = mainnet("MATIC", 137);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_klaytn() {
    static CHAIN: Chain = mainnet("KLAY", 8217);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_kcs() {
    static CHAIN: Chain = mainnet("KCS", 321);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_harmony() {
    static CHAIN: Chain = mainnet("ONE", 1_666_600_000);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_xdc() {
    static CHAIN: Chain = mainnet("XDC", 50);
    check_every_type(&CHAIN);
}

/// In the layout of today; the older one is known to no node that still runs.
#[test]
fn every_type_is_mined_on_celo() {
    static CHAIN: Chain = Chain {
        gas: "gasLimit",
        arguments: &["--chain-option=CELO.layout=cip64"],
        ..mainnet("CELO", 42_220)
    };
    check_every_type(&CHAIN);
}
