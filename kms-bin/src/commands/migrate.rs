//! `migrate`: brings a vault of tatum-kms 8 into the current format.

use kms_core::{chain::Registry, vault::MigrationRules};

use super::settings;
use crate::{
    args::MigrateArgs,
    exit::{Failure, Status},
    legacy_traps, output,
    vault_access::VaultSession,
};

pub(super) fn run(args: &MigrateArgs) -> Result<(), Failure> {
    let registry = Registry::linked()?;
    let settings = settings(&args.vault.general)?;
    let mut vault = VaultSession::open(&args.vault, Some(&args.cost), &settings)?;
    let rules = MigrationRules {
        known_chains: legacy_traps::CHAINS,
        traps: legacy_traps::TRAPS,
        registry: Some(&registry),
    };
    let report = vault.with(|vault| vault.migrate(rules))?;
    let json =
        serde_json::to_string(&report).map_err(|error| Failure::of(Status::Failed, &error))?;
    output::json(&json)
}
