//! What a field is: its name, its type, and how its name is written in binary.

use super::fields::FIELDS;

/// A field. There is one value for each, so that two are the same when their ordinals are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    kind: Kind,
    code: u8,
    name: &'static str,
    signed: bool,
}

/// The type of a field, with the code that the network has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    UInt16 = 1,
    UInt32 = 2,
    UInt64 = 3,
    Hash128 = 4,
    Hash256 = 5,
    Amount = 6,
    Blob = 7,
    AccountId = 8,
    Number = 9,
    Int32 = 10,
    StObject = 14,
    StArray = 15,
    UInt8 = 16,
    Hash160 = 17,
    PathSet = 18,
    Vector256 = 19,
    Hash192 = 21,
    Issue = 24,
    XChainBridge = 25,
    Currency = 26,
}

impl Field {
    pub(super) const fn signed(kind: Kind, code: u8, name: &'static str) -> Self {
        Self {
            kind,
            code,
            name,
            signed: true,
        }
    }

    pub(super) const fn unsigned(kind: Kind, code: u8, name: &'static str) -> Self {
        Self {
            kind,
            code,
            name,
            signed: false,
        }
    }

    /// The field with this name, which is compared exactly.
    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }

    /// The field with these codes.
    pub(super) fn by_ordinal(kind: u8, code: u8) -> Option<&'static Self> {
        let position = FIELDS
            .binary_search_by_key(&(kind, code), Field::ordinal)
            .ok()?;
        FIELDS.get(position)
    }

    /// What fields are sorted by: type code, field code.
    pub(super) fn ordinal(&self) -> (u8, u8) {
        (self.kind.code(), self.code)
    }

    /// The name in JSON.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    #[cfg(test)]
    pub(super) fn code(&self) -> u8 {
        self.code
    }

    /// Whether it is part of what is signed, when it stands in the transaction itself.
    pub(crate) fn is_signed(&self) -> bool {
        self.signed
    }
}

impl Kind {
    pub(super) fn code(self) -> u8 {
        // The discriminants above.
        self as u8
    }
}
