#!/usr/bin/env bash
# serde 1.0.228, serde_json 1.0.145.
#
# A field `effect: Option<Effect>` with `#[serde(flatten)]` is None where no member of the object is one of the enum's. It
# is None as well where such a member is there and its value is of another type: the error is dropped, and so is the
# member, which no later field sees. Without the Option, or without flatten, the same input is an error that names it.
#
# One would have guessed: an Option makes a value that is missing None, and leaves one that is wrong an error.
# It matters to whoever reads commands so: `{"status": "503"}` is taken for a command without an effect.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
serde = { version = "=1.0.228", features = ["derive"] }
serde_json = "=1.0.145"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
enum Effect {
    Status(u16),
    DelayMs(u64),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Optional {
    #[serde(flatten)]
    effect: Option<Effect>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Required {
    #[serde(flatten)]
    effect: Effect,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Nested {
    effect: Option<Effect>,
}

fn read<T: DeserializeOwned + std::fmt::Debug>(what: &str, json: &str) {
    match serde_json::from_str::<T>(json) {
        Ok(read) => println!("{what}: {read:?}"),
        Err(error) => println!("{what}: error: {error}"),
    }
}

fn main() {
    read::<Optional>("optional, right", r#"{"status": 503}"#);
    read::<Optional>("optional, wrong", r#"{"status": "503"}"#);
    read::<Required>("required, wrong", r#"{"status": "503"}"#);
    read::<Nested>("nested, wrong", r#"{"effect": {"status": "503"}}"#);
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
expected='optional, right: Optional { effect: Some(Status(503)), rest: {} }
optional, wrong: Optional { effect: None, rest: {} }
required, wrong: error: invalid type: string "503", expected u16 at line 1 column 17
nested, wrong: error: invalid type: string "503", expected u16 at line 1 column 27'
echo "$seen"
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
