//! The XRP Ledger, in the eyes of xrpl.js.

use kms_tests::{cloud::Cloud, program::User};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each type and network.
const ROUNDS: usize = 8;

#[test]
fn xrpl_js_reads_what_is_signed_for_the_xrp_ledger() {
    let Some(xrpl) = Library::of("xrp") else {
        return;
    };
    for network in Network::BOTH {
        let mut random = Random::seeded(if network.is_testnet() { 145 } else { 144 });
        let user = session::user();
        let keys = wallets(&xrpl, &mut random, network, &user);
        let accounts = accounts(&xrpl, &mut random);
        // Nobody deals with themselves.
        let (owners, others) = accounts.split_at(5);
        let mut cases = Vec::new();
        for round in 0..ROUNDS * TYPES.len() {
            let key = random.one_of(&keys).clone();
            let mut draft = Draft::new(&mut random, owners, others, &key);
            TYPES[round % TYPES.len()](&mut draft);
            let (asked, expected) = draft.done();
            cases.push((key, asked, expected));
        }
        x_addresses(&xrpl, &mut random, network, &mut cases);

        let pending: Vec<Value> = (0..)
            .zip(&cases)
            .map(|(number, (key, asked, _))| key.pending(number, "XRP", &asked.to_string()))
            .collect();
        let signed = session::sign(&user, network, &Cloud::start(), "", &pending);
        let ids = session::ids(&user, &pending);

        let found = xrpl.ask("transactions", &json!(signed));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for (((key, asked, expected), found), id) in cases.iter().zip(found).zip(&ids) {
            let expected = json!({
                "fields": expected,
                "invalid": null,
                "publicKey": key.known["publicKey"],
                "signer": key.address,
                "signed": true,
                "id": id,
                "same": true,
            });
            assert_eq!(*found, expected, "{network:?}: {asked}");
        }
        session::tally_transactions("XRP", cases.len());
    }
}

/// Wallets of both kinds that the library makes, and some that the program makes.
fn wallets(xrpl: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = ["ed25519", "ecdsa-secp256k1"]
        .iter()
        .cycle()
        .take(12)
        .map(|algorithm| json!({"entropy": random.hex(16), "algorithm": algorithm}))
        .collect();
    let made = xrpl.ask("seeds", &json!(asked));
    let mut keys: Vec<Key> = made
        .as_array()
        .expect("a list")
        .iter()
        .map(|key| session::store_single(user, "XRP", network, key))
        .collect();
    for _ in 0..3 {
        keys.push(session::make_single(user, "XRP", network, |seed| {
            xrpl.ask("wallets", &json!([seed]))[0].clone()
        }));
    }
    for key in &keys {
        let shown = user.run(&format!("getprivatekey {} 0", key.wallet)).json();
        assert_eq!(shown["privateKey"], key.known["privateKey"]);
    }
    keys
}

/// Accounts that are nobody's.
fn accounts(xrpl: &Library, random: &mut Random) -> Vec<String> {
    let asked: Vec<Value> = (0..25)
        .map(|_| json!({"entropy": random.hex(16), "algorithm": "ed25519"}))
        .collect();
    let made = xrpl.ask("seeds", &json!(asked));
    let made = made.as_array().expect("a list").iter();
    made.map(|key| text(&key["address"]).to_owned()).collect()
}

/// Asks for some of the payments with an address that holds the tag as well.
fn x_addresses(
    xrpl: &Library,
    random: &mut Random,
    network: Network,
    cases: &mut [(Key, Value, Value)],
) {
    for (name, tag_name) in [("Destination", "DestinationTag"), ("Account", "SourceTag")] {
        let chosen: Vec<&mut Value> = cases
            .iter_mut()
            .map(|(_, asked, _)| asked)
            .filter(|asked| asked["TransactionType"] == "Payment" && random.coin())
            .collect();
        let questions: Vec<Value> = chosen
            .iter()
            .map(|asked| {
                let tag = match &asked[tag_name] {
                    Value::Null => json!(false),
                    tag => tag.clone(),
                };
                json!({"address": asked[name], "tag": tag, "test": network.is_testnet()})
            })
            .collect();
        let answers = xrpl.ask("x_addresses", &json!(questions));
        for (asked, address) in chosen.into_iter().zip(answers.as_array().expect("a list")) {
            asked[name] = address.clone();
            asked[tag_name] = Value::Null;
        }
    }
}

