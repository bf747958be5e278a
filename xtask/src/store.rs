//! What is stored in `openapi/`, and what would be stored after reading pages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use heck::ToKebabCase;
use paypos_codegen::{Document, Statements, join};
use time::OffsetDateTime;

use crate::{
    diff::{Difference, Release, Source, diff},
    page::Found,
    report,
    snapshot::Snapshot,
    sources::{self, Sources},
};

const TABLE: [&str; 2] =
    ["<!-- operations: kept by `cargo xtask spec regenerate` -->", "<!-- end of operations -->"];

/// A file and its text; none, if it is removed.
pub(crate) type Change = (PathBuf, Option<String>);

/// What an update would do.
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) differences: Vec<Difference>,
    /// What else there is to know.
    pub(crate) notices: Vec<String>,
}

pub(crate) struct Store {
    root: PathBuf,
    sources: Sources,
    /// The documents, by file name.
    texts: BTreeMap<String, String>,
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
        for entry in fs::read_dir(root.join("openapi"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                texts.insert(name, read(&path)?);
            }
        }
        Ok(Self { root: root.to_owned(), sources: Sources::parse(&read(&root.join(sources::FILE))?)?, texts })
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::of(&parse(&self.texts)?)
    }

    /// The version of the crate.
    pub(crate) fn version(&self) -> Result<semver::Version> {
        let manifest: toml_edit::DocumentMut = read(&self.root.join("Cargo.toml"))?.parse()?;
        let version = manifest.get("package").and_then(|package| package.get("version"));
        Ok(version.and_then(toml_edit::Item::as_str).context("Cargo.toml has no version")?.parse()?)
    }

    /// What would follow from these pages. Nothing is written, and an error says why nothing can be.
    pub(crate) fn plan(mut self, found: Vec<Found>, prose: bool) -> Result<Plan> {
        let stored = parse(&self.texts)?;
        let mut plan = Plan { changes: Vec::new(), differences: Vec::new(), notices: Vec::new() };
        let chosen = self.choose(found, &stored, prose, &mut plan.notices)?;
        let today = OffsetDateTime::now_utc().date().to_string();
        let mut texts = self.texts.clone();
        for (file, found) in self.place(chosen, &stored)? {
            let Some(found) = found else {
                texts.remove(&file);
                self.sources.remove(&file);
                continue;
            };
            let digest = sources::sha256(&found.text);
            let is_recorded = self
                .sources
                .all()
                .iter()
                .any(|source| source.file == file && source.sha256.as_ref() == Some(&digest));
            if !is_recorded || self.texts.get(&file) != Some(&found.text) {
                self.sources.record(&file, found.url.as_deref(), &digest, &today);
                texts.insert(file, found.text);
            }
        }
        if texts == self.texts && self.sources.text() == read(&self.root.join(sources::FILE))? {
            return Ok(plan);
        }
        let (old, new) = (Snapshot::of(&stored)?, Snapshot::of(&parse(&texts)?)?);
        plan.differences = diff(&old, &new, &Source::read(&self.root)?);
        for file in self.texts.keys().chain(texts.keys()).collect::<BTreeSet<_>>() {
            plan.changes.push((Path::new("openapi").join(file), texts.get(file).cloned()));
        }
        plan.changes.push((sources::FILE.into(), Some(self.sources.text())));
        plan.changes.extend(self.derived(&new)?);
        if plan.differences.iter().any(|difference| difference.release > Release::None) {
            let changelog = read(&self.root.join("CHANGELOG.md"))?;
            let changelog = report::changelog(&changelog, &plan.differences, &self.version()?, &today)?;
            plan.changes.push(("CHANGELOG.md".into(), Some(changelog)));
        }
        self.retain_changed(&mut plan.changes);
        Ok(plan)
    }

    /// What follows from the stored documents, where something else is stored.
    pub(crate) fn regenerated(&self) -> Result<Vec<Change>> {
        let mut changes = self.derived(&self.snapshot()?)?;
        self.retain_changed(&mut changes);
        Ok(changes)
    }

    /// Writes the changes. A write that fails half way is undone by git.
    pub(crate) fn write(root: &Path, changes: &[Change]) -> Result<()> {
        for (file, text) in changes {
            let path = root.join(file);
            match text {
                Some(text) => fs::write(&path, text),
                None => fs::remove_file(&path),
            }
            .with_context(|| {
                format!("{}: it cannot be written; undo what was with `git checkout .`", path.display())
            })?;
        }
        Ok(())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn derived(&self, snapshot: &Snapshot) -> Result<Vec<Change>> {
        let readme = Path::new("openapi/README.md");
        let text = read(&self.root.join(readme))?;
        let [begin, end] = TABLE;
        let cut = text.split_once(begin).and_then(|(head, rest)| Some((head, rest.split_once(end)?.1)));
        let (head, tail) = cut.ok_or_else(|| {
            anyhow!("openapi/README.md has no place for the table; restore the lines {begin:?} and {end:?}")
        })?;
        let table = snapshot.table();
        Ok(vec![
            (readme.to_owned(), Some(format!("{head}{begin}\n\n{table}\n{end}{tail}"))),
            ("codegen/tests/golden/generated.rs".into(), Some(snapshot.generated.code.clone())),
        ])
    }

    fn retain_changed(&self, changes: &mut Vec<Change>) {
        changes.retain(|(file, text)| fs::read_to_string(self.root.join(file)).ok() != *text);
    }

    /// Of the documents that were found, those to store. Each operation is taken once, from the page that
    /// `sources.toml` names if it is among them; prose is not replaced from another page, unless asked.
    fn choose(
        &self,
        mut found: Vec<Found>,
        stored: &[Document],
        prose: bool,
        notices: &mut Vec<String>,
    ) -> Result<Vec<Found>> {
        found.sort_by_key(|found| !self.is_recorded(found));
        let mut chosen: Vec<Found> = Vec::new();
        for one in found {
            let names = names(&one.document);
            let place = &one.document.file;
            let new = statements(&one.document)?;
            if let Some(other) = chosen.iter().find(|other| !names.is_disjoint(&self::names(&other.document)))
            {
                let other_statements = statements(&other.document)?;
                let Some(difference) = differing(&other_statements.facts, &new.facts).pop() else {
                    continue;
                };
                let other_place = &other.document.file;
                if self.is_recorded(other) && !self.is_recorded(&one) {
                    notices.push(format!(
                        "{place}: it states something else than {other_place}, first at {difference}; {other_place} \
                         is taken: ask Paynet which is right"
                    ));
                    continue;
                }
                bail!(
                    "{place}: {other_place} has the same operation, and states something else at {difference}; \
                     give one of them"
                );
            }
            let known = stored.iter().find(|known| !names.is_disjoint(&self::names(known)));
            if let Some(known) = known.filter(|_| !prose && !self.is_recorded(&one)) {
                let old = statements(known)?;
                let shared = differing(&old.prose, &new.prose)
                    .into_iter()
                    .filter(|place| old.prose.contains_key(place) && new.prose.contains_key(place))
                    .count();
                let facts = differing(&old.facts, &new.facts);
                match facts.first() {
                    _ if shared == 0 => {}
                    None => {
                        notices.push(format!(
                            "{place}: it states what {} states, in other words, which are not stored; \
                             `--prose` stores them",
                            known.file
                        ));
                        continue;
                    }
                    Some(difference) => bail!(
                        "{place}: it states something else than {}, first at {difference}, and its prose would \
                         replace that of the page in {}; give that page, or `--prose`",
                        known.file,
                        sources::FILE
                    ),
                }
            }
            chosen.push(one);
        }
        Ok(chosen)
    }

    /// Whether it is on a page that `sources.toml` names, by its URL or by the file name that it was saved under.
    fn is_recorded(&self, found: &Found) -> bool {
        self.sources.all().iter().any(|source| is_from(source, found))
    }

    /// The file of each document, and the files whose page no longer has them.
    fn place(&self, found: Vec<Found>, stored: &[Document]) -> Result<Vec<(String, Option<Found>)>> {
        let operations: BTreeMap<_, _> = stored
            .iter()
            .map(|document| {
                (document.file.rsplit('/').next().unwrap_or_default().to_owned(), names(document))
            })
            .collect();
        let mut placed: Vec<(String, Option<Found>)> = Vec::new();
        let mut new = Vec::new();
        // What the pages that were read had before.
        let sources = self.sources.all();
        let before: Vec<_> =
            sources.iter().filter(|source| found.iter().any(|found| is_from(source, found))).collect();
        for found in found {
            let names = names(&found.document);
            let files: Vec<_> = operations
                .iter()
                .filter(|(_, there)| !there.is_disjoint(&names))
                .map(|(file, _)| file)
                .collect();
            match files.as_slice() {
                [] => new.push(found),
                [file] if !placed.iter().any(|(other, _)| other == *file) => {
                    placed.push(((*file).clone(), Some(found)));
                }
                _ => bail!(
                    "{}: its operations are stored in openapi/{}, with others; expected the operations of each \
                     file in one block: join or split the files first",
                    found.document.file,
                    files.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(" and openapi/")
                ),
            }
        }
        for source in before.into_iter().filter(|source| operations.contains_key(&source.file)) {
            if placed.iter().any(|(file, _)| *file == source.file) {
                continue;
            }
            // One new document for one that is gone: the operation has another name.
            let renamed: Vec<_> = (0..new.len()).filter(|i| is_from(source, &new[*i])).collect();
            match renamed.as_slice() {
                [i] => placed.push((source.file.clone(), Some(new.remove(*i)))),
                _ => placed.push((source.file.clone(), None)),
            }
        }
        for found in new {
            let name = names(&found.document).first().map(|name| name.to_kebab_case()).unwrap_or_default();
            let file = format!("{name}.json");
            if operations.contains_key(&file) || placed.iter().any(|(other, _)| *other == file) {
                bail!(
                    "{}: it is new, and would be stored in openapi/{file}, which has another document; rename that \
                     one, there and in {}",
                    found.document.file,
                    sources::FILE
                );
            }
            placed.push((file, Some(found)));
        }
        Ok(placed)
    }
}

/// Whether a document was found where a source is published.
fn is_from(source: &sources::Source, found: &Found) -> bool {
    let address = source.page.as_deref().unwrap_or_default();
    match &found.url {
        Some(url) => address == url,
        None => source.file == found.page || address.rsplit('/').next() == Some(&found.page),
    }
}

fn names(document: &Document) -> BTreeSet<String> {
    document.operations().into_iter().map(|operation| operation.name).collect()
}

fn statements(document: &Document) -> Result<Statements> {
    Ok(Statements::of(&join(std::slice::from_ref(document))?))
}

/// The places at which two maps differ.
fn differing(
    old: &BTreeMap<String, serde_json::Value>,
    new: &BTreeMap<String, serde_json::Value>,
) -> Vec<String> {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    keys.into_iter().filter(|key| old.get(*key) != new.get(*key)).cloned().collect()
}

fn parse(texts: &BTreeMap<String, String>) -> Result<Vec<Document>> {
    let parse = |(file, text): (&String, &String)| Document::parse(&format!("openapi/{file}"), text);
    Ok(texts.iter().map(parse).collect::<Result<_, _>>()?)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{}: it cannot be read", path.display()))
}
