//! Servers on loopback that do what ready-made ones cannot, and what the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test binary mounts it and uses another part")]

pub mod canary;
pub mod formats;
pub mod http2;
pub mod operations;
pub mod server;
pub mod tls;

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// An address where nobody listens, and that no other test is given while the socket is held.
pub fn unused() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

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
