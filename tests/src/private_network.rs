//! A private network of one node, as a process of its own.

use std::{
    env,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use crate::node::JsonRpcNode;

/// A node that says on its standard output where it listens for JSON-RPC. It is killed when this
/// is dropped.
#[derive(Debug)]
pub struct PrivateNetwork {
    child: Child,
    address: SocketAddr,
}

impl PrivateNetwork {
    /// Starts a program that says `Listening on <address>`.
    ///
    /// # Panics
    /// When it does not.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            // Nodes of our own end with it, also when the tests are killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Listening on ")?.parse().ok());
        // What else it says is read and dropped, or it would stop at a full pipe.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let Some(address) = address else {
            panic!("{command:?} ended without listening: {:?}", child.wait());
        };
        Self { child, address }
    }

    /// Starts `node.mjs` of a Node.js package in `tests/nodes`; nothing when it, or one of the other
    /// packages that it imports from, named from `tests`, is not installed.
    ///
    /// # Panics
    /// As [`start`](Self::start), and see [`left_out`].
    pub fn of_package(name: &str, arguments: &[&str], imports: &[&str]) -> Option<Self> {
        let own = format!("nodes/{name}");
        for package in imports.iter().copied().chain([own.as_str()]) {
            if !folder(package).join("node_modules").is_dir() {
                left_out(&format!(
                    "a node is not installed: `npm ci` in tests/{package}"
                ));
                return None;
            }
        }
        let mut command = Command::new("node");
        command.arg(folder(&own).join("node.mjs")).args(arguments);
        Some(Self::start(command))
    }

    /// Starts a Python program in `tests/nodes`; nothing when Python does not have this module, which
    /// `install` is to be given to pip for.
    ///
    /// # Panics
    /// As [`start`](Self::start), and see [`left_out`].
    pub fn of_python(script: &str, module: &str, install: &str) -> Option<Self> {
        let found = Command::new("python3")
            .args(["-c", &format!("import {module}")])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !found {
            left_out(&format!(
                "a node is not installed: `python3 -m pip install {install}`"
            ));
            return None;
        }
        let mut command = Command::new("python3");
        command.arg(folder("nodes").join(script));
        Some(Self::start(command))
    }

    /// A way to the node.
    pub fn node(&self) -> JsonRpcNode {
        JsonRpcNode::open(self.address)
    }
}

impl Drop for PrivateNetwork {
    fn drop(&mut self) {
        // Fails when it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says that a test is left out, and why.
///
/// # Panics
/// When the variable `CI` is `true`: there, nothing may be left out.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
pub fn left_out(why: &str) {
    assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "{why}");
    eprintln!("LEFT OUT: {why}");
}

/// A folder beside the tests.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
