//! Every kind of wallet, on a plugin that writes keys and addresses in hexadecimal.

use crate::{
    chain::{
        Address, Assembled, Bip32Wallet, ChainInfo, ChainPlugin, EntryField, Network, NodeApi,
        PendingTransaction, Preimage, Signer, Summary, TransactionError, Unit, Unsigned,
        WalletError, WalletKind,
    },
    keys::{Curve, KeyError, PublicKey, SecretKey, SecretText, Signature},
    vault::Entry,
    wallet,
};

pub(crate) struct Hex(ChainInfo);

impl Hex {
    fn leak(curve: Curve, kind: WalletKind, fields: &'static [EntryField]) -> &'static Self {
        Box::leak(Box::new(Self(ChainInfo {
            code: "HEX",
            name: "Hexadecimal",
            unit: Unit::new("HEX", 0),
            curve,
            wallet: kind,
            entry_fields: fields,
            broadcast_path: "/v3/hex/broadcast",
            offchain_withdrawals: false,
            outside_nodes: &[],
        })))
    }
}

#[async_trait::async_trait]
impl ChainPlugin for &'static Hex {
    fn info(&self) -> &'static ChainInfo {
        &self.0
    }

    fn address(&self, _: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(hex::encode(key.encoded())))
    }

    fn parse_private_key(&self, _: Network, text: &SecretText) -> Result<SecretKey, WalletError> {
        let bytes = hex::decode(text.expose()).map_err(|_| WalletError::InvalidPrivateKey {
            chain: "HEX",
            reason: "not hexadecimal".to_owned(),
        })?;
        Ok(match self.0.curve {
            Curve::Secp256k1 => SecretKey::secp256k1(&bytes),
            Curve::P256 => SecretKey::p256(&bytes),
            Curve::Ed25519 => SecretKey::ed25519(&bytes),
            Curve::Ed25519Bip32 => SecretKey::ed25519_bip32(&bytes),
        }?)
    }

    fn format_private_key(&self, _: Network, key: &SecretKey) -> SecretText {
        SecretText::new(hex::encode(key.to_bytes().expose()))
    }

    async fn prepare(
        &self,
        _: &PendingTransaction,
        _: Vec<Signer>,
        _: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        Err(TransactionError::NoWallet)
    }

    fn summarize(&self, _: Network, _: &Unsigned) -> Result<Summary, TransactionError> {
        Err(TransactionError::NoWallet)
    }

    fn preimages(&self, _: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        Err(TransactionError::NoWallet)
    }

    fn assemble(&self, _: &Unsigned, _: &[Signature]) -> Result<Assembled, TransactionError> {
        Err(TransactionError::NoWallet)
    }
}

pub(super) const WORDS: &str = "sniff rain clerk sponsor poet advice giant click hidden palace gift vanish \
                     exhibit doll shove vocal rain brief awful mountain core gloom luggage knee";

pub(crate) fn bip32() -> &'static Hex {
    let wallet = Bip32Wallet {
        mainnet_path: "m/44'/60'/0'/0",
        testnet_path: "m/44'/1'/0'/0",
        mainnet_version: [0x04, 0x88, 0xb2, 0x1e],
        testnet_version: [0x04, 0x35, 0x87, 0xcf],
    };
    Hex::leak(
        Curve::Secp256k1,
        WalletKind::Bip32(wallet),
        &[EntryField::Mnemonic, EntryField::Xpub],
    )
}

/// A transaction that names no wallet: tests ask for keys by themselves.
pub(super) fn hex_pending() -> PendingTransaction {
    let json = r#"{"id":"1","chain":"HEX","hashes":[],"serializedTransaction":"{}"}"#;
    let raw = serde_json::value::RawValue::from_string(json.to_owned()).unwrap();
    PendingTransaction::from_raw(&raw).unwrap()
}

fn slip10() -> &'static Hex {
    let kind = WalletKind::Slip10 {
        mainnet_path: "m/44'/501'/0'/0'/{index}'",
        testnet_path: "m/44'/1'/0'/0'/{index}'",
    };
    let fields = &[
        EntryField::Mnemonic,
        EntryField::Address,
        EntryField::PrivateKey,
    ];
    Hex::leak(Curve::Ed25519, kind, fields)
}

fn icarus() -> &'static Hex {
    let kind = WalletKind::Icarus {
        path: "m/1852'/1815'/0'/0'",
    };
    let fields = &[EntryField::Mnemonic, EntryField::Xpub];
    Hex::leak(Curve::Ed25519Bip32, kind, fields)
}

