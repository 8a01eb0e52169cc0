//! The checks themselves.

use std::collections::BTreeMap;

use serde_json::{Value, json, value::RawValue};

use super::{
    ScriptedNode,
    fuzz::{ChainOptionTexts, KeyTexts, NodeAnswers, SandboxCalls, Transactions, sweep},
    rehearsal_node::RehearsalNode,
    vectors::{Case, ErrorCase, TransactionCase, Vectors, WalletCase, pending},
};
use crate::{
    chain::{
        Assembled, Attempt, Broadcast, ChainPlugin, Network, NodeApi, PendingTransaction,
        SubmitError, TransactionError, Unsigned, rehearsal::RehearsalWallet, sign,
    },
    daemon::Prepared,
    keys::SecretText,
    vault::{Entry, EntryError},
    wallet,
};

/// Runs `plugin` through the contract, with the cases of a vector file.
///
/// # Panics
/// With the case's name, as soon as one does not hold.
pub fn contract(plugin: &'static dyn ChainPlugin, vectors: &str) {
    let vectors = Vectors::parse(vectors);
    assert_eq!(
        vectors.chain,
        plugin.info().code,
        "vectors of another chain"
    );
    for case in &vectors.wallets {
        check_wallet(plugin, case);
    }
    for case in &vectors.transactions {
        check_transaction(plugin, case);
    }
    for case in &vectors.errors {
        check_error(plugin, case);
    }
    for option in plugin.options() {
        assert!(
            (option.accepts)(option.default),
            "{}: what holds when it is not set cannot be set",
            option.name
        );
    }
    check_generated(plugin);
    check_rehearsal(plugin);
    check_hostile(plugin);
}

/// A transaction's way from the cloud to the bytes that leave, without network and journal.
#[derive(Debug)]
pub struct Pipeline {
    /// The value that was signed.
    pub unsigned: Unsigned,
    /// The signed transaction.
    pub assembled: Assembled,
    /// What it does, in one line.
    pub summary: String,
}

impl Pipeline {
    /// Takes `pending` all the way with the vault `wallets` and the node `node`.
    ///
    /// # Errors
    /// The first [`TransactionError`] on the way.
    pub fn run(
        plugin: &dyn ChainPlugin,
        pending: &PendingTransaction,
        wallets: &BTreeMap<String, Value>,
        node: &ScriptedNode,
    ) -> Result<Self, TransactionError> {
        let lookup = lookup(wallets);
        let prepared = runtime().block_on(Prepared::new(plugin, pending, &lookup, node))?;
        let assembled = sign(plugin, &prepared.unsigned, &prepared.keys)?;
        let again = sign(plugin, &as_written(&prepared.unsigned), &prepared.keys)?;
        assert_eq!(
            assembled, again,
            "{}: signing is not deterministic",
            pending.id
        );
        Ok(Self {
            unsigned: prepared.unsigned,
            assembled,
            summary: prepared.summary.to_string(),
        })
    }

    /// Has others sign and submits, for the first time: gives what leaves, and what the cloud is
    /// told of it. The clock stands still but for what is waited for.
    ///
    /// # Errors
    /// The plugin's [`SubmitError`].
    pub fn submit(
        &self,
        plugin: &dyn ChainPlugin,
        node: &dyn NodeApi,
    ) -> Result<(Assembled, Broadcast), SubmitError> {
        runtime().block_on(submit(plugin, &self.unsigned, &self.assembled, node))
    }
}

async fn submit(
    plugin: &dyn ChainPlugin,
    unsigned: &Unsigned,
    assembled: &Assembled,
    node: &dyn NodeApi,
) -> Result<(Assembled, Broadcast), SubmitError> {
    let completed = plugin.cosign(unsigned, assembled.clone(), node).await?;
    let broadcast = plugin.submit(&completed, Attempt::First, node).await?;
    Ok((completed, broadcast))
}

/// A vault of these entries, by signature id.
pub(super) fn lookup(
    wallets: &BTreeMap<String, Value>,
) -> impl Fn(&str) -> Option<Result<Entry, EntryError>> + Sync {
    |id| {
        wallets
            .get(id)
            .map(|entry| Entry::parse(&entry.to_string()))
    }
}

/// Without I/O, and with a clock that jumps to the next thing that is waited for.
pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing")
}

