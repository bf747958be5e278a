//! What it costs to depend on the crate: the CPU seconds of a clean build, beside reqwest and serde alone, and
//! beside a client that progenitor generates from the same documents without this crate.
//!
//! `cargo bench --package paypos --bench consumer` builds each into an empty target directory, with the versions of
//! `Cargo.lock` and the features that progenitor's documentation has.

use std::{env, fs, path::Path, process::Command};

const REQWEST: &str = r#"
[dependencies]
reqwest = { version = "0.13", features = ["json", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"#;

const PROGENITOR: &str = r#"
progenitor-client = "0.15"
[build-dependencies]
prettyplease = "0.3"
progenitor = "0.15"
serde_json = "1"
syn = "3"
"#;

const PAYPOS: &str = concat!("[dependencies]\npaypos.path = '", env!("CARGO_MANIFEST_DIR"), "'\n");

/// What progenitor needs and Paynet's documents lack is added: `operationId`, and descriptions of responses.
const BUILD: &str = r#"
use std::{env, fs, path::Path};

fn main() {
    let mut code = String::new();
    for file in fs::read_dir(env::var("DOCUMENTS").unwrap()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let mut document: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for item in document["paths"].as_object_mut().unwrap().values_mut() {
            item["post"]["operationId"] = "call".into();
            for response in item["post"]["responses"].as_object_mut().unwrap().values_mut() {
                response["description"] = "".into();
            }
        }
        let document = serde_json::from_value(document).unwrap();
        let tokens = progenitor::Generator::default().generate_tokens(&document).unwrap();
        let text = prettyplease::unparse(&syn::parse2(tokens).unwrap());
        let module = path.file_stem().unwrap().to_str().unwrap().replace('-', "_");
        code += &format!("pub mod {module} {{\n{text}\n}}\n");
    }
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("generated.rs"), code).unwrap();
}
"#;

/// Builds a package outside of this workspace, and returns the CPU seconds: what the shell counts of its children.
fn build(name: &str, dependencies: &str, build_script: &str, code: &str) -> f64 {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("consumers").join(name);
    let _ = fs::remove_dir_all(&package);
    fs::create_dir_all(package.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = 'consumer-{name}'\nversion = '0.0.0'\nedition = '2024'\n{dependencies}[workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    fs::write(package.join("src/lib.rs"), code).unwrap();
    if !build_script.is_empty() {
        fs::write(package.join("build.rs"), build_script).unwrap();
    }
    let output = Command::new("sh")
        .args(["-c", "cargo build --quiet && times"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env("DOCUMENTS", root.join("openapi"))
        .env("RUSTC_WRAPPER", "")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let _ = fs::remove_dir_all(package);
    // The second line is of the children: user and system, as in `1m2.50s 0m3.20s`.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seconds = |time: &str| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    let seconds = text.lines().nth(1).unwrap().split_whitespace().map(seconds).sum();
    println!("clean build, {name}: {seconds:.1} CPU seconds");
    seconds
}

fn main() {
    // `cargo test --benches` only runs it.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    if cfg!(not(unix)) {
        return println!("CPU seconds are counted by a Unix shell: nothing is measured");
    }
    let generated = "include!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));";
    let paypos = build("paypos", PAYPOS, "", "pub use paypos::Client;");
    let reqwest = build("reqwest", REQWEST, "", "pub use reqwest::Client;");
    let progenitor = build("progenitor", &format!("{REQWEST}{PROGENITOR}"), BUILD, generated);
    println!(
        "ratio: paypos to reqwest and serde {:.2}, to progenitor {:.2}",
        paypos / reqwest,
        paypos / progenitor
    );
}
