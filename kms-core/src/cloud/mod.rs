//! Tatum Cloud: what is pending, what nodes say, the way of a signed transaction out, and what
//! failed.
//!
//! One [`Cloud`] serves the whole process, with one pool of connections. Every call has a time
//! limit, a size limit and a bounded number of attempts:
//!
//! | Call | Attempted again |
//! |---|---|
//! | [`Cloud::pending`] | never; the next poll is the next attempt |
//! | [`Cloud::broadcast`], always the same bytes | after 429 and broken connections; once after a timeout |
//! | [`Cloud::report`], node calls by POST | after 429, and when the host was not reached |
//! | node calls by GET | after 408, 425, 429, 5xx and broken connections; once after a timeout |
//!
//! The API key leaves by the header `x-api-key` or in a path, to the cloud only. It is in no
//! error, no `Debug` and no log line: URLs are never printed, and what a server repeats of them is
//! cleared of it.

mod broadcast;
mod client;
mod config;
mod error;
#[cfg(feature = "testkit")]
pub(crate) mod hostile;
pub(crate) mod http;
mod node;
mod pending;
mod report;
mod retry;
#[cfg(test)]
pub(crate) mod test_server;
#[cfg(test)]
mod tests;
mod version;

pub(crate) use self::error::is_busy;
pub use self::{
    broadcast::{BroadcastBody, BroadcastReceipt},
    client::Cloud,
    config::{CloudConfig, CloudConfigError, parse_url},
    error::CloudError,
    http::TransportError,
    node::CloudNode,
    pending::{PendingAnswer, SignatureIds},
    report::Failure,
    version::VersionNotice,
};
#[cfg(feature = "remote-password")]
pub(crate) use self::{
    client::Answer,
    retry::{Repeatable, RetryPolicy},
};
