//! Runs of the program by a user who has a home of their own.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    binary, current,
    daemon::{Finished, Running},
    legacy,
};

/// The password of the vaults that are made here.
pub const PASSWORD: &str = "correct horse battery staple";

/// A user: an empty home folder, and nothing of the environment of the tests.
#[derive(Debug)]
pub struct User {
    home: TempDir,
}

impl User {
    /// A user without a vault.
    pub fn new() -> Self {
        let home = TempDir::new().expect("a temporary folder");
        fs::create_dir(home.path().join("tmp")).expect("a writable folder");
        Self { home }
    }

    /// A user whose vault has these wallets, newest first, under [`PASSWORD`].
    pub fn with_wallets<'a>(wallets: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        let user = Self::new();
        user.put_vault(b"");
        current::write(&user.vault(), PASSWORD, wallets);
        user
    }

    /// The same with a vault in the format of tatum-kms 8.
    pub fn with_legacy_wallets<'a>(
        wallets: impl IntoIterator<Item = (&'a str, &'a Value)>,
    ) -> Self {
        let user = Self::new();
        user.put_vault(b"");
        legacy::write(&user.vault(), PASSWORD, wallets);
        user
    }

    /// The home folder, in which the program is started as well.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The vault's usual place.
    pub fn vault(&self) -> PathBuf {
        self.home().join(".tatumrc").join("wallet.dat")
    }

    /// What is beside the vault, by name.
    pub fn files_beside_vault(&self) -> Vec<String> {
        let folder = self.home().join(".tatumrc");
        let Ok(entries) = fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("a readable folder").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Puts these bytes in the vault's place, as private as the program wants them.
    pub fn put_vault(&self, bytes: &[u8]) {
        let path = self.vault();
        let folder = path.parent().expect("a folder");
        fs::create_dir_all(folder).expect("a writable home");
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("our folder");
        fs::write(&path, bytes).expect("a writable folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our file");
    }

    /// The bytes in the vault's place.
    pub fn vault_bytes(&self) -> Vec<u8> {
        fs::read(self.vault()).expect("a vault")
    }

    /// A file in the home folder, only for its owner.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a writable home");
        fs::write(&path, content).expect("a writable home");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our file");
        path
    }

    /// A run of the program with these arguments, separated by blanks, and with [`PASSWORD`] in
    /// the environment. It has no terminal, and nothing on standard input.
    pub fn run(&self, line: &str) -> Invocation {
        Invocation {
            home: self.home().to_owned(),
            wrapper: Vec::new(),
            arguments: line.split_whitespace().map(OsString::from).collect(),
            environment: vec![("TATUM_KMS_PASSWORD".into(), PASSWORD.into())],
            stdin: Vec::new(),
        }
    }

    /// All entries in the vault, newest first.
    pub fn export(&self) -> Value {
        self.run("export").json()
    }

    /// The signature ids in the vault, newest first.
    pub fn ids(&self) -> Vec<String> {
        let vault = self.export();
        let entries = vault.as_object().expect("an object");
        entries.keys().cloned().collect()
    }
}

impl Default for User {
    fn default() -> Self {
        Self::new()
    }
}

/// A run of the program, in preparation.
#[derive(Clone, Debug)]
pub struct Invocation {
    home: PathBuf,
    wrapper: Vec<OsString>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
}

impl Invocation {
    /// Adds an argument that may hold blanks.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().into()));
        self
    }

    /// Another password than [`PASSWORD`].
    pub fn password(self, password: &str) -> Self {
        self.env("TATUM_KMS_PASSWORD", password)
    }

    /// No password in the environment.
    pub fn without_password(mut self) -> Self {
        self.environment
            .retain(|(name, _)| name != "TATUM_KMS_PASSWORD");
        self
    }

    /// What comes through standard input, a pipe. Less than 64 KiB.
    pub fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.as_bytes().to_vec();
        self
    }

    /// Runs this as a shell does that executes `script` first, and then becomes the program.
    pub fn after(mut self, script: &str) -> Self {
        let script = format!("{script}\nexec \"$@\"");
        self.wrapper = vec!["sh".into(), "-c".into(), script.into(), "sh".into()];
        self
    }

    /// The arguments, as somebody types them.
    pub fn line(&self) -> String {
        let words = self
            .arguments
            .iter()
            .map(|argument| match argument.to_str() {
                Some(text) if !text.is_empty() && !text.contains(char::is_whitespace) => {
                    text.to_owned()
                }
                _ => format!("{argument:?}"),
            });
        ["tatum-kms".to_owned()]
            .into_iter()
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The command, with `session` (a program that makes the session) in front of it.
    pub(crate) fn command(&self, session: &[&str]) -> Command {
        let mut words = session
            .iter()
            .map(OsString::from)
            .chain(self.wrapper.iter().cloned())
            .chain([binary::path().into_os_string()])
            .chain(self.arguments.iter().cloned());
        let mut command = Command::new(words.next().expect("the program itself"));
        binary::measure(command.env_clear())
            .args(words)
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("TMPDIR", self.home.join("tmp"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().cloned());
        command
    }

    /// Starts it.
    pub fn start(&self) -> Running {
        // Without a terminal, also where somebody runs the tests on one: else the program would
        // ask there.
        let mut command = self.command(&["setsid"]);
        let (reader, mut writer) = io::pipe().expect("a pipe");
        writer.write_all(&self.stdin).expect("room in the pipe");
        command.stdin(reader);
        Running::start(command)
    }

    /// Runs it to its end.
    pub fn finish(&self) -> Finished {
        self.start().finish()
    }

    /// Runs it to its end and gives the JSON on its standard output.
    ///
    /// # Panics
    /// When it fails, or prints anything else.
    pub fn json(&self) -> Value {
        let done = self.finish();
        assert!(done.status.success(), "{}: {done:?}", self.line());
        serde_json::from_str(&done.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}: {done:?}", self.line()))
    }

    /// Runs it to its end; gives the exit code and the message on its standard error.
    ///
    /// # Panics
    /// When it succeeds, prints anything on standard output, or has no error in JSON.
    pub fn failure(&self) -> (i32, String) {
        let done = self.finish();
        let code = done.code().unwrap_or_else(|| panic!("{done:?}"));
        assert_ne!(code, 0, "{}: {done:?}", self.line());
        assert_eq!(done.stdout, "", "{}", self.line());
        (code, done.error())
    }
}

impl Finished {
    /// The message of the error object on standard error.
    ///
    /// # Panics
    /// When there is none.
    pub fn error(&self) -> String {
        let start = self
            .stderr
            .find("{\n")
            .unwrap_or_else(|| panic!("no error object: {self:?}"));
        let object: Value = serde_json::from_str(&self.stderr[start..])
            .unwrap_or_else(|error| panic!("{error}: {self:?}"));
        object["error"].as_str().expect("a message").to_owned()
    }
}
