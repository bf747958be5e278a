#!/usr/bin/env bash
# ajv 8.20.0 and @stoplight/prism-cli 5.14.2 (npm), jsonschema 4.26.0 and jsonschema-rs 0.61.2 (PyPI), boon 0.6.0 (crates.io).
#
# A document says of an amount that it has at most two decimals: `multipleOf: 0.01`. Of the 10,000 amounts from 0.01 to
# 100.00, ajv, jsonschema and boon refuse 1,363, among them 0.07, 0.28 and 4.35: they divide in binary floating point, and
# look whether the quotient is whole. jsonschema-rs refuses none. Prism, which validates by ajv, answers a sale of 4.35
# with 422. ajv has an option, `multipleOfPrecision`, which Prism does not set.
#
# One would have guessed: validators of one standard agree on 4.35, and a mock accepts what its document allows.
# It matters to whoever tests payments against such a mock, or describes an amount in this way.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent ajv@8.20.0 @stoplight/prism-cli@5.14.2 >/dev/null
python3 -m venv python
python/bin/pip install --quiet jsonschema==4.26.0 jsonschema-rs==0.61.2
cat >document.json <<'JSON'
{
  "openapi": "3.0.3",
  "info": { "title": "Sales", "version": "1" },
  "paths": {
    "/sale": {
      "post": {
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "type": "object",
                "required": ["amount"],
                "properties": { "amount": { "type": "number", "multipleOf": 0.01 } }
              }
            }
          }
        },
        "responses": { "204": { "description": "Done" }, "422": { "description": "Refused" } }
      }
    }
  }
}
JSON
cat >refused.js <<'JS'
const Ajv = require('ajv')
for (const options of [{}, { multipleOfPrecision: 6 }]) {
  const accepts = new Ajv(options).compile({ type: 'number', multipleOf: 0.01 })
  let refused = 0
  for (let kurus = 1; kurus <= 10000; kurus++) refused += !accepts(Number((kurus / 100).toFixed(2)))
  console.log(`ajv ${JSON.stringify(options)} refuses ${refused}`)
}
JS
cat >refused.py <<'PY'
import jsonschema
import jsonschema_rs

schema = {"type": "number", "multipleOf": 0.01}
for name, validator in [
    ("jsonschema", jsonschema.Draft202012Validator(schema)),
    ("jsonschema-rs", jsonschema_rs.validator_for(schema)),
]:
    amounts = (float(f"{kurus / 100:.2f}") for kurus in range(1, 10001))
    print(name, "refuses", sum(not validator.is_valid(amount) for amount in amounts))
PY
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
boon = "=0.6.0"
serde_json = "1"
TOML
cat >src/main.rs <<'RUST'
use boon::{Compiler, Schemas};
use serde_json::json;

fn main() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("amount.json", json!({ "type": "number", "multipleOf": 0.01 })).unwrap();
    let amount = compiler.compile("amount.json", &mut schemas).unwrap();
    let amounts = (1..=10_000).map(|kurus| format!("{}.{:02}", kurus / 100, kurus % 100).parse::<f64>().unwrap());
    let refused = amounts.filter(|number| schemas.validate(&json!(number), amount).is_err());
    println!("boon refuses {}", refused.count());
}
RUST
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
node_modules/.bin/prism mock --port "$port" document.json >log 2>&1 &
until curl --silent --output /dev/null "http://127.0.0.1:$port/"; do sleep 0.2; done
post() {
    curl --silent --output /dev/null --write-out '%{http_code}' --header 'content-type: application/json' \
        --data "{\"amount\":$1}" "http://127.0.0.1:$port/sale"
}
seen=$(
    node refused.js
    python/bin/python refused.py
    CARGO_TARGET_DIR=target cargo run --quiet
    for amount in 4.35 4.36; do echo "Prism: $amount is $(post "$amount")"; done
)
echo "$seen"
expected='ajv {} refuses 1363
ajv {"multipleOfPrecision":6} refuses 0
jsonschema refuses 1363
jsonschema-rs refuses 0
boon refuses 1363
Prism: 4.35 is 422
Prism: 4.36 is 204'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
