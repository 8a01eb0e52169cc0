//! Writes what a fuzzer begins with: the sandbox's transactions of each chain, for the key of the
//! targets, into `corpus/<target>/`.

// Named, or the linker would leave them out.
use kms_algorand as _;
use kms_bitcoin as _;
use kms_bnb as _;
use kms_cardano as _;
use kms_evm as _;
use kms_flow as _;
use kms_multiversx as _;
use kms_solana as _;
use kms_stellar as _;
use kms_tron as _;
use kms_vechain as _;
use kms_xrp as _;

use std::{fs, io, path::Path};

use kms_core::{chain::Registry, testkit::fuzz::Target};

/// The crate of each chain, which is the first part of its target's name.
const CRATES: [(&str, &[&str]); 12] = [
    ("algorand", &["ALGO"]),
    ("bitcoin", &["BTC", "LTC", "DOGE", "BCH"]),
    ("bnb", &["BNB"]),
    ("cardano", &["ADA"]),
    (
        "evm",
        &["ETH", "BSC", "MATIC", "KLAY", "KCS", "ONE", "XDC", "CELO"],
    ),
    ("flow", &["FLOW"]),
    ("multiversx", &["EGLD"]),
    ("solana", &["SOL"]),
    ("stellar", &["XLM"]),
    ("tron", &["TRON"]),
    ("vechain", &["VET"]),
    ("xrp", &["XRP"]),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::linked()?;
    for (name, codes) in CRATES {
        let folder = format!("corpus/{name}_serialized_transaction");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        fs::create_dir_all(&folder)?;
        for code in codes {
            write(&folder, code, &Target::new(registry.require(code)?))?;
        }
    }
    Ok(())
}

/// The requests, and the bytes that are signed for them.
fn write(folder: &Path, code: &str, target: &Target) -> io::Result<()> {
    for (number, seed) in target.seeds().into_iter().enumerate() {
        if let Ok(signed) = target.serialized_transaction(seed.as_bytes()) {
            fs::write(folder.join(format!("{code}-{number}-signed")), signed.tx_data)?;
        }
        fs::write(folder.join(format!("{code}-{number}")), seed)?;
    }
    Ok(())
}
