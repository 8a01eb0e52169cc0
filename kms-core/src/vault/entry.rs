//! One entry of the vault: a wallet under a signature id.

use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    chain::{EntryField, Network},
    keys::SecretText,
};

/// A wallet as the vault holds it. Which members it has depends on the chain.
#[derive(Debug)]
pub struct Entry {
    /// Code of the chain.
    pub chain: String,
    /// The network.
    pub network: Network,
    /// A mnemonic; in files of the original any text at all.
    pub mnemonic: Option<SecretText>,
    /// The extended public key at the account node.
    pub xpub: Option<String>,
    /// A private key in the chain's notation.
    pub private_key: Option<SecretText>,
    /// The same, for the chains that call it so.
    pub secret: Option<SecretText>,
    /// The address, for the chains whose wallets are single keys.
    pub address: Option<String>,
}

impl Entry {
    /// An entry without any member yet.
    pub fn new(chain: impl Into<String>, network: Network) -> Self {
        Self {
            chain: chain.into(),
            network,
            mnemonic: None,
            xpub: None,
            private_key: None,
            secret: None,
            address: None,
        }
    }

    /// Reads an entry's JSON. Members it does not know are left alone: the vault keeps the text.
    ///
    /// # Errors
    /// [`EntryError`], without an excerpt of the text.
    pub fn parse(json: &str) -> Result<Self, EntryError> {
        let wire: Wire = serde_json::from_str(json).map_err(|_| EntryError)?;
        Ok(Self {
            chain: wire.chain,
            network: Network::from_testnet_flag(wire.testnet),
            mnemonic: wire.mnemonic.map(SecretText::new),
            xpub: wire.xpub,
            private_key: wire.private_key.map(SecretText::new),
            secret: wire.secret.map(SecretText::new),
            address: wire.address,
        })
    }

    /// The entry's JSON as the original writes it: the members in `order`, then any others, then
    /// `chain` and `testnet`; no white space.
    pub fn to_json(&self, order: &[EntryField]) -> SecretText {
        const ALL: [EntryField; 5] = [
            EntryField::Mnemonic,
            EntryField::Xpub,
            EntryField::PrivateKey,
            EntryField::Secret,
            EntryField::Address,
        ];
        // Twice the longest entry there is: no reallocation leaves a copy of a secret behind.
        let mut json = Zeroizing::new(String::with_capacity(2048));
        json.push('{');
        let rest = ALL.iter().filter(|field| !order.contains(field));
        for field in order.iter().chain(rest) {
            if let Some(value) = self.member(*field) {
                push_member(&mut json, field.name(), value);
            }
        }
        push_member(&mut json, "chain", &self.chain);
        json.push_str(if self.network.is_testnet() {
            "\"testnet\":true}"
        } else {
            "\"testnet\":false}"
        });
        SecretText::from(json)
    }

    /// The single key: `secret`, or `privateKey` when `secret` is absent or empty.
    pub fn stored_key(&self) -> Option<&SecretText> {
        self.secret
            .as_ref()
            .filter(|secret| !secret.is_empty())
            .or(self.private_key.as_ref())
    }

    fn member(&self, field: EntryField) -> Option<&str> {
        match field {
            EntryField::Mnemonic => self.mnemonic.as_ref().map(SecretText::expose),
            EntryField::Xpub => self.xpub.as_deref(),
            EntryField::PrivateKey => self.private_key.as_ref().map(SecretText::expose),
            EntryField::Secret => self.secret.as_ref().map(SecretText::expose),
            EntryField::Address => self.address.as_deref(),
        }
    }
}

/// The text is no entry: not JSON, or a member has another type than it should.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not a vault entry: a member is missing or has the wrong type")]
pub struct EntryError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    chain: String,
    testnet: bool,
    mnemonic: Option<String>,
    xpub: Option<String>,
    private_key: Option<String>,
    secret: Option<String>,
    address: Option<String>,
}

fn push_member(json: &mut String, name: &str, value: &str) {
    json.push('"');
    json.push_str(name);
    json.push_str("\":");
    let text = Zeroizing::new(serde_json::to_string(value).expect("text is always valid JSON"));
    json.push_str(&text);
    json.push(',');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_written_as_the_original_does() {
        let mut entry = Entry::new("ETH", Network::Testnet);
        entry.mnemonic = Some(SecretText::new("a \"b\""));
        entry.xpub = Some("xpub6".to_owned());
        let json = entry.to_json(&[EntryField::Xpub, EntryField::Mnemonic]);
        assert_eq!(
            json.expose(),
            r#"{"xpub":"xpub6","mnemonic":"a \"b\"","chain":"ETH","testnet":true}"#
        );
        let read = Entry::parse(json.expose()).unwrap();
        assert_eq!(read.mnemonic.unwrap().expose(), "a \"b\"");
        assert_eq!(read.network, Network::Testnet);
    }

    #[test]
    fn what_is_no_entry_is_refused_without_an_excerpt() {
        for json in [
            "",
            "{",
            "{}",
            r#"{"chain":"ETH"}"#,
            r#"{"chain":1,"testnet":true}"#,
        ] {
            assert_eq!(Entry::parse(json).unwrap_err(), EntryError);
        }
    }
}
