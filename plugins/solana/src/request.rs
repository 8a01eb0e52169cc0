//! What the cloud asks for: the `serializedTransaction`.

use kms_core::prelude::{SecretText, TransactionError};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::message::{Message, malformed};

/// The message as it came, without a usable block hash.
pub(crate) fn message(serialized: &str) -> Result<Message, TransactionError> {
    let text = read(serialized)?.tx_data;
    let bytes = hex::decode(text).map_err(|_| malformed("txData is not hexadecimal"))?;
    Message::parse(&bytes)
}

/// The secret key that came along: of the token that the transaction creates.
pub(crate) fn mint_key(serialized: &str) -> Result<Option<SecretText>, TransactionError> {
    let key = read(serialized)?.mint_key.filter(|key| !key.is_empty());
    Ok(key.map(SecretText::from))
}

#[derive(Deserialize)]
struct Request {
    #[serde(rename = "txData")]
    tx_data: String,
    #[serde(rename = "mintPK", default, deserialize_with = "secret")]
    mint_key: Option<Zeroizing<String>>,
}

fn secret<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(input)?.map(Zeroizing::new))
}

/// The parser's own words may repeat what it read, which may be the key: only its position is
/// told.
fn read(serialized: &str) -> Result<Request, TransactionError> {
    serde_json::from_str(serialized).map_err(|error| {
        let reason = match error.classify() {
            serde_json::error::Category::Data => {
                "it needs a txData that is text, and a mintPK only as text".to_owned()
            }
            _ => format!("it is no JSON, from column {}", error.column()),
        };
        TransactionError::Malformed(reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_repeats_the_key() {
        let secret = "5vQPskjFjqKVzoYMhy299tJUaTtGdntX";
        let cases = [
            format!(r#"{{"txData":"zz","mintPK":"{secret}"}}"#),
            format!(r#"{{"txData":1,"mintPK":"{secret}"}}"#),
            format!(r#"{{"txData":"","mintPK":["{secret}"]}}"#),
            format!(r#"{{"txData":"","mintPK":"{secret}"#),
            format!(r#"{{"txData":"","mintPK":"{secret}","mintPK":"{secret}"}}"#),
            format!(r#""{secret}""#),
        ];
        for text in cases {
            let error = message(&text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(secret), "{error}");
        }
    }

    #[test]
    fn a_key_is_lent_only_where_there_is_one() {
        for absent in ["", r#","mintPK":null"#, r#","mintPK":"""#] {
            let text = format!(r#"{{"txData":"00"{absent}}}"#);
            assert!(mint_key(&text).unwrap().is_none(), "{text}");
        }
        let key = mint_key(r#"{"txData":"00","mintPK":"abc"}"#).unwrap();
        assert_eq!(key.unwrap().expose(), "abc");
        assert!(mint_key("{}").is_err());
    }
}
