//! Dogecoin.
//!
//! The original checks on-chain transactions, and those only, with the rules of the library it
//! signs by. Those that protect money hold here as they were: a declared fee must be the real one
//! and no fee may be too large. Those that said what nodes relay when a dogecoin for each kilobyte
//! was the rule say what they relay today.

use bitcoin::Script;
use kms_core::{
    chain::{Bip32Wallet, ChainInfo, EntryField, Unit, WalletKind},
    keys::Curve,
};
use serde_json::Value;

use crate::{
    checks::{self, CheckError, Subject},
    input_type::InputType,
    max_fee,
    params::{AbsurdFee, Params, Play, Prefixes, Units},
};

/// The facts about Dogecoin. Its base unit is the koinu, 10^-8 DOGE.
pub(crate) static DOGE: Params = Params {
    info: ChainInfo {
        code: "DOGE",
        name: "Dogecoin",
        unit: Unit::new("DOGE", 8),
        curve: Curve::Secp256k1,
        wallet: WalletKind::Bip32(Bip32Wallet {
            mainnet_path: "m/44'/3'/0'/0",
            testnet_path: "m/44'/1'/0'/0",
            mainnet_version: [0x04, 0x88, 0xb2, 0x1e],
            testnet_version: [0x04, 0x35, 0x87, 0xcf],
        }),
        entry_fields: &[EntryField::Mnemonic, EntryField::Xpub],
        broadcast_path: "/v3/dogecoin/broadcast",
        offchain_withdrawals: true,
        outside_nodes: &[],
    },
    mainnet: Prefixes {
        pubkey_hash: 0x1e,
        script_hash: 0x16,
        segwit: None,
        cashaddr: None,
        wif: 0x9e,
        other_wif: &[],
    },
    testnet: Prefixes {
        pubkey_hash: 0x71,
        script_hash: 0xc4,
        segwit: None,
        cashaddr: None,
        wif: 0xf1,
        // That of a local test network.
        other_wif: &[0xef],
    },
    address: InputType::P2pkh,
    inputs: &[InputType::P2pkh, InputType::P2pk],
    longest_signature: 72,
    checks: &[
        checks::standard_weight,
        declared_fee_is_the_real_one,
        fee_is_not_too_large,
        checks::fee_is_not_absurd,
        fee_is_relayed,
        no_output_is_dust,
    ],
    // For what the library's limit does not cover: off-chain withdrawals.
    absurd_fee: AbsurdFee {
        per_vbyte: 15 * OLD_FEE_PER_BYTE,
        total: 50 * DOGECOIN,
    },
    max_fee: max_fee::option(
        "the highest fee in DOGE that is signed, for instance 20; auto: some 4 DOGE for one input and two outputs, more for larger transactions",
    ),
    dust_limit: dogecoin_core_dust_limit,
    // 0.001 DOGE for each kilobyte.
    relay_fee: 100,
    versions: 1..=2,
    replaceable: true,
    units: Units {
        base: "koinu",
        size: "B",
    },
    play: Play {
        coin: 100 * DOGECOIN,
        fee: DOGECOIN / 10,
    },
};

const DOGECOIN: u64 = 100_000_000;

/// One dogecoin for each kilobyte, after which the library still judges fees.
const OLD_FEE_PER_BYTE: u64 = 100_000;

/// Dogecoin Core's `-dustlimit`, 0.01 DOGE, whatever the script.
fn dogecoin_core_dust_limit(_: &Script) -> u64 {
    DOGECOIN / 100
}

/// On-chain: a fee that is named is what the inputs leave over.
fn declared_fee_is_the_real_one(params: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    let fee = subject.spending.fee().to_sat();
    match subject.declared_fee {
        Some(declared) if subject.on_chain && !means_nothing(declared) => {
            if declared.as_u64() == Some(fee) {
                return Ok(());
            }
            Err(CheckError::DeclaredFee {
                declared: declared.to_string(),
                fee,
                units: params.units,
            })
        }
        _ => Ok(()),
    }
}

