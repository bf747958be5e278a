//! A scripted server on raw sockets. It reads each request whole, counts it,
//! and hands the connection to the next script; without one it echoes.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::canary::{ENCRYPTION_KEY, HEADER};

/// What the server does once it has read a request whole; it gives the connection back to keep it.
pub type Script = Box<dyn FnOnce(Conn, Request) -> BoxFuture<'static, Option<Conn>> + Send>;

/// What the server does with a new connection, before anything is read.
pub type Greeting = Box<dyn FnOnce(TcpStream) -> BoxFuture<'static, Option<Conn>> + Send>;

pub struct Server {
    pub port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    posts: AtomicUsize,
    connections: AtomicUsize,
    greetings: Mutex<VecDeque<Greeting>>,
    scripts: Mutex<VecDeque<Script>>,
    shut: watch::Sender<bool>,
}

impl Server {
    pub async fn plain() -> Self {
        Self::start(None).await
    }

    pub async fn tls(acceptor: TlsAcceptor) -> Self {
        Self::start(Some(acceptor)).await
    }

    async fn start(acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(tcp, acceptor.clone(), Arc::clone(&shared)));
            }
        });
        Self { port, state }
    }

    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn https(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The requests that were read whole.
    pub fn posts(&self) -> usize {
        self.state.posts.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// This script responds to the next request that has none yet.
    pub fn next(&self, script: Script) {
        self.state.scripts.lock().unwrap().push_back(script);
    }

    /// Requests are read and counted, and wait.
    pub fn shut_the_gate(&self) {
        self.state.shut.send_replace(true);
    }

    pub fn open_the_gate(&self) {
        self.state.shut.send_replace(false);
    }

    /// The next connection that has no greeting yet begins with this one.
    pub fn greet(&self, greeting: Greeting) {
        self.state.greetings.lock().unwrap().push_back(greeting);
    }
}

async fn converse(tcp: TcpStream, acceptor: Option<TlsAcceptor>, state: Arc<State>) {
    tcp.set_nodelay(true).unwrap();
    let greeting = state.greetings.lock().unwrap().pop_front();
    let conn = match (greeting, acceptor) {
        (Some(greeting), _) => greeting(tcp).await,
        (None, Some(acceptor)) => acceptor.accept(tcp).await.ok().map(|tls| Conn::Tls(Box::new(tls))),
        (None, None) => Some(Conn::Plain(tcp)),
    };
    let Some(mut conn) = conn else { return };
    while let Some(request) = conn.read_request().await {
        state.posts.fetch_add(1, Ordering::SeqCst);
        let _ = state.shut.subscribe().wait_for(|shut| !shut).await;
        let script = state.scripts.lock().unwrap().pop_front().unwrap_or_else(echo);
        match script(conn, request).await {
            Some(kept) => conn = kept,
            None => return,
        }
    }
}

/// A request as it came over the wire.
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

pub enum Conn {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Conn {
    async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read_buf(buffer).await,
            Self::Tls(tls) => tls.read_buf(buffer).await,
        }
    }

    /// One request, head and body; `None` where the client goes before it is whole.
    pub async fn read_request(&mut self) -> Option<Request> {
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let request = Request { head, body: bytes[end + 4..].to_vec() };
                let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
                if request.body.len() >= length {
                    return Some(request);
                }
            }
            if self.read(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// So many bytes, or what comes before the client goes.
    pub async fn read_at_least(&mut self, length: usize) {
        let mut bytes = Vec::new();
        while bytes.len() < length && self.read(&mut bytes).await.is_ok_and(|length| length > 0) {}
    }

    /// Whether all of it was taken.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let bytes = bytes.as_ref();
        match self {
            Self::Plain(tcp) => tcp.write_all(bytes).await.is_ok(),
            Self::Tls(tls) => tls.write_all(bytes).await.is_ok() && tls.flush().await.is_ok(),
        }
    }

    /// Ends the responses, and waits until the client has seen it.
    pub async fn close(mut self) {
        let _ = match &mut self {
            Self::Plain(tcp) => tcp.shutdown().await,
            Self::Tls(tls) => tls.shutdown().await,
        };
        self.until_client_goes().await;
    }

    pub async fn until_client_goes(&mut self) {
        while self.read(&mut Vec::new()).await.is_ok_and(|length| length > 0) {}
    }

    pub fn reset(self) {
        let tcp = match &self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        };
        tcp.set_zero_linger().unwrap();
    }
}

