//! The sandbox's side: coins that never were, and a judge of what spends them.
//!
//! A coin's transaction id is a hash of its script and amount, and its amount follows from its
//! output number. So the judge, who remembers nothing, rebuilds each coin from the public key
//! that spends it, and knows whether it was ever handed out.

use bitcoin::{
    Amount, CompressedPublicKey, EcdsaSighashType, OutPoint, PubkeyHash, Script, ScriptBuf,
    Sequence, Transaction, TxIn, TxOut, Txid, WPubkeyHash, Witness,
    absolute::LockTime,
    consensus::encode::deserialize_hex,
    ecdsa,
    hashes::{Hash as _, sha256d},
    script::Instruction,
    secp256k1::{Message, Secp256k1, VerifyOnly},
    sighash::SighashCache,
    transaction::Version,
};
use kms_core::{
    chain::{
        Address, Network,
        rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    },
    keys::PublicKey,
};
use serde_json::{Value, json};

use crate::{
    address,
    input_type::InputType,
    params::{Params, Play},
    request,
};

/// The sandbox's side of a row.
#[derive(Debug)]
pub(crate) struct UtxoRehearsal {
    params: &'static Params,
    dialect: &'static Dialect,
}

/// What depends on the recipe.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// Writes down a transaction with the coins that it spends and its fee, as the cloud does.
    pub(crate) write: fn(&Transaction, &[TxOut], u64) -> String,
    /// Reads what the cloud wrote down.
    pub(crate) read: fn(&Params, &str) -> Result<Asked, String>,
    /// Checks the signature of an input, which spends the coin.
    pub(crate) check: fn(&Spend, &Transaction, usize, &TxOut) -> Result<(), String>,
}

/// Bitcoin's way: JSON, ECDSA.
pub(crate) static CORE: Dialect = Dialect {
    write: json_with_coins,
    read: read_json_with_coins,
    check: ecdsa_holds,
};

/// A transaction that was asked for.
pub(crate) struct Asked {
    /// Without signatures.
    pub(crate) transaction: Transaction,
    /// What each input spends: the amount, and the script where it is known.
    pub(crate) coins: Vec<(Amount, Option<ScriptBuf>)>,
}

fn read_json_with_coins(params: &Params, serialized: &str) -> Result<Asked, String> {
    let request = request::parse(serialized, params.inputs).map_err(|error| error.to_string())?;
    let spending = request.spending;
    let coin = |coin: &TxOut| (coin.value, Some(coin.script_pubkey.clone()));
    Ok(Asked {
        coins: spending.coins().iter().map(coin).collect(),
        transaction: spending.transaction().clone(),
    })
}

impl UtxoRehearsal {
    /// The sandbox's side of this row.
    pub(crate) const fn new(params: &'static Params, dialect: &'static Dialect) -> Self {
        Self { params, dialect }
    }
}

impl Rehearsal for UtxoRehearsal {
    fn transactions(
        &self,
        network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let mut coins = Coins::of(self.params.play);
        let mut transactions = Vec::new();
        for wallet in wallets {
            let keys = self.keys(network, wallet);
            if let Some(key) = keys.first() {
                let coin = coins.next(key.script(self.params.address));
                transactions.push(Draft::new(
                    self.params,
                    "payment with change",
                    &[(coin, key.clone())],
                    Some(b"rehearsal"),
                ));
            }
            let mut spent = Vec::new();
            let kinds = KINDS
                .iter()
                .filter(|kind| self.params.inputs.contains(kind));
            let several = keys.len().max(kinds.clone().count()).max(2);
            for (key, kind) in keys.iter().cycle().zip(kinds.cycle()).take(several) {
                if key.segwit || !kind.is_segwit() {
                    spent.push((coins.next(key.script(*kind)), key.clone()));
                }
            }
            if spent.len() > 1 {
                let title = "payment from several coins";
                transactions.push(Draft::new(self.params, title, &spent, None));
            }
        }
        transactions
            .into_iter()
            .map(|draft| draft.finish(self.dialect))
            .collect()
    }

