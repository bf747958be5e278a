#!/usr/bin/env bash
# progenitor 0.15.1.
#
# OpenAPI 3 says that `explode: false` writes a list in a query as one parameter, with commas: `states=paid,open`. The
# generated client ignores it, and repeats the parameter, as with `explode: true`. Nothing says so: not the generator,
# and not the generated documentation.
#
# One would have guessed: what the generator does not support is an error when the client is generated, as it is for
# other parts of OpenAPI.
# It matters to whoever filters by such a list: many servers read the first of the parameters, or the last.
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
progenitor = "=0.15.1"
reqwest = { version = "0.13", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["io-util", "macros", "net", "rt"] }
TOML
cat >"$folder/document.json" <<'JSON'
{
  "openapi": "3.0.3",
  "info": { "title": "Payments", "version": "1" },
  "paths": {
    "/payments": {
      "get": {
        "operationId": "payments",
        "parameters": [
          {
            "name": "states", "in": "query", "style": "form", "explode": false,
            "schema": { "type": "array", "items": { "type": "string" } }
          }
        ],
        "responses": { "204": { "description": "Nothing" } }
      }
    }
  }
}
JSON
cat >"$folder/src/main.rs" <<'RUST'
use tokio::io::{AsyncReadExt, AsyncWriteExt};

progenitor::generate_api!("document.json");

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()));
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    client.payments(Some(&vec!["paid".to_owned(), "open".to_owned()])).await.unwrap();
    println!("{}", server.await.unwrap().lines().next().unwrap());
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
echo "$seen"
if [[ $seen != 'GET /payments?states=paid&states=open HTTP/1.1' ]]; then
    echo 'this has changed' >&2
    exit 1
fi
