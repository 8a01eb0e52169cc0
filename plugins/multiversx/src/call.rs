//! What the data of a transaction asks for: a function with its arguments
//! (`name@<hex>@<hex>…`), the transfers of tokens among them.

use ruint::aliases::U256;

use crate::account::Account;

/// What data says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call<'a> {
    /// Tokens change hands.
    Tokens {
        to: Account,
        tokens: Vec<Token>,
        /// What the receiver is called with.
        call: Option<Function>,
    },
    /// A transfer of tokens by its name, but what follows is not what belongs there.
    Irregular { function: &'a str },
    /// A function.
    Function(Function),
    /// Neither; for the receiver to understand.
    Text,
}

/// A function and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Vec<u8>>,
}

/// So many of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// For instance `USDC-c76f1f`.
    pub(crate) identifier: String,
    /// Which one of a collection; 0 for what is all the same.
    pub(crate) nonce: u64,
    /// In the token's smallest units.
    pub(crate) amount: U256,
}

impl<'a> Call<'a> {
    /// Reads the data of a transaction from `sender` to `receiver`.
    pub(crate) fn decode(data: &'a str, sender: Account, receiver: Account) -> Self {
        let name = data.split('@').next().unwrap_or_default();
        let function = Function::parse(data);
        let transfer = match name {
            "ESDTTransfer" => function.and_then(|it| esdt_transfer(&it, receiver)),
            // These two are sent to oneself, and name the recipient inside.
            "ESDTNFTTransfer" | "MultiESDTNFTTransfer" if receiver != sender => None,
            "ESDTNFTTransfer" => function.and_then(|it| nft_transfer(&it)),
            "MultiESDTNFTTransfer" => function.and_then(|it| multi_transfer(&it)),
            _ => return function.map_or(Self::Text, Self::Function),
        };
        transfer.unwrap_or(Self::Irregular { function: name })
    }
}

impl Function {
    fn parse(data: &str) -> Option<Self> {
        let (name, rest) = match data.split_once('@') {
            Some((name, rest)) => (name, Some(rest)),
            None => (data, None),
        };
        let arguments = match rest {
            Some(rest) => rest
                .split('@')
                .map(hex::decode)
                .collect::<Result<_, _>>()
                .ok()?,
            None => Vec::new(),
        };
        is_name(name).then(|| Self {
            name: name.to_owned(),
            arguments,
        })
    }

    /// A function inside the arguments of another one.
    fn inner(arguments: &[Vec<u8>]) -> Option<Option<Self>> {
        let Some((name, arguments)) = arguments.split_first() else {
            return Some(None);
        };
        let name = std::str::from_utf8(name)
            .ok()
            .filter(|name| is_name(name))?;
        Some(Some(Self {
            name: name.to_owned(),
            arguments: arguments.to_vec(),
        }))
    }
}

fn is_name(text: &str) -> bool {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.len() <= 100 && text.bytes().all(in_name)
}

/// `ESDTTransfer@token@amount[@function@arguments]`
fn esdt_transfer(function: &Function, receiver: Account) -> Option<Call<'static>> {
    let [identifier, amount, rest @ ..] = function.arguments.as_slice() else {
        return None;
    };
    Some(Call::Tokens {
        to: receiver,
        tokens: vec![Token::read(identifier, &[], amount)?],
        call: Function::inner(rest)?,
    })
}

/// `ESDTNFTTransfer@collection@nonce@amount@receiver[@function@arguments]`
fn nft_transfer(function: &Function) -> Option<Call<'static>> {
    let [identifier, nonce, amount, to, rest @ ..] = function.arguments.as_slice() else {
        return None;
    };
    Some(Call::Tokens {
        to: account(to)?,
        tokens: vec![Token::read(identifier, nonce, amount)?],
        call: Function::inner(rest)?,
    })
}

