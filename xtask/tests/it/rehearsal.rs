//! What Paynet may publish next, stored in a copy of the repository by the command alone: the README's test command
//! passes there. Takes minutes; `.ci/run --all` runs it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{copy, repository};

/// Copies of the packages are the same ones to cargo, and so have a target folder of their own.
fn clone() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rehearsal");
    let _ = fs::remove_dir_all(&root);
    let tracked = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output()
        .unwrap();
    for file in String::from_utf8(tracked.stdout).unwrap().split_terminator('\0') {
        let to = root.join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        copy(&repository().join(file), &to);
    }
    take_what_is_built(&root);
    root
}

/// Takes what cargo has built of others' packages, which takes minutes.
fn take_what_is_built(root: &Path) {
    let (from, to) =
        (Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug"), target(root).join("debug"));
    let _ = fs::remove_dir_all(&to);
    fs::create_dir_all(&to).unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .args([".fingerprint", "build", "deps"].map(|folder| from.join(folder)))
        .arg(&to)
        .status()
        .unwrap();
    assert!(copied.success());
    for built in fs::read_dir(to.join(".fingerprint")).unwrap() {
        let built = built.unwrap();
        let name = built.file_name().into_string().unwrap();
        if name.starts_with("paypos") || name.starts_with("xtask") {
            fs::remove_dir_all(built.path()).unwrap();
        }
    }
}

fn target(root: &Path) -> PathBuf {
    root.with_extension("target")
}

/// Runs a command line in the copy; returns whether it succeeded, and all that it said.
fn run(root: &Path, command: &str) -> (bool, String) {
    let mut words = command.split(' ');
    let output = Command::new(words.next().unwrap())
        .args(words)
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target(root))
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    (output.status.success(), said)
}

#[track_caller]
fn assert_runs(root: &Path, command: &str) -> String {
    let (succeeded, said) = run(root, command);
    let noise = ["   Compiling", "  Downloaded", "test "];
    let told = said.lines().filter(|line| !noise.iter().any(|noise| line.starts_with(noise)));
    assert!(succeeded, "`{command}` fails:\n{}", told.collect::<Vec<_>>().join("\n"));
    said
}

/// Changes a stored document, and writes it as a page would have it.
fn publish(root: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(root.join("openapi").join(file)).unwrap();
    let mut document = serde_json::from_str(&text).unwrap();
    change(&mut document);
    fs::create_dir_all(root.join("pages")).unwrap();
    fs::write(root.join("pages").join(file), document.to_string()).unwrap();
}

fn post(document: &mut Value) -> &mut Value {
    document["paths"].as_object_mut().unwrap().values_mut().next().unwrap().get_mut("post").unwrap()
}

/// Puts a text before the first occurrence of another.
fn insert(root: &Path, file: &str, before: &str, text: &str) {
    let path = root.join(file);
    let whole = fs::read_to_string(&path).unwrap();
    let (head, tail) = whole.split_once(before).unwrap();
    fs::write(path, format!("{head}{text}{before}{tail}")).unwrap();
}

#[test]
#[ignore = "builds and tests a copy of the repository"]
fn an_ordinary_update_is_green_and_so_is_the_worked_case_by_its_steps() {
    let root = clone();
    publish(&root, "refund-cancel.json", |document| {
        let properties = &mut document["components"]["schemas"]["InitReversalRequest"]["properties"];
        properties["branch_no"] =
            json!({ "type": "string", "nullable": true, "description": "Branch of the `agent_id`." });
        properties["share"] = json!({ "type": "decimal", "minimum": "0" });
        // No validator takes it, and the simulator starts all the same.
        properties["reference_no"]["pattern"] = json!("/^[0-9]{4}$/i[");
        properties["xact_id"]["nullable"] = json!(true);
        let refusal = post(document)["responses"]["400"].clone();
        post(document)["responses"]["401"] = refusal;
        post(document)["operationId"] = json!("startReversal");
    });
    publish(&root, "initialize-payment.json", |document| {
        let properties = &mut document["components"]["schemas"]["InitSaleRequest"]["properties"];
        properties["channel"] = json!({ "type": "string", "enum": ["web", "app"], "default": "app" });
        properties["amount"]["description"] = json!("The amount, e.g.\n\n```\n100.00\n```\n\n    [or](this)");
        properties["amount"]["minimum"] = json!(0.01);
        properties["amount"]["multipleOf"] = json!(0.01);
        properties["amount"]["nullable"] = json!(true);
    });
    publish(&root, "retrieve-payment.json", |document| {
        let properties = &mut document["components"]["schemas"]["Transaction"]["properties"];
        properties["terminal_id"] = json!({ "type": "string" });
        properties["installments"] = json!({ "type": "List", "items": { "type": "Integer" } });
        properties["currency"]["enum"] = json!(["TRY", "USD"]);
        let content = &mut post(document)["responses"]["200"]["content"];
        *content = json!({ "application/json; charset=utf-8": content["application/json"] });
    });
    let pages = "pages/refund-cancel.json pages/initialize-payment.json pages/retrieve-payment.json";
    let report = assert_runs(&root, &format!("cargo xtask spec update {pages}"));
    assert!(
        report.contains("Compatible:") && !report.contains("Needs") && !report.contains("Breaks"),
        "{report}"
    );
    assert_runs(&root, "cargo test");

    worked_case(&root);
}

/// The steps of CONTRIBUTING, with the code that it shows.
fn worked_case(root: &Path) {
    let contributing = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let (_, case) = contributing.split_once("### A worked case").unwrap();
    let code: Vec<_> = case
        .split("```rust,ignore")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().replace("\n   ", "\n"))
        .collect();
    let [row, method, line] = code.as_slice() else { panic!("the worked case has {} blocks", code.len()) };

    publish(root, "refund-cancel.json", |document| {
        let item = document["paths"]["/v1/softpos/init_reversal_transaction"].clone();
        document["paths"]["/v1/softpos/init_void_transaction"] = item;
        let properties = &mut document["components"]["schemas"]["InitReversalRequest"]["properties"];
        properties["reason"] = json!({ "type": "string" });
    });
    let report = assert_runs(root, "cargo xtask spec update pages/refund-cancel.json");
    assert!(report.contains("add `Session::init_void_transaction` to src/session.rs"), "{report}");
    let (succeeded, said) = run(root, "cargo test --package paypos --test it");
    let sentence =
        "the documents have `init_void_transaction`; add `Session::init_void_transaction`, and call it here";
    assert!(!succeeded && said.contains(sentence), "{said}");

    insert(root, "codegen/src/rules.rs", "];\n\nfn known", row);
    insert(root, "src/session.rs", "    /// Returns the transactions of a payment session:", method);
    insert(root, "tests/it/support/operations.rs", "            \"logout\" =>", line);
    assert_runs(root, "cargo fmt --all");
    assert_runs(root, "cargo xtask spec regenerate");
    // The others have been tried above, and nothing of them is changed by hand.
    assert_runs(root, "cargo test --package paypos --package paypos-codegen --package paypos-simulator");
}
