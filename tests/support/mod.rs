//! Servers on loopback that do what the ready-made ones cannot, and what the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test file mounts it and uses another part")]

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

use paypos::{Client, Environment, Session, SessionKey, types::InitReversalRequest};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// The one operation's path.
pub const PATH: &str = "/v1/softpos/init_reversal_transaction";

pub fn request() -> InitReversalRequest {
    InitReversalRequest::new("an-encrypted-id")
}

pub fn success() -> serde_json::Value {
    json!({
        "payment_session_id": "ps-1",
        "deeplink_url": "paynet://pay?session=ps-1",
        "encryption_key": "an-encryption-key",
        "object_name": "o",
        "code": 0,
        "message": "m",
    })
}

pub fn client(url: &str) -> Client {
    Client::builder(Environment::Sandbox).base_url(url).build().unwrap()
}

pub fn session(url: &str) -> Session {
    client(url).session(SessionKey::new("a-session-key").unwrap())
}

/// A server that answers everything alike, and a session on it.
pub async fn answering(answer: ResponseTemplate) -> (MockServer, Session) {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
    let session = session(&server.uri());
    (server, session)
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

/// Reads one request whole, head and body, and gives it.
pub async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return request;
        }
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")
                    .map(|length| length.trim().to_owned())
            });
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                return request;
            }
        }
    }
}

/// Writes all of it, or as much as the other side takes; gives whether it took all.
pub async fn write(stream: &mut TcpStream, bytes: impl AsRef<[u8]>) -> bool {
    stream.write_all(bytes.as_ref()).await.is_ok()
}
