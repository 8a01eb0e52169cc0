//! Bitcoin Cash: a recipe of its own.
//!
//! 1. read the raw transaction and the amounts that follow it;
//! 2. give the keys to the inputs by position, each coin being P2PKH of its key;
//! 3. refuse a transaction whose keys and inputs do not go together, or whose fee is absurd;
//! 4. sign each input's BIP-143 hash with the fork id by Schnorr (2019-05-15), not ECDSA;
//! 5. put signatures and public keys into `scriptSig`, and serialize.

mod assign;
pub(crate) mod cashaddr;
mod rehearsal;
mod request;
mod sign;

use kms_core::{
    chain::{Bip32Wallet, EntryField, Unit, WalletKind, rehearsal::Rehearsal},
    keys::Curve,
    prelude::*,
};

use crate::{
    address,
    btc::bitcoin_core_dust_limit,
    checks::{self, Subject},
    input_type::InputType,
    max_fee, owner,
    params::{AbsurdFee, Params, Play, Prefixes, Units},
    rehearsal::UtxoRehearsal,
    select, summary,
    unsigned::{Spending, SpendingError},
    wif,
};

/// Bitcoin Cash.
#[derive(Debug)]
pub struct CashChain {
    params: &'static Params,
    rehearsal: UtxoRehearsal,
}

impl CashChain {
    /// Bitcoin Cash, with these facts.
    pub(crate) const fn new(params: &'static Params) -> Self {
        Self {
            params,
            rehearsal: UtxoRehearsal::new(params, &rehearsal::CASH),
        }
    }
}

/// The facts about Bitcoin Cash. Both networks derive keys by the same path.
pub(crate) static BCH: Params = Params {
    info: ChainInfo {
        code: "BCH",
        name: "Bitcoin Cash",
        unit: Unit::new("BCH", 8),
        curve: Curve::Secp256k1,
        wallet: WalletKind::Bip32(Bip32Wallet {
            mainnet_path: "m/44'/145'/0'/0",
            testnet_path: "m/44'/145'/0'/0",
            mainnet_version: [0x04, 0x88, 0xb2, 0x1e],
            testnet_version: [0x04, 0x35, 0x87, 0xcf],
        }),
        entry_fields: &[EntryField::Mnemonic, EntryField::Xpub],
        broadcast_path: "/v3/bcash/broadcast",
        offchain_withdrawals: true,
        outside_nodes: &[],
    },
    mainnet: Prefixes {
        pubkey_hash: 0x00,
        script_hash: 0x05,
        segwit: None,
        cashaddr: Some("bitcoincash"),
        wif: 0x80,
        other_wif: &[],
    },
    testnet: Prefixes {
        pubkey_hash: 0x6f,
        script_hash: 0xc4,
        segwit: None,
        cashaddr: Some("bchtest"),
        wif: 0xef,
        other_wif: &[],
    },
    address: InputType::P2pkh,
    inputs: &[InputType::P2pkh],
    longest_signature: 65,
    checks: &[checks::standard_weight, checks::fee_is_not_absurd],
    // The limit of the library that the original signs by, which knows no other figure.
    absurd_fee: AbsurdFee {
        per_vbyte: 2_500,
        total: 0,
    },
    max_fee: max_fee::option(
        "the highest fee in BCH that is signed, for instance 0.2; auto: 2500 sat for each byte",
    ),
    dust_limit: bitcoin_core_dust_limit,
    relay_fee: 1,
    versions: 1..=2,
    replaceable: false,
    units: Units {
        base: "sat",
        size: "B",
    },
    play: Play {
        coin: 1_000_000,
        fee: 2_000,
    },
};

