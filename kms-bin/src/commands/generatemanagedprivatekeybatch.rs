//! `generatemanagedprivatekeybatch`: many private keys at once.

use std::time::{Duration, Instant};

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
const LARGEST_CHUNK: u32 = 1000;
/// A chunk that took less may be followed by a larger one.
const QUICK: Duration = Duration::from_millis(250);
/// A chunk that took more is followed by a smaller one, so that lines go on coming.
const SLOW: Duration = Duration::from_secs(1);

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
        let start = Instant::now();
        let keys = (0..size)
            .map(|_| NewKey::generate(plugin, network))
            .collect::<Result<Vec<_>, _>>()?;
        vault.update(|changes| {
            keys.iter()
                .try_for_each(|key| changes.insert(&key.id, &key.json))
        })?;
        output::lines(keys.iter().map(NewKey::line))?;
        bar.inc(size.into());
        left -= size;
        chunk = next_chunk(chunk, start.elapsed());
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

fn next_chunk(chunk: u32, took: Duration) -> u32 {
    if took < QUICK {
        chunk.saturating_mul(2).min(LARGEST_CHUNK)
    } else if took > SLOW {
        (chunk / 2).max(1)
    } else {
        chunk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_grow_while_they_are_quick() {
        let mut chunk = 1;
        for expected in [2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000] {
            chunk = next_chunk(chunk, Duration::ZERO);
            assert_eq!(chunk, expected);
        }
        assert_eq!(next_chunk(1000, Duration::from_millis(500)), 1000);
        assert_eq!(next_chunk(1000, Duration::from_secs(2)), 500);
        assert_eq!(next_chunk(1, Duration::from_secs(2)), 1);
    }
}