pub(super) fn check_wallet(plugin: &dyn ChainPlugin, case: &WalletCase) {
    let network = Network::from_testnet_flag(case.testnet);
    let Some(phrase) = &case.mnemonic else {
        return;
    };
    let entry = wallet::from_mnemonic(plugin, network, &SecretText::new(phrase.as_str()))
        .unwrap_or_else(|error| panic!("wallet {phrase:.12}…: {error}"));
    if let Some(xpub) = &case.xpub {
        assert_eq!(entry.xpub.as_ref(), Some(xpub), "xpub of {phrase:.12}…");
    }
    let mut watch_only = Entry::new(plugin.info().code, network);
    watch_only.xpub.clone_from(&entry.xpub);
    for (index, expected) in &case.addresses {
        let address = wallet::address(plugin, &entry, *index).expect("an address");
        assert_eq!(
            address.as_str(),
            expected,
            "address {index} of {phrase:.12}…"
        );
        if watch_only.xpub.is_some() {
            let address = wallet::address(plugin, &watch_only, *index).expect("an address");
            assert_eq!(address.as_str(), expected, "address {index} of the xpub");
        }
    }
    for (index, expected) in &case.private_keys {
        let text = wallet::private_key(plugin, &entry, *index).expect("a private key");
        assert_eq!(
            text.expose(),
            expected,
            "private key {index} of {phrase:.12}…"
        );
        let (stored, address) = wallet::from_private_key(plugin, network, &text).expect("a key");
        let shown = wallet::address(plugin, &stored, 0).expect("an address");
        assert_eq!(shown, address, "address of the private key {index}");
        if let Some(expected) = case.addresses.get(index) {
            assert_eq!(
                address.as_str(),
                expected,
                "address of the private key {index}"
            );
        }
    }
}

fn check_transaction(plugin: &'static dyn ChainPlugin, case: &TransactionCase) {
    if case.original_bug.is_some() {
        return;
    }
    let name = &case.name;
    let transaction = pending(&case.pending).unwrap_or_else(|error| panic!("{name}: {error}"));
    let node = ScriptedNode::new(case.case().network, case.case().calls);
    let done = Pipeline::run(plugin, &transaction, case.case().wallets, &node)
        .unwrap_or_else(|error| panic!("{name}: refused: {error}"));
    let (completed, broadcast) = done
        .submit(plugin, &node)
        .unwrap_or_else(|error| panic!("{name}: not submitted: {error}"));
    node.assert_asked_as_recorded();
    if case.deterministic {
        let expected = case.broadcast.body["txData"].as_str();
        assert_eq!(Some(broadcast.tx_data.as_str()), expected, "{name}");
        if let Some(id) = &case.tx_id {
            assert_eq!(&completed.transaction_id, id, "{name}: transaction id");
        }
    }
    let offchain = transaction.withdrawal_id.is_some() && plugin.info().offchain_withdrawals;
    let path = if offchain {
        "/v3/offchain/withdrawal/broadcast"
    } else {
        plugin.info().broadcast_path
    };
    assert_eq!(path, case.broadcast.path, "{name}: broadcast path");
    assert!(!done.summary.is_empty(), "{name}: no summary");

    assert!(
        plugin.assemble(&as_written(&done.unsigned), &[]).is_err(),
        "{name}: assembled without a signature"
    );
    check_foreign_wallets(plugin, name, &transaction, case.case());
    check_mutilated(plugin, &transaction, &done.unsigned, case.case());
}

fn check_error(plugin: &'static dyn ChainPlugin, case: &ErrorCase) {
    let Some(raw) = &case.pending else {
        return;
    };
    if case.kind != "refuse" || case.may_accept {
        return;
    }
    let name = &case.name;
    let outcome = match pending(raw) {
        Err(_) => return,
        Ok(transaction) => run(plugin, &transaction, case.case()),
    };
    let submitted = outcome.map(|done| {
        let node = ScriptedNode::new(case.case().network, case.case().calls);
        done.submit(plugin, &node)
    });
    let (report, shown) = match (submitted, &case.broadcast) {
        (Ok(_), Some(_)) => return,
        (Err(error), Some(_)) => panic!("{name}: refused before the broadcast: {error}"),
        (Ok(Ok((done, _))), None) => panic!("{name}: signed: {}", done.tx_data),
        (Ok(Err(error)), None) => (
            error.report_text(plugin.refusal_style()),
            format!("{error} {error:?}"),
        ),
        (Err(error), None) => (error.report_text(), format!("{error} {error:?}")),
    };
    if case.text == "exact" {
        assert_eq!(Some(&report), case.error.as_ref(), "{name}: report");
    }
    assert_no_secret(name, &format!("{shown} {report}"), case.wallets.values());
}

