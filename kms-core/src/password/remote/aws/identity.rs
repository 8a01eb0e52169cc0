//! Who asks.

use serde::Deserialize;

use super::super::json::JsonSecret;
use crate::keys::SecretText;

/// A key of AWS, or a temporary one with its token.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) key_id: String,
    pub(super) secret_key: SecretText,
    pub(super) token: Option<SecretText>,
}

impl Identity {
    /// A second copy, for one request.
    pub(super) fn duplicate(&self) -> Self {
        Self {
            key_id: self.key_id.clone(),
            secret_key: self.secret_key.duplicate(),
            token: self.token.as_ref().map(SecretText::duplicate),
        }
    }

    /// What containers and instances are told.
    pub(super) fn from_json(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Told {
            access_key_id: String,
            secret_access_key: JsonSecret,
            token: JsonSecret,
        }
        let told: Told = serde_json::from_slice(body).ok()?;
        Some(Self {
            key_id: told.access_key_id,
            secret_key: told.secret_access_key.0,
            token: Some(told.token.0),
        })
    }

    /// What the Security Token Service answers, which is XML. The elements hold no markup: the
    /// alphabet of all three is base64's.
    pub(super) fn from_xml(body: &[u8]) -> Option<Self> {
        let xml = std::str::from_utf8(body).ok()?;
        Some(Self {
            key_id: element(xml, "AccessKeyId")?.to_owned(),
            secret_key: SecretText::new(element(xml, "SecretAccessKey")?),
            token: Some(SecretText::new(element(xml, "SessionToken")?)),
        })
    }
}

/// The text between the first tags `name`, if it is of base64's alphabet.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte);
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(is_plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_keys_are_read_from_json_and_xml() {
        let json = br#"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"B","Token":"C","Expiration":"x"}"#;
        let xml = b"<AssumeRoleWithWebIdentityResponse xmlns=\"x\"><R><Credentials>\n<SessionToken>C</SessionToken>\n<SecretAccessKey>B</SecretAccessKey><AccessKeyId>A</AccessKeyId></Credentials></R></AssumeRoleWithWebIdentityResponse>";
        for identity in [Identity::from_json(json), Identity::from_xml(xml)] {
            let identity = identity.unwrap();
            let token = identity.token.unwrap();
            assert_eq!(
                [
                    &identity.key_id,
                    identity.secret_key.expose(),
                    token.expose()
                ],
                ["A", "B", "C"]
            );
        }
    }

    #[test]
    fn other_answers_give_no_identity() {
        for body in [
            "",
            "{}",
            "[]",
            "<AccessKeyId>A</AccessKeyId>",
            "<AccessKeyId>A</AccessKeyId><SecretAccessKey>a&lt;</SecretAccessKey><SessionToken>C</SessionToken>",
            "<AccessKeyId>A<SecretAccessKey>",
        ] {
            assert!(Identity::from_json(body.as_bytes()).is_none(), "{body}");
            assert!(Identity::from_xml(body.as_bytes()).is_none(), "{body}");
        }
    }
}
