//! Whether what came is what was asked for.

use std::collections::{HashMap, HashSet};

use kms_core::chain::{ChainPlugin, Network, rehearsal::RehearsalWallet};

use super::requests::Requests;
use crate::cloud::State;

/// What is wrong with the broadcasts of a run, in words; nothing when all is well: each
/// transaction came, once, can be decoded, is signed by its wallet and in the order of that
/// wallet's transactions.
pub(crate) fn faults(
    plugin: &dyn ChainPlugin,
    network: Network,
    signers: &[RehearsalWallet],
    requests: &Requests,
    state: &State,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut times = vec![0_usize; requests.asked.len()];
    let mut last_of: HashMap<usize, usize> = HashMap::new();
    let mut bytes: HashSet<&str> = HashSet::new();
    let mut tell = |number: usize, what: &str| faults.push(format!("transaction {number}: {what}"));
    for broadcast in &state.broadcasts {
        let Some(number) = broadcast.number else {
            tell(usize::MAX, "nobody asked for it");
            continue;
        };
        let (Some(asked), Some(times)) = (requests.asked.get(number), times.get_mut(number)) else {
            continue;
        };
        *times = times.saturating_add(1);
        if *times > 1 {
            tell(number, "came more than once");
            continue;
        }
        if last_of
            .insert(asked.signer, number)
            .is_some_and(|last| last > number)
        {
            tell(number, "was overtaken by a later one of its wallet");
        }
        if asked.distinct && !bytes.insert(&broadcast.tx_data) {
            tell(number, "has the bytes of another");
        }
        let sent = state.sent.get(&broadcast.tx_data);
        let tx_data = sent.unwrap_or(&broadcast.tx_data);
        let owner = signers.get(asked.signer);
        match verdict(plugin, network, &asked.serialized, tx_data) {
            Err(reason) => tell(number, &reason),
            Ok(signers) => {
                let own = |signer: &String| {
                    owner.is_some_and(|owner| {
                        owner.addresses.iter().any(|own| own.as_str() == signer)
                    })
                };
                if signers.is_empty() || !signers.iter().all(own) {
                    tell(number, &format!("is signed by {}", signers.join(", ")));
                }
            }
        }
    }
    for (number, _) in times.iter().enumerate().filter(|(_, times)| **times == 0) {
        faults.push(format!("transaction {number}: did not come"));
    }
    let failures = state.failures.iter();
    faults.extend(failures.map(|failure| format!("reported as failed: {failure}")));
    let unknown = state.unknown.iter();
    faults.extend(unknown.map(|call| format!("the cloud could not answer {call}")));
    faults
}

fn verdict(
    plugin: &dyn ChainPlugin,
    network: Network,
    serialized: &str,
    tx_data: &str,
) -> Result<Vec<String>, String> {
    let rehearsal = plugin.rehearsal().ok_or("the sandbox cannot judge it")?;
    let verdict = rehearsal.verify_against(network, serialized, tx_data)?;
    let signers = verdict.signers.iter();
    Ok(signers.map(ToString::to_string).collect())
}
