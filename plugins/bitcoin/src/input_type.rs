//! The kinds of coins that one key can spend, and which key that is.

use bitcoin::{
    CompressedPublicKey, PubkeyHash, Script, ScriptBuf,
    hashes::Hash as _,
    script::{Builder, PushBytesBuf},
};
use kms_core::keys::EcPoint;

/// A kind of coin, named as in the Bitcoin Core documentation of output descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputType {
    /// Pay to public key hash: `76a914 <20> 88ac`.
    P2pkh,
    /// Pay to public key: `<33 or 65> ac`.
    P2pk,
    /// Pay to witness public key hash: `0014 <20>` (BIP-141).
    P2wpkh,
    /// The same inside pay to script hash: `a914 <20> 87` (BIP-141).
    P2shP2wpkh,
}

impl InputType {
    /// The kind of a coin by its script. That a P2SH script hides a witness program shows only
    /// when a key matches it.
    pub(crate) fn of(script: &Script) -> Option<Self> {
        if script.is_p2pkh() {
            Some(Self::P2pkh)
        } else if script.is_p2pk() {
            Some(Self::P2pk)
        } else if script.is_p2wpkh() {
            Some(Self::P2wpkh)
        } else if script.is_p2sh() {
            Some(Self::P2shP2wpkh)
        } else {
            None
        }
    }

    /// The script that pays to `key` in this way; none for a key in the 65-byte form where a
    /// witness program would have to commit to it.
    pub(crate) fn script_for(self, key: &EcPoint) -> Option<ScriptBuf> {
        match self {
            Self::P2pkh => Some(ScriptBuf::new_p2pkh(&PubkeyHash::hash(key.encoded()))),
            Self::P2pk => {
                let key = PushBytesBuf::try_from(key.encoded().to_vec()).ok()?;
                let script = Builder::new()
                    .push_slice(key)
                    .push_opcode(bitcoin::opcodes::all::OP_CHECKSIG);
                Some(script.into_script())
            }
            Self::P2wpkh => witness_program(key),
            Self::P2shP2wpkh => {
                witness_program(key).map(|program| ScriptBuf::new_p2sh(&program.script_hash()))
            }
        }
    }

    /// Whether the signature goes into the witness.
    pub(crate) fn is_segwit(self) -> bool {
        matches!(self, Self::P2wpkh | Self::P2shP2wpkh)
    }
}

/// The P2WPKH script of a key that is known by its compressed form.
pub(crate) fn witness_program(key: &EcPoint) -> Option<ScriptBuf> {
    if !key.prefers_compressed() {
        return None;
    }
    let key = CompressedPublicKey::from_slice(key.compressed()).ok()?;
    Some(ScriptBuf::new_p2wpkh(&key.wpubkey_hash()))
}

#[cfg(test)]
mod tests {
    use kms_core::keys::SecretKey;

    use super::*;

    const ALL: [InputType; 4] = [
        InputType::P2pkh,
        InputType::P2pk,
        InputType::P2wpkh,
        InputType::P2shP2wpkh,
    ];

    #[test]
    fn the_script_of_a_kind_is_of_that_kind() {
        let key = SecretKey::secp256k1(&[7; 32]).unwrap().public_key();
        for kind in ALL {
            let script = kind.script_for(key.secp256k1().unwrap()).unwrap();
            assert_eq!(InputType::of(&script), Some(kind), "{script:?}");
        }
    }

    #[test]
    fn no_witness_program_commits_to_an_uncompressed_key() {
        let key = SecretKey::secp256k1(&[7; 32])
            .unwrap()
            .with_uncompressed_public_key()
            .public_key();
        let kinds = ALL.map(|kind| kind.script_for(key.secp256k1().unwrap()).is_some());
        assert_eq!(kinds, [true, true, false, false]);
    }

    #[test]
    fn other_scripts_are_of_no_kind() {
        for hex in [
            "",
            "6a",
            "0020ad3033f44bb4390bc9bb6ebe9e30999220d49692451b4d39a18afca54d157ff4",
            "51209a6ace026016812293db111cfb0f58b2f3aedf3d240099538e2655121a5e128b",
            "5121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635751ae",
            "76a9140bdf7b4fa8a55d9ef98fcdb6db293e56c1e7fffa88",
        ] {
            let script = ScriptBuf::from_bytes(hex::decode(hex).unwrap());
            assert_eq!(InputType::of(&script), None, "{hex}");
        }
    }
}
