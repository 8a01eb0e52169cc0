//! Wrong passwords. One in about 256 leaves a valid padding, and then what was decrypted looks
//! like a text; crypto-js does not even look at the padding, and takes what is left of a short
//! file for an empty text.

use std::{collections::BTreeSet, thread};

use kms_core::{
    testkit::tally,
    vault::{LegacyCheck, VaultError},
};
use kms_tests::{chance::Chance, library::Library};
use serde_json::{Value, json};

use crate::{
    Folder, any_text, encrypt,
    passwords::{Kind, any_password},
};

const RIGHT: &str = "correct horse";
const COUNT: usize = 100_000;
/// Of them crypto-js is asked about so many.
const ASKED: usize = 3_000;

/// Which check refused how many.
#[derive(Clone, Copy, Debug, Default)]
struct Refused {
    padding: usize,
    utf8: usize,
    json: usize,
}

impl Refused {
    fn sum(self) -> usize {
        self.padding + self.utf8 + self.json
    }

    fn and(self, other: Self) -> Self {
        Self {
            padding: self.padding + other.padding,
            utf8: self.utf8 + other.utf8,
            json: self.json + other.json,
        }
    }
}

#[test]
fn a_hundred_thousand_wrong_passwords_open_nothing() {
    let Some(library) = Library::in_folder("legacy") else {
        return;
    };
    let texts = [
        // One block: what a lucky padding leaves is empty or a few bytes.
        "{}".to_owned(),
        any_text(&mut Chance::seeded(1), 1),
        any_text(&mut Chance::seeded(2), 16),
    ];
    let files = encrypt(&library, texts.iter().map(|text| (RIGHT, text.as_str())));
    let folders: Vec<Folder> = files.iter().map(|file| Folder::with(file)).collect();
    for folder in &folders {
        folder.open(RIGHT).expect("the right password");
    }
    let wrong = wrong_passwords();

    let workers = thread::available_parallelism().map_or(2, usize::from);
    let part = COUNT.div_ceil(workers);
    let refused = thread::scope(|scope| {
        let folders = &folders;
        let running: Vec<_> = wrong
            .chunks(part)
            .map(|part| scope.spawn(move || refuse_all(folders, part)))
            .collect();
        running
            .into_iter()
            .map(|worker| worker.join().expect("no password was taken"))
            .fold(Refused::default(), Refused::and)
    });
    assert_eq!(refused.sum(), COUNT);
    let lucky = refused.utf8 + refused.json;
    // 391 on average: a twentieth of that never happens by chance.
    assert!(lucky > COUNT / 256 / 20, "the trap was never sprung");

    let taken = taken_by_crypto_js(&library, &files, &wrong[..ASKED]);
    tally("legacy", COUNT, "wrong passwords refused");
    println!(
        "legacy: {COUNT} wrong passwords open nothing; {lucky} of them leave a valid padding \
         ({} no UTF-8, {} no JSON object); crypto-js takes {taken} of the first {ASKED} for right",
        refused.utf8, refused.json
    );
    assert!(
        taken > 0,
        "crypto-js opens short files with wrong passwords"
    );
}

/// Different from each other and from the right one: at random, and variations of the right one.
fn wrong_passwords() -> Vec<String> {
    let mut chance = Chance::seeded(20_261_124);
    let mut wrong = BTreeSet::new();
    while wrong.len() < COUNT {
        wrong.insert(match chance.below(3) {
            0 => any_password(&mut chance, Kind::Ascii),
            1 => any_password(&mut chance, Kind::Any),
            _ => format!("{RIGHT}{}", chance.below(1 << 40)),
        });
        wrong.remove(RIGHT);
        wrong.remove("");
    }
    let mut wrong: Vec<String> = wrong.into_iter().collect();
    // Out of their order, so that any part of them is of every kind.
    for position in (1..wrong.len()).rev() {
        let limit = u64::try_from(position + 1).expect("a short list");
        let other = usize::try_from(chance.below(limit)).expect("within the list");
        wrong.swap(position, other);
    }
    wrong
}

/// Tries each password on one of the files.
fn refuse_all(folders: &[Folder], passwords: &[String]) -> Refused {
    let mut refused = Refused::default();
    for (password, folder) in passwords.iter().zip(folders.iter().cycle()) {
        match folder.open(password) {
            Err(VaultError::WrongPasswordOrDamaged(check)) => match check {
                LegacyCheck::Padding => refused.padding += 1,
                LegacyCheck::Utf8 => refused.utf8 += 1,
                LegacyCheck::Json => refused.json += 1,
            },
            other => panic!("{password:?}: {other:?}"),
        }
    }
    refused
}

/// With how many of the passwords crypto-js decrypts without an error.
fn taken_by_crypto_js(library: &Library, files: &[String], passwords: &[String]) -> usize {
    let cases: Vec<Value> = passwords
        .iter()
        .zip(files.iter().cycle())
        .map(|(password, file)| json!({"password": password, "file": file}))
        .collect();
    let answers = library.ask("decrypt", &Value::from(cases));
    let answers = answers.as_array().expect("answers");
    assert_eq!(answers.len(), passwords.len());
    let texts = answers.iter().filter_map(|answer| answer["text"].as_str());
    texts
        .map(|text| assert!(!text.starts_with('{'), "{text}"))
        .count()
}
