//! `generatemanagedprivatekeybatch`: many private keys at once.

use kms_core::{
    chain::{ChainPlugin, Network},
    keys::SecretText,
    wallet,
};

use super::{settings, stored};
use crate::{
    args::BatchArgs,
    exit::Failure,
    output, progress,
    vault_access::{VaultSession, network, plugin},
};

/// The most keys that are stored by one write of the vault.
///
/// The first chunk is a single key, so that the first line comes at once, and each is twice the
/// one before it: a write costs in proportion to all that the vault holds.
const LARGEST_CHUNK: u32 = 1000;

pub(super) fn run(args: &BatchArgs) -> Result<(), Failure> {
    let plugin = plugin(&args.chain.chain)?;
    let network = network(args.chain.network.testnet);
    let settings = settings(&args.vault.general)?;
    let mut vault = VaultSession::open_or_create(&args.vault, &args.cost, &settings)?;
    let bar = progress::bar(args.count.into());
    let mut left = args.count;
    let mut chunk = 1;
    while left > 0 {
        let size = chunk.min(left);
        let keys = (0..size)
            .map(|_| NewKey::generate(plugin, network))
            .collect::<Result<Vec<_>, _>>()?;
        vault.update(|changes| {
            keys.iter()
                .try_for_each(|key| changes.insert(&key.id, &key.json))
        })?;
        output::lines(keys.iter().map(NewKey::line))?;
        bar.inc(size.into());
        left = left.saturating_sub(size);
        chunk = chunk.saturating_mul(2).min(LARGEST_CHUNK);
    }
    bar.finish_and_clear();
    Ok(())
}

struct NewKey {
    id: String,
    json: SecretText,
    address: String,
}

impl NewKey {
    fn generate(plugin: &dyn ChainPlugin, network: Network) -> Result<Self, Failure> {
        let (entry, address) = wallet::generate_key(plugin, network)?;
        Ok(Self {
            id: stored::new_signature_id()?,
            json: stored::json_of(plugin, &entry),
            address: address.to_string(),
        })
    }

    fn line(&self) -> String {
        let members = [
            ("signatureId", self.id.as_str()),
            ("address", self.address.as_str()),
        ];
        output::object(&members).expose().to_owned()
    }
}
