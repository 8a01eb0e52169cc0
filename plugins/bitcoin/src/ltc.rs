//! Litecoin.

use bitcoin::Script;
use kms_core::{
    chain::{Bip32Wallet, ChainInfo, EntryField, Unit, WalletKind},
    keys::Curve,
};

use crate::{
    btc::bitcoin_core_dust_limit,
    checks,
    input_type::InputType,
    max_fee,
    params::{AbsurdFee, Params, Play, Prefixes, Units},
};

/// The facts about Litecoin.
pub(crate) static LTC: Params = Params {
    info: ChainInfo {
        code: "LTC",
        name: "Litecoin",
        unit: Unit::new("LTC", 8),
        curve: Curve::Secp256k1,
        wallet: WalletKind::Bip32(Bip32Wallet {
            mainnet_path: "m/44'/2'/0'/0",
            testnet_path: "m/44'/1'/0'/0",
            // Ltub and ttub.
            mainnet_version: [0x01, 0x9d, 0xa4, 0x62],
            testnet_version: [0x04, 0x36, 0xf6, 0xe1],
        }),
        entry_fields: &[EntryField::Mnemonic, EntryField::Xpub],
        broadcast_path: "/v3/litecoin/broadcast",
        offchain_withdrawals: true,
        outside_nodes: &[],
    },
    mainnet: Prefixes {
        pubkey_hash: 0x30,
        script_hash: 0x32,
        segwit: Some("ltc"),
        cashaddr: None,
        wif: 0xb0,
        other_wif: &[],
    },
    testnet: Prefixes {
        pubkey_hash: 0x6f,
        script_hash: 0x3a,
        segwit: Some("tltc"),
        cashaddr: None,
        wif: 0xef,
        other_wif: &[],
    },
    address: InputType::P2pkh,
    inputs: &[
        InputType::P2pkh,
        InputType::P2pk,
        InputType::P2wpkh,
        InputType::P2shP2wpkh,
    ],
    longest_signature: 72,
    checks: &[checks::standard_weight, checks::fee_is_not_absurd],
    absurd_fee: AbsurdFee {
        per_vbyte: 5_000,
        total: 5_000_000,
    },
    max_fee: max_fee::option(
        "the highest fee in LTC that is signed, for instance 0.2; auto: 0.05 LTC, or 5000 sat/vB where that is more",
    ),
    dust_limit: litecoin_core_dust_limit,
    relay_fee: 1,
    versions: 1..=2,
    replaceable: true,
    units: Units {
        base: "litoshi",
        size: "vB",
    },
    play: Play {
        coin: 1_000_000,
        fee: 2_000,
    },
};

/// Litecoin Core counts dust at 30 litoshi/vB, ten times Bitcoin Core's rate.
fn litecoin_core_dust_limit(script: &Script) -> u64 {
    bitcoin_core_dust_limit(script).saturating_mul(10)
}
