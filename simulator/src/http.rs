//! Serves connections from one task that owns them, and breaks them for faults.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use http::{
    StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue},
};
use http_body::{Body as _, Frame};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tokio_io_timeout::TimeoutWriter;

/// Maximum size of a request's head, and of a connection's buffer, in bytes.
// Guard: safety::a_body_that_is_too_large_and_a_request_that_never_ends_are_refused
const MAX_BUFFER: usize = 64 * 1024;

/// Maximum size of a request's body, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// How much of a refused body is read and dropped, in bytes: a client that is still writing would not see the response.
const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// Maximum number of connections.
const MAX_CONNECTIONS: usize = 20_000;

/// Time limit for a request's head, its body, and each write of a response.
const TIME: Duration = Duration::from_secs(10);

/// Serves until it is stopped, or its task is aborted; no connection outlives it.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                match accepted {
                    Ok((stream, _)) => {
                        let _ = stream.set_nodelay(true);
                        connections.spawn(serve_connection(stream, router.clone()));
                    }
                    // Out of file descriptors, for example: retrying immediately does not help.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(TIME));
    let io = TokioIo::new(Box::pin(stream));
    let service = service_fn(move |request: Request<Incoming>| {
        let router = TowerToHyperService::new(router.clone());
        async move {
            let Ok(response) = hyper::service::Service::call(&router, whole(request).await).await;
            match response.extensions().get() {
                Some(Broken) => Err(broken()),
                None => Ok(response),
            }
        }
    });
    let mut connection = http1::Builder::new();
    connection.max_buf_size(MAX_BUFFER).timer(TokioTimer::new()).header_read_timeout(TIME);
    // An error is a client that went away, or a fault that was requested.
    let _ = connection.serve_connection(io, service).await;
}

/// Reads a request's body. If that fails, the request has none, and an [`Unread`] among its extensions.
async fn whole(request: Request<Incoming>) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    let read = timeout(TIME, read(body)).await.unwrap_or(Err(Unread::Incomplete));
    let body = read.unwrap_or_else(|unread| {
        parts.extensions.insert(unread);
        Bytes::new()
    });
    Request::from_parts(parts, Body::from(body))
}

async fn read(mut body: Incoming) -> Result<Bytes, Unread> {
    let mut read = Vec::new();
    let mut length = 0;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| Unread::Incomplete)?.into_data() else { continue };
        length += data.len();
        if length <= MAX_BODY {
            read.extend_from_slice(&data);
        } else if length > MAX_DRAINED {
            break;
        }
    }
    if length <= MAX_BODY { Ok(read.into()) } else { Err(Unread::TooLarge) }
}

/// Why a body was not read.
#[derive(Clone, Copy)]
pub(crate) enum Unread {
    TooLarge,
    Incomplete,
}

impl Unread {
    pub(crate) fn problem(self) -> (StatusCode, &'static str) {
        match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 1 MiB"),
            Self::Incomplete => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive whole, or in time"),
        }
    }
}

/// Marks a response that is never sent: its connection is closed instead.
#[derive(Clone)]
struct Broken;

/// Closes the connection without a response.
pub(crate) fn dropped() -> Response {
    let mut response = ().into_response();
    response.extensions_mut().insert(Broken);
    response
}

/// Sends a head that announces all of the body, and half of it, then closes the connection.
pub(crate) fn truncated(status: StatusCode, body: &str) -> Response {
    let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
    let mut response = (status, Body::new(Half { bytes: Some(half), sent: false })).into_response();
    response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A body that yields some bytes, lets them be sent, and then fails.
struct Half {
    bytes: Option<Bytes>,
    sent: bool,
}

impl http_body::Body for Half {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !self.sent {
            // hyper sends what it has when a body has nothing more yet.
            self.sent = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(broken())))
    }
}

fn broken() -> io::Error {
    io::Error::other("the connection breaks, as the fault requires")
}
