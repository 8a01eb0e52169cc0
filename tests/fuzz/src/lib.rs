//! What the targets of this package are: properties of kms-core's `testkit`, by name.
//!
//! This crate names no plugin: a target has only its own linked, for the fuzzer looks through all
//! the code of a program after each execution.

use kms_core::{
    chain::{ChainPlugin, Registry},
    testkit::fuzz::{
        Amounts, ChainOptionTexts, CloudAnswers, JournalRows, KeyTexts, LegacyFiles, Mnemonics,
        NodeAnswers, PendingLists, Property, SandboxCalls, SecretAnswers, SecretSettings,
        Transactions, TypedSecrets, Urls, VaultContents, VaultFiles,
    },
};
pub use libfuzzer_sys;

/// The chains of each plugin crate, by the name of the crate.
pub const CRATES: [(&str, &[&str]); 12] = [
    ("algorand", &["ALGO"]),
    ("bitcoin", &["BCH", "BTC", "DOGE", "LTC"]),
    ("bnb", &["BNB"]),
    ("cardano", &["ADA"]),
    // Those that read requests or ask nodes each in a way of its own.
    ("evm", &["CELO", "ETH", "KLAY", "MATIC", "ONE", "XDC"]),
    ("flow", &["FLOW"]),
    ("multiversx", &["EGLD"]),
    ("solana", &["SOL"]),
    ("stellar", &["XLM"]),
    ("tron", &["TRON"]),
    ("vechain", &["VET"]),
    ("xrp", &["XRP"]),
];

/// The crates whose plugins ask nodes.
pub const ASKING: [&str; 7] = [
    "bnb",
    "cardano",
    "evm",
    "flow",
    "multiversx",
    "solana",
    "vechain",
];

/// The targets that belong to no plugin, and those that belong to all.
pub const COMMON: [&str; 16] = [
    "amount",
    "chain_option",
    "cloud_answer",
    "journal_row",
    "key_text",
    "legacy_file",
    "mnemonic",
    "pending_list",
    "sandbox_call",
    "secret_answer",
    "secret_setting",
    "typed_secret",
    "url",
    "vault_content",
    "vault_file",
    "env_file",
];

/// The property that the target of this name looks into.
///
/// # Panics
/// When there is no such target, or its plugins are not linked.
pub fn property(name: &str) -> Box<dyn Property + Send + Sync> {
    if let Some(crate_name) = name.strip_suffix("_serialized_transaction") {
        return Box::new(Transactions::of(&plugins(crate_name)));
    }
    if let Some(crate_name) = name.strip_suffix("_node_answers") {
        return Box::new(NodeAnswers::of(&plugins(crate_name)));
    }
    match name {
        "amount" => Box::new(Amounts),
        "chain_option" => Box::new(ChainOptionTexts::of(&registry().iter().collect::<Vec<_>>())),
        "cloud_answer" => Box::new(CloudAnswers),
        "journal_row" => Box::new(JournalRows::new()),
        "key_text" => Box::new(KeyTexts::of(&registry().iter().collect::<Vec<_>>())),
        "legacy_file" => Box::new(LegacyFiles::new()),
        "mnemonic" => Box::new(Mnemonics),
        "pending_list" => Box::new(PendingLists),
        "sandbox_call" => Box::new(SandboxCalls::of(&registry().iter().collect::<Vec<_>>())),
        "secret_answer" => Box::new(SecretAnswers::new()),
        "secret_setting" => Box::new(SecretSettings),
        "typed_secret" => Box::new(TypedSecrets),
        "url" => Box::new(Urls::new()),
        "vault_content" => Box::new(VaultContents),
        "vault_file" => Box::new(VaultFiles::new()),
        _ => panic!("there is no target {name}"),
    }
}

fn plugins(crate_name: &str) -> Vec<&'static dyn ChainPlugin> {
    let (_, codes) = CRATES
        .into_iter()
        .find(|(name, _)| *name == crate_name)
        .unwrap_or_else(|| panic!("there is no crate {crate_name}"));
    let registry = registry();
    let plugin = |code: &&str| registry.require(code).expect("a linked plugin");
    codes.iter().map(plugin).collect()
}

fn registry() -> Registry {
    Registry::linked().expect("plugins that are linked once")
}

/// The body of a target: gives what the fuzzer makes to the property of this name.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        static PROPERTY: std::sync::LazyLock<
            Box<dyn kms_core::testkit::fuzz::Property + Send + Sync>,
        > = std::sync::LazyLock::new(|| $crate::property($name));

        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| PROPERTY.holds_for(bytes));
    };
}
