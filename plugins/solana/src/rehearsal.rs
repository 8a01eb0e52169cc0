//! How the sandbox plays Solana. Nothing here is shared with the signing side: messages are put
//! together byte by byte, and a transaction that was sent is taken apart by another parser.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::{Value, json};

use crate::json::at;

/// What the cloud puts in place of the block hash, and what the sandbox's node says it is.
const PLACEHOLDER: [u8; 32] = [0; 32];
const BLOCKHASH: [u8; 32] = [0x5b; 32];
/// Height and slot of the sandbox's chain.
const HEIGHT: u64 = 1000;

const RECIPIENT: [u8; 32] = [0x41; 32];
const TOKEN: [u8; 32] = [0x42; 32];
/// The seed of the key of a token that is created.
const MINT_SEED: [u8; 32] = [0x4d; 32];

const SYSTEM: [u8; 32] = [0; 32];
const TOKEN_PROGRAM: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_ACCOUNTS: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
const MEMO: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";

#[derive(Debug)]
pub(crate) struct SolanaRehearsal;

impl Rehearsal for SolanaRehearsal {
    fn transactions(
        &self,
        _network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let samples = [sample_transfer, sample_token_transfer, sample_new_token];
        samples
            .iter()
            .zip(wallets.iter().cycle())
            .filter_map(|(sample, wallet)| {
                let owner = wallet.addresses.first()?.as_str();
                // Decoding takes quadratic time, and 32 bytes are at most 44 digits.
                let owner = Some(owner).filter(|owner| owner.len() <= 44)?;
                let owner = bs58::decode(owner).into_vec().ok()?;
                let (title, request) = sample(owner.try_into().ok()?);
                Some(RehearsalTransaction {
                    title,
                    serialized: request.to_string(),
                    hashes: vec![wallet.id.clone()],
                    index: None,
                    signatures: Vec::new(),
                })
            })
            .collect()
    }

    fn answer(&self, _network: Network, call: &RehearsalCall) -> Option<Value> {
        if call.method != "POST" || call.path != "/v3/blockchain/node/SOL/{apiKey}" {
            return None;
        }
        let body = call.body.as_ref()?;
        let result = match at(body, "/method").as_str()? {
            "getLatestBlockhash" => json!({
                "context": {"slot": HEIGHT},
                "value": {
                    "blockhash": bs58::encode(BLOCKHASH).into_string(),
                    "lastValidBlockHeight": HEIGHT + 150,
                },
            }),
            "sendTransaction" => {
                let wire = self.sent(call)?;
                match Sent::parse(&wire) {
                    Ok(sent) => json!(sent.id()),
                    Err(reason) => {
                        let error = json!({"code": -32602, "message": reason});
                        return Some(
                            json!({"jsonrpc": "2.0", "id": at(body, "/id"), "error": error}),
                        );
                    }
                }
            }
            "getTransaction" => json!({
                "slot": HEIGHT + 1,
                "transaction": {"signatures": [at(body, "/params/0")]},
                "meta": {"err": null, "fee": 5000},
            }),
            "getSignatureStatuses" => json!({"context": {"slot": HEIGHT}, "value": [null]}),
            "getEpochInfo" => json!({"absoluteSlot": HEIGHT, "blockHeight": HEIGHT}),
            "getFirstAvailableBlock" => json!(0),
            _ => return None,
        };
        Some(json!({"jsonrpc": "2.0", "id": at(body, "/id"), "result": result}))
    }

    fn sent(&self, call: &RehearsalCall) -> Option<String> {
        let body = call.body.as_ref()?;
        let wire = at(body, "/params/0").as_str();
        wire.filter(|_| at(body, "/method") == "sendTransaction")
            .map(str::to_owned)
    }

    fn verify(&self, _network: Network, tx_data: &str) -> Result<Verdict, String> {
        Sent::parse(tx_data)?.verify()
    }

