//! The vault's file: damage is noticed, and nothing is lost.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use kms_tests::{
    current,
    program::{PASSWORD, User},
    samples::{self, ETH_WALLET},
};
use serde_json::Value;

const WRONG_PASSWORD: i32 = 3;
const DAMAGED: i32 = 5;

/// A vault of one wallet, as small as there is.
fn small_vault() -> Vec<u8> {
    let content = format!("{{\"{ETH_WALLET}\":{}}}", samples::eth_wallet());
    current::encrypt(&content, PASSWORD)
}

/// Lets the program read each of these files; gives exit code and message for each.
fn read_each(files: &[Vec<u8>]) -> Vec<(i32, String)> {
    // A thread for each core of a small machine, each with a home of its own.
    thread::scope(|scope| {
        let halves = files.chunks(files.len().div_ceil(2).max(1));
        let threads: Vec<_> = halves
            .map(|files| {
                scope.spawn(|| {
                    let user = User::new();
                    let read = |bytes: &Vec<u8>| {
                        user.put_vault(bytes);
                        let answer = user.run("export").failure();
                        assert_eq!(&user.vault_bytes(), bytes, "the file was left alone");
                        answer
                    };
                    files.iter().map(read).collect::<Vec<_>>()
                })
            })
            .collect();
        let answers = threads.into_iter().map(|thread| thread.join());
        answers
            .flat_map(|answers| answers.expect("no panic"))
            .collect()
    })
}

#[test]
fn the_vault_of_these_tests_opens() {
    let user = User::new();
    user.put_vault(&small_vault());
    assert_eq!(user.ids(), [ETH_WALLET]);
}

#[test]
fn every_flipped_byte_is_noticed_as_damage() {
    let vault = small_vault();
    let flipped: Vec<Vec<u8>> = (0..vault.len())
        .map(|at| {
            let mut bytes = vault.clone();
            // A different bit each time, so that each bit of a byte has its turn.
            bytes[at] ^= 1 << (at % 8);
            bytes
        })
        .collect();
    for (at, (code, message)) in read_each(&flipped).into_iter().enumerate() {
        assert_eq!(code, DAMAGED, "byte {at}: {message}");
        assert!(message.contains("damaged"), "byte {at}: {message}");
    }
}

#[test]
fn every_cut_is_noticed_as_damage() {
    let vault = small_vault();
    let cut: Vec<Vec<u8>> = (1..vault.len()).map(|len| vault[..len].to_vec()).collect();
    for (at, (code, message)) in read_each(&cut).into_iter().enumerate() {
        assert_eq!(code, DAMAGED, "{} bytes: {message}", at + 1);
    }
}

#[test]
fn what_was_added_or_exchanged_is_noticed_as_damage() {
    let vault = small_vault();
    let other = current::encrypt("{\"other\":{}}", PASSWORD);
    let files = [
        [vault.as_slice(), b"\0"].concat(),
        [vault.as_slice(), &vault].concat(),
        [&vault[..current::HEADER], &other[current::HEADER..]].concat(),
        [
            &vault[..current::HEADER],
            &vec![0; vault.len() - current::HEADER],
        ]
        .concat(),
        [&vault[..vault.len() - 16], &[0; 16]].concat(),
    ];
    for (file, (code, message)) in read_each(&files).into_iter().enumerate() {
        assert_eq!(code, DAMAGED, "{file}: {message}");
    }
}

#[test]
fn a_wrong_password_is_not_damage() {
    let user = User::new();
    let vault = small_vault();
    user.put_vault(&vault);
    for password in [
        "wrong",
        "Correct horse battery staple",
        "correct horse battery staple ",
        "correct horse battery stapl",
    ] {
        let (code, message) = user.run("export").password(password).failure();
        assert_eq!(
            (code, message.as_str()),
            (WRONG_PASSWORD, "Wrong password.")
        );
    }
    // Nor does a command that writes take it for damage, or write.
    for line in ["generatemanagedwallet ETH", "migrate", "changepassword"] {
        let (code, _) = user.run(line).password("wrong").failure();
        assert_eq!(code, WRONG_PASSWORD, "{line}");
    }
    assert_eq!(user.vault_bytes(), vault);
}

