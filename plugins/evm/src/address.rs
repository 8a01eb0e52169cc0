//! Addresses: the last 20 bytes of the Keccak-256 of a public key.

use alloy_primitives::{Address, keccak256};
use kms_core::{keys::KeyError, prelude::PublicKey};
use thiserror::Error;

/// The address of a public key: keccak256 over x ‖ y, without its first 12 bytes.
pub(crate) fn of_key(key: &PublicKey) -> Result<Address, KeyError> {
    let [_, coordinates @ ..] = key.secp256k1()?.uncompressed();
    Ok(Address::from_word(keccak256(coordinates)))
}

/// How a chain writes addresses, besides as Ethereum does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notation {
    /// What stands before the 40 digits of an address that is printed.
    pub(crate) prefix: &'static str,
    /// The human-readable part of addresses in bech32 (BIP-173), which are read only.
    pub(crate) bech32: Option<&'static str>,
}

impl Notation {
    /// As Ethereum does.
    pub(crate) const ETHEREUM: Self = Self {
        prefix: "0x",
        bech32: None,
    };

    /// Writes the prefix and 40 lower-case digits.
    pub(crate) fn print(self, address: &Address) -> String {
        format!("{}{}", self.prefix, hex::encode(address))
    }

    /// Writes the prefix and 40 digits with the capitals of EIP-55, for people.
    pub(crate) fn show(self, address: Address) -> String {
        let text = address.to_checksum(None);
        match text.strip_prefix("0x") {
            Some(digits) => format!("{}{digits}", self.prefix),
            None => text,
        }
    }

    /// Reads 40 hexadecimal digits with the prefix, with `0x` or without either, or bech32 where
    /// the chain has it. All lower or all upper case passes, mixed case must be the checksum of
    /// EIP-55.
    pub(crate) fn parse(self, text: &str) -> Result<Address, AddressError> {
        if let Some(part) = self.bech32
            && text.to_ascii_lowercase().starts_with(&format!("{part}1"))
        {
            return parse_bech32(part, text);
        }
        let digits = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix(self.prefix))
            .unwrap_or(text);
        parse_digits(digits)
    }
}

fn parse_bech32(human_readable_part: &str, text: &str) -> Result<Address, AddressError> {
    use bech32::{Bech32, primitives::decode::CheckedHrpstring};
    let decoded =
        CheckedHrpstring::new::<Bech32>(text).map_err(|_| AddressError::Bech32Checksum)?;
    if !decoded
        .hrp()
        .as_str()
        .eq_ignore_ascii_case(human_readable_part)
    {
        return Err(AddressError::NotAnAddress);
    }
    let bytes = decoded.byte_iter().collect::<Vec<_>>();
    Address::try_from(bytes.as_slice()).map_err(|_| AddressError::NotAnAddress)
}

fn parse_digits(digits: &str) -> Result<Address, AddressError> {
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::NotAnAddress)?;
    let address = Address::from(bytes);
    let has = |test: fn(&u8) -> bool| digits.as_bytes().iter().any(test);
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    if mixed && address.to_checksum(None).strip_prefix("0x") != Some(digits) {
        return Err(AddressError::Checksum);
    }
    Ok(address)
}

/// `0x` and 40 lower-case digits.
pub(crate) fn lower_case(address: &Address) -> String {
    format!("0x{}", hex::encode(address))
}

