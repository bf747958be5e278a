//! A server on loopback that sends the same response to all requests, and a session that calls it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use paypos::{Client, Environment, Session, SessionKey};
use tokio::runtime::{Builder, Runtime};

pub const KEY: &str = "canary-session-key";

pub struct Server {
    /// The status and the body of the next responses.
    pub response: Arc<Mutex<(u16, Vec<u8>)>>,
    /// The body of the last request.
    pub request: Arc<Mutex<Option<Vec<u8>>>>,
    pub session: Session,
    pub runtime: Runtime,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (response, request) = (Arc::new(Mutex::new((200, Vec::new()))), Arc::new(Mutex::new(None)));
        let (responds, arrived) = (Arc::clone(&response), Arc::clone(&request));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (responds, arrived) = (Arc::clone(&responds), Arc::clone(&arrived));
                thread::spawn(move || while serve(&connection, &responds, &arrived).is_some() {});
            }
        });
        let client = Client::builder(Environment::Sandbox).base_url(url).build().expect("a client");
        let session = client.session(SessionKey::new(KEY).expect("a key"));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { response, request, session, runtime }
    }
}

fn serve(
    mut connection: &TcpStream,
    response: &Mutex<(u16, Vec<u8>)>,
    request: &Mutex<Option<Vec<u8>>>,
) -> Option<()> {
    let mut reader = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    *request.lock().ok()? = Some(body);
    let (status, body) = response.lock().ok()?.clone();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(&[head.as_bytes(), &body].concat()).ok()
}
