//! The program that is measured.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use kms_tests::binary;

use crate::output;

/// The program of `TATUM_KMS_BIN`, or the one beside this one; made first when there is none.
///
/// # Errors
/// When it is not there and cannot be made.
pub(crate) fn find() -> Result<PathBuf> {
    if let Some(path) = env::var_os("TATUM_KMS_BIN") {
        let path = PathBuf::from(path);
        ensure!(
            path.is_file(),
            "TATUM_KMS_BIN: there is no {}",
            path.display()
        );
        return Ok(path);
    }
    let this = env::current_exe().context("the path of this program")?;
    let folder = this.parent().context("the folder of this program")?;
    let path = folder.join("tatum-kms");
    if !path.is_file() {
        build(folder)?;
    }
    ensure!(path.is_file(), "there is no {}", path.display());
    Ok(path)
}

/// What the program says its version is.
///
/// # Errors
/// When it does not run.
pub(crate) fn version(path: &Path) -> Result<String> {
    let done = binary::measure(Command::new(path).env_clear())
        .arg("--version")
        .output()
        .with_context(|| format!("cannot run {}", path.display()))?;
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// Builds it in the profile that this program was built in.
fn build(folder: &Path) -> Result<()> {
    let release = folder.ends_with("release");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    output::tell("building tatum-kms …");
    let status = Command::new(cargo)
        .args(["build", "-p", "kms-bin"])
        .args(release.then_some("--release"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null())
        .status()
        .context("cannot run cargo; TATUM_KMS_BIN names a built tatum-kms")?;
    if !status.success() {
        bail!("tatum-kms could not be built");
    }
    Ok(())
}
