//! Links between the texts.

use std::{fs, path::Path};

use kms_tests::markdown;

use crate::{pages, text, top};

#[test]
fn every_link_leads_somewhere() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for page in pages() {
        let content = text(&page);
        for (line, target) in markdown::links(&content) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            checked += 1;
            if !leads_somewhere(&page, &content, &target) {
                broken.push(format!("{page}:{line}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
    assert!(checked > 20, "only {checked} links were found");
}

/// Whether `target`, on this page with this content, is a file or folder of the tree, and its
/// anchor a heading there.
fn leads_somewhere(page: &str, content: &str, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = top().join(Path::new(page).parent().expect("a file"));
    let path = folder.join(file);
    let content = match file {
        "" => content.to_owned(),
        _ if anchor.is_empty() => return path.exists(),
        _ => fs::read_to_string(path).unwrap_or_default(),
    };
    let anchors = markdown::anchors(&content);
    anchors.iter().any(|known| known == anchor)
}

#[test]
fn what_is_not_there_is_noticed() {
    let content = "# Here\n";
    let check = |target| leads_somewhere("README.md", content, target);
    assert!(check("#here") && check("LICENSE-MIT") && check("kms-core/docs"));
    assert!(!check("#there") && !check("NOSUCH.md") && !check("README.md#no-such-heading"));
}
