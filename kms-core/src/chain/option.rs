//! What the owner can set for one chain.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{Registry, RegistryError};

/// A setting of a chain, given as `--chain-option CODE.name=value` and read by the plugin with
/// [`NodeApi::option`](super::NodeApi::option).
#[derive(Clone, Copy, Debug)]
pub struct ChainOption {
    /// The name, in kebab case.
    pub name: &'static str,
    /// What it does and which values it takes, in one sentence for the help.
    pub help: &'static str,
    /// What holds when it is not set, as it would be written.
    pub default: &'static str,
    /// Whether a value can be used.
    pub accepts: fn(&str) -> bool,
}

/// What the owner has set, by chain and name. Every value is one that its plugin accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainOptions(BTreeMap<&'static str, BTreeMap<&'static str, String>>);

impl ChainOptions {
    /// Sets `text`, which reads `CODE.name=value`, in place of an earlier value.
    ///
    /// # Errors
    /// [`ChainOptionError`] when no chain of `registry` has such an option.
    pub fn set(&mut self, registry: &Registry, text: &str) -> Result<(), ChainOptionError> {
        let (code, rest) = text.split_once('.').ok_or_else(|| form(text))?;
        let (name, value) = rest.split_once('=').ok_or_else(|| form(text))?;
        let (name, value) = (name.trim(), value.trim());
        let plugin = registry.require(code.trim())?;
        let code = plugin.info().code;
        let Some(option) = plugin.options().iter().find(|option| option.name == name) else {
            let names: Vec<_> = plugin.options().iter().map(|option| option.name).collect();
            return Err(ChainOptionError::Unknown {
                code,
                name: name.to_owned(),
                known: names.join(", "),
            });
        };
        if !(option.accepts)(value) {
            return Err(ChainOptionError::Value {
                code,
                name: option.name,
                value: value.to_owned(),
                help: option.help,
            });
        }
        let options = self.0.entry(code).or_default();
        options.insert(option.name, value.to_owned());
        Ok(())
    }

    /// What is set for the chain `code` under `name`.
    pub fn get(&self, code: &str, name: &str) -> Option<&str> {
        self.0.get(code)?.get(name).map(String::as_str)
    }
}

fn form(text: &str) -> ChainOptionError {
    ChainOptionError::Form(text.to_owned())
}

/// Why an option of a chain cannot be set.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainOptionError {
    /// The text is no assignment.
    #[error("{0:?} is no option of a chain: it reads CODE.name=value")]
    Form(String),
    /// There is no such chain.
    #[error(transparent)]
    Chain(#[from] RegistryError),
    /// The chain has no such option.
    #[error("{code} has no option {name:?}; it has: {}", if known.is_empty() { "none" } else { known })]
    Unknown {
        /// Code of the chain.
        code: &'static str,
        /// What was named.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The value cannot be used.
    #[error("{value:?} is no value of {code}.{name}: {help}")]
    Value {
        /// Code of the chain.
        code: &'static str,
        /// The option.
        name: &'static str,
        /// What was given.
        value: String,
        /// What the option does and takes.
        help: &'static str,
    },
}
