//! A server that takes its time to say that nobody has paid yet, and counts its connections.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// How many connections are open, and how many were at most.
#[derive(Default)]
pub(crate) struct Connections {
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Connections {
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Serves on the current runtime; each response takes this long.
pub(crate) async fn serve(delay: Duration) -> (SocketAddr, Arc<Connections>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(Connections::default());
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let counted = Arc::clone(&counted);
            counted.most.fetch_max(counted.open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let respond = service_fn(move |request: Request<Incoming>| async move {
                request.into_body().collect().await.unwrap();
                tokio::time::sleep(delay).await;
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(br#"{"Data":[],"code":0}"#))))
            });
            tokio::spawn(async move {
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(stream), respond).await;
                counted.open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (address, connections)
}
