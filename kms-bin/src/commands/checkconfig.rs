//! `checkconfig`: what this program would work with.

use kms_core::{password::SecretInput, vault::FileFormat};

use super::settings;
use crate::{
    args::CheckConfigArgs,
    exit::Failure,
    output,
    settings::{API_KEY, Settings},
    traces,
    vault_access::{password_source, store},
};

/// Variables whose values are secret or may hold a secret, in the original's order.
const SECRET: [&str; 14] = [
    API_KEY,
    "TATUM_KMS_PASSWORD",
    "TATUM_KMS_VGS_USERNAME",
    "TATUM_KMS_VGS_PASSWORD",
    "TATUM_KMS_VGS_ALIAS",
    "TATUM_KMS_AZURE_VAULTURL",
    "TATUM_KMS_AZURE_SECRETNAME",
    "TATUM_KMS_AZURE_SECRETVERSION",
    "TATUM_KMS_AWS_REGION",
    "TATUM_KMS_AWS_ACCESS_KEY_ID",
    "TATUM_KMS_AWS_SECRET_ACCESS_KEY",
    "TATUM_KMS_AWS_SECRET_NAME",
    "TATUM_KMS_AWS_SECRET_KEY",
    "TATUM_API_URL",
];
/// Variables whose values are shown.
const PUBLIC: [&str; 2] = ["TATUM_KMS_DEBUG_MODE", "TESTNET_TYPE"];

pub(super) fn run(args: &CheckConfigArgs) -> Result<(), Failure> {
    let settings = settings(&args.vault.general)?.with_api_key(args.api_key.api_key.as_ref());
    let store = store(&args.vault, None)?;
    // Whatever is wrong with the file is another command's to say.
    let exists = store
        .inspect()
        .map_or(true, |inspection| inspection.format != FileFormat::Missing);
    let (source, details) = match password_source(&args.vault, &settings, &SecretInput::detect()) {
        Ok(source) => (source.name(), source.details()),
        Err(failure) => (failure.message, Vec::new()),
    };
    let mut lines = vec![
        line("Version", env!("CARGO_PKG_VERSION")),
        line("Wallet file path", &store.path().display().to_string()),
        line("Wallet exists", if exists { "true" } else { "false" }),
        line("Wallet store type", "LOCAL"),
        line("Password comes from", &source),
    ];
    lines.extend(details.iter().map(|(label, value)| line(label, value)));
    lines.push(line(
        "Environment vars file",
        &settings.env_file().display().to_string(),
    ));
    for name in SECRET {
        lines.push(line(name, presence(&settings, name)?));
    }
    for name in PUBLIC {
        let value = settings.text(name)?;
        lines.push(line(name, value.as_deref().unwrap_or("not set")));
    }
    let traces = traces::destination(&settings).unwrap_or_else(|failure| failure.message);
    lines.push(line("Traces go to", &traces));
    output::lines(lines)
}

/// What is said of a secret setting.
pub(super) fn presence(settings: &Settings, name: &str) -> Result<&'static str, Failure> {
    let value = settings.secret(name)?;
    Ok(if value.is_some() { "set" } else { "not set" })
}

fn line(label: &str, value: &str) -> String {
    format!("{label:<33}: {value}")
}
