//! The whole flow from other languages, by their standard libraries.

use std::{path::Path, process::Command};

use crate::Server;

fn runs(program: &str, file: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(file);
    let lines = std::fs::read_to_string(&file).unwrap().lines().count();
    assert!(lines <= 40, "{lines} lines");
    let server = Server::start(&[]);
    let output =
        Command::new(program).arg(file).arg(&server.url).output().expect("the language is installed");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("sold and reversed"), "{output:?}");
}

#[test]
fn python_sells_and_reverses() {
    runs("python3", "python/flow.py");
}

#[test]
fn node_sells_and_reverses() {
    runs("node", "node/flow.mjs");
}
