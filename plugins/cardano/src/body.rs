//! The body of a transaction: what is signed (ledger CDDL `transaction_body`).

use std::{collections::BTreeMap, fmt};

use blake2::{Blake2b256, Digest as _};

use crate::{
    address::LedgerAddress,
    asset::{AssetId, Assets, NAME_LIMIT},
    cbor::{DecodeError, Reader},
};

/// A decoded body that spends, pays, and does nothing else.
///
/// Only the fields 0 to 3 are read; a body with any other one (certificates, withdrawals, a mint,
/// …) is refused, and so are outputs with a datum or a script. What the eras of the ledger write
/// differently is the same here: lists of inputs with or without the tag of a set, outputs as
/// lists or as maps, lengths known or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionBody {
    /// The coins that are spent, each once, in the order of the bytes.
    pub(crate) inputs: Vec<TransactionInput>,
    /// Who gets what.
    pub(crate) outputs: Vec<TransactionOutput>,
    /// In lovelace.
    pub(crate) fee: u64,
    /// The first slot that can no longer take the transaction.
    pub(crate) ttl: u64,
}

/// A coin: output `index` of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TransactionInput {
    pub(crate) transaction_id: [u8; 32],
    pub(crate) index: u16,
}

/// Money at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransactionOutput {
    pub(crate) address: LedgerAddress,
    pub(crate) lovelace: u64,
    pub(crate) assets: Assets,
}

impl TransactionBody {
    /// Reads the CBOR of a body.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::Unwanted`] names a field that does more than to pay.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| {
            let (mut inputs, mut outputs, mut fee, mut ttl) = (None, None, None, None);
            let mut fields = reader.map()?;
            while reader.has_next(&mut fields)? {
                match reader.uint()? {
                    0 => once(&mut inputs, "the list of inputs", read_inputs(reader)?)?,
                    1 => once(&mut outputs, "the list of outputs", read_outputs(reader)?)?,
                    2 => once(&mut fee, "the fee", reader.uint()?)?,
                    3 => once(&mut ttl, "the ttl", reader.uint()?)?,
                    other => return Err(DecodeError::Unwanted(field(other))),
                }
            }
            Ok(Self {
                inputs: inputs.ok_or(DecodeError::Missing("the list of inputs"))?,
                outputs: outputs.ok_or(DecodeError::Missing("the list of outputs"))?,
                fee: fee.ok_or(DecodeError::Missing("the fee"))?,
                ttl: ttl.ok_or(DecodeError::Missing("the ttl"))?,
            })
        })
    }
}

impl fmt::Display for TransactionInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", hex::encode(self.transaction_id), self.index)
    }
}

impl fmt::Debug for TransactionInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of the transaction with this body, and what its witnesses sign.
pub(crate) fn transaction_id(body: &[u8]) -> [u8; 32] {
    Blake2b256::digest(body).into()
}

fn once<T>(place: &mut Option<T>, what: &str, value: T) -> Result<(), DecodeError> {
    match place.replace(value) {
        None => Ok(()),
        // The ledger and a node may disagree on which one counts.
        Some(_) => Err(DecodeError::Repeated(what.to_owned())),
    }
}

fn read_inputs(reader: &mut Reader<'_>) -> Result<Vec<TransactionInput>, DecodeError> {
    let mut items = reader.set()?;
    let mut inputs = Vec::new();
    while reader.has_next(&mut items)? {
        let mut parts = reader.array()?;
        reader.next(&mut parts, "an input")?;
        let transaction_id = reader.fixed()?;
        reader.next(&mut parts, "an input")?;
        let index = reader.uint()?;
        reader.end(parts, "an input")?;
        inputs.push(TransactionInput {
            transaction_id,
            index: u16::try_from(index)
                .map_err(|_| DecodeError::Value(format!("no transaction has an output {index}")))?,
        });
    }
    Ok(inputs)
}

fn read_outputs(reader: &mut Reader<'_>) -> Result<Vec<TransactionOutput>, DecodeError> {
    let mut items = reader.array()?;
    let mut outputs = Vec::new();
    while reader.has_next(&mut items)? {
        outputs.push(if reader.is_array()? {
            read_old_output(reader)?
        } else {
            read_output(reader)?
        });
    }
    Ok(outputs)
}

/// `[address, value]`; a third element would be the hash of a datum.
fn read_old_output(reader: &mut Reader<'_>) -> Result<TransactionOutput, DecodeError> {
    let mut parts = reader.array()?;
    reader.next(&mut parts, "an output")?;
    let address = read_address(reader)?;
    reader.next(&mut parts, "an output")?;
    let (lovelace, assets) = read_value(reader)?;
    if reader.has_next(&mut parts)? {
        return Err(DecodeError::Unwanted("an output with a datum".to_owned()));
    }
    Ok(TransactionOutput {
        address,
        lovelace,
        assets,
    })
}

