//! What is stored: the documents in `openapi/`, and what follows from them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use paypos_codegen::{Api, Document, Generated, generate};

use crate::sources::{self, Sources};

const TABLE: [&str; 2] =
    ["<!-- operations: kept by `cargo xtask spec regenerate` -->", "<!-- end of operations -->"];

/// A file and its text; `None` if it is removed.
pub(crate) type Change = (PathBuf, Option<String>);

pub(crate) struct Store {
    root: PathBuf,
    pub(crate) sources: Sources,
    /// The documents, by file name.
    pub(crate) texts: BTreeMap<String, String>,
}

impl Store {
    /// The store of the workspace that the working directory is in.
    pub(crate) fn open() -> Result<Self> {
        let here = std::env::current_dir()?;
        let root = here.ancestors().find(|folder| folder.join(sources::FILE).is_file());
        let root = root.ok_or_else(|| {
            anyhow!("{} is not here or above; run it within the workspace of paypos", sources::FILE)
        })?;
        let mut texts = BTreeMap::new();
        for path in Document::files(&root.join("openapi"))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            texts.insert(name, read(&path)?);
        }
        Ok(Self { root: root.to_owned(), sources: Sources::parse(&read(&root.join(sources::FILE))?)?, texts })
    }

    pub(crate) fn read(&self, file: &str) -> Result<String> {
        read(&self.root.join(file))
    }

    /// What follows from the stored documents, where something else is stored.
    pub(crate) fn regenerated(&self) -> Result<Vec<Change>> {
        Ok(self.changed(self.derived(&generated(&self.texts)?)?))
    }

    pub(crate) fn derived(&self, generated: &Generated) -> Result<Vec<Change>> {
        let readme = "openapi/README.md";
        let text = self.read(readme)?;
        let [begin, end] = TABLE;
        let cut = text.split_once(begin).and_then(|(head, rest)| Some((head, rest.split_once(end)?.1)));
        let (head, tail) = cut.ok_or_else(|| {
            anyhow!("{readme} has no place for the table; restore the lines {begin:?} and {end:?}")
        })?;
        let table = table(&generated.api);
        Ok(vec![
            (readme.into(), Some(format!("{head}{begin}\n\n{table}\n{end}{tail}"))),
            ("codegen/tests/golden/generated.rs".into(), Some(generated.code.clone())),
        ])
    }

    /// Those of the changes that change something.
    pub(crate) fn changed(&self, mut changes: Vec<Change>) -> Vec<Change> {
        changes.retain(|(file, text)| read(&self.root.join(file)).ok() != *text);
        changes
    }

    /// Writes the changes, with the line ends that each file has. A write that fails half way is undone by git.
    // Guard: changes::files_with_the_line_ends_of_windows_keep_them_and_are_the_same
    pub(crate) fn write(&self, changes: &[Change]) -> Result<()> {
        for (file, text) in changes {
            let path = self.root.join(file);
            let is_windows = fs::read_to_string(&path).is_ok_and(|there| there.contains("\r\n"));
            match text {
                Some(text) if is_windows => fs::write(&path, text.replace('\n', "\r\n")),
                Some(text) => fs::write(&path, text),
                None => fs::remove_file(&path),
            }
            .with_context(|| {
                format!("{}: it cannot be written; undo what was with `git checkout .`", path.display())
            })?;
        }
        Ok(())
    }
}

/// The table of operations in `openapi/README.md`.
fn table(api: &Api) -> String {
    let mut table = "| method | operation | document | headers | request | response |\n".to_owned();
    table.push_str("|---|---|---|---|---|---|\n");
    for (name, operation) in &api.operations {
        let code = |text: &str| format!("`{text}`");
        let body = |body: &Option<String>| body.as_deref().map_or_else(|| "–".to_owned(), code);
        let headers: Vec<_> = operation.headers.iter().map(|header| code(&header.to_string())).collect();
        let cells = [
            code(&format!("{}::{name}", operation.owner().0)),
            code(&operation.route()),
            code(operation.file.rsplit('/').next().unwrap_or_default()),
            headers.join(", "),
            body(&operation.request),
            body(&operation.response),
        ];
        table.extend(["| ", &cells.join(" | "), " |\n"]);
    }
    table
}

pub(crate) fn parse(texts: &BTreeMap<String, String>) -> Result<Vec<Document>> {
    let parse = |(file, text): (&String, &String)| Document::parse(&format!("openapi/{file}"), text);
    Ok(texts.iter().map(parse).collect::<Result<_, _>>()?)
}

pub(crate) fn generated(texts: &BTreeMap<String, String>) -> Result<Generated> {
    Ok(generate(&parse(texts)?)?)
}

/// Reads a file, whatever its line ends.
fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("{}: it cannot be read", path.display()))?;
    Ok(text.replace("\r\n", "\n"))
}