#[test]
fn damage_is_told_to_those_who_write_as_well() {
    let user = User::new();
    let mut vault = small_vault();
    *vault.last_mut().unwrap() ^= 1;
    user.put_vault(&vault);
    user.file("new", "a new password");
    for line in [
        "generatemanagedwallet ETH",
        "generatemanagedprivatekeybatch ETH 3",
        "migrate",
        "changepassword --new-password-file=new",
        &format!("removewallet {ETH_WALLET}"),
        "daemon --testnet --run-once --api-key=k",
    ] {
        let (code, message) = user.run(line).failure();
        assert_eq!(code, DAMAGED, "{line}: {message}");
        assert_eq!(user.vault_bytes(), vault, "{line}");
    }
}

#[test]
fn files_that_are_no_vault_are_refused_and_left_alone() {
    let files: Vec<Vec<u8>> = [
        b"{}".as_slice(),
        b"\n",
        b"\0",
        b"#!/bin/sh\necho hello\n",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
        &[0; 4096],
        &[0xff; 4096],
        b"\x89PNG\r\n\x1a\n",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    for (file, (code, message)) in read_each(&files).into_iter().enumerate() {
        assert_eq!(code, DAMAGED, "{file}: {message}");
        assert!(!message.contains("hello"), "{message}");
    }
    let user = User::new();
    user.put_vault(b"{}");
    let (code, _) = user.run("generatemanagedwallet ETH").failure();
    assert_eq!(code, DAMAGED);
    assert_eq!(user.vault_bytes(), b"{}");
}

#[test]
fn a_folder_in_the_place_of_the_vault_is_refused() {
    let user = User::new();
    fs::create_dir_all(user.vault()).unwrap();
    for line in ["export", "generatemanagedwallet ETH"] {
        let (code, message) = user.run(line).failure();
        assert!(code == 1 || code == DAMAGED, "{line}: {code}: {message}");
    }
}

#[test]
fn costs_that_would_exhaust_the_machine_are_refused() {
    let vault = small_vault();
    // Memory, passes and lanes, with the checksum put right.
    for (at, value) in [
        (12, u32::MAX),
        (16, u32::MAX),
        (20, u32::MAX),
        (12, 0),
        (16, 0),
        (20, 0),
    ] {
        let mut bytes = vault.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        current::put_checksum_right(&mut bytes);
        let answers = read_each(&[bytes]);
        assert_eq!(answers[0].0, DAMAGED, "{at}: {answers:?}");
    }
}

#[test]
fn a_later_version_is_not_taken_for_damage() {
    let mut vault = small_vault();
    vault[8] = 2;
    current::put_checksum_right(&mut vault);
    let answers = read_each(&[vault]);
    assert_eq!(answers[0].0, DAMAGED);
    assert!(answers[0].1.contains("version 2"), "{answers:?}");
}

#[test]
fn wide_permissions_are_refused_unless_allowed() {
    for (file, folder) in [
        (0o644, 0o700),
        (0o640, 0o700),
        (0o604, 0o700),
        (0o600, 0o770),
        (0o600, 0o777),
    ] {
        let user = User::new();
        user.put_vault(&small_vault());
        let vault = user.vault();
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&vault, file);
        set(vault.parent().unwrap(), folder);
        for line in ["export", "generatemanagedwallet ETH"] {
            let (code, message) = user.run(line).failure();
            assert_eq!(code, 1, "{file:o} {folder:o} {line}: {message}");
            assert!(message.contains("too wide"), "{message}");
        }
        let done = user.run("export --allow-wide-permissions").finish();
        assert_eq!(done.code(), Some(0), "{done:?}");
        assert!(done.stderr.contains("others than the owner"), "{done:?}");
    }
}

