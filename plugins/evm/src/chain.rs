//! One blockchain as one row: everything in which the chains of this family differ, as data.

use kms_core::chain::{Bip32Wallet, ChainInfo, Network, RefusalStyle, WalletKind};

use crate::{Celo, quantity::Field, request::Dialect};

/// A blockchain that signs as Ethereum does.
///
/// The row is the plugin: it implements [`ChainPlugin`](kms_core::chain::ChainPlugin), and the
/// recipe, which is the same for all, reads from it what differs. [`new`](Self::new) gives a
/// chain that asks its node for everything by the standard methods; each `with_` method states a
/// deviation.
#[derive(Clone, Copy, Debug)]
pub struct EvmChain {
    pub(crate) info: &'static ChainInfo,
    pub(crate) chain_ids: ChainIds,
    pub(crate) node_path: &'static str,
    pub(crate) methods: RpcMethods,
    pub(crate) dialect: Dialect,
    pub(crate) nonce: NonceSource,
    pub(crate) missing_nonce: Missing,
    pub(crate) gas_price: GasPriceSource,
    pub(crate) missing_gas_price: Missing,
    pub(crate) gas: GasPolicy,
    pub(crate) offchain_gas: GasPolicy,
    pub(crate) missing_gas: Missing,
    pub(crate) estimate_request: EstimateRequest,
    pub(crate) gas_limit_alias: GasLimitAlias,
    pub(crate) gas_margin: u64,
    pub(crate) asks_everything: bool,
    pub(crate) celo: Option<Celo>,
    pub(crate) checks_intrinsic_gas: bool,
    pub(crate) refusal_style: RefusalStyle,
    pub(crate) order: [Step; 4],
}

impl EvmChain {
    /// A chain whose node, reached at `node_path` (in which `{apiKey}` stands for the API key),
    /// says what a transaction lacks.
    pub const fn new(
        info: &'static ChainInfo,
        chain_ids: ChainIds,
        node_path: &'static str,
    ) -> Self {
        Self {
            info,
            chain_ids,
            node_path,
            methods: RpcMethods::ETH,
            dialect: Dialect::COMMON,
            nonce: NonceSource::Node {
                block: "latest",
                address: AddressCase::Checksum,
            },
            missing_nonce: Missing::UNLESS_GIVEN,
            gas_price: GasPriceSource::Node,
            missing_gas_price: Missing::ANY_ZERO,
            gas: GasPolicy::EstimateIfMissing,
            offchain_gas: GasPolicy::EstimateIfMissing,
            missing_gas: Missing::ZERO_NUMBER,
            estimate_request: EstimateRequest::WholeObject,
            gas_limit_alias: GasLimitAlias::Wins,
            gas_margin: 0,
            asks_everything: false,
            celo: None,
            checks_intrinsic_gas: true,
            refusal_style: RefusalStyle::Indented,
            order: [Step::Gas, Step::Nonce, Step::GasPrice, Step::ChainId],
        }
    }

    /// The EIP-155 chain ids that may be signed for.
    pub const fn chain_ids(&self) -> ChainIds {
        self.chain_ids
    }

    /// Other names of the node's methods.
    #[must_use]
    pub const fn with_methods(mut self, methods: RpcMethods) -> Self {
        self.methods = methods;
        self
    }

    /// What stands before the 40 digits of an address that is printed; `0x` unless said here.
    /// Both are read.
    #[must_use]
    pub const fn with_address_prefix(mut self, prefix: &'static str) -> Self {
        self.dialect.addresses.prefix = prefix;
        self
    }

    /// Addresses in bech32 (BIP-173) with this human-readable part are read as well.
    #[must_use]
    pub const fn with_bech32_addresses(mut self, human_readable_part: &'static str) -> Self {
        self.dialect.addresses.bech32 = Some(human_readable_part);
        self
    }

    /// Call data with an odd number of digits is refused, not completed by a leading zero.
    #[must_use]
    pub const fn without_odd_data(mut self) -> Self {
        self.dialect.odd_data = false;
        self
    }

    /// Where a missing nonce comes from, and when it counts as missing.
    #[must_use]
    pub const fn with_nonce(mut self, source: NonceSource, missing: Missing) -> Self {
        self.nonce = source;
        self.missing_nonce = missing;
        self
    }

    /// Where a missing gas price comes from, and when it counts as missing.
    #[must_use]
    pub const fn with_gas_price(mut self, source: GasPriceSource, missing: Missing) -> Self {
        self.gas_price = source;
        self.missing_gas_price = missing;
        self
    }

