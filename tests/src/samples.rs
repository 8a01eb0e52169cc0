//! Wallets and pending transactions that are complete in themselves: signing them asks no node.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::{
    cloud::{Answer, Cloud},
    vectors,
};

/// The chain id of the Ethereum test network here.
pub const SEPOLIA: u64 = 11_155_111;
/// Signature id of [`eth_wallet`].
pub const ETH_WALLET: &str = "e0000000-0000-4000-8000-000000000001";
/// The private key of [`eth_wallet`].
pub const ETH_KEY: &str = "0x92d65e7730368f31559650db95c7f1e63593bad9f55aed606a3f6d90a3985aae";
/// The address of [`eth_wallet`], with its checksum (EIP-55) left out.
pub const ETH_ADDRESS: &str = "0x27092cbe8c80ac5b1e73d0e2b1b335a82b61efee";
/// Signature id of [`other_eth_wallet`].
pub const OTHER_ETH_WALLET: &str = "e0000000-0000-4000-8000-000000000002";
/// Signature id of [`eth_mnemonic`].
pub const ETH_MNEMONIC: &str = "e0000000-0000-4000-8000-000000000003";
/// A recipient.
pub const RECIPIENT: &str = "0x00000000000000000000000000000000000000aa";

/// An Ethereum wallet of one private key on the test network.
pub fn eth_wallet() -> Value {
    json!({"privateKey": ETH_KEY, "chain": "ETH", "testnet": true})
}

/// Another one.
pub fn other_eth_wallet() -> Value {
    let key = "0xd47743b2bcd6da2e0815e44e224908a862c7b2a67bbe0be4e7994fba483e6393";
    json!({"privateKey": key, "chain": "ETH", "testnet": true})
}

/// An Ethereum wallet of a mnemonic on the test network.
pub fn eth_mnemonic() -> Value {
    let words =
        "mandate sausage whisper imitate utility action glare follow response night clinic vault";
    let xpub = "xpub6EFp8b5FYzB6CJsskWbXazzvEgbttbeUhpvNJtBMVj47ov9xgnAWVjdmMWXzXPXRrgR3ffdVhTVA4wSt1bKYjJX2kmZ7Db5kM5QuxHLmtRs";
    json!({"xpub": xpub, "mnemonic": words, "chain": "ETH", "testnet": true})
}

/// An id of a pending transaction: 24 hexadecimal digits.
pub fn pending_id(number: u64) -> String {
    format!("{number:024x}")
}

/// A transfer of ether by [`eth_wallet`], complete with this nonce. Nonce 0 given as a number
/// counts as absent.
pub fn eth_transfer(id: &str, nonce: u64) -> Value {
    let mut transaction = eth_transaction();
    transaction["nonce"] = json!(nonce);
    eth_pending(id, ETH_WALLET, &transaction)
}

/// Lists a transfer of ether whose nonce is asked of the cloud, which says another one each time,
/// from 7 on: signing it twice gives two different transactions.
pub fn queue_with_changing_nonce(cloud: &Cloud, id: &str) {
    let asked = AtomicU64::new(7);
    cloud.route("GET", "/v3/ethereum/transaction/count/*", move |_| {
        let nonce = asked.fetch_add(1, Ordering::SeqCst);
        Answer::ok(&json!(nonce))
    });
    cloud.queue(&eth_pending(id, ETH_WALLET, &eth_transaction()));
}

/// The members of a transfer without a nonce, which has to be asked for.
pub fn eth_transaction() -> Value {
    json!({
        "from": 0,
        "to": RECIPIENT,
        "value": "12340000000000000",
        "gas": "21000",
        "gasPrice": "20000000000",
        "chainId": SEPOLIA,
    })
}

/// A pending transaction of Ethereum for one wallet.
pub fn eth_pending(id: &str, wallet: &str, transaction: &Value) -> Value {
    json!({
        "id": id,
        "chain": "ETH",
        "serializedTransaction": transaction.to_string(),
        "hashes": [wallet],
        "index": null,
        "signatures": null,
        "withdrawalId": null,
        "withdrawalResponses": null,
    })
}

/// A recorded transfer of bitcoin on the test network, and what signing it gives.
#[derive(Clone, Debug)]
pub struct BtcSample {
    /// Signature id of the wallet.
    pub wallet_id: String,
    /// The wallet.
    pub wallet: Value,
    /// The pending transaction.
    pub pending: Value,
    /// The signed transaction, in hex.
    pub signed: String,
}

impl BtcSample {
    /// The sample.
    ///
    /// # Panics
    /// When the vectors of BTC do not have it any more.
    pub fn load() -> Self {
        let case = vectors::transaction("BTC", "p2wpkh-one-input-with-change");
        assert_eq!(case["testnet"], true);
        let wallets = case["wallets"].as_object().expect("wallets");
        let (wallet_id, wallet) = wallets.iter().next().expect("a wallet");
        Self {
            wallet_id: wallet_id.clone(),
            wallet: wallet.clone(),
            pending: case["pending"].clone(),
            signed: case["signed"].as_str().expect("hex").to_owned(),
        }
    }

    /// Its pending id.
    pub fn id(&self) -> &str {
        self.pending["id"].as_str().expect("an id")
    }
}
