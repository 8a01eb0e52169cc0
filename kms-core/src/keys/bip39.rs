//! BIP-39: mnemonics and the seeds made of them.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::{KeyError, SecretBytes, SecretText};
use crate::process::GuardedBytes;

/// A valid mnemonic of the BIP-39 English word list, 12 to 24 words.
pub struct Mnemonic(bip39::Mnemonic);

impl Mnemonic {
    /// A new mnemonic of 24 words, from 256 random bits of the operating system.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let entropy = SecretBytes::random(32)?;
        Ok(Self::from_entropy(entropy.expose()).expect("BIP-39 takes 32 bytes of entropy"))
    }

    /// The mnemonic of 16, 20, 24, 28 or 32 bytes of entropy.
    ///
    /// # Errors
    /// [`KeyError::WordCount`] for another length.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, KeyError> {
        bip39::Mnemonic::from_entropy(entropy)
            .map(Self)
            .map_err(|_| KeyError::WordCount(entropy.len().saturating_mul(3) / 4))
    }

    /// Reads what a person typed: case and the amount of white space do not matter.
    ///
    /// # Errors
    /// [`KeyError::WordCount`], [`KeyError::UnknownWord`] or [`KeyError::MnemonicChecksum`].
    pub fn parse(phrase: &SecretText) -> Result<Self, KeyError> {
        let mut words = Zeroizing::new(String::with_capacity(phrase.expose().len()));
        for word in phrase.expose().split_whitespace() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.extend(word.nfkd().flat_map(char::to_lowercase));
        }
        bip39::Mnemonic::parse_in_normalized(bip39::Language::English, &words)
            .map(Self)
            .map_err(|error| match error {
                bip39::Error::BadWordCount(count) => KeyError::WordCount(count),
                bip39::Error::UnknownWord(index) => KeyError::UnknownWord(index.saturating_add(1)),
                _ => KeyError::MnemonicChecksum,
            })
    }

    /// The words, in lower case, one space between them.
    pub fn phrase(&self) -> SecretText {
        // At most 24 words of 8 letters: no reallocation leaves a copy behind.
        let mut phrase = Zeroizing::new(String::with_capacity(24 * 9));
        for word in self.0.words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        SecretText::from(phrase)
    }

    /// The entropy the words encode, without the checksum.
    pub fn entropy(&self) -> SecretBytes {
        let (mut padded, len) = self.0.to_entropy_array();
        let entropy = SecretBytes::new(padded.get(..len).unwrap_or_default());
        padded.zeroize();
        entropy
    }

    /// The seed, with an empty passphrase.
    pub fn to_seed(&self) -> Seed {
        phrase_to_seed(&self.phrase())
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The 64-byte seed of BIP-39, from which trees of keys grow. It lies in locked memory.
pub struct Seed(GuardedBytes);

impl Seed {
    /// Gives a copy of the bytes to `work`.
    pub(super) fn expose<T>(&self, work: impl FnOnce(&[u8]) -> T) -> T {
        self.0.expose(work)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The seed of any text, valid mnemonic or not, with an empty passphrase.
///
/// BIP-39 §"From mnemonic to seed": PBKDF2-HMAC-SHA512, 2048 rounds, over the NFKD form. Wallet
/// files of the original hold texts whose checksum was never looked at; keys derived from them
/// may hold funds, so nothing is repaired here.
pub fn phrase_to_seed(phrase: &SecretText) -> Seed {
    stretch(phrase, b"mnemonic")
}

/// The salt is `mnemonic`, followed by the passphrase.
fn stretch(phrase: &SecretText, salt: &[u8]) -> Seed {
    let mut seed = Zeroizing::new([0; 64]);
    let normalized = Zeroizing::new(phrase.expose().nfkd().collect::<String>());
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(normalized.as_bytes(), salt, 2048, &mut *seed);
    Seed(GuardedBytes::new(&*seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_phrases_are_normalised() {
        let typed = SecretText::new(
            "  Urge pulp usage SISTER evidence  arrest palm math please chief egg abuse\n",
        );
        let mnemonic = Mnemonic::parse(&typed).unwrap();
        assert_eq!(
            mnemonic.phrase().expose(),
            "urge pulp usage sister evidence arrest palm math please chief egg abuse"
        );
    }

    #[test]
    fn mistakes_are_named_without_repeating_the_words() {
        let cases = [
            ("abandon abandon", KeyError::WordCount(2)),
            (
                "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon zzzz",
                KeyError::UnknownWord(12),
            ),
            (
                "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon",
                KeyError::MnemonicChecksum,
            ),
        ];
        for (phrase, expected) in cases {
            let error = Mnemonic::parse(&SecretText::new(phrase)).unwrap_err();
            assert_eq!(error, expected);
            assert!(!error.to_string().contains("zzzz"));
        }
    }

    /// Three words for four bytes.
    #[test]
    fn other_amounts_of_entropy_are_refused() {
        for (bytes, words) in [(0, 0), (8, 6), (15, 11), (36, 27), (64, 48)] {
            let made = Mnemonic::from_entropy(&vec![7; bytes]);
            assert_eq!(made.unwrap_err(), KeyError::WordCount(words));
        }
    }

    /// The 24 English vectors: words and entropy both ways, and the seed of both.
    #[test]
    fn published_vectors() {
        let text = include_str!("../../tests/vectors/published/bip39.json");
        let published: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(published["passphrase"], "TREZOR");
        let cases = published["english"].as_array().unwrap();
        assert_eq!(cases.len(), 24);
        crate::testkit::tally("published", cases.len(), "vectors of BIP-39");
        for case in cases {
            let [entropy, words, seed] =
                ["entropy", "mnemonic", "seed"].map(|member| case[member].as_str().unwrap());
            let entropy = hex::decode(entropy).unwrap();
            let made = Mnemonic::from_entropy(&entropy).unwrap();
            assert_eq!(made.phrase().expose(), words);
            let read = Mnemonic::parse(&SecretText::new(words)).unwrap();
            assert_eq!(read.entropy().expose(), entropy);
            let stretched = stretch(&read.phrase(), b"mnemonicTREZOR");
            assert_eq!(stretched.expose(|seed| hex::encode(seed)), seed);
        }
    }

    /// 12 words have a checksum of 4 bits, 24 words one of 8: of the 2,048 last words just 128 and
    /// 8 fit, and every other one is refused.
    #[test]
    fn words_with_a_wrong_checksum_are_refused() {
        for (count, fitting) in [(12, 128), (15, 64), (18, 32), (21, 16), (24, 8)] {
            let start = "zoo ".repeat(count - 1);
            let mut found = 0;
            for last in bip39::Language::English.word_list() {
                match Mnemonic::parse(&SecretText::new(format!("{start}{last}"))) {
                    Ok(_) => found += 1,
                    Err(error) => assert_eq!(error, KeyError::MnemonicChecksum),
                }
            }
            assert_eq!(found, fitting, "{count} words");
        }
    }

    #[test]
    fn generated_mnemonics_have_24_valid_words() {
        let phrase = Mnemonic::generate().unwrap().phrase();
        assert_eq!(phrase.expose().split(' ').count(), 24);
        Mnemonic::parse(&phrase).unwrap();
    }
}