/// Why text is no address.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// Not 40 hexadecimal digits.
    #[error("is no address: it needs 40 hexadecimal digits, with or without 0x")]
    NotAnAddress,
    /// The capitals are not those of EIP-55.
    #[error("has a wrong EIP-55 checksum: a digit is mistyped or its case was changed")]
    Checksum,
    /// The last six characters are not the checksum of BIP-173.
    #[error("has a wrong bech32 checksum: a character is mistyped")]
    Bech32Checksum,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, AddressError> {
        Notation::ETHEREUM.parse(text)
    }

    #[derive(serde::Deserialize)]
    struct Published {
        /// The test cases of EIP-55 itself.
        standard: Vec<String>,
        addresses: Vec<String>,
    }

    fn published() -> Published {
        let file = include_str!("../tests/vectors/published/eip55.json");
        let published: Published = serde_json::from_str(file).unwrap();
        assert_eq!(published.standard.len(), 8);
        published
    }

    #[test]
    fn eip_55_vectors() {
        let Published {
            standard,
            addresses,
        } = published();
        assert_eq!(addresses.len(), 1038);
        kms_core::testkit::tally("published", 8 + addresses.len(), "vectors of EIP-55");
        for text in standard.into_iter().chain(addresses) {
            let address = parse(&text).unwrap();
            assert_eq!(address.to_checksum(None), text);
            assert_eq!(parse(&text[2..]), Ok(address));
            assert_eq!(parse(&text.to_lowercase()), Ok(address));
            assert_eq!(parse(&text[2..].to_uppercase()), Ok(address));
            assert_eq!(lower_case(&address), text.to_lowercase());
        }
    }

    /// Everything that is hashed here is hashed by this function.
    #[test]
    fn keccak_256_vectors() {
        let file = include_str!("../tests/vectors/published/keccak.json");
        let published: serde_json::Value = serde_json::from_str(file).unwrap();
        let cases = published["keccak256"].as_array().unwrap();
        assert_eq!(cases.len(), 256);
        kms_core::testkit::tally("published", cases.len(), "vectors of Keccak-256");
        for case in cases {
            let message = hex::decode(case["message"].as_str().unwrap()).unwrap();
            assert_eq!(hex::encode(keccak256(message)), case["digest"]);
        }
    }

    /// Addresses of Harmony in both notations.
    #[test]
    fn published_addresses_in_bech32() {
        let file = include_str!("../tests/vectors/published/one.json");
        let published: serde_json::Value = serde_json::from_str(file).unwrap();
        let one = Notation {
            prefix: "0x",
            bech32: Some("one"),
        };
        let list = |member: &str| published[member].as_array().unwrap().clone();
        let (addresses, invalid) = (list("addresses"), list("invalid"));
        assert_eq!((addresses.len(), invalid.len()), (5, 6));
        kms_core::testkit::tally("published", 11_u64, "vectors of Harmony");
        for case in &addresses {
            let [public, account, text] =
                ["public", "account", "address"].map(|member| case[member].as_str().unwrap());
            let key = PublicKey::secp256k1_from_sec1(&hex::decode(public).unwrap()).unwrap();
            let address = of_key(&key).unwrap();
            assert_eq!(hex::encode(address), account);
            assert_eq!(one.parse(text), Ok(address));
        }
        for text in &invalid {
            assert!(one.parse(text.as_str().unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn one_changed_capital_is_noticed() {
        for text in &published().standard[4..] {
            for (position, letter) in text.char_indices().skip(2) {
                if !letter.is_ascii_alphabetic() {
                    continue;
                }
                let changed = if letter.is_ascii_lowercase() {
                    letter.to_ascii_uppercase()
                } else {
                    letter.to_ascii_lowercase()
                };
                let mut wrong = text.clone();
                wrong.replace_range(position..=position, &changed.to_string());
                assert_eq!(parse(&wrong), Err(AddressError::Checksum), "{wrong}");
            }
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "0x",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedd",
            "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0x0x5aaeb6053f3e94c9b9a09f33669435e7ef1bea",
            "one1a50tun737ulcvwy0yvve0pvu5skq0kjargvhwe",
            "xdc5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            " 5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "5aaeb6053f3e94c9b9a09f33669435e7ef1beaeé",
        ] {
            assert_eq!(parse(text), Err(AddressError::NotAnAddress), "{text}");
        }
    }

    #[test]
    fn a_prefix_that_is_printed_is_read() {
        let xdc = Notation {
            prefix: "xdc",
            bech32: None,
        };
        for text in &published().standard {
            let address = parse(text).unwrap();
            let digits = &text[2..];
            assert_eq!(xdc.parse(&format!("xdc{digits}")), Ok(address));
            assert_eq!(xdc.parse(&xdc.print(&address)), Ok(address));
            assert_eq!(xdc.show(address), format!("xdc{digits}"));
            assert_eq!(xdc.parse(text), Ok(address));
            assert_eq!(xdc.parse(digits), Ok(address));
            for wrong in ["xdc0x", "0xxdc", "xdcxdc", "Xdc"] {
                let text = format!("{wrong}{digits}");
                assert_eq!(xdc.parse(&text), Err(AddressError::NotAnAddress), "{text}");
            }
        }
    }

    #[test]
    fn bech32_is_read_where_the_chain_has_it() {
        let one = Notation {
            prefix: "0x",
            bech32: Some("one"),
        };
        // From Harmony's documentation.
        let text = "one1a50tun737ulcvwy0yvve0pvu5skq0kjargvhwe";
        let address = parse("0xed1ebe4fd1f73f86388f231997859ca42c07da5d");
        assert_eq!(one.parse(text), address);
        assert_eq!(one.parse(&text.to_uppercase()), address);
        let hex = &published().standard[4];
        assert_eq!(one.parse(hex), parse(hex));
        for (text, error) in [
            (text.replace("a50", "a51"), AddressError::Bech32Checksum),
            (text[..41].to_owned(), AddressError::Bech32Checksum),
            (
                text.replacen("one1a", "One1a", 1),
                AddressError::Bech32Checksum,
            ),
            ("one1".to_owned(), AddressError::Bech32Checksum),
            (text.replacen("one1", "two1", 1), AddressError::NotAnAddress),
        ] {
            assert_eq!(one.parse(&text), Err(error), "{text}");
        }
        // 19 and 21 bytes under a right checksum.
        for length in [19, 21] {
            let part = bech32::Hrp::parse("one").unwrap();
            let text = bech32::encode::<bech32::Bech32>(part, &vec![7; length]).unwrap();
            assert_eq!(one.parse(&text), Err(AddressError::NotAnAddress), "{text}");
        }
    }
}
