//! Addresses (CIP-19): the bytes on the ledger, and their text.

use std::fmt;

use bech32::{Bech32, Hrp, primitives::decode::CheckedHrpstring};
use blake2::{Blake2b, Digest as _, digest::consts::U28};
use kms_core::prelude::Network;
use thiserror::Error;

use crate::cbor::{DecodeError, Reader};

const MAINNET: Hrp = Hrp::parse_unchecked("addr");
const TESTNET: Hrp = Hrp::parse_unchecked("addr_test");

/// The header's type of an address of a key that delegates nothing.
const ENTERPRISE: u8 = 0b0110;
/// The same for the oldest addresses, which are CBOR.
const BYRON: u8 = 0b1000;

/// The most characters; the longest addresses, those of the first wallets, have half of them.
const TEXT_LIMIT: usize = 256;

/// An address that can receive, as the ledger has it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LedgerAddress {
    bytes: Vec<u8>,
    network: Network,
}

impl LedgerAddress {
    /// The enterprise address of a key: type 6, no stake part.
    pub(crate) fn enterprise(network: Network, public_key: &[u8; 32]) -> Self {
        let hash = Blake2b::<U28>::digest(public_key);
        let header = (ENTERPRISE << 4) | network_tag(network);
        Self {
            bytes: [&[header], hash.as_slice()].concat(),
            network,
        }
    }

    /// Reads the text: Bech32, or Base58 for a Byron address.
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        // Base58 takes a time that grows with the square of the length.
        if text.len() > TEXT_LIMIT {
            return Err(AddressError::NotAnAddress);
        }
        if let Ok(checked) = CheckedHrpstring::new::<Bech32>(text) {
            let address = Self::from_bytes(&checked.byte_iter().collect::<Vec<_>>())?;
            // Neither another prefix nor stray bits: an address has one text.
            return if address.to_string().eq_ignore_ascii_case(text) {
                Ok(address)
            } else {
                Err(AddressError::NotAnAddress)
            };
        }
        let bytes = bs58::decode(text)
            .into_vec()
            .map_err(|_| AddressError::NotAnAddress)?;
        let address = Self::from_bytes(&bytes)?;
        if address.is_byron() {
            Ok(address)
        } else {
            Err(AddressError::NotAnAddress)
        }
    }

    /// Reads what stands in an output.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, AddressError> {
        let (header, payload) = bytes.split_first().ok_or(AddressError::NotAnAddress)?;
        let kind = header >> 4;
        let network = match (kind, header & 0x0f) {
            (BYRON, _) => byron_network(bytes).map_err(|_| AddressError::NotAnAddress)?,
            (0..=7, 0) => Network::Testnet,
            (0..=7, 1) => Network::Mainnet,
            (14 | 15, _) => return Err(AddressError::Stake),
            _ => return Err(AddressError::NotAnAddress),
        };
        let has_right_length = match kind {
            0..=3 => payload.len() == 56,
            4 | 5 => payload.get(28..).is_some_and(is_pointer),
            6 | 7 => payload.len() == 28,
            _ => true,
        };
        if !has_right_length {
            return Err(AddressError::NotAnAddress);
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            network,
        })
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn network(&self) -> Network {
        self.network
    }

    /// Whether a script decides who may spend what it gets.
    pub(crate) fn is_script(&self) -> bool {
        matches!(self.kind(), 1 | 3 | 5 | 7)
    }

    fn is_byron(&self) -> bool {
        self.kind() == BYRON
    }

    fn kind(&self) -> u8 {
        self.bytes.first().map_or(0, |header| header >> 4)
    }
}

impl fmt::Display for LedgerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_byron() {
            return f.write_str(&bs58::encode(&self.bytes).into_string());
        }
        let hrp = match self.network {
            Network::Mainnet => MAINNET,
            Network::Testnet => TESTNET,
        };
        bech32::encode_lower_to_fmt::<Bech32, _>(f, hrp, &self.bytes).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for LedgerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why text or bytes are no address that can receive.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// Another form, a wrong checksum, another length.
    #[error("it is no Cardano address")]
    NotAnAddress,
    /// For rewards only.
    #[error("it is a stake address, which cannot be paid to")]
    Stake,
}

fn network_tag(network: Network) -> u8 {
    match network {
        Network::Mainnet => 1,
        Network::Testnet => 0,
    }
}

/// Three numbers of seven bits a byte, the highest bit of a byte telling that one more follows.
fn is_pointer(bytes: &[u8]) -> bool {
    let ends = bytes.iter().filter(|byte| **byte & 0x80 == 0).count();
    ends == 3 && bytes.len() <= 30 && bytes.last().is_some_and(|byte| byte & 0x80 == 0)
}

/// A Byron address: `[24(h'[root, attributes, type]'), CRC-32]`. Only those of test networks name
/// their network, in attribute 2.
fn byron_network(bytes: &[u8]) -> Result<Network, DecodeError> {
    let (payload, crc) = Reader::whole(bytes, |reader| {
        let mut items = reader.array()?;
        reader.next(&mut items, "an address")?;
        if reader.tag()? != 24 {
            return Err(DecodeError::Missing("the tag 24"));
        }
        let payload = reader.bytes()?.into_owned();
        reader.next(&mut items, "an address")?;
        let crc = reader.uint()?;
        reader.end(items, "an address")?;
        Ok((payload, crc))
    })?;
    if crc != u64::from(crc32(&payload)) {
        return Err(DecodeError::Value("another checksum".to_owned()));
    }
    Reader::whole(&payload, |reader| {
        let mut items = reader.array()?;
        reader.next(&mut items, "an address")?;
        reader.fixed::<28>()?;
        reader.next(&mut items, "an address")?;
        let mut attributes = reader.map()?;
        let mut network = Network::Mainnet;
        while reader.has_next(&mut attributes)? {
            if reader.uint()? == 2 {
                network = Network::Testnet;
            }
            reader.bytes()?;
        }
        reader.next(&mut items, "an address")?;
        reader.uint()?;
        reader.end(items, "an address")?;
        Ok(network)
    })
}

