//! `tatum-kms sandbox`: the product's whole job on one machine, offline.
//!
//! An embedded Tatum Cloud and a 4-eye server on the loopback interface, a throw-away vault with
//! wallets for every chain, pending transactions, and the real daemon, which polls, asks, signs
//! and sends over real HTTP. The cloud takes apart every transaction it is sent, checks its
//! signatures and that they are those of the wallet the transaction named.
//!
//! # What the cloud answers
//!
//! Calls to `/v3/…` need the API key, in the header `x-api-key` or, for node calls, in the path.
//!
//! | Call | Answer |
//! |---|---|
//! | `POST /v3/kms/pending/{CHAIN}` `{"signatureIds": […]}` | the pending transactions that name one of these wallets |
//! | `GET /v3/kms/pending/{CHAIN}?signatureIds=a,b` | the same, as older clients ask |
//! | `GET /v3/kms/{id}` | one pending transaction |
//! | `PUT /v3/kms/{id}/{txId}` | 204, it is complete |
//! | `DELETE /v3/kms/{id}` | 204, it is gone |
//! | `POST` to the chain's broadcast path `{"txData", "signatureId"}` | `{"txId"}`, the transaction's real id, if it stands up to verification |
//! | `POST /v3/offchain/withdrawal/broadcast` | the same with `"completed": true` |
//! | `POST /v3/tatum/kms/batch` `{"errors": [{"signatureId", "error"}]}` | 204, those transactions are closed |
//! | anything else | what the chain's plugin says that its node would |
//! | anything under `/outside/{CHAIN}/` | the same for nodes outside the cloud: `TATUM_KMS_NODE_URL_{CHAIN}` points here |
//! | `GET`, `POST /4eye/{id}` | 200 for a transaction that was asked for and, where shown, is unaltered; else 403 or 404 |
//!
//! Errors are those of the cloud: `{"statusCode", "errorCode", "message"}`. Broadcasting the same
//! bytes again gives the same answer again.
//!
//! With `--serve` there are four more calls, without API key:
//!
//! | Call | Effect |
//! |---|---|
//! | `POST /sandbox/pending/{CHAIN}` | queues the pending transaction in the body (`id` and `chain` may be left out); 201 `{"id", "chain"}` |
//! | `POST /sandbox/wallets/{CHAIN}` `{"signatureId", "mnemonic", "addresses"}` | makes transactions up for a wallet of yours and queues them; from then on only these addresses may sign for it; 201 `{"transactions": [{"id", "title"}]}` |
//! | `POST /sandbox/approvals/{id}` `{"approve": false}` | what the 4-eye server says to this transaction from now on; 204 |
//! | `GET /sandbox/state` | `{"pending", "done", "errors", "rejected"}` |
//!
//! Without `/sandbox/wallets` the sandbox does not know whose addresses are whose: it checks the
//! signatures and says who signed.

mod api_error;
mod approval;
mod cloud;
mod error;
mod judge;
mod one_line;
mod random;
mod report;
mod run;
mod scenario;
mod serve;
mod server;
mod signal;
mod state;
mod story;
mod table;
#[cfg(test)]
mod tests;
mod watcher;

pub(crate) use self::{
    error::SandboxError,
    report::Report,
    run::{RunOptions, run},
    serve::{ServeOptions, serve},
};
