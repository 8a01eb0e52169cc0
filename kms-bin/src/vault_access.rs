//! From options and settings to an open vault.

use std::{env, future::Future, path::PathBuf, sync::Arc};

use kms_core::{
    chain::{ChainPlugin, Network, Registry},
    keys::SecretText,
    password::{
        EnvironmentPassword, PasswordCommand, PasswordError, PasswordFile, PasswordPrompt,
        PasswordSource, Purpose, SecretInput, SecretService, Variables,
    },
    vault::{
        Changes, Entry, FileFormat, KdfParams, Notice, OpenVault, StoreOptions, Vault, VaultError,
        VaultStore,
    },
};

use crate::{
    args::{KdfArgs, VaultArgs},
    exit::{Failure, Status},
    output,
    settings::{self, PASSWORD, Settings},
};

const QUESTION: &str = "Enter password to access wallet store (or set env var TATUM_KMS_PASSWORD):";

/// An open vault whose notices reach the user.
#[derive(Debug)]
pub(crate) struct VaultSession {
    vault: OpenVault,
    told: Vec<Notice>,
}

impl VaultSession {
    /// Opens the vault there is. Nobody is asked for a password when there is none.
    pub(crate) fn open(
        args: &VaultArgs,
        kdf: Option<&KdfArgs>,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        Self::open_asking(args, kdf, settings, &SecretInput::detect())
    }

    /// The same, asking for the password where more will be asked for.
    pub(crate) fn open_asking(
        args: &VaultArgs,
        kdf: Option<&KdfArgs>,
        settings: &Settings,
        input: &SecretInput,
    ) -> Result<Self, Failure> {
        let store = store(args, kdf)?;
        let source = password_source(args, settings, input)?;
        match store.inspect()?.format {
            FileFormat::Missing => {
                let path = store.path().to_owned();
                Err(VaultError::Missing { path }.into())
            }
            FileFormat::ZeroBytes => {
                let path = store.path().to_owned();
                let hint = format!(
                    "{} is empty (0 bytes), as tatum-kms 8 leaves it when it is killed while writing: look for a backup of it",
                    path.display()
                );
                Err(Failure::from(VaultError::Missing { path }).hint(hint))
            }
            _ => Self::new(store.open(&fetch(source.as_ref(), Purpose::Open)?)?),
        }
    }

    /// Opens the vault, or makes one when there is none: then whoever is asked for the password
    /// is asked twice.
    pub(crate) fn open_or_create(
        args: &VaultArgs,
        kdf: &KdfArgs,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        Self::open_or_create_asking(args, kdf, settings, &SecretInput::detect())
    }

    /// The same, asking for the password where more will be asked for.
    pub(crate) fn open_or_create_asking(
        args: &VaultArgs,
        kdf: &KdfArgs,
        settings: &Settings,
        input: &SecretInput,
    ) -> Result<Self, Failure> {
        let store = store(args, Some(kdf))?;
        let source = password_source(args, settings, input)?;
        let purpose = match store.inspect()?.format {
            FileFormat::Missing | FileFormat::ZeroBytes => Purpose::Create,
            _ => Purpose::Open,
        };
        Self::new(store.open_or_create(&fetch(source.as_ref(), purpose)?)?)
    }

    /// What the vault holds.
    pub(crate) fn vault(&self) -> &Arc<Vault> {
        self.vault.vault()
    }

    /// The entry under `id`.
    pub(crate) fn entry(&self, id: &str) -> Result<Entry, Failure> {
        let entry = self.vault().entry(id);
        Ok(entry.ok_or_else(|| Failure::unknown_wallet(id))??)
    }

