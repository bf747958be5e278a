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
use http_body::Frame;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_io_timeout::TimeoutWriter;

/// Maximum size of a request's head, and of a connection's buffer, in bytes.
const MAX_BUFFER: usize = 64 * 1024;

/// Limits of a server that others can reach.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    /// Time limit for a request's head, its body, and each write of a response.
    pub(crate) time: Option<Duration>,
}

/// Serves until told to stop, or until its task is aborted; no connection outlives it.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            accepted = listener.accept(), if connections.len() < limits.connections => {
                match accepted {
                    Ok((stream, _)) => {
                        let _ = stream.set_nodelay(true);
                        connections.spawn(serve_connection(stream, router.clone(), limits.time));
                    }
                    // Out of file descriptors, for example: retrying at once does not help.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

async fn serve_connection(stream: TcpStream, router: Router, time: Option<Duration>) {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(time);
    let io = TokioIo::new(Box::pin(stream));
    let service = service_fn(move |request: Request<Incoming>| {
        let router = TowerToHyperService::new(router.clone());
        async move {
            let Ok(response) = hyper::service::Service::call(&router, request).await;
            match response.extensions().get() {
                Some(Broken) => Err(broken()),
                None => Ok(response),
            }
        }
    });
    let mut connection = http1::Builder::new();
    connection.max_buf_size(MAX_BUFFER);
    if let Some(time) = time {
        connection.timer(TokioTimer::new()).header_read_timeout(time);
    }
    // An error is a client that went away, or a fault that was requested.
    let _ = connection.serve_connection(io, service).await;
}

/// Marks a response that is never sent: its connection is closed instead.
#[derive(Clone)]
pub(crate) struct Broken;

impl Broken {
    pub(crate) fn before_the_response() -> Response {
        let mut response = ().into_response();
        response.extensions_mut().insert(Self);
        response
    }

    /// A head that announces all of the body, and a body that fails in the middle.
    pub(crate) fn half_way(status: StatusCode, body: &str) -> Response {
        let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
        let mut response = Body::new(Half { bytes: Some(half), sent: false }).into_response();
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
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
