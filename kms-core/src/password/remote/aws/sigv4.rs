//! AWS Signature Version 4.
//!
//! ```text
//! canonical = method \n path \n query \n headers \n signed header names \n hex(sha256(body))
//! to sign   = "AWS4-HMAC-SHA256" \n time \n scope \n hex(sha256(canonical))
//! key       = hmac(hmac(hmac(hmac("AWS4" + secret, date), region), service), "aws4_request")
//! signature = hex(hmac(key, to sign))
//! ```

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use url::Url;
use zeroize::Zeroizing;

use super::identity::Identity;
use crate::cloud::http::host_of;

/// Signs requests for one service in one region at one moment.
pub(super) struct Signer<'a> {
    pub(super) identity: &'a Identity,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// Seconds since 1970 in UTC.
    pub(super) seconds: u64,
}

impl Signer<'_> {
    /// Adds to `headers`, whose names are in lower case, what proves who sends the request. All
    /// of them and the host are signed. The URL has no query.
    pub(super) fn sign(
        &self,
        method: &str,
        url: &Url,
        headers: &mut Vec<(&'static str, String)>,
        body: &[u8],
    ) {
        let time = timestamp(self.seconds);
        let date = time.split('T').next().unwrap_or_default();
        headers.push(("x-amz-date", time.clone()));
        if let Some(token) = &self.identity.token {
            headers.push(("x-amz-security-token", token.expose().to_owned()));
        }
        let host = host_of(url);
        let mut signed: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain([("host", host.as_str())])
            .collect();
        signed.sort_unstable();
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines = signed
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"));
        let lines = Zeroizing::new(lines.collect::<String>());
        let canonical = Zeroizing::new(format!(
            "{method}\n{}\n\n{}\n{names}\n{}",
            url.path(),
            *lines,
            sha256_hex(body)
        ));
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
            sha256_hex(canonical.as_bytes())
        );
        let secret = Zeroizing::new(format!("AWS4{}", self.identity.secret_key.expose()));
        let mut key = Zeroizing::new(secret.as_bytes().to_vec());
        for part in [date, self.region, self.service, "aws4_request"] {
            key = Zeroizing::new(hmac(&key, part.as_bytes()));
        }
        let signature = hex::encode(hmac(&key, to_sign.as_bytes()));
        let key_id = &self.identity.key_id;
        headers.push((
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
            ),
        ));
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// `seconds` since 1970 as `YYYYMMDDTHHMMSSZ` (ISO 8601, basic form).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "remainders of constants, and no number of days that 64 bits of seconds have is large"
)]
fn timestamp(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    const YEARS_400: u64 = 146_097;
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    // Days since 1 March of the year 0, so that a leap day ends a year.
    let days = (seconds / DAY).saturating_add(719_468);
    let (era, day) = (days / YEARS_400, days % YEARS_400);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Months from March on have 31, 30, 31, 30, 31 days, twice and a bit.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year + u64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretText;

    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    /// The requests of AWS's own test suite (aws-sig-v4-test-suite) that are of our kind.
    #[test]
    fn the_published_requests_get_the_published_signatures() {
        for (method, token, header, body, names, signature) in [
            (
                "GET",
                None,
                None,
                "",
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                None,
                None,
                "",
                "host;x-amz-date",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "POST",
                None,
                Some("application/x-www-form-urlencoded"),
                "Param1=value1",
                "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
            (
                "POST",
                Some(TOKEN),
                None,
                "",
                "host;x-amz-date;x-amz-security-token",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
        ] {
            let identity = Identity {
                key_id: "AKIDEXAMPLE".to_owned(),
                secret_key: SecretText::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                token: token.map(SecretText::new),
            };
            let url = Url::parse("https://example.amazonaws.com/").unwrap();
            let mut headers = Vec::new();
            if let Some(value) = header {
                headers.push(("content-type", value.to_owned()));
            }
            Signer {
                identity: &identity,
                region: "us-east-1",
                service: "service",
                seconds: 1_440_938_160,
            }
            .sign(method, &url, &mut headers, body.as_bytes());
            assert_eq!(
                headers.last().unwrap().1,
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, Signature={signature}"
                )
            );
        }
    }

    #[test]
    fn moments_are_written_in_the_basic_form() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (951_868_800, "20000301T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (1_709_164_800, "20240229T000000Z"),
            (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(timestamp(seconds), text);
        }
    }
}