    /// Changes the vault, durably.
    pub(crate) fn update<T>(
        &mut self,
        change: impl FnOnce(&mut Changes<'_>) -> Result<T, VaultError>,
    ) -> Result<T, Failure> {
        let result = self.vault.update(change);
        self.tell();
        Ok(result?)
    }

    /// The vault itself, for what changes it as a whole.
    pub(crate) fn with<T>(
        &mut self,
        work: impl FnOnce(&mut OpenVault) -> Result<T, VaultError>,
    ) -> Result<T, Failure> {
        let result = work(&mut self.vault);
        self.tell();
        Ok(result?)
    }

    /// The vault as a whole, for what only reads it.
    pub(crate) fn open_vault(&self) -> &OpenVault {
        &self.vault
    }

    /// Hands the vault over.
    pub(crate) fn into_vault(self) -> OpenVault {
        self.vault
    }

    fn new(vault: OpenVault) -> Result<Self, Failure> {
        let told = Vec::new();
        let mut session = Self { vault, told };
        session.tell();
        Ok(session)
    }

    fn tell(&mut self) {
        // A write takes some notices back and adds others, so their number says nothing.
        let notices = self.vault.notices();
        for notice in notices.iter().filter(|notice| !self.told.contains(notice)) {
            output::warning(notice);
        }
        self.told = notices.to_vec();
    }
}

/// The vault's file: that of `--path`, or the original's place.
pub(crate) fn vault_path(args: &VaultArgs) -> Result<PathBuf, Failure> {
    match &args.path {
        Some(path) if path.as_os_str().is_empty() => Err(Failure::usage("--path is empty")),
        Some(path) => Ok(path.clone()),
        None => Ok(settings::home()?.join(".tatumrc").join("wallet.dat")),
    }
}

/// The vault's file and how it is treated.
pub(crate) fn store(args: &VaultArgs, kdf: Option<&KdfArgs>) -> Result<VaultStore, Failure> {
    let kdf = match kdf {
        Some(args) => KdfParams::new(
            args.kdf_memory.saturating_mul(1 << 10),
            args.kdf_iterations,
            1,
        )?,
        None => KdfParams::default(),
    };
    let options = StoreOptions {
        allow_wide_permissions: args.allow_wide_permissions,
        kdf,
    };
    Ok(VaultStore::new(vault_path(args)?, options))
}

/// The first of the password's sources that is set up.
pub(crate) fn password_source(
    args: &VaultArgs,
    settings: &Settings,
    input: &SecretInput,
) -> Result<Box<dyn PasswordSource>, Failure> {
    let services = [
        (args.aws, "--aws", SecretService::Aws),
        (args.azure, "--azure", SecretService::Azure),
        (args.gcp, "--gcp", SecretService::Gcp),
        (args.vault, "--vault", SecretService::Vault),
        (args.vgs, "--vgs", SecretService::Vgs),
    ];
    let wanted: Vec<&str> = [
        (args.password_file.is_some(), "--password-file"),
        (args.password_fd.is_some(), "--password-fd"),
        (args.password_command.is_some(), "--password-command"),
    ]
    .into_iter()
    .chain(services.map(|(wanted, flag, _)| (wanted, flag)))
    .filter_map(|(wanted, flag)| wanted.then_some(flag))
    .collect();
    if wanted.len() > 1 {
        return Err(
            Failure::usage(format!("{} exclude each other", wanted.join(" and ")))
                .hint("the password comes from one place"),
        );
    }
    if let Some((_, _, service)) = services.into_iter().find(|(wanted, ..)| *wanted) {
        return Ok(service.source(settings)?);
    }
    if let Some(path) = &args.password_file {
        return Ok(Box::new(PasswordFile::at(path)));
    }
    if let Some(number) = args.password_fd {
        return Ok(Box::new(PasswordFile::descriptor(number)));
    }
    if let Some(line) = &args.password_command {
        let variables: &dyn Variables = settings;
        let limit = variables.time_limit().map_err(PasswordError::from)?;
        let command = PasswordCommand::parse(line, limit).map_err(PasswordError::from)?;
        return Ok(Box::new(command));
    }
    if let Some(value) = settings.secret(PASSWORD)? {
        return Ok(Box::new(EnvironmentPassword::new(PASSWORD, value)));
    }
    if let Some(folder) = env::var_os("CREDENTIALS_DIRECTORY")
        && let Some(file) = PasswordFile::systemd_credential(folder.as_ref())
    {
        return Ok(Box::new(file));
    }
    Ok(Box::new(PasswordPrompt::new(input.clone(), QUESTION)))
}

/// Gets the password from `source`.
pub(crate) fn fetch(source: &dyn PasswordSource, purpose: Purpose) -> Result<SecretText, Failure> {
    tracing::debug!("the password comes from {}", source.name());
    Ok(block_on(source.fetch(purpose))??)
}

/// Runs a future to its end on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of(Status::Failed, &error))?;
    Ok(runtime.block_on(future))
}

/// The plugin of a chain code on the command line.
pub(crate) fn plugin(code: &str) -> Result<&'static dyn ChainPlugin, Failure> {
    Ok(Registry::linked()?.require(code)?)
}

/// The plugin of a stored wallet.
pub(crate) fn plugin_of(entry: &Entry) -> Result<&'static dyn ChainPlugin, Failure> {
    Registry::linked()?.get(&entry.chain).ok_or_else(|| {
        Failure::new(
            Status::Failed,
            format!(
                "this program has no plugin for the chain {:?} of the wallet",
                entry.chain
            ),
        )
        .hint("`tatum-kms chains` lists the chains it has; `getmanagedwallet` shows what is stored")
    })
}

/// The network that `--testnet` chooses.
pub(crate) fn network(testnet: bool) -> Network {
    Network::from_testnet_flag(testnet)
}
