//! A JSON Web Token that a service account signs (RFC 7515, RFC 7523; RS256).

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use zeroize::Zeroizing;

use crate::keys::SecretText;

/// How long the token says it is valid, in seconds. Google allows an hour.
const LIFETIME: u64 = 600;

/// The private key in PEM (PKCS #8), as Google's key files have it.
pub(super) fn private_key(pem: &SecretText) -> Option<KeyPair> {
    let (_, rest) = pem.expose().split_once("-----BEGIN PRIVATE KEY-----")?;
    let (text, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
    base64.extend(text.split_ascii_whitespace());
    let der = Zeroizing::new(STANDARD.decode(base64.as_bytes()).ok()?);
    KeyPair::from_pkcs8(&der).ok()
}

/// A token that says: `issuer` asks `audience` for `scope` at `seconds` since 1970.
pub(super) fn assertion(
    key: &KeyPair,
    key_id: &str,
    issuer: &str,
    scope: &str,
    audience: &str,
    seconds: u64,
) -> Option<SecretText> {
    let header = serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": key_id });
    let claims = serde_json::json!({
        "iss": issuer,
        "scope": scope,
        "aud": audience,
        "iat": seconds,
        "exp": seconds.saturating_add(LIFETIME),
    });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .ok()?;
    let signature = URL_SAFE_NO_PAD.encode(signature);
    Some(SecretText::new(format!("{message}.{signature}")))
}