#[test]
fn vaults_of_the_original_are_made_private_when_written() {
    let user = User::with_legacy_wallets([(ETH_WALLET, &samples::eth_wallet())]);
    fs::set_permissions(user.vault(), fs::Permissions::from_mode(0o644)).unwrap();
    let done = user.run("export").finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(done.stderr.contains("others than the owner"), "{done:?}");
    user.run("generatemanagedwallet ETH").json();
    for path in [user.vault(), user.vault().with_extension("dat.legacy")] {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
}

#[test]
fn the_previous_version_is_kept_and_opens() {
    let user = User::new();
    user.put_vault(&small_vault());
    let backup = user.vault().with_extension("dat.bak");
    for _ in 0..3 {
        let (before, ids) = (user.vault_bytes(), user.ids());
        user.run("generatemanagedwallet ETH").json();
        assert_eq!(fs::read(&backup).unwrap(), before);
        let line = format!("export --path={}", backup.display());
        let kept = user.run(&line).json();
        assert_eq!(
            kept.as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>(),
            ids
        );
    }
    let mode = backup.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let files = user.files_beside_vault();
    assert_eq!(files, ["wallet.dat", "wallet.dat.bak", "wallet.dat.lock"]);
}

#[test]
fn a_write_that_was_killed_after_keeping_the_previous_version_leaves_nothing_behind() {
    let user = User::new();
    user.put_vault(&small_vault());
    // So it is then: two names of one file.
    fs::hard_link(user.vault(), user.vault().with_extension("dat.bak")).unwrap();
    user.run("generatemanagedwallet ETH").json();
    let files = user.files_beside_vault();
    assert_eq!(files, ["wallet.dat", "wallet.dat.bak", "wallet.dat.lock"]);
}

#[test]
fn two_writes_of_the_same_content_have_nothing_in_common() {
    let user = User::new();
    user.put_vault(&small_vault());
    let first = {
        let stored = user.run("generatemanagedwallet ETH").json();
        let written = user.vault_bytes();
        user.run(&format!(
            "removewallet {}",
            stored["signatureId"].as_str().unwrap()
        ))
        .finish();
        written
    };
    let removed = user.vault_bytes();
    let salt_and_nonce = 40..84;
    assert_ne!(first[salt_and_nonce.clone()], removed[salt_and_nonce]);
    let start = small_vault();
    assert_ne!(start[current::HEADER..], removed[current::HEADER..]);
    assert_eq!(start.len(), removed.len());
}

#[test]
fn a_full_disk_leaves_the_vault_as_it_was() {
    let user = User::new();
    user.put_vault(&small_vault());
    let before = user.vault_bytes();
    // No file may grow beyond a block of 512 bytes; the signal that tells so is ignored, so that
    // writing fails, in the middle of the file, as it does on a full disk.
    let full = "trap '' XFSZ; ulimit -f 1";
    let done = user
        .run("generatemanagedprivatekeybatch ETH 50")
        .after(full)
        .finish();
    assert_ne!(done.code(), Some(0), "{done:?}");
    let ids = user.ids();
    for line in done.stdout.lines() {
        let key: Value = serde_json::from_str(line).unwrap();
        let id = key["signatureId"].as_str().unwrap();
        assert!(ids.iter().any(|known| known == id), "{id} was acknowledged");
    }
    assert!(ids.iter().any(|id| id == ETH_WALLET));

    // Not even the first write fits.
    user.put_vault(&before);
    let big = "trap '' XFSZ; ulimit -f 0";
    let done = user.run("generatemanagedwallet ETH").after(big).finish();
    assert_ne!(done.code(), Some(0), "{done:?}");
    assert_eq!(user.vault_bytes(), before);
    user.run("generatemanagedwallet ETH").json();
    assert_eq!(user.ids().len(), 2);
}

/// Needs `python3` with the packages `argon2-cffi` and `cryptography`; says so and passes
/// without, except where the environment has `CI=true`.
#[test]
fn a_program_in_another_language_opens_the_vault() {
    let python = |arguments: &[&str]| {
        let mut command = Command::new("python3");
        command
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let ready = python(&["-c", "import argon2, cryptography"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !ready {
        let required = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(
            !required,
            "python3 with argon2-cffi and cryptography is required where CI=true"
        );
        println!("skipped: no python3 with the packages argon2-cffi and cryptography");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kms-core/tests/open_vault.py");
    let user = User::new();
    user.run("generatemanagedwallet ETH").json();
    user.run("generatemanagedprivatekeybatch BTC 3").finish();
    let arguments = [script.as_os_str(), user.vault().as_os_str()]
        .map(|path| path.to_str().unwrap().to_owned());
    let mut child = python(&[&arguments[0], &arguments[1]]).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(PASSWORD.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let opened: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(opened, user.export());
    assert_eq!(opened.as_object().unwrap().len(), 4);
}
