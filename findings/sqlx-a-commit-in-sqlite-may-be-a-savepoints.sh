#!/usr/bin/env bash
# sqlx 0.9.0, SQLite.
#
# sqlx counts how deep a connection to SQLite is in transactions. Where SQLite ends a transaction by itself, as with
# `INSERT OR ROLLBACK` or after a failed write to the disk, the ROLLBACK that sqlx sends when the transaction is dropped is
# an error, and the count stays at one. The next transaction on this connection begins with a SAVEPOINT instead of BEGIN; if
# that one is rolled back, by ROLLBACK TO, the savepoint stays open. From then on, `commit()` returns Ok, and nothing is
# committed: other connections do not see the row, and it is gone when the connection ends.
#
# One would have guessed: whatever became of earlier transactions, after `commit()` has returned Ok the row is there.
# `begin_with("BEGIN")` is refused in this state, and so shows it.
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
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "sqlite-bundled"] }
tokio = { version = "1.48", features = ["macros", "rt"] }
TOML
cat >"$folder/src/main.rs" <<'RUST'
use sqlx::{Connection, SqliteConnection, query, query_scalar};

const URL: &str = "sqlite://finding.db?mode=rwc";

async fn seen_by_another() -> Vec<i64> {
    let mut other = SqliteConnection::connect(URL).await.unwrap();
    query_scalar("SELECT id FROM payments ORDER BY id").fetch_all(&mut other).await.unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut connection = SqliteConnection::connect(URL).await.unwrap();
    query("PRAGMA journal_mode = WAL").execute(&mut connection).await.unwrap();
    query("CREATE TABLE payments (id INTEGER PRIMARY KEY)").execute(&mut connection).await.unwrap();
    query("INSERT INTO payments VALUES (1)").execute(&mut connection).await.unwrap();

    let mut transaction = connection.begin().await.unwrap();
    let twice = query("INSERT OR ROLLBACK INTO payments VALUES (1)").execute(&mut *transaction).await;
    println!("a row that is there already: {}", if twice.is_err() { "an error" } else { "no error" });
    drop(transaction);

    let mut transaction = connection.begin().await.unwrap();
    query("INSERT INTO payments VALUES (2)").execute(&mut *transaction).await.unwrap();
    transaction.rollback().await.unwrap();

    let mut transaction = connection.begin().await.unwrap();
    query("INSERT INTO payments VALUES (3)").execute(&mut *transaction).await.unwrap();
    println!("commit: {:?}", transaction.commit().await);
    println!("seen by another connection: {:?}", seen_by_another().await);
    println!("begin_with: {}", connection.begin_with("BEGIN").await.err().unwrap());
    drop(connection);
    println!("after the connection has ended: {:?}", seen_by_another().await);
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
expected='a row that is there already: an error
commit: Ok(())
seen by another connection: [1]
begin_with: attempted to call begin_with at non-zero transaction depth
after the connection has ended: [1]'
echo "$seen"
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
