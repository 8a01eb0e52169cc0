//! What people are told, computed from the fields that are signed. Every field that is not told in
//! words of its own is told by its name.

use kms_core::prelude::{
    Amount as CoreAmount, Fee, Network, Summary, TransactionError, Transfer, Unit,
};
use ruint::aliases::U256;

use crate::{
    account::AccountId,
    codec::{Amount, Field, Object, Value, readable},
    formats::{COMMON_FLAGS, COMMON_OPTIONAL, Format},
    plugin::XRP,
    transaction::{Transaction, malformed},
};

/// Describes `transaction`, which is signed with the key of `signer`.
pub(crate) fn summarize(
    network: Network,
    transaction: &Transaction,
    signer: AccountId,
) -> Result<Summary, TransactionError> {
    let object = transaction.object();
    let mut draft = Draft::of(network, object)?;
    // A delegate signs with a key of their own account.
    let owner = object.account("Delegate").or(object.account("Account"));
    if owner != Some(signer) {
        draft.warn(format!(
            "it is signed with the key of {signer}, which must be the account's regular key"
        ));
    }
    for (number, inner) in (1..).zip(Transaction::inner(object)) {
        draft.add(number, Draft::of(network, inner?)?);
    }
    Ok(draft.0)
}

struct Draft(Summary);

impl Draft {
    fn of(network: Network, object: &Object) -> Result<Self, TransactionError> {
        let format = Transaction::format(object)?;
        let account = object
            .account("Account")
            .ok_or_else(|| malformed("it has no account"))?;
        let ticket = object.get("TicketSequence").is_some();
        let sequence = object.uint32("Sequence").filter(|_| !ticket);
        let mut draft = Self(Summary {
            chain: "XRP".to_owned(),
            network,
            action: action(format, object).to_owned(),
            from: vec![account.to_string()],
            transfers: Vec::new(),
            fee: object.amount("Fee").map(|fee| Fee {
                amount: amount(fee),
                ceiling: false,
            }),
            nonce: sequence.map(u64::from),
            details: Vec::new(),
            warnings: Vec::new(),
        });
        draft.terms(format, object);
        draft.dangers(format, object);
        Ok(draft)
    }

    /// Every field once: what is paid to whom, then the others in the order in which the network
    /// lists the fields of this type, then those that all types can have.
    fn terms(&mut self, format: &Format, object: &Object) {
        let mut told = vec![
            "TransactionType",
            "Account",
            "Fee",
            "Sequence",
            "SigningPubKey",
            // Each of these transactions is told like one that stands alone.
            "RawTransactions",
        ];
        if let Some(payment) = Payment::of(format, object) {
            for name in payment.amounts {
                if let Some(paid) = object.amount(name) {
                    told.push(name);
                    self.0.transfers.push(Transfer {
                        to: payment.to.clone(),
                        amount: amount(paid),
                        change: false,
                    });
                }
            }
            told.extend(payment.recipient);
        }
        let groups = [
            &["DestinationTag"],
            format.required,
            format.optional,
            COMMON_OPTIONAL,
        ];
        for name in groups.into_iter().flatten() {
            if told.contains(name) {
                continue;
            }
            told.push(name);
            if let (Some(value), Some(field)) = (object.get(name), Field::by_name(name)) {
                self.field(format, field, value);
            }
        }
    }

    fn field(&mut self, format: &Format, field: &'static Field, value: &Value) {
        match (field.name(), value) {
            ("Flags", Value::UInt32(flags)) => self.flags(format, *flags),
            ("Memos", Value::Array(memos)) => {
                for (kind, memo) in memos {
                    self.detail("memo", describe_memo(kind, memo));
                }
            }
            (name, value) => self.detail(label(name), value.describe(field)),
        }
    }

    fn flags(&mut self, format: &Format, flags: u32) {
        let mut rest = flags;
        let mut names = Vec::new();
        for (name, bit) in format.flags.iter().chain(COMMON_FLAGS) {
            if rest & bit != 0 {
                names.push(*name);
                rest &= !bit;
            }
        }
        let unknown = format!("{rest:#010x}");
        if rest != 0 {
            names.push(&unknown);
            self.warn(format!("the flags {unknown} mean nothing that is known"));
        }
        if !names.is_empty() {
            self.detail("flags", names.join(", "));
        }
    }

