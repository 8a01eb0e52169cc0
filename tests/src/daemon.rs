//! The daemon of the built binary, at work on a vault and a mock cloud.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    binary,
    cloud::{Cloud, PATIENCE},
    legacy,
};

/// The password of every vault here.
pub const PASSWORD: &str = "correct horse battery staple";
/// The API key of every daemon here: letters that occur nowhere else.
pub const API_KEY: &str = "t-0123456789abcdef-XyZzYkEy";

/// A home of its own for a user of the program: a folder with a vault.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A home without a vault.
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
        }
    }

    /// A home with a vault of these wallets, in this order.
    pub fn with_wallets<'a>(wallets: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        let home = Self::new();
        legacy::write(&home.vault(), PASSWORD, wallets);
        home
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The vault's file.
    pub fn vault(&self) -> PathBuf {
        self.folder().join("wallet.dat")
    }

    /// A file in this home, with this content.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, content).expect("a writable file");
        path
    }

    /// A command of the program in this home, with the vault's password and nothing else of this
    /// process's environment.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(binary::path());
        binary::measure(command.env_clear())
            .args(arguments)
            .current_dir(self.folder())
            .env("HOME", self.folder())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NO_COLOR", "1")
            .env("TATUM_KMS_PASSWORD", PASSWORD)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command on this home's vault to its end; gives its JSON.
    ///
    /// # Panics
    /// When it fails or prints anything else.
    pub fn run_json(&self, arguments: &[&str]) -> Value {
        let vault = format!("--path={}", self.vault().display());
        let command = self.command(arguments.iter().copied().chain([vault.as_str()]));
        let done = Running::start(command).finish();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        serde_json::from_str(&done.stdout).unwrap_or(Value::Null)
    }

    /// The daemon on the test network: a poll each second, the log as JSON, and quick
    /// repetitions of failed calls.
    pub fn daemon(&self, cloud: &Cloud) -> Command {
        self.daemon_at(&cloud.url())
    }

    /// The same with any address of the cloud.
    pub fn daemon_at(&self, url: &str) -> Command {
        let vault = format!("--path={}", self.vault().display());
        let mut command = self.command(["daemon", "--log-format=json", "--period=1", &vault]);
        command
            .env("TATUM_API_URL", url)
            .env("TATUM_API_KEY", API_KEY)
            .env("TATUM_RETRIES", "1")
            .env("TATUM_RETRY_DELAY", "10");
        command
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// A process of the program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Arc<Output>,
    stderr: Arc<Output>,
}

impl Running {
    /// Starts the command.
    pub fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = Output::collect(child.stdout.take().expect("a pipe"));
        let stderr = Output::collect(child.stderr.take().expect("a pipe"));
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Blocks until a line with this text has been written to stderr; gives the line.
    pub fn wait_for_line(&self, text: &str) -> String {
        self.stderr.wait(
            |lines, closed| match lines.iter().find(|line| line.contains(text)) {
                Some(line) => Some(line.clone()),
                None if closed => panic!("ended without the line {text:?}:\n{}", lines.join("\n")),
                None => None,
            },
        )
    }

    /// What was written to stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.wait(|lines, _| Some(lines.join("\n")))
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("our child takes signals");
    }

    /// Sends a signal, unless it has ended already.
    pub fn signal_if_alive(&self, signal: Signal) {
        // The child was not waited for, so its id is still its own.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Blocks until the process ends by itself.
    pub fn finish(mut self) -> Finished {
        self.stdout.wait(|_, closed| closed.then_some(()));
        self.stderr.wait(|_, closed| closed.then_some(()));
        Finished {
            status: self.child.wait().expect("our child"),
            stdout: self.stdout.wait(|lines, _| Some(lines.join("\n"))),
            stderr: self.stderr.wait(|lines, _| Some(lines.join("\n"))),
        }
    }

    /// Ends it with SIGTERM.
    pub fn stop(self) -> Finished {
        self.terminate();
        self.finish()
    }
}

impl Drop for Running {
    #[expect(
        clippy::print_stderr,
        reason = "a failed test shows what the program said"
    )]
    fn drop(&mut self) {
        // Fails when it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("stderr of the program:\n{}", self.stderr.so_far());
        }
    }
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

impl Finished {
    /// The exit code; nothing when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The lines of the log.
    pub fn log(&self) -> Vec<LogLine> {
        log(&self.stderr)
    }

    /// The lines of the log of level ERROR.
    pub fn errors(&self) -> Vec<LogLine> {
        let mut log = self.log();
        log.retain(|line| line.level == "ERROR");
        log
    }
}

/// The lines of a log in JSON; other lines are left out.
pub fn log(stderr: &str) -> Vec<LogLine> {
    stderr.lines().filter_map(LogLine::parse).collect()
}

/// One line of the log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// `ERROR`, `WARN`, `INFO`, …
    pub level: String,
    /// The message.
    pub message: String,
    /// The line.
    pub text: String,
    fields: Value,
}

impl LogLine {
    /// The field of this name as text, empty when there is none.
    pub fn field(&self, name: &str) -> String {
        match &self.fields[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let level = value["level"].as_str()?.to_owned();
        let fields = match &value["fields"] {
            Value::Object(_) => value["fields"].clone(),
            _ => value,
        };
        Some(Self {
            level,
            message: fields["message"].as_str().unwrap_or_default().to_owned(),
            text: line.to_owned(),
            fields,
        })
    }
}

/// Lines that a process writes, collected by a thread.
#[derive(Debug, Default)]
struct Output {
    state: Mutex<(Vec<String>, bool)>,
    changed: Condvar,
}

impl Output {
    fn collect(pipe: impl Read + Send + 'static) -> Arc<Self> {
        let output = Arc::new(Self::default());
        let ours = Arc::clone(&output);
        thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                ours.change(|state| state.0.push(String::from_utf8_lossy(&line).into_owned()));
            }
            ours.change(|state| state.1 = true);
        });
        output
    }

    fn change(&self, change: impl FnOnce(&mut (Vec<String>, bool))) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn so_far(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.join("\n")
    }

    /// Blocks until `look` gives something; it is told the lines and whether there are no more.
    fn wait<T>(&self, mut look: impl FnMut(&[String], bool) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = look(&state.0, state.1) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                left > Duration::ZERO,
                "not within {PATIENCE:?}:\n{}",
                state.0.join("\n")
            );
            (state, _) = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
