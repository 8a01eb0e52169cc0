//! Mistakes of tatum-kms 8 that may have cost the owner of a vault something, for the report of
//! `tatum-kms migrate`.

use kms_core::vault::{LegacyTrap, TrapCondition};

/// The chains of tatum-kms 8, supported by this build or not.
pub(crate) const CHAINS: &[&str] = &[
    "ADA", "ALGO", "BCH", "BNB", "BSC", "BTC", "CELO", "DOGE", "EGLD", "ETH", "FLOW", "KCS",
    "KLAY", "LTC", "MATIC", "ONE", "SOL", "TRON", "VET", "XDC", "XLM", "XRP",
];

/// The mistakes, and the entries each may have touched.
pub(crate) const TRAPS: &[LegacyTrap] = &[
    LegacyTrap {
        chains: &["EGLD"],
        applies: TrapCondition::Mnemonic,
        advice: "tatum-kms 8 printed the wrong address for this wallet: `getaddress` gave the address of the empty seed, the same for everybody (for instance erd1r45ugr3q9wrtftyv3d6wfz9l42wj553l9x6u39q7mqh0pxl5j9tsnde9hx, or index 1: erd1ne5patcf98asmalr9ueqxx5vlmy5725pm3p2asckp4wft0xl3ars64gh8s; on the test network erd1yqt755wvr33vpr6586smn7mpq4jx365kpd353qfd2xuy5vwaa9ts3r69sj or erd1mdzfn7n8up8ckddaqs7jsg227t6sftt49dqxw6gckc7ry5vdycrsj0ugm5). Anyone can spend from those. If you gave such an address out, nothing sent to it is safe; ask for the address again and use that.",
    },
    LegacyTrap {
        chains: &["EGLD"],
        applies: TrapCondition::KeyOnly,
        advice: "If this key was made by `generatemanagedprivatekeybatch`, the address that tatum-kms 8 printed beside it is not its own but that of the empty seed, from which anyone can spend. Ask for the address again and use that.",
    },
    LegacyTrap {
        chains: &["XRP", "XLM", "SOL", "BNB"],
        applies: TrapCondition::KeyWithAddress,
        advice: "tatum-kms 8 ignored the mnemonic typed into `storemanagedwallet` on this chain and stored a random key instead. If you typed a mnemonic for this wallet, it does not give this key: this vault is the only copy of it, so keep a backup; and the wallet your mnemonic stands for is not managed here.",
    },
    LegacyTrap {
        chains: &[
            "ADA", "BCH", "BSC", "BTC", "CELO", "DOGE", "EGLD", "ETH", "FLOW", "KLAY", "LTC",
            "MATIC", "ONE", "TRON", "VET", "XDC",
        ],
        applies: TrapCondition::KeyOnly,
        advice: "`getprivatekey` of tatum-kms 8 printed a key of the empty mnemonic for this wallet, not the stored one. If you imported what it printed anywhere, anyone can spend from there: move what is left, and ask for the key again.",
    },
    LegacyTrap {
        chains: &["EGLD"],
        applies: TrapCondition::Published(&[
            "erd1r45ugr3q9wrtftyv3d6wfz9l42wj553l9x6u39q7mqh0pxl5j9tsnde9hx",
            "erd1ne5patcf98asmalr9ueqxx5vlmy5725pm3p2asckp4wft0xl3ars64gh8s",
            "erd1yqt755wvr33vpr6586smn7mpq4jx365kpd353qfd2xuy5vwaa9ts3r69sj",
            "erd1mdzfn7n8up8ckddaqs7jsg227t6sftt49dqxw6gckc7ry5vdycrsj0ugm5",
        ]),
        advice: "This is an address of the empty seed: anyone can spend from it. Move what is left to a new wallet at once, and take this one out of use.",
    },
    LegacyTrap {
        chains: &["BTC"],
        applies: TrapCondition::Published(&[
            "L1w1LC4oq3cj41Cw2eQsvAaUej6Q1QjJjWky8s9t9HzrkdwyVaKm",
        ]),
        advice: "This is the first key of the empty mnemonic: anyone can spend from it. Move what is left to a new wallet at once, and take this one out of use.",
    },
];
