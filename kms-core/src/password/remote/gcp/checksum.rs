//! CRC-32C (Castagnoli; RFC 3720, appendix B.4): polynomial `0x1EDC6F41`, reflected.

/// The checksum of `bytes`. Bit by bit: there are few of them.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    const REFLECTED: u32 = 0x82F6_3B78;
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc >>= 1;
            if carry == 1 {
                crc ^= REFLECTED;
            }
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3720_hold() {
        let ascending: Vec<u8> = (0..32).collect();
        for (bytes, crc) in [
            (&[0; 32][..], 0x8A91_36AA),
            (&[0xff; 32], 0x62A8_AB43),
            (&ascending, 0x46DD_794E),
            (b"123456789", 0xE306_9283),
            (b"", 0),
        ] {
            assert_eq!(crc32c(bytes), crc);
        }
    }
}