fn script<F>(run: impl FnOnce(Conn, Request) -> F + Send + 'static) -> Script
where
    F: Future<Output = Option<Conn>> + Send + 'static,
{
    Box::new(|conn, request| Box::pin(run(conn, request)))
}

/// A greeting that keeps the connection, or does not.
pub fn greeting<F>(run: impl FnOnce(TcpStream) -> F + Send + 'static) -> Greeting
where
    F: Future<Output = Option<Conn>> + Send + 'static,
{
    Box::new(|tcp| Box::pin(run(tcp)))
}

/// A greeting with other certificates than the server's own.
pub fn greet_with(acceptor: TlsAcceptor) -> Greeting {
    greeting(|tcp| async move { acceptor.accept(tcp).await.ok().map(|tls| Conn::Tls(Box::new(tls))) })
}

/// The success that belongs to a request: its payment session is the request's `xact_id`.
pub fn success_for(request: &Request) -> Value {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    json!({
        "payment_session_id": body["xact_id"],
        "deeplink_url": format!("paynet://pay?session={}", request.header("session-key").unwrap_or_default()),
        "encryption_key": ENCRYPTION_KEY,
        "code": 0,
    })
}

/// A whole response of HTTP/1.1, with a canary in its headers.
pub fn response(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    response_with(status, &format!("x-canary: {HEADER}\r\n"), body)
}

/// A response with these headers.
pub fn response_with(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Responds with success and keeps the connection.
pub fn echo() -> Script {
    script(|mut conn, request| async move {
        let response = response("200 OK", success_for(&request).to_string());
        conn.write(response).await.then_some(conn)
    })
}

/// Responds with success, and ends the connection without waiting for anything.
pub fn echo_and_close() -> Script {
    script(|mut conn, request| async move {
        conn.write(response("200 OK", success_for(&request).to_string())).await;
        None
    })
}

/// Responds with success, waits for the next request to begin, and resets the connection.
pub fn echo_and_reset() -> Script {
    script(|mut conn, request| async move {
        conn.write(response("200 OK", success_for(&request).to_string())).await;
        let _ = conn.read(&mut Vec::new()).await;
        conn.reset();
        None
    })
}

/// Responds with success in pieces, as the caller cuts it, and keeps the connection.
pub fn echo_cut(cut: impl FnOnce(Vec<u8>) -> Vec<Vec<u8>> + Send + 'static) -> Script {
    script(move |mut conn, request| async move {
        for piece in cut(response("200 OK", success_for(&request).to_string())) {
            if !conn.write(piece).await {
                return None;
            }
        }
        Some(conn)
    })
}

/// Writes these bytes and ends.
pub fn reply(bytes: impl Into<Vec<u8>>) -> Script {
    let bytes = bytes.into();
    script(move |mut conn, _| async move {
        conn.write(bytes).await;
        conn.close().await;
        None
    })
}

/// Writes these bytes and keeps the connection.
pub fn reply_and_keep(bytes: impl Into<Vec<u8>>) -> Script {
    let bytes = bytes.into();
    script(move |mut conn, _| async move { conn.write(bytes).await.then_some(conn) })
}

/// Writes these bytes, and then nothing more.
pub fn reply_and_stall(bytes: impl Into<Vec<u8>>) -> Script {
    let bytes = bytes.into();
    script(move |mut conn, _| async move {
        conn.write(bytes).await;
        conn.until_client_goes().await;
        None
    })
}

/// Writes these bytes one at a time, with a pause after each.
pub fn drip(bytes: impl Into<Vec<u8>>, pause: Duration) -> Script {
    let bytes = bytes.into();
    script(move |mut conn, _| async move {
        for byte in bytes {
            if !conn.write([byte]).await {
                return None;
            }
            tokio::time::sleep(pause).await;
        }
        conn.until_client_goes().await;
        None
    })
}

/// Writes this head, and then its block for as long as the client takes it; counts the bytes taken.
pub fn flood(head: impl Into<Vec<u8>>, block: Vec<u8>, taken: Arc<AtomicUsize>) -> Script {
    let head = head.into();
    script(move |mut conn, _| async move {
        conn.write(head).await;
        while taken.load(Ordering::SeqCst) < 10 << 30 && conn.write(&block).await {
            taken.fetch_add(block.len(), Ordering::SeqCst);
        }
        None
    })
}

/// Resets the connection after these bytes.
pub fn reset_after(bytes: impl Into<Vec<u8>>) -> Script {
    let bytes = bytes.into();
    script(move |mut conn, _| async move {
        conn.write(bytes).await;
        conn.reset();
        None
    })
}

/// Ends without a byte.
pub fn close() -> Script {
    reply("")
}

/// Waits at the gate until the test opens it, and then does the rest.
pub fn gate(rest: Script) -> (Script, Gate) {
    let (reached, arrived) = tokio::sync::oneshot::channel();
    let (open, opened) = tokio::sync::oneshot::channel::<()>();
    let waiting = script(move |conn, request| async move {
        let _ = reached.send(());
        let _ = opened.await;
        rest(conn, request).await
    });
    (waiting, Gate { arrived, open })
}

pub struct Gate {
    arrived: tokio::sync::oneshot::Receiver<()>,
    open: tokio::sync::oneshot::Sender<()>,
}

impl Gate {
    /// Returns once a request waits at the gate.
    pub async fn reached(&mut self) {
        (&mut self.arrived).await.unwrap();
    }

    pub fn open(self) {
        let _ = self.open.send(());
    }
}
