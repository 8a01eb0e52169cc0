//! How the daemon is watched: Prometheus metrics and health checks over HTTP.
//!
//! The daemon tells a [`Recorder`] what happens; it keeps counters and the state of each chain. A
//! [`Server`] answers `GET /metrics`, `/livez` and `/readyz` from that and from a look at vault
//! and journal. Labels come from fixed sets: codes of chains, networks, kinds of outcomes.

mod check;
mod families;
mod health;
mod pages;
mod process;
mod recorder;
mod sampled;
mod server;

pub(crate) use self::{
    pages::{Pages, Watched},
    recorder::Recorder,
    server::Server,
};