    fn verify_against(
        &self,
        _network: Network,
        serialized: &str,
        tx_data: &str,
    ) -> Result<Verdict, String> {
        let sent = Sent::parse(tx_data)?;
        let request: Value =
            serde_json::from_str(serialized).map_err(|error| format!("no JSON: {error}"))?;
        let asked = hex::decode(at(&request, "/txData").as_str().unwrap_or_default())
            .map_err(|_| "the txData asked for is not hexadecimal".to_owned())?;
        let parts = |bytes: &[u8]| {
            let (head, tail) = bytes.split_at_checked(sent.blockhash)?;
            Some((head.to_vec(), tail.get(32..)?.to_vec()))
        };
        if parts(&asked) != parts(&sent.message) {
            return Err("more than the block hash differs from what was asked for".to_owned());
        }
        sent.verify()
    }
}

/// A transaction as it was sent.
struct Sent {
    signatures: Vec<[u8; 64]>,
    message: Vec<u8>,
    accounts: Vec<[u8; 32]>,
    /// Where the block hash begins in the message.
    blockhash: usize,
    /// Accounts that it creates. Each signs with its own new key.
    created: Vec<[u8; 32]>,
}

impl Sent {
    /// Reads what the judge needs.
    fn parse(wire: &str) -> Result<Self, String> {
        let bytes = BASE64_STANDARD
            .decode(wire)
            .map_err(|_| "it is not base64".to_owned())?;
        let short = || "it ends too early".to_owned();
        let (count, rest) = bytes.split_first().ok_or_else(short)?;
        let count = usize::from(*count);
        let (signatures, message) = rest
            .split_at_checked(count.saturating_mul(64))
            .ok_or_else(short)?;
        let (signatures, _) = signatures.as_chunks::<64>();
        let (header, rest) = message.split_first_chunk::<4>().ok_or_else(short)?;
        let [required, _, _, accounts] = header.map(usize::from);
        if required != count || count == 0 {
            return Err(format!("it has {count} signatures and needs {required}"));
        }
        let accounts = rest.get(..accounts.saturating_mul(32)).ok_or_else(short)?;
        let blockhash = header.len().saturating_add(accounts.len());
        let (accounts, _) = accounts.as_chunks::<32>();
        let (_, rest) = message.split_at_checked(blockhash).ok_or_else(short)?;
        let instructions = rest.get(32..).ok_or_else(short)?;
        if accounts.len() < count {
            return Err(short());
        }
        Ok(Self {
            created: created(instructions, accounts).ok_or_else(short)?,
            signatures: signatures.to_vec(),
            message: message.to_vec(),
            accounts: accounts.to_vec(),
            blockhash,
        })
    }

    fn id(&self) -> String {
        let first = self.signatures.first().map_or(&[][..], |first| first);
        bs58::encode(first).into_string()
    }

    fn verify(&self) -> Result<Verdict, String> {
        let rest = self.message.get(self.blockhash..).unwrap_or_default();
        if rest.first_chunk() != Some(&BLOCKHASH) {
            return Err("its block hash is not the one of the sandbox's node".to_owned());
        }
        let mut signers = Vec::new();
        for (signature, account) in self.signatures.iter().zip(&self.accounts) {
            let address = bs58::encode(account).into_string();
            VerifyingKey::from_bytes(account)
                .and_then(|key| key.verify_strict(&self.message, &Signature::from_bytes(signature)))
                .map_err(|_| format!("the signature of {address} does not verify"))?;
            if !self.created.contains(account) {
                signers.push(Address::new(address));
            }
        }
        Ok(Verdict {
            transaction_id: self.id(),
            signers,
        })
    }
}

/// The accounts that `CreateAccount` of the System program makes: its second ones.
fn created(instructions: &[u8], accounts: &[[u8; 32]]) -> Option<Vec<[u8; 32]>> {
    let mut created = Vec::new();
    let mut rest = instructions;
    let count = take_count(&mut rest)?;
    for _ in 0..count {
        let program = *take(&mut rest, 1)?.first()?;
        let count = take_count(&mut rest)?;
        let indexes = take(&mut rest, count)?;
        let count = take_count(&mut rest)?;
        let data = take(&mut rest, count)?;
        let is_system = accounts.get(usize::from(program)) == Some(&SYSTEM);
        if is_system && data.starts_with(&[0; 4]) {
            created.push(*accounts.get(usize::from(*indexes.get(1)?))?);
        }
    }
    rest.is_empty().then_some(created)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(head)
}

