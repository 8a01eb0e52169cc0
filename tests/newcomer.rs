//! Whoever follows CONTRIBUTING.md, and nothing else, adds a chain: the files and commands of its
//! section "Add a chain" are taken from the page and used as they stand, in a copy of the tree.
//!
//! The copy has a folder of its own in cargo's target folder and is brought up to date in each
//! run, so that a second run builds little. What is built of other crates is shared.

use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use kms_tests::markdown::{self, Fence};

/// What a fresh checkout does not have, and seeds of fuzzing, which nothing is built from.
const LEFT_OUT: [&str; 5] = [".git", "target", "node_modules", "corpus", "artifacts"];

#[test]
fn the_page_alone_adds_a_chain() {
    let page = read(&top().join("CONTRIBUTING.md"));
    let section = markdown::section(&page, "## Add a chain").expect("the section");
    let blocks = markdown::fences(section);

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("newcomer");
    let tree = folder.join("tree");
    let files: Vec<(&str, &str)> = blocks
        .iter()
        .filter_map(|block| Some((block.file.as_deref()?, block.code.as_str())))
        .collect();
    check_costs(section, &files);
    fresh_copy(&tree, &files);

    let outputs: Vec<(String, String)> = commands(&blocks)
        .map(|command| (command.to_owned(), run(command, &tree, &folder)))
        .collect();
    let output_of = |part: &str| {
        let found = outputs.iter().find(|(command, _)| command.contains(part));
        &found.unwrap_or_else(|| panic!("no command has {part}")).1
    };
    assert!(output_of("cargo test").contains("keeps_the_contract ... ok"));
    let listed = output_of("-- chains");
    assert!(
        listed.contains("\nTOY ") && !listed.contains("\nETH "),
        "{listed}"
    );
    let played = output_of("-- sandbox");
    let signed = played
        .lines()
        .filter(|line| line.starts_with("TOY ") && line.contains("transfer: 1.25 TOY"))
        .filter(|line| line.ends_with("verified"));
    // From a mnemonic, and from a single key.
    assert_eq!(signed.count(), 2, "{played}");
}

/// The figures that the page gives for the work are those of the work it shows.
fn check_costs(section: &str, files: &[(&str, &str)]) {
    let is_crate = |name: &&str| name.starts_with("plugins/toy/") && !name.ends_with(".json");
    let lines = |wanted: &dyn Fn(&&str) -> bool, counts: &dyn Fn(&&str) -> bool| -> usize {
        let files = files.iter().filter(|(name, _)| wanted(name));
        files
            .map(|(_, code)| code.lines().filter(|line| counts(line)).count())
            .sum()
    };
    let of_crate = lines(&is_crate, &|_| true);
    let elsewhere = lines(&|name| *name == "toy.patch", &|line| {
        line.starts_with('+') && !line.starts_with("+++")
    });
    for claim in [
        format!("| Lines of the crate, without vectors | {of_crate} |"),
        format!("| Lines elsewhere | {elsewhere}, in three files |"),
    ] {
        assert!(section.contains(&claim), "the page does not say: {claim}");
    }
}

/// The commands of the blocks of shell, line by line.
fn commands(blocks: &[Fence]) -> impl Iterator<Item = &str> {
    let shell = blocks.iter().filter(|block| block.language == "sh");
    shell.flat_map(|block| block.code.lines())
}

/// Runs a command of the page in the copy; gives what it printed on standard output.
fn run(command: &str, tree: &Path, folder: &Path) -> String {
    // Two folders above `deps`, where this test is, cargo keeps what it builds.
    let program = env::current_exe().expect("the path of this test");
    let built = program.ancestors().nth(3).expect("cargo's target folder");
    let output = Command::new("sh")
        .args(["-eu", "-c", command])
        .current_dir(tree)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_BUILD_BUILD_DIR", built)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        // The copy is no repository, though it lies in one.
        .env("GIT_CEILING_DIRECTORIES", folder)
        .output()
        .expect("a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}\n{stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Makes `tree` what a checkout is, with `files` besides. Files that are as they should be are
/// not touched: to cargo they are not new then.
fn fresh_copy(tree: &Path, files: &[(&str, &str)]) {
    let mut wanted = BTreeSet::new();
    let mut put = |name: &Path, content: &[u8]| {
        let path = tree.join(name);
        if fs::read(&path).ok().as_deref() != Some(content) {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
            fs::write(&path, content).expect("a writable folder");
        }
        wanted.insert(path);
    };
    for name in walk(&top()) {
        let content = fs::read(top().join(&name)).expect("a readable tree");
        put(&name, &content);
    }
    for (name, content) in files {
        put(Path::new(name), content.as_bytes());
    }
    for name in walk(tree) {
        let path = tree.join(name);
        if !wanted.contains(&path) {
            fs::remove_file(path).expect("our file");
        }
    }
}

/// The names of all files below `folder`.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(name) = folders.pop() {
        let entries = match fs::read_dir(folder.join(&name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.expect("a readable folder"),
        };
        for entry in entries {
            let entry = entry.expect("a readable folder");
            let path = name.join(entry.file_name());
            let kind = entry.file_type().expect("a readable folder");
            let left_out = LEFT_OUT.iter().any(|name| entry.file_name() == *name);
            match (kind.is_dir(), left_out) {
                (_, true) => {}
                (true, _) => folders.push(path),
                (false, _) => files.push(path),
            }
        }
    }
    files
}

/// The folder of the workspace.
fn top() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
