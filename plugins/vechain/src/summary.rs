//! What a transaction does, in words: computed from the value that is signed.

use std::borrow::Cow;

use alloy_primitives::{Address, TxKind, U256, address};
use kms_core::chain::{Amount, Fee, Network, Summary, Transfer, Unit};

use crate::{
    calls::Call,
    plugin::VET,
    transaction::{Clause, Transaction},
};

/// The contract of VTHO, which gas is paid with. It is part of the protocol.
pub(crate) const ENERGY: Address = address!("0x0000000000000000000000000000456e65726779");

/// VTHO, counted in units of 10^-18.
const VTHO: Unit = Unit::new("VTHO", 18);

/// The highest price of one gas so far, in units of 10^-18 VTHO: that of the launch. The network
/// sets it, and transactions do not name it.
const HIGHEST_BASE_PRICE: u64 = 1_000_000_000_000_000;

/// Describes `transaction`, which `sender` signs.
pub(crate) fn summarize(network: Network, transaction: &Transaction, sender: Address) -> Summary {
    let gas = gas_at_base_price(transaction);
    let mut summary = Summary {
        chain: "VET".to_owned(),
        network,
        action: String::new(),
        from: vec![checksum(sender)],
        transfers: Vec::new(),
        fee: Some(Fee {
            amount: Amount::new(gas, unit("gas at the network's base price".to_owned())),
            ceiling: true,
        }),
        nonce: Some(transaction.nonce),
        details: Vec::new(),
        warnings: Vec::new(),
    };
    let mut actions = Vec::with_capacity(transaction.clauses.len());
    let several = transaction.clauses.len() > 1;
    for (clause, number) in transaction.clauses.iter().zip(1_usize..) {
        let mut teller = Teller {
            sender,
            clause: several.then_some(number),
            summary: &mut summary,
        };
        actions.push(teller.clause(clause));
    }
    summary.action = actions.join("; ");
    describe_envelope(&mut summary, transaction, gas);
    summary
}

/// The gas limit, raised by the coefficient and rounded up.
fn gas_at_base_price(transaction: &Transaction) -> U256 {
    let share = U256::from(u16::from(transaction.gas_price_coef).saturating_add(255));
    U256::from(transaction.gas)
        .saturating_mul(share)
        .div_ceil(U256::from(255))
}

fn describe_envelope(summary: &mut Summary, transaction: &Transaction, gas: U256) {
    let mut detail = |name: &str, value: String| {
        summary.details.push((name.to_owned(), value));
    };
    detail("gas limit", transaction.gas.to_string());
    if transaction.gas_price_coef != 0 {
        let coefficient = transaction.gas_price_coef;
        detail(
            "gas price",
            format!("the network's base price and {coefficient}/255 of it"),
        );
    }
    let fee = gas.saturating_mul(U256::from(HIGHEST_BASE_PRICE));
    let fee = Amount::new(fee, VTHO);
    detail(
        "fee at the highest base price so far",
        format!("{fee} at most"),
    );
    let block = transaction.block_ref >> 32;
    detail(
        "valid",
        format!("for {} blocks after block {block}", transaction.expiration),
    );
    if let Some(id) = transaction.depends_on() {
        detail("only after transaction", id.to_string());
    }
    detail("chain tag", format!("{:#04x}", transaction.chain_tag));
}

/// Tells one clause.
struct Teller<'a> {
    sender: Address,
    /// Its number, where there are several.
    clause: Option<usize>,
    summary: &'a mut Summary,
}

