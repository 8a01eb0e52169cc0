//! The table of published vectors: complete, and true of each file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use crate::{text, top};

const PAGE: &str = "kms-core/tests/vectors/README.md";

/// A row: what file has the set, and what reads it.
struct Row {
    source: String,
    file: String,
    reader: String,
    cases: String,
}

fn rows(page: &str) -> Vec<Row> {
    let cells = |line: &str| -> Option<[String; 5]> {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let cells: Vec<_> = cells.map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().ok()
    };
    let rows = page.lines().filter_map(cells).filter_map(|row| {
        let [_, source, file, reader, cases] = row;
        let name = |cell: String| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned());
        Some(Row {
            source,
            file: name(file)?,
            reader: name(reader)?,
            cases,
        })
    });
    rows.collect()
}

/// Every file of published vectors in the tree, named from its top.
fn files() -> BTreeSet<String> {
    let mut crates = vec!["kms-core".to_owned()];
    for plugin in fs::read_dir(top().join("plugins")).unwrap() {
        let name = plugin.unwrap().file_name();
        crates.push(format!("plugins/{}", name.to_str().unwrap()));
    }
    let mut found = BTreeSet::new();
    for one in crates {
        for folder in ["published", "wycheproof", "xrpl"] {
            let folder = format!("{one}/tests/vectors/{folder}");
            let Ok(entries) = fs::read_dir(top().join(&folder)) else {
                continue;
            };
            for entry in entries {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if Path::new(&name).extension().is_some_and(|it| it == "json") {
                    found.insert(format!("{folder}/{name}"));
                }
            }
        }
    }
    found
}

/// What a file says of where it is from. Wycheproof's own files are unchanged: for them it is the
/// page beside them, which must name each.
fn source(file: &str, content: &Value) -> Option<String> {
    if let Some((folder, name)) = file.split_once("/wycheproof/") {
        let page = text(&format!("{folder}/wycheproof/README.md"));
        let named = page.contains(&format!("`{name}`"));
        return named.then_some(page);
    }
    content["source"].as_str().map(str::to_owned)
}

#[test]
fn every_file_is_in_the_table_and_names_its_source() {
    let rows = rows(&text(PAGE));
    let mut listed = BTreeMap::new();
    for row in &rows {
        let before = listed.insert(row.file.clone(), row);
        assert!(before.is_none(), "{} is listed twice", row.file);
    }
    let files = files();
    assert!(files.len() > 60, "{} files", files.len());
    assert_eq!(listed.keys().cloned().collect::<BTreeSet<_>>(), files);
    for (file, row) in listed {
        let content: Value = serde_json::from_str(&text(&file)).unwrap();
        let source = source(&file, &content);
        let source = source.unwrap_or_else(|| panic!("{file} names no source"));
        for part in row.source.split("; ") {
            assert!(named(&source, part), "{file}: is it from {part}?");
        }
        assert!(!row.cases.is_empty(), "{file}: how many?");
        if let Some(count) = content["numberOfTests"].as_u64() {
            let told: String = row.cases.chars().take_while(char::is_ascii_digit).collect();
            assert_eq!(told, count.to_string(), "{file}");
        }
        let name = Path::new(&file).file_name().unwrap().to_str().unwrap();
        assert!(
            text(&row.reader).contains(name),
            "{} does not read {file}",
            row.reader
        );
    }
}

/// Whether the table's short form of a source is within what the file says: the name of the
/// package or repository, and its version or commit.
fn named(source: &str, short: &str) -> bool {
    let kinds = ["PyPI", "npm", "crate"];
    let words = short.split([' ', ',', '(', ')']);
    let mut words = words.filter(|word| !word.is_empty() && !kinds.contains(word));
    words.all(|word| source.contains(word))
}

#[test]
fn what_is_not_true_is_noticed() {
    let source = "tests of the PyPI package bip32 5.0.0 (BSD-3-Clause)";
    assert!(named(source, "PyPI bip32 5.0.0"));
    assert!(!named(source, "PyPI bip32 5.0.1") && !named(source, "PyPI bip39 5.0.0"));
    assert!(source_of_none().is_none());
    let page = "| Set | Source | File | Read by | Cases |\n|---|---|---|---|---|\n\
                | A | b 1 | `c.json` | `d.rs` | 2 |\n";
    let [row] = &rows(page)[..] else {
        panic!("one row");
    };
    assert_eq!((row.file.as_str(), row.reader.as_str()), ("c.json", "d.rs"));
}

fn source_of_none() -> Option<String> {
    source("kms-core/tests/vectors/published/none.json", &Value::Null)
}
