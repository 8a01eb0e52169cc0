//! AWS as `moto` plays it, a server in Python that checks signatures and policies.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The region in which it keeps secrets.
pub const REGION: &str = "eu-central-1";

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Moto {
    process: Child,
    ready: Value,
}

/// An access key.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl Moto {
    /// Starts it with these secrets, a JSON object of texts. Where Python has no `moto`, says so
    /// and gives nothing, unless `CI` is set.
    ///
    /// # Panics
    /// When it does not start.
    #[expect(
        clippy::print_stderr,
        reason = "nextest shows it beside the test's name"
    )]
    pub fn start(secrets: &Value) -> Option<Self> {
        let found = Command::new("python3")
            .args(["-c", "import boto3, moto.server"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !found {
            let told = "there is no moto: `python3 -m pip install 'moto[server]'`";
            assert!(env::var_os("CI").is_none(), "{told}");
            eprintln!("skipped: {told}");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("moto_server.py");
        let mut process = Command::new("python3")
            .arg(script)
            .arg(secrets.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let stdout = process.stdout.take().expect("a pipe");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a readable pipe");
        let ready = serde_json::from_str(&line).expect("what moto_server.py prints");
        Some(Self { process, ready })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        self.ready["url"].as_str().expect("a URL")
    }

    /// The key of somebody who may read secrets.
    pub fn reader(&self) -> AccessKey {
        self.key("reader")
    }

    /// The key of somebody who may do nothing.
    pub fn stranger(&self) -> AccessKey {
        self.key("stranger")
    }

    fn key(&self, name: &str) -> AccessKey {
        let text = |field: &str| self.ready[name][field].as_str().expect("a text").to_owned();
        AccessKey {
            id: text("id"),
            secret: text("secret"),
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
