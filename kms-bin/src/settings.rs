//! Settings from the environment, credentials and env files.

use std::{
    collections::HashMap,
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use kms_core::{
    keys::SecretText,
    password::{RemoteError, Variables},
};
use zeroize::Zeroizing;

use crate::{
    env_file,
    exit::{Failure, Status},
    output,
};

/// The cloud's API key.
pub(crate) const API_KEY: &str = "TATUM_API_KEY";
/// The password of the vault.
pub(crate) const PASSWORD: &str = "TATUM_KMS_PASSWORD";

/// What is set where. Strongest first: `--api-key` (for that one variable), the environment, a
/// file of that name in `$CREDENTIALS_DIRECTORY` (systemd credentials, secrets of a container),
/// `.env` in the working folder, the file of `--env-file` or else `~/.tatumrc/.env`.
///
/// A value that is set hides those of weaker places, even if it is empty; an empty one counts as
/// none. Nothing is put into the environment of this process, where child processes and core
/// files would have it.
#[derive(Debug)]
pub(crate) struct Settings {
    api_key: Option<Arc<SecretText>>,
    credentials: Option<PathBuf>,
    files: Vec<HashMap<String, SecretText>>,
    env_file: PathBuf,
}

impl Settings {
    /// Reads the env files. One that is not there is not missed, as with the original.
    pub(crate) fn load(env_file: Option<&Path>) -> Result<Self, Failure> {
        let env_file = match env_file {
            Some(path) => {
                if !path.exists() {
                    output::warning(format_args!("there is no env file {}", path.display()));
                }
                path.to_owned()
            }
            None => home()?.join(".tatumrc").join(".env"),
        };
        let files = [Path::new(".env"), &env_file].map(read);
        Ok(Self {
            api_key: None,
            credentials: env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            files: files.into(),
            env_file,
        })
    }

    /// The API key of the command line, which beats all others.
    pub(crate) fn with_api_key(mut self, api_key: Option<&Arc<SecretText>>) -> Self {
        if api_key.is_some() {
            output::warning(
                "--api-key shows the key to every user of this machine; set TATUM_API_KEY instead",
            );
        }
        self.api_key = api_key.cloned();
        self
    }

    /// The value of `name`.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<SecretText>, Failure> {
        if name == API_KEY
            && let Some(key) = &self.api_key
        {
            return Ok(Some(key.duplicate()));
        }
        let value = match env::var(name) {
            Ok(value) => Some(SecretText::new(value)),
            Err(env::VarError::NotPresent) => match self.credential(name)? {
                Some(value) => Some(value),
                None => {
                    let value = self.files.iter().find_map(|file| file.get(name));
                    value.map(SecretText::duplicate)
                }
            },
            Err(env::VarError::NotUnicode(_)) => {
                return Err(Failure::usage(format!(
                    "the environment variable {name} is not UTF-8"
                )));
            }
        };
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The content of the credential `name`, without a line break at its end.
    fn credential(&self, name: &str) -> Result<Option<SecretText>, Failure> {
        let Some(path) = self.credentials.as_ref().map(|folder| folder.join(name)) else {
            return Ok(None);
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let path = path.display();
                return Err(Failure::new(
                    Status::Failed,
                    format!("cannot read the credential {path}: {error}"),
                ));
            }
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            Failure::usage(format!("the credential {} is not UTF-8", path.display()))
        })?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        Ok(Some(SecretText::new(
            text.strip_suffix('\r').unwrap_or(text),
        )))
    }

    /// The value of `name`, which is no secret.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let value = self.secret(name)?;
        Ok(value.map(|value| value.expose().to_owned()))
    }

    /// The env file beside `.env`: the one of `--env-file`, or the usual one.
    pub(crate) fn env_file(&self) -> &Path {
        &self.env_file
    }
}

impl Variables for Settings {
    fn secret(&self, name: &'static str) -> Result<Option<SecretText>, RemoteError> {
        self.secret(name).map_err(|failure| RemoteError::Invalid {
            setting: name.to_owned(),
            reason: format!("cannot be read: {}", failure.message),
            hint: "set it as plain text, or not at all",
        })
    }
}

/// The folder of this user.
pub(crate) fn home() -> Result<PathBuf, Failure> {
    env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
        .ok_or_else(|| {
            Failure::usage("the environment variable HOME is not set")
                .hint("name the files with --path and --env-file")
        })
}

fn read(path: &Path) -> HashMap<String, SecretText> {
    let text = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) => {
            if error.kind() != std::io::ErrorKind::NotFound {
                output::warning(format_args!(
                    "the env file {} is left out: {error}",
                    path.display()
                ));
            }
            return HashMap::new();
        }
    };
    match std::str::from_utf8(&text) {
        Ok(text) => env_file::parse(text).into_iter().collect(),
        Err(_) => {
            output::warning(format_args!(
                "the env file {} is left out: it is not UTF-8",
                path.display()
            ));
            HashMap::new()
        }
    }
}