    /// When gas is estimated, for ordinary transactions and for off-chain withdrawals, and when
    /// it counts as missing.
    #[must_use]
    pub const fn with_gas(
        mut self,
        ordinary: GasPolicy,
        offchain: GasPolicy,
        missing: Missing,
    ) -> Self {
        self.gas = ordinary;
        self.offchain_gas = offchain;
        self.missing_gas = missing;
        self
    }

    /// What the node is shown when it estimates.
    #[must_use]
    pub const fn with_estimate_request(mut self, request: EstimateRequest) -> Self {
        self.estimate_request = request;
        self
    }

    /// Which of `gas` and `gasLimit` is signed when both are given.
    #[must_use]
    pub const fn with_gas_limit_alias(mut self, alias: GasLimitAlias) -> Self {
        self.gas_limit_alias = alias;
        self
    }

    /// What is added to estimated gas.
    #[must_use]
    pub const fn with_gas_margin(mut self, gas: u64) -> Self {
        self.gas_margin = gas;
        self
    }

    /// Nonce, gas price and chain id are asked for even when they are given, and a given chain
    /// id must be the node's.
    #[must_use]
    pub const fn with_every_question(mut self) -> Self {
        self.asks_everything = true;
        self
    }

    /// Requests may have these members only.
    #[must_use]
    pub const fn with_members(mut self, members: &'static [&'static str]) -> Self {
        self.dialect.members = Some(members);
        self
    }

    /// Fees may be paid in tokens, as on Celo: requests may have a `feeCurrency`, in which the
    /// node is asked for its gas price, and the transactions are Celo's own.
    #[must_use]
    pub const fn with_celo(mut self, celo: Celo) -> Self {
        self.celo = Some(celo);
        self
    }

    /// No check that the gas limit covers the intrinsic gas of the Yellow Paper.
    #[must_use]
    pub const fn without_intrinsic_gas_check(mut self) -> Self {
        self.checks_intrinsic_gas = false;
        self
    }

    /// How a refused broadcast is reported, where it is not as indented JSON.
    #[must_use]
    pub const fn with_refusal_style(mut self, style: RefusalStyle) -> Self {
        self.refusal_style = style;
        self
    }

    /// The order in which the node is asked.
    #[must_use]
    pub const fn with_order(mut self, order: [Step; 4]) -> Self {
        self.order = order;
        self
    }
}

/// The wallets of this family: BIP-32 on secp256k1 with `xpub` version bytes on both networks,
/// and coin type 1 (SLIP-44) on the test network.
pub const fn wallet(mainnet_path: &'static str) -> WalletKind {
    const XPUB: [u8; 4] = [0x04, 0x88, 0xb2, 0x1e];
    WalletKind::Bip32(Bip32Wallet {
        mainnet_path,
        testnet_path: "m/44'/1'/0'/0",
        mainnet_version: XPUB,
        testnet_version: XPUB,
    })
}

/// The EIP-155 chain ids that may be signed for. A list, because a chain has several test
/// networks, and which one is meant is the transaction's or the node's to say.
#[derive(Clone, Copy, Debug)]
pub struct ChainIds {
    /// Those of the main network.
    pub mainnet: &'static [u64],
    /// Those of the test networks.
    pub testnet: &'static [u64],
}

impl ChainIds {
    /// The chain ids that belong to `network`.
    pub const fn of(&self, network: Network) -> &'static [u64] {
        match network {
            Network::Mainnet => self.mainnet,
            Network::Testnet => self.testnet,
        }
    }
}

/// The node's names for the methods that are asked.
#[derive(Clone, Copy, Debug)]
pub struct RpcMethods {
    /// Gas of a call.
    pub estimate_gas: &'static str,
    /// The price of gas in wei.
    pub gas_price: &'static str,
    /// The number of transactions an account has sent.
    pub transaction_count: &'static str,
    /// The EIP-155 chain id.
    pub chain_id: &'static str,
    /// A block, for its base fee.
    pub block_by_number: &'static str,
}

impl RpcMethods {
    /// The names of the Ethereum JSON-RPC specification.
    pub const ETH: Self = Self {
        estimate_gas: "eth_estimateGas",
        gas_price: "eth_gasPrice",
        transaction_count: "eth_getTransactionCount",
        chain_id: "eth_chainId",
        block_by_number: "eth_getBlockByNumber",
    };
}