    /// What a person should look at twice.
    fn dangers(&mut self, format: &Format, object: &Object) {
        let destination = || described(object, "Destination");
        match format.name {
            "Payment" if has_flag(format, object, "tfPartialPayment") => {
                self.warn("the recipient may get less than the amount".to_owned());
            }
            "AccountDelete" => {
                let to = destination();
                self.warn(format!(
                    "it closes the account and sends all of its XRP to {to}"
                ));
            }
            "SetRegularKey" if object.get("RegularKey").is_some() => {
                let key = described(object, "RegularKey");
                self.warn(format!(
                    "whoever has the key of {key} can sign for the account"
                ));
            }
            "SignerListSet" => {
                self.warn("it changes who can sign for the account together".to_owned());
            }
            "DelegateSet" => {
                let delegate = described(object, "Authorize");
                self.warn(format!("it changes what {delegate} can do for the account"));
            }
            "AccountSet" => match object.uint32("SetFlag") {
                Some(4) => self.warn("the account's own key can no longer sign".to_owned()),
                Some(6 | 16) => self.warn("this setting cannot be taken back".to_owned()),
                _ => {}
            },
            "NFTokenAcceptOffer" => {
                self.warn("the price stands in the offer, not in the transaction".to_owned());
            }
            _ => {}
        }
    }

    /// Adds a transaction of a batch.
    fn add(&mut self, number: u32, Self(inner): Self) {
        let by = inner.from.join(", ");
        self.detail(&format!("{number}."), format!("{} by {by}", inner.action));
        for (name, value) in inner.details {
            self.detail(&format!("{number}. {name}"), value);
        }
        for account in inner.from {
            if !self.0.from.contains(&account) {
                self.0.from.push(account);
            }
        }
        self.0.transfers.extend(inner.transfers);
        self.0.warnings.extend(inner.warnings);
    }

    fn detail(&mut self, name: &str, value: String) {
        self.0.details.push((name.to_owned(), value));
    }

    fn warn(&mut self, warning: String) {
        self.0.warnings.push(warning);
    }
}

/// What it is, where that depends on more than its type.
fn action(format: &Format, object: &Object) -> &'static str {
    match format.name {
        "Payment" if has_flag(format, object, "tfPartialPayment") => "partial payment",
        "NFTokenCreateOffer" if has_flag(format, object, "tfSellNFToken") => "offer to sell an NFT",
        "NFTokenCreateOffer" => "offer to buy an NFT",
        "SetRegularKey" if object.get("RegularKey").is_none() => "removal of the regular key",
        "SignerListSet" if object.uint32("SignerQuorum") == Some(0) => "removal of the signer list",
        _ => format.action,
    }
}

/// What leaves the account for whom.
struct Payment {
    /// The fields that say how much.
    amounts: &'static [&'static str],
    /// The field that says to whom, where there is one.
    recipient: Option<&'static str>,
    to: String,
}

impl Payment {
    fn of(format: &Format, object: &Object) -> Option<Self> {
        let to = |amounts, recipient| Self {
            amounts,
            recipient: Some(recipient),
            to: described(object, recipient),
        };
        let into = |amounts, what: &str, name| Self {
            amounts,
            recipient: Some(name),
            to: format!("{what} {}", described(object, name)),
        };
        Some(match format.name {
            "Payment" | "EscrowCreate" | "PaymentChannelCreate" => to(&["Amount"], "Destination"),
            "CheckCreate" => to(&["SendMax"], "Destination"),
            "VaultWithdraw" | "LoanBrokerCoverWithdraw" if object.get("Destination").is_some() => {
                to(&["Amount"], "Destination")
            }
            "PaymentChannelFund" => into(&["Amount"], "payment channel", "Channel"),
            "VaultDeposit" => into(&["Amount"], "vault", "VaultID"),
            "LoanBrokerCoverDeposit" => into(&["Amount"], "loan broker", "LoanBrokerID"),
            "LoanPay" => into(&["Amount"], "loan", "LoanID"),
            "AMMCreate" | "AMMDeposit" => Self {
                amounts: &["Amount", "Amount2"],
                recipient: None,
                to: "the AMM".to_owned(),
            },
            "XChainCommit" | "XChainAccountCreateCommit" => Self {
                amounts: &["Amount"],
                recipient: None,
                to: "the bridge".to_owned(),
            },
            _ => return None,
        })
    }
}

