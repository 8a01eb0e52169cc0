//! A transaction, and the bytes that stand for it.

use data_encoding::BASE32_NOPAD;
use kms_core::prelude::TransactionError;
use sha2::{Digest as _, Sha512_256};

use crate::{
    account::Account,
    genesis::Genesis,
    msgpack::{Map, MsgpackError},
};

/// What is signed begins with this, so that a signature of a transaction is of nothing else.
const DOMAIN: &[u8] = b"TX";

/// A transaction. Wherever there may be no account, [`Account::ZERO`] stands for none, as it does
/// in the protocol; so do 32 zeros for no lease and no group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) sender: Account,
    /// What it costs, in microAlgos: exactly so much is paid.
    pub(crate) fee: u64,
    /// The first round that can take it.
    pub(crate) first_valid: u64,
    /// The last round that can take it.
    pub(crate) last_valid: u64,
    pub(crate) genesis: Genesis,
    pub(crate) note: Vec<u8>,
    /// Keeps other transactions of the sender with the same lease out until `last_valid`.
    pub(crate) lease: [u8; 32],
    /// Names the transactions that take effect together with this one or not at all.
    pub(crate) group: [u8; 32],
    /// Whose key signs for the sender from now on.
    pub(crate) rekey_to: Account,
    pub(crate) action: Action,
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// `pay`.
    Payment {
        receiver: Account,
        /// In microAlgos.
        amount: u64,
        /// Who receives all that is left, as the account ends.
        close_to: Account,
    },
    /// `axfer`.
    AssetTransfer {
        asset: u64,
        receiver: Account,
        /// In units of the asset.
        amount: u64,
        /// Whose holding is taken; the sender's own if it is none.
        revoked_from: Account,
        /// Who receives all that is left, as the holding ends.
        close_to: Account,
    },
    /// `acfg`.
    AssetConfiguration {
        /// The asset; 0 creates one.
        asset: u64,
        /// None destroy the asset.
        parameters: AssetParameters,
    },
}

/// The parameters of an asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AssetParameters {
    /// How many units there are.
    pub(crate) total: u64,
    pub(crate) decimals: u64,
    pub(crate) default_frozen: bool,
    pub(crate) unit_name: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) metadata_hash: [u8; 32],
    /// May change these four accounts, and destroy the asset.
    pub(crate) manager: Account,
    /// Holds the units that are not in circulation.
    pub(crate) reserve: Account,
    /// May freeze holdings.
    pub(crate) freeze: Account,
    /// May take holdings away.
    pub(crate) clawback: Account,
}

impl Transaction {
    /// The canonical map.
    pub(crate) fn encode(&self) -> Vec<u8> {
        self.to_map().encode()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        let transaction = Map::decode(bytes)
            .and_then(Self::from_map)
            .map_err(|error| malformed(error.to_string()))?;
        // The reader is strict enough without, but this is what all of it is for.
        if transaction.encode() != bytes {
            return Err(malformed("it is not in its canonical form"));
        }
        Ok(transaction)
    }

    /// The bytes that are signed.
    pub(crate) fn preimage(&self) -> Vec<u8> {
        [DOMAIN, &self.encode()].concat()
    }

    /// Base32 of the hash of what is signed, 52 characters.
    pub(crate) fn id(&self) -> String {
        BASE32_NOPAD.encode(&Sha512_256::digest(self.preimage()))
    }

    /// The signed transaction. `signer` is named when it is not the sender, which has to be
    /// rekeyed to it.
    pub(crate) fn with_signature(&self, signer: Account, signature: &[u8; 64]) -> Vec<u8> {
        let mut signed = Map::default();
        if signer != self.sender {
            signed.put_array("sgnr", &signer.0);
        }
        signed.put_bytes("sig", signature);
        signed.put_map("txn", self.to_map());
        signed.encode()
    }