/// One or two bytes of 7 bits: what three would say does not fit into a transaction.
fn take_count(rest: &mut &[u8]) -> Option<usize> {
    let low = usize::from(*take(rest, 1)?.first()?);
    if low < 0x80 {
        return Some(low);
    }
    let high = usize::from(*take(rest, 1)?.first()?);
    (high < 0x80).then_some((low & 0x7f) | (high << 7))
}

fn sample_transfer(owner: [u8; 32]) -> (&'static str, Value) {
    // 0.5 SOL.
    let data = [[2, 0, 0, 0].as_slice(), &500_000_000_u64.to_le_bytes()].concat();
    let message = message(
        [1, 0, 1],
        &[owner, RECIPIENT, SYSTEM],
        &[(2, &[0, 1], &data)],
    );
    ("transfer", json!({"txData": hex::encode(message)}))
}

fn sample_token_transfer(owner: [u8; 32]) -> (&'static str, Value) {
    let (from, to) = ([0x51; 32], [0x52; 32]);
    let programs = [TOKEN_ACCOUNTS, TOKEN_PROGRAM, MEMO].map(known);
    let [token_accounts, token_program, memo] = programs;
    let accounts = [
        owner,
        from,
        to,
        RECIPIENT,
        TOKEN,
        SYSTEM,
        token_accounts,
        token_program,
        memo,
    ];
    // 12.5 of a token with 6 decimals.
    let amount = 12_500_000_u64.to_le_bytes();
    let data = [[12].as_slice(), &amount, &[6]].concat();
    let message = message(
        [1, 0, 6],
        &accounts,
        &[
            (6, &[0, 2, 3, 4, 5, 7], &[1]),
            (7, &[1, 4, 2, 0], &data),
            (8, &[], b"invoice 17"),
        ],
    );
    ("token transfer", json!({"txData": hex::encode(message)}))
}

fn sample_new_token(owner: [u8; 32]) -> (&'static str, Value) {
    let key = SigningKey::from_bytes(&MINT_SEED);
    let mint = key.verifying_key().to_bytes();
    let token_program = known(TOKEN_PROGRAM);
    let (rent, space) = (1_461_600_u64.to_le_bytes(), 82_u64.to_le_bytes());
    let create = [[0; 4].as_slice(), &rent, &space, &token_program].concat();
    let initialize = [[20, 9].as_slice(), &owner, &[0]].concat();
    let message = message(
        [2, 0, 2],
        &[owner, mint, SYSTEM, token_program],
        &[(2, &[0, 1], &create), (3, &[1], &initialize)],
    );
    let key = bs58::encode(key.to_keypair_bytes()).into_string();
    (
        "new token",
        json!({"txData": hex::encode(message), "mintPK": key}),
    )
}

/// Program, accounts and data of an instruction.
type Call<'a> = (u8, &'a [u8], &'a [u8]);

fn message(header: [u8; 3], accounts: &[[u8; 32]], calls: &[Call<'_>]) -> Vec<u8> {
    let one_byte = |count: usize| u8::try_from(count).expect("the samples are small");
    let mut bytes = header.to_vec();
    bytes.push(one_byte(accounts.len()));
    bytes.extend(accounts.concat());
    bytes.extend(PLACEHOLDER);
    bytes.push(one_byte(calls.len()));
    for (program, accounts, data) in calls {
        bytes.push(*program);
        bytes.push(one_byte(accounts.len()));
        bytes.extend(*accounts);
        bytes.push(one_byte(data.len()));
        bytes.extend(*data);
    }
    bytes
}

fn known(base58: &str) -> [u8; 32] {
    let bytes = bs58::decode(base58).into_vec().expect("base58");
    bytes.try_into().expect("32 bytes")
}
