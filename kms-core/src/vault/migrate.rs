//! Bringing a vault of the original into the current format, and a report of what it holds.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Entry, FileFormat, OpenVault, Vault, VaultError};
use crate::{
    chain::{ChainPlugin, Network, Registry},
    keys::{Mnemonic, PublicKey, SecretText},
    wallet,
};

/// What the report on a vault goes by. This crate knows no chain by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct MigrationRules<'a> {
    /// The codes of the chains the original supported.
    pub known_chains: &'a [&'a str],
    /// Its mistakes that may have cost an owner something.
    pub traps: &'a [LegacyTrap],
    /// The plugins of this program: where there is one for a chain, its keys are read.
    pub registry: Option<&'a Registry>,
}

/// A mistake of the original, and the entries it may have touched.
#[derive(Clone, Copy, Debug)]
pub struct LegacyTrap {
    /// The codes of the chains.
    pub chains: &'static [&'static str],
    /// The entries of these chains.
    pub applies: TrapCondition,
    /// What happened, and what the owner should do: one or more sentences.
    pub advice: &'static str,
}

/// Which entries a [`LegacyTrap`] touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrapCondition {
    /// Those with a mnemonic.
    Mnemonic,
    /// Those with a key and no mnemonic.
    KeyOnly,
    /// Those with a key and its address: stored by the commands that take a mnemonic.
    KeyWithAddress,
    /// Those whose address or key is one of these.
    Published(&'static [&'static str]),
}

impl TrapCondition {
    fn holds(self, entry: &Entry) -> bool {
        match self {
            Self::Mnemonic => entry.mnemonic.is_some(),
            Self::KeyOnly => entry.mnemonic.is_none() && entry.stored_key().is_some(),
            Self::KeyWithAddress => entry.address.is_some() && entry.stored_key().is_some(),
            Self::Published(values) => {
                let address = entry.address.as_deref();
                let key = entry.stored_key().map(SecretText::expose);
                [address, key]
                    .iter()
                    .flatten()
                    .any(|text| values.contains(text))
            }
        }
    }
}

/// What a vault holds, and what was done to its file. Holds no secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationReport {
    /// The vault.
    pub path: PathBuf,
    /// Whether the file was in the original's format until now.
    pub upgraded: bool,
    /// Where the original's file is kept, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<PathBuf>,
    /// The number of entries, every one of which was kept as it was.
    pub entries: usize,
    /// How many of which kind, by chain code and network.
    pub chains: BTreeMap<String, BTreeMap<String, KindCounts>>,
    /// Entries that cannot be used as they are, or not as one would expect.
    pub odd: Vec<OddEntry>,
    /// Entries that a mistake of the original may have touched.
    pub traps: Vec<TrapFinding>,
}

/// How many entries of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KindCounts {
    /// With a mnemonic.
    pub mnemonic: usize,
    /// With a `privateKey`.
    pub private_key: usize,
    /// With a `secret`.
    pub secret: usize,
    /// With nothing that signs.
    pub other: usize,
}

/// An entry with something unusual about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OddEntry {
    /// The signature id.
    pub id: String,
    /// The chain code, where one can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// What is unusual.
    pub reasons: Vec<String>,
}

/// An entry that a mistake of the original may have touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrapFinding {
    /// The signature id.
    pub id: String,
    /// The chain code.
    pub chain: String,
    /// What happened, and what the owner should do.
    pub advice: &'static str,
}

impl OpenVault {
    /// Brings a file of the original into the current format, keeps the old one beside it, and
    /// reports what the vault holds. A vault in the current format is only reported on.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn migrate(&mut self, rules: MigrationRules<'_>) -> Result<MigrationReport, VaultError> {
        let was_legacy = self.format() == FileFormat::Legacy;
        let kept = self.upgrade()?;
        let mut report = report(self.vault(), rules);
        report.path = self.path().to_owned();
        report.upgraded = was_legacy && kept.is_some();
        report.kept = kept;
        Ok(report)
    }
}