    fn answer(&self, _: Network, _: &RehearsalCall) -> Option<Value> {
        None
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        self.judge(network, tx_data, |index, input, spend| {
            let vout = input.previous_output.vout;
            let coin = coin(self.params.play, vout, spend.script_pubkey.clone());
            if input.previous_output == outpoint(vout, &coin) {
                Ok(coin)
            } else {
                Err(format!(
                    "input {index} spends a coin that was never handed out"
                ))
            }
        })
    }

    fn verify_against(
        &self,
        network: Network,
        serialized: &str,
        tx_data: &str,
    ) -> Result<Verdict, String> {
        let asked = (self.dialect.read)(self.params, serialized)?;
        let mut unsigned: Transaction = read(tx_data)?;
        for input in &mut unsigned.input {
            input.script_sig = ScriptBuf::new();
            input.witness = Witness::new();
        }
        if unsigned != asked.transaction {
            return Err("it is another transaction than was asked for".to_owned());
        }
        self.judge(network, tx_data, |index, _, spend| {
            let (value, script) = asked.coins.get(index).ok_or("an input too many")?;
            if script
                .as_ref()
                .is_some_and(|script| *script != spend.script_pubkey)
            {
                return Err(format!(
                    "input {index} is signed by another key than its coin's"
                ));
            }
            Ok(TxOut {
                value: *value,
                script_pubkey: spend.script_pubkey.clone(),
            })
        })
    }
}

fn read(tx_data: &str) -> Result<Transaction, String> {
    deserialize_hex(tx_data).map_err(|error| format!("txData is no transaction: {error}"))
}

impl UtxoRehearsal {
    /// Checks each input against the coin that `coin_of` says it spends, and the sum.
    fn judge(
        &self,
        network: Network,
        tx_data: &str,
        coin_of: impl Fn(usize, &TxIn, &Spend) -> Result<TxOut, String>,
    ) -> Result<Verdict, String> {
        let transaction = read(tx_data)?;
        let mut spent = Amount::ZERO;
        let mut signers = Vec::new();
        for (index, input) in transaction.input.iter().enumerate() {
            let spend = Spend::of(input).ok_or(format!("input {index} is not signed"))?;
            let coin = coin_of(index, input, &spend)?;
            (self.dialect.check)(&spend, &transaction, index, &coin)
                .map_err(|reason| format!("input {index}: {reason}"))?;
            spent = spent.checked_add(coin.value).ok_or("too much money")?;
            let key = PublicKey::secp256k1_from_sec1(&spend.key).map_err(|e| e.to_string())?;
            let signer: Address =
                address::of_key(self.params, network, &key).map_err(|e| e.to_string())?;
            if !signers.contains(&signer) {
                signers.push(signer);
            }
        }
        let paid = transaction
            .output
            .iter()
            .try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))
            .ok_or("too much money")?;
        if paid > spent {
            return Err(format!("it pays {paid} but spends only {spent}"));
        }
        Ok(Verdict {
            transaction_id: transaction.compute_txid().to_string(),
            signers,
        })
    }
}

/// The kinds of coins that the sandbox hands out: those whose script follows from a key's hash.
const KINDS: [InputType; 3] = [InputType::P2wpkh, InputType::P2pkh, InputType::P2shP2wpkh];

/// A key of a wallet, known by its hash alone.
#[derive(Clone, Debug)]
struct Key {
    wallet: String,
    index: Option<u32>,
    hash: [u8; 20],
    segwit: bool,
}

impl Key {
    fn script(&self, kind: InputType) -> ScriptBuf {
        let program = ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(self.hash));
        match kind {
            InputType::P2wpkh if self.segwit => program,
            InputType::P2shP2wpkh if self.segwit => ScriptBuf::new_p2sh(&program.script_hash()),
            _ => ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array(self.hash)),
        }
    }
}

impl UtxoRehearsal {
    fn keys(&self, network: Network, wallet: &RehearsalWallet) -> Vec<Key> {
        let indexes = 0_u32..;
        let keys = wallet
            .addresses
            .iter()
            .zip(indexes)
            .filter_map(|(address, index)| {
                let (hash, segwit) = key_hash(self.params, network, wallet, address)?;
                Some(Key {
                    wallet: wallet.id.clone(),
                    index: wallet.mnemonic.then_some(index),
                    hash,
                    segwit,
                })
            });
        keys.collect()
    }
}

