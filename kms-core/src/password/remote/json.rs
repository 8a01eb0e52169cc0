//! Secrets in JSON.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use crate::keys::SecretText;

/// A JSON text that is wiped. Only a text: a number would have lost its spelling.
pub(super) struct JsonSecret(pub(super) SecretText);

impl<'de> Deserialize<'de> for JsonSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = JsonSecret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            // Also called for text that the parser had to unescape in its own buffer.
            fn visit_str<E: de::Error>(self, text: &str) -> Result<JsonSecret, E> {
                Ok(JsonSecret(SecretText::new(text)))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_and_nothing_else() {
        let secret: JsonSecret = serde_json::from_str(r#""a\"b\u00e9""#).unwrap();
        assert_eq!(secret.0.expose(), "a\"bé");
        for other in ["1", "null", "[\"a\"]", "{}", "true"] {
            assert!(
                serde_json::from_str::<JsonSecret>(other).is_err(),
                "{other}"
            );
        }
    }
}
