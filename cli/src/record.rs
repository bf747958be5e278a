//! `--record FILE`: keeps what Paynet answers, for `paypos verify`.
//!
//! A recorder on loopback stands between the library and the environment. It passes on each request once, and appends
//! what came back to the file before the library sees it, without anything secret or personal.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use paypos::reqwest;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    console::Failure,
    recording::{Exchange, File},
    shape,
};

/// Larger than any request or response that the library reads.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Passes requests on, and records the responses.
pub(crate) struct Recorder {
    /// Where the library sends. The path is random: no other program of this machine can guess it.
    pub(crate) url: String,
    pub(crate) file: Arc<File>,
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    server: String,
    prefix: String,
    file: Arc<File>,
    is_unreachable: AtomicBool,
}

impl Recorder {
    /// Opens the file, or creates it, and starts on a free port of loopback.
    pub(crate) async fn start(path: &Path, environment: &str, server: &str) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::usage(format!("--record: {error}"));
        let server = server.trim_end_matches('/').to_owned();
        let file = Arc::new(File::open(path, environment, &server)?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| failed(&error))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        let shared = Arc::new(Shared {
            http: http(&server).build().map_err(|error| failed(&error))?,
            prefix: format!("/{}", crate::recording::random()),
            server,
            file: Arc::clone(&file),
            is_unreachable: AtomicBool::new(false),
        });
        let url = format!("http://{address}{}", shared.prefix);
        let forwarding = Arc::clone(&shared);
        let router = Router::new().fallback(move |request: Request| {
            let shared = Arc::clone(&forwarding);
            async move { shared.forward(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, file, shared })
    }

    /// Returns the server to which there was no connection, if there was none.
    pub(crate) fn unreachable(&self) -> Option<&str> {
        self.shared.is_unreachable.load(Ordering::Relaxed).then_some(self.shared.server.as_str())
    }
}

impl Shared {
    // Guard: verify::a_recorder_passes_on_nothing_of_another_program
    async fn forward(&self, request: Request) -> Response {
        let Some(path) = request.uri().path().strip_prefix(&self.prefix).map(str::to_owned) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY).await else { return StatusCode::BAD_REQUEST.into_response() };
        let operation = path.rsplit('/').next().unwrap_or_default().to_owned();
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (at, started) = (Timestamp::now(), Instant::now());
        let mut exchange = Exchange {
            at,
            key: self.file.key_of(&parts.headers),
            of_session: asked["session_key"].as_str().map(|key| self.file.name_of(key)),
            user: asked["user_id"].as_str().map(|user| self.file.name_of(user)),
            asked: shape::asked(&asked),
            operation,
            ..Exchange::default()
        };
        let sent = self
            .http
            .request(parts.method, format!("{}{path}", self.server))
            .headers(without_hops(parts.headers))
            .body(body);
        let response = match sent.send().await {
            Ok(response) => self.received(response, &mut exchange).await,
            Err(error) => {
                self.is_unreachable.fetch_or(error.is_connect(), Ordering::Relaxed);
                None
            }
        };
        exchange.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or_default();
        // Whether it was written is asked at the end: what was obtained is not held back.
        self.file.exchanged(exchange);
        // Without a response, the library takes it for what it is: nobody knows.
        response.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response())
    }

    /// Notes a response. One that was cut is passed on as far as it arrived, since the library finds an id in it; `None`
    /// if nothing of its body did.
    async fn received(&self, mut response: reqwest::Response, exchange: &mut Exchange) -> Option<Response> {
        let (status, version) = (response.status(), format!("{:?}", response.version()));
        let headers = response.headers().clone();
        let mut bytes = Vec::new();
        let is_whole = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                end => break end.is_ok(),
            }
        };
        if bytes.is_empty() && !is_whole {
            return None;
        }
        let body: Option<Value> = serde_json::from_slice(&bytes).ok();
        exchange.status = Some(status.as_u16());
        exchange.version = version;
        exchange.has_retry_after = headers.contains_key(header::RETRY_AFTER);
        exchange.is_empty = bytes.is_empty();
        let opened = body.as_ref().and_then(|body| body["session_key"].as_str());
        exchange.opened = opened.map(|key| self.file.name_of(key));
        exchange.body = body.map(|body| shape::masked(&body, &|text| self.file.is_ours(text)));
        Some((status, without_hops(headers), Body::from(bytes)).into_response())
    }
}

fn http(server: &str) -> reqwest::ClientBuilder {
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(18));
    // Plain http needs no certificates, which a small container has not.
    if server.starts_with("http:") { http.tls_certs_only([]) } else { http }
}

/// Removes the headers that belong to a connection.
fn without_hops(mut headers: HeaderMap) -> HeaderMap {
    let keep_alive = HeaderName::from_static("keep-alive");
    for name in
        [header::CONNECTION, header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING, keep_alive]
    {
        headers.remove(name);
    }
    headers
}
