//! What must hold for anything that answers in the cloud's place.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a property that does not hold fails by a panic"
)]

use serde_json::value::RawValue;

use super::{broadcast, error::CloudError, node, pending, version::VersionNotice};
use crate::{
    chain::{PendingTransaction, TransactionError},
    daemon::Listing,
    journal::PayloadDigest,
    testkit::fuzz::Property,
};

/// Lists of pending transactions.
#[derive(Debug)]
pub struct PendingLists;

impl Property for PendingLists {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let lists = [
            r#"[{"id":"6411d1b1a1ed3d1b1a1ed3d1","chain":"ETH","serializedTransaction":"{\"to\":\"0x35\"}","hashes":["38f1a6ff-0c86-4ef4-8d9b-6f5bd0b0cf83"],"index":0}]"#,
            r#" [ {"hashes":[],"id":"1","chain":"BTC","serializedTransaction":"","signatures":[{"id":"a","index":2147483647},{"id":"b"}],"withdrawalId":"","withdrawalResponses":[{"vIn":"-1","address":{"address":"x","derivationKey":7}},{"vIn":"a","address":null}]} , null, {"id":"2"}, [[]], 1e999, "\ud800" ]"#,
            "[]",
            "",
        ];
        lists.map(|list| list.as_bytes().to_vec()).to_vec()
    }

    /// Each element is read once and stays as it came; another payload has another digest.
    fn holds_for(&self, bytes: &[u8]) {
        let Ok(elements) = pending::list(bytes) else {
            return;
        };
        let mut listing = Listing::default();
        for element in &elements {
            let listed = listing.read(element);
            let Ok(transaction) = PendingTransaction::from_raw(element) else {
                continue;
            };
            assert_eq!(listed, Ok(()), "readable, and not listed");
            assert!(listing.names(&transaction.id), "listed under another id");
            assert_eq!(
                transaction.raw().get(),
                element.get(),
                "shown as something else"
            );
            let digest = PayloadDigest::of(&transaction);
            let again = RawValue::from_string(element.get().to_owned()).expect("it was JSON");
            let again = PendingTransaction::from_raw(&again).expect("it was readable");
            assert_eq!(
                digest,
                PayloadDigest::of(&again),
                "another digest of the same"
            );
            let mut other = transaction;
            other.serialized_transaction.push(' ');
            assert_ne!(
                digest,
                PayloadDigest::of(&other),
                "the same digest of another"
            );
        }
        assert!(listing.len() <= elements.len(), "more than the cloud sent");
    }
}

/// Answers to everything else: two bytes of status, and a body; and the notice of a new version.
#[derive(Debug)]
pub struct CloudAnswers;

impl Property for CloudAnswers {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let answers: [(u16, &str); 8] = [
            (200, r#"{"txId":"0x1234"}"#),
            (
                200,
                r#"{"txId":"0x1234","failed":true,"error":{"code":1},"statusCode":403}"#,
            ),
            (200, "9.1.0;WARN;Please update"),
            (200, "v10.0.0-rc.1+build;info;m;dropped"),
            (
                403,
                r#"{"statusCode":403,"errorCode":"eth.broadcast.failed","message":"no\nway"}"#,
            ),
            (500, "<html>\n<body>"),
            (302, ""),
            (429, "\"slow down\""),
        ];
        answers
            .into_iter()
            .map(|(status, body)| [&status.to_be_bytes(), body.as_bytes()].concat())
            .collect()
    }

    /// What is said of an answer is short and has no line break in it that the answer had.
    fn holds_for(&self, bytes: &[u8]) {
        let Some((status, body)) = bytes.split_first_chunk() else {
            return;
        };
        let status = u16::from_be_bytes(*status);
        let text = String::from_utf8_lossy(body);
        let error = CloudError::from_answer(status, &text, None);
        let said = error.to_string();
        assert!(said.chars().count() < 300, "a long error");
        assert!(
            !said.contains(char::is_control),
            "a line of its own in the log"
        );
        let _ = (error.is_transient(), error.hint(), error.retry_after());

        let error = node::from_status(status, &text);
        let _ = (error.is_transient(), error.to_string());
        let _ = TransactionError::Node(error).report_text();

        if let Ok(receipt) =
            broadcast::receipt(serde_json::from_slice(body).ok(), || text.to_string())
            && let Some(id) = receipt.tx_id
        {
            assert!(id.bytes().all(|byte| byte.is_ascii_graphic()), "no id");
        }
        if let Some(notice) = VersionNotice::parse(&text, "9.0.0") {
            assert!(
                !notice.to_string().contains(char::is_control),
                "a line of its own"
            );
        }
    }
}