/// `{0: address, 1: value}`; 2 would be a datum and 3 a script.
fn read_output(reader: &mut Reader<'_>) -> Result<TransactionOutput, DecodeError> {
    let (mut address, mut value) = (None, None);
    let mut fields = reader.map()?;
    while reader.has_next(&mut fields)? {
        match reader.uint()? {
            0 => once(
                &mut address,
                "the address of an output",
                read_address(reader)?,
            )?,
            1 => once(&mut value, "the amount of an output", read_value(reader)?)?,
            2 => return Err(DecodeError::Unwanted("an output with a datum".to_owned())),
            3 => return Err(DecodeError::Unwanted("an output with a script".to_owned())),
            other => {
                let what = format!("an output with the unknown field {other}");
                return Err(DecodeError::Unwanted(what));
            }
        }
    }
    let address = address.ok_or(DecodeError::Missing("the address of an output"))?;
    let (lovelace, assets) = value.ok_or(DecodeError::Missing("the amount of an output"))?;
    Ok(TransactionOutput {
        address,
        lovelace,
        assets,
    })
}

fn read_address(reader: &mut Reader<'_>) -> Result<LedgerAddress, DecodeError> {
    let bytes = reader.bytes()?;
    LedgerAddress::from_bytes(&bytes)
        .map_err(|error| DecodeError::Value(format!("it pays to {}: {error}", hex::encode(bytes))))
}

/// Lovelace, or `[lovelace, {policy: {name: amount}}]`.
fn read_value(reader: &mut Reader<'_>) -> Result<(u64, Assets), DecodeError> {
    if !reader.is_array()? {
        return Ok((reader.uint()?, Assets::new()));
    }
    let mut parts = reader.array()?;
    reader.next(&mut parts, "an amount")?;
    let lovelace = reader.uint()?;
    reader.next(&mut parts, "an amount")?;
    let assets = read_assets(reader)?;
    reader.end(parts, "an amount")?;
    Ok((lovelace, assets))
}

fn read_assets(reader: &mut Reader<'_>) -> Result<Assets, DecodeError> {
    let mut assets = BTreeMap::new();
    let mut policies = reader.map()?;
    while reader.has_next(&mut policies)? {
        let policy = reader.fixed()?;
        let mut names = reader.map()?;
        while reader.has_next(&mut names)? {
            let name = reader.bytes()?.into_owned();
            if name.len() > NAME_LIMIT {
                let what = format!("the name of a token has at most {NAME_LIMIT} bytes");
                return Err(DecodeError::Value(what));
            }
            let asset = AssetId { policy, name };
            let amount = reader.uint()?;
            if amount == 0 {
                let what = format!("an output has no {asset}, which needs not be said");
                return Err(DecodeError::Value(what));
            }
            if assets.insert(asset.clone(), amount).is_some() {
                return Err(DecodeError::Repeated(asset.to_string()));
            }
        }
    }
    Ok(assets)
}

/// What a field of the body is called.
fn field(key: u64) -> String {
    let name = match key {
        4 => "certificates",
        5 => "withdrawals of rewards",
        6 => "an update of the protocol",
        7 => "the hash of auxiliary data",
        8 => "a start of its validity",
        9 => "a mint",
        11 => "the hash of script data",
        13 => "collateral inputs",
        14 => "required signers",
        15 => "a network id",
        16 => "a collateral return",
        17 => "a collateral",
        18 => "reference inputs",
        19 => "votes",
        20 => "proposals",
        21 => "a treasury value",
        22 => "a donation to the treasury",
        _ => return format!("the unknown field {key}"),
    };
    format!("{name} (field {key})")
}

#[cfg(test)]
pub(crate) mod tests {
    use minicbor::{Encoder, data::Tag};
    use proptest::prelude::*;

    use super::*;
    use kms_core::prelude::Network;