const TYPES: [fn(&mut Draft<'_>); 27] = [
    payment,
    issued_payment,
    payment_by_paths,
    mpt_payment,
    trust_set,
    account_set,
    escrow_create,
    escrow_finish,
    offer_create,
    offer_cancel,
    set_regular_key,
    signer_list_set,
    ticket_create,
    check_create,
    channel_create,
    channel_claim,
    deposit_preauth,
    nft_mint,
    nft_offer,
    nft_cancel_offers,
    amm_create,
    amm_deposit,
    cross_chain_commit,
    vault_create,
    mpt_issue,
    did_set,
    credential_create,
];

fn payment(draft: &mut Draft<'_>) {
    draft.kind("Payment").account("Destination").xrp("Amount");
    draft.maybe(|draft| draft.number("DestinationTag"));
    draft.maybe(|draft| draft.hash("InvoiceID"));
}

fn issued_payment(draft: &mut Draft<'_>) {
    draft
        .kind("Payment")
        .account("Destination")
        .issued("Amount");
    draft.maybe(|draft| draft.number("DestinationTag"));
    draft.maybe(|draft| draft.issued("SendMax"));
}

fn payment_by_paths(draft: &mut Draft<'_>) {
    draft
        .kind("Payment")
        .account("Destination")
        .issued("Amount");
    draft.xrp("SendMax").issued("DeliverMin");
    draft.fill("Flags", json!(0x0002_0000));
    let mut step = || match draft.random.within(0..=2) {
        0 => json!({"account": draft.random.one_of(draft.accounts)}),
        1 => json!({"currency": "XRP"}),
        _ => json!({
            "currency": draft.random.hex(20).to_uppercase(),
            "issuer": draft.random.one_of(draft.accounts),
        }),
    };
    let paths = json!([[step()], [step(), step()], [step(), step(), step()]]);
    draft.fill("Paths", paths);
}

fn mpt_payment(draft: &mut Draft<'_>) {
    draft.kind("Payment").account("Destination");
    let value = draft.random.magnitude(63).to_string();
    let id = draft.random.hex(24).to_uppercase();
    draft.fill("Amount", json!({"mpt_issuance_id": id, "value": value}));
}

fn trust_set(draft: &mut Draft<'_>) {
    draft.kind("TrustSet").issued("LimitAmount");
    draft.maybe(|draft| draft.number("QualityIn"));
    draft.maybe(|draft| draft.fill("Flags", json!(0x0002_0000)));
}

fn account_set(draft: &mut Draft<'_>) {
    draft.kind("AccountSet");
    draft.maybe(|draft| draft.fill("SetFlag", json!(8)));
    draft.maybe(|draft| draft.fill("ClearFlag", json!(1)));
    draft.maybe(|draft| draft.blob("Domain", 40));
    draft.maybe(|draft| draft.fill("TransferRate", json!(1_005_000_000)));
    draft.maybe(|draft| draft.fill("TickSize", json!(5)));
    let hash = draft.random.hex(16).to_uppercase();
    draft.maybe(|draft| draft.fill("EmailHash", json!(hash)));
}

fn escrow_create(draft: &mut Draft<'_>) {
    draft
        .kind("EscrowCreate")
        .account("Destination")
        .xrp("Amount");
    draft.number("FinishAfter");
    draft.maybe(|draft| draft.number("DestinationTag"));
    draft.maybe(|draft| draft.blob("Condition", 60));
}

fn escrow_finish(draft: &mut Draft<'_>) {
    draft
        .kind("EscrowFinish")
        .account("Owner")
        .number("OfferSequence");
    draft.maybe(|draft| draft.blob("Condition", 60).blob("Fulfillment", 300));
}

fn offer_create(draft: &mut Draft<'_>) {
    draft
        .kind("OfferCreate")
        .xrp("TakerGets")
        .issued("TakerPays");
    draft.maybe(|draft| draft.number("Expiration"));
    draft.maybe(|draft| draft.number("OfferSequence"));
}

fn offer_cancel(draft: &mut Draft<'_>) {
    draft.kind("OfferCancel").number("OfferSequence");
}

fn set_regular_key(draft: &mut Draft<'_>) {
    draft.kind("SetRegularKey");
    draft.maybe(|draft| draft.account("RegularKey"));
}

fn signer_list_set(draft: &mut Draft<'_>) {
    draft.kind("SignerListSet").fill("SignerQuorum", json!(1));
    let count = 1 + draft.random.index(draft.accounts.len());
    let entries: Vec<Value> = draft
        .accounts
        .iter()
        .take(count)
        .map(|account| {
            let weight = draft.random.within(1..=0xffff);
            json!({"SignerEntry": {"Account": account, "SignerWeight": weight}})
        })
        .collect();
    draft.fill("SignerEntries", json!(entries));
}

fn ticket_create(draft: &mut Draft<'_>) {
    let count = draft.random.within(1..=250);
    draft.kind("TicketCreate").fill("TicketCount", json!(count));
}

fn check_create(draft: &mut Draft<'_>) {
    draft
        .kind("CheckCreate")
        .account("Destination")
        .issued("SendMax");
    draft.maybe(|draft| draft.number("Expiration"));
}

fn channel_create(draft: &mut Draft<'_>) {
    draft
        .kind("PaymentChannelCreate")
        .account("Destination")
        .xrp("Amount");
    draft.number("SettleDelay").blob("PublicKey", 33);
}

fn channel_claim(draft: &mut Draft<'_>) {
    draft.kind("PaymentChannelClaim").hash("Channel");
    // The claim's own signature, which is no part of what the transaction's covers.
    draft.maybe(|draft| {
        let draft = draft.xrp("Amount").xrp("Balance");
        draft.blob("Signature", 71).blob("PublicKey", 33)
    });
}

fn deposit_preauth(draft: &mut Draft<'_>) {
    let name = *draft.random.one_of(&["Authorize", "Unauthorize"]);
    draft.kind("DepositPreauth").account(name);
}

fn nft_mint(draft: &mut Draft<'_>) {
    draft.kind("NFTokenMint").number("NFTokenTaxon");
    draft.maybe(|draft| draft.blob("URI", 256));
    draft
        .fill("Flags", json!(9))
        .fill("TransferFee", json!(314));
}

fn nft_offer(draft: &mut Draft<'_>) {
    draft
        .kind("NFTokenCreateOffer")
        .hash("NFTokenID")
        .xrp("Amount");
    draft.fill("Flags", json!(1));
}

fn nft_cancel_offers(draft: &mut Draft<'_>) {
    draft.kind("NFTokenCancelOffer");
    let count = draft.random.within(1..=20);
    let offers: Vec<String> = (0..count)
        .map(|_| draft.random.hex(32).to_uppercase())
        .collect();
    draft.fill("NFTokenOffers", json!(offers));
}

fn amm_create(draft: &mut Draft<'_>) {
    draft.kind("AMMCreate").xrp("Amount").issued("Amount2");
    draft.fill("TradingFee", json!(500));
}

fn amm_deposit(draft: &mut Draft<'_>) {
    draft
        .kind("AMMDeposit")
        .fill("Asset", json!({"currency": "XRP"}));
    let issuer = draft.random.one_of(draft.accounts);
    draft.fill("Asset2", json!({"currency": "ETH", "issuer": issuer}));
    draft.xrp("Amount").fill("Flags", json!(0x0008_0000));
}

fn cross_chain_commit(draft: &mut Draft<'_>) {
    draft.kind("XChainCommit").xrp("Amount");
    let id = format!("{:016X}", draft.random.number());
    draft.fill("XChainClaimID", json!(id));
    let bridge = json!({
        "LockingChainDoor": draft.random.one_of(draft.accounts),
        "LockingChainIssue": {"currency": "XRP"},
        "IssuingChainDoor": draft.random.one_of(draft.accounts),
        "IssuingChainIssue": {
            "currency": "USD", "issuer": draft.random.one_of(draft.accounts),
        },
    });
    draft.fill("XChainBridge", bridge);
}

fn vault_create(draft: &mut Draft<'_>) {
    let asset = json!({"mpt_issuance_id": draft.random.hex(24).to_uppercase()});
    draft.kind("VaultCreate").fill("Asset", asset);
    // Up to here the library writes whole numbers without an exponent.
    let most = draft.random.within(1..=99_999_999_999);
    draft.fill("AssetsMaximum", json!(most.to_string()));
    draft.maybe(|draft| draft.blob("Data", 256));
}

fn mpt_issue(draft: &mut Draft<'_>) {
    draft.kind("MPTokenIssuanceCreate");
    let most = 1 + draft.random.magnitude(62);
    draft.fill("MaximumAmount", json!(most.to_string()));
    draft.fill("AssetScale", json!(2));
}

fn did_set(draft: &mut Draft<'_>) {
    draft.kind("DIDSet").blob("Data", 256).blob("URI", 256);
}

fn credential_create(draft: &mut Draft<'_>) {
    draft
        .kind("CredentialCreate")
        .account("Subject")
        .blob("CredentialType", 64);
    draft.maybe(|draft| draft.number("Expiration"));
}

/// A transaction that is asked for, and the fields that the library must find.
struct Draft<'a> {
    random: &'a mut Random,
    accounts: &'a [String],
    asked: Value,
    expected: Value,
}