/// Where a missing nonce comes from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum NonceSource {
    /// A REST route of the cloud, which answers a bare number; the EIP-55 address is its last
    /// segment.
    Rest {
        /// For instance `/v3/ethereum/transaction/count/`.
        path: &'static str,
    },
    /// The node's transaction count.
    Node {
        /// The block to count at: `latest` or `pending`.
        block: &'static str,
        /// How the node is told the address.
        address: AddressCase,
    },
}

/// How an address is written in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressCase {
    /// With the checksum of EIP-55.
    Checksum,
    /// In lower case.
    Lower,
}

/// Where a missing gas price comes from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum GasPriceSource {
    /// A member of what a REST route of the cloud answers, a number in wei.
    Rest {
        /// For instance `/v3/blockchain/fee/ETH`.
        path: &'static str,
        /// For instance `medium`.
        member: &'static str,
    },
    /// The node's gas price.
    Node,
    /// What a gas station outside the cloud recommends, rounded up to whole gwei. It is asked
    /// once; where it gives no usable answer within ten seconds, or one above its ceiling, the
    /// node's gas price.
    Station(GasStation),
    /// Always this many wei.
    Constant(u64),
}

/// A service that recommends gas prices.
#[derive(Clone, Copy, Debug)]
pub struct GasStation {
    /// Scheme and host, for instance `https://gasstation.polygon.technology`.
    pub base_url: &'static str,
    /// For instance `/v2`.
    pub path: &'static str,
    /// Where the price stands in the answer, a number in gwei: a JSON pointer (RFC 6901), for
    /// instance `/fast/maxFee`.
    pub price_pointer: &'static str,
    /// The least price in gwei; also the price where the answer has none.
    pub floor_gwei: u64,
    /// The highest price in gwei that is believed: whoever answers in the station's place could
    /// else spend all there is on gas.
    pub ceiling_gwei: u64,
}

/// When a member of the request counts as missing. One that is absent always does; what does not
/// count as missing is signed, `null` and `""` as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Whether `null` does.
    pub null: bool,
    /// Whether `""` does.
    pub empty: bool,
    /// Whether zero does.
    pub zero: ZeroIs,
}

impl Missing {
    /// Only when it is absent.
    pub const IF_ABSENT: Self = Self {
        null: false,
        empty: false,
        zero: ZeroIs::Given,
    };
    /// Absent, `null` or `""`.
    pub const UNLESS_GIVEN: Self = Self {
        null: true,
        empty: true,
        zero: ZeroIs::Given,
    };
    /// The same, or the JSON number 0.
    pub const ZERO_NUMBER: Self = Self {
        zero: ZeroIs::MissingAsNumber,
        ..Self::UNLESS_GIVEN
    };
    /// The same, or zero in any notation.
    pub const ANY_ZERO: Self = Self {
        zero: ZeroIs::Missing,
        ..Self::UNLESS_GIVEN
    };

    /// Whether `field` lacks a number.
    pub(crate) fn applies_to(self, field: Field) -> bool {
        match field {
            Field::Absent => true,
            Field::Null => self.null,
            Field::Empty => self.empty,
            Field::Given(quantity) => {
                quantity.value.is_zero()
                    && match self.zero {
                        ZeroIs::Given => false,
                        ZeroIs::MissingAsNumber => quantity.is_json_number,
                        ZeroIs::Missing => true,
                    }
            }
        }
    }
}

/// What zero means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroIs {
    /// Zero.
    Given,
    /// As a JSON number that nothing was given; as text zero.
    MissingAsNumber,
    /// That nothing was given.
    Missing,
}

/// When gas is estimated, and which limit is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GasPolicy {
    /// Only a missing limit is estimated.
    EstimateIfMissing,
    /// Always estimated; a given limit is shown to the node and discarded.
    EstimateAlways,
    /// Always estimated, so that a call that would fail is noticed, but a given limit is signed.
    EstimateButKeepGiven,
}

/// What the node is shown when it estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EstimateRequest {
    /// The whole request in normal form.
    WholeObject,
    /// `to`, `data` and `from`, without the amount.
    Call,
    /// The same with the amount and the price that will be signed, which must come before the
    /// gas in the order of questions. `from` is always the signer.
    PricedCall,
}

/// Which of `gas` and `gasLimit` is signed when both are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GasLimitAlias {
    /// `gasLimit`, even over a fresh estimate.
    Wins,
    /// `gas`, given or estimated: `gasLimit` is only shown to the node.
    Ignored,
    /// `gasLimit`, there is no `gas`.
    OnlyName,
}

/// Something that a transaction may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The gas limit.
    Gas,
    /// The nonce.
    Nonce,
    /// The gas price, or the fees of EIP-1559.
    GasPrice,
    /// The chain id.
    ChainId,
}