    /// How an encoder may write the same body.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Style {
        tagged_set: bool,
        map_outputs: bool,
        indefinite: bool,
        reversed: bool,
        always_pairs: bool,
    }

    pub(crate) fn styles() -> impl Strategy<Value = Style> {
        any::<[bool; 5]>().prop_map(|[a, b, c, d, e]| Style {
            tagged_set: a,
            map_outputs: b,
            indefinite: c,
            reversed: d,
            always_pairs: e,
        })
    }

    struct Writer {
        cbor: Encoder<Vec<u8>>,
        style: Style,
    }

    impl Writer {
        fn list(&mut self, len: usize) {
            if self.style.indefinite {
                self.cbor.begin_array().unwrap();
            } else {
                self.cbor.array(len.try_into().unwrap()).unwrap();
            }
        }

        fn map(&mut self, len: usize) {
            if self.style.indefinite {
                self.cbor.begin_map().unwrap();
            } else {
                self.cbor.map(len.try_into().unwrap()).unwrap();
            }
        }

        fn end(&mut self) {
            if self.style.indefinite {
                self.cbor.end().unwrap();
            }
        }

        fn input(&mut self, input: &TransactionInput) {
            self.list(2);
            self.cbor.bytes(&input.transaction_id).unwrap();
            self.cbor.u16(input.index).unwrap();
            self.end();
        }

        fn output(&mut self, output: &TransactionOutput) {
            if self.style.map_outputs {
                self.map(2);
                self.cbor.u8(0).unwrap();
            } else {
                self.list(2);
            }
            self.cbor.bytes(output.address.bytes()).unwrap();
            if self.style.map_outputs {
                self.cbor.u8(1).unwrap();
            }
            self.value(output);
            self.end();
        }

        fn value(&mut self, output: &TransactionOutput) {
            if output.assets.is_empty() && !self.style.always_pairs {
                self.cbor.u64(output.lovelace).unwrap();
                return;
            }
            self.list(2);
            self.cbor.u64(output.lovelace).unwrap();
            let mut policies: BTreeMap<[u8; 28], Vec<(&[u8], u64)>> = BTreeMap::new();
            for (asset, amount) in &output.assets {
                let names = policies.entry(asset.policy).or_default();
                names.push((&asset.name, *amount));
            }
            self.map(policies.len());
            for (policy, names) in policies {
                self.cbor.bytes(&policy).unwrap();
                self.map(names.len());
                for (name, amount) in names {
                    self.cbor.bytes(name).unwrap().u64(amount).unwrap();
                }
                self.end();
            }
            self.end();
            self.end();
        }
    }

    /// A body in the notation of `style`.
    pub(crate) fn encode(body: &TransactionBody, style: Style) -> Vec<u8> {
        let mut to = Writer {
            cbor: Encoder::new(Vec::new()),
            style,
        };
        to.map(4);
        let mut keys = [0_u8, 1, 2, 3];
        if style.reversed {
            keys.reverse();
        }
        for key in keys {
            to.cbor.u8(key).unwrap();
            match key {
                0 => {
                    if style.tagged_set {
                        to.cbor.tag(Tag::new(258)).unwrap();
                    }
                    to.list(body.inputs.len());
                    body.inputs.iter().for_each(|input| to.input(input));
                    to.end();
                }
                1 => {
                    to.list(body.outputs.len());
                    body.outputs.iter().for_each(|output| to.output(output));
                    to.end();
                }
                2 => drop(to.cbor.u64(body.fee).unwrap()),
                _ => drop(to.cbor.u64(body.ttl).unwrap()),
            }
        }
        to.end();
        to.cbor.into_writer()
    }

    fn addresses() -> impl Strategy<Value = LedgerAddress> {
        (any::<[u8; 32]>(), any::<bool>()).prop_map(|(key, testnet)| {
            LedgerAddress::enterprise(Network::from_testnet_flag(testnet), &key)
        })
    }

    fn assets() -> impl Strategy<Value = Assets> {
        let asset = (
            any::<u8>(),
            prop::collection::vec(any::<u8>(), 0..=NAME_LIMIT),
        )
            .prop_map(|(policy, name)| AssetId {
                policy: [policy % 3; 28],
                name,
            });
        prop::collection::btree_map(asset, 1..=u64::MAX, 0..4)
    }

    pub(crate) fn bodies() -> impl Strategy<Value = TransactionBody> {
        let input = any::<([u8; 32], u16)>().prop_map(|(transaction_id, index)| TransactionInput {
            transaction_id,
            index,
        });
        let output =
            (addresses(), any::<u64>(), assets()).prop_map(|(address, lovelace, assets)| {
                TransactionOutput {
                    address,
                    lovelace,
                    assets,
                }
            });
        (
            prop::collection::vec(input, 0..4),
            prop::collection::vec(output, 0..4),
            any::<u64>(),
            any::<u64>(),
        )
            .prop_map(|(inputs, outputs, fee, ttl)| TransactionBody {
                inputs,
                outputs,
                fee,
                ttl,
            })
    }

    const PLAIN: Style = Style {
        tagged_set: false,
        map_outputs: false,
        indefinite: false,
        reversed: false,
        always_pairs: false,
    };

    /// A body with `field` after the first four.
    fn with_field(field: u8) -> Vec<u8> {
        let body = TransactionBody {
            inputs: Vec::new(),
            outputs: Vec::new(),
            fee: 1,
            ttl: 2,
        };
        let mut bytes = encode(&body, PLAIN);
        assert!(TransactionBody::decode(&bytes).is_ok());
        bytes[0] = 0xa5;
        let mut more = Encoder::new(bytes);
        more.u8(field).unwrap().array(0).unwrap();
        more.into_writer()
    }

    #[test]
    fn every_other_field_is_refused_by_its_name() {
        for field in 4..=40 {
            let error = TransactionBody::decode(&with_field(field)).unwrap_err();
            assert!(
                matches!(&error, DecodeError::Unwanted(name)
                if name.contains(&format!("field {field}"))),
                "{error}"
            );
            // Those of Conway's CDDL, which has no 10 and 12.
            let known = matches!(field, 4..=9 | 11 | 13..=22);
            assert_eq!(!error.to_string().contains("unknown"), known, "{error}");
        }
        assert_eq!(
            TransactionBody::decode(&with_field(9))
                .unwrap_err()
                .to_string(),
            "it contains a mint (field 9), which nobody asked for"
        );
    }

    #[test]
    fn a_field_twice_or_not_at_all_is_refused() {
        let error = TransactionBody::decode(&with_field(0)).unwrap_err();
        assert_eq!(error.to_string(), "the list of inputs stands in it twice");
        for (text, missing) in [
            ("a0", "the list of inputs"),
            ("a10080", "the list of outputs"),
            ("a200800180", "the fee"),
            ("a3008001800200", "the ttl"),
        ] {
            assert_eq!(
                TransactionBody::decode(&hex::decode(text).unwrap()),
                Err(DecodeError::Missing(missing))
            );
        }
    }

    /// `a4 00 80 01 [output] 02 00 03 00`
    fn with_output(output: &str) -> Result<TransactionBody, DecodeError> {
        let text = format!("a400800181{output}02000300");
        TransactionBody::decode(&hex::decode(text).unwrap())
    }

    #[test]
    fn outputs_with_more_than_money_are_refused() {
        let address = format!("581d61{}", "00".repeat(28));
        assert!(with_output(&format!("82{address}01")).is_ok());
        assert!(with_output(&format!("a200{address}0101")).is_ok());
        let error = |output: &str| with_output(output).unwrap_err().to_string();
        for (output, what) in [
            (format!("83{address}01582000"), "an output with a datum"),
            (
                format!("a300{address}010102820041"),
                "an output with a datum",
            ),
            (
                format!("a300{address}010103d81841"),
                "an output with a script",
            ),
            (
                format!("a300{address}01010400"),
                "an output with the unknown field 4",
            ),
        ] {
            let expected = format!("it contains {what}, which nobody asked for");
            assert_eq!(error(&output), expected);
        }
        assert_eq!(
            error(&format!("a300{address}01010102")),
            "the amount of an output stands in it twice"
        );
        // An amount below zero, a large number of more than eight bytes, half a pair, no address.
        for output in [
            format!("82{address}20"),
            format!("82{address}c249010000000000000000"),
            format!("82{address}8101"),
            format!("81{address}"),
            "824101".to_owned() + "01",
        ] {
            assert!(with_output(&output).is_err(), "{output}");
        }
    }

    #[test]
    fn tokens_are_read_once_and_not_for_nothing() {
        let address = format!("581d61{}", "00".repeat(28));
        let policy = format!("581c{}", "ab".repeat(28));
        let with = |assets: &str| with_output(&format!("82{address}8205{assets}"));
        let body = with(&format!("a1{policy}a2413101413202")).unwrap();
        let found: Vec<_> = body.outputs[0].assets.values().copied().collect();
        assert_eq!((body.outputs[0].lovelace, found), (5, vec![1, 2]));
        for assets in [
            format!("a1{policy}a2413101413102"),
            format!("a2{policy}a1413101{policy}a1413102"),
            format!("a1{policy}a1413100"),
            format!("a1{policy}a15821{}01", "00".repeat(33)),
            format!("a1581b{}a1413101", "ab".repeat(27)),
            format!("a1{policy}a1413120"),
        ] {
            assert!(with(&assets).is_err(), "{assets}");
        }
    }

    proptest! {
        #[test]
        fn every_notation_is_read_as_the_same(body in bodies(), style in styles()) {
            prop_assert_eq!(TransactionBody::decode(&encode(&body, style)), Ok(body));
        }

        #[test]
        fn cut_and_changed_bytes_never_panic(
            body in bodies(),
            style in styles(),
            at: prop::sample::Index,
            byte: u8,
        ) {
            let mut bytes = encode(&body, style);
            let at = at.index(bytes.len());
            prop_assert!(TransactionBody::decode(&bytes[..at]).is_err());
            bytes[at] = byte;
            let _ = TransactionBody::decode(&bytes);
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = TransactionBody::decode(&bytes);
        }
    }
}
