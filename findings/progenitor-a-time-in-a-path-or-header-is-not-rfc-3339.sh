#!/usr/bin/env bash
# progenitor 0.15.1, chrono 0.4.42.
#
# One point in time is a parameter of `format: date-time` in a path, a query and a header. The generated client writes it
# in two forms: the query has RFC 3339, by serde; the path and the header have what Rust's `Display`
# of a chrono time prints, with spaces and the letters UTC.
#
# One would have guessed: a parameter's `format` decides how it is written, wherever it stands.
# It matters to whoever asks for a report by its day in the path: the server refuses it, or reads another time.
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
progenitor = "=0.15.1"
reqwest = { version = "0.13", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["io-util", "macros", "net", "rt"] }
TOML
cat >"$folder/document.json" <<'JSON'
{
  "openapi": "3.0.3",
  "info": { "title": "Reports", "version": "1" },
  "paths": {
    "/reports/{from}": {
      "get": {
        "operationId": "report",
        "parameters": [
          { "name": "from", "in": "path", "required": true, "schema": { "type": "string", "format": "date-time" } },
          { "name": "to", "in": "query", "schema": { "type": "string", "format": "date-time" } },
          { "name": "since", "in": "header", "schema": { "type": "string", "format": "date-time" } }
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
    let at: chrono::DateTime<chrono::Utc> = "2026-11-30T10:00:00+03:00".parse().unwrap();
    // The order of the arguments: path, query, header.
    client.report(&at, Some(&at), Some(&at)).await.unwrap();
    let request = server.await.unwrap();
    for line in request.lines().filter(|line| line.starts_with("GET") || line.starts_with("since")) {
        println!("{line}");
    }
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
echo "$seen"
expected='GET /reports/2026-11-30%2007:00:00%20UTC?to=2026-11-30T07%3A00%3A00Z HTTP/1.1
since: 2026-11-30 07:00:00 UTC'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
