//! The commands that the texts tell to run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use kms_tests::{markdown, program::User};

use crate::{pages, text, top};

/// A command of a text, and where it stands.
struct Told {
    place: String,
    words: Vec<String>,
}

/// Every line of every block of shell, without comments; lines that end in `\` are one with the
/// next, and what stands between `|`, `&&`, `;` or in `$(…)` is a command of its own.
fn told() -> Vec<Told> {
    let mut found = Vec::new();
    for page in pages() {
        for block in markdown::fences(&text(&page)) {
            if block.language != "sh" {
                continue;
            }
            let place = format!("{page}:{}", block.line);
            let joined = block.code.replace("\\\n", " ");
            for line in joined.lines() {
                let code = line.split(" #").next().unwrap_or_default();
                let code = if code.starts_with('#') { "" } else { code };
                // What stands in single quotes is one argument, for another program perhaps.
                let code: String = code.split('\'').step_by(2).collect::<Vec<_>>().join("…");
                let parts = ["&&", "||", ";", "|", "$(", ")", "&"]
                    .iter()
                    .fold(code, |code, mark| code.replace(mark, "\n"));
                found.extend(parts.lines().map(|part| Told {
                    place: place.clone(),
                    words: part.split_whitespace().map(str::to_owned).collect(),
                }));
            }
        }
    }
    found.retain(|told| !told.words.is_empty());
    found
}

/// The arguments for `tatum-kms`, where it is what is run.
fn arguments(told: &Told) -> Option<&[String]> {
    let words = &told.words;
    let program = |word: &String| word == "tatum-kms" || word.ends_with("/tatum-kms");
    if words.iter().any(|word| word == "cargo") {
        let other = words.iter().any(|word| word == "-p" || word == "--bin");
        let runs = words.iter().any(|word| word == "run");
        let dashes = words.iter().position(|word| word == "--")?;
        return (runs && !other).then(|| &words[dashes + 1..]);
    }
    // Variables may be set before it, and a wrapper may start it.
    let at = words.iter().position(program)?;
    let before = &words[..at];
    let wraps = |word: &String| word.contains('=') || word == "sudo" || word == "exec";
    before.iter().all(wraps).then(|| &words[at + 1..])
}

/// The help of each command that was looked at.
struct Help {
    user: User,
    texts: BTreeMap<String, String>,
}

impl Help {
    /// What `--help` says of a command, which may be of two words; nothing if there is none.
    fn of(&mut self, command: &str) -> Option<&str> {
        if !self.texts.contains_key(command) {
            let done = self.user.run(&format!("{command} --help")).finish();
            let text = if done.status.success() {
                done.stdout
            } else {
                String::new()
            };
            self.texts.insert(command.to_owned(), text);
        }
        let text = self.texts.get(command)?;
        (!text.is_empty()).then_some(text)
    }
}

#[test]
fn every_command_and_flag_of_the_program_exists() {
    let mut help = Help {
        user: User::new(),
        texts: BTreeMap::new(),
    };
    let mut checked = 0;
    let mut wrong = Vec::new();
    for told in told() {
        let Some(arguments) = arguments(&told) else {
            continue;
        };
        checked += 1;
        if let Err(why) = check(arguments, &mut help) {
            wrong.push(format!(
                "{}: {why} in {:?}",
                told.place,
                told.words.join(" ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 20, "only {checked} commands were found");
}

fn check(arguments: &[String], help: &mut Help) -> Result<(), String> {
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    let command = match words.next() {
        None => String::new(),
        Some(command) if command == "journal" => {
            format!("journal {}", words.next().map_or("", String::as_str))
        }
        Some(command) => command.clone(),
    };
    let text = help
        .of(command.trim())
        .ok_or_else(|| format!("there is no command {command:?}"))?;
    let known: BTreeSet<&str> = text
        .split(|letter: char| letter.is_whitespace() || "[],.()".contains(letter))
        .filter(|word| word.starts_with("--"))
        .map(|word| word.split('=').next().unwrap_or_default())
        .collect();
    for flag in arguments.iter().filter(|word| word.starts_with("--")) {
        let name = flag.split('=').next().unwrap_or_default();
        if !known.contains(name) {
            return Err(format!("{command:?} has no {name}"));
        }
    }
    Ok(())
}

/// The packages of the workspace and the tests of `tests/`, as the commands of cargo name them.
#[test]
fn every_package_and_test_of_a_cargo_command_exists() {
    let manifest = text("tests/Cargo.toml");
    let mut checked = 0;
    for told in told() {
        if told.words.first().map(String::as_str) != Some("cargo")
            && !told.words.iter().any(|word| word == "cargo")
        {
            continue;
        }
        let cargo = told.words.iter().take_while(|word| *word != "--");
        let cargo: Vec<&String> = cargo.collect();
        for pair in cargo.windows(2) {
            let [option, name] = pair else { continue };
            match option.as_str() {
                "-p" => assert!(is_package(name), "{}: no package {name}", told.place),
                "--test" => {
                    let line = format!("name = \"{name}\"");
                    let of_another = is_test_of(&top().join("kms-bin"), name)
                        || is_test_of(&top().join("kms-core"), name)
                        || plugins().iter().any(|plugin| is_test_of(plugin, name));
                    assert!(
                        manifest.contains(&line) || of_another,
                        "{}: no test {name}",
                        told.place
                    );
                }
                _ => continue,
            }
            checked += 1;
        }
    }
    assert!(checked > 5, "only {checked} names were found");
}

fn is_test_of(package: &Path, name: &str) -> bool {
    let tests = package.join("tests");
    tests.join(format!("{name}.rs")).exists() || tests.join(name).join("main.rs").exists()
}

fn plugins() -> Vec<PathBuf> {
    let folders = fs::read_dir(top().join("plugins")).unwrap();
    folders.map(|folder| folder.unwrap().path()).collect()
}

fn is_package(name: &str) -> bool {
    // The one that CONTRIBUTING.md adds.
    if name == "kms-toy" {
        return true;
    }
    let folders = ["kms-core", "kms-bin", "tests"].map(str::to_owned);
    let plugin = name
        .strip_prefix("kms-")
        .map(|family| format!("plugins/{family}"));
    folders.into_iter().chain(plugin).any(|folder| {
        let path = top().join(folder).join("Cargo.toml");
        std::fs::read_to_string(path)
            .is_ok_and(|manifest| manifest.contains(&format!("name = \"{name}\"")))
    })
}
