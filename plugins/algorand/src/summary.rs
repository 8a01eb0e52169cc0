//! What a transaction does, in words: computed from the bytes that are signed.

use std::borrow::Cow;

use kms_core::prelude::{Amount, Fee, Network, Signer, Summary, Transfer, Unit};
use ruint::aliases::U256;

use crate::{
    account::Account,
    plugin::ALGO,
    transaction::{Action, AssetParameters, Transaction},
};

/// The most of foreign text that is shown at once, in characters.
const EXCERPT: usize = 200;
/// The least fee of a transaction that stands alone, in microAlgos.
const MIN_FEE: u64 = 1000;
/// From here on a fee is worth a second look: tatum-kms 8 multiplied fees by the transaction's
/// size, and so does who still has it in the way.
const HIGH_FEE: u64 = 100 * MIN_FEE;

/// Describes `transaction`, which `signer` will sign.
pub(crate) fn summarize(network: Network, transaction: &Transaction, signer: &Signer) -> Summary {
    let mut draft = Draft::new(network, transaction);
    match &transaction.action {
        Action::Payment {
            receiver,
            amount,
            close_to,
        } => draft.payment(*receiver, *amount, *close_to),
        Action::AssetTransfer {
            asset,
            receiver,
            amount,
            revoked_from,
            close_to,
        } => draft.asset_transfer(
            transaction.sender,
            *asset,
            (*receiver, *amount),
            revoked_from.some(),
            close_to.some(),
        ),
        Action::AssetConfiguration { asset, parameters } => draft.asset(*asset, parameters),
    }
    draft.terms(transaction);
    draft.signer(transaction.sender, signer);
    draft.0
}

struct Draft(Summary);

impl Draft {
    fn new(network: Network, transaction: &Transaction) -> Self {
        Self(Summary {
            chain: "ALGO".to_owned(),
            network,
            action: String::new(),
            from: vec![transaction.sender.to_string()],
            transfers: Vec::new(),
            fee: Some(Fee {
                amount: Amount::new(U256::from(transaction.fee), ALGO),
                ceiling: false,
            }),
            nonce: None,
            details: Vec::new(),
            warnings: Vec::new(),
        })
    }

    fn payment(&mut self, receiver: Account, amount: u64, close_to: Account) {
        self.action("payment");
        self.pay(receiver, Amount::new(U256::from(amount), ALGO));
        if let Some(heir) = close_to.some() {
            self.action("payment and end of the account");
            self.detail("remainder goes to", heir.to_string());
            self.warn(format!(
                "IT CLOSES THE ACCOUNT: all ALGO that is left goes to {heir}"
            ));
        }
    }

    fn asset_transfer(
        &mut self,
        sender: Account,
        asset: u64,
        (receiver, amount): (Account, u64),
        revoked_from: Option<Account>,
        close_to: Option<Account>,
    ) {
        if let Some(holder) = revoked_from {
            self.action("clawback of an asset");
            self.detail("taken from", holder.to_string());
            self.warn(format!("it takes the asset away from {holder}"));
        } else if receiver == sender && amount == 0 && close_to.is_none() {
            self.action(format!("opt-in to asset {asset}"));
            return;
        } else {
            self.action("asset transfer");
        }
        let unit = Unit {
            symbol: Cow::Owned(format!("base units of asset {asset}")),
            decimals: 0,
        };
        self.pay(receiver, Amount::new(U256::from(amount), unit));
        if let Some(heir) = close_to {
            self.action("asset transfer and end of the holding");
            self.detail("remainder goes to", heir.to_string());
            self.warn(format!(
                "IT CLOSES THE HOLDING: all that is left of asset {asset} goes to {heir}"
            ));
        }
    }

