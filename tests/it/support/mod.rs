//! Servers on loopback that do what ready-made ones cannot, and what the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test binary mounts it and uses another part")]

pub mod canary;
pub mod http2;
pub mod operations;
pub mod server;
pub mod tls;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::net::{TcpListener, TcpStream};

/// Runs a script on each connection; gives the URL, and the number of connections so far.
pub async fn serve<F>(script: impl Fn(TcpStream) -> F + Send + 'static) -> (String, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(script(stream));
        }
    });
    (url, connections)
}
