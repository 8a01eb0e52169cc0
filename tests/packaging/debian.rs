//! The Debian package.

use std::{env, fs, path::PathBuf, process::Command};

use kms_tests::binary;
use tempfile::TempDir;

use crate::{have, packaging, root, run};

/// Makes the package of the program under test, in a folder that lasts as long as what is given.
fn package() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    // Where cargo-deb looks for what it would build.
    let release = folder.path().join("release");
    fs::create_dir(&release).unwrap();
    let program = release.join("tatum-kms");
    fs::copy(binary::path(), &program).unwrap();
    run(Command::new("strip").arg(&program));
    run(Command::new(packaging().join("generate"))
        .arg(&program)
        .arg(root().join("target").join("packaging")));
    let path = folder.path().join("tatum-kms.deb");
    run(Command::new("cargo")
        .args([
            "deb",
            "--package",
            "kms-bin",
            "--no-build",
            "--no-strip",
            "--fast",
        ])
        .arg("--output")
        .arg(&path)
        .current_dir(root())
        .env("CARGO_TARGET_DIR", folder.path()));
    (folder, path)
}

#[test]
fn it_holds_what_it_should_and_debians_checker_agrees() {
    if !have(&["cargo-deb", "dpkg-deb", "lintian", "strip", "gzip"]) {
        return;
    }
    let (_folder, path) = package();
    let contents = run(Command::new("dpkg-deb").arg("--contents").arg(&path));
    for (mode, name) in [
        ("-rwxr-xr-x", "./usr/bin/tatum-kms"),
        ("-rw-r--r--", "./usr/lib/systemd/system/tatum-kms.service"),
        ("-rw-r--r--", "./etc/default/tatum-kms"),
        ("-rw-r--r--", "./etc/tatum-kms/settings.env"),
        ("-rw-r--r--", "./usr/share/man/man1/tatum-kms-daemon.1.gz"),
        (
            "-rw-r--r--",
            "./usr/share/bash-completion/completions/tatum-kms",
        ),
        (
            "-rw-r--r--",
            "./usr/share/zsh/vendor-completions/_tatum-kms",
        ),
        (
            "-rw-r--r--",
            "./usr/share/fish/vendor_completions.d/tatum-kms.fish",
        ),
    ] {
        let found = contents
            .lines()
            .any(|line| line.starts_with(&format!("{mode} 0/0 ")) && line.ends_with(name));
        assert!(found, "no {mode} {name}:\n{contents}");
    }
    let conffiles = run(Command::new("dpkg-deb")
        .args(["--info"])
        .arg(&path)
        .arg("conffiles"));
    assert_eq!(
        conffiles.split_whitespace().collect::<Vec<_>>(),
        ["/etc/default/tatum-kms", "/etc/tatum-kms/settings.env"]
    );
    let purge = run(Command::new("dpkg-deb")
        .args(["--info"])
        .arg(&path)
        .arg("postrm"));
    assert!(
        !purge.contains("rm -"),
        "a vault must outlive its package: {purge}"
    );
    // Packages of Debian itself have a changelog in a form of its own.
    run(Command::new("lintian")
        .args(["--fail-on", "error,warning", "--suppress-tags"])
        .arg("no-changelog,debian-changelog-file-missing,initial-upload-closes-no-bugs")
        .arg(&path)
        .env("LC_ALL", "C")
        .env("PATH", env::var_os("PATH").unwrap_or_default()));
}
