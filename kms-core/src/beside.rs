//! Names of the files that lie beside a file.

use std::path::{Path, PathBuf};

/// `wallet.dat` and `.bak` are `wallet.dat.bak`.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The folder that the file is in, by a name that can be opened.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_in_the_working_folder() {
        assert_eq!(folder_of(Path::new("wallet.dat")), Path::new("."));
        assert_eq!(folder_of(Path::new("a/wallet.dat")), Path::new("a"));
    }

    #[test]
    fn a_suffix_leaves_the_name_as_it_is() {
        assert_eq!(
            with_suffix(Path::new("a/wallet.dat"), ".bak"),
            Path::new("a/wallet.dat.bak")
        );
    }
}
