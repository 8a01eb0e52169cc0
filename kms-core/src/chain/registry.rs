//! The plugins that are linked into this program.

use std::collections::BTreeMap;

use thiserror::Error;

use super::ChainPlugin;

/// A plugin's entry in the list that the linker collects.
///
/// ```ignore
/// inventory::submit! { ChainRegistration::new(&Ethereum) }
/// ```
pub struct ChainRegistration(&'static dyn ChainPlugin);

impl ChainRegistration {
    /// Registers `plugin`.
    pub const fn new(plugin: &'static dyn ChainPlugin) -> Self {
        Self(plugin)
    }
}

impl std::fmt::Debug for ChainRegistration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

inventory::collect!(ChainRegistration);

/// Blockchains by their code, in alphabetical order.
#[derive(Clone, Debug)]
pub struct Registry(BTreeMap<&'static str, &'static dyn ChainPlugin>);

impl Registry {
    /// Every plugin linked into this program.
    ///
    /// # Errors
    /// [`RegistryError::Empty`] when none is (a plugin crate that no code names is not linked at
    /// all), [`RegistryError::Twice`] when two claim one chain.
    pub fn linked() -> Result<Self, RegistryError> {
        let plugins = inventory::iter::<ChainRegistration>();
        Self::of(plugins.into_iter().map(|registration| registration.0))
    }

    /// Just these plugins.
    ///
    /// # Errors
    /// As [`Registry::linked`].
    pub fn of(
        plugins: impl IntoIterator<Item = &'static dyn ChainPlugin>,
    ) -> Result<Self, RegistryError> {
        let mut registry = BTreeMap::new();
        for plugin in plugins {
            let code = plugin.info().code;
            if registry.insert(code, plugin).is_some() {
                return Err(RegistryError::Twice(code));
            }
        }
        if registry.is_empty() {
            return Err(RegistryError::Empty);
        }
        Ok(Self(registry))
    }

    /// Only the chains of a comma-separated list. Blanks around a code do not matter.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] for a code that no plugin has, empty ones included.
    pub fn select(&self, codes: &str) -> Result<Self, RegistryError> {
        let mut selected = BTreeMap::new();
        for code in codes.split(',').map(str::trim) {
            let plugin = self.require(code)?;
            selected.insert(plugin.info().code, plugin);
        }
        Ok(Self(selected))
    }

    /// The plugin for `code`, which is compared exactly.
    pub fn get(&self, code: &str) -> Option<&'static dyn ChainPlugin> {
        self.0.get(code).copied()
    }

    /// The plugin for `code`.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], which lists the codes there are.
    pub fn require(&self, code: &str) -> Result<&'static dyn ChainPlugin, RegistryError> {
        self.get(code).ok_or_else(|| RegistryError::Unknown {
            code: code.to_owned(),
            known: self.codes().collect::<Vec<_>>().join(" "),
        })
    }

    /// The plugins in alphabetical order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn ChainPlugin> + '_ {
        self.0.values().copied()
    }

    /// The codes in alphabetical order.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }
}

/// Why the registry, or a selection of it, is not usable.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RegistryError {
    /// No plugin is linked.
    #[error("this program was built without any blockchain plugin")]
    Empty,
    /// Two plugins claim one chain.
    #[error("two plugins claim the chain {0}")]
    Twice(&'static str),
    /// No plugin has this code.
    #[error("unsupported blockchain {code:?}; this program knows {known}")]
    Unknown {
        /// What was asked for.
        code: String,
        /// What there is.
        known: String,
    },
}
