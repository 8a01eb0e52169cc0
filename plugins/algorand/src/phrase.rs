//! Algorand's own 25 words: not a mnemonic of BIP-39, though of the same list.
//!
//! ```text
//! words 1 to 24 = the 32-byte seed in groups of 11 bits, from its least significant bit on
//! word 25       = the first such group of SHA-512/256(seed)
//! ```

use bip39::Language;
use kms_core::prelude::{SecretKey, SecretText, WalletError};
use sha2::{Digest as _, Sha512_256};
use zeroize::Zeroizing;

use crate::private_key::invalid;

/// The words of a phrase, its checksum among them.
const WORDS: usize = 25;
/// The bits of a word.
const BITS: u32 = 11;

/// The key of a phrase. An error says which word is wrong, not what it is.
pub(crate) fn parse(phrase: &SecretText) -> Result<SecretKey, WalletError> {
    let words = phrase.expose().split_whitespace();
    let count = words.clone().count();
    if count != WORDS {
        return Err(invalid(format!(
            "the phrase has {WORDS} words, not {count}"
        )));
    }
    let mut bits = Zeroizing::new(Bits::default());
    let mut checksum = 0;
    for (position, word) in (1..).zip(words) {
        let index = Language::English
            .find_word(word)
            .ok_or_else(|| invalid(format!("word {position} is not in the English word list")))?;
        if position == WORDS {
            checksum = index;
        } else {
            bits.push(index);
        }
    }
    // 24 words hold 8 bits more than the seed.
    if bits.length != 32 || bits.waiting != 0 {
        return Err(invalid("the last word but one holds too much"));
    }
    if checksum_of(&bits.bytes) != checksum {
        return Err(invalid(
            "the checksum of the phrase is wrong: a word is mistyped or out of place",
        ));
    }
    Ok(SecretKey::ed25519(&bits.bytes)?)
}

/// The first 11 bits of the seed's hash, little end first.
fn checksum_of(seed: &[u8; 32]) -> u16 {
    let [low, high, ..] = <[u8; 32]>::from(Sha512_256::digest(seed));
    u16::from_le_bytes([low, high]) & ((1 << BITS) - 1)
}

/// Bytes that are filled from groups of 11 bits.
#[derive(Default, zeroize::Zeroize)]
struct Bits {
    bytes: [u8; 32],
    length: usize,
    /// The bits that fill no byte yet, and how many they are.
    waiting: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, group: u16) {
        self.waiting |= u32::from(group) << self.count;
        self.count = self.count.saturating_add(BITS);
        while self.count >= 8 {
            let [byte, ..] = self.waiting.to_le_bytes();
            let Some(place) = self.bytes.get_mut(self.length) else {
                return;
            };
            *place = byte;
            self.length = self.length.saturating_add(1);
            self.waiting >>= 8;
            self.count = self.count.saturating_sub(8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The words of a seed, by the arithmetic of one large number.
    fn words_of(seed: [u8; 32]) -> Vec<&'static str> {
        let mut number = ruint::aliases::U256::from_le_bytes(seed);
        let mut groups: Vec<u16> = (0..24)
            .map(|_| {
                let group = (number & ruint::aliases::U256::from(2047)).to();
                number >>= 11;
                group
            })
            .collect();
        groups.push(checksum_of(&seed));
        let list = Language::English.word_list();
        groups
            .into_iter()
            .map(|group| list[usize::from(group)])
            .collect()
    }

    fn refusal(words: &[&str]) -> String {
        let phrase = words.join(" ");
        let error = parse(&SecretText::new(phrase.as_str())).unwrap_err();
        let error = error.to_string();
        assert!(words.len() < 2 || !error.contains(&phrase));
        error
    }

    #[test]
    fn phrases_that_stand_for_no_key_are_refused() {
        let right = words_of([7; 32]);
        let with = |position: usize, word: &'static str| {
            let mut words = right.clone();
            words[position] = word;
            refusal(&words)
        };
        assert!(parse(&SecretText::new(right.join("  \n"))).is_ok());
        assert!(refusal(&right[..24]).contains("25 words, not 24"));
        assert!(refusal(&[]).contains("25 words, not 0"));
        assert!(with(4, "algorand").contains("word 5 is not in"));
        assert!(with(4, "zoo").contains("checksum"));
        assert!(with(24, "zoo").contains("checksum"));
        assert!(with(23, "zoo").contains("holds too much"));
    }

    proptest! {
        #[test]
        fn the_words_of_a_seed_give_its_key(seed: [u8; 32]) {
            let phrase = SecretText::new(words_of(seed).join(" "));
            let key = parse(&phrase).unwrap();
            let bytes = key.to_bytes();
            prop_assert_eq!(bytes.expose(), &seed);
        }

        #[test]
        fn no_text_panics(text in "([a-z]{3,8} ){0,30}") {
            let _ = parse(&SecretText::new(text));
        }
    }
}