    fn to_map(&self) -> Map {
        let mut map = Map::default();
        map.put_integer("fee", self.fee);
        map.put_integer("fv", self.first_valid);
        map.put_text("gen", &self.genesis.id);
        map.put_array("gh", &self.genesis.hash);
        map.put_array("grp", &self.group);
        map.put_integer("lv", self.last_valid);
        map.put_array("lx", &self.lease);
        map.put_bytes("note", &self.note);
        map.put_array("rekey", &self.rekey_to.0);
        map.put_array("snd", &self.sender.0);
        match &self.action {
            Action::Payment {
                receiver,
                amount,
                close_to,
            } => {
                map.put_text("type", "pay");
                map.put_integer("amt", *amount);
                map.put_array("close", &close_to.0);
                map.put_array("rcv", &receiver.0);
            }
            Action::AssetTransfer {
                asset,
                receiver,
                amount,
                revoked_from,
                close_to,
            } => {
                map.put_text("type", "axfer");
                map.put_integer("aamt", *amount);
                map.put_array("aclose", &close_to.0);
                map.put_array("arcv", &receiver.0);
                map.put_array("asnd", &revoked_from.0);
                map.put_integer("xaid", *asset);
            }
            Action::AssetConfiguration { asset, parameters } => {
                map.put_text("type", "acfg");
                map.put_integer("caid", *asset);
                map.put_map("apar", parameters.to_map());
            }
        }
        map
    }

    fn from_map(mut map: Map) -> Result<Self, MsgpackError> {
        let map = &mut map;
        let account = |map: &mut Map, name| map.take_array(name).map(Account);
        let action = match map.take_text("type")?.as_str() {
            "pay" => Action::Payment {
                receiver: account(map, "rcv")?,
                amount: map.take_integer("amt")?,
                close_to: account(map, "close")?,
            },
            "axfer" => Action::AssetTransfer {
                asset: map.take_integer("xaid")?,
                receiver: account(map, "arcv")?,
                amount: map.take_integer("aamt")?,
                revoked_from: account(map, "asnd")?,
                close_to: account(map, "aclose")?,
            },
            "acfg" => Action::AssetConfiguration {
                asset: map.take_integer("caid")?,
                parameters: AssetParameters::from_map(map.take_map("apar")?)?,
            },
            _ => return Err(MsgpackError::WrongType { name: "type" }),
        };
        let transaction = Self {
            sender: account(map, "snd")?,
            fee: map.take_integer("fee")?,
            first_valid: map.take_integer("fv")?,
            last_valid: map.take_integer("lv")?,
            genesis: Genesis {
                id: map.take_text("gen")?,
                hash: map.take_array("gh")?,
            },
            note: map.take_bytes("note")?,
            lease: map.take_array("lx")?,
            group: map.take_array("grp")?,
            rekey_to: account(map, "rekey")?,
            action,
        };
        std::mem::take(map).finish()?;
        Ok(transaction)
    }
}

impl AssetParameters {
    fn to_map(&self) -> Map {
        let mut map = Map::default();
        map.put_array("am", &self.metadata_hash);
        map.put_text("an", &self.name);
        map.put_text("au", &self.url);
        map.put_array("c", &self.clawback.0);
        map.put_integer("dc", self.decimals);
        map.put_flag("df", self.default_frozen);
        map.put_array("f", &self.freeze.0);
        map.put_array("m", &self.manager.0);
        map.put_array("r", &self.reserve.0);
        map.put_integer("t", self.total);
        map.put_text("un", &self.unit_name);
        map
    }

    fn from_map(mut map: Map) -> Result<Self, MsgpackError> {
        let parameters = Self {
            total: map.take_integer("t")?,
            decimals: map.take_integer("dc")?,
            default_frozen: map.take_flag("df")?,
            unit_name: map.take_text("un")?,
            name: map.take_text("an")?,
            url: map.take_text("au")?,
            metadata_hash: map.take_array("am")?,
            manager: Account(map.take_array("m")?),
            reserve: Account(map.take_array("r")?),
            freeze: Account(map.take_array("f")?),
            clawback: Account(map.take_array("c")?),
        };
        map.finish()?;
        Ok(parameters)
    }
}

pub(crate) fn malformed(reason: impl Into<String>) -> TransactionError {
    TransactionError::Malformed(reason.into())
}