fn single() -> &'static Hex {
    let kind = WalletKind::SingleKey {
        field: EntryField::Secret,
    };
    Hex::leak(
        Curve::Ed25519,
        kind,
        &[EntryField::Address, EntryField::Secret],
    )
}

#[test]
fn every_kind_of_wallet_is_made_stored_and_used() {
    for chain in [bip32(), slip10(), icarus(), single()] {
        for network in [Network::Mainnet, Network::Testnet] {
            let made = wallet::generate(&chain, network).unwrap();
            let json = made.to_json(chain.0.entry_fields);
            let entry = Entry::parse(json.expose()).unwrap();
            let address = wallet::address(&chain, &entry, 0).unwrap();
            let key = wallet::private_key(&chain, &entry, 0).unwrap();
            let (stored, same) = wallet::from_private_key(&chain, network, &key).unwrap();
            assert_eq!(address, same);
            // The answer that the original gets wrong: an entry that is a private key shows that
            // key and its address, whatever the index.
            let shown = wallet::private_key(&chain, &stored, 7).unwrap();
            assert_eq!(shown.expose(), key.expose());
            assert_eq!(wallet::address(&chain, &stored, 7).unwrap(), address);
            let (batch, address) = wallet::generate_key(&chain, network).unwrap();
            assert_eq!(wallet::address(&chain, &batch, 0).unwrap(), address);
            assert!(batch.mnemonic.is_none() && batch.address.is_none());
        }
    }
}

/// Key 1 of a Solana wallet of the original.
#[test]
fn slip10_wallets_derive_as_the_original() {
    let entry =
        wallet::from_mnemonic(&slip10(), Network::Mainnet, &SecretText::new(WORDS)).unwrap();
    let expected = bs58::decode(
        "3FoSfUru6wUdcK6j7vNbnM2eps5oMm1SmW1ifhij2tmTUjz3RSYHyyGMZttxTpYaVPsmvVzYUm4E5anedhdTdRsU",
    )
    .into_vec()
    .unwrap();
    let key = wallet::private_key(&slip10(), &entry, 1).unwrap();
    assert_eq!(key.expose(), hex::encode(&expected[..32]));
    let address = wallet::address(&slip10(), &entry, 1).unwrap();
    assert_eq!(address.as_str(), hex::encode(&expected[32..]));
    let testnet =
        wallet::from_mnemonic(&slip10(), Network::Testnet, &SecretText::new(WORDS)).unwrap();
    let other = wallet::private_key(&slip10(), &testnet, 1).unwrap();
    assert_ne!(
        key.expose(),
        other.expose(),
        "the test network has a path of its own"
    );
}

#[test]
fn text_that_is_no_valid_mnemonic_still_derives_from_an_imported_entry() {
    let chain = bip32();
    let mut entry = Entry::new("HEX", Network::Mainnet);
    entry.mnemonic = Some(SecretText::new("Not A  Mnemonic"));
    wallet::private_key(&chain, &entry, 0).unwrap();
    assert_eq!(
        wallet::from_mnemonic(
            &chain,
            Network::Mainnet,
            &SecretText::new("Not A  Mnemonic")
        )
        .unwrap_err(),
        WalletError::Key(KeyError::WordCount(3))
    );
}

#[test]
fn an_xpub_alone_gives_addresses_and_no_key() {
    let chain = bip32();
    let full = wallet::from_mnemonic(&chain, Network::Testnet, &SecretText::new(WORDS)).unwrap();
    let mut watch_only = Entry::new("HEX", Network::Testnet);
    watch_only.xpub.clone_from(&full.xpub);
    assert!(full.xpub.as_ref().unwrap().starts_with("tpub"));
    assert_eq!(
        wallet::address(&chain, &watch_only, 3),
        wallet::address(&chain, &full, 3)
    );
    assert_eq!(
        wallet::private_key(&chain, &watch_only, 3).unwrap_err(),
        WalletError::NoStoredKey
    );
}

#[test]
fn indexes_from_2_to_the_31_on_are_refused() {
    for chain in [bip32(), slip10(), icarus()] {
        let entry = wallet::generate(&chain, Network::Mainnet).unwrap();
        wallet::address(&chain, &entry, (1 << 31) - 1).unwrap();
        assert_eq!(
            wallet::private_key(&chain, &entry, 1 << 31).unwrap_err(),
            WalletError::Key(KeyError::IndexTooLarge(1 << 31))
        );
    }
}

#[test]
fn a_mnemonic_is_refused_where_wallets_are_single_keys() {
    assert_eq!(
        wallet::from_mnemonic(&single(), Network::Mainnet, &SecretText::new(WORDS)).unwrap_err(),
        WalletError::NoMnemonic("HEX")
    );
}
