//! `cargo xtask spec` as a maintainer runs it, on a copy of what it works on.

mod changes;
mod compiles;
mod forms;
mod network;
mod pages;
mod propose;
mod rehearsal;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The documents by the names of their files.
type Documents = BTreeMap<String, Value>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The documents that the tests change: those of one day, whatever Paynet publishes since.
fn documents() -> Documents {
    documents_of("codegen/tests/fixtures")
}

/// The documents of a folder.
fn documents_of(folder: &str) -> Documents {
    let mut documents = Documents::new();
    for entry in fs::read_dir(repository().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            documents.insert(name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap());
        }
    }
    documents
}

/// A page in the shape that Paynet publishes: prose, a quote, and each document in a fenced block of one line.
fn page<S: AsRef<str>>(documents: &[S]) -> String {
    let mut page = String::from(
        "> For the complete index, see [llms.txt](/llms.txt).\n\n# An operation\n\n\
         This page describes an operation, which requires a `session_key`.\n\n\
         {% hint style=\"info\" %}\nKeep it secret.\n{% endhint %}\n\n\
         ```json\n{\"payment_session_id\":\"an example and not a document\"}\n```\n\n",
    );
    for document in documents {
        page.push_str("## POST /v1/softpos/an\\_operation\n\n> An operation\n\n```json\n");
        page.push_str(document.as_ref());
        page.push_str("\n```\n\n");
    }
    page
}

/// Copies a file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A copy of what the tool works on.
struct Workspace(TempDir);

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Workspace {
    /// With the documents that the tests change, as published.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for part in ["openapi/README.md", "src", "codegen/tests/golden"] {
            let to = folder.path().join(part);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            copy(&repository().join(part), &to);
        }
        let mut sources = Vec::new();
        for (file, document) in documents() {
            let text = fs::read_to_string(repository().join("codegen/tests/fixtures").join(&file)).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
            let page = file.replace(".json", ".md");
            sources.push(format!(
                "[[document]]\nfile = \"{file}\"\npage = \"https://docs.iyzico.com/en/{page}\"\ntranscribed = \"2026-08-14\"\n\n"
            ));
            fs::write(folder.path().join("openapi").join(file), text).unwrap();
        }
        fs::write(folder.path().join("openapi/sources.toml"), sources.concat()).unwrap();
        fs::write(folder.path().join("CHANGELOG.md"), "# Changelog\n\n## 0.1.0\n\nThe first version.\n")
            .unwrap();
        fs::write(folder.path().join("Cargo.toml"), "[package]\nversion = \"0.1.0\"\n").unwrap();
        let workspace = Self(folder);
        assert_eq!(workspace.spec(&["regenerate"]).code, 0);
        workspace
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a page for each document, under the name in `openapi/sources.toml`.
    fn write_pages(&self, documents: &Documents) -> Vec<String> {
        let write = |(file, document): (&String, &Value)| {
            self.write(&file.replace(".json", ".md"), page(&[document.to_string()]))
        };
        documents.iter().map(write).collect()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::create_dir_all(self.path().join("pages")).unwrap();
        let file = format!("pages/{name}");
        fs::write(self.path().join(&file), text).unwrap();
        file
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    /// Every file with its content.
    fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut contents = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    contents.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        contents
    }

    fn spec(&self, arguments: &[&str]) -> Ran {
        self.spec_with(arguments, "", |_| ())
    }

    fn spec_with(&self, arguments: &[&str], stdin: &str, configure: impl FnOnce(&mut Command)) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("spec").args(arguments).current_dir(self.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        configure(&mut command);
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `spec` with every page after a change, and the report for people.
    fn report(&self, command: &str, change: impl FnOnce(&mut Documents)) -> Ran {
        let mut documents = documents();
        change(&mut documents);
        let pages = self.write_pages(&documents);
        let arguments: Vec<_> = [command].into_iter().chain(pages.iter().map(String::as_str)).collect();
        self.spec(&arguments)
    }
}
