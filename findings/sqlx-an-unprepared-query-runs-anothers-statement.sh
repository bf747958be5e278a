#!/usr/bin/env bash
# sqlx 0.9.0, PostgreSQL 16 (PyPI pgserver 0.1.4), pgbouncer 1.18.0 in transaction mode (Debian 12).
#
# `persistent(false)` makes sqlx use the unnamed statement of PostgreSQL instead of a named one, which is what is often
# advised behind a pooler. sqlx still sends Parse and Describe, ends them with a Sync, and sends Bind and Execute after the
# response. Outside a transaction, pgbouncer may give the connection to another client between the two, whose unnamed
# statement then replaces this one. With parameters of the same types there is no error: the query returns the rows of the
# other client's statement.
#
# One would have guessed: without a named statement, a single query is safe behind pgbouncer, or fails with an error.
# Within a transaction it is right.
set -euo pipefail
folder=$(mktemp -d)
as=()
if [[ $EUID -eq 0 ]]; then as=(setpriv --reuid=nobody --regid=nogroup --clear-groups); fi
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet pgserver==0.1.4
for package in pgbouncer=1.18.0-1+deb12u1 libevent-2.1-7 libc-ares2; do
    apt-get download -qq "$package" 2>/dev/null || [[ $package == lib* ]]
done
for package in ./*.deb; do dpkg -x "$package" debian; done
bin=$(echo python/lib/python3*/site-packages/pgserver/pginstall/bin)
mkdir run
if [[ $EUID -eq 0 ]]; then chown nobody run && chmod 755 "$folder"; fi
"${as[@]}" "$bin/initdb" --pgdata run/data --auth trust --username merchant >/dev/null
"${as[@]}" "$bin/postgres" -D run/data -c listen_addresses= -c unix_socket_directories="$folder/run" 2>run/log &
cat >settings <<INI
[databases]
* = host=$folder/run user=merchant
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 16432
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
ignore_startup_parameters = extra_float_digits
INI
LD_LIBRARY_PATH=$(echo "$folder"/debian/usr/lib/*-linux-gnu) "${as[@]}" debian/usr/sbin/pgbouncer --quiet settings &
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["postgres", "runtime-tokio"] }
tokio = { version = "1.48", features = ["macros", "rt-multi-thread", "time"] }
TOML
cat >src/main.rs <<'RUST'
use sqlx::{Connection, PgConnection, query_scalar};

/// Asks a thousand times, and returns how often the answer was not that of `sql`.
async fn wrong(sql: &'static str, right: i64, in_a_transaction: bool) -> usize {
    let mut connection = PgConnection::connect("postgres://merchant@127.0.0.1:16432/postgres?sslmode=disable").await.unwrap();
    let mut wrong = 0;
    for _ in 0..1000 {
        let found = if in_a_transaction {
            let mut transaction = connection.begin().await.unwrap();
            let found = query_scalar::<_, i64>(sql).bind(20_i64).persistent(false).fetch_one(&mut *transaction).await;
            transaction.commit().await.unwrap();
            found
        } else {
            query_scalar::<_, i64>(sql).bind(20_i64).persistent(false).fetch_one(&mut connection).await
        };
        wrong += usize::from(found.unwrap_or(right) != right);
    }
    wrong
}

#[tokio::main]
async fn main() {
    for in_a_transaction in [false, true] {
        let one = tokio::spawn(wrong("SELECT 1 + $1", 21, in_a_transaction));
        let two = tokio::spawn(wrong("SELECT 2 + $1", 22, in_a_transaction));
        let wrong = one.await.unwrap() + two.await.unwrap();
        println!("in a transaction: {in_a_transaction}; rows of the other statement: {}", wrong > 0);
    }
}
RUST
cargo build --quiet
seen=$(cargo run --quiet)
echo "$seen"
expected='in a transaction: false; rows of the other statement: true
in a transaction: true; rows of the other statement: false'
[[ $seen == "$expected" ]]
