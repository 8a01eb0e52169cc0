//! Each instruction that is told, as the programs' own documentation says what it does to which
//! account: <https://docs.rs/solana-system-interface>, <https://docs.rs/spl-token-interface>,
//! <https://docs.rs/solana-compute-budget-interface>.

mod messages;
mod told;

use messages::{Call, call, known};
use told::{
    BUDGET, FROM, MINT, OWNER, PAYER, SYSTEM, TO, TOKEN, TOKEN_2022, TOKEN_ACCOUNTS, details, name,
    told,
};

/// Accounts that an instruction needs, and of which nothing is told.
const OTHER: [u8; 32] = [9; 32];

/// What an instruction should be told as.
struct Expected {
    action: &'static str,
    /// Whose money or right it takes, beside who pays.
    from: Option<[u8; 32]>,
    transfer: Option<String>,
    details: Vec<String>,
    warning: Option<String>,
}

fn expected(action: &'static str) -> Expected {
    Expected {
        action,
        from: None,
        transfer: None,
        details: Vec::new(),
        warning: None,
    }
}

impl Expected {
    fn from(mut self, account: [u8; 32]) -> Self {
        self.from = Some(account);
        self
    }

    fn transfer(mut self, amount: &str, to: [u8; 32]) -> Self {
        self.transfer = Some(format!("{amount} to {}", name(to)));
        self
    }

    fn account(self, what: &str, account: [u8; 32]) -> Self {
        self.detail(what, &name(account))
    }

    fn detail(mut self, what: &str, value: &str) -> Self {
        self.details.push(format!("{what}: {value}"));
        self
    }

    fn warning(mut self, warning: String) -> Self {
        self.warning = Some(warning);
        self
    }

    fn check(self, call: Call) {
        let summary = told(std::slice::from_ref(&call));
        assert_eq!(summary.action, self.action, "{call:?}");
        let from: Vec<_> = [Some(PAYER), self.from].into_iter().flatten().collect();
        let from: Vec<_> = from.into_iter().map(name).collect();
        assert_eq!(summary.from, from, "{}", self.action);
        let transfers = summary.transfers.iter();
        let transfers: Vec<_> = transfers
            .map(|one| format!("{} to {}", one.amount, one.to))
            .collect();
        assert_eq!(transfers, Vec::from_iter(self.transfer), "{}", self.action);
        assert_eq!(details(&summary), self.details, "{}", self.action);
        assert_eq!(
            summary.warnings,
            Vec::from_iter(self.warning),
            "{}",
            self.action
        );
    }
}

