//! What is stored in `openapi/`, and what would be stored after reading pages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use heck::ToKebabCase;
use paypos_codegen::{Document, join};
use time::OffsetDateTime;

use crate::{
    diff::{Difference, Release, diff},
    page::{Found, Pages, pages_below},
    report,
    snapshot::Snapshot,
    sources::{self, Sources},
    statements::Statements,
};

const TABLE: [&str; 2] =
    ["<!-- operations: kept by `cargo xtask spec regenerate` -->", "<!-- end of operations -->"];

/// A file and its text; none, if it is removed.
pub(crate) type Change = (PathBuf, Option<String>);

/// The name of a file in `openapi/`, and what it is to have; none, if it is removed.
type Placed = (String, Option<Found>);

/// What an update would do.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) differences: Vec<Difference>,
    /// What the changelog says was unreleased before.
    pub(crate) unreleased: Option<Release>,
    /// What else there is to know.
    pub(crate) notices: Vec<String>,
    /// Why a page is not stored.
    pub(crate) refused: Vec<String>,
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

    /// What would follow from these pages. Nothing is written. A page that cannot be used stops no other.
    pub(crate) fn plan(mut self, pages: Pages, is_all: bool) -> Result<Plan> {
        let stored = parse(&self.texts)?;
        let old = Snapshot::of(&stored)?;
        let mut plan = Plan { refused: pages.refused, notices: pages.set_aside, ..Plan::default() };
        let found = of_these_servers(pages.found, &stored, &mut plan);
        let chosen = self.choose(found, &mut plan);
        let placed = self.place(chosen, &stored, &mut plan);
        let (new, accepted) = self.accept(placed, &mut plan)?;
        let today = OffsetDateTime::now_utc().date().to_string();
        let mut texts = self.texts.clone();
        for (file, found) in accepted {
            let Some(found) = found else {
                texts.remove(&file);
                self.sources.remove(&file);
                continue;
            };
            let digest = sources::sha256(&found.text);
            let known = self.sources.all().into_iter().find(|source| source.file == file);
            let is_recorded = known.as_ref().is_some_and(|source| source.sha256.as_ref() == Some(&digest));
            if !is_recorded || self.texts.get(&file) != Some(&found.text) {
                if found.url.is_none() && known.is_none() {
                    plan.notices.push(format!(
                        "{}: it is stored without an address, and is not read again until openapi/{file} has a `page` \
                         in {}",
                        found.page,
                        sources::FILE
                    ));
                }
                self.sources.record(&file, found.url.as_deref(), &digest, &today);
                texts.insert(file, found.text);
            }
        }
        if is_all {
            self.look_for_new_pages(pages.index.as_deref(), &mut plan);
        }
        if texts == self.texts && self.sources.text() == read(&self.root.join(sources::FILE))? {
            return Ok(plan);
        }
        plan.differences = diff(&old, &new);
        for file in self.texts.keys().chain(texts.keys()).collect::<BTreeSet<_>>() {
            plan.changes.push((Path::new("openapi").join(file), texts.get(file).cloned()));
        }
        plan.changes.push((sources::FILE.into(), Some(self.sources.text())));
        plan.changes.extend(self.derived(&new)?);
        let changelog = read(&self.root.join("CHANGELOG.md"))?;
        plan.unreleased = report::unreleased(&changelog);
        if plan.differences.iter().any(|difference| difference.release > Release::None) {
            let changelog = report::changelog(&changelog, &plan.differences, &today)?;
            plan.changes.push(("CHANGELOG.md".into(), Some(changelog)));
        }
        self.retain_changed(&mut plan.changes);
        Ok(plan)
    }

    /// What can be generated from: all of it, or else each that can be by itself.
    fn accept(&self, placed: Vec<Placed>, plan: &mut Plan) -> Result<(Snapshot, Vec<Placed>)> {
        let with = |texts: &BTreeMap<String, String>, placed: &[Placed]| {
            let mut texts = texts.clone();
            for (file, found) in placed {
                match found {
                    Some(found) => drop(texts.insert(file.clone(), found.text.clone())),
                    None => drop(texts.remove(file)),
                }
            }
            texts
        };
        if let Ok(snapshot) = parse(&with(&self.texts, &placed)).and_then(|all| Snapshot::of(&all)) {
            return Ok((snapshot, placed));
        }
        let mut accepted = Vec::new();
        let mut texts = self.texts.clone();
        for one in placed {
            let tried = with(&texts, std::slice::from_ref(&one));
            match parse(&tried).and_then(|all| Snapshot::of(&all)) {
                Ok(_) => {
                    texts = tried;
                    accepted.push(one);
                }
                Err(error) => plan.refused.push(format!("{error:#}")),
            }
        }
        Ok((Snapshot::of(&parse(&texts)?)?, accepted))
    }

    /// Reports the pages of the vendor's index that nothing is stored of, once.
    fn look_for_new_pages(&mut self, index: Option<&str>, plan: &mut Plan) {
        let known = self.sources.pages();
        if plan.refused.len() >= known.len() {
            return;
        }
        let Some((index, folder)) = index.zip(sources::folder(&known)) else {
            plan.notices
                .push("no page names the vendor's index: a page that is new would not be seen".to_owned());
            return;
        };
        match pages_below(index, &folder) {
            Err(error) => plan.refused.push(format!("{error:#}")),
            Ok(pages) => {
                for page in pages {
                    if !known.contains(&page) && self.sources.note_seen(&page) {
                        plan.notices.push(format!(
                            "{page}: it is in the vendor's index, and nothing is stored of it; read it with \
                             `cargo xtask spec update {page}`"
                        ));
                    }
                }
            }
        }
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
    /// `sources.toml` names if it is among them. A page that contradicts another is refused as a whole: what is stored
    /// of it stays.
    fn choose(&self, mut found: Vec<Found>, plan: &mut Plan) -> Vec<Found> {
        found.sort_by_key(|found| !self.is_recorded(found));
        let mut chosen: Vec<Found> = Vec::new();
        let mut contradicting = BTreeSet::new();
        for one in found {
            let names = names(&one.document);
            let Some(other) = chosen.iter().find(|other| !names.is_disjoint(&self::names(&other.document)))
            else {
                chosen.push(one);
                continue;
            };
            let (place, other_place) = (&one.document.file, &other.document.file);
            let problem = match difference(&other.document, &one.document) {
                Ok(None) => continue,
                Ok(Some(difference)) if self.is_recorded(other) && !self.is_recorded(&one) => {
                    plan.notices.push(format!(
                        "{place}: it states something else than {other_place}, first at {difference}; {other_place} \
                         is taken: ask Paynet which is right"
                    ));
                    continue;
                }
                Ok(Some(difference)) => format!(
                    "{place}: {other_place} has the same operation, and states something else at {difference}; \
                     give one of them"
                ),
                Err(error) => format!("{error:#}"),
            };
            plan.refused.push(problem);
            contradicting.extend([one.page, other.page.clone()]);
        }
        chosen.retain(|found| !contradicting.contains(&found.page));
        chosen
    }

    /// Whether it is on a page that `sources.toml` names, by its URL or by the file name that it was saved under.
    fn is_recorded(&self, found: &Found) -> bool {
        self.sources.all().iter().any(|source| is_from(source, found))
    }

    /// The file of each document, and the files whose page no longer has them.
    fn place(&self, found: Vec<Found>, stored: &[Document], plan: &mut Plan) -> Vec<Placed> {
        let operations: BTreeMap<_, _> = stored
            .iter()
            .map(|document| {
                (document.file.rsplit('/').next().unwrap_or_default().to_owned(), names(document))
            })
            .collect();
        let mut placed: Vec<Placed> = Vec::new();
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
                _ => plan.refused.push(format!(
                    "{}: its operations are stored in openapi/{}, with others; expected the operations of each \
                     file in one block: join or split the files first",
                    found.document.file,
                    files.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(" and openapi/")
                )),
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
                plan.refused.push(format!(
                    "{}: it is new, and would be stored in openapi/{file}, which has another document; rename that \
                     one, there and in {}",
                    found.document.file,
                    sources::FILE
                ));
                continue;
            }
            placed.push((file, Some(found)));
        }
        placed
    }
}

