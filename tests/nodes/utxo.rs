//! Coins and transactions of Bitcoin and Bitcoin Cash, whose nodes are relatives: bcoin and bcash.

use kms_tests::{node::JsonRpcNode, private_network::PrivateNetwork};
use serde_json::{Value, json};

use crate::{
    chains::executed,
    desk::{Desk, text},
};

/// What the first blocks of a new network earn, in satoshis.
const REWARD: u64 = 50_0000_0000;
/// The script that the nodes here mine for, and what spends it: everybody can.
const EVERYBODY: &str = "a914da1745e9b549bd0bfa1a569971c77eba30cd5a4b87";
const BY_EVERYBODY: &str = "0151";
/// What nodes say of a signature that is none of the transaction.
const WRONG_SIGNATURE: &str = "mandatory-script-verify-flag";

/// So many blocks are mined first. SegWit (BIP-141), and locks in version 2 (BIP-68), are the rule
/// after three periods of 144 blocks, one of which has to signal them (BIP-9).
pub(crate) const BLOCKS: u32 = 433;
/// What each coin of a test has, in satoshis, and what each transaction leaves for its fee.
pub(crate) const COIN: u64 = 3_0000_0000;
pub(crate) const FEE: u64 = 10_000;
/// Somebody else, by P2PKH and P2SH.
pub(crate) const STRANGERS: [&str; 2] = [
    "76a914000102030405060708090a0b0c0d0e0f1011121388ac",
    "a914000102030405060708090a0b0c0d0e0f1011121387",
];
/// An output that says something.
pub(crate) const SAYS: &str = "6a0568656c6c6f";

/// A key, and the scripts that it can spend, as the node says.
#[derive(Debug)]
pub(crate) struct Key {
    wallet: String,
    /// None of a wallet that is a single key.
    index: Option<u64>,
    secret: String,
    scripts: Value,
}

impl Key {
    /// The same key, kept once more for another chain.
    fn store_for(&self, desk: &Desk, chain: &str) -> Self {
        let line = format!("storemanagedprivatekey {chain} --testnet");
        let stored = desk.user.run(&line).stdin(&self.secret).json();
        Self {
            wallet: text(&stored["signatureId"]).to_owned(),
            index: None,
            secret: self.secret.clone(),
            scripts: self.scripts.clone(),
        }
    }

    /// The script of one kind, in hex.
    pub(crate) fn script(&self, kind: &str) -> &str {
        text(&self.scripts[kind])
    }
}

/// A coin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coin {
    /// The transaction that made it.
    transaction: String,
    index: u32,
    satoshis: u64,
    /// In hex.
    script: String,
}

impl Coin {
    /// Whether it is there, unspent, in the blocks.
    fn exists(&self, node: JsonRpcNode) -> bool {
        let outpoint = json!([self.transaction, self.index, false]);
        let found = node.result("gettxout", &outpoint);
        if found.is_null() {
            return false;
        }
        assert_eq!(satoshis(&found["value"]), self.satoshis, "{self:?}");
        assert_eq!(found["scriptPubKey"]["hex"], *self.script, "{self:?}");
        true
    }
}

/// A decimal number of coins, as JSON has it, in satoshis.
fn satoshis(value: &Value) -> u64 {
    let decimal = value.to_string();
    let (whole, fraction) = decimal.split_once('.').unwrap_or((&decimal, ""));
    format!("{whole}{fraction:0<8}")
        .parse()
        .unwrap_or_else(|error| panic!("{decimal}: {error}"))
}

/// Mines the first blocks, and has a reward made into coins of these scripts, in a block of their
/// own.
fn fund(node: JsonRpcNode, scripts: &[&str]) -> Vec<Coin> {
    let mined = node.result("mine", &json!([BLOCKS]));
    let block = node.result("getblock", &json!([mined[0], true, true]));
    let reward = Coin {
        transaction: text(&block["tx"][0]["txid"]).to_owned(),
        index: 0,
        satoshis: REWARD,
        script: EVERYBODY.to_owned(),
    };
    let mut outputs: Vec<(u64, &str)> = scripts.iter().map(|script| (COIN, *script)).collect();
    let paid: u64 = outputs.iter().map(|(satoshis, _)| satoshis).sum();
    outputs.push((REWARD - paid - 10_000, EVERYBODY));
    let spends = [(&reward, BY_EVERYBODY)];
    let funding = serialize(&spends, &outputs, 0);
    let funding = text(&node.result("submit", &json!([funding]))).to_owned();
    node.result("mine", &json!([1]));
    let coins = made(&funding, &outputs);
    assert!(coins.iter().all(|coin| coin.exists(node)));
    coins[..scripts.len()].to_vec()
}

