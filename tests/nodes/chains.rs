//! Every chain of the program: which node executes its transactions, and which have none.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
};

use kms_core::testkit::tally;
use kms_tests::program::User;

/// Chains whose transactions are executed, and by what.
const EXECUTED: [(&str, &str); 14] = [
    ("ADA", "the ledger of Scalus"),
    ("ALGO", "the ledger of go-algorand"),
    ("BCH", "bcash"),
    ("BSC", "anvil"),
    ("BTC", "bcoin"),
    ("CELO", "anvil"),
    ("ETH", "anvil"),
    ("KCS", "anvil"),
    ("KLAY", "anvil"),
    ("LTC", "litecoind"),
    ("MATIC", "anvil"),
    ("ONE", "anvil"),
    // In the suite `interop`.
    ("SOL", "litesvm"),
    ("XDC", "anvil"),
];

/// Chains of which crates.io, npm, PyPI and Debian have no node.
const WITHOUT_A_NODE: [&str; 8] = ["BNB", "DOGE", "EGLD", "FLOW", "TRON", "VET", "XLM", "XRP"];

/// Counts transactions of a chain that its node has executed.
///
/// # Panics
/// When the chain is not in the list of those.
pub(crate) fn executed(chain: &str, count: usize) {
    let listed = EXECUTED.iter().any(|(listed, _)| *listed == chain);
    assert!(listed, "{chain} is not in the list of what is executed");
    let what = format!("transactions of {chain} executed by a node");
    tally("nodes", count, &what);
}

#[test]
fn every_chain_has_a_node_or_is_left_out_by_name() {
    let chains = User::new().run("chains --json").json();
    let chains: Vec<&str> = chains
        .as_array()
        .expect("a list")
        .iter()
        .map(|chain| chain["code"].as_str().expect("a code"))
        .collect();
    let executed = EXECUTED.iter().map(|(chain, _)| *chain);
    let listed: Vec<&str> = executed.chain(WITHOUT_A_NODE).collect();
    let set: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(set.len(), listed.len(), "listed twice");
    let advice = "each chain belongs into one of the two lists of this file";
    assert_eq!(set, chains.into_iter().collect(), "{advice}");

    // Not by a macro, whose output nobody sees of a test that passes.
    let mut stderr = io::stderr().lock();
    for chain in WITHOUT_A_NODE {
        let line = format!("LEFT OUT: {chain}: no registry carries a node of it");
        writeln!(stderr, "{line}").expect("stderr");
        tally("nodes", 1_u64, "chains without a node that can be had");
    }
    for (chain, node) in EXECUTED {
        writeln!(stderr, "{chain}: executed by {node}").expect("stderr");
    }
}