/// Sets documents of other servers aside, unless they have an operation that is stored: that one has moved.
fn of_these_servers(found: Vec<Found>, stored: &[Document], plan: &mut Plan) -> Vec<Found> {
    let known: BTreeSet<_> = stored.iter().flat_map(|document| document.servers().into_values()).collect();
    let (ours, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| {
        let own = names(&found.document);
        known.is_empty()
            || found.document.servers().values().any(|url| known.contains(url))
            || stored.iter().any(|document| !names(document).is_disjoint(&own))
    });
    plan.notices.extend(others.into_iter().map(|found| {
        let servers: Vec<_> = found.document.servers().into_values().collect();
        format!("{}: it is on {}; it is set aside", found.document.file, servers.join(" and "))
    }));
    ours
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

/// The first place at which two documents state something else.
fn difference(one: &Document, other: &Document) -> Result<Option<String>> {
    let facts = |document| -> Result<_> { Ok(Statements::of(&join(std::slice::from_ref(document))?).facts) };
    let (one, other) = (facts(one)?, facts(other)?);
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    Ok(keys.into_iter().find(|key| one.get(*key) != other.get(*key)).cloned())
}

fn parse(texts: &BTreeMap<String, String>) -> Result<Vec<Document>> {
    let parse = |(file, text): (&String, &String)| Document::parse(&format!("openapi/{file}"), text);
    Ok(texts.iter().map(parse).collect::<Result<_, _>>()?)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{}: it cannot be read", path.display()))
}