impl<'a> Draft<'a> {
    fn new(random: &'a mut Random, owners: &[String], accounts: &'a [String], key: &Key) -> Self {
        let empty = json!({"SourceTag": null});
        let mut draft = Self {
            random,
            accounts,
            asked: empty,
            expected: json!({}),
        };
        // The account of the key, or one whose regular key it is.
        let account = match draft.random.coin() {
            true => key.address.clone(),
            false => draft.random.one_of(owners).clone(),
        };
        draft.fill("Account", json!(account));
        draft.xrp("Fee").number("Sequence");
        draft.maybe(|draft| draft.number("LastLedgerSequence"));
        draft.maybe(|draft| draft.number("SourceTag"));
        draft.maybe(|draft| {
            let count = draft.random.within(1..=3);
            let memos: Vec<Value> = (0..count)
                .map(|_| {
                    let length = 1 + draft.random.index(300);
                    let data = draft.random.hex(length).to_uppercase();
                    json!({"Memo": {"MemoData": data, "MemoType": "746578742F706C61696E"}})
                })
                .collect();
            draft.fill("Memos", json!(memos))
        });
        draft
    }

    fn done(self) -> (Value, Value) {
        (self.asked, self.expected)
    }

    fn kind(&mut self, name: &str) -> &mut Self {
        self.fill("TransactionType", json!(name))
    }

