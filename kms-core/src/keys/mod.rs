//! Everything that holds a secret key: the only module of the project that signs.
//!
//! A mnemonic becomes a [`Seed`], a seed a chain's account node ([`Secp256k1Node`]), an account
//! node a [`SecretKey`]; a [`SecretKey`] signs what a plugin's preimages ask for. What of them is
//! kept for the next transaction lies in locked memory, and its number is bounded.

mod bip32;
mod bip32_ed25519;
mod bip39;
mod public;
mod recent;
mod scheme;
mod secret;
mod secret_key;
mod slip10;

pub use self::{
    bip32::{Bip32Path, ExtendedPublicKey, PathError, Secp256k1Node},
    bip32_ed25519::{Ed25519Bip32Node, ExtendedEd25519PublicKey},
    bip39::{Mnemonic, Seed, phrase_to_seed},
    public::{Curve, EcPoint, PublicKey},
    scheme::{Scheme, Signature},
    secret::{SecretBytes, SecretText},
    secret_key::SecretKey,
    slip10::derive_ed25519,
};

pub(crate) use self::recent::Recent;

use thiserror::Error;

/// Why a key could not be read, derived or used. Says nothing of the key itself.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// A key of one curve where another is needed.
    #[error("this needs a {expected} key, not a {found} key")]
    WrongCurve {
        /// What is needed.
        expected: Curve,
        /// What was given.
        found: Curve,
    },
    /// The scheme cannot be used with a key of this curve.
    #[error("a {curve} key cannot sign by {scheme}")]
    WrongScheme {
        /// The curve of the key.
        curve: Curve,
        /// The scheme asked for.
        scheme: Scheme,
    },
    /// The bytes are no private key: wrong length, zero, or not below the group order.
    #[error("not a {0} private key")]
    InvalidSecretKey(Curve),
    /// The bytes are no public key.
    #[error("not a {0} public key")]
    InvalidPublicKey(Curve),
    /// Not the text form `curve:hex` of a public key.
    #[error("not a public key in the form curve:hex")]
    UnreadablePublicKey,
    /// What is signed has another length than the scheme takes.
    #[error("{scheme} signs {expected} bytes, not {found}")]
    PayloadLength {
        /// The scheme asked for.
        scheme: Scheme,
        /// The number of bytes it takes.
        expected: usize,
        /// The number of bytes given.
        found: usize,
    },
    /// The signature does not verify against the public key that should have made it.
    #[error("the signature does not belong to the key {0}")]
    SignatureMismatch(Box<PublicKey>),
    /// A word that is not in the BIP-39 English list; its position counts from 1.
    #[error("word {0} of the mnemonic is not in the BIP-39 English word list")]
    UnknownWord(usize),
    /// A mnemonic has 12, 15, 18, 21 or 24 words.
    #[error("a mnemonic has 12, 15, 18, 21 or 24 words, not {0}")]
    WordCount(usize),
    /// The last word does not fit the others.
    #[error("the checksum of the mnemonic is wrong: a word is mistyped or out of place")]
    MnemonicChecksum,
    /// The index is 2^31 or more.
    #[error("the index {0} is too large: the largest is 2147483647")]
    IndexTooLarge(u32),
    /// The derivation hit the one case in 2^127 that BIP-32 leaves without a key.
    #[error("there is no key at this index, use the next one")]
    NoKeyAtIndex,
    /// The text is no extended public key.
    #[error("not an extended public key")]
    InvalidExtendedPublicKey,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}
