//! Writes what a fuzzer begins with into `corpus/<target>/`: the seeds of each property, and what
//! the vectors in the tree have of it.

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

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use kms_core::chain::Registry;
use kms_fuzz::{ASKING, COMMON, CRATES, property};
use serde_json::Value;

/// An env file with each kind of line.
const ENV_FILE: &str = "# comment\nA=value\n export B = 'a # b' # c\r\nC: `x \"y\"`\nD=\"one\ntwo\\n\\\"\"\nE=a#b\nnonsense\n=\n";
/// In the first byte of the target of nodes' answers: after the signature, for the second time.
const SUBMIT: u8 = 0x80;
const REPEAT: u8 = 0x40;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let corpora = Corpora(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, _) in CRATES {
        corpora.add_seeds(&format!("{name}_serialized_transaction"))?;
    }
    for name in ASKING {
        corpora.add_seeds(&format!("{name}_node_answers"))?;
    }
    for name in COMMON.into_iter().filter(|name| *name != "env_file") {
        corpora.add_seeds(name)?;
    }
    corpora.add("env_file", "lines", ENV_FILE)?;
    for (name, codes) in CRATES {
        for code in codes {
            let file = tree.join(format!("plugins/{name}/tests/vectors/{code}.json"));
            corpora.add_vectors(name, code, &serde_json::from_slice(&fs::read(file)?)?)?;
        }
    }
    for file in fs::read_dir(tree.join("kms-core/tests/legacy-wallets"))? {
        let file = file?;
        let name = file.file_name();
        corpora.add(
            "legacy_file",
            &name.to_string_lossy(),
            fs::read(file.path())?,
        )?;
    }
    Ok(())
}

/// The folder of all corpora.
struct Corpora(PathBuf);

impl Corpora {
    fn add(&self, target: &str, name: &str, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    }

    fn add_seeds(&self, target: &str) -> io::Result<()> {
        let seeds = property(target).seeds();
        for (number, seed) in seeds.into_iter().enumerate() {
            self.add(target, &format!("seed-{number}"), seed)?;
        }
        Ok(())
    }

    /// What the vectors of a chain have for each target.
    fn add_vectors(&self, crate_name: &str, code: &str, vectors: &Value) -> io::Result<()> {
        let list = |member: &str| vectors[member].as_array().cloned().unwrap_or_default();
        let cases = [list("transactions"), list("errors")].concat();
        for (number, case) in cases.iter().enumerate() {
            let name = format!("{code}-{number}");
            self.add_transaction(crate_name, &name, case)?;
            if ASKING.contains(&crate_name) {
                self.add_calls(crate_name, &name, case)?;
            }
        }
        let plugins = Registry::linked().expect("plugins that are linked once");
        let first = (0_u8..).zip(plugins.iter());
        let first = first.filter(|(_, plugin)| plugin.info().code == code);
        for (first, wallet) in first.flat_map(|(first, _)| {
            list("wallets")
                .into_iter()
                .map(move |wallet| (first, wallet))
        }) {
            self.add_key_texts(code, first, &wallet)?;
        }
        Ok(())
    }

    fn add_transaction(&self, crate_name: &str, name: &str, case: &Value) -> io::Result<()> {
        let target = format!("{crate_name}_serialized_transaction");
        let pending = &case["pending"];
        if let Some(serialized) = pending["serializedTransaction"].as_str() {
            self.add(&target, name, serialized)?;
            self.add("pending_list", name, format!("[{pending}]"))?;
        }
        if let Some(signed) = case["broadcast"]["body"]["txData"].as_str() {
            self.add(&target, &format!("{name}-signed"), signed)?;
        }
        Ok(())
    }

    /// The answers of a case, for the first transaction that is asked about.
    fn add_calls(&self, crate_name: &str, name: &str, case: &Value) -> io::Result<()> {
        let calls = case["calls"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let answers = calls.iter().map(|call| {
            let known = ["response", "responseBody", "answer"];
            let answer = known.iter().find_map(|member| call.get(*member));
            match call["status"].as_u64().filter(|status| *status >= 400) {
                Some(status) => format!("{status} {}", answer.unwrap_or(&Value::Null)),
                None => answer.unwrap_or(&Value::Null).to_string(),
            }
        });
        let answers = answers.collect::<Vec<_>>().join("\n");
        if answers.is_empty() {
            return Ok(());
        }
        for flags in [0, SUBMIT, SUBMIT | REPEAT] {
            let bytes = [&[flags], answers.as_bytes()].concat();
            self.add(
                &format!("{crate_name}_node_answers"),
                &format!("{name}-{flags}"),
                bytes,
            )?;
        }
        Ok(())
    }

    fn add_key_texts(&self, code: &str, first: u8, wallet: &Value) -> io::Result<()> {
        let members = ["mnemonic", "xpub", "secret"].map(|member| wallet[member].as_str());
        let keys = wallet["privateKeys"].as_object();
        let keys = keys
            .into_iter()
            .flat_map(|keys| keys.values())
            .map(Value::as_str);
        for (number, text) in members.into_iter().chain(keys).flatten().enumerate() {
            let testnet = u8::from(wallet["testnet"] == true) << 7;
            let bytes = [&[first | testnet], text.as_bytes()].concat();
            self.add(
                "key_text",
                &format!("{code}-{number}-{first}-{testnet}"),
                bytes,
            )?;
            if wallet["mnemonic"] == *text {
                self.add("mnemonic", &format!("{code}-{number}"), text)?;
            }
        }
        Ok(())
    }
}
