//! What a transaction does, for people.

use std::collections::BTreeMap;

use bitcoin::{Script, TxOut, absolute::LockTime, script::Instruction};
use kms_core::chain::{Amount, Fee, Network, Summary, Transfer};
use ruint::aliases::U256;

use crate::{
    address,
    params::{Params, Units},
    unsigned::Spending,
};

/// Says what signing `spending` does.
pub(crate) fn summarize(params: &Params, network: Network, spending: &Spending) -> Summary {
    let prefixes = params.prefixes(network);
    let place = |script: &Script| place(address::of_script(prefixes, script), script);
    let amount = |sat: u64| Amount::new(U256::from(sat), params.info.unit.clone());

    let mut from = Vec::new();
    let mut coins: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for coin in spending.coins() {
        let owner = place(&coin.script_pubkey);
        if !from.contains(&owner) {
            from.push(owner.clone());
        }
        let (count, sum) = coins.entry(owner).or_default();
        *count = count.saturating_add(1);
        *sum = sum.saturating_add(coin.value.to_sat());
    }
    let mut details: Vec<(String, String)> = Vec::new();
    for owner in &from {
        if let Some((count, sum)) = coins.get(owner) {
            let noun = if *count == 1 { "coin" } else { "coins" };
            let spent = format!("{} in {count} {noun} of {owner}", amount(*sum));
            details.push(("spends".to_owned(), spent));
        }
    }
    let vbytes = spending
        .signed_weight(params.longest_signature)
        .to_vbytes_ceil();
    let fee_sat = spending.fee().to_sat();
    let Units { base, size } = params.units;
    let rate = format!("at least {} {base}/{size}", rate(fee_sat, vbytes));
    details.push(("fee rate".to_owned(), rate));
    if params.replaceable {
        let replaceable = if spending.transaction().is_explicitly_rbf() {
            "yes (BIP-125)"
        } else {
            "no"
        };
        details.push(("replaceable".to_owned(), replaceable.to_owned()));
    }
    details.extend(lock_time(spending).map(|text| ("lock time".to_owned(), text)));

    Summary {
        chain: params.info.code.to_owned(),
        network,
        action: "transfer".to_owned(),
        from,
        transfers: spending
            .transaction()
            .output
            .iter()
            .map(|output| Transfer {
                to: place(&output.script_pubkey),
                amount: amount(output.value.to_sat()),
                change: is_change(spending, output),
            })
            .collect(),
        fee: Some(Fee {
            amount: amount(fee_sat),
            ceiling: false,
        }),
        nonce: None,
        details,
        warnings: warnings(params, spending, vbytes),
    }
}

/// An output goes back to the sender when a coin that is spent has the same script.
fn is_change(spending: &Spending, output: &TxOut) -> bool {
    spending
        .coins()
        .iter()
        .any(|coin| coin.script_pubkey == output.script_pubkey)
}

/// The address; where there is none, what the script says.
fn place(address: Option<String>, script: &Script) -> String {
    if let Some(address) = address {
        return address;
    }
    if !script.is_op_return() {
        return format!("script {}", hex::encode(script.as_bytes()));
    }
    let pushes = script.instructions().skip(1).map(|instruction| {
        let push = match instruction.ok()? {
            Instruction::PushBytes(bytes) => bytes.as_bytes(),
            Instruction::Op(_) => return None,
        };
        let text = std::str::from_utf8(push)
            .ok()
            .filter(|text| !text.is_empty() && !text.chars().any(char::is_control));
        Some(text.map_or_else(|| hex::encode(push), |text| format!("{text:?}")))
    });
    match pushes.collect::<Option<Vec<_>>>() {
        Some(pushes) => format!("OP_RETURN {}", pushes.join(" "))
            .trim_end()
            .to_owned(),
        None => format!("OP_RETURN script {}", hex::encode(script.as_bytes())),
    }
}

