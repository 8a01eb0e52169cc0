//! Bitcoin.

use bitcoin::Script;
use kms_core::{
    chain::{Bip32Wallet, ChainInfo, EntryField, Unit, WalletKind},
    keys::Curve,
};

use crate::{
    checks,
    input_type::InputType,
    max_fee,
    params::{AbsurdFee, Params, Play, Prefixes, Units},
};

/// The facts about Bitcoin.
///
/// Addresses are P2WPKH below the purpose 44: unusual, but what the cloud derives from the same
/// `xpub`.
pub(crate) static BTC: Params = Params {
    info: ChainInfo {
        code: "BTC",
        name: "Bitcoin",
        unit: Unit::new("BTC", 8),
        curve: Curve::Secp256k1,
        wallet: WalletKind::Bip32(Bip32Wallet {
            mainnet_path: "m/44'/0'/0'/0",
            testnet_path: "m/44'/1'/0'/0",
            mainnet_version: [0x04, 0x88, 0xb2, 0x1e],
            testnet_version: [0x04, 0x35, 0x87, 0xcf],
        }),
        entry_fields: &[EntryField::Mnemonic, EntryField::Xpub],
        broadcast_path: "/v3/bitcoin/broadcast",
        offchain_withdrawals: true,
        outside_nodes: &[],
    },
    mainnet: Prefixes {
        pubkey_hash: 0x00,
        script_hash: 0x05,
        segwit: Some("bc"),
        cashaddr: None,
        wif: 0x80,
        other_wif: &[],
    },
    testnet: Prefixes {
        pubkey_hash: 0x6f,
        script_hash: 0xc4,
        segwit: Some("tb"),
        cashaddr: None,
        wif: 0xef,
        other_wif: &[],
    },
    address: InputType::P2wpkh,
    inputs: &[
        InputType::P2pkh,
        InputType::P2pk,
        InputType::P2wpkh,
        InputType::P2shP2wpkh,
    ],
    longest_signature: 72,
    checks: &[checks::standard_weight, checks::fee_is_not_absurd],
    // Half of what Bitcoin Core refuses to send without being told so (0.1 BTC, 0.1 BTC/kvB).
    absurd_fee: AbsurdFee {
        per_vbyte: 5_000,
        total: 5_000_000,
    },
    max_fee: max_fee::option(
        "the highest fee in BTC that is signed, for instance 0.2; auto: 0.05 BTC, or 5000 sat/vB where that is more",
    ),
    dust_limit: bitcoin_core_dust_limit,
    relay_fee: 1,
    versions: 1..=3,
    replaceable: true,
    units: Units {
        base: "sat",
        size: "vB",
    },
    play: Play {
        coin: 1_000_000,
        fee: 2_000,
    },
};

/// Bitcoin Core's `GetDustThreshold` at its default of 3 sat/vB.
pub(crate) fn bitcoin_core_dust_limit(script: &Script) -> u64 {
    script.minimal_non_dust().to_sat()
}