/// On-chain: the library's own limit, fifteen times the fee that it expects, unless the owner has
/// set another, which [`checks::fee_is_not_absurd`] knows.
fn fee_is_not_too_large(params: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    /// What the library adds for a change output.
    const CHANGE_OUTPUT: u64 = 6_200_000;

    if !subject.on_chain || subject.max_fee.is_some() {
        return Ok(());
    }
    let change = subject
        .change_script
        .is_some_and(|script| !means_nothing(script));
    let fee = subject.spending.fee().to_sat();
    let mut expected = library_size(subject).saturating_mul(OLD_FEE_PER_BYTE);
    if change && fee > expected.saturating_add(CHANGE_OUTPUT) {
        expected = expected.saturating_add(CHANGE_OUTPUT);
    }
    let limit = expected.saturating_mul(15);
    if fee > limit {
        return Err(CheckError::FeeTooLarge {
            fee,
            limit,
            change,
            units: params.units,
            code: params.info.code,
        });
    }
    Ok(())
}

/// On-chain: nodes relay it.
fn fee_is_relayed(params: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    let fee = subject.spending.fee().to_sat();
    let size = subject
        .spending
        .signed_weight(params.longest_signature)
        .to_vbytes_ceil();
    let least = params.relay_fee.saturating_mul(size);
    if subject.on_chain && fee < least {
        return Err(CheckError::FeeTooSmall {
            fee,
            least,
            units: params.units,
        });
    }
    Ok(())
}

/// On-chain: every output is worth being spent, but for those that cannot be.
fn no_output_is_dust(params: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    if !subject.on_chain {
        return Ok(());
    }
    let outputs = &subject.spending.transaction().output;
    for (index, output) in outputs.iter().enumerate() {
        let least = (params.dust_limit)(&output.script_pubkey);
        if !output.script_pubkey.is_op_return() && output.value.to_sat() < least {
            return Err(CheckError::Dust {
                index,
                amount: output.value.to_sat(),
                least,
                units: params.units,
            });
        }
    }
    Ok(())
}

/// The size that the library expects the signed transaction to have.
fn library_size(subject: &Subject<'_>) -> u64 {
    let inputs = subject.spending.coins().iter().map(|coin| {
        let signature = match InputType::of(&coin.script_pubkey) {
            Some(InputType::P2pk) => 73,
            _ => 107,
        };
        36_u64.saturating_add(signature)
    });
    let outputs = subject.spending.transaction().output.iter().map(|output| {
        let script = u64::try_from(output.script_pubkey.len()).unwrap_or(u64::MAX);
        script.saturating_add(9)
    });
    inputs.chain(outputs).fold(26, u64::saturating_add)
}

