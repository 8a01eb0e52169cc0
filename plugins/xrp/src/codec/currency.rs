//! What an amount can be of.

use std::fmt;

use super::CodecError;
use crate::account::AccountId;

/// The code of a currency (`Currency`): 20 bytes, of which all are zero for XRP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Currency(pub(super) [u8; 20]);

/// The id of a multi-purpose token (XLS-33): a sequence number and the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MptId(pub(super) [u8; 24]);

/// An asset without an amount (`Issue`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// XRP.
    Xrp,
    /// What an account issues.
    Issued {
        /// Of what.
        currency: Currency,
        /// Of whom.
        issuer: AccountId,
    },
    /// A multi-purpose token.
    Mpt(MptId),
}

impl Currency {
    pub(super) const XRP: Self = Self([0; 20]);

    /// Reads three characters, or 40 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Result<Self, CodecError> {
        if text == "XRP" {
            return Ok(Self::XRP);
        }
        if let Ok(code) = <[u8; 3]>::try_from(text.as_bytes())
            && code.iter().all(|byte| is_code_character(*byte))
        {
            return Ok(Self::of_code(code));
        }
        let mut bytes = [0; 20];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| CodecError::Currency)?;
        Ok(Self(bytes))
    }

    fn of_code(code: [u8; 3]) -> Self {
        let mut bytes = [0; 20];
        bytes[12..15].copy_from_slice(&code);
        Self(bytes)
    }

    /// Whether it is XRP, or the code that would look like it and that the network refuses.
    pub(super) fn is_xrp(&self) -> bool {
        *self == Self::XRP || *self == Self::of_code(*b"XRP")
    }

    /// The three characters, if these are all there is.
    fn code(&self) -> Option<&str> {
        let code = self.0.get(12..15)?;
        let standard = Self::of_code(code.try_into().ok()?) == *self
            && code.iter().all(|byte| is_code_character(*byte));
        standard.then(|| std::str::from_utf8(code).ok()).flatten()
    }

    /// The text of a code that is text with zeros after it.
    fn long_text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.0).ok()?.trim_end_matches('\0');
        let readable = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
        (readable && !text.is_empty()).then_some(text)
    }
}

/// Three characters, or hexadecimal digits with the text that they may be beside them: many
/// different codes can be the same text.
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::XRP {
            return f.write_str("XRP");
        }
        if let Some(code) = self.code()
            && !self.is_xrp()
        {
            return f.write_str(code);
        }
        f.write_str(&hex::encode_upper(self.0))?;
        match self.long_text() {
            Some(text) => write!(f, " ({text:?})"),
            None => Ok(()),
        }
    }
}

/// What the network allows in a code of three characters.
fn is_code_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"?!@#$%^&*<>(){}[]|".contains(&byte)
}

impl fmt::Display for MptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(self.0))
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xrp => f.write_str("XRP"),
            Self::Issued { currency, issuer } => write!(f, "{currency} of {issuer}"),
            Self::Mpt(id) => write!(f, "MPT {id}"),
        }
    }
}

/// Stands where an issuer would, and says that a multi-purpose token's sequence number follows.
const NO_ACCOUNT: AccountId = {
    let mut bytes = [0; 20];
    bytes[19] = 1;
    AccountId(bytes)
};

impl Issue {
    pub(super) fn issued(currency: Currency, issuer: AccountId) -> Result<Self, CodecError> {
        if currency.is_xrp() {
            return Err(CodecError::IssuedXrp);
        }
        if issuer == NO_ACCOUNT {
            return Err(CodecError::Issuer);
        }
        Ok(Self::Issued { currency, issuer })
    }

    pub(super) fn mpt(id: MptId) -> Result<Self, CodecError> {
        let [_, _, _, _, issuer @ ..] = id.0;
        if issuer == [0; 20] {
            return Err(CodecError::Issuer);
        }
        Ok(Self::Mpt(id))
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Xrp => bytes.extend([0; 20]),
            Self::Issued { currency, issuer } => {
                bytes.extend(currency.0);
                bytes.extend(issuer.0);
            }
            // The only number of the whole format with its lowest byte first.
            Self::Mpt(MptId([a, b, c, d, issuer @ ..])) => {
                bytes.extend(issuer);
                bytes.extend(NO_ACCOUNT.0);
                bytes.extend([d, c, b, a]);
            }
        }
    }

    pub(super) fn read(reader: &mut super::binary::Reader<'_>) -> Result<Self, CodecError> {
        let first: [u8; 20] = reader.array()?;
        if first == [0; 20] {
            return Ok(Self::Xrp);
        }
        let issuer = AccountId(reader.array()?);
        if issuer != NO_ACCOUNT {
            return Self::issued(Currency(first), issuer);
        }
        let [d, c, b, a] = reader.array()?;
        let mut id = [0; 24];
        id[..4].copy_from_slice(&[a, b, c, d]);
        id[4..].copy_from_slice(&first);
        Self::mpt(MptId(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_without_doubt() {
        for (text, shown) in [
            ("XRP", "XRP"),
            ("USD", "USD"),
            ("xrp", "xrp"),
            ("$<>", "$<>"),
            ("0000000000000000000000005553440000000000", "USD"),
            (
                "534f4c4f00000000000000000000000000000000",
                "534F4C4F00000000000000000000000000000000 (\"SOLO\")",
            ),
            (
                "5553440000000000000000000000000000000000",
                "5553440000000000000000000000000000000000 (\"USD\")",
            ),
            (
                "0000000000000000000000005852500000000000",
                "0000000000000000000000005852500000000000",
            ),
            (
                "03DEADBEEF000000000000000000000000000000",
                "03DEADBEEF000000000000000000000000000000",
            ),
            // A code of three characters has nothing before it or behind it.
            (
                "0100000000000000000000005553440000000000",
                "0100000000000000000000005553440000000000",
            ),
            (
                "0000000000000000000000005553440000000001",
                "0000000000000000000000005553440000000001",
            ),
            (
                "0000000000000000000000005520440000000000",
                "0000000000000000000000005520440000000000",
            ),
        ] {
            assert_eq!(Currency::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            "US",
            "USDT",
            "U D",
            "€",
            "a€",
            "5553",
            "0x55534400000000000000000000000000000000",
        ] {
            assert_eq!(Currency::parse(text), Err(CodecError::Currency), "{text}");
        }
    }

    #[test]
    fn assets_are_told_with_their_issuer() {
        let currency = Currency::parse("USD").unwrap();
        let issuer = AccountId::parse("rLP5qGj1Pc1gDGi8TumEEneRkxZyWVyq54").unwrap();
        for (issue, told) in [
            (Issue::Xrp, "XRP"),
            (
                Issue::Issued { currency, issuer },
                "USD of rLP5qGj1Pc1gDGi8TumEEneRkxZyWVyq54",
            ),
            (
                Issue::Mpt(MptId([0xab; 24])),
                "MPT ABABABABABABABABABABABABABABABABABABABABABABABAB",
            ),
        ] {
            assert_eq!(issue.to_string(), told);
        }
    }

    #[test]
    fn what_looks_like_xrp_has_no_issuer() {
        let issuer = AccountId([7; 20]);
        for text in ["XRP", "0000000000000000000000005852500000000000"] {
            let currency = Currency::parse(text).unwrap();
            assert_eq!(Issue::issued(currency, issuer), Err(CodecError::IssuedXrp));
        }
    }
}
