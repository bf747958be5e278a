//! Takes pages, and gives what `openapi/` and all that follows from it would be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use heck::ToKebabCase;
use time::OffsetDateTime;

use crate::{
    calls, changelog,
    choose::{Chosen, choose},
    codegen::Document,
    fetch::Page,
    judge::{Release, judge},
    map::{Map, names, quietly},
    plan::{Change, Plan},
    sources::{self, Source, Sources},
    state::{self, State},
};

const TABLE: [&str; 2] =
    ["<!-- operations: kept by `cargo xtask spec renew` -->", "<!-- end of operations -->"];

/// What is stored in `openapi/`, by the name of the file.
pub(crate) struct Store {
    root: PathBuf,
    sources: Sources,
    texts: BTreeMap<String, String>,
}

impl Store {
    /// The store of the workspace that the working directory is in.
    pub(crate) fn open() -> Result<Self> {
        let here = std::env::current_dir()?;
        let root = here.ancestors().find(|folder| folder.join(sources::FILE).is_file());
        let root = root.ok_or_else(|| {
            anyhow!("there is no {} here or above; run it within the workspace of paypos", sources::FILE)
        })?;
        let read = |path: &Path| {
            fs::read_to_string(path).with_context(|| format!("{}: it cannot be read", path.display()))
        };
        let mut texts = BTreeMap::new();
        for entry in fs::read_dir(root.join("openapi"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                texts.insert(name, read(&path)?);
            }
        }
        let sources = Sources::parse(&read(&root.join(sources::FILE))?)?;
        Ok(Self { root: root.to_owned(), sources, texts })
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) fn documents(&self) -> Result<Vec<Document>> {
        parse(&self.texts)
    }

    /// What would follow from these pages. Nothing is written, and an error says why nothing can be.
    pub(crate) fn plan(mut self, pages: Vec<Page>) -> Result<Plan> {
        let stored = self.documents()?;
        let (found, notices) = choose(pages, &stored)?;
        let placed = self.place(found, &stored)?;
        let today = OffsetDateTime::now_utc().date().to_string();
        let mut texts = self.texts.clone();
        for (file, found) in &placed {
            let Some(found) = found else {
                texts.remove(file);
                self.sources.remove(file);
                continue;
            };
            let is_stored = self.sources.all().iter().any(|source| {
                source.file == *file && source.sha256.as_deref() == Some(&*sources::sha256(&found.found.text))
            });
            if !is_stored || self.texts.get(file) != Some(&found.found.text) {
                let page = found.url.as_deref();
                self.sources.record(file, page, &found.found.text, &today);
                texts.insert(file.clone(), found.found.text.clone());
            }
        }
        let mut plan = Plan { changes: Vec::new(), differences: Vec::new(), notices };
        if texts == self.texts && self.sources.text() == self.read(Path::new(sources::FILE))? {
            return Ok(plan);
        }
        let source = state::Source::read(&self.root.join("src"))?;
        let documents = parse(&texts)?;
        let new = quietly(|| State::of(&documents))?;
        let old = quietly(|| State::of(&stored))?;
        plan.differences = quietly(|| judge(&old, &new, &source))?;
        for file in self.texts.keys().chain(texts.keys()).collect::<BTreeSet<_>>() {
            plan.changes.push((Path::new("openapi").join(file), texts.get(file).cloned()));
        }
        plan.changes.push((sources::FILE.into(), Some(self.sources.text())));
        plan.changes.extend(self.derived(&documents, &new.code)?);
        if plan.differences.iter().any(|difference| difference.release > Release::None) {
            let file = Path::new("CHANGELOG.md");
            let text = changelog::with(&self.read(file)?, &plan.differences, &self.version()?, &today)?;
            plan.changes.push((file.to_owned(), Some(text)));
        }
        self.keep_changes(&mut plan.changes);
        Ok(plan)
    }

    /// What follows from the documents as they are stored, where it is not what is there.
    pub(crate) fn renewed(&self) -> Result<Vec<Change>> {
        let documents = self.documents()?;
        let state = quietly(|| State::of(&documents))?;
        let mut changes = self.derived(&documents, &state.code)?;
        self.keep_changes(&mut changes);
        Ok(changes)
    }

    fn derived(&self, documents: &[Document], code: &str) -> Result<Vec<Change>> {
        let readme = Path::new("openapi/README.md");
        let text = self.read(readme)?;
        let [begin, end] = TABLE;
        let cut = text.split_once(begin).and_then(|(head, rest)| Some((head, rest.split_once(end)?.1)));
        let (head, tail) = cut.ok_or_else(|| {
            anyhow!("openapi/README.md has no place for the table; restore the lines {begin:?} and {end:?}")
        })?;
        let table = Map::of(documents)?.markdown();
        Ok(vec![
            (readme.to_owned(), Some(format!("{head}{begin}\n\n{table}\n{end}{tail}"))),
            ("tests/golden/generated.rs".into(), Some(code.to_owned())),
            (calls::FILE.into(), Some(calls::table(documents)?)),
        ])
    }

