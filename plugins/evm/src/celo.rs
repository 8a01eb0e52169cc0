//! Celo's own transactions: those whose fee may be paid in a token.
//!
//! ```text
//! before the L2  rlp[nonce, gasPrice, gasLimit, feeCurrency, gatewayFeeRecipient, gatewayFee, to, value, data, v, r, s]
//!                signed: the same with chainId, 0, 0 in place of v, r, s; v = 2·chainId + 35 + id
//! CIP-64         7b ‖ rlp[chainId, nonce, maxPriorityFee, maxFee, gas, to, value, data, accessList, feeCurrency, id, r, s]
//!                signed: the same without id, r, s
//! ```

use alloy_eips::eip2930::AccessList;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use alloy_rlp::{Encodable as _, RlpDecodable, RlpEncodable};
use kms_core::chain::{ChainOption, NodeApi};

use crate::{
    address::{self, Notation},
    request::{Request, RequestError},
};

/// How Celo differs from the other chains of this family.
#[derive(Clone, Copy, Debug)]
pub struct Celo {
    /// The tokens that are known to pay for gas.
    pub currencies: &'static [FeeCurrency],
}

/// The switch between Celo's two eras, which the owner sets: [`OPTION`](Self::OPTION). It decides
/// on requests that name neither a `type`, nor an access list, nor the fees of EIP-1559; what a
/// request says is always signed as it says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CeloLayout {
    /// The layout of Celo's own L1, with `feeCurrency`, `gatewayFeeRecipient` and `gatewayFee`
    /// after the gas limit, all present even when empty. What the original signs.
    PreL2,
    /// What the network takes since it became an L2 (block 31,056,500): a CIP-64 transaction
    /// (type 0x7b) when there is a `feeCurrency`, else an ordinary one of EIP-155. Gateway fees
    /// are refused, they are no longer paid.
    Cip64,
}

impl CeloLayout {
    /// How the owner sets it.
    pub(crate) const OPTION: ChainOption = ChainOption {
        name: "layout",
        help: "transactions as before Celo became an L2 (pre-l2, as tatum-kms 8 signs them) or as the network takes them today (cip64)",
        default: "pre-l2",
        accepts: |value| Self::parse(value).is_some(),
    };

    /// What the owner has set.
    pub(crate) fn of(node: &dyn NodeApi) -> Self {
        node.option(Self::OPTION.name)
            .and_then(Self::parse)
            .unwrap_or(Self::PreL2)
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "pre-l2" => Some(Self::PreL2),
            "cip64" => Some(Self::Cip64),
            _ => None,
        }
    }
}

/// A token that pays for gas.
#[derive(Clone, Copy, Debug)]
pub struct FeeCurrency {
    /// The contract, in lower case.
    pub address: &'static str,
    /// The symbol people write, for instance `cUSD`. It counts in 10^-18.
    pub symbol: &'static str,
    /// Where the node's price is too low to be believed.
    pub floor: Option<PriceFloor>,
}

/// Prices up to a limit are replaced by another.
#[derive(Clone, Copy, Debug)]
pub struct PriceFloor {
    /// The highest price that is replaced, in 10^-18 of the currency.
    pub up_to: u128,
    /// What it is replaced by, in the same unit.
    pub price: u128,
}

impl Celo {
    /// The price to sign, where the node says `price` for the currency that the request writes
    /// as `text`. As in the original, the currency is recognised by its lower-case text only.
    pub(crate) fn believable(&self, text: &str, price: u128) -> u128 {
        let currency = self
            .currencies
            .iter()
            .find(|currency| currency.address == text);
        match currency.and_then(|currency| currency.floor) {
            Some(floor) if price <= floor.up_to => floor.price,
            _ => price,
        }
    }

    /// The currency of this contract, if it is known.
    pub(crate) fn currency(&self, contract: Address) -> Option<&'static FeeCurrency> {
        let contract = address::lower_case(&contract);
        self.currencies
            .iter()
            .find(|currency| currency.address == contract)
    }
}

/// What only a request for Celo has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CeloMembers {
    pub(crate) fee_currency: Option<Address>,
    pub(crate) gateway_fee_recipient: Option<Address>,
    /// In the smallest unit of what the gas is paid in.
    pub(crate) gateway_fee: U256,
}

impl CeloMembers {
    pub(crate) fn of(request: &Request, notation: Notation) -> Result<Self, RequestError> {
        let members = &request.members;
        Ok(Self {
            fee_currency: members.address("feeCurrency", notation)?,
            gateway_fee_recipient: members.address("gatewayFeeRecipient", notation)?,
            gateway_fee: members.field("gatewayFee")?.value().unwrap_or_default(),
        })
    }
}

