//! Flags that the original took with every command, where they mean nothing.
//!
//! They are no error, so that scripts go on working, but they are not shown and do nothing.

use clap::{Arg, ArgMatches, Args as _, Command, parser::ValueSource};

use super::{ApiKeyArgs, NetworkArgs, VaultArgs};

const FLAGS: [&str; 4] = [TESTNET, API_KEY, "path", "env_file"];
const TESTNET: &str = "testnet";
const API_KEY: &str = "api_key";
/// Commands that the original has nothing of: here a flag without effect is a mistake.
const STRICT: [&str; 4] = ["journal", "sandbox", "completions", "manpages"];

/// Which of the ignored flags were given and deserve a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ignored {
    /// `--testnet`, unless it was switched off.
    pub(crate) testnet: bool,
    /// `--api-key`, whose value is for all to see.
    pub(crate) api_key: bool,
}

impl Ignored {
    /// Finds them in what `parser` made of the command line.
    pub(crate) fn of(parser: &Command, matches: &ArgMatches) -> Self {
        let given = |flag| {
            let (name, matches) = matches.subcommand()?;
            let command = parser.find_subcommand(name)?;
            let ignored = command
                .get_arguments()
                .any(|argument| argument.get_id() == flag && argument.is_hide_set());
            (ignored && matches.value_source(flag) == Some(ValueSource::CommandLine))
                .then_some(matches)
        };
        Self {
            testnet: given(TESTNET).is_some_and(|matches| matches.get_flag(TESTNET)),
            api_key: given(API_KEY).is_some(),
        }
    }
}

/// `parser` with these flags, hidden, in each command that does not have them already.
pub(super) fn accept(mut parser: Command) -> Command {
    let flags = flags();
    for command in parser.get_subcommands_mut() {
        if STRICT.contains(&command.get_name()) {
            continue;
        }
        let missing = flags.iter().filter(|flag| {
            command
                .get_arguments()
                .all(|known| known.get_id() != flag.get_id())
        });
        let missing: Vec<_> = missing.map(|flag| flag.clone().hide(true)).collect();
        *command = std::mem::take(command).args(missing);
    }
    parser
}

/// The flags as the commands have them that mind them.
fn flags() -> Vec<Arg> {
    let all = [
        NetworkArgs::augment_args,
        ApiKeyArgs::augment_args,
        VaultArgs::augment_args,
    ]
    .into_iter()
    .fold(Command::new("all"), |command, augment| augment(command));
    let wanted = all
        .get_arguments()
        .filter(|argument| FLAGS.contains(&argument.get_id().as_str()));
    wanted.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{super::parser, *};

    fn ignored(line: &str) -> Ignored {
        let parser = parser();
        let args = ["tatum-kms"].into_iter().chain(line.split_whitespace());
        let matches = parser.clone().try_get_matches_from(args).unwrap();
        Ignored::of(&parser, &matches)
    }

    #[test]
    fn all_of_them_are_found() {
        let flags = flags();
        let found: Vec<_> = flags.iter().map(|flag| flag.get_id().as_str()).collect();
        assert_eq!(found, FLAGS);
    }

    #[test]
    fn a_flag_is_ignored_where_it_means_nothing() {
        for (line, testnet, api_key) in [
            ("export", false, false),
            ("export --testnet", true, false),
            ("export --testnet=true --apiKey=k", true, true),
            ("export --testnet=false", false, false),
            ("chains --api-key k --envFile x --path y", false, true),
            (
                "generatewallet BTC --testnet --api-key k --path y",
                false,
                true,
            ),
            ("daemon --testnet --api-key k", false, false),
            ("report --testnet --api-key k", true, false),
        ] {
            assert_eq!(ignored(line), Ignored { testnet, api_key }, "{line}");
        }
    }

    #[test]
    fn a_command_that_the_original_has_nothing_of_does_not_ignore_them() {
        for name in STRICT {
            let parser = parser();
            let command = parser.find_subcommand(name).unwrap();
            let mut arguments = command.get_arguments();
            assert!(!arguments.any(|argument| FLAGS.contains(&argument.get_id().as_str())));
        }
    }
}
