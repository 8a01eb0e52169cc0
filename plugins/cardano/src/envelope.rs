//! How the node wraps what is to be signed and what is: hex of CBOR `["<hex>", extra…]`.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use minicbor::Encoder;

use crate::cbor::{DecodeError, Reader};

/// An envelope, opened. What stands beside the content is the node's business and kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// How the list begins.
    head: Vec<u8>,
    /// The content: a transaction body, or a transaction.
    pub(crate) content: Vec<u8>,
    /// The rest of the list.
    tail: Vec<u8>,
}

impl Envelope {
    /// Opens the text that the node sent.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let bytes = HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map_err(|_| DecodeError::NotHex("the envelope"))?;
        Reader::whole(&bytes, |reader| {
            let mut items = reader.array()?;
            reader.next(&mut items, "the envelope")?;
            let head = reader.taken()?.to_vec();
            let content = HEXLOWER_PERMISSIVE
                .decode(reader.text()?.as_bytes())
                .map_err(|_| DecodeError::NotHex("the content of the envelope"))?;
            let mut tail = Vec::new();
            while reader.has_next(&mut items)? {
                tail.extend_from_slice(reader.raw()?);
            }
            // The end of a list whose length is not told.
            if head.first() == Some(&0x9f) {
                tail.push(0xff);
            }
            Ok(Self {
                head,
                content,
                tail,
            })
        })
    }

    /// The text of the same envelope with another content.
    pub(crate) fn with_content(&self, content: &[u8]) -> String {
        let mut text = Encoder::new(Vec::new());
        // Writing to memory cannot fail.
        let _ = text.str(&HEXLOWER.encode(content));
        HEXLOWER.encode(&[self.head.as_slice(), text.writer(), &self.tail].concat())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_first_element_is_exchanged() {
        let exchanged = |text: &str| Envelope::parse(text).map(|it| it.with_content(&[0xff]));
        assert_eq!(
            exchanged("826461623031a16161a0").as_deref(),
            Ok("82626666a16161a0")
        );
        assert_eq!(exchanged("816461623031").as_deref(), Ok("81626666"));
        assert_eq!(
            exchanged("9f64616230310a0bff").as_deref(),
            Ok("9f6266660a0bff")
        );
        assert_eq!(
            exchanged("827f626162623031ff00").as_deref(),
            Ok("8262666600")
        );
        let opened = Envelope::parse("8264616230310a").unwrap();
        assert_eq!(opened.content, [0xab, 0x01]);
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        for text in [
            "",
            "zz",
            "8",
            "80",
            "00",
            "9fff",
            "8264616230",
            "826361623031",
            "82646162303100ff",
            "82647a7a303100",
            "8244ab0100",
            "8364616230310a",
            "a16461623031",
        ] {
            assert!(Envelope::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_content_comes_out_as_it_went_in(content: Vec<u8>, other: Vec<u8>) {
            let envelope = Envelope::parse("826461623031a16161a0").unwrap();
            let text = envelope.with_content(&content);
            let opened = Envelope::parse(&text).unwrap();
            prop_assert_eq!(&opened.content, &content);
            prop_assert_eq!(opened.with_content(&content), text);
            prop_assert_eq!(opened.with_content(&other), envelope.with_content(&other));
        }

        #[test]
        fn no_text_panics(bytes: Vec<u8>, text in ".*") {
            let _ = Envelope::parse(&text);
            let _ = Envelope::parse(&hex::encode(bytes));
        }
    }
}
