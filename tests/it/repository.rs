//! What is said of the crate in several places is the same in all of them, and `src/` has Rust only.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The names that lines of a section begin with, after `before` and up to `after`.
fn listed(text: &str, section: &str, end: &str, before: &str, after: &str) -> BTreeSet<String> {
    let (_, rest) = text.split_once(section).expect("the section");
    let lines = rest.split(end).next().unwrap_or_default().lines();
    lines
        .filter_map(|line| Some(line.strip_prefix(before)?.split_once(after)?.0.to_owned()))
        .filter(|name| !name.starts_with('#') && name != "default")
        .collect()
}

#[test]
fn the_features_of_the_documents_are_those_of_the_manifest() {
    let read = |file| fs::read_to_string(file).unwrap();
    let features = listed(&read("Cargo.toml"), "\n[features]\n", "\n[", "", " = [");
    assert!(features.contains("rustls") && features.contains("test-util"), "{features:?}");
    assert_eq!(listed(&read("src/lib.rs"), "//! # Features\n", "#![", "//! - `", "`"), features);
    assert_eq!(listed(&read("README.md"), "\n## Environments and TLS\n", "\n## ", "| `", "`"), features);
}

#[test]
fn src_has_rust_only() {
    for entry in fs::read_dir("src").unwrap() {
        let path = entry.unwrap().path();
        assert!(path.extension().is_some_and(|extension| extension == "rs"), "{}", path.display());
    }
}

/// The files below a folder, in any folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_test_that_a_guard_names_is_there() {
    let packages = [".", "codegen", "simulator", "cli", "xtask", "examples/backend", "tests/tls"];
    let below = |name: &str| -> Vec<PathBuf> {
        packages
            .iter()
            .map(|package| Path::new(package).join(name))
            .flat_map(|folder| files(&folder))
            .collect()
    };
    let tests = below("tests");
    let is_there = |guard: &str| {
        if let Some(case) = guard.strip_prefix("cases/") {
            return tests.iter().any(|path| {
                path.parent().unwrap().ends_with("tests/cases")
                    && path.file_name().unwrap().to_str().unwrap().starts_with(case)
            });
        }
        let (module, test) =
            guard.split_once("::").unwrap_or_else(|| panic!("{guard}: expected module::test"));
        let is_module = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == module);
        let module: String =
            tests.iter().filter(is_module).map(|path| fs::read_to_string(path).unwrap()).collect();
        module.contains(&format!("fn {test}("))
    };
    let mut guards = 0;
    for path in below("src") {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for guard in text.lines().filter_map(|line| line.trim().strip_prefix("// Guard: ")) {
            assert!(is_there(guard), "{}: there is no test {guard}", path.display());
            guards += 1;
        }
    }
    assert!(guards > 100, "{guards}");
}
