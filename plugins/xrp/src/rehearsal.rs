//! How the sandbox plays the XRP Ledger. Nothing here is shared with the signing side: a broadcast
//! transaction is taken apart by a walker that knows no field by name, only how long each is.

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey as Ed25519Key};
use k256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use ripemd::Ripemd160;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

/// A recipient, and an issuer.
const RECIPIENT: &str = "rLP5qGj1Pc1gDGi8TumEEneRkxZyWVyq54";
const ISSUER: &str = "rsH6XQLTiw1BpeETfwbgVf4UVYDwg2m9W7";

#[derive(Debug)]
pub(crate) struct XrpRehearsal;

impl Rehearsal for XrpRehearsal {
    fn transactions(
        &self,
        _network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let samples = [
            (
                "payment",
                json!({
                    "TransactionType": "Payment", "Amount": "1250000", "Destination": RECIPIENT,
                    "DestinationTag": 4711, "SourceTag": null,
                    "Memos": [{"Memo": {"MemoData": hex::encode("invoice 77")}}],
                }),
            ),
            (
                "payment of an issued currency",
                json!({
                    "TransactionType": "Payment", "Destination": RECIPIENT,
                    "Amount": {"currency": "USD", "value": "12.50", "issuer": ISSUER},
                }),
            ),
            (
                "trust line",
                json!({
                    "TransactionType": "TrustSet",
                    "LimitAmount": {"currency": "EUR", "value": "1000000", "issuer": ISSUER},
                }),
            ),
        ];
        samples
            .into_iter()
            .zip(wallets.iter().cycle())
            .filter_map(|((title, mut transaction), wallet)| {
                let members = transaction.as_object_mut()?;
                let account = wallet.addresses.first()?.as_str();
                members.insert("Account".to_owned(), account.into());
                members.insert("Fee".to_owned(), "12".into());
                members.insert("Sequence".to_owned(), 83_210_001.into());
                members.insert("LastLedgerSequence".to_owned(), 83_210_501.into());
                Some(RehearsalTransaction {
                    title,
                    serialized: transaction.to_string(),
                    hashes: vec![wallet.id.clone()],
                    index: None,
                    signatures: Vec::new(),
                })
            })
            .collect()
    }

    /// The transactions come complete, nobody is asked.
    fn answer(&self, _network: Network, _call: &RehearsalCall) -> Option<Value> {
        None
    }

    fn verify(&self, _network: Network, tx_data: &str) -> Result<Verdict, String> {
        let blob = hex::decode(tx_data).map_err(|_| "txData is not hexadecimal".to_owned())?;
        let parts = Parts::of(&blob).ok_or("txData is no transaction")?;
        let key = parts.key.ok_or("it names no key")?;
        let signature = parts.signature.ok_or("it carries no signature")?;
        let message = [b"STX\0".as_slice(), &parts.signed].concat();
        if !is_signed(key, &message, signature) {
            return Err("the signature is not one of the key it names".to_owned());
        }
        let account = Ripemd160::digest(Sha256::digest(key));
        let address = bs58::encode([&[0], account.as_slice()].concat())
            .with_alphabet(bs58::Alphabet::RIPPLE)
            .with_check()
            .into_string();
        Ok(Verdict {
            transaction_id: hex::encode_upper(half(&[b"TXN\0", &blob])),
            signers: vec![Address::new(address)],
        })
    }
}

/// Whether the signature is one, and written as the network wants it.
fn is_signed(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    if let [0xed, point @ ..] = key {
        let Ok(key) = point
            .try_into()
            .map_err(|_| ())
            .and_then(|point| Ed25519Key::from_bytes(point).map_err(|_| ()))
        else {
            return false;
        };
        return Ed25519Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok());
    }
    let Ok(key) = VerifyingKey::from_sec1_bytes(key) else {
        return false;
    };
    Signature::from_der(signature).is_ok_and(|signature| {
        signature.normalize_s() == signature
            && key.verify_prehash(&half(&[message]), &signature).is_ok()
    })
}

fn half(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().copied().take(32).collect()
}

