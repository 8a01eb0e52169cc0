//! Properties of what reads bytes from outside, for fuzzers and for tests alike.
//!
//! Each is a [`Property`]: it holds for any bytes, and has seeds to begin with. A fuzzer looks for
//! bytes that break it; [`sweep`] tries a fixed number of them in a test.
//!
//! ```ignore
//! static PROPERTY: LazyLock<Transactions> = LazyLock::new(|| Transactions::of(&[&TRON]));
//! fuzz_target!(|bytes: &[u8]| PROPERTY.holds_for(bytes));
//!
//! #[test]
//! fn no_transaction_panics() {
//!     sweep(&Transactions::of(&[&TRON]), 500);
//! }
//! ```

mod amount;
mod chain_option;
mod key_text;
mod node_answers;
mod sandbox;
mod sweep;
mod target;
mod url;

pub use self::{
    amount::Amounts,
    chain_option::ChainOptionTexts,
    key_text::{KeyTexts, Mnemonics},
    node_answers::NodeAnswers,
    sandbox::SandboxCalls,
    sweep::sweep,
    target::{Target, Transactions},
    url::Urls,
};
pub use crate::{
    cloud::hostile::{CloudAnswers, PendingLists},
    journal::hostile::JournalRows,
    password::{
        hostile::TypedSecrets,
        remote::hostile::{SecretAnswers, SecretSettings},
    },
    vault::hostile::{LegacyFiles, VaultContents, VaultFiles},
};

/// What holds for any bytes.
pub trait Property {
    /// Bytes to begin with: what comes from outside when nobody is hostile.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// Takes `bytes` for what comes from outside.
    ///
    /// # Panics
    /// When the property does not hold for them.
    fn holds_for(&self, bytes: &[u8]);
}