/// What counts as absent in the language of the cloud.
fn means_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        DOGECOIN as CHAIN,
        testing::{HASH, PUBLIC_KEY, sign_on, spend},
    };

    fn coin() -> String {
        format!("76a914{HASH}88ac")
    }

    /// One coin of ten dogecoins to one output of the same kind, for `fee`.
    fn pays(fee: u64) -> Value {
        spend(
            &[(10 * DOGECOIN, &coin())],
            &[(10 * DOGECOIN - fee, &coin())],
        )
    }

    fn on_chain(transaction: &Value) -> Result<(), String> {
        sign_on(&CHAIN, &transaction.to_string(), &json!({}))
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_declared_fee_must_be_the_real_one() {
        let mut transaction = pays(DOGECOIN);
        for declared in [
            json!(DOGECOIN),
            json!(0),
            json!(null),
            json!(false),
            json!(""),
        ] {
            transaction["fee"] = declared;
            assert_eq!(on_chain(&transaction), Ok(()));
        }
        for declared in [json!(DOGECOIN + 1), json!("100000000"), json!(1.5)] {
            transaction["fee"] = declared.clone();
            assert_eq!(
                on_chain(&transaction),
                Err(format!(
                    "refused: the fee is said to be {declared} koinu, but it is 100000000 koinu"
                ))
            );
        }
    }

    /// One input, one output: 203 bytes as the library counts, 3.045 DOGE; 3.975 with change.
    #[test]
    fn the_largest_fee_depends_on_the_change_output() {
        let most = 15 * 203 * OLD_FEE_PER_BYTE;
        assert_eq!(on_chain(&pays(most)), Ok(()));
        assert_eq!(
            on_chain(&pays(most + 1)),
            Err(
                "refused: the fee of 304500001 koinu is above 304500000 koinu, and no change \
                 output is named: it may have been forgotten; if it is meant, \
                 --chain-option DOGE.max-fee=3.04500001 allows it"
                    .to_owned()
            )
        );
        let most = most + 15 * 6_200_000;
        let mut transaction = pays(most);
        transaction["changeScript"] = json!("OP_DUP");
        assert_eq!(on_chain(&transaction), Ok(()));
        let mut transaction = pays(most + 1);
        transaction["changeScript"] = json!("OP_DUP");
        assert_eq!(
            on_chain(&transaction),
            Err(
                "refused: the fee of 397500001 koinu is above 397500000 koinu; if it is meant, \
                 --chain-option DOGE.max-fee=3.97500001 allows it"
                    .to_owned()
            )
        );
    }

    /// One input that pays to a public key: 169 bytes as the library counts.
    #[test]
    fn an_input_of_a_public_key_counts_as_smaller() {
        let pays = |fee: u64| {
            spend(
                &[(10 * DOGECOIN, &format!("21{PUBLIC_KEY}ac"))],
                &[(10 * DOGECOIN - fee, &coin())],
            )
        };
        let most = 15 * 169 * OLD_FEE_PER_BYTE;
        assert_eq!(on_chain(&pays(most)), Ok(()));
        assert!(on_chain(&pays(most + 1)).is_err());
    }

    #[test]
    fn what_nodes_relay_today_is_enough() {
        assert_eq!(on_chain(&pays(19_200)), Ok(()));
        assert_eq!(
            on_chain(&pays(19_000)),
            Err(
                "refused: the fee of 19000 koinu is below 19200 koinu, nodes do not relay it"
                    .to_owned()
            )
        );
        let least = DOGECOIN / 100;
        let dust = |amount| {
            spend(
                &[(10 * DOGECOIN, &coin())],
                &[(9 * DOGECOIN, &coin()), (0, "6a"), (amount, &coin())],
            )
        };
        assert_eq!(on_chain(&dust(least)), Ok(()));
        assert_eq!(
            on_chain(&dust(least - 1)),
            Err(
                "refused: output 2 of 999999 koinu is below 1000000 koinu, nodes do not relay it"
                    .to_owned()
            )
        );
    }

    #[test]
    fn off_chain_only_an_absurd_fee_is_refused() {
        let more = json!({
            "withdrawalId": "w",
            "withdrawalResponses": [{"vIn": "aa", "address": {"derivationKey": 0}}],
        });
        let mut transaction = pays(5 * DOGECOIN);
        transaction["fee"] = json!(1);
        assert!(sign_on(&CHAIN, &transaction.to_string(), &more).is_ok());

        let pays = |coins: u64, fee: u64| {
            let coin = coin();
            let spent = vec![(100 * DOGECOIN, coin.as_str()); usize::try_from(coins).unwrap()];
            let paid = coins * 100 * DOGECOIN - fee;
            let inputs: Vec<_> = (0..coins)
                .map(|number| json!({"vIn": number.to_string()}))
                .collect();
            let more = json!({"withdrawalId": "w", "withdrawalResponses": inputs});
            let transaction = spend(&spent, &[(paid, coin.as_str())]);
            sign_on(&CHAIN, &transaction.to_string(), &more).map_err(|error| error.to_string())
        };
        // A small transaction may cost 50 dogecoins; 30 inputs and an output have 4484 bytes, and
        // may cost 15 times what the library expects for them.
        for (coins, most) in [(1, 50 * DOGECOIN), (30, 15 * 4484 * OLD_FEE_PER_BYTE)] {
            assert!(pays(coins, most).is_ok(), "{coins}");
            let error = pays(coins, most + 1).unwrap_err();
            assert!(error.contains("can only be a mistake"), "{error}");
        }
    }

    #[test]
    fn amounts_beyond_2_to_the_53_are_exact() {
        let most = u64::MAX - DOGECOIN;
        let transaction = spend(
            &[(u64::MAX - 1, &coin())],
            &[(most, &coin()), (DOGECOIN / 2 - 1, &coin())],
        );
        let signed = sign_on(&CHAIN, &transaction.to_string(), &json!({})).unwrap();
        assert!(
            signed.tx_data.contains(&hex::encode(most.to_le_bytes())),
            "{}",
            signed.tx_data
        );
    }
}
