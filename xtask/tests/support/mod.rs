//! A copy of what `cargo xtask spec` works on, and pages in the shape that Paynet publishes.
#![allow(dead_code, unreachable_pub, reason = "each test file mounts it and uses another part")]

#[path = "../../../tests/support/copy.rs"]
pub mod copy;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use copy::copy;
use serde_json::Value;
use tempfile::TempDir;

/// The documents by the names of their files.
pub type Documents = BTreeMap<String, Value>;

/// The documents that the tests change: those of one day, whatever Paynet publishes since.
pub fn documents() -> Documents {
    read(&repository().join("tests/documents"))
}

/// The documents that the crate is generated from.
pub fn present() -> Documents {
    read(&repository().join("openapi"))
}

fn read(folder: &Path) -> Documents {
    let mut documents = Documents::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            documents.insert(name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap());
        }
    }
    documents
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A page in the shape that Paynet publishes: prose, a quote, and the document in a fenced block of one line.
pub fn page<S: AsRef<str>>(documents: &[S]) -> String {
    let mut page = String::from(
        "# An operation\n\nThis page tells of an operation, for which a `session_key` is needed.\n\n\
         {% hint style=\"info\" %}\nKeep it secret.\n{% endhint %}\n\n\
         ```json\n{\"payment_session_id\":\"an example and no document\"}\n```\n\n",
    );
    for document in documents {
        page.push_str("## POST /v1/softpos/an\\_operation\n\n> An operation\n\n```json\n");
        page.push_str(document.as_ref());
        page.push_str("\n```\n\n");
    }
    page
}

/// A workspace of its own to work on.
pub struct Workspace(TempDir);

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The report for machines.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }
}

impl Workspace {
    /// With the documents that the tests change.
    pub fn new() -> Self {
        let workspace = Self::present();
        for file in present().keys() {
            fs::remove_file(workspace.path().join("openapi").join(file)).unwrap();
        }
        copy(&repository().join("tests/documents"), &workspace.path().join("openapi"));
        assert_eq!(workspace.spec(&["renew"]).code, 0);
        workspace
    }

    /// With the documents of the repository.
    pub fn present() -> Self {
        let folder = TempDir::new().unwrap();
        for part in ["openapi", "src", "tests/golden"] {
            copy(&repository().join(part), &folder.path().join(part));
        }
        // Whatever is released.
        fs::write(folder.path().join("CHANGELOG.md"), "# Changelog\n\n## 0.1.0\n\nThe first version.\n")
            .unwrap();
        fs::write(folder.path().join("Cargo.toml"), "[package]\nversion = \"0.1.0\"\n").unwrap();
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a page for each document, named as the pages in `openapi/sources.toml` are.
    pub fn write_pages(&self, documents: &Documents) -> Vec<String> {
        let write = |(file, document): (&String, &Value)| {
            self.write(&file.replace(".json", ".md"), page(&[document.to_string()]))
        };
        documents.iter().map(write).collect()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::create_dir_all(self.path().join("pages")).unwrap();
        let file = format!("pages/{name}");
        fs::write(self.path().join(&file), text).unwrap();
        file
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    /// Every file and what it holds.
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
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

    /// Runs `cargo xtask spec` with these arguments.
    pub fn spec(&self, arguments: &[&str]) -> Ran {
        self.spec_with(arguments, "", |_| ())
    }

    pub fn spec_with(&self, arguments: &[&str], stdin: &str, set: impl FnOnce(&mut Command)) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("spec").args(arguments).current_dir(self.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        set(&mut command);
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
