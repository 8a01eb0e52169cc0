//! A private Litecoin network of one node.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::node::JsonRpcNode;

/// A private network (`regtest`) of one node without a wallet: litecoind. It mines when it is told
/// to. It is killed when this is dropped.
///
/// Keys and base58 addresses of `regtest` look like those of the test network. SegWit addresses
/// begin with `rltc` instead of `tltc`; scripts, which are all that is signed, say neither.
#[derive(Debug)]
pub struct Litecoind {
    child: Child,
    node: JsonRpcNode,
    _folder: TempDir,
}

impl Litecoind {
    /// Starts a network; nothing when litecoind is not installed.
    ///
    /// # Panics
    /// When it is installed and does not start; and when it is not installed and the variable
    /// `CI` is `true`: there, nothing may be left out.
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    pub fn start() -> Option<Self> {
        let Some(program) = program() else {
            let advice = "litecoind is not installed: `apt-get install litecoind` does it";
            assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "{advice}");
            eprintln!("LEFT OUT: {advice}");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let child = Command::new(program)
            .arg(format!("-datadir={}", folder.path().display()))
            .arg(format!("-rpcport={}", address.port()))
            .args([
                "-regtest",
                "-server",
                "-listen=0",
                "-disablewallet",
                "-printtoconsole=0",
                "-rpcbind=127.0.0.1",
                "-rpcallowip=127.0.0.1",
                "-rpcuser=user",
                "-rpcpassword=password",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("litecoind starts");
        let node = JsonRpcNode::with_password(address, "user", "password");
        let mut started = Self {
            child,
            node,
            _folder: folder,
        };
        started.wait(address);
        Some(started)
    }

    /// A way to the node.
    pub fn node(&self) -> JsonRpcNode {
        self.node
    }

    /// Waits until it has loaded what it has.
    fn wait(&mut self, address: SocketAddr) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err()
            || self.node.call("getblockcount", &json!([])).is_err()
        {
            if let Some(status) = self.child.try_wait().expect("our child") {
                panic!("litecoind ended: {status}");
            }
            assert!(Instant::now() < deadline, "litecoind does not start");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Mines blocks whose rewards go to an output descriptor.
    pub fn mine(&self, blocks: u32, descriptor: &str) -> Vec<Value> {
        let hashes = self
            .node
            .result("generatetodescriptor", &json!([blocks, descriptor]));
        hashes.as_array().expect("a list of blocks").clone()
    }
}

impl Drop for Litecoind {
    fn drop(&mut self) {
        // Fails when it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("litecoind"))
        .find(|path| path.is_file())
}

/// An address that nobody listens at. It takes no port 0, so one is found for it.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
}
