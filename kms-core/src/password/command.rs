//! The password as the output of a program.

use std::{
    env, fmt, io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use async_trait::async_trait;
use rustix::process::{Pid, Signal, kill_process_group};
use thiserror::Error;
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, ChildStdout, Command},
};
use zeroize::Zeroizing;

use super::{
    PasswordError, PasswordSource, Purpose,
    input::{LIMIT, secret_text, strip_newline},
};
use crate::keys::SecretText;

/// What the names of variables begin with that the program does not inherit: the secrets among
/// them are for us alone, and the program has no use for the rest.
const OURS: &str = "TATUM_";

/// A program that prints the password, for instance `pass show tatum-kms`. One line break at the
/// end of what it prints is not part of it.
///
/// The words are those a POSIX shell makes of the text: quotes and backslashes count, `#` begins a
/// comment. No shell runs, so there are no variables, globs, pipes or redirections; who wants them
/// says `sh -c '…'`. This is how restic's `--password-command` and borg's `BORG_PASSCOMMAND` do it.
///
/// The program gets an empty standard input, our standard error, and our environment without the
/// variables `TATUM_*`. It runs in a process group of its own, and on no account longer than it
/// may: the group is killed then.
pub struct PasswordCommand {
    program: String,
    arguments: Vec<String>,
    timeout: Duration,
}

/// Why a program gave no password. Names the program at most: an argument may hold a secret, and
/// its output may be one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The text ends within quotes or after a backslash.
    #[error("the password command ends within quotes or after a backslash")]
    Unbalanced,
    /// There is no word in it.
    #[error("the password command is empty")]
    Empty,
    /// The operating system did not start it.
    #[error("cannot start the password command {program}")]
    NotStarted {
        /// The program.
        program: String,
        /// The reason.
        source: io::Error,
    },
    /// Its output could not be read, or the end of it not be learnt.
    #[error("lost the password command {program}")]
    Lost {
        /// The program.
        program: String,
        /// The reason.
        source: io::Error,
    },
    /// It said by its exit status that it failed, or a signal ended it.
    #[error("the password command {program} failed with {status}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// It took too long and was killed, with all it had started.
    #[error("the password command {program} was not done within {seconds} s")]
    Timeout {
        /// The program.
        program: String,
        /// The limit.
        seconds: u64,
    },
    /// It ended well and printed nothing.
    #[error("the password command {program} printed nothing")]
    Silent {
        /// The program.
        program: String,
    },
}

impl CommandError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unbalanced => Some("close the quotes"),
            Self::Empty => Some("give a program and its arguments in one text"),
            Self::NotStarted { .. } => Some(
                "check its path; no shell is involved, so what is part of a shell needs `sh -c '…'`",
            ),
            Self::Failed { .. } => Some("run it by itself; what it says is printed above"),
            Self::Timeout { .. } => {
                Some("run it by itself; here it has no terminal and an empty standard input")
            }
            Self::Silent { .. } => Some("run it by itself; it must print the password"),
            Self::Lost { .. } => None,
        }
    }
}

impl PasswordCommand {
    /// The program and the arguments in `line`, which may take as long as `timeout`.
    ///
    /// # Errors
    /// [`CommandError::Unbalanced`] and [`CommandError::Empty`].
    pub fn parse(line: &str, timeout: Duration) -> Result<Self, CommandError> {
        let words = shlex::split(line).ok_or(CommandError::Unbalanced)?;
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.is_empty());
        Ok(Self {
            program: program.ok_or(CommandError::Empty)?,
            arguments: words.collect(),
            timeout,
        })
    }

    async fn run(&self) -> Result<SecretText, PasswordError> {
        let (output, status) = match tokio::time::timeout(self.timeout, self.output()).await {
            Ok(done) => done?,
            Err(_) => {
                return Err(CommandError::Timeout {
                    program: self.program.clone(),
                    seconds: self.timeout.as_secs(),
                }
                .into());
            }
        };
        if !status.success() {
            let program = self.program.clone();
            return Err(CommandError::Failed { program, status }.into());
        }
        let mut output = output;
        strip_newline(&mut output);
        if output.len() > LIMIT {
            return Err(self.too_long());
        }
        if output.is_empty() {
            let program = self.program.clone();
            return Err(CommandError::Silent { program }.into());
        }
        secret_text(output, &self.name())
    }

    /// Runs the program to its end. Whoever drops this before kills it.
    async fn output(&self) -> Result<(Zeroizing<Vec<u8>>, ExitStatus), PasswordError> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0);
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(OURS.as_bytes()) {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn().map_err(|source| CommandError::NotStarted {
            program: self.program.clone(),
            source,
        })?;
        let stdout = child.stdout.take();
        let mut group = Group::of(child);
        let lost = |source| CommandError::Lost {
            program: self.program.clone(),
            source,
        };
        let stdout = stdout.ok_or_else(|| lost(io::ErrorKind::BrokenPipe.into()))?;
        let Some(output) = read(stdout).await.map_err(lost)? else {
            return Err(self.too_long());
        };
        let status = group.wait().await.map_err(lost)?;
        Ok((output, status))
    }

    fn too_long(&self) -> PasswordError {
        PasswordError::TooLong {
            origin: self.name(),
            limit: LIMIT,
        }
    }
}

