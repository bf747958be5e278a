#!/usr/bin/env bash
# progenitor 0.15.1.
#
# A document has no parameter and no security. The generated client sends a header with each request that no document
# has: `api-version`, with the `version` of the document's `info`, which says how often the description was edited.
#
# One would have guessed: a request has what the document says of it, and what HTTP needs.
# It matters to whoever calls a server that refuses unknown headers, signs all of them, or has a meaning of its own for
# that name.
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
  "info": { "title": "Health", "version": "3-draft" },
  "paths": {
    "/health": { "get": { "operationId": "health", "responses": { "204": { "description": "Well" } } } }
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
    client.health().await.unwrap();
    let request = server.await.unwrap();
    let mut lines: Vec<_> = request.lines().filter(|line| !line.is_empty() && !line.starts_with("host")).collect();
    lines.sort_unstable();
    println!("{}", lines.join("\n"));
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
echo "$seen"
expected='GET /health HTTP/1.1
accept: */*
api-version: 3-draft'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
