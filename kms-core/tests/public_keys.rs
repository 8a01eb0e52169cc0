//! Public keys as text and bytes.

use kms_core::keys::{Curve, KeyError, PublicKey, SecretKey};

#[test]
fn public_keys_are_read_as_they_are_written() {
    for key in [
        SecretKey::secp256k1(&[1; 32]),
        SecretKey::p256(&[1; 32]),
        SecretKey::ed25519(&[1; 32]),
    ] {
        let public = key.unwrap().public_key();
        let text = public.to_string();
        assert_eq!(text, format!("{public:?}"));
        assert_eq!(text.parse(), Ok(public));
    }
    let extended = PublicKey::Ed25519Bip32([1; 32]);
    assert_eq!(extended.to_string().parse(), Ok(extended));
}

#[test]
fn the_form_of_a_public_key_is_remembered() {
    let key = || SecretKey::secp256k1(&[1; 32]).unwrap();
    for (public, is_short) in [
        (key().public_key(), true),
        (key().with_uncompressed_public_key().public_key(), false),
    ] {
        let point = public.secp256k1().unwrap();
        assert_eq!(point.prefers_compressed(), is_short);
        assert_eq!(public.encoded().len(), if is_short { 33 } else { 65 });
        assert_eq!(
            (point.compressed().len(), point.uncompressed().len()),
            (33, 65)
        );
        assert_eq!(public.to_string().parse(), Ok(public));
    }
}

#[test]
fn what_is_no_public_key_is_refused() {
    let hex = "01".repeat(32);
    for (text, error) in [
        (hex.clone(), KeyError::UnreadablePublicKey),
        (format!("Ed448:{hex}"), KeyError::UnreadablePublicKey),
        ("Ed25519:0g".to_owned(), KeyError::UnreadablePublicKey),
        (
            format!("Ed25519:{hex}01"),
            KeyError::InvalidPublicKey(Curve::Ed25519),
        ),
        (
            "Ed25519-BIP32:".to_owned(),
            KeyError::InvalidPublicKey(Curve::Ed25519Bip32),
        ),
        // No point has this x.
        (
            format!("secp256k1:02{}", "ff".repeat(32)),
            KeyError::InvalidPublicKey(Curve::Secp256k1),
        ),
        (
            format!("P-256:{hex}"),
            KeyError::InvalidPublicKey(Curve::P256),
        ),
    ] {
        assert_eq!(text.parse::<PublicKey>(), Err(error), "{text}");
    }
}
