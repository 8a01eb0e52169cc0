//! How the cloud is reached.

use std::{collections::BTreeMap, fmt, time::Duration};

use reqwest::header::HeaderValue;
use thiserror::Error;
use url::Url;

use super::http;
use crate::{chain::ChainOptions, keys::SecretText};

/// How the cloud is reached. [`Cloud::new`](super::Cloud::new) checks it.
#[non_exhaustive]
pub struct CloudConfig {
    /// Where the cloud is (`TATUM_API_URL`): https, unless it is this machine or
    /// [`allow_insecure`](Self::allow_insecure) is set. A path in it is put before every route.
    pub base_url: Url,
    /// The API key (`TATUM_API_KEY`), which also decides between mainnet and testnet.
    pub api_key: SecretText,
    /// The version of this program, as the cloud is told.
    pub client_version: String,
    /// The header `x-testnet-type` (`TESTNET_TYPE`); `ethereum-ropsten` when absent, as in the
    /// original.
    pub testnet_type: Option<String>,
    /// Whether a cloud elsewhere may be spoken to without encryption.
    pub allow_insecure: bool,
    /// How often a call is repeated at most (`TATUM_RETRIES`).
    pub retries: u32,
    /// The pause before the first repetition (`TATUM_RETRY_DELAY`); it doubles, up to eight times.
    pub retry_delay: Duration,
    /// Base URLs of nodes outside the cloud, by chain code (`TATUM_KMS_NODE_URL_<CHAIN>`). They
    /// replace scheme, host and path prefix of the one the plugin has.
    pub node_urls: BTreeMap<String, Url>,
    /// What the owner has set for single chains.
    pub chain_options: ChainOptions,
    /// The longest time for one call, from the connection to the last byte of the answer.
    pub timeout: Duration,
}

impl CloudConfig {
    /// The public cloud.
    pub const DEFAULT_BASE_URL: &str = "https://api.tatum.io";
    /// The usual number of repetitions.
    pub const DEFAULT_RETRIES: u32 = 5;
    /// The most repetitions.
    pub const MAX_RETRIES: u32 = 20;
    /// The usual pause before the first repetition.
    pub const DEFAULT_RETRY_DELAY: Duration = Duration::from_secs(1);
    /// The longest pause before the first repetition.
    pub const MAX_RETRY_DELAY: Duration = Duration::from_secs(60);
    /// The usual time limit of a call.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// The public cloud with all the usual settings.
    ///
    /// # Errors
    /// Never in fact: [`CloudConfigError::InvalidUrl`] if the built-in URL were none.
    pub fn new(api_key: SecretText) -> Result<Self, CloudConfigError> {
        Ok(Self {
            base_url: parse_url("TATUM_API_URL", Self::DEFAULT_BASE_URL)?,
            api_key,
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            testnet_type: None,
            allow_insecure: false,
            retries: Self::DEFAULT_RETRIES,
            retry_delay: Self::DEFAULT_RETRY_DELAY,
            node_urls: BTreeMap::new(),
            chain_options: ChainOptions::default(),
            timeout: Self::DEFAULT_TIMEOUT,
        })
    }

    pub(super) fn check(&self) -> Result<(), CloudConfigError> {
        check_url("TATUM_API_URL", &self.base_url)?;
        if self.base_url.scheme() != "https"
            && !self.allow_insecure
            && !http::is_loopback(&self.base_url)
        {
            let host = http::host_of(&self.base_url);
            return Err(CloudConfigError::Insecure { host });
        }
        for (chain, url) in &self.node_urls {
            check_url(&format!("TATUM_KMS_NODE_URL_{chain}"), url)?;
        }
        let key = self.api_key.expose();
        if key.is_empty() {
            return Err(CloudConfigError::NoApiKey);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CloudConfigError::InvalidApiKey);
        }
        for (name, value) in [
            (
                "TESTNET_TYPE",
                self.testnet_type.as_deref().unwrap_or_default(),
            ),
            ("client version", &self.client_version),
        ] {
            if HeaderValue::from_str(value).is_err() {
                return Err(CloudConfigError::NotAHeader { name });
            }
        }
        if self.retries > Self::MAX_RETRIES || self.retry_delay > Self::MAX_RETRY_DELAY {
            return Err(CloudConfigError::TooManyRetries);
        }
        if self.timeout.is_zero() {
            return Err(CloudConfigError::NoTimeout);
        }
        Ok(())
    }
}

/// Without the key, and of each URL only the host: a URL may hold a password or a node's key.
impl fmt::Debug for CloudConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.node_urls.iter();
        let nodes: BTreeMap<_, _> = nodes
            .map(|(chain, url)| (chain, http::host_of(url)))
            .collect();
        f.debug_struct("CloudConfig")
            .field("base_url", &http::host_of(&self.base_url))
            .field("api_key", &self.api_key)
            .field("client_version", &self.client_version)
            .field("testnet_type", &self.testnet_type)
            .field("allow_insecure", &self.allow_insecure)
            .field("retries", &self.retries)
            .field("retry_delay", &self.retry_delay)
            .field("node_urls", &nodes)
            .field("chain_options", &self.chain_options)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// Reads a base URL; `name` is the option or variable it came from, for the error.
///
/// # Errors
/// [`CloudConfigError::InvalidUrl`] when it is none, not http or https, or has a query.
pub fn parse_url(name: &str, text: &str) -> Result<Url, CloudConfigError> {
    let url = Url::parse(text.trim()).map_err(|error| CloudConfigError::InvalidUrl {
        name: name.to_owned(),
        reason: error.to_string(),
    })?;
    check_url(name, &url)?;
    Ok(url)
}