/// `MultiESDTNFTTransfer@receiver@count{@token@nonce@amount}[@function@arguments]`
fn multi_transfer(function: &Function) -> Option<Call<'static>> {
    let [to, count, rest @ ..] = function.arguments.as_slice() else {
        return None;
    };
    let count = usize::try_from(number::<8>(count).map(u64::from_be_bytes)?).ok()?;
    let (tokens, rest) = rest.split_at_checked(count.checked_mul(3)?)?;
    let tokens = tokens
        .chunks_exact(3)
        .map(|token| match token {
            [identifier, nonce, amount] => Token::read(identifier, nonce, amount),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    (!tokens.is_empty()).then_some(Call::Tokens {
        to: account(to)?,
        tokens,
        call: Function::inner(rest)?,
    })
}

impl Token {
    fn read(identifier: &[u8], nonce: &[u8], amount: &[u8]) -> Option<Self> {
        let in_identifier = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let identifier = std::str::from_utf8(identifier).ok().filter(|text| {
            (1..=40).contains(&text.len()) && text.as_bytes().iter().all(in_identifier)
        })?;
        Some(Self {
            identifier: identifier.to_owned(),
            nonce: number(nonce).map(u64::from_be_bytes)?,
            amount: number::<32>(amount).map(U256::from_be_bytes)?,
        })
    }
}

fn account(argument: &[u8]) -> Option<Account> {
    argument.try_into().map(Account).ok()
}

/// A number as arguments have them: big-endian, in any number of bytes, none for zero.
fn number<const N: usize>(argument: &[u8]) -> Option<[u8; N]> {
    let zeros = argument.iter().take_while(|byte| **byte == 0).count();
    let significant = argument.get(zeros..)?;
    let mut bytes = [0; N];
    let start = N.checked_sub(significant.len())?;
    bytes.get_mut(start..)?.copy_from_slice(significant);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ME: Account = Account([1; 32]);
    const YOU: Account = Account([2; 32]);

    fn token(identifier: &str, nonce: u64, amount: u64) -> Token {
        Token {
            identifier: identifier.to_owned(),
            nonce,
            amount: U256::from(amount),
        }
    }

    fn function(name: &str, arguments: &[&[u8]]) -> Function {
        Function {
            name: name.to_owned(),
            arguments: arguments.iter().map(|it| it.to_vec()).collect(),
        }
    }

    #[test]
    fn tokens_are_read_with_their_recipient() {
        let tok = hex::encode("TOK-1a2b3c");
        let you = hex::encode(YOU.0);
        let esdt = |call| Call::Tokens {
            to: YOU,
            tokens: vec![token("TOK-1a2b3c", 0, 1_000_000)],
            call,
        };
        for (data, expected) in [
            (format!("ESDTTransfer@{tok}@0f4240"), esdt(None)),
            (
                format!("ESDTTransfer@{}@00000F4240", tok.to_uppercase()),
                esdt(None),
            ),
            (
                format!("ESDTTransfer@{tok}@0f4240@73776170@05@"),
                esdt(Some(function("swap", &[&[5], &[]]))),
            ),
        ] {
            assert_eq!(Call::decode(&data, ME, YOU), expected, "{data}");
        }
        let data = format!("ESDTNFTTransfer@{tok}@0a@01@{you}");
        let nft = Call::Tokens {
            to: YOU,
            tokens: vec![token("TOK-1a2b3c", 10, 1)],
            call: None,
        };
        assert_eq!(Call::decode(&data, ME, ME), nft);
        let data = format!("MultiESDTNFTTransfer@{you}@02@{tok}@@07@{tok}@ff@01@62757900");
        assert_eq!(
            Call::decode(&data, ME, ME),
            Call::Irregular {
                function: "MultiESDTNFTTransfer"
            },
            "a function's name with a zero byte"
        );
        let data = format!("MultiESDTNFTTransfer@{you}@02@{tok}@@07@{tok}@ff@01@627579");
        let several = Call::Tokens {
            to: YOU,
            tokens: vec![token("TOK-1a2b3c", 0, 7), token("TOK-1a2b3c", 255, 1)],
            call: Some(function("buy", &[])),
        };
        assert_eq!(Call::decode(&data, ME, ME), several);
    }

    #[test]
    fn what_is_not_quite_a_transfer_is_irregular() {
        let tok = hex::encode("TOK-1a2b3c");
        let you = hex::encode(YOU.0);
        let huge = format!("01{}", "00".repeat(32));
        for (name, rest) in [
            ("ESDTTransfer", String::new()),
            ("ESDTTransfer", format!("@{tok}")),
            ("ESDTTransfer", format!("@{tok}@f4240")),
            ("ESDTTransfer", format!("@{tok}@{huge}")),
            ("ESDTTransfer", "@@01".to_owned()),
            ("ESDTTransfer", "@0a@01".to_owned()),
            ("ESDTTransfer", format!("@{tok}@01@")),
            ("ESDTNFTTransfer", format!("@{tok}@01@01")),
            ("ESDTNFTTransfer", format!("@{tok}@01@01@{}", &you[2..])),
            (
                "ESDTNFTTransfer",
                format!("@{tok}@010000000000000000@01@{you}"),
            ),
            ("MultiESDTNFTTransfer", format!("@{you}@@{tok}@@01")),
            ("MultiESDTNFTTransfer", format!("@{you}@02@{tok}@@01")),
            (
                "MultiESDTNFTTransfer",
                format!("@{you}@ffffffffffffffff@{tok}@@01"),
            ),
        ] {
            let data = format!("{name}{rest}");
            let expected = Call::Irregular { function: name };
            assert_eq!(Call::decode(&data, ME, ME), expected, "{data}");
        }
        // Sent to the recipient instead of oneself, it does not do what it says.
        let data = format!("ESDTNFTTransfer@{tok}@0a@01@{you}");
        let expected = Call::Irregular {
            function: "ESDTNFTTransfer",
        };
        assert_eq!(Call::decode(&data, ME, YOU), expected);
    }

    #[test]
    fn functions_and_texts_are_told_apart() {
        for (data, expected) in [
            (
                "claimRewards",
                Call::Function(function("claimRewards", &[])),
            ),
            ("pause@544f4b", Call::Function(function("pause", &[b"TOK"]))),
            ("hello world", Call::Text),
            ("x@y", Call::Text),
            ("x@1", Call::Text),
            ("@01", Call::Text),
            (
                "ESDTTransferx",
                Call::Function(function("ESDTTransferx", &[])),
            ),
        ] {
            assert_eq!(Call::decode(data, ME, YOU), expected, "{data}");
        }
    }

    proptest! {
        #[test]
        fn no_data_panics(text in ".*", which in 0_usize..3, rest in "(@([0-9a-f]{2}){0,40}){0,9}") {
            let _ = Call::decode(&text, ME, ME);
            let names = ["ESDTTransfer", "ESDTNFTTransfer", "MultiESDTNFTTransfer"];
            let data = format!("{}{rest}", names[which]);
            let called = Call::decode(&data, ME, ME);
            let is_transfer = matches!(called, Call::Tokens { .. } | Call::Irregular { .. });
            prop_assert!(is_transfer);
        }

        /// Of a transfer nothing is lost: the same data can be written from what was read.
        #[test]
        fn transfers_are_read_whole(nonces in prop::collection::vec(any::<u64>(), 1..5), amount: u128) {
            let mut data = format!("MultiESDTNFTTransfer@{}@{:02x}", hex::encode(YOU.0), nonces.len());
            for nonce in &nonces {
                data += &format!("@{}@{nonce:016x}@{amount:032x}", hex::encode("TOK-1a2b3c"));
            }
            let Call::Tokens { to, tokens, call } = Call::decode(&data, ME, ME) else {
                panic!("{data}");
            };
            prop_assert_eq!((to, call), (YOU, None));
            let expected: Vec<_> = nonces
                .iter()
                .map(|nonce| Token { amount: U256::from(amount), ..token("TOK-1a2b3c", *nonce, 0) })
                .collect();
            prop_assert_eq!(tokens, expected);
        }
    }
}
