//! Keys of each curve with each scheme: which belong together, and that nothing secret is printed.

use std::fmt::Debug;

use kms_core::keys::{
    Curve, Ed25519Bip32Node, KeyError, Mnemonic, Scheme, Secp256k1Node, SecretBytes, SecretKey,
    SecretText, Signature,
};

const SCHEMES: [Scheme; 6] = [
    Scheme::EcdsaSecp256k1,
    Scheme::EcdsaSecp256k1AnyS,
    Scheme::SchnorrBch2019,
    Scheme::EcdsaP256,
    Scheme::Ed25519,
    Scheme::Ed25519Bip32,
];

const PHRASE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                      abandon abandon about";

/// The node of CIP-1852's first account and role.
fn extended_node(mnemonic: &Mnemonic) -> Ed25519Bip32Node {
    Ed25519Bip32Node::derive_icarus(mnemonic, &"m/1852'/1815'/0'/0".parse().unwrap())
}

/// A key of each curve.
fn keys() -> [SecretKey; 4] {
    let mnemonic = Mnemonic::parse(&SecretText::new(PHRASE)).unwrap();
    [
        SecretKey::secp256k1(&[1; 32]).unwrap(),
        SecretKey::p256(&[1; 32]).unwrap(),
        SecretKey::ed25519(&[1; 32]).unwrap(),
        extended_node(&mnemonic).child(0).unwrap(),
    ]
}

#[test]
fn a_key_signs_by_the_schemes_of_its_curve_alone() {
    let payload = [7; 32];
    for key in keys() {
        let (curve, public) = (key.curve(), key.public_key());
        assert_eq!(public.curve(), curve);
        for scheme in SCHEMES {
            let signed = key.sign(scheme, &payload);
            if scheme.curve() == curve {
                let signature = signed.unwrap();
                assert_eq!(signature.verify(&public, scheme, &payload), Ok(()));
                let is_ecdsa = matches!(signature, Signature::Ecdsa { .. });
                assert_eq!(signature.recovery_id().is_some(), is_ecdsa, "{scheme}");
                let halves = [*signature.r(), *signature.s()];
                assert_eq!(halves.as_flattened(), signature.bytes(), "{scheme}");
                assert_eq!(format!("{signature:?}"), hex::encode(signature.bytes()));
            } else {
                let refused = KeyError::WrongScheme { curve, scheme };
                assert_eq!(signed.unwrap_err(), refused);
            }
        }
    }
}

#[test]
fn schemes_are_named_in_errors() {
    for (scheme, name) in [
        (Scheme::EcdsaSecp256k1, "ECDSA on secp256k1"),
        (Scheme::EcdsaSecp256k1AnyS, "ECDSA on secp256k1"),
        (Scheme::SchnorrBch2019, "Schnorr (2019-05-15) on secp256k1"),
        (Scheme::EcdsaP256, "ECDSA on P-256"),
        (Scheme::Ed25519, "Ed25519"),
        (Scheme::Ed25519Bip32, "Ed25519 with an extended key"),
    ] {
        let curve = Curve::P256;
        assert_eq!(
            KeyError::WrongScheme { curve, scheme }.to_string(),
            format!("a P-256 key cannot sign by {name}")
        );
    }
}

#[test]
fn a_signature_is_of_one_key_and_scheme() {
    let payload = [7; 32];
    // The one allows more values of S than the other, and no more differs.
    let of_either_s = [Scheme::EcdsaSecp256k1, Scheme::EcdsaSecp256k1AnyS];
    for key in keys() {
        for made_by in SCHEMES.into_iter().filter(|it| it.curve() == key.curve()) {
            let signature = key.sign(made_by, &payload).unwrap();
            for public in keys().iter().map(SecretKey::public_key) {
                for scheme in SCHEMES {
                    let is_same = scheme == made_by
                        || of_either_s.contains(&scheme) && of_either_s.contains(&made_by);
                    if public != key.public_key() || !is_same {
                        let verified = signature.verify(&public, scheme, &payload);
                        assert!(verified.is_err(), "{made_by}: {scheme}, {public}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_signs_a_digest_takes_32_bytes() {
    for key in keys() {
        for scheme in SCHEMES.into_iter().filter(|it| it.curve() == key.curve()) {
            for len in [0, 31, 33, 64] {
                let signed = key.sign(scheme, &vec![7; len]);
                match scheme {
                    Scheme::Ed25519 | Scheme::Ed25519Bip32 => assert!(signed.is_ok(), "{scheme}"),
                    _ => assert_eq!(
                        signed.unwrap_err(),
                        KeyError::PayloadLength {
                            scheme,
                            expected: 32,
                            found: len
                        }
                    ),
                }
            }
        }
    }
}

#[test]
fn a_key_of_another_curve_is_refused_by_name() {
    for public in keys().iter().map(SecretKey::public_key) {
        let found = public.curve();
        let wrong = |expected| KeyError::WrongCurve { expected, found };
        match found {
            Curve::Secp256k1 => {
                assert_eq!(public.secp256k1().unwrap().encoded(), public.encoded());
            }
            _ => assert_eq!(public.secp256k1().unwrap_err(), wrong(Curve::Secp256k1)),
        }
        match found {
            Curve::Ed25519 | Curve::Ed25519Bip32 => {
                assert_eq!(public.ed25519().unwrap().as_slice(), public.encoded());
            }
            _ => assert_eq!(public.ed25519().unwrap_err(), wrong(Curve::Ed25519)),
        }
    }
}

#[test]
fn drawn_keys_differ_and_an_extended_key_is_not_drawn() {
    for curve in [Curve::Secp256k1, Curve::P256, Curve::Ed25519] {
        let [one, other] = [(); 2].map(|()| SecretKey::random(curve).unwrap());
        assert_eq!(one.curve(), curve);
        assert_ne!(one.public_key(), other.public_key());
    }
    assert!(SecretKey::random(Curve::Ed25519Bip32).is_err());
}

#[test]
fn nothing_secret_is_printed() {
    let mnemonic = Mnemonic::parse(&SecretText::new(PHRASE)).unwrap();
    let seed = mnemonic.to_seed();
    let node = Secp256k1Node::derive(&seed, &"m/44'/0'/0'/0".parse().unwrap()).unwrap();
    let extended = extended_node(&mnemonic);
    let [key, ..] = keys();
    let (bytes, text): (SecretBytes, _) = (key.to_bytes(), mnemonic.phrase());
    let secrets: [&dyn Debug; 7] = [&mnemonic, &seed, &node, &extended, &key, &bytes, &text];
    for secret in secrets {
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(format!("{secret:#?}"), "[redacted]");
    }
}