/// What a signature's check needs of a transaction.
#[derive(Default)]
struct Parts<'a> {
    /// The fields that are signed.
    signed: Vec<u8>,
    key: Option<&'a [u8]>,
    signature: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(blob: &'a [u8]) -> Option<Self> {
        let mut parts = Self::default();
        let mut walker = Walker(blob);
        let mut last = (0, 0);
        while !walker.0.is_empty() {
            let before = walker.0;
            let header = walker.header()?;
            if header <= last {
                return None;
            }
            last = header;
            let value = walker.value(header.0)?;
            let field = before.get(..before.len().checked_sub(walker.0.len())?)?;
            match header {
                (7, 3) => parts.key = Some(value),
                (7, 4) => parts.signature = Some(value),
                // Signatures of other kinds.
                (7, 6 | 18) | (14, 37 | 38) | (15, 3 | 31) => continue,
                _ => {}
            }
            if header != (7, 4) {
                parts.signed.extend(field);
            }
        }
        (last != (0, 0)).then_some(parts)
    }
}

/// The bytes that are still to be walked over.
struct Walker<'a>(&'a [u8]);

impl<'a> Walker<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Type and field code.
    fn header(&mut self) -> Option<(u8, u8)> {
        let first = self.byte()?;
        let kind = match first >> 4 {
            0 => self.byte()?,
            kind => kind,
        };
        let code = match first & 15 {
            0 => self.byte()?,
            code => code,
        };
        Some((kind, code))
    }

    /// A value of this type, without its length.
    fn value(&mut self, kind: u8) -> Option<&'a [u8]> {
        let before = self.0;
        match kind {
            1 => self.take(2),
            2 | 10 => self.take(4),
            3 => self.take(8),
            4 => self.take(16),
            5 => self.take(32),
            6 => match before.first()? {
                first if first & 0x80 != 0 => self.take(48),
                first if first & 0x20 != 0 => self.take(33),
                _ => self.take(8),
            },
            7 | 8 | 19 => self.prefixed(),
            9 => self.take(12),
            14 | 15 => self.nested(),
            16 => self.take(1),
            17 | 26 => self.take(20),
            18 => self.paths(),
            21 => self.take(24),
            24 => self.asset(),
            25 => {
                for _ in 0..2 {
                    self.take(21)?;
                    self.asset()?;
                }
                Some(before)
            }
            _ => None,
        }
    }

    #[expect(clippy::arithmetic_side_effects, reason = "a number of three bytes")]
    fn prefixed(&mut self) -> Option<&'a [u8]> {
        let first = usize::from(self.byte()?);
        let length = match first {
            0..=192 => first,
            193..=240 => 193 + (first - 193) * 256 + usize::from(self.byte()?),
            241..=254 => {
                let middle = usize::from(self.byte()?);
                12_481 + (first - 241) * 65_536 + middle * 256 + usize::from(self.byte()?)
            }
            _ => return None,
        };
        self.take(length)
    }

    /// Up to the mark that ends the object or list, over all within.
    fn nested(&mut self) -> Option<&'a [u8]> {
        let before = self.0;
        let mut open = 1_usize;
        while open > 0 {
            match self.header()? {
                (14 | 15, 1) => open = open.saturating_sub(1),
                (14 | 15, _) => open = open.saturating_add(1),
                (kind, _) => {
                    self.value(kind)?;
                }
            }
        }
        Some(before)
    }

    fn paths(&mut self) -> Option<&'a [u8]> {
        let before = self.0;
        loop {
            match self.byte()? {
                0 => return Some(before),
                0xff => {}
                kind => {
                    let parts = (kind & 0x31).count_ones();
                    self.take(usize::try_from(parts).ok()?.saturating_mul(20))?;
                }
            }
        }
    }

    fn asset(&mut self) -> Option<&'a [u8]> {
        let before = self.0;
        if self.take(20)? == [0; 20] {
            return Some(before);
        }
        // In place of an issuer, this says that a number follows.
        let (last, zeros) = self.take(20)?.split_last()?;
        if *last == 1 && zeros.iter().all(|byte| *byte == 0) {
            self.take(4)?;
        }
        Some(before)
    }
}
