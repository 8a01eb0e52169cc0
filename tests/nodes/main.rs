//! Real nodes take what the built program signs, and do what was asked for.
//!
//! For each chain with a node in a package registry: a wallet that the program has made, coins on
//! a private network, a transaction pending in the cloud, the daemon, and a look at the node's own
//! state afterwards. That the nodes check at all is shown each time by what they refuse. `README.md`
//! has the nodes, [`chains`] what is without one.

mod chains;
mod desk;

mod algorand;
mod bitcoin;
mod bitcoin_cash;
mod cardano;
mod evm;
mod litecoin;
mod utxo;