    fn keep_changes(&self, changes: &mut Vec<Change>) {
        changes.retain(|(file, text)| fs::read_to_string(self.root.join(file)).ok() != *text);
    }

    fn read(&self, file: &Path) -> Result<String> {
        fs::read_to_string(self.root.join(file))
            .with_context(|| format!("{}: it cannot be read", file.display()))
    }

    /// The version of the crate.
    pub(crate) fn version(&self) -> Result<semver::Version> {
        let manifest: toml_edit::DocumentMut = self.read(Path::new("Cargo.toml"))?.parse()?;
        let version = manifest.get("package").and_then(|package| package.get("version"));
        let version = version.and_then(toml_edit::Item::as_str).context("Cargo.toml has no version")?;
        Ok(version.parse()?)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The file of each document that was found, and the files whose page no longer has them.
    fn place(&self, found: Vec<Chosen>, stored: &[Document]) -> Result<Vec<(String, Option<Chosen>)>> {
        let sources = self.sources.all();
        let mut operations = BTreeMap::new();
        for document in stored {
            let file = document.file.rsplit('/').next().unwrap_or_default();
            operations.insert(file.to_owned(), names(document)?);
        }
        let mut placed: Vec<(String, Option<Chosen>)> = Vec::new();
        let mut new = Vec::new();
        let pages: BTreeSet<(String, Option<String>)> =
            found.iter().map(|chosen| (chosen.page.clone(), chosen.url.clone())).collect();
        for chosen in found {
            let files: Vec<_> = operations
                .iter()
                .filter(|(_, there)| !there.is_disjoint(&chosen.names))
                .map(|(file, _)| file.clone())
                .collect();
            match files.as_slice() {
                [] => new.push(chosen),
                [file] => {
                    if let Some((_, Some(other))) = placed.iter().find(|(there, _)| there == file) {
                        bail!(
                            "{}: its operations are stored in openapi/{file}, as those of {} are; \
                             expected them in one block, or the file split by hand first",
                            chosen.found.document.file,
                            other.found.document.file
                        );
                    }
                    placed.push((file.clone(), Some(chosen)));
                }
                files => bail!(
                    "{}: its operations are stored in {}; expected them in one of these, or the files joined by hand first",
                    chosen.found.document.file,
                    files.join(" and ")
                ),
            }
        }
        // What was on a page that was read, and is there no more.
        for (page, url) in pages {
            let lost: Vec<_> = sources
                .iter()
                .filter(|source| is_of(source, &page, url.as_deref()))
                .filter(|source| operations.contains_key(&source.file))
                .filter(|source| !placed.iter().any(|(file, _)| *file == source.file))
                .map(|source| source.file.clone())
                .collect();
            let mut here: Vec<_> = (0..new.len()).filter(|i| new[*i].page == page).collect();
            match (lost.as_slice(), here.as_mut_slice()) {
                // One for one: the operation has another name.
                ([file], [i]) => {
                    let renamed = new.remove(*i);
                    placed.push((file.clone(), Some(renamed)));
                }
                (lost, _) => placed.extend(lost.iter().map(|file| (file.clone(), None))),
            }
        }
        for chosen in new {
            let name = chosen.names.first().map(|name| name.to_kebab_case()).unwrap_or_default();
            let file = format!("{name}.json");
            if operations.contains_key(&file) || placed.iter().any(|(other, _)| *other == file) {
                bail!(
                    "{}: it is new, and would be stored in openapi/{file}, which another document is stored in; \
                     expected that name to be free: rename the other, there and in {}",
                    chosen.found.document.file,
                    sources::FILE
                );
            }
            placed.push((file, Some(chosen)));
        }
        Ok(placed)
    }
}

/// Whether a source is published on a page, by its URL, or by the name of the file that it was saved as.
fn is_of(source: &Source, page: &str, url: Option<&str>) -> bool {
    let address = source.page.as_deref().unwrap_or_default();
    match url {
        Some(url) => address == url,
        None => source.file == page || address.rsplit('/').next().is_some_and(|name| name == page),
    }
}

fn parse(texts: &BTreeMap<String, String>) -> Result<Vec<Document>> {
    let parse = |(file, text): (&String, &String)| Document::parse(&format!("openapi/{file}"), text);
    Ok(texts.iter().map(parse).collect::<Result<_, _>>()?)
}