/// The hash of the public key in a P2WPKH or P2PKH address, and whether it can own witness
/// programs. That the hash is of the compressed form a P2PKH address does not tell, but keys of
/// mnemonics always have it.
fn key_hash(
    params: &Params,
    network: Network,
    wallet: &RehearsalWallet,
    address: &Address,
) -> Option<([u8; 20], bool)> {
    if let Ok((_, _, program)) = bitcoin::bech32::segwit::decode(address.as_str()) {
        return Some((program.try_into().ok()?, true));
    }
    let hash = address::pubkey_hash(params, network, address.as_str())?;
    Some((hash, wallet.mnemonic && params.address == InputType::P2pkh))
}

/// Deals out coins, each with a number of its own.
#[derive(Debug)]
struct Coins {
    play: Play,
    next: u32,
}

impl Coins {
    fn of(play: Play) -> Self {
        Self { play, next: 0 }
    }

    fn next(&mut self, script_pubkey: ScriptBuf) -> (OutPoint, TxOut) {
        let vout = self.next;
        self.next = vout.saturating_add(1);
        let coin = coin(self.play, vout, script_pubkey);
        (outpoint(vout, &coin), coin)
    }
}

fn coin(play: Play, vout: u32, script_pubkey: ScriptBuf) -> TxOut {
    TxOut {
        value: Amount::from_sat(
            u64::from(vout)
                .saturating_mul(1_000)
                .saturating_add(play.coin),
        ),
        script_pubkey,
    }
}

fn outpoint(vout: u32, coin: &TxOut) -> OutPoint {
    let mut bytes = b"tatum-kms rehearsal".to_vec();
    bytes.extend(coin.value.to_sat().to_le_bytes());
    bytes.extend(coin.script_pubkey.as_bytes());
    OutPoint::new(Txid::from_raw_hash(sha256d::Hash::hash(&bytes)), vout)
}

/// A transaction to be handed out.
struct Draft {
    title: &'static str,
    transaction: Transaction,
    coins: Vec<TxOut>,
    fee: u64,
    keys: Vec<Key>,
}

impl Draft {
    /// Spends `coins`: half to a stranger, the rest less a fee back to the first key.
    fn new(
        params: &Params,
        title: &'static str,
        coins: &[((OutPoint, TxOut), Key)],
        message: Option<&[u8; 9]>,
    ) -> Self {
        let total = coins.iter().fold(0_u64, |sum, ((_, coin), _)| {
            sum.saturating_add(coin.value.to_sat())
        });
        let payment = total / 2;
        let change = total
            .saturating_sub(payment)
            .saturating_sub(params.play.fee);
        let stranger = if params.mainnet.segwit.is_some() {
            ScriptBuf::new_p2wpkh(&WPubkeyHash::hash(b"a stranger"))
        } else {
            ScriptBuf::new_p2pkh(&PubkeyHash::hash(b"a stranger"))
        };
        let output = |sat, script_pubkey| TxOut {
            value: Amount::from_sat(sat),
            script_pubkey,
        };
        let mut outputs = vec![output(payment, stranger)];
        if let Some(message) = message {
            outputs.push(output(0, ScriptBuf::new_op_return(message)));
        }
        if let Some(((_, coin), _)) = coins.first() {
            outputs.push(output(change, coin.script_pubkey.clone()));
        }
        let inputs = coins.iter().map(|((outpoint, _), _)| TxIn {
            previous_output: *outpoint,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        });
        Self {
            title,
            transaction: Transaction {
                version: Version::TWO,
                lock_time: LockTime::ZERO,
                input: inputs.collect(),
                output: outputs,
            },
            coins: coins.iter().map(|((_, coin), _)| coin.clone()).collect(),
            fee: params.play.fee,
            keys: coins.iter().map(|(_, key)| key.clone()).collect(),
        }
    }

    fn finish(self, dialect: &Dialect) -> RehearsalTransaction {
        let mut hashes = Vec::new();
        let mut signatures = Vec::new();
        for key in self.keys {
            if let Some(index) = key.index {
                signatures.push((key.wallet.clone(), index));
            }
            if !hashes.contains(&key.wallet) {
                hashes.push(key.wallet);
            }
        }
        RehearsalTransaction {
            title: self.title,
            serialized: (dialect.write)(&self.transaction, &self.coins, self.fee),
            hashes,
            index: None,
            signatures,
        }
    }
}

