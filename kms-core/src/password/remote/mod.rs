//! Passwords that a secret service keeps.
//!
//! A service is a [`PasswordSource`] that is made from [`Variables`] and asks by one [`Client`]:
//! one set of limits, one way to retry, one set of errors for all of them. Each service is a cargo
//! feature, and a module that shares nothing with another but what is here; the feature
//! `remote-password` is what they share.
//!
//! What is wiped: the password, every credential and token, and the body of each answer. What is
//! not: the few kilobytes that the HTTP and TLS libraries buffer for themselves.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "remote-password")]
#[cfg_attr(
    not(all(feature = "aws", feature = "azure", feature = "vgs")),
    allow(dead_code, reason = "a build with few services needs less of it")
)]
mod client;
#[cfg(any(feature = "aws", feature = "gcp"))]
mod clock;
#[cfg_attr(
    not(all(feature = "aws", feature = "azure", feature = "vgs")),
    allow(dead_code, reason = "a build with few services needs less of it")
)]
mod error;
#[cfg(feature = "gcp")]
mod gcp;
#[cfg(feature = "testkit")]
pub(crate) mod hostile;
#[cfg(feature = "remote-password")]
mod json;
#[cfg(any(
    feature = "aws",
    feature = "azure",
    feature = "gcp",
    feature = "hashicorp"
))]
mod secret_file;
mod variables;
#[cfg(feature = "hashicorp")]
mod vault;
#[cfg(feature = "vgs")]
mod vgs;

pub use self::{error::RemoteError, variables::Variables};

use super::{PasswordError, PasswordSource};

/// A service that keeps secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretService {
    /// AWS Secrets Manager.
    Aws,
    /// Azure Key Vault.
    Azure,
    /// Google Secret Manager.
    Gcp,
    /// HashiCorp Vault or OpenBao, key-value store of version 2.
    Vault,
    /// Very Good Security.
    Vgs,
}

impl SecretService {
    /// All of them, also those that are not part of this build. In the original's order.
    pub const ALL: [Self; 5] = [Self::Aws, Self::Azure, Self::Vgs, Self::Gcp, Self::Vault];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS Secrets Manager",
            Self::Azure => "Azure Key Vault",
            Self::Gcp => "Google Secret Manager",
            Self::Vault => "Vault",
            Self::Vgs => "VGS",
        }
    }

    /// The password in it, where the variables say. Nothing is sent yet.
    ///
    /// # Errors
    /// [`RemoteError::NotInBuild`], [`RemoteError::Missing`] and [`RemoteError::Invalid`].
    pub fn source(
        self,
        variables: &dyn Variables,
    ) -> Result<Box<dyn PasswordSource>, PasswordError> {
        // Unused in a build that has none of them.
        let _ = variables;
        match self {
            #[cfg(feature = "aws")]
            Self::Aws => Ok(Box::new(aws::AwsPassword::new(variables)?)),
            #[cfg(feature = "azure")]
            Self::Azure => Ok(Box::new(azure::AzureKeyVault::new(variables)?)),
            #[cfg(feature = "gcp")]
            Self::Gcp => Ok(Box::new(gcp::GcpPassword::new(variables)?)),
            #[cfg(feature = "hashicorp")]
            Self::Vault => Ok(Box::new(vault::VaultServer::new(variables)?)),
            #[cfg(feature = "vgs")]
            Self::Vgs => Ok(Box::new(vgs::VgsAlias::new(variables)?)),
            #[allow(unreachable_patterns, reason = "depends on the features")]
            _ => Err(RemoteError::NotInBuild {
                service: self.name(),
            }
            .into()),
        }
    }
}
