#!/usr/bin/env bash
# sqlx 0.9.0, SQLite as bundled by it.
#
# `rows_affected` of a SELECT or a CREATE TABLE in SQLite is not 0: it is the count of the last INSERT, UPDATE or DELETE
# of that connection, which SQLite keeps and sqlx reads. In a text of several statements, sqlx adds the counts up, and the
# last write is counted again for each statement after it that writes nothing.
#
# One would have guessed: a CREATE TABLE affects no row, as with PostgreSQL, and a SELECT none or those that it returns.
# It matters to whoever takes "one row was affected" for "the claim is mine", with a statement that may turn out to be
# no write.
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
use sqlx::{Connection, SqliteConnection, raw_sql};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for sql in [
        "CREATE TABLE orders (id INTEGER)",
        "INSERT INTO orders VALUES (1), (2), (3)",
        "SELECT 1",
        "CREATE TABLE other (id INTEGER)",
        "DELETE FROM orders WHERE id = 1; SELECT 1; SELECT 2",
        "UPDATE orders SET id = 4 WHERE id = 5",
        "SELECT 1",
    ] {
        let result = raw_sql(sql).execute(&mut connection).await.unwrap();
        println!("{} rows: {sql}", result.rows_affected());
    }
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
echo "$seen"
expected='0 rows: CREATE TABLE orders (id INTEGER)
3 rows: INSERT INTO orders VALUES (1), (2), (3)
3 rows: SELECT 1
3 rows: CREATE TABLE other (id INTEGER)
3 rows: DELETE FROM orders WHERE id = 1; SELECT 1; SELECT 2
0 rows: UPDATE orders SET id = 4 WHERE id = 5
0 rows: SELECT 1'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
