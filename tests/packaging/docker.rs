//! The container, as far as it goes without an engine.

use std::process::Command;

use kms_tests::binary;

use crate::{have, packaging, run};

#[test]
fn the_image_is_put_together_and_its_program_runs() {
    if !have(&["python3", "unshare", "mount", "ldd", "git"]) {
        return;
    }
    let mut exercise = Command::new("python3");
    exercise
        .arg(packaging().join("docker").join("exercise"))
        .arg("--program")
        .arg(binary::path());
    let text = run(&mut exercise);
    assert!(text.contains("keeps the rules"), "{text}");
    assert!(
        text.contains("NOT SHOWN"),
        "it says what it cannot show: {text}"
    );
}

#[test]
fn the_compose_file_is_one() {
    if !have(&["check-jsonschema"]) {
        return;
    }
    run(Command::new("check-jsonschema")
        .args(["--builtin-schema", "vendor.compose-spec"])
        .arg(packaging().join("docker").join("docker-compose.yml")));
}

#[test]
fn the_compose_file_takes_away_what_the_daemon_does_not_need() {
    let path = packaging().join("docker").join("docker-compose.yml");
    let text = std::fs::read_to_string(path).unwrap();
    for line in [
        "    user: \"65532:65532\"",
        "    read_only: true",
        "    cap_drop: [ALL]",
        "    security_opt: [\"no-new-privileges:true\"]",
        "    secrets: [tatum-kms-password, TATUM_API_KEY]",
        "    volumes: [\"vault:/home/node/.tatumrc\"]",
        "      memlock: { soft: 67108864, hard: 67108864 }",
        "      core: 0",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line:?}");
    }
    assert!(
        !text.contains("environment:"),
        "a secret in the environment"
    );
}
