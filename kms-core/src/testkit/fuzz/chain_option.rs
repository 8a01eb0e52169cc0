//! What the owner sets for single chains.

use async_trait::async_trait;
use serde_json::Value;

use super::{Property, Target, target::NETWORK};
use crate::{
    chain::{
        ChainOptions, ChainPlugin, Network, NodeApi, NodeError, NodeRequest, PendingTransaction,
        Registry,
    },
    testkit::rehearsal_node::RehearsalNode,
};

/// Options of these chains: the first byte chooses the chain, the rest is `name=value`.
#[derive(Debug)]
pub struct ChainOptionTexts {
    registry: Registry,
    chains: Vec<Chain>,
}

/// A chain that has options, and what the sandbox has it sign.
#[derive(Debug)]
struct Chain {
    target: Target,
    transactions: Vec<PendingTransaction>,
}

impl ChainOptionTexts {
    /// Those of these plugins, as far as they have any.
    ///
    /// # Panics
    /// When no plugin is linked.
    pub fn of(plugins: &[&'static dyn ChainPlugin]) -> Self {
        let with_options = plugins.iter().filter(|plugin| !plugin.options().is_empty());
        let chains = with_options.map(|plugin| {
            let target = Target::new(*plugin);
            let seeds = target.seeds();
            let transactions = seeds.iter().map(|seed| target.pending(seed.as_bytes()));
            Chain {
                transactions: transactions.filter_map(Result::ok).collect(),
                target,
            }
        });
        Self {
            registry: Registry::linked().expect("a linked plugin"),
            chains: chains.collect(),
        }
    }
}

impl Property for ChainOptionTexts {
    /// The defaults, and amounts.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (number, chain) in (0_u8..).zip(&self.chains) {
            for option in chain.target.plugin.options() {
                for value in [option.default, "0.00000001", "21000000", " 1 "] {
                    let text = format!("{}={value}", option.name);
                    seeds.push([&[number], text.as_bytes()].concat());
                }
            }
        }
        seeds
    }

    /// What is accepted is of use: a transaction is prepared, or refused in words. What is not, is
    /// told on one line.
    fn holds_for(&self, bytes: &[u8]) {
        let Some((number, text)) = bytes.split_first() else {
            return;
        };
        let number = usize::from(*number) % self.chains.len().max(1);
        let (Some(chain), Ok(text)) = (self.chains.get(number), std::str::from_utf8(text)) else {
            return;
        };
        let plugin = chain.target.plugin;
        let code = plugin.info().code;
        let mut options = ChainOptions::default();
        if let Err(error) = options.set(&self.registry, &format!("{code}.{text}")) {
            let said = error.to_string();
            assert!(!said.contains(char::is_control), "a line of its own");
            return;
        }
        for pending in &chain.transactions {
            let node = Configured {
                node: RehearsalNode::new(plugin, NETWORK),
                code,
                options: &options,
            };
            let _ = chain.target.prepare(pending, &node);
        }
    }
}

/// The sandbox's node, for who has set something.
struct Configured<'a> {
    node: RehearsalNode,
    code: &'static str,
    options: &'a ChainOptions,
}

#[async_trait]
impl NodeApi for Configured<'_> {
    fn network(&self) -> Network {
        NETWORK
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.get(self.code, name)
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        self.node.call(request).await
    }
}