fn number(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

#[test]
fn the_system_program_on_accounts_of_a_seed() {
    let seed: &[u8] = &[&number(4)[..], b"seed"].concat();
    expected("new account")
        .from(FROM)
        .transfer("0.0014616 SOL", TO)
        .detail("bytes of the new account", "82")
        .detail("program of the new account", TOKEN)
        .account("derived from", OWNER)
        .check(call(
            SYSTEM,
            &[FROM, TO, OWNER],
            &[
                &[3, 0, 0, 0],
                &OWNER,
                seed,
                &number(1_461_600),
                &number(82),
                &known(TOKEN),
            ],
        ));
    let given = || format!("it gives the account {} to the program {TOKEN}", name(FROM));
    expected("account given to a program")
        .account("derived from", OWNER)
        .detail("bytes", "82")
        .warning(given())
        .check(call(
            SYSTEM,
            &[FROM, OWNER],
            &[&[9, 0, 0, 0], &OWNER, seed, &number(82), &known(TOKEN)],
        ));
    expected("account given to a program")
        .account("derived from", OWNER)
        .warning(given())
        .check(call(
            SYSTEM,
            &[FROM, OWNER],
            &[&[10, 0, 0, 0], &OWNER, seed, &known(TOKEN)],
        ));
    expected("transfer")
        .from(FROM)
        .transfer("0.000000007 SOL", TO)
        .check(call(
            SYSTEM,
            &[FROM, OWNER, TO],
            &[&[11, 0, 0, 0], &number(7), seed, &known(TOKEN)],
        ));
}

#[test]
fn the_system_program_on_nonces_and_room() {
    expected("use of a nonce")
        .account("nonce account", FROM)
        .check(call(SYSTEM, &[FROM, OTHER, OWNER], &[&[4, 0, 0, 0]]));
    expected("withdrawal from a nonce account")
        .from(FROM)
        .transfer("0.000000007 SOL", TO)
        .check(call(
            SYSTEM,
            &[FROM, TO, OTHER, OTHER, OWNER],
            &[&[5, 0, 0, 0], &number(7)],
        ));
    expected("nonce account")
        .account("nonce account", FROM)
        .account("its authority", OWNER)
        .check(call(
            SYSTEM,
            &[FROM, OTHER, OTHER],
            &[&[6, 0, 0, 0], &OWNER],
        ));
    expected("allocation")
        .account("account", FROM)
        .detail("bytes", "82")
        .check(call(SYSTEM, &[FROM], &[&[8, 0, 0, 0], &number(82)]));
    expected("upgrade of a nonce account")
        .account("nonce account", FROM)
        .check(call(SYSTEM, &[FROM], &[&[12, 0, 0, 0]]));
}

#[test]
fn the_token_programs_on_new_tokens_and_accounts() {
    for program in [TOKEN, TOKEN_2022] {
        let new_token = || {
            expected("new token")
                .account("token", MINT)
                .detail("decimals", "9")
                .account("who can mint", OWNER)
        };
        for number in [0, 20] {
            new_token().account("who can freeze", TO).check(call(
                program,
                &[MINT, OTHER],
                &[&[number, 9], &OWNER, &[1], &TO],
            ));
        }
        let new_account = || {
            expected("new token account")
                .account("token account", FROM)
                .account("token", MINT)
                .account("owner", OWNER)
        };
        new_account().check(call(program, &[FROM, MINT, OWNER, OTHER], &[&[1]]));
        for number in [16, 18] {
            new_account().check(call(program, &[FROM, MINT, OTHER], &[&[number], &OWNER]));
        }
        for number in [2, 19] {
            expected("token account of several owners")
                .account("token account", FROM)
                .detail("signatures needed", "2")
                .check(call(program, &[FROM, OTHER, OWNER, TO], &[&[number, 2]]));
        }
        expected("owner fixed for good")
            .account("token account", FROM)
            .check(call(program, &[FROM], &[&[22]]));
        expected("wrapping of SOL")
            .account("token account", FROM)
            .check(call(program, &[FROM], &[&[17]]));
    }
    expected("who can close a token")
        .account("token", MINT)
        .account("who can close it", OWNER)
        .check(call(TOKEN_2022, &[MINT], &[&[25, 1], &OWNER]));
    expected("who can close a token")
        .account("token", MINT)
        .detail("who can close it", "nobody")
        .check(call(TOKEN_2022, &[MINT], &[&[25, 0]]));
}

#[test]
fn the_token_programs_on_more_and_fewer_tokens() {
    for program in [TOKEN, TOKEN_2022] {
        let accounts = [MINT, TO, OWNER];
        expected("mint")
            .from(OWNER)
            .transfer(&format!("25 base units of token {}", name(MINT)), TO)
            .check(call(program, &accounts, &[&[7], &number(25)]));
        expected("mint")
            .from(OWNER)
            .transfer(&format!("0.25 token {}", name(MINT)), TO)
            .check(call(program, &accounts, &[&[14], &number(25), &[2]]));
        let accounts = [FROM, MINT, OWNER];
        expected("burn")
            .from(OWNER)
            .account("token account", FROM)
            .detail("burnt", &format!("25 base units of token {}", name(MINT)))
            .check(call(program, &accounts, &[&[8], &number(25)]));
        expected("burn")
            .from(OWNER)
            .account("token account", FROM)
            .detail("burnt", &format!("0.25 token {}", name(MINT)))
            .check(call(program, &accounts, &[&[15], &number(25), &[2]]));
    }
}

#[test]
fn the_token_programs_on_rights() {
    for program in [TOKEN, TOKEN_2022] {
        expected("end of a spending permission")
            .from(OWNER)
            .account("token account", FROM)
            .check(call(program, &[FROM, OWNER], &[&[5]]));
        expected("freeze of a token account")
            .from(OWNER)
            .account("token account", FROM)
            .check(call(program, &[FROM, MINT, OWNER], &[&[10]]));
        expected("thaw of a token account")
            .from(OWNER)
            .account("token account", FROM)
            .check(call(program, &[FROM, MINT, OWNER], &[&[11]]));
        let (from, to) = (name(FROM), name(TO));
        expected("spending permission")
            .from(OWNER)
            .account("token account", FROM)
            .warning(format!(
                "it lets {to} spend 7 base units of the token in {from}"
            ))
            .check(call(program, &[FROM, TO, OWNER], &[&[4], &number(7)]));
        expected("end of a token account")
            .from(OWNER)
            .account("token account", FROM)
            .warning(format!(
                "it closes the token account {from} and sends its SOL to {to}"
            ))
            .check(call(program, &[FROM, TO, OWNER], &[&[9]]));
        for (kind, right) in [
            (0, "mint"),
            (1, "freeze accounts"),
            (2, "own the account"),
            (3, "close the account"),
            (4, "use authority 4"),
        ] {
            expected("new authority")
                .from(OWNER)
                .warning(format!("it gives the right to {right} of {from} to {to}"))
                .check(call(program, &[FROM, OWNER], &[&[6, kind, 1], &TO]));
        }
    }
}

#[test]
fn the_associated_token_account_program() {
    for (data, action) in [
        ([].as_slice(), "new token account"),
        (&[0], "new token account"),
        (&[1], "token account, if there is none"),
    ] {
        expected(action)
            .from(FROM)
            .account("token account", TO)
            .account("token", MINT)
            .account("owner", OWNER)
            .account("its rent is paid by", FROM)
            .check(call(
                TOKEN_ACCOUNTS,
                &[FROM, TO, OWNER, MINT, known(SYSTEM), known(TOKEN)],
                &[data],
            ));
    }
    expected("recovery from a nested token account")
        .from(OWNER)
        .account("token account", FROM)
        .account("recipient", TO)
        .check(call(
            TOKEN_ACCOUNTS,
            &[FROM, MINT, TO, OTHER, OTHER, OWNER, known(TOKEN)],
            &[&[2]],
        ));
}

/// Only the Associated Token Account program sees to it that an account is of who it says.
#[test]
fn another_program_does_not_say_whose_a_token_account_is() {
    let transfer = call(TOKEN, &[FROM, TO, OWNER], &[&[3], &number(25)]);
    let claim = |program| call(program, &[OTHER, TO, OWNER, MINT], &[]);
    let owner = format!("owner of the recipient's token account: {}", name(OWNER));
    let of = |program| {
        let summary = told(&[claim(program), transfer.clone()]);
        let token = summary.transfers[0].amount.unit.symbol.to_string();
        (details(&summary).contains(&owner), token)
    };
    assert_eq!(
        of(TOKEN_ACCOUNTS),
        (true, format!("base units of token {}", name(MINT)))
    );
    let stranger = "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s";
    assert_eq!(
        of(stranger),
        (false, format!("base units of the token in {}", name(FROM)))
    );
}

#[test]
fn the_compute_budget_program() {
    let budget = |data: &[&[u8]]| call(BUDGET, &[], data);
    let limit = 1_400_000_u32.to_le_bytes();
    expected("nothing")
        .detail("heap bytes", "1400000")
        .check(budget(&[&[1], &limit]));
    expected("nothing")
        .detail("compute units at most", "1400000")
        .check(budget(&[&[2], &limit]));
    expected("nothing")
        .detail("price of a compute unit", "7 micro-lamports")
        .check(budget(&[&[3], &number(7)]));
    expected("nothing")
        .detail("bytes loaded at most", "1400000")
        .check(budget(&[&[4], &limit]));
}
