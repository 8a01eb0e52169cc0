//! Arguments in the order the parser wants them.
//!
//! With the original, flags may stand anywhere, also before the command, and `true` or `false`
//! may follow a switch as an argument of its own.

use std::{collections::HashMap, ffi::OsString};

use clap::{ArgAction, Command};

/// `args` (the program's name first) with the flags of a command behind that command.
pub(crate) fn normalise(
    args: impl IntoIterator<Item = OsString>,
    parser: &Command,
) -> Vec<OsString> {
    let flags = flags_of_commands(parser);
    let mut args = args.into_iter().peekable();
    let mut front: Vec<OsString> = args.next().into_iter().collect();
    let mut moved = Vec::new();
    let mut behind = Vec::new();
    let mut has_command = false;
    while let Some(arg) = args.next() {
        if arg == "--" {
            behind.push(arg);
            behind.extend(args);
            break;
        }
        let kind = arg
            .to_str()
            .and_then(|text| text.strip_prefix("--"))
            .and_then(|name| flags.get(name));
        let mut group = match kind {
            Some(Kind::Switch) => {
                let value = args.next_if(|next| next == "true" || next == "false");
                vec![with_value(arg, value)]
            }
            Some(Kind::Value) if !has_command => {
                [Some(arg), args.next()].into_iter().flatten().collect()
            }
            _ => vec![arg],
        };
        if has_command {
            behind.append(&mut group);
        } else if kind.is_some() || is_assigned(&group, &flags) {
            moved.append(&mut group);
        } else {
            has_command = !group
                .iter()
                .any(|arg| arg.to_string_lossy().starts_with('-'));
            front.append(&mut group);
        }
    }
    front.into_iter().chain(moved).chain(behind).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Takes a value only behind an equals sign, if at all.
    Switch,
    /// Takes the next argument unless there is an equals sign.
    Value,
}

/// All flags of all commands, in all their spellings, without the dashes.
fn flags_of_commands(parser: &Command) -> HashMap<String, Kind> {
    let arguments = parser.get_subcommands().flat_map(Command::get_arguments);
    arguments
        .flat_map(|argument| {
            let kind = if argument.is_require_equals_set() || !takes_value(argument.get_action()) {
                Kind::Switch
            } else {
                Kind::Value
            };
            let aliases = argument.get_all_aliases().unwrap_or_default();
            argument
                .get_long()
                .into_iter()
                .chain(aliases)
                .map(move |name| (name.to_owned(), kind))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn takes_value(action: &ArgAction) -> bool {
    matches!(action, ArgAction::Set | ArgAction::Append)
}

/// Whether this is `--flag=value` of a command.
fn is_assigned(group: &[OsString], flags: &HashMap<String, Kind>) -> bool {
    group.iter().any(|arg| {
        arg.to_string_lossy()
            .strip_prefix("--")
            .and_then(|text| text.split_once('='))
            .is_some_and(|(name, _)| flags.contains_key(name))
    })
}

fn with_value(mut flag: OsString, value: Option<OsString>) -> OsString {
    if let Some(value) = value {
        flag.push("=");
        flag.push(value);
    }
    flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::parser;

    fn normalised(line: &str) -> String {
        let args = ["tatum-kms"].into_iter().chain(line.split_whitespace());
        let args = normalise(args.map(OsString::from), &parser());
        let args: Vec<_> = args[1..].iter().map(|arg| arg.to_str().unwrap()).collect();
        args.join(" ")
    }

    #[test]
    fn flags_go_behind_their_command() {
        for (given, expected) in [
            (
                "generatewallet BTC --testnet",
                "generatewallet BTC --testnet",
            ),
            (
                "--testnet generatewallet BTC",
                "generatewallet --testnet BTC",
            ),
            (
                "--path /v --testnet=true --envFile=x generatemanagedwallet ETH",
                "generatemanagedwallet --path /v --testnet=true --envFile=x ETH",
            ),
            (
                "--apiKey k daemon --run-once",
                "daemon --apiKey k --run-once",
            ),
            (
                "--testnet false generatewallet BTC",
                "generatewallet --testnet=false BTC",
            ),
            (
                "daemon --testnet true --chain ETH",
                "daemon --testnet=true --chain ETH",
            ),
            (
                "daemon --testnet --chain ETH",
                "daemon --testnet --chain ETH",
            ),
            ("--help", "--help"),
            ("--version", "--version"),
            (
                "--unknown generatewallet BTC",
                "--unknown generatewallet BTC",
            ),
            ("--testnet", "--testnet"),
            ("--path", "--path"),
            ("getaddress -- --testnet 1", "getaddress -- --testnet 1"),
            ("", ""),
        ] {
            assert_eq!(normalised(given), expected, "{given}");
        }
    }

    #[test]
    fn a_flag_means_the_same_in_every_command() {
        let parser = parser();
        let flags = flags_of_commands(&parser);
        for argument in parser.get_subcommands().flat_map(Command::get_arguments) {
            let Some(name) = argument.get_long() else {
                continue;
            };
            let switch = argument.is_require_equals_set() || !takes_value(argument.get_action());
            assert_eq!(flags[name] == Kind::Switch, switch, "--{name}");
        }
    }

    proptest::proptest! {
        /// Nothing that was typed is lost, and nothing is added: a switch may only be joined with
        /// the `true` or `false` behind it.
        #[test]
        fn arguments_are_moved_and_nothing_else(
            words in proptest::collection::vec(
                "(daemon|chains|--testnet|--path|--period=1|--path=x|--run-once|true|false|--|-|--x|ETH|\\PC{0,6})",
                0..9,
            ),
        ) {
            let args = std::iter::once("tatum-kms").chain(words.iter().map(String::as_str));
            let args: Vec<OsString> = args.map(OsString::from).collect();
            let letters = |args: &[OsString]| {
                let joined: Vec<_> = args.iter().map(|arg| arg.to_str().unwrap()).collect();
                let mut letters: Vec<char> = joined.concat().chars().filter(|it| *it != '=').collect();
                letters.sort_unstable();
                letters
            };
            let moved = normalise(args.clone(), &parser());
            proptest::prop_assert_eq!(moved.first(), args.first());
            proptest::prop_assert_eq!(letters(&moved), letters(&args));
            // And the parser takes it or says why not.
            let _ = parser().try_get_matches_from(moved);
        }
    }
}
