//! What people type to have a key stored: private keys, words, extended public keys.

use super::Property;
use crate::{
    chain::{ChainPlugin, Network, WalletKind},
    keys::{Mnemonic, SecretBytes, SecretText},
    vault::Entry,
    wallet,
};

/// Letters and digits in one piece that no error and no name of a type has of its own.
const TELLING: usize = 28;
/// The bytes of an extended public key (BIP-32), which its text has with a checksum.
const XPUB_LEN: usize = 78;

/// Private keys, a chain's own words and extended public keys, in the notations of these plugins.
///
/// The first byte chooses the plugin and, by its top bit, the network; the rest is the text.
#[derive(Debug)]
pub struct KeyTexts(Vec<&'static dyn ChainPlugin>);

impl KeyTexts {
    /// Those of these plugins, 128 at most.
    pub fn of(plugins: &[&'static dyn ChainPlugin]) -> Self {
        Self(plugins.to_vec())
    }
}

impl Property for KeyTexts {
    /// A key and a wallet of each chain.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let phrase = SecretText::new(
            "urge pulp usage sister evidence arrest palm math please chief egg abuse",
        );
        let mut seeds = Vec::new();
        for (number, plugin) in (0_u8..).zip(&self.0) {
            for network in [Network::Mainnet, Network::Testnet] {
                let first = number | u8::from(network.is_testnet()) << 7;
                let mut add = |text: &str| seeds.push([&[first], text.as_bytes()].concat());
                let entry = match plugin.info().wallet {
                    WalletKind::SingleKey { .. } => one_key(*plugin, network),
                    _ => wallet::from_mnemonic(*plugin, network, &phrase).ok(),
                };
                let Some(entry) = entry else {
                    continue;
                };
                if let Ok(key) = wallet::private_key(*plugin, &entry, 0) {
                    add(key.expose());
                }
                if let Some(xpub) = &entry.xpub {
                    add(xpub);
                }
                add(phrase.expose());
            }
        }
        seeds
    }

    fn holds_for(&self, bytes: &[u8]) {
        let Some((first, text)) = bytes.split_first() else {
            return;
        };
        let network = Network::from_testnet_flag(first & 0x80 != 0);
        let number = usize::from(first & 0x7f) % self.0.len().max(1);
        let Some(plugin) = self.0.get(number) else {
            return;
        };
        if let Ok(text) = std::str::from_utf8(text) {
            private_key(*plugin, network, text);
            words(*plugin, network, text);
            xpub(*plugin, network, text);
        }
        if text.len() == XPUB_LEN {
            let text = bs58::encode(text).with_check().into_string();
            xpub(*plugin, network, &text);
        }
    }
}

/// A key that is read is written so that it reads the same; what is not read is in no error.
fn private_key(plugin: &dyn ChainPlugin, network: Network, text: &str) {
    let secret = SecretText::new(text);
    match wallet::from_private_key(plugin, network, &secret) {
        Err(error) => says_nothing(text, &format!("{error} {error:?}")),
        Ok((entry, address)) => {
            let key = plugin
                .parse_private_key(network, &secret.trimmed())
                .expect("it was read before");
            let written = plugin.format_private_key(network, &key);
            // Where wallets are single keys, what was typed is kept: a key may have a form that
            // cannot be told from its bytes (XRP's seeds).
            let kept = matches!(plugin.info().wallet, WalletKind::SingleKey { .. });
            match plugin.parse_private_key(network, &written) {
                Err(error) => assert!(kept, "written, and not readable: {error}"),
                Ok(again) => {
                    let same = key.to_bytes().expose() == again.to_bytes().expose();
                    assert!(same, "another key once it is written");
                }
            }
            assert!(!address.as_str().is_empty(), "no address");
            says_nothing(text, &format!("{entry:?}"));
        }
    }
}

/// A chain's own words become a key that is read.
fn words(plugin: &dyn ChainPlugin, network: Network, text: &str) {
    match plugin.private_key_from_phrase(network, &SecretText::new(text)) {
        Err(error) => says_nothing(text, &format!("{error} {error:?}")),
        Ok(key) => {
            let read = plugin.parse_private_key(network, &key);
            assert!(read.is_ok(), "words that give no key");
        }
    }
}

/// An extended public key gives an address at each index, or none at any.
fn xpub(plugin: &dyn ChainPlugin, network: Network, text: &str) {
    let mut entry = Entry::new(plugin.info().code, network);
    entry.xpub = Some(text.to_owned());
    let _ = wallet::address(plugin, &entry, 0);
}

/// No piece of `text` that is long enough to be a key stands in what is said of it.
fn says_nothing(text: &str, said: &str) {
    let mut pieces = text.split(|c: char| !c.is_ascii_alphanumeric());
    let repeated = pieces.any(|piece| piece.len() >= TELLING && said.contains(piece));
    assert!(!repeated, "it repeats the secret");
}

/// A wallet of the chains that take no words; the same each time.
fn one_key(plugin: &dyn ChainPlugin, network: Network) -> Option<Entry> {
    let entropy = SecretBytes::new([0x46; 32]);
    let text = plugin.new_private_key(network, &entropy).ok()?;
    wallet::from_private_key(plugin, network, &text)
        .ok()
        .map(|(entry, _)| entry)
}

/// BIP-39 mnemonics, and entropy for them.
#[derive(Debug)]
pub struct Mnemonics;

impl Property for Mnemonics {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let lengths = [16, 20, 24, 28, 32];
        let phrases = lengths.into_iter().flat_map(|len| {
            let entropy: Vec<u8> = (0..len).collect();
            let phrase = Mnemonic::from_entropy(&entropy).map(|words| words.phrase());
            let phrase = phrase.map(|words| words.expose().as_bytes().to_vec());
            phrase.into_iter().chain([entropy])
        });
        phrases.collect()
    }

    fn holds_for(&self, bytes: &[u8]) {
        if let Ok(mnemonic) = Mnemonic::from_entropy(bytes) {
            let read = Mnemonic::parse(&mnemonic.phrase()).expect("a mnemonic reads back");
            assert_eq!(read.entropy().expose(), bytes, "another entropy");
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        if let Ok(mnemonic) = Mnemonic::parse(&SecretText::new(text)) {
            let made = Mnemonic::from_entropy(mnemonic.entropy().expose());
            let made = made.expect("the entropy of a mnemonic");
            let same = made.phrase().expose() == mnemonic.phrase().expose();
            assert!(same, "another mnemonic of its entropy");
        }
    }
}