/// Without the arguments, which may hold a secret.
impl fmt::Debug for PasswordCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordCommand")
            .field("program", &self.program)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl PasswordSource for PasswordCommand {
    fn name(&self) -> String {
        format!("the output of the program {}", self.program)
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        self.run().await
    }
}

/// Reads to the end; nothing when there is more than any password.
async fn read(mut stdout: ChildStdout) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // Room for a line break and for the byte that is too many: the buffer never grows, so that
    // no copy stays behind.
    let most = LIMIT + 2;
    let mut output = Zeroizing::new(Vec::with_capacity(most + 1));
    while output.len() <= most {
        if stdout.read_buf(&mut *output).await? == 0 {
            return Ok(Some(output));
        }
    }
    Ok(None)
}

/// A process and all that it starts, killed unless it ended.
struct Group {
    leader: Child,
    ended: bool,
}

impl Group {
    fn of(leader: Child) -> Self {
        let ended = false;
        Self { leader, ended }
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.leader.wait().await?;
        self.ended = true;
        Ok(status)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // Nobody has waited for the leader, so its number is still its own, and the group's.
        let group = self.leader.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group.and_then(Pid::from_raw) {
            // Fails when all of the group has ended, which is as good.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMPLE: Duration = Duration::from_secs(60);

    async fn output(line: &str) -> Result<String, PasswordError> {
        let password = PasswordCommand::parse(line, AMPLE)?.run().await?;
        Ok(password.expose().to_owned())
    }

    #[tokio::test]
    async fn words_are_split_as_a_shell_does_and_nothing_is_expanded() {
        for (line, password) in [
            ("printf secret", "secret"),
            (r"printf %s 'two  words'", "two  words"),
            (r#"printf %s "quo\"te""#, "quo\"te"),
            (r"printf %s back\ slash", "back slash"),
            ("printf %s $HOME", "$HOME"),
            ("printf %s `id` ", "`id`"),
            ("printf %s *", "*"),
            ("printf %s a|b", "a|b"),
            ("sh -c 'printf %s \"$0\" | tr a-z A-Z' upper", "UPPER"),
        ] {
            assert_eq!(output(line).await.unwrap(), password, "{line}");
        }
    }

    #[tokio::test]
    async fn one_line_break_at_the_end_is_not_part_of_the_password() {
        for (line, password) in [
            (r"printf 'secret\n'", "secret"),
            (r"printf 'secret\r\n'", "secret"),
            (r"printf 'secret\n\n'", "secret\n"),
            (r"printf ' se cret \n'", " se cret "),
        ] {
            assert_eq!(output(line).await.unwrap(), password, "{line}");
        }
    }

    #[tokio::test]
    async fn the_longest_password_is_taken_and_a_longer_one_refused() {
        let zeros = |count: usize| format!("sh -c 'head -c {count} /dev/zero; echo'");
        assert_eq!(output(&zeros(LIMIT)).await.unwrap().len(), LIMIT);
        for line in [zeros(LIMIT + 1), "cat /dev/zero".to_owned()] {
            let error = output(&line).await.unwrap_err();
            assert!(matches!(error, PasswordError::TooLong { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn each_failure_is_told_without_arguments_and_output() {
        for (line, message) in [
            (
                "'printf",
                "the password command ends within quotes or after a backslash",
            ),
            ("", "the password command is empty"),
            ("# comment", "the password command is empty"),
            (
                "/no/such/program hunter2",
                "cannot start the password command /no/such/program",
            ),
            (
                "sh -c 'echo hunter2; exit 7'",
                "the password command sh failed with exit status: 7",
            ),
            (
                "sh -c 'echo hunter2; kill -9 $$'",
                "the password command sh failed with signal: 9 (SIGKILL)",
            ),
            ("true hunter2", "the password command true printed nothing"),
            ("echo", "the password command echo printed nothing"),
            (
                r"printf 'hunter2\377'",
                "the output of the program printf does not hold UTF-8 text",
            ),
        ] {
            let error = output(line).await.unwrap_err();
            assert_eq!(error.to_string(), message, "{line}");
        }
    }

    #[tokio::test]
    async fn all_processes_of_a_slow_program_are_killed() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("held");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
        // Both processes hold the pipe open for writing as long as they live.
        let line = format!("sh -c 'exec 3>{}; sleep 3600 & sleep 3600'", fifo.display());
        let command = PasswordCommand::parse(&line, Duration::from_secs(1)).unwrap();
        let held = std::thread::spawn(move || std::fs::read(fifo));
        let error = command.run().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the password command sh was not done within 1 s"
        );
        assert_eq!(held.join().unwrap().unwrap(), b"");
    }

    #[test]
    fn arguments_are_not_printed() {
        let command = PasswordCommand::parse("get --key hunter2", AMPLE).unwrap();
        let text = format!("{command:?} {}", command.name());
        assert!(text.contains("get") && !text.contains("hunter2"), "{text}");
    }
}
