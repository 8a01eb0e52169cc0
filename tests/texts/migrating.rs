//! The guide for those who come from the npm package: it names all that the original had, and
//! nothing that is not here.

use std::{collections::BTreeSet, fs};

use kms_tests::{markdown, program::User};
use serde_json::Value;

use crate::{text, top};

const GUIDE: &str = "kms-bin/docs/migrating.md";

/// What tatum-kms 8.0.1 had, as it was seen when it was run.
fn original(what: &str) -> Vec<String> {
    let path = top().join("tests/texts/original.json");
    let json = fs::read_to_string(path).expect("the list");
    let lists: Value = serde_json::from_str(&json).expect("JSON");
    let list = lists[what].as_array().expect("a list");
    let names = list
        .iter()
        .map(|name| name.as_str().expect("text").to_owned());
    names.collect()
}

/// The cells of the tables under this heading, without the head of the table.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let guide = text(GUIDE);
    let section = markdown::section(&guide, heading)
        .expect("the section")
        .to_owned();
    let table = section.lines().filter(|line| line.starts_with('|'));
    table
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

/// What stands in backquotes in this cell; the first word of each.
fn names(cell: &str) -> Vec<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|name| name.split_whitespace().next().map(str::to_owned))
        .collect()
}

/// What the guide says that the original had is exactly what it had.
#[test]
fn every_command_option_and_variable_of_the_original_is_in_the_guide() {
    for (what, heading) in [
        ("commands", "## Commands"),
        ("options", "## Options"),
        ("variables", "## Environment"),
    ] {
        let told: BTreeSet<String> = rows(heading)
            .iter()
            .flat_map(|cells| names(cells.first().expect("a cell")))
            .collect();
        let wanted: BTreeSet<String> = original(what).into_iter().collect();
        assert_eq!(told, wanted, "{heading}");
    }
}

#[test]
fn every_command_of_the_guide_exists_here() {
    let user = User::new();
    let rows = rows("## Commands");
    assert!(rows.len() > 15);
    for cells in rows {
        let here = match cells.get(1).map(String::as_str) {
            Some("the same") => names(&cells[0]),
            Some(cell) => names(cell),
            None => panic!("{cells:?} has no second cell"),
        };
        for command in here {
            let done = user.run(&format!("{command} --help")).finish();
            assert_eq!(done.code(), Some(0), "{command}: {done:?}");
        }
    }
}

/// Each spelling is understood by a command that uses it: what comes of it is another matter.
#[test]
fn every_option_of_the_guide_is_understood_here() {
    let user = User::new();
    for cells in rows("## Options") {
        let gone = cells.get(1).is_some_and(|cell| cell == "–");
        for option in names(&cells[0]) {
            let value = match option.as_str() {
                "--testnet" | "--runOnce" | "--run-once" => "=true",
                "--externalUrlMethod" | "--external-url-method" => "=POST",
                "--period" => "=5",
                "--help" | "-h" | "--version" | "-v" | "--aws" | "--azure" | "--vgs" => "",
                _ => "=x",
            };
            let command = match option.as_str() {
                "--version" | "-v" => "",
                _ => "daemon",
            };
            let done = user.run(&format!("{command} {option}{value}")).finish();
            let unknown = done.stderr.contains("unexpected argument");
            assert_eq!(unknown, gone, "{option}: {done:?}");
        }
    }
}

/// Each variable that is said to work is named by the help or by `checkconfig`.
#[test]
fn every_variable_of_the_guide_is_known_here() {
    let user = User::new();
    let known = user.run("--help").finish().stdout + &user.run("checkconfig").finish().stdout;
    let words: BTreeSet<&str> = known
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .collect();
    for cells in rows("## Environment") {
        for variable in names(&cells[0]) {
            assert!(words.contains(variable.as_str()), "{variable}");
        }
    }
}

/// The addresses and the key that the guide warns of are those that `migrate` warns of.
#[test]
fn the_warnings_name_what_the_program_warns_of() {
    let guide = text(GUIDE);
    let program = text("kms-bin/src/legacy_traps.rs");
    let warned: BTreeSet<&str> = guide
        .split('`')
        .filter(|word| word.starts_with("erd1") || word.starts_with("L1w1"))
        .collect();
    assert_eq!(warned.len(), 5);
    for word in warned {
        assert!(program.contains(word), "{word}");
    }
}
