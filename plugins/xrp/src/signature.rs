//! Signatures as the network writes them.

use kms_core::prelude::Signature;

/// DER (X.690) of an ECDSA signature, the 64 bytes of an Ed25519 one.
pub(crate) fn encode(signature: &Signature) -> Vec<u8> {
    match signature {
        Signature::Ecdsa { .. } => der(signature.r(), signature.s()),
        other => other.bytes().to_vec(),
    }
}

/// `SEQUENCE { INTEGER r, INTEGER s }`.
fn der(r: &[u8; 32], s: &[u8; 32]) -> Vec<u8> {
    let content = [integer(r), integer(s)].concat();
    tagged(0x30, &content)
}

/// No zeros in front but one where the number would be below zero without it.
fn integer(number: &[u8; 32]) -> Vec<u8> {
    let zeros = number
        .iter()
        .take(31)
        .take_while(|byte| **byte == 0)
        .count();
    let digits = number.get(zeros..).unwrap_or_default();
    match digits.first() {
        Some(first) if *first >= 0x80 => tagged(0x02, &[&[0], digits].concat()),
        _ => tagged(0x02, digits),
    }
}

/// Two integers of at most 33 bytes have a length of one byte, and so has their sequence.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("at most 2 · 35 bytes");
    [&[tag, length], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn der_is_what_another_encoder_writes(
            mut rs: [u8; 64],
            zeros_of_r in 0_usize..32,
            zeros_of_s in 0_usize..32,
        ) {
            rs[..zeros_of_r].fill(0);
            rs[32..32 + zeros_of_s].fill(0);
            if let Ok(theirs) = k256::ecdsa::Signature::from_slice(&rs) {
                let ours = encode(&Signature::Ecdsa { rs, recovery_id: 0 });
                let theirs = theirs.to_der();
                prop_assert_eq!(theirs.as_bytes(), ours);
            }
        }
    }
}
