//! What is said of the crate in several places is the same in all of them, and `src/` has Rust only.

use std::{collections::BTreeSet, fs};

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