/// The report on `vault`; nothing of its file.
fn report(vault: &Vault, rules: MigrationRules<'_>) -> MigrationReport {
    let mut report = MigrationReport {
        path: PathBuf::new(),
        upgraded: false,
        kept: None,
        entries: vault.len(),
        chains: BTreeMap::new(),
        odd: Vec::new(),
        traps: Vec::new(),
    };
    let mut open_keys = OpenKeys::default();
    for id in vault.ids() {
        let Some(Ok(entry)) = vault.entry(id) else {
            report.odd.push(OddEntry {
                id: id.to_owned(),
                chain: None,
                reasons: vec!["a member is missing or has the wrong type".to_owned()],
            });
            continue;
        };
        count(&mut report, &entry);
        let plugin = rules
            .registry
            .and_then(|registry| registry.get(&entry.chain));
        let reasons = oddities(id, &entry, plugin, rules);
        if !reasons.is_empty() {
            report.odd.push(OddEntry {
                id: id.to_owned(),
                chain: Some(entry.chain.clone()),
                reasons,
            });
        }
        let listed = rules.traps.iter().filter(|trap| {
            trap.chains.contains(&entry.chain.as_str()) && trap.applies.holds(&entry)
        });
        let advice =
            listed
                .map(|trap| trap.advice)
                .chain(open_to_anyone(&entry, plugin, &mut open_keys));
        report.traps.extend(advice.map(|advice| TrapFinding {
            id: id.to_owned(),
            chain: entry.chain.clone(),
            advice,
        }));
    }
    for id in vault.repeated_ids() {
        report.odd.push(OddEntry {
            id: id.to_owned(),
            chain: None,
            reasons: vec![
                "another entry further down has the same signature id, and is the one that counts"
                    .to_owned(),
            ],
        });
    }
    report
}

fn count(report: &mut MigrationReport, entry: &Entry) {
    let networks = report.chains.entry(entry.chain.clone()).or_default();
    let kinds = networks.entry(entry.network.to_string()).or_default();
    let kind = if entry.mnemonic.is_some() {
        &mut kinds.mnemonic
    } else if entry.secret.is_some() {
        &mut kinds.secret
    } else if entry.private_key.is_some() {
        &mut kinds.private_key
    } else {
        &mut kinds.other
    };
    *kind = kind.saturating_add(1);
}

fn oddities(
    id: &str,
    entry: &Entry,
    plugin: Option<&'static dyn ChainPlugin>,
    rules: MigrationRules<'_>,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if uuid::Uuid::try_parse(id).is_err() {
        reasons.push("the signature id is no UUID".to_owned());
    }
    if plugin.is_none() && !rules.known_chains.contains(&entry.chain.as_str()) {
        reasons.push("the chain is none that is supported; codes are in capitals".to_owned());
    }
    if let Some(phrase) = &entry.mnemonic {
        match Mnemonic::parse(phrase) {
            // Plugins with words of their own keep the key, so a mnemonic here is BIP-39.
            Err(error) => reasons.push(format!(
                "the mnemonic is not valid ({error}); keys are derived from it as it is, so keep its exact text"
            )),
            Ok(mnemonic) if mnemonic.phrase().expose() != phrase.expose() => reasons.push(
                "the mnemonic has capitals or additional white space; keys are derived from it as it is, so keep its exact text"
                    .to_owned(),
            ),
            Ok(_) => {}
        }
    }
    match entry.stored_key() {
        None if entry.mnemonic.is_none() => {
            reasons.push("it holds neither a mnemonic nor a private key".to_owned());
        }
        Some(key) if key.is_empty() => reasons.push("the private key is empty".to_owned()),
        // The reason a plugin gives may repeat the text.
        Some(key)
            if plugin
                .is_some_and(|plugin| plugin.parse_private_key(entry.network, key).is_err()) =>
        {
            reasons.push(format!(
                "the private key is not one of {} on {}",
                entry.chain, entry.network
            ));
        }
        Some(_) | None => {}
    }
    reasons
}

