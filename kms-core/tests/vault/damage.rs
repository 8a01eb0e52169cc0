//! Every change to a file is noticed, and named for what it is.

use std::fs;

use kms_core::vault::{Damage, VaultError};
use proptest::prelude::*;

use crate::{Folder, PASSWORD, password, secret};

const HEADER_LEN: usize = 140;

#[test]
fn any_changed_bit_of_the_header_is_damage() {
    let folder = Folder::new();
    folder.vault_of(1);
    let whole = fs::read(folder.vault_path()).unwrap();
    for at in 0..HEADER_LEN {
        for bit in 0..8 {
            let mut file = whole.clone();
            file[at] ^= 1 << bit;
            folder.put(&file);
            let error = folder.store().open(&password()).unwrap_err();
            assert!(
                matches!(error, VaultError::Damaged(Damage::Header)),
                "byte {at} bit {bit}: {error}"
            );
        }
    }
}

#[test]
fn any_changed_byte_of_the_body_is_damage() {
    let folder = Folder::new();
    folder.vault_of(1);
    let whole = fs::read(folder.vault_path()).unwrap();
    for at in HEADER_LEN..whole.len() {
        let mut file = whole.clone();
        file[at] ^= 0x20;
        folder.put(&file);
        let error = folder.store().open(&password()).unwrap_err();
        assert!(
            matches!(error, VaultError::Damaged(Damage::Body)),
            "byte {at}: {error}"
        );
    }
}

#[test]
fn any_truncation_and_any_addition_is_damage() {
    let folder = Folder::new();
    folder.vault_of(1);
    let whole = fs::read(folder.vault_path()).unwrap();
    // No byte at all is another case: what the original leaves behind.
    for len in 1..whole.len() {
        folder.put(&whole[..len]);
        let error = folder.store().open(&password()).unwrap_err();
        let expected = if len < HEADER_LEN {
            Damage::HeaderTruncated
        } else {
            Damage::Truncated
        };
        assert!(
            matches!(error, VaultError::Damaged(damage) if damage == expected),
            "{len} bytes: {error}"
        );
    }
    let mut longer = whole;
    longer.push(0);
    folder.put(&longer);
    assert!(matches!(
        folder.store().open(&password()).unwrap_err(),
        VaultError::Damaged(Damage::Trailing)
    ));
}

#[test]
fn a_damaged_vault_is_never_written_over() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    let mut file = fs::read(folder.vault_path()).unwrap();
    let last = file.len() - 1;
    file[last] ^= 1;
    file[0] ^= 1;
    folder.put(&file);
    let error = open
        .update(|changes| changes.insert("new", &secret("{}")))
        .unwrap_err();
    assert!(matches!(error, VaultError::Damaged(Damage::Header)));
    assert_eq!(fs::read(folder.vault_path()).unwrap(), file);
    // What was read before is still there to sign with.
    assert!(open.vault().contains("id-0"));
}

#[test]
fn other_files_are_foreign_and_left_alone() {
    let folder = Folder::new();
    for content in [
        "{}",
        "hello",
        " ",
        "\n",
        "-----BEGIN PGP MESSAGE-----",
        "U2FsdGVk",
    ] {
        folder.put(content.as_bytes());
        let store = folder.store();
        for error in [
            store.open(&password()).unwrap_err(),
            store.open_or_create(&password()).unwrap_err(),
        ] {
            assert!(matches!(error, VaultError::Foreign { .. }), "{content:?}");
        }
        assert_eq!(
            fs::read_to_string(folder.vault_path()).unwrap(),
            content.to_owned()
        );
    }
    fs::remove_file(folder.vault_path()).unwrap();
    fs::create_dir(folder.vault_path()).unwrap();
    assert!(matches!(
        folder.store().open(&password()).unwrap_err(),
        VaultError::Foreign { .. }
    ));
}

/// The first bytes of both formats, so that random ones get further than the first check.
fn starts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        Just(b"\x89KMSV\r\n\x1a".to_vec()),
        Just(b"\x89KMSV\r\n\x1a\x01\x01\x01".to_vec()),
        Just(b"U2FsdGVkX1".to_vec()),
        Just(b"U2FsdGVkX18AAAAA".to_vec()),
    ]
}

proptest! {
    #[test]
    fn no_bytes_panic_and_none_open(start in starts(), rest in prop::collection::vec(any::<u8>(), 1..400)) {
        let folder = Folder::new();
        folder.put(&[start, rest].concat());
        prop_assert!(folder.store().open(&password()).is_err());
        let _format_or_damage = folder.store().inspect();
    }

    #[test]
    fn no_base64_text_panics_and_none_opens(text in "U2FsdGVkX1[A-Za-z0-9+/ \n]{0,200}={0,2}") {
        let folder = Folder::new();
        folder.put(text.as_bytes());
        prop_assert!(folder.store().open(&password()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn wrong_passwords_are_wrong_passwords(wrong in ".*") {
        prop_assume!(wrong != PASSWORD);
        let folder = Folder::new();
        folder.vault_of(1);
        let error = folder.store().open(&secret(&wrong)).unwrap_err();
        prop_assert!(matches!(error, VaultError::WrongPassword), "{}", error);
    }
}
