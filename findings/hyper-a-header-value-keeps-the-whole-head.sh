#!/usr/bin/env bash
# hyper 1.8.1, http 1.4.0, tokio 1.48.0.
#
# A server of hyper's keeps one header value of each request, of ten bytes, and drops the rest. Each request has a second
# header of 30,000 bytes. The values that are kept are views of the buffer that the head was read into, which stays as
# long as one of them does: each costs the 30,000 bytes too. A copy of the value costs its own ten.
#
# One would have guessed: a `HeaderValue` that is kept costs what it shows, whatever came beside it.
# It matters to whoever keeps requests, such as a journal, a cache or a queue: copy the values, or bound them by what
# they hold on to.
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
http = "=1.4.0"
hyper = { version = "=1.8.1", features = ["http1", "server"] }
hyper-util = { version = "=0.1.19", features = ["tokio"] }
tokio = { version = "=1.48.0", features = ["io-util", "macros", "net", "rt"] }
TOML
cat >"$folder/src/main.rs" <<'RUST'
use std::{
    alloc::{GlobalAlloc, Layout, System},
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use http::{HeaderValue, Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Counts the bytes that are allocated.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const REQUESTS: usize = 200;

/// Sends the requests, a connection each; returns what each value that was kept holds, in bytes.
async fn held(copies: bool) -> usize {
    let kept = Arc::new(Mutex::new(Vec::with_capacity(REQUESTS)));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let before = HELD.load(Relaxed);
    for _ in 0..REQUESTS {
        let kept = Arc::clone(&kept);
        let client = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let filler = "x".repeat(30_000);
            let head = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-id: 0123456789\r\nx-filler: {filler}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut response = Vec::new();
            stream.read_to_end(&mut response).await.unwrap();
        };
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(move |request: Request<Incoming>| {
                let value = request.headers()["x-id"].clone();
                let value = if copies { HeaderValue::from_bytes(value.as_bytes()).unwrap() } else { value };
                kept.lock().unwrap().push(value);
                async { Ok::<_, Infallible>(Response::new(String::new())) }
            });
            http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.unwrap();
        };
        tokio::join!(client, server);
    }
    let held = HELD.load(Relaxed) - before;
    assert_eq!(kept.lock().unwrap().len(), REQUESTS);
    held / REQUESTS
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (as_it_is, copied) = (held(false).await, held(true).await);
    eprintln!("each value holds {as_it_is} bytes, and a copy {copied}");
    println!("as it is, more than 30,000 bytes: {}", as_it_is > 30_000);
    println!("copied, less than 500 bytes: {}", copied < 500);
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo run --quiet)
expected='as it is, more than 30,000 bytes: true
copied, less than 500 bytes: true'
echo "$seen"
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