    fn asset(&mut self, asset: u64, parameters: &AssetParameters) {
        let none = *parameters == AssetParameters::default();
        match asset {
            0 => self.action("creation of an asset"),
            _ if none => {
                self.action(format!("destruction of asset {asset}"));
                self.warn(format!("it destroys asset {asset} for good"));
                return;
            }
            _ => self.action(format!("configuration of asset {asset}")),
        }
        if asset == 0 {
            let unit = Unit {
                symbol: Cow::Borrowed("units"),
                decimals: u8::try_from(parameters.decimals).unwrap_or(0),
            };
            let total = Amount::new(U256::from(parameters.total), unit);
            self.detail("total", total.to_string());
            self.detail("decimals", parameters.decimals.to_string());
        }
        for (name, text) in [
            ("name", &parameters.name),
            ("unit name", &parameters.unit_name),
            ("URL", &parameters.url),
        ] {
            if !text.is_empty() {
                self.detail(name, excerpt(text));
            }
        }
        if parameters.metadata_hash != [0; 32] {
            self.detail("metadata hash", hex::encode(parameters.metadata_hash));
        }
        if parameters.default_frozen {
            self.detail("holdings", "frozen until they are thawed".to_owned());
        }
        for (role, account) in [
            ("manager", parameters.manager),
            ("reserve", parameters.reserve),
            ("freeze", parameters.freeze),
            ("clawback", parameters.clawback),
        ] {
            let holder = account.some().map(|account| account.to_string());
            self.detail(
                role,
                holder.unwrap_or_else(|| "nobody, for good".to_owned()),
            );
        }
        if asset != 0 {
            self.warn("it sets who controls the asset: the four accounts as they stand here");
            let unchangeable = AssetParameters {
                manager: Account::ZERO,
                reserve: Account::ZERO,
                freeze: Account::ZERO,
                clawback: Account::ZERO,
                ..parameters.clone()
            };
            if unchangeable != AssetParameters::default() {
                self.warn("only the four accounts can change, the network ignores the rest");
            }
        }
    }

    /// What all types have.
    fn terms(&mut self, transaction: &Transaction) {
        let note = &transaction.note;
        if !note.is_empty() {
            let told = match std::str::from_utf8(note) {
                Ok(text) => excerpt(text),
                Err(_) => format!("0x{}", excerpt_hex(note)),
            };
            self.detail("note", told);
        }
        if transaction.lease != [0; 32] {
            self.detail("lease", hex::encode(transaction.lease));
        }
        self.detail(
            "valid in rounds",
            format!("{} to {}", transaction.first_valid, transaction.last_valid),
        );
        let alone = transaction.group == [0; 32];
        if !alone {
            let group = hex::encode(transaction.group);
            self.detail("group", group);
            self.warn(
                "it is one of a group that takes effect as a whole, the others are not shown here",
            );
        }
        if let Some(heir) = transaction.rekey_to.some() {
            let action = format!("{}, with rekeying", self.0.action);
            self.action(action);
            self.detail("rekeyed to", heir.to_string());
            self.warn(if heir == transaction.sender {
                "IT REKEYS THE ACCOUNT: from then on its own key signs for it again".to_owned()
            } else {
                format!("IT REKEYS THE ACCOUNT: from then on only the key of {heir} signs for it")
            });
        }
        if alone && transaction.fee < MIN_FEE {
            self.warn("the fee is below the least that the network takes, 0.001 ALGO");
        }
        if transaction.fee >= HIGH_FEE {
            self.warn("the fee is a hundred times the usual one, or more");
        }
        if !transaction.genesis.is_known() {
            self.detail("genesis ID", excerpt(&transaction.genesis.id));
            let hash = hex::encode(transaction.genesis.hash);
            self.detail("genesis hash", hash);
            self.warn("it is for a network that is not one of the public ones");
        }
    }

    fn signer(&mut self, sender: Account, signer: &Signer) {
        if signer.address.as_str() != sender.to_string() {
            self.detail("signed by", signer.address.to_string());
            self.warn(
                "the key is not the sender's: it is taken only if the account was rekeyed to it",
            );
        }
    }

    fn pay(&mut self, to: Account, amount: Amount) {
        if to == Account::ZERO {
            self.warn("the recipient is the zero address, nobody has its key");
        }
        self.0.transfers.push(Transfer {
            to: to.to_string(),
            amount,
            change: false,
        });
    }

    fn action(&mut self, action: impl Into<String>) {
        self.0.action = action.into();
    }

    fn detail(&mut self, name: &str, value: String) {
        self.0.details.push((name.to_owned(), value));
    }

    fn warn(&mut self, warning: impl Into<String>) {
        self.0.warnings.push(warning.into());
    }
}

/// Foreign text, quoted and shortened.
fn excerpt(text: &str) -> String {
    let shown: String = text.chars().take(EXCERPT).collect();
    if shown.len() == text.len() {
        format!("{shown:?}")
    } else {
        format!("{shown:?}… ({} bytes)", text.len())
    }
}

/// The same of bytes, each two characters.
fn excerpt_hex(bytes: &[u8]) -> String {
    match bytes.get(..EXCERPT / 2) {
        Some(head) if head.len() < bytes.len() => {
            format!("{}… ({} bytes)", hex::encode(head), bytes.len())
        }
        _ => hex::encode(bytes),
    }
}
