#!/usr/bin/env bash
# typify 0.8.0, serde 1.0.228, serde_json 1.0.150.
#
# An optional property becomes an `Option`, which is left out while it is None, and takes null. With a `default`, it
# becomes a plain field: a value that is built without it sends the default, a value that is read and written gains a
# member, and null is an error, which it is not beside the property without a default.
#
# One would have guessed: in a request, a default is what the server does when the member is missing, so it is not sent.
# It matters to whoever pays by a generated client: a server that changes its default, or treats "missing" and "said
# explicitly" apart, is told what nobody chose.
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
serde_json = "=1.0.150"
typify = "=0.8.0"
TOML
cat >"$folder/schema.json" <<'JSON'
{
  "title": "Sale",
  "type": "object",
  "required": ["amount"],
  "properties": {
    "amount": { "type": "integer" },
    "instalments": { "type": "integer", "default": 0 },
    "kind": { "type": "string", "default": "sale" },
    "note": { "type": "string" }
  }
}
JSON
cat >"$folder/src/main.rs" <<'RUST'
typify::import_types!(schema = "schema.json", struct_builder = true);

fn read(what: &str, json: &str) {
    match serde_json::from_str::<Sale>(json) {
        Ok(sale) => println!("{what}: {}", serde_json::to_string(&sale).unwrap()),
        Err(error) => println!("{what}: error: {error}"),
    }
}

fn main() {
    let built: Sale = Sale::builder().amount(1).try_into().unwrap();
    println!("built: {}", serde_json::to_string(&built).unwrap());
    read("read and written", r#"{"amount":1}"#);
    read("null without a default", r#"{"amount":1,"note":null}"#);
    read("null with a default", r#"{"amount":1,"kind":null}"#);
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
expected='built: {"amount":1,"instalments":0,"kind":"sale"}
read and written: {"amount":1,"instalments":0,"kind":"sale"}
null without a default: {"amount":1,"instalments":0,"kind":"sale"}
null with a default: error: invalid type: null, expected a string at line 1 column 23'
echo "$seen"
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
