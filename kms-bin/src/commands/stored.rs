//! Putting a wallet into the vault and telling its signature id.

use kms_core::{
    chain::ChainPlugin,
    keys::{SecretBytes, SecretText},
    vault::Entry,
};

use crate::{exit::Failure, output, vault_access::VaultSession};

/// Stores `entry` and prints its signature id and what `public` names, in the original's order.
pub(super) fn store(
    vault: &mut VaultSession,
    plugin: &dyn ChainPlugin,
    entry: &Entry,
    public: &[(&str, Option<&str>)],
) -> Result<(), Failure> {
    let id = new_signature_id()?;
    let json = json_of(plugin, entry);
    vault.update(|changes| changes.insert(&id, &json))?;
    let present = public
        .iter()
        .filter_map(|(name, text)| Some((*name, (*text)?)));
    let members: Vec<_> = [("signatureId", id.as_str())]
        .into_iter()
        .chain(present)
        .collect();
    output::json(output::object(&members).expose())
}

/// The vault's JSON of `entry`.
pub(super) fn json_of(plugin: &dyn ChainPlugin, entry: &Entry) -> SecretText {
    entry.to_json(plugin.info().entry_fields)
}

/// A new signature id: a random UUID (version 4), in lower case.
pub(super) fn new_signature_id() -> Result<String, Failure> {
    let random = SecretBytes::random(16)?;
    let bytes = random.expose().try_into().expect("16 bytes were asked for");
    Ok(uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_ids_are_random_uuids() {
        let id = new_signature_id().unwrap();
        let uuid = uuid::Uuid::parse_str(&id).unwrap();
        assert_eq!(uuid.get_version_num(), 4);
        assert_eq!(id, uuid.hyphenated().to_string());
        assert_ne!(id, new_signature_id().unwrap());
    }
}