/// Bitcoin's way of writing a transaction down.
fn json_with_coins(transaction: &Transaction, coins: &[TxOut], fee: u64) -> String {
    let output = |output: &TxOut| {
        json!({
            "satoshis": output.value.to_sat(),
            "script": hex::encode(&output.script_pubkey),
        })
    };
    let inputs = transaction.input.iter().zip(coins).map(|(input, coin)| {
        json!({
            "prevTxId": input.previous_output.txid.to_string(),
            "outputIndex": input.previous_output.vout,
            "sequenceNumber": input.sequence.0,
            "script": "",
            "scriptString": "",
            "output": output(coin),
        })
    });
    json!({
        "version": transaction.version.0,
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": transaction.output.iter().map(output).collect::<Vec<_>>(),
        "nLockTime": 0,
        "fee": fee,
    })
    .to_string()
}

/// What an input shows: who signed, and which script it satisfies.
pub(crate) struct Spend {
    pub(crate) signature: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) script_pubkey: ScriptBuf,
    pub(crate) segwit: bool,
}

impl Spend {
    /// Takes an input apart; nothing when it is not signed by one key.
    pub(crate) fn of(input: &TxIn) -> Option<Self> {
        let pushes = input
            .script_sig
            .instructions_minimal()
            .map(|instruction| match instruction.ok()? {
                Instruction::PushBytes(bytes) => Some(bytes.as_bytes().to_vec()),
                Instruction::Op(_) => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let witness = input.witness.to_vec();
        match (&pushes[..], &witness[..]) {
            ([signature, key], []) => Some(Self {
                signature: signature.clone(),
                key: key.clone(),
                script_pubkey: ScriptBuf::new_p2pkh(&PubkeyHash::hash(key)),
                segwit: false,
            }),
            ([], [signature, key]) => Some(Self {
                signature: signature.clone(),
                key: key.clone(),
                script_pubkey: program_of(key)?,
                segwit: true,
            }),
            ([redeem], [signature, key]) if Script::from_bytes(redeem) == &*program_of(key)? => {
                Some(Self {
                    signature: signature.clone(),
                    key: key.clone(),
                    script_pubkey: ScriptBuf::new_p2sh(&Script::from_bytes(redeem).script_hash()),
                    segwit: true,
                })
            }
            _ => None,
        }
    }
}

/// Checks the signature with libsecp256k1, which is not what signs.
fn ecdsa_holds(
    spend: &Spend,
    transaction: &Transaction,
    index: usize,
    coin: &TxOut,
) -> Result<(), String> {
    let signature = ecdsa::Signature::from_slice(&spend.signature)
        .map_err(|error| format!("no strict DER signature: {error}"))?;
    if signature.sighash_type != EcdsaSighashType::All || signature.to_vec() != spend.signature {
        return Err("not a signature of type SIGHASH_ALL in strict DER".to_owned());
    }
    let mut low = signature.signature;
    low.normalize_s();
    if low != signature.signature {
        return Err("S is high".to_owned());
    }
    let mut cache = SighashCache::new(transaction);
    let digest = if spend.segwit {
        let program = program_of(&spend.key).ok_or("no compressed public key")?;
        cache
            .p2wpkh_signature_hash(index, &program, coin.value, EcdsaSighashType::All)
            .map(|hash| hash.to_byte_array())
            .map_err(|error| error.to_string())?
    } else {
        cache
            .legacy_signature_hash(index, &coin.script_pubkey, EcdsaSighashType::All.to_u32())
            .map(|hash| hash.to_byte_array())
            .map_err(|error| error.to_string())?
    };
    let key = bitcoin::PublicKey::from_slice(&spend.key).map_err(|error| error.to_string())?;
    let secp: Secp256k1<VerifyOnly> = Secp256k1::verification_only();
    secp.verify_ecdsa(
        &Message::from_digest(digest),
        &signature.signature,
        &key.inner,
    )
    .map_err(|_| "the signature is wrong".to_owned())
}
fn program_of(key: &[u8]) -> Option<ScriptBuf> {
    let key = CompressedPublicKey::from_slice(key).ok()?;
    Some(ScriptBuf::new_p2wpkh(&key.wpubkey_hash()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bitcoin::consensus::encode::serialize_hex;
    use kms_core::{
        chain::ChainPlugin,
        keys::SecretKey,
        testkit::{Pipeline, ScriptedNode},
    };

    use super::*;
    use crate::{BITCOIN, BITCOIN_CASH, DOGECOIN, LITECOIN, testing::pending};

    static CHAINS: [&dyn ChainPlugin; 4] = [&BITCOIN, &LITECOIN, &DOGECOIN, &BITCOIN_CASH];

    fn rehearsal(chain: &'static dyn ChainPlugin) -> &'static dyn Rehearsal {
        chain.rehearsal().unwrap()
    }

    /// Everything that is handed out for two single keys, one of them known by its long form.
    fn signed(
        chain: &'static dyn ChainPlugin,
    ) -> Vec<(RehearsalTransaction, Transaction, Vec<Address>)> {
        let network = Network::Testnet;
        let mut entries = BTreeMap::new();
        let mut wallets = Vec::new();
        let long = SecretKey::secp256k1(&[8; 32])
            .unwrap()
            .with_uncompressed_public_key();
        for (id, key) in [
            ("short", SecretKey::secp256k1(&[7; 32]).unwrap()),
            ("long", long),
        ] {
            let text = chain.format_private_key(network, &key);
            let entry =
                json!({"privateKey": text.expose(), "chain": chain.info().code, "testnet": true});
            entries.insert(id.to_owned(), entry);
            wallets.push(RehearsalWallet {
                id: id.to_owned(),
                mnemonic: false,
                addresses: vec![chain.address(network, &key.public_key()).unwrap()],
            });
        }
        let transactions = rehearsal(chain).transactions(network, &wallets);
        let sign = |transaction: RehearsalTransaction| {
            let more = json!({"hashes": transaction.hashes, "chain": chain.info().code});
            let pending = pending(&transaction.serialized, &more);
            let node = ScriptedNode::new(network, &[]);
            let done = Pipeline::run(chain, &pending, &entries, &node).unwrap();
            let owner = wallets
                .iter()
                .find(|wallet| transaction.hashes.contains(&wallet.id));
            let signed = deserialize_hex(&done.assembled.tx_data).unwrap();
            (transaction, signed, owner.unwrap().addresses.clone())
        };
        transactions.into_iter().map(sign).collect()
    }

    #[test]
    fn every_kind_of_input_is_played_and_its_owner_found() {
        let mut kinds = Vec::new();
        let all = CHAINS
            .into_iter()
            .flat_map(|chain| signed(chain).into_iter().map(move |done| (chain, done)));
        for (chain, (transaction, signed, owners)) in all {
            let verdict = rehearsal(chain)
                .verify(Network::Testnet, &serialize_hex(&signed))
                .unwrap();
            assert_eq!(verdict.signers, owners, "{}", transaction.title);
            assert_eq!(verdict.transaction_id, signed.compute_txid().to_string());
            for input in &signed.input {
                kinds.push((input.script_sig.len() > 100, input.witness.len()));
            }
        }
        for kind in [(false, 2), (true, 0)] {
            assert!(kinds.contains(&kind), "{kind:?} is not played");
        }
    }

    #[test]
    fn what_was_not_signed_like_this_is_rejected() {
        let all = CHAINS
            .into_iter()
            .flat_map(|chain| signed(chain).into_iter().map(move |done| (chain, done)));
        for (chain, (_, signed, _)) in all {
            let mut dearer = signed.clone();
            dearer.output[0].value = Amount::from_sat(1);
            let mut foreign = signed.clone();
            foreign.input[0].previous_output.vout += 1;
            let mut unsigned = signed.clone();
            unsigned.input[0].witness.clear();
            unsigned.input[0].script_sig = ScriptBuf::new();
            let mut greedy = signed.clone();
            greedy.output[0].value = Amount::MAX_MONEY;
            for tampered in [dearer, foreign, unsigned, greedy] {
                rehearsal(chain)
                    .verify(Network::Testnet, &serialize_hex(&tampered))
                    .unwrap_err();
            }
        }
        for chain in CHAINS {
            for text in ["", "00", "zz", "0200000000"] {
                rehearsal(chain).verify(Network::Testnet, text).unwrap_err();
            }
        }
    }
}
