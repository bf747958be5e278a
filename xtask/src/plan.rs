//! What an update would do; and doing it, whole or not at all.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow};
use tempfile::NamedTempFile;

use crate::judge::Difference;

/// A file and what it would hold; nothing where it would go.
pub(crate) type Change = (PathBuf, Option<String>);

/// What an update would do.
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) differences: Vec<Difference>,
    /// What is to be known besides.
    pub(crate) notices: Vec<String>,
}

/// Writes all of the changes, or none.
pub(crate) fn write(root: &Path, changes: &[Change]) -> Result<()> {
    // Whatever can fail by itself, as a full disk, fails before anything is replaced.
    let mut staged = Vec::new();
    for (file, text) in changes {
        let path = root.join(file);
        let before = fs::read(&path).ok();
        let temporary = match text {
            None => None,
            Some(text) => {
                let folder = path.parent().unwrap_or(root);
                let mut temporary = NamedTempFile::new_in(folder)?;
                temporary.write_all(text.as_bytes())?;
                #[cfg(unix)]
                fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
                Some(temporary)
            }
        };
        staged.push((path, before, temporary));
    }
    let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (path, before, temporary) in staged {
        let replaced = match temporary {
            Some(temporary) => temporary.persist(&path).map(drop).map_err(|error| error.error),
            None => fs::remove_file(&path),
        };
        if let Err(error) = replaced {
            for (path, before) in done {
                match before {
                    Some(bytes) => fs::write(path, bytes)?,
                    None => fs::remove_file(path)?,
                }
            }
            return Err(
                anyhow!(error).context(format!("{}: it cannot be written; nothing was", path.display()))
            );
        }
        done.push((path, before));
    }
    Ok(())
}
