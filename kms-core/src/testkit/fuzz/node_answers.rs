//! What nodes answer while a transaction is completed, and after it is signed.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use super::{Property, Target, target::NETWORK};
use crate::{
    chain::{
        Assembled, Attempt, ChainPlugin, Network, NodeApi, NodeError, NodeRequest,
        PendingTransaction, Unsigned,
    },
    testkit::rehearsal_node::RehearsalNode,
};

/// Begins with the steps after the signature.
const SUBMIT: u8 = 0x80;
/// The bytes may have left before.
const REPEAT: u8 = 0x40;
/// More calls than any transaction makes.
const MANY: usize = 1000;

/// What nodes may answer the plugins of one crate.
///
/// The first byte says what is asked for: the transaction (bits 0 to 5), whether it is signed
/// already (bit 7) and may have been sent (bit 6). Then each line is the answer to a call: JSON,
/// or a status and JSON, `404 {}`. To what is asked beyond that there is no answer.
#[derive(Debug)]
pub struct NodeAnswers(Vec<Asked>);

/// A transaction of the sandbox.
#[derive(Debug)]
struct Asked {
    target: Target,
    pending: PendingTransaction,
    unsigned: Unsigned,
    assembled: Assembled,
    /// The answers of the sandbox before and after the signature.
    before: Vec<u8>,
    after: Vec<u8>,
}

impl NodeAnswers {
    /// Those for what the sandbox has these plugins sign.
    pub fn of(plugins: &[&'static dyn ChainPlugin]) -> Self {
        let mut all = Vec::new();
        for plugin in plugins {
            for seed in Target::new(*plugin).seeds() {
                all.extend(Asked::new(*plugin, &seed));
            }
        }
        assert!(
            all.len() <= usize::from(!(SUBMIT | REPEAT)) + 1,
            "no number is left"
        );
        Self(all)
    }

    /// Whether anything is asked at all.
    pub fn asks(&self) -> bool {
        self.0
            .iter()
            .any(|asked| !asked.before.is_empty() || !asked.after.is_empty())
    }
}

impl Property for NodeAnswers {
    /// What the sandbox answers.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (number, asked) in (0_u8..).zip(&self.0) {
            let mut add = |flags: u8, answers: &[u8]| {
                if !answers.is_empty() {
                    seeds.push([&[number | flags], answers].concat());
                }
            };
            add(0, &asked.before);
            add(SUBMIT, &asked.after);
            add(SUBMIT | REPEAT, &asked.after);
        }
        seeds
    }

    fn holds_for(&self, bytes: &[u8]) {
        let Some((flags, lines)) = bytes.split_first() else {
            return;
        };
        let number = usize::from(flags & !(SUBMIT | REPEAT));
        let Some(asked) = self.0.get(number % self.0.len().max(1)) else {
            return;
        };
        let node = Answers::new(lines);
        if flags & SUBMIT == 0 {
            asked.prepare(&node);
        } else {
            let attempt = match flags & REPEAT {
                0 => Attempt::First,
                _ => Attempt::Repeat,
            };
            asked.submit(attempt, &node);
        }
    }
}

impl Asked {
    /// Nothing where the transaction does not come with the key of the target.
    fn new(plugin: &'static dyn ChainPlugin, seed: &str) -> Option<Self> {
        let target = Target::new(plugin);
        let pending = target.pending(seed.as_bytes()).ok()?;
        let node = Overheard::new(plugin);
        let unsigned = target.prepare(&pending, &node).ok()?;
        let before = node.answers();
        let assembled = target.signed(&unsigned).ok()?;
        let mut asked = Self {
            target,
            pending,
            unsigned,
            assembled,
            before,
            after: Vec::new(),
        };
        let node = Overheard::new(plugin);
        asked.submit(Attempt::First, &node);
        asked.after = node.answers();
        Some(asked)
    }

    fn prepare(&self, node: &dyn NodeApi) {
        let Ok(unsigned) = self.target.prepare(&self.pending, node) else {
            return;
        };
        if let Ok(preimages) = self.target.plugin.preimages(&unsigned) {
            self.target.assemble(&unsigned, &preimages);
        }
        let abandoned = self.target.plugin.abandon(&unsigned, node);
        self.target.runtime.block_on(abandoned);
    }

    fn submit(&self, attempt: Attempt, node: &dyn NodeApi) {
        let plugin = self.target.plugin;
        let _ = self.target.runtime.block_on(async {
            let assembled = self.assembled.clone();
            let completed = plugin.cosign(&self.unsigned, assembled, node).await?;
            plugin.submit(&completed, attempt, node).await
        });
    }
}

/// Answers line by line.
struct Answers<'a> {
    /// What is left of the lines, and how many calls there were.
    left: Mutex<(&'a [u8], usize)>,
}

impl<'a> Answers<'a> {
    fn new(lines: &'a [u8]) -> Self {
        Self {
            left: Mutex::new((lines, 0)),
        }
    }

    fn next(&self) -> Option<&'a [u8]> {
        let mut left = self.left.lock().expect("no thread panicked");
        let (lines, calls) = &mut *left;
        *calls = calls.saturating_add(1);
        assert!(*calls < MANY, "asks and asks");
        if lines.is_empty() {
            return None;
        }
        let end = lines.iter().position(|byte| *byte == b'\n');
        let (line, rest) = lines.split_at(end.unwrap_or(lines.len()));
        *lines = rest.get(1..).unwrap_or_default();
        Some(line)
    }
}

#[async_trait]
impl NodeApi for Answers<'_> {
    fn network(&self) -> Network {
        NETWORK
    }

    async fn call(&self, _: NodeRequest) -> Result<Value, NodeError> {
        let Some(line) = self.next() else {
            return Err(NodeError::Timeout(1));
        };
        let garbled = |_| NodeError::Garbled("no JSON".to_owned());
        if let Some((status, body)) = line.split_at_checked(4)
            && let Ok(status) = std::str::from_utf8(status)
            && let Some(status) = status.strip_suffix(' ')
            && let Ok(status @ 300..=599) = status.parse()
        {
            let body = serde_json::from_slice(body).map_err(garbled)?;
            return Err(NodeError::Status { status, body });
        }
        serde_json::from_slice(line).map_err(garbled)
    }
}

/// The sandbox's node, and what it was heard to answer.
struct Overheard {
    node: RehearsalNode,
    answers: Mutex<Vec<u8>>,
}

impl Overheard {
    fn new(plugin: &'static dyn ChainPlugin) -> Self {
        Self {
            node: RehearsalNode::new(plugin, NETWORK),
            answers: Mutex::default(),
        }
    }

    fn answers(self) -> Vec<u8> {
        self.answers.into_inner().expect("no thread panicked")
    }
}

#[async_trait]
impl NodeApi for Overheard {
    fn network(&self) -> Network {
        NETWORK
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        let answer = self.node.call(request).await;
        let line = match &answer {
            Ok(value) => value.to_string(),
            Err(_) => "404 null".to_owned(),
        };
        let mut answers = self.answers.lock().expect("no thread panicked");
        if !answers.is_empty() {
            answers.push(b'\n');
        }
        answers.extend_from_slice(line.as_bytes());
        drop(answers);
        answer
    }
}
