//! Adding an EVM chain takes one row, from outside the crates of this program: the daemon polls
//! for it, completes its transactions, signs and sends them.

use std::sync::Arc;

use kms_core::{
    approval::NoApproval,
    chain::Registry,
    cloud::{CloudConfig, parse_url},
    daemon::{Daemon, DaemonConfig, Mode, NoObserver, Parts, Selection, Tally, VaultWatch},
    journal::MemoryJournal,
    prelude::*,
    vault::{StoreOptions, VaultStore},
};
use kms_evm::{ChainIds, EvmChain, wallet};
use kms_tests::{
    cloud::{Broadcast, Cloud},
    daemon::API_KEY,
    program::{PASSWORD, User},
    samples::pending_id,
};
use serde_json::{Value, json};
use tokio::sync::watch;

/// The row. With its facts, it is all there is of this chain.
static EXAMPLE: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[7_001],
        testnet: &[7_002],
    },
    "/v3/example/web3/{apiKey}",
);

static INFO: ChainInfo = ChainInfo {
    code: "EXAMPLE",
    name: "Example Chain",
    unit: Unit::new("EXM", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/60'/0'/0"),
    entry_fields: &[EntryField::Xpub, EntryField::Mnemonic],
    broadcast_path: "/v3/example/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

inventory::submit! { ChainRegistration::new(&EXAMPLE) }

const WALLET: &str = "a0000000-0000-4000-8000-000000000001";

/// What the daemon sends for this request, when the node is of chain `chain_id`, or the text that
/// it reports.
fn run(chain_id: u64, request: &Value) -> Result<Broadcast, String> {
    let cloud = Cloud::start();
    for (method, result) in [
        ("eth_estimateGas", 21_000),
        ("eth_getTransactionCount", 9),
        ("eth_gasPrice", 20_000_000_000),
        ("eth_chainId", chain_id),
    ] {
        cloud.rpc(method, json!(format!("{result:#x}")));
    }
    let id = pending_id(1);
    cloud.queue(&json!({
        "id": id, "chain": "EXAMPLE", "hashes": [WALLET],
        "serializedTransaction": request.to_string(),
    }));

    let tally = run_daemon(&cloud);
    let sent = cloud.look(|state| state.broadcasts_of(&id).next().cloned());
    match sent {
        Some(sent) => {
            assert_eq!((tally.sent, tally.failed), (1, 0));
            Ok(sent)
        }
        None => {
            assert_eq!((tally.sent, tally.failed), (0, 1));
            Err(cloud.failures(&id).concat())
        }
    }
}

/// One cycle of the daemon with all chains of this program, and a vault with the key of the
/// example of EIP-155.
fn run_daemon(cloud: &Cloud) -> Tally {
    let key = json!({"chain": "EXAMPLE", "testnet": true, "privateKey": "46".repeat(32)});
    let user = User::with_wallets([(WALLET, &key)]);
    let store = VaultStore::new(user.vault(), StoreOptions::default());
    let mut config = CloudConfig::new(SecretText::new(API_KEY)).unwrap();
    config.base_url = parse_url("the cloud", &cloud.url()).unwrap();
    let parts = Parts {
        registry: Registry::linked().unwrap(),
        cloud: kms_core::cloud::Cloud::new(config).unwrap(),
        vault: VaultWatch::new(store.open(&SecretText::new(PASSWORD)).unwrap()),
        approver: Arc::new(NoApproval),
        journal: Arc::new(MemoryJournal::new()),
        observer: Arc::new(NoObserver),
    };
    let config = DaemonConfig {
        network: Network::Testnet,
        period: DaemonConfig::DEFAULT_PERIOD,
        mode: Mode::Once(Selection::default()),
        concurrency: DaemonConfig::DEFAULT_CONCURRENCY,
        dry_run: false,
    };
    let (_stop, stopped) = watch::channel(false);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(Daemon::new(config, parts, &stopped).run())
}

/// The bytes are those of ethers 6.
#[test]
fn it_is_signed_for_through_the_daemon() {
    let request = json!({
        "from": 0, "to": "0x3535353535353535353535353535353535353535",
        "value": "1000000000000000000",
    });
    let sent = run(7_002, &request).unwrap();
    assert_eq!(sent.path, "/v3/example/broadcast");
    assert_eq!(sent.tx_data, SIGNED);
}

const SIGNED: &str = "0xf86e098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000808236d7a08ae93497810e5088b3fca76890f0bc04970416dec5c74a36942daf3d6b6e316aa03c0272f0c341e8594b596008b7e339672a6622d91b745cc37295fbc04822ff26";

/// The main network's chain id on the test network, and that of another chain.
#[test]
fn another_chain_id_is_refused() {
    let request = json!({"to": "0x3535353535353535353535353535353535353535", "value": "1"});
    for chain_id in [7_001, 1] {
        let text = run(chain_id, &request).unwrap_err();
        assert!(text.contains(&chain_id.to_string()), "{text}");
    }
}
