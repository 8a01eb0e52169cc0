//! The operations. Each does the same in every run, save for random salts and nonces.

use std::{
    fs,
    hint::black_box,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use anyhow::{Context as _, Result, bail, ensure};
use async_trait::async_trait;
use kms_core::{
    chain::{
        ChainPlugin, Network, NodeApi, NodeError, NodeRequest, PendingTransaction, Registry, sign,
    },
    cloud::{Cloud, CloudConfig, SignatureIds, parse_url},
    daemon::Prepared,
    journal::{Journal as _, JournalFile, PayloadDigest, Standing, Step, TransactionKey},
    keys::SecretText,
    vault::{Entry, KdfParams, OpenVault, StoreOptions, VaultStore},
    wallet,
};
use kms_tests::vectors;
use serde_json::{Value, value::to_raw_value};
use tokio::runtime::Runtime;

use crate::place::Place;

/// Something that is counted.
pub(super) struct Operation {
    /// Its name, here and in the file.
    pub(super) name: &'static str,
    /// Runs it so many times.
    pub(super) run: fn(u32) -> Result<()>,
    /// How often it runs in the two processes whose difference counts.
    pub(super) times: (u32, u32),
}

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "sign-eth-transfer",
        run: |times| sign_recorded("ETH", "signature-r-with-leading-zero-byte", times),
        times: (5, 55),
    },
    Operation {
        name: "sign-btc-input",
        run: |times| sign_recorded("BTC", "p2wpkh-one-input-with-change", times),
        times: (5, 55),
    },
    Operation {
        name: "read-pending-transaction",
        run: read_pending,
        times: (100, 1100),
    },
    Operation {
        name: "reload-vault-of-1000",
        run: reload_vault,
        times: (2, 12),
    },
    Operation {
        name: "poll-for-25000",
        run: poll,
        times: (2, 12),
    },
    Operation {
        name: "journal-one-transaction",
        run: journal,
        times: (10, 110),
    },
];

const PASSWORD: &str = "of no vault but this";

/// From the frozen value to the signed bytes, the key at hand.
fn sign_recorded(chain: &str, name: &str, times: u32) -> Result<()> {
    let case = vectors::transaction(chain, name);
    let plugin = plugin(chain)?;
    let prepared = runtime()?.block_on(prepare(plugin, &case))?;
    for _ in 0..times {
        black_box(sign(plugin, black_box(&prepared.unsigned), &prepared.keys)?);
    }
    Ok(())
}

/// An element of the cloud's list, from its text to what the journal knows it by.
fn read_pending(times: u32) -> Result<()> {
    let case = vectors::transaction("ETH", "signature-r-with-leading-zero-byte");
    let raw = to_raw_value(&case["pending"])?;
    for _ in 0..times {
        let pending = PendingTransaction::from_raw(black_box(&raw))?;
        black_box(PayloadDigest::of(&pending));
    }
    Ok(())
}

/// The vault's file has changed: it is decrypted and indexed, under the key that is there.
fn reload_vault(times: u32) -> Result<()> {
    let place = Place::make(None)?;
    let path = place.path().join("wallet.dat");
    let mut vault = small_vault(&place)?;
    let entry = entry()?;
    let ids = |of: &'static str| (0..500).map(move |number| format!("{of}{number:035}"));
    vault.update(|changes| ids("a").try_for_each(|id| changes.insert(&id, &entry)))?;
    let one = fs::read(&path)?;
    vault.update(|changes| {
        ids("a").for_each(|id| {
            changes.remove(&id);
        });
        ids("b").try_for_each(|id| changes.insert(&id, &entry))
    })?;
    let other = fs::read(&path)?;
    for time in 0..times {
        fs::write(&path, if time % 2 == 0 { &one } else { &other })?;
        ensure!(black_box(vault.refresh()?), "the vault has not changed");
    }
    Ok(())
}