impl Teller<'_> {
    /// Gives the kind of the clause in a few words.
    fn clause(&mut self, clause: &Clause) -> String {
        let action = match clause.to {
            TxKind::Call(to) => self.call(clause, to),
            TxKind::Create => self.creation(clause),
        };
        if !clause.data.is_empty() {
            self.detail("data", format!("{} bytes", clause.data.len()));
        }
        action
    }

    fn creation(&mut self, clause: &Clause) -> String {
        if !clause.value.is_zero() {
            let amount = Amount::new(clause.value, VET);
            self.transfer("the new contract".to_owned(), amount);
        }
        "contract creation".to_owned()
    }

    fn call(&mut self, clause: &Clause, to: Address) -> String {
        let call = Call::decode(&clause.data);
        // The amount of a mere transfer is told even when it is zero.
        if call == Call::Raw || !clause.value.is_zero() {
            self.transfer(checksum(to), Amount::new(clause.value, VET));
        }
        if call == Call::Raw {
            self.warn_of_recipient(to, None);
            self.text(&clause.data);
            return if clause.data.is_empty() {
                "transfer".to_owned()
            } else {
                "transfer with data".to_owned()
            };
        }
        self.detail("contract", checksum(to));
        self.arguments(call, to)
    }

    fn arguments(&mut self, call: Call, token: Address) -> String {
        match call {
            Call::Transfer { to, amount } => {
                self.token_transfer(token, to, amount);
                format!("{} transfer", standard(token))
            }
            Call::TransferFrom {
                from,
                to,
                amount_or_id,
            } => {
                self.token_transfer(token, to, amount_or_id);
                self.token_owner(from);
                if token == ENERGY {
                    "VTHO transferFrom".to_owned()
                } else {
                    "transferFrom (VIP-180 amount or VIP-181 token id)".to_owned()
                }
            }
            Call::Approve {
                spender,
                amount_or_id,
            } => {
                self.approval(token, spender, "amount or token id", amount_or_id);
                if token == ENERGY {
                    "VTHO approve".to_owned()
                } else {
                    "approve (VIP-180 amount or VIP-181 token id)".to_owned()
                }
            }
            Call::IncreaseApproval { spender, amount } => {
                self.approval(token, spender, "additional amount", amount);
                format!("increase of a {} approval", standard(token))
            }
            Call::SafeTransferFrom { from, to, id } => {
                let unit = unit(format!("token with id {id} of {}", checksum(token)));
                self.transfer(checksum(to), Amount::new(U256::ONE, unit));
                self.warn_of_recipient(to, Some(token));
                self.token_owner(from);
                "VIP-181 transfer".to_owned()
            }
            Call::MultiTokenTransfer { from, to, items } => {
                for (id, amount) in items {
                    let unit = unit(format!("tokens with id {id} of {}", checksum(token)));
                    self.transfer(checksum(to), Amount::new(amount, unit));
                }
                self.warn_of_recipient(to, Some(token));
                self.token_owner(from);
                "VIP-210 transfer".to_owned()
            }
            Call::SetApprovalForAll { operator, approved } => {
                self.detail("operator", checksum(operator));
                self.detail("approved", approved.to_string());
                if approved {
                    self.warn(format!(
                        "{} may move every token of {} that the sender has or will have",
                        checksum(operator),
                        checksum(token)
                    ));
                }
                "setApprovalForAll (VIP-181, VIP-210)".to_owned()
            }
            Call::Irregular { method } => {
                self.warn(
                    "the data starts as a call of a known method does, but its arguments are not in order: what it does is not known"
                        .to_owned(),
                );
                format!("call that resembles {method}")
            }
            Call::Unknown { selector } => {
                format!("call of the unknown method 0x{}", hex::encode(selector))
            }
            Call::Raw => "call".to_owned(),
        }
    }

    fn approval(&mut self, token: Address, spender: Address, what: &str, amount: U256) {
        // The largest amount of the tokens that count in 96 bits; who approves that much or more
        // means any amount.
        let practically_unlimited = U256::MAX.wrapping_shr(160);
        self.detail("spender", checksum(spender));
        if token == ENERGY {
            let what = what.trim_end_matches(" or token id");
            self.detail(what, Amount::new(amount, VTHO).to_string());
        } else {
            self.detail(what, amount.to_string());
        }
        if amount >= practically_unlimited {
            self.warn(format!(
                "unlimited approval: {} may spend all tokens of {} that the sender has or will have",
                checksum(spender),
                checksum(token)
            ));
        }
    }

    /// An amount in the token's own smallest units, save for VTHO: how many decimals a token
    /// has, only its contract knows.
    fn token_transfer(&mut self, token: Address, to: Address, amount: U256) {
        let unit = if token == ENERGY {
            VTHO
        } else {
            unit(format!("base units of token {}", checksum(token)))
        };
        self.transfer(checksum(to), Amount::new(amount, unit));
        self.warn_of_recipient(to, Some(token));
    }

    fn token_owner(&mut self, owner: Address) {
        if owner != self.sender {
            self.detail("token owner", checksum(owner));
        }
    }

    fn warn_of_recipient(&mut self, to: Address, token: Option<Address>) {
        if to.is_zero() {
            self.warn("the recipient is the zero address, nobody has its key".to_owned());
        } else if Some(to) == token {
            self.warn("the recipient is the token contract itself".to_owned());
        } else if token.is_none() && to == ENERGY {
            self.warn("the recipient is the contract of VTHO".to_owned());
        }
    }

    /// Data that is text, and nothing that could move a terminal's cursor.
    fn text(&mut self, data: &[u8]) {
        let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        if !data.is_empty()
            && data.iter().all(printable)
            && let Ok(text) = std::str::from_utf8(data)
        {
            self.detail("data as text", text.to_owned());
        }
    }

    fn transfer(&mut self, to: String, amount: Amount) {
        self.summary.transfers.push(Transfer {
            to,
            amount,
            change: false,
        });
    }

    fn detail(&mut self, name: &str, value: String) {
        let name = match self.clause {
            Some(number) => format!("clause {number}: {name}"),
            None => name.to_owned(),
        };
        self.summary.details.push((name, value));
    }

    fn warn(&mut self, warning: String) {
        self.summary.warnings.push(match self.clause {
            Some(number) => format!("clause {number}: {warning}"),
            None => warning,
        });
    }
}

