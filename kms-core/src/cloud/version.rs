//! The cloud's notice that there is a newer version of this program.

use std::fmt;

use reqwest::header::HeaderMap;

use super::error::one_line;

/// The header of the notice: `<version>;<level>;<message>`.
const HEADER: &str = "x-ttm-kms-latest-version";

/// The cloud's notice that there is a newer version. Displayed as in the original:
/// `<LEVEL>: <message>. Current version: <ours>. Latest version: <newer>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionNotice {
    /// The version of this program.
    pub current: String,
    /// The newer version.
    pub latest: String,
    /// How urgent it is, in upper case: `INFO`, `WARN`, `ERROR`.
    pub level: String,
    /// What the cloud says about it.
    pub message: String,
}

impl VersionNotice {
    /// The notice in the headers of an answer, if there is one and its version is newer than
    /// `current`.
    pub(super) fn from_headers(headers: &HeaderMap, current: &str) -> Option<Self> {
        let text = headers.get(HEADER)?.as_bytes();
        Self::parse(&String::from_utf8_lossy(text), current)
    }

    /// Reads `<version>;<level>;<message>`; further parts are dropped. Nothing when a part is
    /// missing or empty, or the version is not greater than `current` by the rules of Semantic
    /// Versioning 2.0.0 §11.
    pub fn parse(text: &str, current: &str) -> Option<Self> {
        let mut parts = text.split(';').map(|part| one_line(part, 300));
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let (latest, level, message) = (part()?, part()?, part()?);
        (Precedence::of(&latest)? > Precedence::of(current)?).then(|| Self {
            current: current.to_owned(),
            latest,
            level: level.to_uppercase(),
            message,
        })
    }
}

impl fmt::Display for VersionNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            current,
            latest,
            level,
            message,
        } = self;
        write!(
            f,
            "{level}: {message}. Current version: {current}. Latest version: {latest}"
        )
    }
}

/// What orders versions: the three numbers, then whether it is a release. Two pre-releases of one
/// version count as equal, which is all that a notice needs.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Precedence([u64; 3], bool);

impl Precedence {
    fn of(version: &str) -> Option<Self> {
        let version = version.strip_prefix('v').unwrap_or(version);
        let version = version.split('+').next()?;
        let (numbers, is_release) = match version.split_once('-') {
            Some((numbers, _)) => (numbers, false),
            None => (version, true),
        };
        let mut numbers = numbers.split('.').map(|number| number.parse().ok());
        let triple = [numbers.next()??, numbers.next()??, numbers.next()??];
        numbers.next().is_none().then_some(Self(triple, is_release))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_version_is_announced_as_in_the_original() {
        let notice = VersionNotice::parse("9.1.0;warn;Please update;dropped", "8.0.1").unwrap();
        assert_eq!(
            notice.to_string(),
            "WARN: Please update. Current version: 8.0.1. Latest version: 9.1.0"
        );
    }

    #[test]
    fn only_a_newer_version_is_announced() {
        let is_news = |latest: &str, current: &str| {
            VersionNotice::parse(&format!("{latest};INFO;m"), current).is_some()
        };
        for (latest, current) in [
            ("9.0.1", "9.0.0"),
            ("9.10.0", "9.9.0"),
            ("10.0.0", "9.99.99"),
            ("v9.1.0", "9.0.0"),
            ("9.0.0", "9.0.0-rc.1"),
        ] {
            assert!(is_news(latest, current), "{latest} {current}");
        }
        for (latest, current) in [
            ("9.0.0", "9.0.0"),
            ("8.9.9", "9.0.0"),
            ("9.0.0-rc.1", "9.0.0"),
            ("9.0.0+build", "9.0.0"),
            ("9.1", "9.0.0"),
            ("9.1.0.1", "9.0.0"),
            ("-9.1.0", "9.0.0"),
            ("99999999999999999999.0.0", "9.0.0"),
            ("soon", "9.0.0"),
        ] {
            assert!(!is_news(latest, current), "{latest} {current}");
        }
    }

    #[test]
    fn a_notice_with_a_part_missing_is_none() {
        for text in [
            "",
            "9.1.0",
            "9.1.0;WARN",
            "9.1.0;WARN;",
            "9.1.0;;m",
            ";WARN;m",
            " ; ; ",
        ] {
            assert_eq!(VersionNotice::parse(text, "8.0.1"), None, "{text}");
        }
    }

    #[test]
    fn a_notice_cannot_forge_a_log_line() {
        let notice = VersionNotice::parse("9.1.0;WARN;a\nERROR b\u{1b}[2J", "8.0.1").unwrap();
        assert!(!notice.to_string().contains(|c: char| c.is_control()));
    }
}
