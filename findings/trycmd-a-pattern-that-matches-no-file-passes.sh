#!/usr/bin/env bash
# trycmd 1.2.1.
#
# A test names its files by a pattern that matches none, since a folder was renamed: it passes, and runs nothing. So does
# a file without a command. The same folder without a star, as a path, fails: nothing is there.
#
# One would have guessed: a test that ran nothing fails, or says so, as it does for a path.
# It matters to whoever renames a folder of such tests: all of them are green for ever.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src tests
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dev-dependencies]
trycmd = "=1.2.1"
TOML
touch src/lib.rs
echo 'A page of prose.' >tests/prose.trycmd
cat >tests/it.rs <<'RUST'
#[test]
fn a_pattern_that_matches_nothing() {
    trycmd::TestCases::new().case("tests/renamed/*.trycmd");
}

#[test]
fn a_path_that_is_not_there() {
    trycmd::TestCases::new().case("tests/renamed/help.trycmd");
}

#[test]
fn a_file_without_a_command() {
    trycmd::TestCases::new().case("tests/prose.trycmd");
}
RUST
seen=$(CARGO_TARGET_DIR=target cargo test --quiet --test it -- --format pretty 2>/dev/null | grep '^test a_' | sort) || true
echo "$seen"
expected='test a_file_without_a_command ... ok
test a_path_that_is_not_there ... FAILED
test a_pattern_that_matches_nothing ... ok'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
