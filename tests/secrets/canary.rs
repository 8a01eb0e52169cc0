//! Texts and bytes that must not be found, in all the ways they might be written.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use data_encoding::BASE32_NOPAD;
use kms_tests::samples;

use crate::{API_KEY, BTC_KEY, MNEMONIC, NEW_PASSWORD, PASSWORD};

/// A secret and its forms.
pub(crate) struct Canary {
    pub(crate) name: &'static str,
    pub(crate) forms: Vec<Vec<u8>>,
}

/// The secrets that are put in, and what the program makes of them on its way to a key.
pub(crate) fn canaries() -> Vec<Canary> {
    let phrase = bip39::Mnemonic::parse(MNEMONIC).unwrap();
    let seed = phrase.to_seed("");
    let mut canaries = vec![
        Canary::of_text("the password", PASSWORD),
        Canary::of_text("the new password", NEW_PASSWORD),
        Canary::of_text("the API key", API_KEY),
        Canary::of_mnemonic("the mnemonic", &phrase),
        Canary::of_bytes("the entropy", &phrase.to_entropy()),
        Canary::of_bytes("the seed", &seed),
        Canary::of_text("the bitcoin key", BTC_KEY),
        Canary::of_bytes("the bytes of the bitcoin key", &{
            let wif = bs58::decode(BTC_KEY).with_check(None).into_vec().unwrap();
            wif[1..33].to_vec()
        }),
        Canary::of_text("the ethereum key", samples::ETH_KEY),
        Canary::of_bytes("the bytes of the ethereum key", &{
            hex::decode(samples::ETH_KEY.trim_start_matches("0x")).unwrap()
        }),
    ];
    for (name, path) in [
        ("the master key", "m"),
        ("the account's key", "m/44'/0'/0'"),
        ("the chain's key", "m/44'/0'/0'/0"),
        ("the first key", "m/44'/0'/0'/0/0"),
    ] {
        let node = bip32::XPrv::derive_from_path(&seed[..], &path.parse().unwrap()).unwrap();
        let mut forms = Canary::of_bytes(name, &node.private_key().to_bytes()).forms;
        let xprv = node.to_string(bip32::Prefix::XPRV);
        forms.extend(Canary::of_text(name, &xprv).forms);
        canaries.push(Canary { name, forms });
    }
    canaries
}

impl Canary {
    /// Of a text, in the encodings of characters and of bytes.
    fn of_text(name: &'static str, text: &str) -> Self {
        let mut forms = Vec::new();
        let units: Vec<u16> = text.encode_utf16().collect();
        let bytes_of =
            |write: fn(&u16) -> [u8; 2]| -> Vec<u8> { units.iter().flat_map(write).collect() };
        add_bytes(&mut forms, text.as_bytes());
        forms.push(bytes_of(|unit| unit.to_le_bytes()));
        forms.push(bytes_of(|unit| unit.to_be_bytes()));
        forms.push(text.to_uppercase().into_bytes());
        let escaped = |write: &dyn Fn(char) -> String| -> Vec<u8> {
            text.chars().map(write).collect::<String>().into_bytes()
        };
        // JSON with every character escaped, a query, and a form.
        forms.push(escaped(&|c| format!("\\u{:04x}", u32::from(c))));
        forms.push(escaped(&|c| match c {
            ' ' => "%20".to_owned(),
            other => other.to_string(),
        }));
        forms.push(escaped(&|c| match c {
            ' ' => "+".to_owned(),
            other => other.to_string(),
        }));
        forms.push(escaped(&|c| format!("%{:02X}", u32::from(c))));
        Self::new(name, forms)
    }

    /// Of bytes that stand for themselves.
    fn of_bytes(name: &'static str, bytes: &[u8]) -> Self {
        let mut forms = Vec::new();
        add_bytes(&mut forms, bytes);
        Self::new(name, forms)
    }

    /// Of words: besides the text any three in their order, however they are separated, either
    /// way round, and as numbers.
    fn of_mnemonic(name: &'static str, phrase: &bip39::Mnemonic) -> Self {
        let mut forms = Self::of_text(name, &phrase.to_string()).forms;
        let mut words: Vec<&str> = phrase.words().collect();
        let mut numbers: Vec<String> = phrase
            .word_indices()
            .map(|index| index.to_string())
            .collect();
        for _ in 0..2 {
            for three in words.windows(3) {
                for separator in [
                    "", " ", ",", ", ", "\n", "\\n", "\",\"", "\", \"", "', '", "-", "_", "+",
                    "%20",
                ] {
                    forms.push(three.join(separator).into_bytes());
                }
                let capitals: Vec<String> = three.iter().map(|word| word.to_uppercase()).collect();
                forms.push(capitals.join(" ").into_bytes());
            }
            forms.push(numbers.join(", ").into_bytes());
            forms.push(numbers.join(",").into_bytes());
            forms.push(numbers.join(" ").into_bytes());
            words.reverse();
            numbers.reverse();
        }
        Self::new(name, forms)
    }

    fn new(name: &'static str, mut forms: Vec<Vec<u8>>) -> Self {
        // Shorter ones would be found by chance.
        forms.retain(|form| form.len() >= 8);
        forms.sort();
        forms.dedup();
        Self { name, forms }
    }
}

/// Bytes, forwards and backwards, as every encoding of bytes writes them.
fn add_bytes(forms: &mut Vec<Vec<u8>>, bytes: &[u8]) {
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    for bytes in [bytes, &reversed] {
        forms.push(bytes.to_vec());
        forms.push(hex::encode(bytes).into_bytes());
        forms.push(hex::encode_upper(bytes).into_bytes());
        let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.push(pairs.join(":").into_bytes());
        forms.push(pairs.join(" ").into_bytes());
        forms.push(pairs.join(", 0x").into_bytes());
        // As a list of numbers, the way Debug and JSON show bytes.
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        forms.push(numbers.join(", ").into_bytes());
        forms.push(numbers.join(",").into_bytes());
        forms.push(bs58::encode(bytes).into_vec());
        forms.push(bs58::encode(bytes).with_check().into_vec());
        // Within longer base64 it stands at one of three offsets; the characters that depend on
        // what is around it are left out.
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for offset in 0..3 {
                let padded = [vec![0; offset], bytes.to_vec()].concat();
                let text = engine.encode(padded);
                let start = (offset * 8).div_ceil(6);
                let end = text.len().saturating_sub(1);
                forms.push(text.as_bytes()[start..end].to_vec());
            }
        }
        for offset in 0..5 {
            let padded = [vec![0; offset], bytes.to_vec()].concat();
            let text = BASE32_NOPAD.encode(&padded);
            let start = (offset * 8).div_ceil(5);
            let inner = &text[start..text.len().saturating_sub(1)];
            forms.push(inner.as_bytes().to_vec());
            forms.push(inner.to_lowercase().into_bytes());
        }
    }
    forms.push(
        format!("{:?}", String::from_utf8_lossy(bytes))
            .trim_matches('"')
            .as_bytes()
            .to_vec(),
    );
}
