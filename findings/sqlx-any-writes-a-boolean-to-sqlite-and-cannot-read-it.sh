#!/usr/bin/env bash
# sqlx 0.9.0, its `Any` driver on SQLite.
#
# A table has a BOOLEAN and a TIMESTAMP column. Values are inserted through `Any` without an error. No row with one of
# them can be read through it: not as a bool, not as an integer, and not if the row is fetched for another column. The
# driver goes by the type that the column was declared with, and knows no other than those of its own list. The result of
# an expression has no declared type: `paid + 0` is read.
#
# One would have guessed: `Any` reads what it has written, or refuses to write it.
# It matters to whoever has one schema for SQLite and PostgreSQL: the first row is read long after it was written.
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
sqlx = { version = "=0.9.0", default-features = false, features = ["any", "runtime-tokio", "sqlite"] }
tokio = { version = "1", features = ["macros", "rt"] }
TOML
cat >"$folder/src/main.rs" <<'RUST'
use sqlx::{AnyConnection, Connection, Row, query, query_scalar};

fn said<T: std::fmt::Debug>(what: &str, result: Result<T, sqlx::Error>) {
    match result {
        Ok(value) => println!("{what}: {value:?}"),
        Err(error) => println!("{what}: {error}"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
    let sql = "CREATE TABLE sales (id INTEGER, paid BOOLEAN, at TIMESTAMP)";
    query(sql).execute(&mut connection).await.unwrap();
    let insert = query("INSERT INTO sales VALUES (1, $1, $2)").bind(true).bind("2026-11-30 10:00:00");
    said("rows written", insert.execute(&mut connection).await.map(|done| done.rows_affected()));
    let mut read = async |what: &str, sql: &'static str| {
        said(what, query_scalar::<_, i64>(sql).fetch_one(&mut connection).await);
    };
    read("id alone", "SELECT id FROM sales").await;
    read("paid", "SELECT paid FROM sales").await;
    read("at", "SELECT at FROM sales").await;
    read("paid + 0", "SELECT paid + 0 FROM sales").await;
    let row = query("SELECT * FROM sales").fetch_one(&mut connection).await;
    said("id of the whole row", row.map(|row| row.get::<i64, _>("id")));
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
echo "$seen"
expected='rows written: 1
id alone: 1
paid: error occurred while decoding column paid: error in Any driver mapping: Any driver does not support the SQLite type SqliteTypeInfo(Bool)
at: error occurred while decoding column at: error in Any driver mapping: Any driver does not support the SQLite type SqliteTypeInfo(Datetime)
paid + 0: 1
id of the whole row: error occurred while decoding column paid: error in Any driver mapping: Any driver does not support the SQLite type SqliteTypeInfo(Bool)'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
