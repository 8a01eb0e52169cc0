//! The workflows of GitHub.

use std::{fs, process::Command};

use crate::{have, root, run};

/// Name and text of each.
fn workflows() -> Vec<(String, String)> {
    let folder = root().join(".github").join("workflows");
    let entries = fs::read_dir(folder).expect("workflows");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a workflow");
            (path.display().to_string(), text)
        })
        .collect()
}

#[test]
fn they_keep_githubs_schema() {
    if !have(&["check-jsonschema"]) {
        return;
    }
    let mut check = Command::new("check-jsonschema");
    check.args(["--builtin-schema", "vendor.github-workflows"]);
    run(check.args(workflows().iter().map(|(path, _)| path)));
}

#[test]
fn actions_are_pinned_by_commit() {
    for (path, text) in workflows() {
        let uses = text.lines().filter_map(|line| line.split_once("uses: "));
        for (_, action) in uses {
            let pinned = action
                .split_once('@')
                .and_then(|(_, rest)| rest.split_once(" # v"))
                .is_some_and(|(commit, _)| {
                    commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
                });
            assert!(pinned, "{path}: {action}");
        }
    }
}

#[test]
fn they_have_no_more_rights_than_they_name() {
    for (path, text) in workflows() {
        let top = text.split("\njobs:").next().unwrap_or_default();
        assert!(
            top.contains("\npermissions: {}\n")
                || top.contains("\npermissions:\n  contents: read\n"),
            "{path}"
        );
        assert!(!text.contains("pull_request_target"), "{path}");
        // Text of others in a script would be a command of theirs.
        let scripts = text
            .split("run: ")
            .skip(1)
            .filter_map(|text| text.split("\n      - ").next())
            .filter_map(|text| text.split("\n\n").next());
        for script in scripts {
            assert!(!script.contains("${{"), "{path}: {script}");
        }
    }
}