/// A poll for 25,000 wallets, from the list of their ids to the answer: nothing.
fn poll(times: u32) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = thread::spawn(move || answer(&listener, times));
    let mut config = CloudConfig::new(SecretText::new("key"))?;
    config.base_url = parse_url("cloud", &url)?;
    let cloud = Cloud::new(config)?;
    let ids: Vec<String> = (0..25_000).map(|number| format!("{number:036}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let runtime = runtime()?;
    for _ in 0..times {
        let ids = SignatureIds::new(black_box(&ids));
        let answer = runtime.block_on(cloud.pending("ETH", &ids))?;
        ensure!(answer.transactions.is_empty(), "there is nothing");
    }
    drop(runtime);
    match server.join() {
        Ok(result) => result,
        Err(_) => bail!("the server panicked"),
    }
}

/// Reads requests of the known size and says that there is nothing.
fn answer(listener: &TcpListener, times: u32) -> Result<()> {
    let (mut stream, _) = listener.accept()?;
    let mut buffer = vec![0; 2 * 1024 * 1024];
    for _ in 0..times {
        let mut filled = 0;
        loop {
            let rest = buffer.get_mut(filled..).context("a request of 1 MB")?;
            let read = stream.read(rest)?;
            ensure!(read > 0, "the client went away");
            filled += read;
            if buffer
                .get(..filled)
                .is_some_and(|seen| seen.ends_with(b"]}"))
            {
                break;
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")?;
    }
    Ok(())
}

/// A transaction's five entries in the journal, each on the disk before the next.
fn journal(times: u32) -> Result<()> {
    let place = Place::make(None)?;
    let vault = small_vault(&place)?;
    let case = vectors::transaction("ETH", "signature-r-with-leading-zero-byte");
    let plugin = plugin("ETH")?;
    let runtime = runtime()?;
    let prepared = runtime.block_on(prepare(plugin, &case))?;
    let assembled = sign(plugin, &prepared.unsigned, &prepared.keys)?;
    let payload = PayloadDigest::of(&PendingTransaction::from_raw(&to_raw_value(
        &case["pending"],
    )?)?);
    let journal = JournalFile::beside(vault.path()).open(&vault, 365)?;
    for number in 0..times {
        let key = TransactionKey {
            chain: "ETH".to_owned(),
            network: Network::Testnet,
            id: format!("{number:024}"),
        };
        let steps = [
            Step::Frozen {
                unsigned: prepared.unsigned.clone(),
                summary: prepared.summary.to_string(),
            },
            Step::Signed(assembled.clone()),
            Step::Sending,
            Step::Done,
        ];
        runtime.block_on(async {
            let standing = journal.receive(&key, payload).await?;
            ensure!(standing == Standing::Open, "it is new");
            for step in steps {
                journal.advance(&key, step).await?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn plugin(chain: &str) -> Result<&'static dyn ChainPlugin> {
    Ok(Registry::linked()?.require(chain)?)
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")
}

async fn prepare(plugin: &dyn ChainPlugin, case: &Value) -> Result<Prepared> {
    let network = Network::from_testnet_flag(case["testnet"] == true);
    let pending = PendingTransaction::from_raw(&to_raw_value(&case["pending"])?)?;
    let lookup = |id: &str| {
        let entry = case["wallets"].get(id)?;
        Some(Entry::parse(&entry.to_string()))
    };
    Ok(Prepared::new(plugin, &pending, &lookup, &NoNode(network)).await?)
}

/// A vault under the least key derivation there is.
fn small_vault(place: &Place) -> Result<OpenVault> {
    let options = StoreOptions {
        kdf: KdfParams::new(8192, 1, 1)?,
        ..StoreOptions::default()
    };
    let store = VaultStore::new(place.path().join("wallet.dat"), options);
    let mut vault = store.open_or_create(&SecretText::new(PASSWORD))?;
    let entry = entry()?;
    vault.update(|changes| {
        (0..500).try_for_each(|number| changes.insert(&format!("{number:036}"), &entry))
    })?;
    Ok(vault)
}

fn entry() -> Result<SecretText> {
    let plugin = plugin("ETH")?;
    let (entry, _) = wallet::generate_key(plugin, Network::Testnet)?;
    Ok(entry.to_json(plugin.info().entry_fields))
}

/// Asked by none of the recorded transactions here.
struct NoNode(Network);

#[async_trait]
impl NodeApi for NoNode {
    fn network(&self) -> Network {
        self.0
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        Err(NodeError::Unexpected(format!("{} was asked", request.path)))
    }
}