    /// A field that is found as it is asked for.
    fn fill(&mut self, name: &str, value: Value) -> &mut Self {
        self.asked[name] = value.clone();
        self.expected[name] = value;
        self
    }

    fn maybe(&mut self, fill: impl FnOnce(&mut Self) -> &mut Self) {
        if self.random.coin() {
            fill(self);
        }
    }

    fn number(&mut self, name: &str) -> &mut Self {
        let number = self.random.within(1..=u64::from(u32::MAX));
        self.fill(name, json!(number))
    }

    fn account(&mut self, name: &str) -> &mut Self {
        let account = self.random.one_of(self.accounts);
        self.fill(name, json!(account))
    }

    fn hash(&mut self, name: &str) -> &mut Self {
        let hash = self.random.hex(32).to_uppercase();
        self.fill(name, json!(hash))
    }

    /// At least one byte and at most this many, asked for in digits of either case.
    fn blob(&mut self, name: &str, most: usize) -> &mut Self {
        let length = 1 + self.random.index(most);
        let digits = self.random.hex(length);
        self.fill(name, json!(digits.to_uppercase()));
        if self.random.coin() {
            self.asked[name] = json!(digits);
        }
        self
    }

    fn xrp(&mut self, name: &str) -> &mut Self {
        let drops = 1 + self.random.magnitude(56);
        self.fill(name, json!(drops.to_string()))
    }

    /// Digits with a point anywhere, asked for in one of the notations there are.
    fn issued(&mut self, name: &str) -> &mut Self {
        let digits = loop {
            let digits = self.random.magnitude(53).to_string();
            if digits.len() <= 16 && !digits.ends_with('0') {
                break digits;
            }
        };
        let places = self.random.index(60);
        let plain = match self.random.coin() {
            true => format!("{digits}{}", "0".repeat(places)),
            false => {
                let padded = format!("{digits:0>width$}", width = places + 1);
                let (whole, fraction) = padded.split_at(padded.len() - places);
                match fraction {
                    "" => whole.to_owned(),
                    fraction => format!("{whole}.{fraction}"),
                }
            }
        };
        let notation = match self.random.within(0..=3) {
            0 if plain.contains('.') => format!("{plain}000"),
            0 => format!("{plain}.0"),
            1 if plain.contains('.') => format!("{digits}e-{places}"),
            _ => plain.clone(),
        };
        let currency = match self.random.coin() {
            true => (*self.random.one_of(&["USD", "eur", "X$1"])).to_owned(),
            false => format!("5A{}", self.random.hex(19).to_uppercase()),
        };
        let issuer = self.random.one_of(self.accounts).clone();
        let amount = |value: &str| json!({"currency": currency, "issuer": issuer, "value": value});
        self.asked[name] = amount(&notation);
        self.expected[name] = amount(&plain);
        self
    }
}