/// A key that was made for another network or chain must never sign.
fn check_foreign_wallets(
    plugin: &dyn ChainPlugin,
    name: &str,
    transaction: &PendingTransaction,
    case: Case<'_>,
) {
    for (member, value) in [
        ("testnet", json!(!case.network.is_testnet())),
        ("chain", json!("OTHER")),
    ] {
        let mut wallets = case.wallets.clone();
        for entry in wallets.values_mut() {
            entry[member] = value.clone();
        }
        let node = ScriptedNode::new(case.network, case.calls);
        let outcome = Pipeline::run(plugin, transaction, &wallets, &node);
        assert!(
            matches!(outcome, Err(TransactionError::ForeignWallet { .. })),
            "{name}: a wallet with another {member} was not refused"
        );
        assert!(
            node.seen().is_empty(),
            "{name}: a node was asked for a foreign wallet"
        );
    }
}

/// The same value as a later start of the daemon reads it from the journal, with nothing kept of
/// what was made of it.
pub(super) fn as_written(unsigned: &Unsigned) -> Unsigned {
    Unsigned::new(unsigned.signers().to_vec(), unsigned.body().to_vec())
}

/// No prefix and no changed byte of what comes from outside may make a plugin panic.
fn check_mutilated(
    plugin: &dyn ChainPlugin,
    transaction: &PendingTransaction,
    unsigned: &Unsigned,
    case: Case<'_>,
) {
    let runtime = runtime();
    let node = ScriptedNode::new(case.network, case.calls);
    // With the signers at hand: deriving their keys anew would take a thousand times longer.
    let survive = |mutilated: &PendingTransaction| {
        let signers = unsigned.signers().to_vec();
        if let Ok(unsigned) = runtime.block_on(plugin.prepare(mutilated, signers, &node)) {
            let _ = plugin.summarize(case.network, &unsigned);
            let _ = plugin.preimages(&unsigned);
        }
    };
    let text = &transaction.serialized_transaction;
    let steps = |len: usize| (0..len).step_by((len / 40).max(1));
    for position in steps(text.len()) {
        for replacement in ["", "\"", "0", "}", "\u{1F4A5}"] {
            let (Some(head), Some(tail)) = (text.get(..position), text.get(position + 1..)) else {
                continue;
            };
            let mut mutilated = transaction.clone();
            mutilated.serialized_transaction = format!("{head}{replacement}{tail}");
            survive(&mutilated);
        }
        if let Some(head) = text.get(..position) {
            let mut cut = transaction.clone();
            head.clone_into(&mut cut.serialized_transaction);
            survive(&cut);
        }
    }
    for position in steps(unsigned.body().len()) {
        let mut body = unsigned.body().to_vec();
        if let Some(byte) = body.get_mut(position) {
            *byte ^= 0x5a;
        }
        let changed = Unsigned::new(unsigned.signers().to_vec(), body.clone());
        let _ = plugin.preimages(&changed);
        let _ = plugin.summarize(case.network, &changed);
        body.truncate(position);
        let cut = Unsigned::new(unsigned.signers().to_vec(), body);
        let _ = plugin.preimages(&cut);
        let _ = plugin.summarize(case.network, &cut);
        let _ = plugin.assemble(&cut, &[]);
    }
}

/// Wallets made here work, and their text forms read back.
fn check_generated(plugin: &dyn ChainPlugin) {
    let code = plugin.info().code;
    for network in [Network::Mainnet, Network::Testnet] {
        let entry = wallet::generate(plugin, network).expect("a new wallet");
        let stored = Entry::parse(entry.to_json(plugin.info().entry_fields).expose())
            .expect("a readable entry");
        let address = wallet::address(plugin, &stored, 0).expect("an address");
        let text = wallet::private_key(plugin, &stored, 0).expect("a private key");
        let (single, same) = wallet::from_private_key(plugin, network, &text).expect("a key");
        assert_eq!(address, same, "{code}: address of the exported key");
        let shown = format!("{entry:?} {single:?}");
        assert!(
            !shown.contains(text.expose()),
            "{code}: Debug shows a private key"
        );
        if let Some(phrase) = &entry.mnemonic {
            assert!(
                !shown.contains(phrase.expose()),
                "{code}: Debug shows a mnemonic"
            );
        }
        let (_, address) = wallet::generate_key(plugin, network).expect("a new key");
        let (_, other) = wallet::generate_key(plugin, network).expect("a new key");
        assert_ne!(address, other, "{code}: two new keys are the same");

        let rubbish = SecretText::new("rubbish-that-is-no-key");
        let error =
            wallet::from_private_key(plugin, network, &rubbish).expect_err("rubbish is no key");
        assert!(
            !format!("{error} {error:?}").contains("rubbish"),
            "{code}: {error}"
        );
    }
}

