//! The files that AWS's own tools share: `~/.aws/config` and `~/.aws/credentials`.

use std::{collections::HashMap, fs, io, path::PathBuf};

use zeroize::Zeroizing;

use super::super::{RemoteError, Variables};
use crate::keys::SecretText;

/// One profile, from both files. Those of the credentials file win.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) name: String,
    values: HashMap<String, SecretText>,
}

impl Profile {
    /// The profile of `AWS_PROFILE`, or `default`, from the files of `AWS_CONFIG_FILE` and
    /// `AWS_SHARED_CREDENTIALS_FILE` or their usual places.
    ///
    /// # Errors
    /// [`RemoteError::Invalid`] when a profile was chosen and is not there, or a file cannot be
    /// read.
    pub(super) fn load(variables: &dyn Variables) -> Result<Self, RemoteError> {
        let chosen = variables.text("AWS_PROFILE")?;
        let name = chosen.clone().unwrap_or_else(|| "default".to_owned());
        let mut values = HashMap::new();
        let mut found = false;
        for (variable, file, prefix) in [
            ("AWS_CONFIG_FILE", "config", "profile "),
            ("AWS_SHARED_CREDENTIALS_FILE", "credentials", ""),
        ] {
            let path = match variables.text(variable)? {
                Some(path) => PathBuf::from(path),
                None => match variables.text("HOME")? {
                    Some(home) => PathBuf::from(home).join(".aws").join(file),
                    None => continue,
                },
            };
            let text = match fs::read(&path) {
                Ok(bytes) => Zeroizing::new(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(RemoteError::Invalid {
                        setting: path.display().to_string(),
                        reason: format!("cannot be read: {}", error.kind()),
                        hint: "let this user read it, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
                    });
                }
            };
            let text = String::from_utf8_lossy(&text);
            let text = Zeroizing::new(text.into_owned());
            let section = format!("{prefix}{name}");
            found |= read_section(&text, &section, &mut values);
            if name == "default" {
                found |= read_section(&text, &name, &mut values);
            }
        }
        match (found, chosen) {
            (false, Some(name)) => Err(RemoteError::Invalid {
                setting: "AWS_PROFILE".to_owned(),
                reason: format!("names the profile {name:?}, which is in neither file of AWS"),
                hint: "`aws configure list-profiles` shows which there are; AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say where",
            }),
            _ => Ok(Self { name, values }),
        }
    }

    /// The value of `key`.
    pub(super) fn value(&self, key: &str) -> Option<&SecretText> {
        self.values.get(key)
    }

    /// The value of `key`, which is no secret.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.value(key).map(|value| value.expose().to_owned())
    }

    /// Its region.
    pub(super) fn region(&self) -> Option<String> {
        self.text("region")
    }
}

/// Adds the values in `[section]` of `text`; whether there is one. Indented lines belong to the
/// value before them, which then is a table of no interest here.
pub(super) fn read_section(
    text: &str,
    section: &str,
    values: &mut HashMap<String, SecretText>,
) -> bool {
    let (mut found, mut inside) = (false, false);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = trimmed.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            let words: Vec<&str> = header.split_whitespace().collect();
            inside = words.join(" ") == section;
            found |= inside;
        } else if inside
            && !line.starts_with([' ', '\t'])
            && let Some((key, value)) = trimmed.split_once('=')
        {
            let value = value.split(" #").next().unwrap_or_default().trim();
            if !value.is_empty() {
                values.insert(key.trim().to_lowercase(), SecretText::new(value));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::super::variables::Fixed, *};

    fn load(chosen: Option<&str>, config: &str, credentials: &str) -> Result<Profile, RemoteError> {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        fs::write(home.path().join(".aws/config"), config).unwrap();
        fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        let mut settings = Fixed::of([("HOME", home.path().to_str().unwrap())]);
        if let Some(chosen) = chosen {
            settings.0.insert("AWS_PROFILE", chosen.to_owned());
        }
        Profile::load(&settings)
    }

    #[test]
    fn both_files_are_read_and_credentials_win() {
        let config = "# a comment\n[default]\nregion = eu-central-1\n[profile  kms]\nregion=eu-west-1 # there\nservices =\n  region = nowhere\naws_access_key_id = A\n";
        let credentials = "[default]\naws_access_key_id=D\n[kms]\n; a comment\nAWS_ACCESS_KEY_ID = B\naws_secret_access_key = x=y/#z\n";
        let kms = load(Some("kms"), config, credentials).unwrap();
        assert_eq!(kms.region().as_deref(), Some("eu-west-1"));
        assert_eq!(kms.text("aws_access_key_id").as_deref(), Some("B"));
        assert_eq!(kms.text("aws_secret_access_key").as_deref(), Some("x=y/#z"));
        let default = load(None, config, credentials).unwrap();
        assert_eq!(default.region().as_deref(), Some("eu-central-1"));
        assert_eq!(default.text("aws_access_key_id").as_deref(), Some("D"));
        assert!(!format!("{kms:?}").contains("x=y"));
    }

    #[test]
    fn only_a_chosen_profile_must_be_there() {
        assert!(load(None, "", "").unwrap().region().is_none());
        let error = load(Some("kms"), "[kms]\nregion=x", "").unwrap_err();
        assert_eq!(
            error.to_string(),
            "AWS_PROFILE names the profile \"kms\", which is in neither file of AWS"
        );
    }
}
