//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::{
    chain::ChainPlugin,
    testkit::{Frozen, SignBench},
};

fn main() {
    let mut bench = SignBench::from_args();
    let mut run = |plugin: &'static dyn ChainPlugin, vectors: &str, name: &str| {
        let frozen = Frozen::recorded(plugin, vectors, name);
        bench.run(&format!("{}/{name}", plugin.info().code), &frozen);
    };
    let ethereum = include_str!("../tests/vectors/ETH.json");
    for name in ["native-all-fields-given", "token-transfer-gas-given"] {
        run(&kms_evm::ETHEREUM, ethereum, name);
    }
    let others: [(&'static dyn ChainPlugin, &str); 7] = [
        (&kms_evm::BSC, include_str!("../tests/vectors/BSC.json")),
        (&kms_evm::CELO, include_str!("../tests/vectors/CELO.json")),
        (&kms_evm::KCS, include_str!("../tests/vectors/KCS.json")),
        (&kms_evm::KLAY, include_str!("../tests/vectors/KLAY.json")),
        (&kms_evm::MATIC, include_str!("../tests/vectors/MATIC.json")),
        (&kms_evm::ONE, include_str!("../tests/vectors/ONE.json")),
        (&kms_evm::XDC, include_str!("../tests/vectors/XDC.json")),
    ];
    for (plugin, vectors) in others {
        run(plugin, vectors, "native-all-fields-given");
    }
    bench.finish();
}