/// What the sandbox plays is signed, and the plugin's judge finds the right signer.
fn check_rehearsal(plugin: &'static dyn ChainPlugin) {
    let Some(rehearsal) = plugin.rehearsal() else {
        return;
    };
    let info = plugin.info();
    let network = Network::Testnet;
    let entry = wallet::generate(plugin, network).expect("a new wallet");
    let addresses = (0..3)
        .map(|index| wallet::address(plugin, &entry, index).expect("an address"))
        .collect::<Vec<_>>();
    let id = "00000000-0000-4000-8000-000000000001";
    let wallet = RehearsalWallet {
        id: id.to_owned(),
        mnemonic: entry.mnemonic.is_some(),
        addresses: addresses.clone(),
    };
    let stored: Value =
        serde_json::from_str(entry.to_json(info.entry_fields).expose()).expect("a readable entry");
    let wallets = BTreeMap::from([(id.to_owned(), stored)]);
    let transactions = rehearsal.transactions(network, &[wallet]);
    assert!(
        !transactions.is_empty(),
        "{}: the sandbox has nothing to sign",
        info.code
    );
    for transaction in transactions {
        let json = json!({
            "id": "0123456789abcdef01234567",
            "chain": info.code,
            "serializedTransaction": transaction.serialized,
            "hashes": transaction.hashes,
            "index": transaction.index,
            "signatures": transaction.signatures.iter()
                .map(|(id, index)| json!({"id": id, "index": index}))
                .collect::<Vec<_>>(),
        });
        let raw = RawValue::from_string(json.to_string()).expect("valid JSON");
        let pending = pending(&raw).expect("a readable pending transaction");
        let lookup = lookup(&wallets);
        let node = RehearsalNode::new(plugin, network);
        let runtime = runtime();
        let title = transaction.title;
        let prepared = runtime
            .block_on(Prepared::new(plugin, &pending, &lookup, &node))
            .unwrap_or_else(|error| panic!("{title}: {error}"));
        let assembled = sign(plugin, &prepared.unsigned, &prepared.keys)
            .unwrap_or_else(|error| panic!("{title}: {error}"));
        let (completed, broadcast) = runtime
            .block_on(submit(plugin, &prepared.unsigned, &assembled, &node))
            .unwrap_or_else(|error| panic!("{title}: {error}"));
        let sent = node.sent();
        assert_eq!(sent.is_some(), broadcast.on_chain, "{title}: what was sent");
        let sent = sent.unwrap_or_else(|| broadcast.tx_data.clone());
        let verdict = rehearsal
            .verify(network, &sent)
            .unwrap_or_else(|error| panic!("{title}: the judge says: {error}"));
        let against = rehearsal.verify_against(network, &transaction.serialized, &sent);
        assert_eq!(
            against.as_ref(),
            Ok(&verdict),
            "{title}: against what was asked for"
        );
        assert_eq!(verdict.transaction_id, completed.transaction_id, "{title}");
        assert!(!verdict.signers.is_empty(), "{title}: nobody signed");
    }
    assert!(
        rehearsal.verify(network, "").is_err(),
        "the judge accepts nothing at all"
    );
}

/// What the fuzzers look into, for some hundred inputs: transactions, answers of nodes, and what
/// people type.
fn check_hostile(plugin: &'static dyn ChainPlugin) {
    const CASES: usize = 300;
    sweep(&KeyTexts::of(&[plugin]), CASES);
    if !plugin.options().is_empty() {
        sweep(&ChainOptionTexts::of(&[plugin]), CASES);
    }
    if plugin.rehearsal().is_some() {
        sweep(&Transactions::of(&[plugin]), CASES);
        sweep(&SandboxCalls::of(&[plugin]), CASES);
        let answers = NodeAnswers::of(&[plugin]);
        if answers.asks() {
            sweep(&answers, CASES);
        }
    }
}

fn run(
    plugin: &dyn ChainPlugin,
    transaction: &PendingTransaction,
    case: Case<'_>,
) -> Result<Pipeline, TransactionError> {
    let node = ScriptedNode::new(case.network, case.calls);
    Pipeline::run(plugin, transaction, case.wallets, &node)
}

fn assert_no_secret<'a>(name: &str, shown: &str, entries: impl Iterator<Item = &'a Value>) {
    for entry in entries {
        for member in ["mnemonic", "privateKey", "secret"] {
            if let Some(secret) = entry[member].as_str().filter(|secret| secret.len() > 12) {
                assert!(
                    !shown.contains(secret),
                    "{name}: the error repeats a secret"
                );
            }
        }
    }
}
