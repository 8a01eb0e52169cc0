//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_xrp::XRP;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/XRP.json");
    for name in ["payment-native", "payment-issued-currency-hex-ed25519"] {
        let frozen = Frozen::recorded(&XRP, vectors, name);
        bench.run(&format!("XRP/{name}"), &frozen);
    }
    bench.finish();
}