/// Coins, each with its key, into outputs, in this block or a later one.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    pub(crate) coins: Vec<(&'a Coin, &'a Key)>,
    pub(crate) outputs: Vec<(u64, &'a str)>,
    pub(crate) locktime: u32,
}

impl<'a> Transaction<'a> {
    /// Something of a coin to a stranger, and the rest back.
    pub(crate) fn payment(coin: &'a Coin, key: &'a Key) -> Self {
        let rest = coin.satoshis - 1_2345_6789 - FEE;
        Self {
            coins: vec![(coin, key)],
            outputs: vec![(1_2345_6789, STRANGERS[0]), (rest, &coin.script)],
            locktime: 0,
        }
    }

    /// As it is pending in the cloud for Bitcoin.
    fn for_bitcoin(&self) -> Value {
        let inputs = self.coins.iter().map(|(coin, _)| {
            json!({
                "prevTxId": coin.transaction, "outputIndex": coin.index,
                "sequenceNumber": 0xffff_fffe_u32, "script": "", "scriptString": "",
                "output": {"satoshis": coin.satoshis, "script": coin.script},
            })
        });
        let outputs = self
            .outputs
            .iter()
            .map(|(satoshis, script)| json!({"satoshis": satoshis, "script": script}));
        let request = json!({
            "version": 2, "nLockTime": self.locktime,
            "inputs": inputs.collect::<Vec<_>>(), "outputs": outputs.collect::<Vec<_>>(),
        });
        self.pending("BTC", &request.to_string())
    }

    /// As it is pending in the cloud for Bitcoin Cash.
    fn for_bitcoin_cash(&self) -> Value {
        let inputs: Vec<_> = self.coins.iter().map(|(coin, _)| (*coin, "")).collect();
        let unsigned = serialize(&inputs, &self.outputs, self.locktime);
        let amounts: Vec<u64> = self.coins.iter().map(|(coin, _)| coin.satoshis).collect();
        self.pending("BCH", &format!("{unsigned}:{}", json!(amounts)))
    }

    /// Each key is named as often as it signs, in the order of the inputs.
    fn pending(&self, chain: &str, serialized: &str) -> Value {
        let keys = || self.coins.iter().map(|(_, key)| key);
        let signatures = keys()
            .filter(|key| key.index.is_some())
            .map(|key| json!({"id": key.wallet, "index": key.index}));
        json!({
            "chain": chain,
            "serializedTransaction": serialized,
            "hashes": keys().map(|key| &key.wallet).collect::<Vec<_>>(),
            "signatures": signatures.collect::<Vec<_>>(),
        })
    }

    /// Compares what became of it: the coins are spent, and the outputs are there.
    fn check_mined(&self, node: JsonRpcNode, id: &str, block: &Value) {
        let mined = block["tx"].as_array().expect("a list");
        assert!(mined.contains(&json!(id)), "{id} is not in {mined:?}");
        for (coin, _) in &self.coins {
            assert!(!coin.exists(node), "{coin:?} is not spent");
        }
        for coin in made(id, &self.outputs) {
            // What only says something nobody can spend, so no node keeps it.
            assert_eq!(coin.exists(node), coin.script != SAYS, "{coin:?}");
        }
    }
}

/// A chain with its node.
#[derive(Debug)]
pub(crate) struct Chain {
    code: &'static str,
    node: &'static str,
    /// The kind of its addresses.
    address: &'static str,
    /// A transaction as it is pending in the cloud.
    pending: fn(&Transaction<'_>) -> Value,
}

/// Bitcoin.
pub(crate) const BITCOIN: Chain = Chain {
    code: "BTC",
    node: "bcoin",
    address: "p2wpkh",
    pending: |transaction| transaction.for_bitcoin(),
};
/// Bitcoin Cash.
pub(crate) const BITCOIN_CASH: Chain = Chain {
    code: "BCH",
    node: "bcash",
    address: "p2pkh",
    pending: |transaction| transaction.for_bitcoin_cash(),
};

/// A wallet of a chain, and the chain's node.
#[derive(Debug)]
pub(crate) struct Setting {
    chain: &'static Chain,
    desk: Desk,
    wallet: String,
    network: PrivateNetwork,
}

impl Setting {
    /// Nothing when there is no node on this machine.
    pub(crate) fn start(chain: &'static Chain) -> Option<Self> {
        let network = PrivateNetwork::of_package("bitcoin", &[chain.node], &[])?;
        let desk = Desk::new();
        desk.broadcast_to(network.node(), "/v3/*/broadcast", with_another_locktime);
        Some(Self {
            wallet: desk.wallet(chain.code),
            chain,
            desk,
            network,
        })
    }

