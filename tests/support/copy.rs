//! The crate with other documents, compiled as a user compiles it.
#![allow(dead_code, unreachable_pub, reason = "each test file mounts it and uses another part")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A copy of the crate in which the document is swapped. There is one, for one test at a time: cargo
/// takes copies of a package for the same one, and shares what it has built.
pub struct Copy {
    root: PathBuf,
    _lock: fs::File,
}

impl Copy {
    pub fn with(documents: &[(&str, String)]) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let here = here.ancestors().find(|folder| folder.join("openapi").is_dir()).unwrap();
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let lock = fs::File::create(scratch.join("copy.lock")).unwrap();
        lock.lock().unwrap();
        let root = scratch.join("copy");
        let _ = fs::remove_dir_all(&root);
        fs::create_dir(&root).unwrap();
        for part in [
            "Cargo.toml",
            "Cargo.lock",
            "README.md",
            "build.rs",
            "codegen",
            "openapi",
            "src",
            "benches",
            "xtask",
        ] {
            copy(&here.join(part), &root.join(part));
        }
        for (file, text) in documents {
            fs::write(root.join(file), text).unwrap();
        }
        Self { root, _lock: lock }
    }

    /// Runs a program that depends on the copy, as a user's does.
    pub fn run(&self, program: &str) -> Output {
        self.cargo("run", program)
    }

    /// Whether a program that depends on the copy compiles.
    pub fn check(&self, program: &str) -> Output {
        self.cargo("check", program)
    }

    fn cargo(&self, command: &str, program: &str) -> Output {
        let user = self.root.join("user");
        fs::create_dir_all(user.join("src")).unwrap();
        fs::copy(self.root.join("Cargo.lock"), user.join("Cargo.lock")).unwrap();
        fs::write(user.join("src/main.rs"), program).unwrap();
        fs::write(
            user.join("Cargo.toml"),
            "[package]\nname = \"user\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\npaypos = { path = \"..\", default-features = false }\n",
        )
        .unwrap();
        Command::new(env!("CARGO"))
            .arg(command)
            .current_dir(user)
            .env("CARGO_TARGET_DIR", self.root.with_extension("target"))
            .env("CARGO_NET_OFFLINE", "true")
            .output()
            .unwrap()
    }
}

/// Copies a file, or a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
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
