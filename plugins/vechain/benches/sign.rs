//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_vechain::VECHAIN;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/VET.json");
    for name in ["transfer-all-fields-given", "token-transfer"] {
        let frozen = Frozen::recorded(&VECHAIN, vectors, name);
        bench.run(&format!("VET/{name}"), &frozen);
    }
    bench.finish();
}
