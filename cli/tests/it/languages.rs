//! The whole flow from other languages, by their standard libraries.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::json;

use crate::{Server, get, post};

const CLIENTS: [[&str; 2]; 2] = [["python3", "python/flow.py"], ["node", "node/flow.mjs"]];

/// Runs a client, with a proxy in its environment that does not exist.
fn run([program, file]: [&str; 2], server: &Server) -> Output {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(file);
    let mut command = Command::new(program);
    command.arg(file).arg(&server.url).env("http_proxy", "http://127.0.0.1:1");
    command.output().expect("the language is installed")
}

#[tokio::test]
async fn other_languages_sell_and_reverse() {
    for client in CLIENTS {
        let output = run(client, &Server::start(&[]));
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("sold and reversed"), "{output:?}");
    }
}

#[tokio::test]
async fn other_languages_follow_no_redirect() {
    for client in CLIENTS {
        for status in [301, 302, 303, 307, 308] {
            let (server, other) = (Server::start(&[]), Server::start(&[]));
            let fault = json!({ "status": status, "headers": { "location": other.url } });
            let (code, problem) = post(server.at("faults"), fault).await;
            assert_eq!(code, 200, "{problem}");
            let output = run(client, &server);
            assert!(!output.status.success(), "{status}: {output:?}");
            assert_eq!(get(other.at("requests")).await["requests"], json!([]), "{status}: {client:?}");
        }
    }
}

#[test]
fn the_python_client_decides_as_the_cases_have_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file = root.join("examples/python/decide.py");
    let output = Command::new("python3").arg(file).arg(root.join("tests/cases")).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    let count = stdout.split(' ').find_map(|word| word.parse::<usize>().ok()).unwrap();
    assert!(count > 100, "{stdout}");
}