#[async_trait]
impl ChainPlugin for CashChain {
    fn info(&self) -> &'static ChainInfo {
        &self.params.info
    }

    fn options(&self) -> &'static [ChainOption] {
        std::slice::from_ref(&self.params.max_fee)
    }

    fn address(&self, network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        address::of_key(self.params, network, key)
    }

    /// Unlike its relatives it never signed with a key of the other network.
    fn parse_private_key(
        &self,
        network: Network,
        text: &SecretText,
    ) -> Result<SecretKey, WalletError> {
        let key = wif::parse(self.params, text)?;
        match wif::network(self.params, text) {
            Some(found) if found != network => Err(WalletError::WrongNetwork {
                chain: self.params.info.code,
                found,
                expected: network,
            }),
            _ => Ok(key),
        }
    }

    fn network_of_private_key(&self, text: &SecretText) -> Option<Network> {
        wif::network(self.params, text)
    }

    fn format_private_key(&self, network: Network, key: &SecretKey) -> SecretText {
        wif::format(self.params, network, key)
    }

    fn select_keys(
        &self,
        pending: &PendingTransaction,
        candidates: &[Candidate],
    ) -> Result<Vec<KeyRequest>, TransactionError> {
        select::keys(pending, candidates)
    }

    /// Completes nothing but the coins' scripts: those of the keys. Asks no node.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let request = request::parse(&pending.serialized_transaction)?;
        let inputs = request.transaction.input.len();
        let positions = assign::signers(self.params, node.network(), pending, &signers, inputs)?;
        let mut coins = Vec::with_capacity(inputs);
        for (position, value) in positions.into_iter().zip(request.amounts) {
            let script_pubkey = signers
                .get(position)
                .map(|signer| signer.public_key.secp256k1())
                .transpose()?
                .and_then(|key| InputType::P2pkh.script_for(key))
                .ok_or(TransactionError::NoSigningWallet)?;
            coins.push(bitcoin::TxOut {
                value,
                script_pubkey,
            });
        }
        let spending = Spending::new(request.transaction, coins)
            .map_err(|error: SpendingError| TransactionError::Refused(error.to_string()))?;
        let subject = Subject {
            spending: &spending,
            on_chain: pending.withdrawal_id.is_none(),
            declared_fee: None,
            change_script: None,
            max_fee: max_fee::of(self.params, node)?,
        };
        for check in self.params.checks {
            check(self.params, &subject)?;
        }
        let body = spending.encode()?;
        Ok(Unsigned::new(signers, body))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let spending = unsigned.decoded(|it| Spending::decode(it.body()))?;
        Ok(summary::summarize(self.params, network, &spending))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        let spending = unsigned.decoded(|it| Spending::decode(it.body()))?;
        let owners = owner::of_all_inputs(self.params, &spending, unsigned.signers(), |_| None)?;
        sign::preimages(&spending, &owners)
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let spending = unsigned.decoded(|it| Spending::decode(it.body()))?;
        let owners = owner::of_all_inputs(self.params, &spending, unsigned.signers(), |_| None)?;
        sign::assemble(&spending, &owners, signatures)
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        BITCOIN_CASH,
        testing::{HASH, sign_on},
    };
    use serde_json::json;

    const SPENDS_ONE: &str = "01000000015f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f0000000000ffffffff01";

    /// One coin to the wallet's own address.
    fn pays(spent: u64, paid: u64) -> Result<Assembled, TransactionError> {
        let output = format!("{}1976a914{HASH}88ac", hex::encode(paid.to_le_bytes()));
        let request = format!("{SPENDS_ONE}{output}00000000:[{spent}]");
        sign_on(&BITCOIN_CASH, &request, &json!({}))
    }

    /// 185 bytes when it is signed: the limit is exact.
    #[test]
    fn an_absurd_fee_is_refused() {
        let signed = pays(1_000_000 + 2_500 * 185, 1_000_000).unwrap();
        assert_eq!(signed.tx_data.len(), 2 * 185);
        let error = pays(1_000_001 + 2_500 * 185, 1_000_000).unwrap_err();
        assert!(error.to_string().contains("above 2500 sat/B"), "{error}");
    }

    #[test]
    fn amounts_beyond_2_to_the_53_are_exact() {
        let signed = pays(u64::MAX, u64::MAX - 1_000).unwrap();
        let paid = hex::encode((u64::MAX - 1_000).to_le_bytes());
        assert!(signed.tx_data.contains(&paid), "{}", signed.tx_data);
        let error = pays(1_000, 1_001).unwrap_err().to_string();
        assert_eq!(error, "refused: it pays 1001 but spends only 1000");
    }

    #[test]
    fn a_key_of_the_other_network_never_signs() {
        let key = SecretKey::secp256k1(&[7; 32]).unwrap();
        let text = BITCOIN_CASH.format_private_key(Network::Mainnet, &key);
        let network = BITCOIN_CASH.network_of_private_key(&text);
        assert_eq!(network, Some(Network::Mainnet));
        assert!(
            BITCOIN_CASH
                .parse_private_key(Network::Mainnet, &text)
                .is_ok()
        );
        assert!(matches!(
            BITCOIN_CASH.parse_private_key(Network::Testnet, &text),
            Err(WalletError::WrongNetwork { .. })
        ));
    }
}
