//! `chains`: the blockchains of this program.

use kms_core::chain::{ChainInfo, ChainOption, Network, Registry, WalletKind};
use serde::Serialize;

use crate::{
    args::ChainsArgs,
    columns,
    exit::{Failure, Status},
    output,
};

const NETWORKS: [Network; 2] = [Network::Mainnet, Network::Testnet];

pub(super) fn run(args: &ChainsArgs) -> Result<(), Failure> {
    let registry = Registry::linked()?;
    let chains: Vec<_> = registry
        .iter()
        .map(|plugin| Chain::of(plugin.info(), plugin.options()))
        .collect();
    if args.json {
        let json =
            serde_json::to_string(&chains).map_err(|error| Failure::of(Status::Failed, &error))?;
        output::json(&json)
    } else {
        output::lines(table(&chains).into_iter().chain(options(&chains)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    code: &'static str,
    name: &'static str,
    networks: [Network; 2],
    curve: String,
    /// With `{index}` where the index goes; none for wallets that are single keys.
    derivation_paths: Option<DerivationPaths>,
    wallet: &'static str,
    unit: Unit,
    offchain: bool,
    options: Vec<Setting>,
}

/// What the owner can set, with `--chain-option` of the daemon.
#[derive(Serialize)]
struct Setting {
    name: &'static str,
    help: &'static str,
    default: &'static str,
}

#[derive(Serialize)]
struct DerivationPaths {
    mainnet: String,
    testnet: String,
}

#[derive(Serialize)]
struct Unit {
    symbol: &'static str,
    decimals: u8,
}

impl Chain {
    fn of(info: &'static ChainInfo, options: &[ChainOption]) -> Self {
        let path = |network| info.wallet.derivation_path(network);
        let paths = path(Network::Mainnet).zip(path(Network::Testnet));
        Self {
            code: info.code,
            name: info.name,
            networks: NETWORKS,
            curve: info.curve.to_string(),
            derivation_paths: paths.map(|(mainnet, testnet)| DerivationPaths { mainnet, testnet }),
            wallet: wallet_kind(&info.wallet),
            unit: Unit {
                symbol: &info.unit.symbol,
                decimals: info.unit.decimals,
            },
            offchain: info.offchain_withdrawals,
            options: options
                .iter()
                .map(|option| Setting {
                    name: option.name,
                    help: option.help,
                    default: option.default,
                })
                .collect(),
        }
    }
}

fn wallet_kind(kind: &WalletKind) -> &'static str {
    match kind {
        WalletKind::Bip32(_) => "bip32",
        WalletKind::Slip10 { .. } => "slip10",
        WalletKind::Icarus { .. } => "icarus",
        WalletKind::SingleKey { .. } => "single-key",
        _ => "other",
    }
}

fn table(chains: &[Chain]) -> Vec<String> {
    let heading = [
        "CODE",
        "NAME",
        "CURVE",
        "WALLET",
        "PATH",
        "TESTNET PATH",
        "COIN",
        "OFF-CHAIN",
    ]
    .map(str::to_owned);
    let rows = chains.iter().map(|chain| {
        let paths = chain.derivation_paths.as_ref();
        let path = |text: fn(&DerivationPaths) -> &String| {
            paths.map_or_else(|| "-".to_owned(), |paths| text(paths).clone())
        };
        [
            chain.code.to_owned(),
            chain.name.to_owned(),
            chain.curve.clone(),
            chain.wallet.to_owned(),
            path(|paths| &paths.mainnet),
            path(|paths| &paths.testnet),
            format!("{}, {} decimals", chain.unit.symbol, chain.unit.decimals),
            if chain.offchain { "yes" } else { "no" }.to_owned(),
        ]
    });
    let rows: Vec<_> = [heading].into_iter().chain(rows).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..8).map(width).collect();
    rows.iter()
        .map(|row| columns::line(row.iter().map(String::as_str).zip(widths.iter().copied())))
        .collect()
}

/// The options of all chains, with a heading; nothing when there are none.
fn options(chains: &[Chain]) -> Vec<String> {
    let lines: Vec<_> = chains
        .iter()
        .flat_map(|chain| {
            chain.options.iter().map(|option| {
                format!(
                    "  {}.{}  {} [default: {}]",
                    chain.code, option.name, option.help, option.default
                )
            })
        })
        .collect();
    if lines.is_empty() {
        return lines;
    }
    let heading = [
        String::new(),
        "Options of chains, for `daemon --chain-option CODE.NAME=VALUE`:".to_owned(),
    ];
    heading.into_iter().chain(lines).collect()
}
