#!/usr/bin/env bash
# serde 1.0.228, rmp-serde 1.3.0.
#
# `Serializer::is_human_readable` is how a type chooses between text and a compact form. MessagePack says no. But within
# an internally tagged enum, and with `flatten`, serde puts a serializer of its own between the type and the format, and
# that one says yes, in both directions. So a type that chooses is written as text there, and as bytes everywhere else.
#
# One would have guessed: the answer is the format's, wherever in a value the type stands.
# It matters to whoever stores such a type: what reads it must accept both forms in one format.
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
rmp-serde = "=1.3.0"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Says what it is told.
#[derive(Debug)]
struct Told(&'static str);

fn told(is_human_readable: bool) -> &'static str {
    if is_human_readable { "for people" } else { "for machines" }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let said = told(serializer.is_human_readable());
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("written", said)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let said = told(deserializer.is_human_readable());
        serde::de::IgnoredAny::deserialize(deserializer)?;
        Ok(Told(said))
    }
}

#[derive(Serialize, Deserialize)]
struct Field { value: Told }

#[derive(Serialize, Deserialize)]
struct Flattened { number: u8, #[serde(flatten)] value: Told }

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged { One(Told) }

fn main() {
    let written = |bytes: Vec<u8>| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if text.contains("for people") { "for people" } else { "for machines" }
    };
    let to_vec = |bytes: Result<Vec<u8>, rmp_serde::encode::Error>| bytes.unwrap();
    println!("alone: {}", written(to_vec(rmp_serde::to_vec_named(&Told("")))));
    println!("in a field: {}", written(to_vec(rmp_serde::to_vec_named(&Field { value: Told("") }))));
    println!("flattened: {}", written(to_vec(rmp_serde::to_vec_named(&Flattened { number: 1, value: Told("") }))));
    let tagged = to_vec(rmp_serde::to_vec_named(&Tagged::One(Told(""))));
    println!("as a tagged variant: {}", written(tagged.clone()));
    let Tagged::One(read) = rmp_serde::from_slice(&tagged).unwrap();
    println!("read as a tagged variant: {}", read.0);
    let field = to_vec(rmp_serde::to_vec_named(&Field { value: Told("") }));
    println!("read in a field: {}", rmp_serde::from_slice::<Field>(&field).unwrap().value.0);
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
expected='alone: for machines
in a field: for machines
flattened: for people
as a tagged variant: for people
read as a tagged variant: for people
read in a field: for machines'
echo "$seen"
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