/// The words for the fields that have any; else the network's own name.
fn label(name: &str) -> &str {
    match name {
        "DestinationTag" => "destination tag",
        "SourceTag" => "source tag",
        "SendMax" => "pays at most",
        "DeliverMin" => "delivers at least",
        "LimitAmount" => "limit",
        "TakerGets" => "gives",
        "TakerPays" => "takes",
        "Destination" => "recipient",
        "CancelAfter" => "cancelled after",
        "FinishAfter" => "released after",
        "Expiration" => "expires",
        "TicketSequence" => "ticket",
        "LastLedgerSequence" => "valid until ledger",
        "RegularKey" => "regular key",
        "SetFlag" => "switches on",
        "ClearFlag" => "switches off",
        "Domain" => "domain",
        "Delegate" => "signed for it by",
        other => other,
    }
}

/// `"the text" (its type)`, or hexadecimal digits.
fn describe_memo(kind: &Field, memo: &Object) -> String {
    const PARTS: [&str; 3] = ["MemoData", "MemoType", "MemoFormat"];
    if kind.name() != "Memo" || memo.iter().any(|(field, _)| !PARTS.contains(&field.name())) {
        return format!("{} {}", kind.name(), memo.describe());
    }
    let part = |name| {
        let bytes = memo.bytes(name)?;
        let text = readable(bytes).map(|text| format!("{text:?}"));
        Some(text.unwrap_or_else(|| hex::encode_upper(bytes)))
    };
    let data = part("MemoData").unwrap_or_else(|| "empty".to_owned());
    match (part("MemoType"), part("MemoFormat")) {
        (None, None) => data,
        (Some(one), None) | (None, Some(one)) => format!("{data} ({one})"),
        (Some(kind), Some(format)) => format!("{data} ({kind}, {format})"),
    }
}

fn described(object: &Object, name: &str) -> String {
    match (object.get(name), Field::by_name(name)) {
        (Some(value), Some(field)) => value.describe(field),
        _ => "nobody".to_owned(),
    }
}

fn has_flag(format: &Format, object: &Object, name: &str) -> bool {
    let flags = object.uint32("Flags").unwrap_or(0);
    let known = format.flags.iter().find(|(known, _)| *known == name);
    known.is_some_and(|(_, bit)| flags & bit != 0)
}

fn amount(amount: &Amount) -> CoreAmount {
    match amount {
        Amount::Xrp(drops) => CoreAmount::new(U256::from(drops.unsigned_abs()), XRP),
        Amount::Issued {
            value,
            currency,
            issuer,
        } => {
            let (digits, exponent) = value.parts();
            let digits = U256::from(digits);
            let asset = format!("{currency} of {issuer}");
            if let Ok(decimals) = u8::try_from(exponent.saturating_neg()) {
                return CoreAmount::new(digits, unit(asset, decimals));
            }
            let power = U256::from(10).checked_pow(U256::from(exponent.unsigned_abs()));
            match power.and_then(|power| digits.checked_mul(power)) {
                Some(units) => CoreAmount::new(units, unit(asset, 0)),
                // Up to 10^96, more than 256 bits hold.
                None => CoreAmount::new(digits, unit(format!("· 10^{exponent} {asset}"), 0)),
            }
        }
        Amount::Mpt { value, id } => {
            CoreAmount::new(U256::from(*value), unit(format!("units of MPT {id}"), 0))
        }
    }
}

fn unit(symbol: String, decimals: u8) -> Unit {
    Unit {
        symbol: symbol.into(),
        decimals,
    }
}
