//! Native tokens: who issues them, and what they are called.

use std::{collections::BTreeMap, fmt};

use kms_core::prelude::Unit;

/// Amounts of native tokens. None of them is zero.
pub(crate) type Assets = BTreeMap<AssetId, u64>;

/// The most bytes of an asset's name.
pub(crate) const NAME_LIMIT: usize = 32;

/// What a native token is on the ledger.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AssetId {
    /// BLAKE2b-224 of the script that issues it.
    pub(crate) policy: [u8; 28],
    /// At most 32 bytes, which need not be text.
    pub(crate) name: Vec<u8>,
}

impl AssetId {
    /// The token's unit. The ledger knows no decimal places.
    pub(crate) fn unit(&self) -> Unit {
        Unit {
            symbol: self.to_string().into(),
            decimals: 0,
        }
    }
}

/// `name of policy`. A name proves nothing, whoever issues a token calls it as they like; so the
/// policy is always told, and only plain letters and digits are shown as text.
impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.name) {
            Ok("") => f.write_str("(no name)")?,
            Ok(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                f.write_str(name)?;
            }
            _ => write!(f, "0x{}", hex::encode(&self.name))?,
        }
        write!(f, " of {}", hex::encode(self.policy))
    }
}

impl fmt::Debug for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_shown_as_text() {
        let name = |name: &[u8]| {
            let asset = AssetId {
                policy: [0xab; 28],
                name: name.to_vec(),
            };
            asset.to_string().replace(&"ab".repeat(28), "POLICY")
        };
        assert_eq!(name(b"NUTS"), "NUTS of POLICY");
        assert_eq!(name(b""), "(no name) of POLICY");
        assert_eq!(name(b"A of b"), "0x41206f662062 of POLICY");
        assert_eq!(name("АDА".as_bytes()), "0xd09044d090 of POLICY");
        assert_eq!(name(&[0xff]), "0xff of POLICY");
    }
}
