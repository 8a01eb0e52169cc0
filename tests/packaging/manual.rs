//! The manual.

use std::{collections::BTreeSet, fs, process::Command};

use kms_tests::program::User;

use crate::{have, run};

/// Writes the pages; gives their names.
fn pages(user: &User) -> BTreeSet<String> {
    fs::create_dir(user.home().join("man")).unwrap();
    let done = user.run("manpages man").finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""));
    let entries = fs::read_dir(user.home().join("man")).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn each_command_has_a_page() {
    let user = User::new();
    let pages = pages(&user);
    let help = user.run("--help").finish().stdout;
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // Further indented is the rest of a description.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help");
    let mut count = 0;
    for command in commands {
        let page = format!("tatum-kms-{command}.1");
        assert!(pages.contains(&page), "no {page}");
        count += 1;
    }
    assert!(count > 15, "{help}");
    assert!(pages.contains("tatum-kms.1") && pages.contains("tatum-kms-journal-list.1"));
    assert!(
        !pages.contains("tatum-kms-manpages.1"),
        "it is for packages"
    );
}

#[test]
fn a_formatter_has_nothing_to_find_fault_with() {
    if !have(&["mandoc"]) {
        return;
    }
    let user = User::new();
    for page in pages(&user) {
        let path = user.home().join("man").join(&page);
        let found = run(Command::new("mandoc")
            .args(["-T", "lint", "-W", "warning"])
            .arg(&path));
        assert_eq!(found, "", "{page}");
        let text = run(Command::new("mandoc").args(["-T", "utf8"]).arg(&path));
        assert!(text.contains("tatum-kms 9.0.0"), "{page}: {text}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let (code, message) = User::new().run("manpages nowhere").failure();
    assert_eq!(code, 1);
    assert!(message.contains("nowhere"), "{message}");
}
