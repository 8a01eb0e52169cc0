//! Where people say that servers are, and what is asked for there.

use url::Url;

use super::Property;
use crate::{
    approval::four_eye,
    cloud::{Cloud, CloudConfig, http, parse_url},
    keys::SecretText,
};

/// What stands in the seeds where a URL may hold a password or a key.
const SECRET: &str = "hunter2";

/// URLs of the cloud, of nodes and of external systems that approve, each with a path or an id
/// that is asked for there: two lines of text.
#[derive(Debug)]
pub struct Urls(Cloud);

impl Urls {
    /// With a cloud that is not asked.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub fn new() -> Self {
        let config = CloudConfig::new(SecretText::new("k\u{65}y-1")).expect("the built-in URL");
        Self(Cloud::new(config).expect("the usual settings"))
    }
}

impl Default for Urls {
    fn default() -> Self {
        Self::new()
    }
}

impl Property for Urls {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "https://api.tatum.io\n/v3/kms/pending/ETH",
            "https://u:hunter2@approve.example.com/tx?key=hunter2\n6411d1b1a1ed3d1b1a1ed3d1",
            "http://127.0.0.1:8080/tx/\n..",
            "http://[::1]/a%20b/\n../\u{e9}",
            "http://10.0.0.1\n//example.com/{apiKey}/x?y=z#f",
            "https://b\u{fc}cher.example\n@example.com",
            "ftp://hunter2.example",
            " https://node.local/{apiKey} \n/v1/blocks?height=final&expand=payload",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
    }

    /// Whatever is asked for, it is asked of the host that the owner named, below the path; and no
    /// error repeats the URL.
    fn holds_for(&self, bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        let (base, asked) = text.split_once('\n').unwrap_or((text, ""));
        match parse_url("TATUM_API_URL", base) {
            Ok(base) => {
                let _ = (http::is_loopback(&base), http::is_private(&base));
                assert!(
                    !http::host_of(&base).contains('@'),
                    "a name before the host"
                );
                for key_in_path in [false, true] {
                    if let Some(url) = self.0.url(&base, asked, key_in_path) {
                        is_of(&url, &base);
                    }
                }
            }
            Err(error) => says_nothing(&format!("{error} {error:?}")),
        }
        match four_eye::base_url(base) {
            Ok(base) => {
                if let Some(url) = four_eye::url_for(&base, asked) {
                    is_of(&url, &base);
                    is_below(&url, &base, asked);
                }
            }
            Err(error) => says_nothing(&format!("{error} {error:?}")),
        }
    }
}

fn is_of(url: &Url, base: &Url) {
    assert_eq!(url.origin(), base.origin(), "another server");
    let user = |url: &Url| (url.username().to_owned(), url.password().map(str::to_owned));
    assert_eq!(user(url), user(base), "another user");
}

/// An id is one more segment of the path, or the end of the query, and nothing else.
fn is_below(url: &Url, base: &Url, id: &str) {
    let segment = http::path_segment(id);
    match base.query() {
        Some(query) => {
            assert_eq!(url.path(), base.path(), "another path");
            let asked = url.query().unwrap_or_default();
            assert_eq!(asked, format!("{query}/{segment}"), "another query");
        }
        None => {
            let above = base.path().trim_end_matches('/');
            assert_eq!(url.path(), format!("{above}/{segment}"), "another path");
            assert_eq!(url.query(), None, "a query");
        }
    }
    assert_eq!(url.fragment(), None, "a fragment");
}

fn says_nothing(said: &str) {
    assert!(!said.contains(SECRET), "it repeats the secret");
}