const EMPTY_MNEMONIC: &str = "The mnemonic is empty, so anyone can derive these keys. Move what is left to a new wallet at once, and take this one out of use.";
const OPEN_KEY: &str = "This is a key of the empty mnemonic, which the original's `getprivatekey` printed for wallets it could not handle: anyone can spend from it. Move what is left to a new wallet at once, and take this one out of use.";
/// How many indices of the empty mnemonic are compared.
const OPEN_INDICES: u32 = 20;

/// Advice when the entry's keys are those of the empty mnemonic.
fn open_to_anyone(
    entry: &Entry,
    plugin: Option<&'static dyn ChainPlugin>,
    open_keys: &mut OpenKeys,
) -> Option<&'static str> {
    if let Some(phrase) = &entry.mnemonic {
        return phrase.expose().trim().is_empty().then_some(EMPTY_MNEMONIC);
    }
    let plugin = plugin?;
    let key = plugin
        .parse_private_key(entry.network, entry.stored_key()?)
        .ok()?
        .public_key();
    open_keys
        .of(plugin, entry.network)
        .contains(&key)
        .then_some(OPEN_KEY)
}

/// The first public keys of the empty mnemonic, by chain and network.
#[derive(Default)]
struct OpenKeys(HashMap<(&'static str, Network), Vec<PublicKey>>);

impl OpenKeys {
    fn of(&mut self, plugin: &'static dyn ChainPlugin, network: Network) -> &[PublicKey] {
        let code = plugin.info().code;
        self.0.entry((code, network)).or_insert_with(|| {
            let mut entry = Entry::new(code, network);
            entry.mnemonic = Some(SecretText::from(Zeroizing::new(String::new())));
            (0..OPEN_INDICES)
                .filter_map(|index| {
                    let text = wallet::private_key(plugin, &entry, index).ok()?;
                    let key = plugin.parse_private_key(network, &text).ok()?;
                    Some(key.public_key())
                })
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{chain::Registry, process::LockedBuffer, wallet::tests::bip32};

    fn vault(content: &serde_json::Value) -> Vault {
        let content = content.to_string();
        let mut text = LockedBuffer::zeroed(content.len());
        text.bytes_mut().copy_from_slice(content.as_bytes());
        Vault::parse(text).unwrap()
    }

    /// What can be said of a key only with the chain's plugin at hand.
    #[test]
    fn keys_are_checked_where_the_chain_is_known() {
        let plugin: &'static dyn ChainPlugin = Box::leak(Box::new(bip32()));
        let registry = Registry::of([plugin]).unwrap();
        let mut empty = Entry::new("HEX", Network::Testnet);
        empty.mnemonic = Some(SecretText::new(""));
        let open = |index| wallet::private_key(plugin, &empty, index).unwrap();
        let stored =
            |key: &str| json!({"privateKey": key, "chain": "HEX", "testnet": true, "xpub": "x"});
        let id = |number: u8| format!("00000000-0000-4000-8000-0000000000{number:02}");
        let content = json!({
            id(1): stored(&"01".repeat(32)),
            id(2): stored("no key"),
            id(3): stored(open(0).expose()),
            id(4): stored(open(OPEN_INDICES - 1).expose()),
            id(5): stored(open(OPEN_INDICES).expose()),
            // On the other network it is another key.
            id(6): {"privateKey": open(0).expose(), "chain": "HEX", "testnet": false},
        });
        let report = report(
            &vault(&content),
            MigrationRules {
                known_chains: &[],
                traps: &[],
                registry: Some(&registry),
            },
        );
        assert_eq!(
            report.odd,
            [OddEntry {
                id: id(2),
                chain: Some("HEX".to_owned()),
                reasons: vec!["the private key is not one of HEX on testnet".to_owned()],
            }]
        );
        let found: Vec<_> = report
            .traps
            .iter()
            .map(|trap| (trap.id.clone(), trap.advice))
            .collect();
        assert_eq!(found, [(id(3), OPEN_KEY), (id(4), OPEN_KEY)]);
    }
}
