//! CashAddr (specification of Bitcoin Cash, 2017): Base32 with a 40-bit BCH code as checksum.
//!
//! `prefix:payload`; the payload is a version byte (kind of script, length of the hash), the hash,
//! and the checksum, which covers the prefix as well.

use bitcoin::Script;

/// The address that pays to `script`; none for a script without one.
pub(crate) fn of_script(prefix: &str, script: &Script) -> Option<String> {
    let bytes = script.as_bytes();
    let (kind, hash) = if script.is_p2pkh() {
        (Kind::PubkeyHash, bytes.get(3..23)?)
    } else if script.is_p2sh() {
        (Kind::ScriptHash, bytes.get(2..22)?)
    } else if bytes.len() == 35 && bytes.starts_with(&[0xaa, 0x20]) && bytes.ends_with(&[0x87]) {
        // OP_HASH256 <32> OP_EQUAL, since 2023.
        (Kind::ScriptHash, bytes.get(2..34)?)
    } else {
        return None;
    };
    encode(prefix, kind, hash)
}

/// The public key hash of a P2PKH address, with a prefix or, for that of `prefix`, without one;
/// none for anything else.
pub(crate) fn pubkey_hash(prefix: &str, text: &str) -> Option<[u8; 20]> {
    match decode(prefix, text)? {
        (Kind::PubkeyHash, hash) => hash.try_into().ok(),
        _ => None,
    }
}

/// What a hash is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    PubkeyHash,
    ScriptHash,
    /// A kind that this crate does not name.
    Other(u8),
}

impl Kind {
    fn of_code(code: u8) -> Self {
        match code {
            0 => Self::PubkeyHash,
            1 => Self::ScriptHash,
            other => Self::Other(other),
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::PubkeyHash => 0,
            Self::ScriptHash => 1,
            Self::Other(code) => code,
        }
    }
}

/// The lengths of hashes by their code in the version byte.
const LENGTHS: [usize; 8] = [20, 24, 28, 32, 40, 48, 56, 64];

/// The alphabet of Base32, which is that of Bech32.
const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn encode(prefix: &str, kind: Kind, hash: &[u8]) -> Option<String> {
    let length = LENGTHS.iter().position(|length| *length == hash.len())?;
    let version = (kind.code() << 3) | u8::try_from(length).ok()?;
    let mut payload = vec![version];
    payload.extend(hash);
    let mut digits: Vec<u8> = regroup(&payload, 8, 5).collect();
    let checksum = checksum(prefix, digits.iter().copied().chain([0; 8]));
    digits.extend(
        (0..40)
            .step_by(5)
            .rev()
            .map(|place| low_5_bits(checksum >> place)),
    );
    let letters = digits.iter().map(|digit| char::from(letter(*digit)));
    Some(format!("{prefix}:{}", letters.collect::<String>()))
}

fn decode(default_prefix: &str, text: &str) -> Option<(Kind, Vec<u8>)> {
    let lower = text.to_ascii_lowercase();
    if text != lower && text != text.to_ascii_uppercase() {
        return None;
    }
    let (prefix, letters) = lower.split_once(':').unwrap_or((default_prefix, &lower));
    let digits = letters
        .bytes()
        .map(|letter| {
            let digit = ALPHABET.iter().position(|known| *known == letter)?;
            u8::try_from(digit).ok()
        })
        .collect::<Option<Vec<u8>>>()?;
    if prefix.is_empty() || checksum(prefix, digits.iter().copied()) != 0 {
        return None;
    }
    let (payload, _) = digits.split_at_checked(digits.len().checked_sub(8)?)?;
    let bytes: Vec<u8> = regroup(payload, 5, 8).collect();
    // The bits that fill up the last digit: fewer than five, and none of them set.
    let bits = payload.len().checked_mul(5)?;
    let whole = bits / 8;
    let (bytes, rest) = bytes.split_at_checked(whole)?;
    if rest.iter().any(|byte| *byte != 0) || bits % 8 >= 5 {
        return None;
    }
    let (version, hash) = bytes.split_first()?;
    if version & 0x80 != 0 || hash.len() != *LENGTHS.get(usize::from(version & 7))? {
        return None;
    }
    Some((Kind::of_code(version >> 3), hash.to_vec()))
}

/// Groups of `from` bits as groups of `to` bits, the last filled up with zeros.
fn regroup(groups: &[u8], from: u32, to: u32) -> impl Iterator<Item = u8> {
    let bits = groups
        .iter()
        .flat_map(move |group| (0..from).rev().map(move |place| (group >> place) & 1));
    let mut bits = bits.peekable();
    std::iter::from_fn(move || {
        bits.peek()?;
        Some((0..to).fold(0, |group, _| (group << 1) | bits.next().unwrap_or(0)))
    })
}

/// `PolyMod` of the specification over the prefix, a zero, and the digits.
fn checksum(prefix: &str, digits: impl Iterator<Item = u8>) -> u64 {
    const GENERATORS: [u64; 5] = [
        0x98_f2bc_8e61,
        0x79_b76d_99e2,
        0xf3_3e5f_b3c4,
        0xae_2eab_e2a8,
        0x1e_4f43_e470,
    ];
    let prefix = prefix.bytes().map(|byte| byte & 0x1f);
    let remainder = prefix.chain([0]).chain(digits).fold(1_u64, |sum, digit| {
        let carry = sum >> 35;
        let shifted = ((sum & 0x07_ffff_ffff) << 5) ^ u64::from(digit);
        GENERATORS
            .iter()
            .enumerate()
            .filter(|(bit, _)| (carry >> bit) & 1 == 1)
            .fold(shifted, |sum, (_, generator)| sum ^ generator)
    });
    remainder ^ 1
}