fn check_url(name: &str, url: &Url) -> Result<(), CloudConfigError> {
    let reason = if !matches!(url.scheme(), "http" | "https") {
        "it is neither http nor https"
    } else if url.host_str().is_none_or(str::is_empty) {
        "it names no host"
    } else if url.query().is_some() || url.fragment().is_some() {
        "a base URL has no query and no fragment"
    } else {
        return Ok(());
    };
    Err(CloudConfigError::InvalidUrl {
        name: name.to_owned(),
        reason: reason.to_owned(),
    })
}

/// What is wrong with a [`CloudConfig`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloudConfigError {
    /// A URL cannot be used. It is not repeated, for it may hold a key.
    #[error("the URL in {name} cannot be used: {reason}")]
    InvalidUrl {
        /// The option or variable.
        name: String,
        /// The reason.
        reason: String,
    },
    /// The API key and all transactions would travel in the clear.
    #[error("the cloud at {host} must be reached by https")]
    Insecure {
        /// The cloud's host.
        host: String,
    },
    /// There is no API key.
    #[error(
        "Required TATUM_API_KEY is not set. Please set it as env variable or pass it as argument."
    )]
    NoApiKey,
    /// The API key holds characters that no key has.
    #[error("TATUM_API_KEY holds a space, a line break or another character that no API key has")]
    InvalidApiKey,
    /// A text cannot be sent as a header.
    #[error("{name} holds a character that no HTTP header may have")]
    NotAHeader {
        /// The variable.
        name: &'static str,
    },
    /// Too many repetitions, or too long a pause.
    #[error(
        "at most {} repetitions (TATUM_RETRIES) and {} ms between them (TATUM_RETRY_DELAY) are possible",
        CloudConfig::MAX_RETRIES,
        CloudConfig::MAX_RETRY_DELAY.as_millis()
    )]
    TooManyRetries,
    /// The time limit of a call is zero.
    #[error("the time limit of a call must be longer than nothing")]
    NoTimeout,
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

impl CloudConfigError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Insecure { .. } => {
                Some("use https, or allow it with --allow-insecure-cloud if you know the network")
            }
            Self::NoApiKey | Self::InvalidApiKey => {
                Some("copy the API key from the Tatum dashboard into TATUM_API_KEY")
            }
            Self::Client(_) => Some("install the CA certificates of your system"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> CloudConfig {
        let mut config = CloudConfig::new(SecretText::new("t-0123456789")).unwrap();
        config.base_url = Url::parse(url).unwrap();
        config
    }

    #[test]
    fn the_usual_settings_are_valid() {
        let config = CloudConfig::new(SecretText::new("t-0123456789")).unwrap();
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.base_url.as_str(), "https://api.tatum.io/");
    }

    #[test]
    fn only_this_machine_may_go_without_https() {
        for url in [
            "http://127.0.0.1:1",
            "http://localhost",
            "http://[::1]:3000/cloud",
        ] {
            assert_eq!(config(url).check(), Ok(()), "{url}");
        }
        for url in [
            "http://10.0.0.1",
            "http://api.tatum.io",
            "http://cloud",
            "http://localhost.example",
        ] {
            let mut config = config(url);
            let error = config.check().unwrap_err();
            assert!(matches!(error, CloudConfigError::Insecure { .. }), "{url}");
            assert!(error.hint().is_some());
            config.allow_insecure = true;
            assert_eq!(config.check(), Ok(()), "{url}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for text in [
            "",
            "api.tatum.io",
            "ftp://a",
            "https://",
            "https://a/?b=c",
            "https://a/#b",
            "data:x",
        ] {
            assert!(parse_url("TATUM_API_URL", text).is_err(), "{text}");
        }
        let text = "htps://user:hunter2@api/t-0123456789";
        let error = parse_url("X", text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn keys_and_limits_are_checked() {
        let with = |change: &dyn Fn(&mut CloudConfig)| {
            let mut config = config("https://api.tatum.io");
            change(&mut config);
            config.check().unwrap_err()
        };
        assert_eq!(
            with(&|config| config.api_key = SecretText::new("")),
            CloudConfigError::NoApiKey
        );
        for key in ["a b", "key\n", "ключ", "a\0b"] {
            assert_eq!(
                with(&|config| config.api_key = SecretText::new(key)),
                CloudConfigError::InvalidApiKey
            );
        }
        assert_eq!(
            with(&|config| config.retries = 21),
            CloudConfigError::TooManyRetries
        );
        assert_eq!(
            with(&|config| config.retry_delay = Duration::from_secs(61)),
            CloudConfigError::TooManyRetries
        );
        assert_eq!(
            with(&|config| config.timeout = Duration::ZERO),
            CloudConfigError::NoTimeout
        );
        assert!(matches!(
            with(&|config| config.testnet_type = Some("a\nb".to_owned())),
            CloudConfigError::NotAHeader { .. }
        ));
        let insecure_node = Url::parse("ftp://node").unwrap();
        assert!(matches!(
            with(&|config| {
                config
                    .node_urls
                    .insert("VET".to_owned(), insecure_node.clone());
            }),
            CloudConfigError::InvalidUrl { .. }
        ));
    }

    #[test]
    fn the_key_is_not_in_debug() {
        assert!(!format!("{:?}", config("https://api.tatum.io")).contains("t-0123456789"));
    }
}
