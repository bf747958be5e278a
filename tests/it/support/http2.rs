//! A scripted server over HTTP/2, by the `h2` crate. It reads each request
//! whole, counts it, and ends its stream or its connection as the next script says.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use h2::{Reason, server::SendResponse};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{
    canary::PEER,
    server::{Request, success_for},
};

/// What happens to a request that was read whole.
#[derive(Clone, Copy)]
pub enum Script {
    /// Its stream is reset.
    Reset(Reason),
    /// The connection is closed.
    Drop,
}

pub struct Server {
    pub port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    posts: AtomicUsize,
    connections: AtomicUsize,
    scripts: Mutex<VecDeque<Script>>,
}

impl Server {
    /// For clients with prior knowledge.
    pub async fn plain() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tcp.set_nodelay(true).unwrap();
                tokio::spawn(converse(tcp, Arc::clone(&shared)));
            }
        });
        Self { port, state }
    }

    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn posts(&self) -> usize {
        self.state.posts.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub fn next(&self, script: Script) {
        self.state.scripts.lock().unwrap().push_back(script);
    }
}

async fn converse(tcp: TcpStream, state: Arc<State>) {
    let Ok(mut connection) = h2::server::handshake(tcp).await else { return };
    // A stream's task asks for the end of the connection.
    let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel();
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => {
                    tokio::spawn(response(request, respond, Arc::clone(&state), ask.clone()));
                }
                _ => return,
            },
            _ = asked.recv() => return,
        }
    }
}

async fn response(
    request: http::Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    state: Arc<State>,
    ask: tokio::sync::mpsc::UnboundedSender<()>,
) {
    let (head, mut body) = request.into_parts();
    let mut whole = Vec::new();
    while let Some(data) = body.data().await {
        let Ok(data) = data else { return };
        let _ = body.flow_control().release_capacity(data.len());
        whole.extend_from_slice(&data);
    }
    state.posts.fetch_add(1, Ordering::SeqCst);
    let script = state.scripts.lock().unwrap().pop_front();
    match script {
        Some(Script::Reset(reason)) => return respond.send_reset(reason),
        Some(Script::Drop) => return ask.send(()).unwrap_or_default(),
        None => {}
    }
    let key = head.headers["session-key"].to_str().unwrap();
    let request = Request { head: format!("POST\r\nsession-key: {key}"), body: whole };
    if let Ok(mut send) = respond.send_response(http::Response::new(()), false) {
        let _ = send.send_data(success_for(&request).to_string().into(), true);
    }
}

/// Reads frames until a stream has ended, and then goes away saying that it has seen none.
pub async fn go_away_from_all(mut tcp: TcpStream, posts: Arc<AtomicUsize>) {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const SETTINGS_ACK: [u8; 9] = [0, 0, 0, 4, 1, 0, 0, 0, 0];
    let mut preface = [0; 24];
    tcp.read_exact(&mut preface).await.unwrap();
    tcp.write_all(&[SETTINGS, SETTINGS_ACK].concat()).await.unwrap();
    loop {
        let mut head = [0; 9];
        if tcp.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        tcp.read_exact(&mut vec![0; length]).await.unwrap();
        let (is_data, ends_stream) = (head[3] == 0, head[4] & 1 == 1);
        if is_data && ends_stream {
            posts.fetch_add(1, Ordering::SeqCst);
            // Last stream 0, no error, and some text of the server's.
            let length = u8::try_from(8 + PEER.len()).unwrap();
            let go_away = [&[0, 0, length, 7, 0, 0, 0, 0, 0], [0; 8].as_slice(), PEER.as_bytes()].concat();
            tcp.write_all(&go_away).await.unwrap();
            let _ = tcp.shutdown().await;
            while tcp.read(&mut [0; 1024]).await.is_ok_and(|length| length > 0) {}
            return;
        }
    }
}
