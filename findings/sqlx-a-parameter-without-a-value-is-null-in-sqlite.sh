#!/usr/bin/env bash
# sqlx 0.9.0, SQLite as bundled by it.
#
# A query has two parameters, and `bind` is called once. With SQLite, the second one is NULL, without an error: an UPDATE
# writes NULL over what was there, and `WHERE id = $2` matches nothing. A value too many is dropped as silently.
#
# One would have guessed: an error, as PostgreSQL has for a value too few through the same API. sqlx knows both numbers.
# It matters to whoever tests against SQLite and runs on PostgreSQL, and more to whoever runs on SQLite.
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
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "sqlite"] }
tokio = { version = "1", features = ["macros", "rt"] }
TOML
cat >"$folder/src/main.rs" <<'RUST'
use sqlx::{Connection, SqliteConnection, query, query_as, query_scalar, raw_sql};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let sql = "CREATE TABLE sales (state TEXT, reason TEXT); INSERT INTO sales VALUES ('open', 'not decided')";
    raw_sql(sql).execute(&mut connection).await.unwrap();
    let short = query("UPDATE sales SET state = $1, reason = $2").bind("paid");
    println!("a value too few: {:?}", short.execute(&mut connection).await.map(|done| done.rows_affected()));
    let row = query_as::<_, (String, Option<String>)>("SELECT state, reason FROM sales");
    println!("written: {:?}", row.fetch_one(&mut connection).await);
    let long = query_scalar::<_, i64>("SELECT $1").bind(1_i64).bind(2_i64);
    println!("a value too many: {:?}", long.fetch_one(&mut connection).await);
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
echo "$seen"
expected='a value too few: Ok(1)
written: Ok(("paid", None))
a value too many: Ok(1)'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
