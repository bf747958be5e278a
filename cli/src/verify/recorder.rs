//! A proxy on loopback between the library and the environment. It records each response as it arrives, before the
//! library interprets it.

use std::{
    fmt::Display,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper_util::client::legacy::connect::HttpInfo;
use paypos::reqwest::{self, tls};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::console::Failure;

/// Larger than any request or response that the library reads.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// A response as it arrived.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) operation: String,
    pub(super) status: u16,
    pub(super) version: String,
    /// The names of the headers.
    pub(super) headers: Vec<String>,
    /// The local address of the connection.
    pub(super) connection: Option<SocketAddr>,
    /// `None` if it is not JSON.
    pub(super) body: Option<Value>,
}

/// The result of the requests since [`Recorder::forget`].
#[derive(Default)]
struct Kept {
    last: Option<Exchange>,
    /// Whether there was no connection at all.
    is_unreachable: bool,
}

/// Forwards the library's requests, once each.
pub(super) struct Recorder {
    pub(super) url: String,
    base_url: String,
    kept: Arc<Mutex<Kept>>,
}

impl Recorder {
    /// Starts on a free port of loopback.
    pub(super) async fn start(base_url: &str) -> Result<Self, Failure> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let http = http(&base_url).build().map_err(|error| failed(&error))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| failed(&error))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        let kept = Arc::<Mutex<Kept>>::default();
        let forwarding = (http, base_url.clone(), Arc::clone(&kept));
        let router = Router::new().fallback(move |request: Request| {
            let (http, base_url, kept) = forwarding.clone();
            async move { forward(&http, &base_url, request, &kept).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url: format!("http://{address}"), base_url, kept })
    }

    /// Forgets what was exchanged so far.
    pub(super) fn forget(&self) {
        *locked(&self.kept) = Kept::default();
    }

    /// Returns the latest response since [`forget`](Self::forget).
    pub(super) fn last(&self) -> Result<Exchange, Failure> {
        let kept = locked(&self.kept);
        kept.last.clone().ok_or_else(|| {
            if kept.is_unreachable {
                Failure::NotReached(format!("no connection to {}", self.base_url))
            } else {
                Failure::Unknown(format!("no response from {}", self.base_url))
            }
        })
    }

    /// Returns the versions of TLS that the environment accepts.
    pub(super) async fn tls(&self) -> &'static str {
        if self.base_url.starts_with("http:") {
            return "none";
        }
        let speaks = async |version| {
            let http = http(&self.base_url).tls_version_min(version).tls_version_max(version).build();
            // Whatever the response is.
            match http {
                Ok(http) => http.head(&self.base_url).send().await.is_ok(),
                Err(_) => false,
            }
        };
        match (speaks(tls::Version::TLS_1_2).await, speaks(tls::Version::TLS_1_3).await) {
            (true, true) => "1.2 and 1.3",
            (true, false) => "1.2",
            (false, true) => "1.3",
            (false, false) => "unknown",
        }
    }
}

fn http(base_url: &str) -> reqwest::ClientBuilder {
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(18));
    // Plain http needs no certificates, which a small container has not.
    if base_url.starts_with("http:") { http.tls_certs_only([]) } else { http }
}

fn failed(error: &dyn Display) -> Failure {
    Failure::usage(format!("responses cannot be recorded: {error}"))
}

fn locked(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn forward(http: &reqwest::Client, base_url: &str, request: Request, kept: &Mutex<Kept>) -> Response {
    match exchanged(http, base_url, request).await {
        Ok((exchange, response)) => {
            locked(kept).last = Some(exchange);
            response
        }
        // The library takes it for what it is: nobody knows.
        Err(is_unreachable) => {
            locked(kept).is_unreachable = is_unreachable;
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

/// Sends a request once. The error is whether there was no connection.
async fn exchanged(
    http: &reqwest::Client,
    base_url: &str,
    request: Request,
) -> Result<(Exchange, Response), bool> {
    let (parts, body) = request.into_parts();
    let operation = parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| false)?;
    let sent = http
        .request(parts.method, format!("{base_url}{}", parts.uri.path()))
        .headers(without_hops(parts.headers))
        .body(body);
    let response = sent.send().await.map_err(|error| error.is_connect())?;
    let (status, version) = (response.status(), format!("{:?}", response.version()));
    let connection = response.extensions().get::<HttpInfo>().map(HttpInfo::local_addr);
    let headers = response.headers().clone();
    let bytes = response.bytes().await.map_err(|_| false)?;
    let exchange = Exchange {
        operation,
        status: status.as_u16(),
        version,
        headers: headers.keys().map(|name| name.as_str().to_owned()).collect(),
        connection,
        body: serde_json::from_slice(&bytes).ok(),
    };
    Ok((exchange, (status, without_hops(headers), Body::from(bytes)).into_response()))
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