fn standard(token: Address) -> &'static str {
    if token == ENERGY { "VTHO" } else { "VIP-180" }
}

fn unit(symbol: String) -> Unit {
    Unit {
        symbol: Cow::Owned(symbol),
        decimals: 0,
    }
}

fn checksum(address: Address) -> String {
    address.to_checksum(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{B256, Bytes};

    const SENDER: Address = Address::repeat_byte(0xaa);
    const ALICE: Address = Address::repeat_byte(0x11);
    const TOKEN: Address = Address::repeat_byte(0x22);

    fn told(clauses: Vec<Clause>) -> Summary {
        let transaction = Transaction {
            gas: 21_000,
            gas_price_coef: 128,
            expiration: 32,
            block_ref: 0x00fb_2c3a_1122_aabb,
            nonce: 7,
            ..Transaction::new(0x27, clauses)
        };
        summarize(Network::Testnet, &transaction, SENDER)
    }

    fn clause(to: Option<Address>, value: u64, data: Vec<u8>) -> Clause {
        Clause {
            to: to.map_or(TxKind::Create, TxKind::Call),
            value: U256::from(value),
            data: Bytes::from(data),
        }
    }

    /// Call data of 32-byte words, given as hexadecimal digits.
    fn data(selector: &str, words: &[&str]) -> Vec<u8> {
        let word = |word: &&str| format!("{word:0>64}");
        hex::decode(format!(
            "{selector}{}",
            words.iter().map(word).collect::<String>()
        ))
        .unwrap()
    }

    fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
        let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
        Some(value)
    }

    #[test]
    fn a_transfer_is_told_exactly() {
        let summary = told(vec![clause(Some(ALICE), 1_230_000_000_000_000_005, vec![])]);
        assert_eq!(
            summary.to_string(),
            format!(
                "transfer: 1.230000000000000005 VET to {}, fee at most 31542 gas at the network's base price",
                checksum(ALICE)
            )
        );
        assert_eq!(summary.nonce, Some(7));
        let details = [
            ("gas limit", "21000"),
            ("gas price", "the network's base price and 128/255 of it"),
            (
                "fee at the highest base price so far",
                "31.542 VTHO at most",
            ),
            ("valid", "for 32 blocks after block 16460858"),
            ("chain tag", "0x27"),
        ];
        let details = details.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(summary.details, details);
    }

    #[test]
    fn vtho_is_told_in_its_unit_and_tokens_in_base_units() {
        let call = data("a9059cbb", &[&"11".repeat(20), "8ac7230489e80000"]);
        let vtho = told(vec![clause(Some(ENERGY), 0, call.clone())]);
        assert_eq!(vtho.action, "VTHO transfer");
        assert_eq!(vtho.transfers.len(), 1);
        assert_eq!(vtho.transfers[0].amount.to_string(), "10 VTHO");
        assert_eq!(vtho.transfers[0].to, checksum(ALICE));
        let other = told(vec![clause(Some(TOKEN), 0, call)]);
        assert_eq!(other.action, "VIP-180 transfer");
        assert_eq!(
            other.transfers[0].amount.to_string(),
            format!(
                "10000000000000000000 base units of token {}",
                checksum(TOKEN)
            )
        );
    }

    #[test]
    fn what_must_come_first_is_told() {
        let mut transaction = Transaction::new(0x27, vec![clause(Some(ALICE), 1, vec![])]);
        let told = |it: &Transaction| summarize(Network::Testnet, it, SENDER);
        assert_eq!(detail(&told(&transaction), "only after transaction"), None);
        transaction.depend_on(Some(B256::repeat_byte(7)));
        let id = format!("0x{}", "07".repeat(32));
        assert_eq!(
            detail(&told(&transaction), "only after transaction"),
            Some(id.as_str())
        );
    }

    #[test]
    fn addresses_are_told_with_the_checksum_of_eip_55() {
        let mixed = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
        let summary = told(vec![clause(Some(mixed.parse().unwrap()), 1, vec![])]);
        assert_eq!(summary.transfers[0].to, mixed);
    }

    #[test]
    fn what_others_may_take_is_told_in_the_tokens_unit() {
        let approve = data("095ea7b3", &[&"11".repeat(20), "8ac7230489e80000"]);
        let vtho = told(vec![clause(Some(ENERGY), 0, approve.clone())]);
        assert_eq!(vtho.action, "VTHO approve");
        assert_eq!(detail(&vtho, "amount"), Some("10 VTHO"));
        let other = told(vec![clause(Some(TOKEN), 0, approve)]);
        assert_eq!(other.action, "approve (VIP-180 amount or VIP-181 token id)");
        assert_eq!(
            detail(&other, "amount or token id"),
            Some("10000000000000000000")
        );

        let take = data("23b872dd", &[&"33".repeat(20), &"11".repeat(20), "5"]);
        let vtho = told(vec![clause(Some(ENERGY), 0, take.clone())]);
        assert_eq!(vtho.action, "VTHO transferFrom");
        let other = told(vec![clause(Some(TOKEN), 0, take)]);
        assert_eq!(
            other.action,
            "transferFrom (VIP-180 amount or VIP-181 token id)"
        );
    }

    #[test]
    fn unlimited_approvals_are_warned_of() {
        for (token, amount, unlimited) in [
            (TOKEN, "f".repeat(64), true),
            // The largest amount of tokens that count in 96 bits.
            (TOKEN, "f".repeat(24), true),
            (ENERGY, "f".repeat(64), true),
            (TOKEN, "fffffffffffffffffffffffe".to_owned(), false),
            (TOKEN, "0".to_owned(), false),
        ] {
            let call = data("095ea7b3", &[&"11".repeat(20), &amount]);
            let summary = told(vec![clause(Some(token), 0, call)]);
            assert!(summary.transfers.is_empty());
            let warned = summary.warnings.iter().any(|it| it.contains("unlimited"));
            assert_eq!(warned, unlimited, "{amount}");
        }
        let more = data("39509351", &[&"11".repeat(20), &"f".repeat(64)]);
        let more = told(vec![clause(Some(TOKEN), 0, more)]);
        assert_eq!(more.action, "increase of a VIP-180 approval");
        assert!(more.warnings[0].contains("unlimited approval"));
        let grant = data("a22cb465", &[&"11".repeat(20), "1"]);
        let grant = told(vec![clause(Some(TOKEN), 0, grant)]);
        assert!(grant.warnings[0].contains("may move every token"));
    }

    #[test]
    fn several_tokens_of_one_contract_are_told_by_their_ids() {
        let many = data(
            "f242432a",
            &[&"22".repeat(20), &"11".repeat(20), "2a", "7", "a0", "0"],
        );
        let many = told(vec![clause(Some(TOKEN), 0, many)]);
        assert_eq!(many.action, "VIP-210 transfer");
        let [transfer] = &many.transfers[..] else {
            panic!("{many}");
        };
        assert_eq!(transfer.amount.to_decimal(), "7");
        assert!(transfer.amount.unit.symbol.contains("id 42"));
        assert!(detail(&many, "token owner").is_some());
    }

    #[test]
    fn every_clause_is_told() {
        let summary = told(vec![
            clause(Some(ALICE), 1, b"a b".to_vec()),
            clause(None, 2, vec![0x60; 20]),
            clause(Some(TOKEN), 3, vec![0xde, 0xad, 0xbe, 0xef]),
            clause(Some(Address::ZERO), 4, vec![]),
        ]);
        assert_eq!(
            summary.action,
            "transfer with data; contract creation; call of the unknown method 0xdeadbeef; transfer"
        );
        let amounts = summary.transfers.iter().map(|it| it.amount.base_units);
        assert_eq!(
            amounts.collect::<Vec<_>>(),
            [1, 2, 3, 4].map(|it| U256::from::<u64>(it))
        );
        assert_eq!(detail(&summary, "clause 1: data as text"), Some("a b"));
        assert_eq!(detail(&summary, "clause 2: data"), Some("20 bytes"));
        let token = checksum(TOKEN);
        assert_eq!(detail(&summary, "clause 3: contract"), Some(token.as_str()));
        assert!(summary.warnings[0].starts_with("clause 4: the recipient is the zero address"));
    }

    #[test]
    fn what_is_lost_or_not_understood_is_pointed_out() {
        let stuck = data("a9059cbb", &[&"22".repeat(20), "5"]);
        let stuck = told(vec![clause(Some(TOKEN), 0, stuck)]);
        assert!(stuck.warnings[0].contains("token contract itself"));
        let irregular = data("a9059cbb", &[&"11".repeat(20)]);
        let irregular = told(vec![clause(Some(TOKEN), 0, irregular)]);
        assert_eq!(
            irregular.action,
            "call that resembles transfer(address,uint256)"
        );
        assert!(irregular.warnings[0].contains("what it does is not known"));
        let owned = data("23b872dd", &[&"33".repeat(20), &"11".repeat(20), "5"]);
        let owned = told(vec![clause(Some(TOKEN), 0, owned)]);
        let owner = checksum(Address::repeat_byte(0x33));
        assert_eq!(detail(&owned, "token owner"), Some(owner.as_str()));
    }
}