    /// The key at an index. Its address must be the one that the node has for it.
    pub(crate) fn key(&self, index: u64) -> Key {
        let wallet = &self.wallet;
        let shown = self.desk.run(&format!("getprivatekey {wallet} {index}"));
        let secret = text(&shown["privateKey"]).to_owned();
        let known = self.network.node().result("scripts", &json!([secret]));
        let shown = self.desk.run(&format!("getaddress {wallet} {index}"));
        assert_eq!(shown["address"], known["addresses"][self.chain.address]);
        Key {
            wallet: wallet.clone(),
            index: Some(index),
            secret,
            scripts: known["scripts"].clone(),
        }
    }

    /// Coins of these scripts, in a block.
    pub(crate) fn fund(&self, scripts: &[&str]) -> Vec<Coin> {
        fund(self.network.node(), scripts)
    }

    /// Has all of these signed, mined in one block, and looks at what became of them; the node must
    /// have refused each of them with a changed byte. Then it refuses the first one's coin, which
    /// is spent.
    pub(crate) fn sign_and_mine(&self, transactions: &[Transaction<'_>]) {
        let (desk, node, pending) = (&self.desk, self.network.node(), self.chain.pending);
        let daemon = desk.daemon("--testnet");
        for (number, transaction) in (1..).zip(transactions) {
            desk.queue(number, &pending(transaction));
        }
        let mut ids = Vec::new();
        for (number, _) in (1..).zip(transactions) {
            ids.push(text(&desk.sent(number)).to_owned());
        }
        let block = node.result("mine", &json!([1]));
        let block = node.result("getblock", &json!([block[0]]));
        for (transaction, id) in transactions.iter().zip(&ids) {
            transaction.check_mined(node, id, &block);
        }
        executed(self.chain.code, ids.len());

        let refusals = desk.refusals();
        assert_eq!(refusals.len(), ids.len());
        for refusal in refusals {
            assert!(refusal.contains(WRONG_SIGNATURE), "{refusal}");
        }
        let (coin, key) = transactions[0].coins[0];
        let mut again = Transaction::payment(coin, key);
        again.outputs.swap(0, 1);
        desk.queue(99, &pending(&again));
        let failure = desk.failure(99);
        assert!(failure.contains("bad-txns-inputs"), "{failure}");
        desk.stop(daemon);
    }

    /// With the key of a wallet somebody signs for another chain what would spend its coin: the
    /// node refuses that, and takes the same when it is signed for its own chain.
    pub(crate) fn sign_for(&self, other: &Chain) {
        let desk = &self.desk;
        let key = self.key(0);
        let foreign = key.store_for(desk, other.code);
        let coins = self.fund(&[key.script("p2pkh")]);
        let daemon = desk.daemon("--testnet");
        let wrong = Transaction::payment(&coins[0], &foreign);
        desk.queue(1, &(other.pending)(&wrong));
        let failure = desk.failure(1);
        assert!(failure.contains(WRONG_SIGNATURE), "{failure}");
        let right = Transaction::payment(&coins[0], &key);
        desk.queue(2, &(self.chain.pending)(&right));
        desk.sent(2);
        desk.stop(daemon);
    }
}

/// The coins that a transaction makes.
fn made(transaction: &str, outputs: &[(u64, &str)]) -> Vec<Coin> {
    (0..)
        .zip(outputs)
        .map(|(index, (satoshis, script))| Coin {
            transaction: transaction.to_owned(),
            index,
            satoshis: *satoshis,
            script: (*script).to_owned(),
        })
        .collect()
}

/// A transaction as it goes over the wire: coins with the scripts that spend them, outputs, and the
/// block from which on it may be mined.
fn serialize(inputs: &[(&Coin, &str)], outputs: &[(u64, &str)], locktime: u32) -> String {
    let mut hex = format!("02000000{:02x}", inputs.len());
    for (coin, script) in inputs {
        let mut transaction = hex::decode(&coin.transaction).expect("an id");
        transaction.reverse();
        hex += &hex::encode(transaction);
        hex += &hex::encode(coin.index.to_le_bytes());
        hex += &format!("{:02x}{script}", script.len() / 2);
        // Not the highest, so that the locktime counts.
        hex += "feffffff";
    }
    hex += &format!("{:02x}", outputs.len());
    for (satoshis, script) in outputs {
        hex += &hex::encode(satoshis.to_le_bytes());
        hex += &format!("{:02x}{script}", script.len() / 2);
    }
    hex + &hex::encode(locktime.to_le_bytes())
}

/// The same transaction for another locktime, which every signature is for. It is at the end.
pub(crate) fn with_another_locktime(signed: &str) -> String {
    let (rest, locktime) = signed.split_at(signed.len() - 8);
    let mut bytes = hex::decode(locktime).expect("hex");
    // By one block, which has come: nothing else is against it.
    bytes[0] ^= 1;
    rest.to_owned() + &hex::encode(bytes)
}
