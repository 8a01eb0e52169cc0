//! Where a secret is: which host, in which of Azure's clouds, under which name.

use url::Url;

use crate::cloud::http::path_segment;

/// The version of the API that is spoken. Every cloud of Azure has it.
const API_VERSION: &str = "7.4";

/// One of the clouds of Azure that are separate from each other: what is signed in to one is
/// unknown in the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cloud {
    /// What the hosts of its vaults end with.
    suffix: &'static str,
    /// What a token for its vaults is asked for.
    pub(super) resource: &'static str,
    /// Where it is asked for, unless somebody knows better.
    pub(super) authority: &'static str,
}

const CLOUDS: [Cloud; 3] = [
    Cloud {
        suffix: ".vault.azure.net",
        resource: "https://vault.azure.net",
        authority: "https://login.microsoftonline.com",
    },
    Cloud {
        suffix: ".vault.azure.cn",
        resource: "https://vault.azure.cn",
        authority: "https://login.chinacloudapi.cn",
    },
    Cloud {
        suffix: ".vault.usgovcloudapi.net",
        resource: "https://vault.usgovcloudapi.net",
        authority: "https://login.microsoftonline.us",
    },
];

/// A version of a secret, or the newest one.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) url: Url,
    /// The name of the secret.
    pub(super) name: String,
    /// The cloud of the host. A host of none gets no token: it could use it to read the vaults.
    pub(super) cloud: Option<&'static Cloud>,
}

impl Place {
    /// The place of the secret `name` in the vault at `vault`: a URL by https, or, as the original
    /// has it, just its host.
    ///
    /// # Errors
    /// The name of the wrong part, and what is wrong with it.
    pub(super) fn new(vault: &str, name: &str, version: Option<&str>) -> Result<Self, WrongPart> {
        let vault = vault.trim();
        let text = match vault.contains("://") {
            true => vault.to_owned(),
            false => format!("https://{vault}"),
        };
        let base = Url::parse(&text).map_err(|_| WrongPart::Vault("is no URL"))?;
        if base.scheme() != "https" {
            return Err(WrongPart::Vault("must begin with https://"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(WrongPart::Vault("must not hold a user name or password"));
        }
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
            return Err(WrongPart::Vault("must end after the host"));
        }
        let version = version.unwrap_or_default();
        if !is_plain(name) || name.is_empty() {
            return Err(WrongPart::Name);
        }
        if !is_plain(version) {
            return Err(WrongPart::Version);
        }
        let path = format!(
            "/secrets/{}/{}?api-version={API_VERSION}",
            path_segment(name),
            path_segment(version)
        );
        let url = base
            .join(&path)
            .map_err(|_| WrongPart::Vault("is no URL"))?;
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let cloud = CLOUDS.iter().find(|cloud| {
            let vault = host.strip_suffix(cloud.suffix);
            vault.is_some_and(|vault| !vault.is_empty())
        });
        let name = name.to_owned();
        Ok(Self { url, name, cloud })
    }
}

/// What of a place was told wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WrongPart {
    /// The vault's URL.
    Vault(&'static str),
    /// The secret's name: letters, digits and `-`.
    Name,
    /// The secret's version, the same.
    Version,
}

/// What Key Vault allows in names and versions.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_tells_the_cloud_whose_token_it_may_see() {
        for (vault, resource) in [
            ("kms.vault.azure.net", Some("https://vault.azure.net")),
            (
                "https://KMS.VAULT.AZURE.NET/",
                Some("https://vault.azure.net"),
            ),
            ("kms.vault.azure.cn", Some("https://vault.azure.cn")),
            (
                "https://kms.vault.usgovcloudapi.net",
                Some("https://vault.usgovcloudapi.net"),
            ),
            ("kms.vault.azure.net.example.com", None),
            ("evilvault.azure.net", None),
            ("vault.azure.net", None),
            ("https://proxy.example.com:8443", None),
        ] {
            let place = Place::new(vault, "kms-password", None).unwrap();
            assert_eq!(place.cloud.map(|cloud| cloud.resource), resource, "{vault}");
        }
    }

    #[test]
    fn the_url_is_that_of_the_original_with_a_current_version_of_the_api() {
        let place = Place::new("kms.vault.azure.net", "pass-1", Some("0123abcd")).unwrap();
        assert_eq!(
            place.url.as_str(),
            "https://kms.vault.azure.net/secrets/pass-1/0123abcd?api-version=7.4"
        );
        let newest = Place::new("https://kms.vault.azure.net:443/", "pass-1", None).unwrap();
        assert_eq!(
            newest.url.as_str(),
            "https://kms.vault.azure.net/secrets/pass-1/?api-version=7.4"
        );
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (vault, name, version) in [
            ("http://kms.vault.azure.net", "a", ""),
            ("ftp://kms.vault.azure.net", "a", ""),
            ("https://u:p@kms.vault.azure.net", "a", ""),
            ("kms.vault.azure.net/path", "a", ""),
            ("kms.vault.azure.net?x", "a", ""),
            ("https://", "a", ""),
            ("", "a", ""),
            ("kms.vault.azure.net", "", ""),
            ("kms.vault.azure.net", "../keys/a", ""),
            ("kms.vault.azure.net", "a b", ""),
            ("kms.vault.azure.net", "a", "../b"),
        ] {
            let place = Place::new(vault, name, Some(version));
            assert!(place.is_err(), "{vault} {name} {version}");
        }
    }
}