fn low_5_bits(value: u64) -> u8 {
    u8::try_from(value & 0x1f).unwrap_or_default()
}

fn letter(digit: u8) -> u8 {
    ALPHABET.get(usize::from(digit)).copied().unwrap_or(b'q')
}

#[cfg(test)]
mod tests {
    use bitcoin::ScriptBuf;
    use proptest::prelude::*;

    use super::*;

    fn published(member: &str) -> Vec<serde_json::Value> {
        let text = include_str!("../../tests/vectors/published/cashaddr.json");
        let mut whole: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(whole[member].take()).unwrap()
    }

    /// Specification §"Examples of address translation".
    #[test]
    fn published_translations() {
        let cases = published("translations");
        assert_eq!(cases.len(), 6);
        kms_core::testkit::tally("published", cases.len(), "vectors of CashAddr");
        for case in cases {
            let [legacy, text] = ["legacy", "address"].map(|member| case[member].as_str().unwrap());
            let legacy = bs58::decode(legacy).with_check(None).into_vec().unwrap();
            let (version, hash) = legacy.split_first().unwrap();
            let hex = hex::encode(hash);
            let (script, is_pubkey_hash) = match version {
                0 => (format!("76a914{hex}88ac"), true),
                5 => (format!("a914{hex}87"), false),
                other => panic!("{other}"),
            };
            let script = ScriptBuf::from_bytes(hex::decode(script).unwrap());
            assert_eq!(of_script("bitcoincash", &script).as_deref(), Some(text));
            let bare = text.trim_start_matches("bitcoincash:");
            for text in [text, bare, &text.to_uppercase()] {
                let found = pubkey_hash("bitcoincash", text);
                let expected = is_pubkey_hash.then(|| hash.try_into().unwrap());
                assert_eq!(found, expected, "{text}");
            }
            assert_eq!(pubkey_hash("bchtest", bare), None);
        }
    }

    /// Specification §"Larger test vectors", two of them of a kind that it leaves undefined.
    #[test]
    fn published_vectors_of_several_lengths() {
        let cases = published("larger");
        assert_eq!(cases.len(), 26);
        kms_core::testkit::tally("published", cases.len(), "vectors of CashAddr");
        for case in &cases {
            let kind = Kind::of_code(u8::try_from(case["type"].as_u64().unwrap()).unwrap());
            let hash = hex::decode(case["hash"].as_str().unwrap()).unwrap();
            let text = case["address"].as_str().unwrap();
            let (prefix, _) = text.split_once(':').unwrap();
            assert_eq!(encode(prefix, kind, &hash).as_deref(), Some(text));
            assert_eq!(decode("", text), Some((kind, hash)));
        }
    }

    /// Right checksums over what is no hash at all, or none of the length it says.
    #[test]
    fn published_texts_that_are_no_addresses_are_refused() {
        let cases = published("invalid");
        assert_eq!(cases.len(), 9);
        kms_core::testkit::tally("published", cases.len(), "vectors of CashAddr");
        for text in &cases {
            let text = text.as_str().unwrap();
            let (prefix, letters) = text.split_once(':').unwrap();
            let digits = letters.bytes().map(|letter| {
                let digit = ALPHABET.iter().position(|known| *known == letter);
                u8::try_from(digit.unwrap()).unwrap()
            });
            assert_eq!(checksum(prefix, digits), 0, "{text}");
            assert_eq!(decode("bitcoincash", text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ":",
            "bitcoincash:",
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b",
            "bitcoincash:Qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            "bchtest:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        ] {
            assert_eq!(decode("bitcoincash", text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(hash: [u8; 32], length in 0_usize..4, code in 0_u8..16) {
            let hash = &hash[..LENGTHS[length]];
            let kind = Kind::of_code(code);
            let text = encode("bchreg", kind, hash).unwrap();
            prop_assert_eq!(decode("bitcoincash", &text), Some((kind, hash.to_vec())));
        }

        #[test]
        fn a_wrong_letter_is_noticed(hash: [u8; 20], position in 0_usize..42, step in 1_usize..32) {
            let text = encode("bitcoincash", Kind::PubkeyHash, &hash).unwrap();
            let (prefix, letters) = text.split_once(':').unwrap();
            let mut letters = letters.as_bytes().to_vec();
            let digit = ALPHABET.iter().position(|l| *l == letters[position]).unwrap();
            letters[position] = ALPHABET[(digit + step) % 32];
            let wrong = format!("{prefix}:{}", String::from_utf8(letters).unwrap());
            prop_assert_eq!(decode("bitcoincash", &wrong), None);
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = decode("bitcoincash", &text);
        }

        #[test]
        fn no_letters_panic(text in "(bitcoincash:)?[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{0,120}") {
            let _ = decode("bitcoincash", &text);
        }
    }
}
