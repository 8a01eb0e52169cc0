//! Another library, asked through a program of its own: `verify.mjs` of a Node.js package.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

/// A library, by the Node.js package that asks it.
#[derive(Debug)]
pub struct Library {
    folder: PathBuf,
}

impl Library {
    /// That of one family, in `interop`. Nothing when it is not installed.
    ///
    /// # Panics
    /// When it is not installed and the variable `CI` is set: there, nothing may be left out.
    pub fn of(family: &str) -> Option<Self> {
        Self::in_folder(&format!("interop/{family}"))
    }

    /// The package in a folder beside the tests; otherwise as [`of`](Self::of).
    ///
    /// # Panics
    /// As [`of`](Self::of).
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    pub fn in_folder(name: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if folder.join("node_modules").is_dir() {
            return Some(Self { folder });
        }
        let advice = format!("a library is not installed: `npm ci` in tests/{name}");
        assert!(env::var_os("CI").is_none(), "{advice}");
        eprintln!("LEFT OUT: {advice}");
        None
    }

    /// Asks `verify.mjs`; gives what it answers.
    ///
    /// # Panics
    /// When it fails, with what it says.
    pub fn ask(&self, question: &str, input: &Value) -> Value {
        let mut child = Command::new("node")
            .args(["verify.mjs", question])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Node.js starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_string();
        // Beside the reading of its answer, or both could wait for each other.
        let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
        let done = child.wait_with_output().expect("our child");
        let written = writer.join().expect("a writer that cannot fail");
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(
            done.status.success(),
            "{}/verify.mjs {question}: {}\n{stderr}",
            self.folder.display(),
            done.status
        );
        written.expect("it reads its input");
        serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|error| panic!("verify.mjs {question}: {error}\n{stderr}"))
    }
}
