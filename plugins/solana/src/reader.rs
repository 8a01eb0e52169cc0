//! Bytes from outside, taken from the front.

use crate::pubkey::Pubkey;

/// What is left to be read. Everything gives nothing when too few bytes are left.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(len)?;
        self.0 = tail;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// 4 bytes, little-endian.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// 8 bytes, little-endian.
    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn pubkey(&mut self) -> Option<Pubkey> {
        self.array().map(Pubkey)
    }

    /// `compact-u16`: 7 bits a byte, little end first, the top bit says that more come. Only the
    /// shortest form counts, as for the network.
    pub(crate) fn compact_u16(&mut self) -> Option<u16> {
        let mut value = 0_u32;
        for shift in [0, 7, 14] {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return u16::try_from(value).ok().filter(|_| shortest);
            }
        }
        None
    }
}

/// Writes a `compact-u16`.
pub(crate) fn compact_u16(mut value: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(3);
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The examples and the counter-examples of the network's own tests of `short_vec`.
    #[test]
    fn compact_u16_has_one_form_for_each_number() {
        let cases: [(u16, &[u8]); 8] = [
            (0x0000, &[0x00]),
            (0x007f, &[0x7f]),
            (0x0080, &[0x80, 0x01]),
            (0x00ff, &[0xff, 0x01]),
            (0x0100, &[0x80, 0x02]),
            (0x07ff, &[0xff, 0x0f]),
            (0x4000, &[0x80, 0x80, 0x01]),
            (0xffff, &[0xff, 0xff, 0x03]),
        ];
        for (value, bytes) in cases {
            assert_eq!(compact_u16(value), bytes);
            assert_eq!(Reader::new(bytes).compact_u16(), Some(value));
        }
        let refused: [&[u8]; 9] = [
            &[],
            &[0x80],
            &[0x80, 0x00],
            &[0x80, 0x80, 0x00],
            &[0xff, 0x00],
            &[0xff, 0x80, 0x00],
            &[0x80, 0x81, 0x00],
            &[0x80, 0x80, 0x04],
            &[0x80, 0x80, 0x86, 0x00],
        ];
        for bytes in refused {
            assert_eq!(Reader::new(bytes).compact_u16(), None, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back_and_every_reading_is_the_shortest(bytes: [u8; 4]) {
            let mut reader = Reader::new(&bytes);
            if let Some(value) = reader.compact_u16() {
                let read = bytes.len() - reader.len();
                prop_assert_eq!(compact_u16(value), &bytes[..read]);
            }
        }
    }
}