/// A transaction of Celo's own L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TxCeloLegacy {
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    pub(crate) gas_price: u128,
    pub(crate) gas_limit: u64,
    pub(crate) fee_currency: Option<Address>,
    pub(crate) gateway_fee_recipient: Option<Address>,
    /// In the smallest unit of what the gas is paid in.
    pub(crate) gateway_fee: U256,
    pub(crate) to: TxKind,
    pub(crate) value: U256,
    pub(crate) input: Bytes,
}

impl TxCeloLegacy {
    pub(crate) fn encoded_for_signing(&self) -> Vec<u8> {
        alloy_rlp::encode(self.wire(self.chain_id.into(), U256::ZERO, U256::ZERO))
    }

    /// Reads what [`encoded_for_signing`](Self::encoded_for_signing) wrote; more than that is
    /// read as well.
    pub(crate) fn decode_for_signing(bytes: &[u8]) -> alloy_rlp::Result<Self> {
        let wire = alloy_rlp::decode_exact::<LegacyWire>(bytes)?;
        Ok(Self {
            chain_id: u64::try_from(wire.v).map_err(|_| alloy_rlp::Error::Overflow)?,
            nonce: wire.nonce,
            gas_price: wire.gas_price,
            gas_limit: wire.gas_limit,
            fee_currency: wire.fee_currency.into_to(),
            gateway_fee_recipient: wire.gateway_fee_recipient.into_to(),
            gateway_fee: wire.gateway_fee,
            to: wire.to,
            value: wire.value,
            input: wire.input,
        })
    }

    pub(crate) fn eip2718_encode(&self, signature: &Signature, out: &mut Vec<u8>) {
        // 65 bits: no overflow in 128.
        let v = u128::from(self.chain_id)
            .saturating_mul(2)
            .saturating_add(35)
            .saturating_add(signature.v().into());
        self.wire(v, signature.r(), signature.s()).encode(out);
    }

    fn wire(&self, v: u128, r: U256, s: U256) -> LegacyWire {
        LegacyWire {
            nonce: self.nonce,
            gas_price: self.gas_price,
            gas_limit: self.gas_limit,
            fee_currency: self.fee_currency.into(),
            gateway_fee_recipient: self.gateway_fee_recipient.into(),
            gateway_fee: self.gateway_fee,
            to: self.to,
            value: self.value,
            input: self.input.clone(),
            v,
            r,
            s,
        }
    }
}

/// Addresses that may be missing are written as `to` is: an empty string when they are.
#[derive(RlpEncodable, RlpDecodable)]
struct LegacyWire {
    nonce: u64,
    gas_price: u128,
    gas_limit: u64,
    fee_currency: TxKind,
    gateway_fee_recipient: TxKind,
    gateway_fee: U256,
    to: TxKind,
    value: U256,
    input: Bytes,
    v: u128,
    r: U256,
    s: U256,
}

/// A transaction of CIP-64, type 0x7b.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct TxCip64 {
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    pub(crate) max_priority_fee_per_gas: u128,
    pub(crate) max_fee_per_gas: u128,
    pub(crate) gas_limit: u64,
    pub(crate) to: TxKind,
    pub(crate) value: U256,
    pub(crate) input: Bytes,
    pub(crate) access_list: AccessList,
    pub(crate) fee_currency: Address,
}

impl TxCip64 {
    /// The type byte of EIP-2718.
    pub(crate) const TYPE: u8 = 0x7b;

    pub(crate) fn encoded_for_signing(&self) -> Vec<u8> {
        let mut bytes = vec![Self::TYPE];
        self.encode(&mut bytes);
        bytes
    }

    /// Reads what follows the type byte of
    /// [`encoded_for_signing`](Self::encoded_for_signing).
    pub(crate) fn decode_for_signing(fields: &[u8]) -> alloy_rlp::Result<Self> {
        alloy_rlp::decode_exact(fields)
    }

    pub(crate) fn eip2718_encode(&self, signature: &Signature, out: &mut Vec<u8>) {
        out.push(Self::TYPE);
        Cip64Wire {
            chain_id: self.chain_id,
            nonce: self.nonce,
            max_priority_fee_per_gas: self.max_priority_fee_per_gas,
            max_fee_per_gas: self.max_fee_per_gas,
            gas_limit: self.gas_limit,
            to: self.to,
            value: self.value,
            input: self.input.clone(),
            access_list: self.access_list.clone(),
            fee_currency: self.fee_currency,
            odd: signature.v(),
            r: signature.r(),
            s: signature.s(),
        }
        .encode(out);
    }
}

#[derive(RlpEncodable)]
struct Cip64Wire {
    chain_id: u64,
    nonce: u64,
    max_priority_fee_per_gas: u128,
    max_fee_per_gas: u128,
    gas_limit: u64,
    to: TxKind,
    value: U256,
    input: Bytes,
    access_list: AccessList,
    fee_currency: Address,
    odd: bool,
    r: U256,
    s: U256,
}
