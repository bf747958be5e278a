#!/usr/bin/env bash
# typify 0.8.0, uuid 1.18.1, chrono 0.4.42, serde_json 1.0.150.
#
# A string of `format: uuid` becomes a `Uuid`, and one of `format: date-time` a `DateTime<Utc>`. What a server has sent is
# read, and is written in another form: capital letters become small ones, an id without hyphens gets them, and a time
# loses its offset.
#
# One would have guessed: a format checks a string, and what was read is what is sent back.
# It matters to whoever is given a payment's id and asks for that payment: a server that compares ids letter for letter
# knows no such payment, and a day in local time may be the day before in UTC.
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
chrono = { version = "=0.4.42", features = ["serde"] }
serde = { version = "1", features = ["derive"] }
serde_json = "=1.0.150"
typify = "=0.8.0"
uuid = { version = "=1.18.1", features = ["serde"] }
TOML
cat >"$folder/schema.json" <<'JSON'
{
  "title": "Payment",
  "type": "object",
  "required": ["id"],
  "properties": {
    "id": { "type": "string", "format": "uuid" },
    "paid_at": { "type": "string", "format": "date-time" }
  }
}
JSON
cat >"$folder/src/main.rs" <<'RUST'
typify::import_types!(schema = "schema.json");

fn main() {
    for json in [
        r#"{"id":"8C1F9F2E-6F0E-4A54-8D2C-2F9A3C1B7E10"}"#,
        r#"{"id":"8c1f9f2e6f0e4a548d2c2f9a3c1b7e10"}"#,
        r#"{"id":"8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10","paid_at":"2026-12-01T01:30:00+03:00"}"#,
    ] {
        let payment: Payment = serde_json::from_str(json).unwrap();
        println!("{json} is {}", serde_json::to_string(&payment).unwrap());
    }
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
echo "$seen"
expected='{"id":"8C1F9F2E-6F0E-4A54-8D2C-2F9A3C1B7E10"} is {"id":"8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10"}
{"id":"8c1f9f2e6f0e4a548d2c2f9a3c1b7e10"} is {"id":"8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10"}
{"id":"8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10","paid_at":"2026-12-01T01:30:00+03:00"} is {"id":"8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10","paid_at":"2026-11-30T22:30:00Z"}'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
