//! What an update would do; and doing it, whole or not at all.

use std::{
    fs,
    io::{self, ErrorKind, Write},
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
    let mut all = Vec::new();
    for (file, text) in changes {
        let path = root.join(file);
        let failed = |error: io::Error| {
            anyhow!(error).context(format!("{}: it cannot be written; nothing was", path.display()))
        };
        let before = match fs::read(&path) {
            Ok(bytes) => Some(staged(&path, &bytes).map_err(failed)?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let after = text.as_ref().map(|text| staged(&path, text.as_bytes())).transpose().map_err(failed)?;
        all.push((path, before, after));
    }
    let mut done: Vec<(PathBuf, Option<NamedTempFile>)> = Vec::new();
    for (path, before, after) in all {
        if let Err(error) = put(&path, after) {
            let mut outcome = "nothing was".to_owned();
            for (path, before) in done {
                if let Err(error) = put(&path, before) {
                    outcome = format!(
                        "{} was, and cannot be restored: {error}; restore it from git",
                        path.display()
                    );
                }
            }
            return Err(
                anyhow!(error).context(format!("{}: it cannot be written; {outcome}", path.display()))
            );
        }
        done.push((path, before));
    }
    Ok(())
}

/// A temporary file beside the one that it may replace.
fn staged(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut temporary = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    temporary.write_all(bytes)?;
    #[cfg(unix)]
    fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    Ok(temporary)
}

fn put(path: &Path, staged: Option<NamedTempFile>) -> io::Result<()> {
    match staged {
        Some(staged) => staged.persist(path).map(drop).map_err(|error| error.error),
        None => fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::write;

    #[test]
    fn where_one_file_cannot_be_replaced_all_others_are_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let files = || {
            let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
            let mut files: Vec<_> =
                names.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
            files.sort();
            files
        };
        for name in ["changed", "removed"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let before = files();
        let mut changes: Vec<_> =
            [("changed", Some("x")), ("new", Some("y")), ("removed", None), ("absent", None)]
                .map(|(name, text)| (PathBuf::from(name), text.map(str::to_owned)))
                .into();
        let error = format!("{:#}", write(folder.path(), &changes).unwrap_err());
        assert!(error.contains("absent: it cannot be written; nothing was"), "{error}");
        assert_eq!(files(), before);

        changes.pop();
        write(folder.path(), &changes).unwrap();
        let now: Vec<_> = files().into_iter().map(|(_, text)| text).collect();
        assert_eq!(now, ["x", "y"]);
    }
}
