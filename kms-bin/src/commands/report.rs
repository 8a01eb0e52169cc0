//! `report`: what is stored under some signature ids, without secrets.

use std::collections::BTreeMap;

use kms_core::chain::{EntryField, Registry};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{checkconfig::presence, settings};
use crate::{
    args::ReportArgs,
    exit::{Failure, Status},
    output,
    settings::API_KEY,
    vault_access::VaultSession,
};

pub(super) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let registry = Registry::linked()?;
    let settings = settings(&args.vault.general)?.with_api_key(args.api_key.api_key.as_ref());
    let vault = match VaultSession::open(&args.vault, None, &settings) {
        Ok(vault) => Some(vault),
        Err(failure) if failure.status == Status::NotFound => None,
        Err(failure) => return Err(failure),
    };
    let ids = args.ids.iter().flat_map(|ids| ids.split(','));
    let mut report = Report {
        system: System {
            kms_version: env!("CARGO_PKG_VERSION"),
            node_version: "N/A",
            store: Store {
                kind: "LOCAL",
                exists: vault.is_some(),
            },
        },
        wallets: Wallets(Vec::new()),
        api_key: presence(&settings, API_KEY)?,
        warnings: Vec::new(),
    };
    for id in ids.map(str::trim).filter(|id| !id.is_empty()) {
        let entry = vault.as_ref().and_then(|vault| vault.vault().verbatim(id));
        match entry {
            Some(json) => {
                let wallet = Wallet::of(json, &registry);
                report.wallets.0.push((id.to_owned(), wallet));
            }
            None => report
                .warnings
                .push(format!("No wallet found for signatureId: {id}")),
        }
    }
    let json =
        serde_json::to_string(&report).map_err(|error| Failure::of(Status::Failed, &error))?;
    output::json(&json)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    system: System,
    wallets: Wallets,
    api_key: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct System {
    kms_version: &'static str,
    /// There is no Node any more; the member stays for those who read it.
    node_version: &'static str,
    store: Store,
}

#[derive(Serialize)]
struct Store {
    #[serde(rename = "type")]
    kind: &'static str,
    exists: bool,
}

/// By signature id, in the order asked for.
struct Wallets(Vec<(String, Wallet)>);

impl Serialize for Wallets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, wallet)| (id, wallet)))
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Wallet {
    #[serde(rename = "type")]
    kind: &'static str,
    chain: Option<String>,
    testnet: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Wallet {
    /// Looks at an entry that may be anything. No secret is copied: only the types of the members
    /// are looked at.
    fn of(json: &str, registry: &Registry) -> Self {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
        let member = |name: &str| members.get(name).map(|value| value.get());
        let chain: Option<String> =
            member("chain").and_then(|text| serde_json::from_str(text).ok());
        let testnet = member("testnet").and_then(|text| serde_json::from_str(text).ok());
        let plugin = chain.as_deref().and_then(|chain| registry.get(chain));
        let has_xpub =
            plugin.is_none_or(|plugin| plugin.info().entry_fields.contains(&EntryField::Xpub));
        let (kind, texts): (_, &[&str]) = if member("mnemonic").is_some() {
            let texts: &[&str] = if has_xpub {
                &["mnemonic", "xpub"]
            } else {
                &["mnemonic"]
            };
            ("MNEMONIC", texts)
        } else if member("secret").is_some() {
            ("SECRET", &["secret"])
        } else if member("privateKey").is_some() {
            ("PRIVATE_KEY", &["privateKey"])
        } else {
            ("OTHER", &[])
        };
        let mut warnings = Vec::new();
        let wanted = [("chain", "string")]
            .into_iter()
            .chain(texts.iter().map(|name| (*name, "string")))
            .chain([("testnet", "boolean")]);
        for (name, wanted) in wanted {
            let found = type_of(member(name));
            if found != wanted {
                warnings.push(format!(
                    "Field '{name}' is not {wanted}. Its type is: {found}"
                ));
            }
        }
        if let (Some(chain), None) = (&chain, plugin) {
            warnings.push(format!(
                "This program has no plugin for the chain {chain:?}"
            ));
        }
        Self {
            kind,
            chain,
            testnet,
            warnings,
        }
    }
}

/// JavaScript's word for the type of a JSON value.
fn type_of(json: Option<&str>) -> &'static str {
    match json.and_then(|text| text.bytes().next()) {
        None => "undefined",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'{' | b'[' | b'n') => "object",
        Some(_) => "number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wallet(json: &str) -> Wallet {
        Wallet::of(json, &Registry::linked().unwrap())
    }

    #[test]
    #[cfg(feature = "evm")]
    fn whole_entries_have_no_warnings() {
        for (json, kind) in [
            (
                r#"{"xpub":"x","mnemonic":"a","chain":"ETH","testnet":true}"#,
                "MNEMONIC",
            ),
            (
                r#"{"privateKey":"k","chain":"ETH","testnet":true}"#,
                "PRIVATE_KEY",
            ),
            (r#"{"secret":"k","chain":"ETH","testnet":true}"#, "SECRET"),
        ] {
            let wallet = wallet(json);
            assert_eq!(wallet.kind, kind);
            assert_eq!(wallet.testnet, Some(true));
            assert_eq!(wallet.warnings, Vec::<String>::new(), "{json}");
        }
    }

    #[test]
    fn odd_entries_are_described_without_their_content() {
        let wallet = wallet(r#"{"mnemonic":5,"chain":"NOSUCH","testnet":"no"}"#);
        assert_eq!(wallet.kind, "MNEMONIC");
        assert_eq!(wallet.testnet, None);
        assert_eq!(
            wallet.warnings,
            [
                "Field 'mnemonic' is not string. Its type is: number",
                "Field 'xpub' is not string. Its type is: undefined",
                "Field 'testnet' is not boolean. Its type is: string",
                "This program has no plugin for the chain \"NOSUCH\"",
            ]
        );
        assert_eq!(self::wallet("[1]").kind, "OTHER");
    }
}
