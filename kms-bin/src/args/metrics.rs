//! Arguments of the daemon about how it is watched.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Metrics and health")]
pub(crate) struct MetricsArgs {
    /// Serve /metrics for Prometheus, /livez and /readyz there; port 0 is any free one, and the log
    /// tells which
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    pub(crate) metrics_addr: Option<SocketAddr>,
    /// Accept a --metrics-addr that other machines can reach. There is neither a password nor TLS:
    /// whoever reaches it sees which chains work, and how much
    #[arg(long, requires = "metrics_addr")]
    pub(crate) metrics_allow_remote: bool,
}

/// An IP address or `localhost`, and a port. Other names are not looked up: which of their
/// addresses is listened on would depend on a name server.
fn address(text: &str) -> Result<SocketAddr, String> {
    let address = text.strip_prefix("localhost:").map_or_else(
        || text.parse().ok(),
        |port| {
            let port = port.parse().ok()?;
            Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
        },
    );
    address.ok_or_else(|| {
        "an address is an IP address or localhost, a colon and a port, as 127.0.0.1:9464".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_numbers_or_this_machine() {
        for (text, expected) in [
            ("127.0.0.1:9464", "127.0.0.1:9464"),
            ("localhost:0", "127.0.0.1:0"),
            ("[::1]:9464", "[::1]:9464"),
            ("0.0.0.0:80", "0.0.0.0:80"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), expected);
        }
        for text in [
            "",
            "9464",
            ":9464",
            "127.0.0.1",
            "localhost",
            "localhost:",
            "::1:9464",
            "localhost:65536",
            "metrics.example.com:80",
            "http://127.0.0.1:80",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
