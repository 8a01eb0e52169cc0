//! An RSA key, and signatures by it, as OpenSSL makes and checks them.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

/// The key, in PEM (PKCS #8). Every test program has one of its own.
pub fn private_key_pem() -> String {
    fs::read_to_string(key()).expect("our file")
}

/// Whether `signature` is one of `message` by the key: PKCS #1 v1.5 with SHA-256, the RS256 of
/// RFC 7518.
///
/// # Panics
/// When there is no `openssl`.
pub fn verify_sha256(message: &[u8], signature: &[u8]) -> bool {
    let folder = TempDir::new().expect("a temporary folder");
    let file = |name: &str, content: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("our folder");
        path
    };
    Command::new("openssl")
        .args(["dgst", "-sha256", "-prverify"])
        .arg(key())
        .arg("-signature")
        .arg(file("signature", signature))
        .arg(file("message", message))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("openssl")
        .success()
}

fn key() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let done = Command::new("openssl")
            .args([
                "genpkey",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                "rsa_keygen_bits:2048",
                "-out",
            ])
            .arg(folder.path().join("key.pem"))
            .stderr(Stdio::null())
            .status()
            .expect("openssl");
        assert!(done.success());
        folder
    });
    folder.path().join("key.pem")
}