/// CRC-32 of ISO 3309, as zip files have it.
fn crc32(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    });
    !crc
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn published() -> Value {
        serde_json::from_str(include_str!("../tests/vectors/published/cip19.json")).unwrap()
    }

    #[test]
    fn crc_32_of_the_usual_check() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn published_addresses_of_every_type_are_read_and_written() {
        let published = published();
        let networks = [(Network::Mainnet, "mainnet"), (Network::Testnet, "testnet")];
        for (network, name) in networks {
            let cases = published[name].as_object().unwrap();
            assert_eq!(cases.len(), 10);
            kms_core::testkit::tally("published", cases.len(), "vectors of CIP-19");
            for (kind, text) in cases {
                let text = text.as_str().unwrap();
                let read = LedgerAddress::parse(text);
                if matches!(kind.as_str(), "type-14" | "type-15") {
                    assert_eq!(read, Err(AddressError::Stake), "{kind}");
                    continue;
                }
                let read = read.unwrap();
                assert_eq!(format!("type-{:02}", read.kind()), *kind);
                assert_eq!(read.to_string(), text);
                assert_eq!(read.network(), network);
                let is_script = ["type-01", "type-03", "type-05", "type-07"].contains(&&**kind);
                assert_eq!(read.is_script(), is_script);
                assert_eq!(
                    LedgerAddress::parse(&text.to_uppercase()).as_ref(),
                    Ok(&read)
                );
                assert_eq!(LedgerAddress::from_bytes(read.bytes()), Ok(read));
            }
        }
    }

    #[test]
    fn the_enterprise_address_of_the_published_key() {
        let published = published();
        let key = CheckedHrpstring::new::<Bech32>(published["paymentKey"].as_str().unwrap());
        let key: Vec<u8> = key.unwrap().byte_iter().collect();
        let key: [u8; 32] = key.try_into().unwrap();
        for (network, name) in [(Network::Mainnet, "mainnet"), (Network::Testnet, "testnet")] {
            let address = LedgerAddress::enterprise(network, &key);
            assert_eq!(
                address.to_string(),
                published[name]["type-06"].as_str().unwrap()
            );
        }
    }

    #[test]
    fn byron_addresses_are_base58_and_name_a_test_network() {
        let published = published();
        let cases = published["byron"].as_array().unwrap();
        assert_eq!(cases.len(), 1);
        kms_core::testkit::tally("published", cases.len(), "vectors of CIP-19");
        for one in cases {
            let text = one["address"].as_str().unwrap();
            let address = LedgerAddress::parse(text).unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(
                address.network().to_string(),
                one["network"].as_str().unwrap()
            );
            assert!(!address.is_script());
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let valid = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8";
        let bytes = LedgerAddress::parse(valid).unwrap().bytes().to_vec();
        let hrp = |hrp: &str| bech32::encode::<Bech32>(Hrp::parse(hrp).unwrap(), &bytes).unwrap();
        assert_eq!(hrp("addr"), valid);
        let byron = "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na";
        for text in [
            "",
            "addr1",
            &valid.replace("hrl8", "hrl9"),
            &format!("{valid}q"),
            &hrp("addr_test"),
            &hrp("stake"),
            &bech32::encode::<bech32::Bech32m>(MAINNET, &bytes).unwrap(),
            &bs58::encode(&bytes).into_string(),
            &byron.replace("64na", "64nb"),
            &hex::encode(&bytes),
        ] {
            assert_eq!(
                LedgerAddress::parse(text),
                Err(AddressError::NotAnAddress),
                "{text}"
            );
        }
        let (mut other, mut long) = (bytes.clone(), bytes.clone());
        other[0] = 0x62;
        long.push(0);
        for bytes in [
            &[][..],
            &bytes[..28],
            &other,
            &long,
            &[0x41; 29],
            &[0x91; 29],
        ] {
            assert_eq!(
                LedgerAddress::from_bytes(bytes),
                Err(AddressError::NotAnAddress)
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_have_one_text(bytes: Vec<u8>) {
            if let Ok(address) = LedgerAddress::from_bytes(&bytes) {
                prop_assert_eq!(LedgerAddress::parse(&address.to_string()), Ok(address));
            }
        }

        #[test]
        fn payloads_of_every_type_have_one_text(
            kind in 0_u8..16,
            tag in 0_u8..3,
            payload in prop_oneof![
                prop::collection::vec(any::<u8>(), 28),
                prop::collection::vec(any::<u8>(), 29..40),
                prop::collection::vec(any::<u8>(), 56),
            ],
        ) {
            let bytes = [&[(kind << 4) | tag], payload.as_slice()].concat();
            if let Ok(address) = LedgerAddress::from_bytes(&bytes) {
                prop_assert!(kind < 9 && tag < 2 || kind == 8);
                prop_assert_eq!(LedgerAddress::parse(&address.to_string()), Ok(address));
            }
        }

        #[test]
        fn any_text_is_refused_or_read(text in ".*") {
            let _ = LedgerAddress::parse(&text);
        }
    }
}
