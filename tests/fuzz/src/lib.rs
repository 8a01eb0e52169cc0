//! What the targets of this package share.

use std::sync::LazyLock;

use kms_core::{chain::ChainPlugin, testkit::fuzz::Target};

/// The plugins of one crate, built when the first bytes come.
pub type Targets = LazyLock<Vec<Target>>;

/// The targets of these plugins.
pub fn targets(plugins: &[&'static dyn ChainPlugin]) -> Vec<Target> {
    plugins.iter().map(|plugin| Target::new(*plugin)).collect()
}

/// Takes the bytes through each plugin, as what came from the cloud, from the journal and from
/// the daemon.
pub fn drive(targets: &Targets, bytes: &[u8]) {
    for target in targets.iter() {
        if let Ok(signed) = target.serialized_transaction(bytes) {
            target.signed_transaction(signed.tx_data.as_bytes());
        }
        target.body(bytes);
        target.signed_transaction(bytes);
    }
}
