//! The format opens without this program: by the document, the vector and some lines of Python.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Folder, PASSWORD, secret};

fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn vector() -> Value {
    let text = fs::read_to_string(tests_folder().join("vectors/vault-v1.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_published_vector_opens() {
    let vector = vector();
    let folder = Folder::new();
    folder.put(&hex::decode(vector["file"].as_str().unwrap()).unwrap());
    let open = folder
        .store()
        .open(&secret(vector["password"].as_str().unwrap()))
        .unwrap();
    let content = vector["content"].as_str().unwrap();
    let vault = open.vault();
    assert_eq!(vault.len(), 2);
    let members: Vec<String> = vault
        .ids()
        .map(|id| format!("\"{id}\":{}", vault.verbatim(id).unwrap()))
        .collect();
    assert_eq!(format!("{{{}}}", members.join(",")), content);
    assert!(open.notices().is_empty(), "{:?}", open.notices());
}

#[test]
fn the_document_shows_the_vector() {
    let document = include_str!("../../docs/vault-format.md");
    let vector = vector();
    for member in [
        "password",
        "argon2Salt",
        "fileSalt",
        "nonce",
        "masterKey",
        "passwordCheck",
        "fileKey",
        "content",
    ] {
        let value = vector[member].as_str().unwrap();
        assert!(document.contains(value), "{member} is not in the document");
    }
    let hex: String = document
        .lines()
        .filter(|line| line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .collect();
    assert_eq!(hex, vector["file"].as_str().unwrap());
}

/// Needs `python3` with the packages `argon2-cffi` and `cryptography`; says so and passes
/// without, except where the environment has `CI=true`.
#[test]
fn python_opens_what_we_write() {
    let ready = Command::new("python3")
        .args(["-c", "import argon2, cryptography"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !ready {
        let required = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(
            !required,
            "python3 with argon2-cffi and cryptography is required where CI=true"
        );
        println!("skipped: no python3 with the packages argon2-cffi and cryptography");
        return;
    }
    let vector = vector();
    let folder = Folder::new();
    let file = folder.path().join("vector.dat");
    fs::write(
        &file,
        hex::decode(vector["file"].as_str().unwrap()).unwrap(),
    )
    .unwrap();
    assert_eq!(
        run_python(&file, vector["password"].as_str().unwrap()).unwrap(),
        vector["content"].as_str().unwrap()
    );

    let open = folder.vault_of(3);
    let written = run_python(&folder.vault_path(), PASSWORD).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    let ours: Value = serde_json::from_str(open.vault().export_json().expose()).unwrap();
    assert_eq!(written, ours);
    assert_eq!(run_python(&folder.vault_path(), "wrong"), None);
}

fn run_python(file: &Path, password: &str) -> Option<String> {
    let mut child = Command::new("python3")
        .arg(tests_folder().join("open_vault.py"))
        .arg(file)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(password.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).unwrap())
}
