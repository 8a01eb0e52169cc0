//! Names of accounts and programs: Ed25519 public keys, or what stands in for one.

use std::fmt;

/// The 32 bytes that name an account or a program; displayed in base58.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pubkey(pub(crate) [u8; 32]);

impl Pubkey {
    /// A name known when the program is built.
    pub(crate) const fn known(base58: &str) -> Self {
        Self(bs58::decode(base58.as_bytes()).into_array_const_unwrap::<32>())
    }

    /// Reads base58 of exactly 32 bytes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // 32 bytes are at most 44 digits, and decoding takes quadratic time.
        if text.len() > 44 {
            return None;
        }
        let mut bytes = [0; 32];
        let len = bs58::decode(text).onto(&mut bytes).ok()?;
        (len == bytes.len()).then_some(Self(bytes))
    }
}

impl fmt::Display for Pubkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

impl fmt::Debug for Pubkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_addresses() {
        let file = include_str!("../tests/vectors/published/addresses.json");
        let published: serde_json::Value = serde_json::from_str(file).unwrap();
        let list = |member: &str| published[member].as_array().unwrap().clone();
        let (addresses, invalid) = (list("addresses"), list("invalid"));
        assert_eq!((addresses.len(), invalid.len()), (5, 3));
        kms_core::testkit::tally("published", 8_u64, "vectors of Solana");
        for case in &addresses {
            let [public, text] = ["public", "address"].map(|member| case[member].as_str().unwrap());
            let name = Pubkey(hex::decode(public).unwrap().try_into().unwrap());
            assert_eq!(name.to_string(), text);
            assert_eq!(Pubkey::parse(text), Some(name));
        }
        let names = invalid.iter().map(|text| text.as_str().unwrap());
        let names: Vec<_> = names.filter(|text| Pubkey::parse(text).is_some()).collect();
        // No point of the curve, and so no key; but accounts that programs own are none either.
        assert_eq!(names, ["F9vSypJrvid1y1ckLUJoT1Ke4R5TgeMiyoZdFKBAA91j"]);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "1",
            "0OIl",
            "1111111111111111111111111111111",
            "111111111111111111111111111111111",
            &"z".repeat(45),
            &"1".repeat(100_000),
        ] {
            assert_eq!(Pubkey::parse(text), None, "{text:.50}");
        }
    }

    proptest! {
        #[test]
        fn text_and_bytes_agree(bytes: [u8; 32]) {
            prop_assert_eq!(Pubkey::parse(&Pubkey(bytes).to_string()), Some(Pubkey(bytes)));
        }
    }
}