/// Base units for each virtual byte, to three decimal places, rounded down.
fn rate(sat: u64, vbytes: u64) -> String {
    let thousandths = u128::from(sat)
        .saturating_mul(1000)
        .checked_div(u128::from(vbytes))
        .unwrap_or_default();
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

fn lock_time(spending: &Spending) -> Option<String> {
    let transaction = spending.transaction();
    if !transaction.is_lock_time_enabled() {
        return None;
    }
    match transaction.lock_time {
        LockTime::Blocks(height) if height.to_consensus_u32() == 0 => None,
        LockTime::Blocks(height) => Some(format!("not before block {height}")),
        LockTime::Seconds(time) => Some(format!("not before Unix time {time}")),
    }
}

fn warnings(params: &Params, spending: &Spending, vbytes: u64) -> Vec<String> {
    let transaction = spending.transaction();
    let mut warnings = Vec::new();
    let fee = spending.fee().to_sat();
    let paid: u64 = transaction
        .output
        .iter()
        .filter(|output| !is_change(spending, output))
        .fold(0, |sum: u64, output| {
            sum.saturating_add(output.value.to_sat())
        });
    if fee < params.relay_fee.saturating_mul(vbytes) {
        let Units { base, size } = params.units;
        warnings.push(format!(
            "the fee is below {} {base}/{size}, nodes may not relay it",
            params.relay_fee
        ));
    }
    if fee > paid && paid > 0 {
        warnings.push("the fee is higher than what is paid".to_owned());
    }
    if paid == 0 {
        warnings.push("nothing is paid to anybody else".to_owned());
    }
    for (index, output) in transaction.output.iter().enumerate() {
        let sat = output.value.to_sat();
        if output.script_pubkey.is_op_return() {
            if sat > 0 {
                warnings.push(format!("output {index} destroys its amount (OP_RETURN)"));
            }
        } else if sat < (params.dust_limit)(&output.script_pubkey) {
            warnings.push(format!("output {index} is dust, nodes may not relay it"));
        }
    }
    if !params.versions.contains(&transaction.version.0) {
        warnings.push(format!(
            "version {} is not standard, nodes may not relay it",
            transaction.version.0
        ));
    }
    let relative = transaction.version.0 >= 2;
    for (index, input) in transaction.input.iter().enumerate() {
        if relative && input.sequence.is_relative_lock_time() && input.sequence.0 & 0xffff != 0 {
            warnings.push(format!(
                "input {index} can be mined only some time after its coin (BIP-68)"
            ));
        }
    }
    if lock_time(spending).is_some() {
        warnings.push("it cannot be mined before its lock time".to_owned());
    }
    warnings
}

#[cfg(test)]
mod tests {
    use kms_core::chain::ChainPlugin as _;
    use serde_json::json;

    use super::*;
    use crate::{
        BITCOIN, cash, doge,
        input_type::InputType,
        ltc, request,
        testing::{HASH, STRANGER, run, spend},
    };

    fn summary(transaction: &serde_json::Value) -> Summary {
        let done = run(&transaction.to_string()).unwrap();
        BITCOIN.summarize(Network::Mainnet, &done.unsigned).unwrap()
    }

    const OWN: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

    #[test]
    fn it_says_what_is_spent_paid_and_kept() {
        let own = format!("0014{HASH}");
        let mut transaction = spend(
            &[(100_000, &own), (50_000, &own)],
            &[(40_000, STRANGER), (0, "6a0568656c6c6f"), (108_000, &own)],
        );
        transaction["inputs"][1]["sequenceNumber"] = json!(0xffff_fffd_u32);
        let summary = summary(&transaction);
        assert_eq!(summary.from, [OWN]);
        let transfers: Vec<_> = summary
            .transfers
            .iter()
            .map(|t| (t.to.as_str(), t.amount.to_string(), t.change))
            .collect();
        assert_eq!(
            transfers,
            [
                (
                    "bc1qqqqsyqcyq5rqwzqfpg9scrgwpugpzysn4v0345",
                    "0.0004 BTC".to_owned(),
                    false
                ),
                ("OP_RETURN \"hello\"", "0 BTC".to_owned(), false),
                (OWN, "0.00108 BTC".to_owned(), true),
            ]
        );
        assert_eq!(summary.fee.unwrap().amount.to_string(), "0.00002 BTC");
        let details: Vec<_> = summary
            .details
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            details,
            [
                format!("spends: 0.0015 BTC in 2 coins of {OWN}"),
                "fee rate: at least 8.888 sat/vB".to_owned(),
                "replaceable: yes (BIP-125)".to_owned(),
            ]
        );
        assert_eq!(summary.warnings, Vec::<String>::new());
    }

    #[test]
    fn what_is_odd_is_pointed_out() {
        let own = format!("0014{HASH}");
        let mut transaction = spend(&[(1_000, &own)], &[(1, "6a"), (1, STRANGER), (990, &own)]);
        transaction["version"] = json!(9);
        transaction["nLockTime"] = json!(800_123);
        transaction["inputs"][0]["sequenceNumber"] = json!(144);
        let summary = summary(&transaction);
        assert_eq!(
            summary.warnings,
            [
                "the fee is below 1 sat/vB, nodes may not relay it",
                "the fee is higher than what is paid",
                "output 0 destroys its amount (OP_RETURN)",
                "output 1 is dust, nodes may not relay it",
                "version 9 is not standard, nodes may not relay it",
                "input 0 can be mined only some time after its coin (BIP-68)",
                "it cannot be mined before its lock time",
            ]
        );
        let lock_time = ("lock time".to_owned(), "not before block 800123".to_owned());
        assert!(summary.details.contains(&lock_time));

        let sweep = spend(&[(10_000, &own)], &[(9_000, &own)]);
        assert_eq!(
            self::summary(&sweep).warnings,
            ["nothing is paid to anybody else"]
        );
    }

    #[test]
    fn what_is_just_enough_is_not_odd() {
        let own = format!("0014{HASH}");
        let warnings = |fee: u64, paid: u64| {
            let outputs = [(paid, STRANGER), (90_000, own.as_str())];
            summary(&spend(&[(90_000 + paid + fee, &own)], &outputs)).warnings
        };
        let vbytes = {
            let transaction = spend(&[(100_000, &own)], &[(1_000, STRANGER), (90_000, &own)]);
            let done = run(&transaction.to_string()).unwrap();
            let spending = Spending::decode(done.unsigned.body()).unwrap();
            spending.signed_weight(72).to_vbytes_ceil()
        };
        assert_eq!(warnings(vbytes, 1_000), Vec::<String>::new());
        assert_eq!(
            warnings(vbytes - 1, 1_000),
            ["the fee is below 1 sat/vB, nodes may not relay it"]
        );
        assert_eq!(warnings(1_000, 1_000), Vec::<String>::new());
        assert_eq!(
            warnings(1_001, 1_000),
            ["the fee is higher than what is paid"]
        );
        // P2WPKH: 3 sat for each of 98 bytes.
        assert_eq!(warnings(200, 294), Vec::<String>::new());
        assert_eq!(
            warnings(200, 293),
            ["output 0 is dust, nodes may not relay it"]
        );
    }

    #[test]
    fn a_relative_lock_time_of_nothing_is_none() {
        let own = format!("0014{HASH}");
        let warnings = |sequence: u32| {
            let mut transaction = spend(&[(50_000, &own)], &[(40_000, STRANGER)]);
            transaction["version"] = json!(2);
            transaction["inputs"][0]["sequenceNumber"] = json!(sequence);
            summary(&transaction).warnings
        };
        // Blocks, and the bit that makes them steps of 512 seconds (BIP-68).
        for unit in [0, 1 << 22] {
            assert_eq!(warnings(unit), Vec::<String>::new());
            assert_eq!(
                warnings(unit | 1),
                ["input 0 can be mined only some time after its coin (BIP-68)"]
            );
        }
    }

    #[test]
    fn an_output_without_an_address_shows_its_script() {
        let own = format!("0014{HASH}");
        let outputs = [
            (1_000, "51"),
            (0, "6a"),
            (0, "6a02ff00"),
            (0, "6a4c"),
            (0, "6a0361066203620a62"),
        ];
        let summary = summary(&spend(&[(10_000, &own)], &outputs));
        let to: Vec<_> = summary.transfers.into_iter().map(|t| t.to).collect();
        assert_eq!(
            to,
            [
                "script 51",
                "OP_RETURN",
                "OP_RETURN ff00",
                "OP_RETURN script 6a4c",
                "OP_RETURN 610662 620a62",
            ]
        );
    }

    #[test]
    fn each_chain_speaks_of_its_own_units_and_rules() {
        let own = format!("76a914{HASH}88ac");
        let transaction = spend(&[(100_000, &own)], &[(5_000, &own), (94_990, &own)]);
        let request = request::parse(&transaction.to_string(), &[InputType::P2pkh]).unwrap();
        let cases = [
            (
                &ltc::LTC,
                "LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ",
                "0.044 litoshi/vB",
                true,
                2,
            ),
            (
                &doge::DOGE,
                "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE",
                "0.044 koinu/B",
                true,
                3,
            ),
            (
                &cash::BCH,
                "bitcoincash:qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h",
                "0.045 sat/B",
                false,
                1,
            ),
        ];
        for (params, address, rate, replaceable, warnings) in cases {
            let summary = summarize(params, Network::Mainnet, &request.spending);
            assert_eq!(summary.from, [address]);
            let detail = |wanted: &str| {
                let found = summary.details.iter().find(|(name, _)| name == wanted);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!(detail("fee rate"), Some(&*format!("at least {rate}")));
            assert_eq!(detail("replaceable").is_some(), replaceable, "{address}");
            let relay = summary
                .warnings
                .iter()
                .filter(|warning| warning.contains("may not relay"));
            assert_eq!(relay.count(), warnings, "{:?}", summary.warnings);
        }
    }

    #[test]
    fn the_fee_rate_is_that_of_the_signed_transaction() {
        for (coin, most) in [
            (format!("0014{HASH}"), 1),
            (format!("76a914{HASH}88ac"), 2),
            (
                format!("a914{}87", "bcfeb728b584253d5f3f70bcb780e9ef218a68f4"),
                1,
            ),
        ] {
            let transaction = spend(&[(100_000, &coin)], &[(90_000, STRANGER)]);
            let done = run(&transaction.to_string()).unwrap();
            let signed: bitcoin::Transaction =
                bitcoin::consensus::encode::deserialize_hex(&done.assembled.tx_data).unwrap();
            let estimate = Spending::decode(done.unsigned.body())
                .unwrap()
                .signed_weight(72)
                .to_vbytes_ceil();
            let actual = signed.weight().to_vbytes_ceil();
            assert!(
                actual <= estimate && estimate <= actual + most,
                "{coin}: {actual} {estimate}"
            );
        }
    }
}
