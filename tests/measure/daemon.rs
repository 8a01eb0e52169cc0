//! The daemon under measurement, as its operator starts it.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use kms_core::chain::{ChainPlugin, Network};
use kms_tests::{
    binary,
    daemon::{API_KEY, PASSWORD, Running},
};

use crate::cloud::Cloud;

/// How the daemon is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    /// The program.
    pub(crate) program: &'a Path,
    /// Its vault.
    pub(crate) vault: &'a Path,
    pub(crate) network: Network,
    pub(crate) chains: &'a [&'static dyn ChainPlugin],
    /// Seconds between polls; the daemon's own choice if nothing is said.
    pub(crate) period: Option<u32>,
}

impl Settings<'_> {
    /// Starts it; gives the time just before.
    pub(crate) fn start(&self, cloud: &Cloud) -> (Running, Instant) {
        let codes = self.chains.iter().map(|plugin| plugin.info().code);
        let mut command = Command::new(self.program);
        binary::measure(command.env_clear())
            .arg("daemon")
            .arg(format!("--path={}", self.vault.display()))
            .arg(format!("--chain={}", codes.collect::<Vec<_>>().join(",")))
            .args(self.period.map(|period| format!("--period={period}")))
            .env("NO_COLOR", "1")
            .env("HOME", self.vault.parent().unwrap_or(Path::new("/")))
            .env("TATUM_KMS_PASSWORD", PASSWORD)
            .env("TATUM_API_KEY", API_KEY)
            .env("TATUM_API_URL", cloud.url())
            .stdin(Stdio::null());
        match self.network {
            Network::Testnet => command.arg("--testnet"),
            Network::Mainnet => command.args([
                format!("--external-url={}", cloud.approval_url()),
                "--external-url-method=POST".to_owned(),
            ]),
        };
        for plugin in self.chains {
            let code = plugin.info().code;
            if !plugin.info().outside_nodes.is_empty() {
                command.env(
                    format!("TATUM_KMS_NODE_URL_{code}"),
                    cloud.outside_url(code),
                );
            }
        }
        let began = Instant::now();
        (Running::start(command), began)
    }
}
