//! The hooks of the generated client, and the span of each call: the only place where a request is touched.
//!
//! Before a request leaves, it carries exactly the headers that the document and HTTP require.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use progenitor_client::{ClientHooks, Error as WireError, OperationInfo};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue,
    USER_AGENT,
};
use tokio::sync::Semaphore;
use tracing::{Instrument, Span, field};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Environment, Error,
    ErrorKind::BadResponse,
    Operation, SecretKey, SessionKey,
    failure::failure,
    generated::wire,
    response::{self, Response, Unusable},
};

/// What the generated methods join their paths to: no server, and no scheme that is ever sent. The hook below sets the
/// URL of the environment.
pub(crate) const NO_SERVER: &str = "x://x";

/// The prefixes of a simulator's keys: those that it issues, and that of its built-in dealer.
const SIMULATORS: [&str; 2] = ["simulated-", "sck_simulator"];

/// What a call needs in addition to the HTTP client, stored in the generated client's `inner` field.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) server: Arc<Server>,
    pub(crate) operation: Operation,
    pub(crate) credential: Credential,
}

/// Where a client's calls go.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) environment: Environment,
    pub(crate) base_url: String,
    /// The URL of each operation, in the order of [`Operation::ALL`]: parsed once, which saves 2,700 instructions a call.
    pub(crate) urls: Vec<Url>,
    /// The timeout of a call.
    pub(crate) timeout: Duration,
    /// Bounds the checks of waits that are in flight.
    pub(crate) checks: Semaphore,
    /// Whether it is a simulator that is not on this machine.
    pub(crate) is_remote_simulator: bool,
}

impl Server {
    /// Whether a key may be sent to the server. A simulator on another machine is called over plain http, so only keys
    /// that a simulator issued may be sent to it.
    // Guard: kept_session::a_simulator_elsewhere_gets_no_key_but_its_own
    fn may_have(&self, credential: &Credential) -> bool {
        let key = match credential {
            Credential::SecretKey(key) => key.expose(),
            Credential::SessionKey(key) => key.expose(),
        };
        !self.is_remote_simulator || SIMULATORS.iter().any(|prefix| key.starts_with(prefix))
    }

    /// The URL of a call: that of its operation, with the values that the generated method has put into the path and the
    /// query.
    // Guard: forms::every_form_of_the_vendors_documents_is_generated_compiles_and_can_be_called
    fn url(&self, operation: Operation, filled: &Url) -> Result<Url, &'static str> {
        if !operation.has_parameters() {
            return Ok(self.urls[operation as usize].clone());
        }
        let count = |path: &str| path.split('/').filter(|segment| !segment.is_empty()).count();
        if count(filled.path()) != count(operation.path()) {
            return Err("a value in the path is empty, `.` or `..`; expected one that names a thing");
        }
        let mut url = Url::parse(&format!("{}{}", self.base_url, filled.path()))
            .map_err(|_| "a value in the path makes no URL")?;
        url.set_query(filled.query());
        Ok(url)
    }
}

/// The credential of an agent or a session.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    SecretKey(Arc<SecretKey>),
    SessionKey(Arc<SessionKey>),
}

/// Makes one call: sends the request, reads the response, and records all that in a span.
pub(crate) async fn call<T>(
    operation: Operation,
    environment: Environment,
    response: Pin<Box<impl Future<Output = Result<Response<T>, WireError<()>>>>>,
) -> Result<T, Unusable> {
    let mut record = Record::start(operation, environment);
    let result = match response.instrument(record.span.clone()).await {
        Ok(Response { value, status, code }) => {
            (record.status, record.code) = (Some(status), code);
            value
        }
        Err(error) => Err(unusable(error).await),
    };
    let result = result.map_err(|unusable| unusable.of(operation));
    record.finish(result.as_ref().err().map(|unusable| &unusable.error));
    result
}

/// Records a call that is not made, since its input is not valid or there is no session for it.
pub(crate) fn not_made(operation: Operation, environment: Environment, error: Error) -> Error {
    let error = error.called(operation);
    Record::start(operation, environment).finish(Some(&error));
    error
}

/// Maps an error of the generated client: the only mapping from it.
async fn unusable(error: WireError<()>) -> Unusable {
    match error {
        WireError::CommunicationError(error) | WireError::InvalidUpgrade(error) => failure(&error).into(),
        WireError::UnexpectedResponse(response) => Box::pin(response::refusal(response)).await,
        WireError::InvalidRequest(reason) => Error::invalid_input(reason).into(),
        // Of responses, which progenitor does not read here.
        _ => Error::new(BadResponse, "the response could not be read").into(),
    }
}

/// Records how a call ended, also where the caller dropped it.
struct Record {
    span: Span,
    started: Instant,
    status: Option<u16>,
    code: Option<i64>,
    finished: bool,
}

impl Record {
    fn start(operation: Operation, environment: Environment) -> Self {
        let span = tracing::info_span!(
            "paypos",
            operation = operation.as_str(),
            environment = environment.as_str(),
            status = field::Empty,
            code = field::Empty,
            kind = field::Empty,
            outcome = field::Empty,
            elapsed_ms = field::Empty,
        );
        Self { span, started: Instant::now(), status: None, code: None, finished: false }
    }

    fn finish(mut self, error: Option<&Error>) {
        self.finished = true;
        self.span.record("status", error.map_or(self.status, Error::status));
        self.span.record("code", error.map_or(self.code, Error::code));
        self.span.record("kind", error.map(|error| error.kind().as_str()));
        self.span.record("outcome", error.map_or("Ok", |error| error.outcome().as_str()));
    }
}

// Guard: logging::a_call_that_is_dropped_is_recorded_as_unknown
impl Drop for Record {
    fn drop(&mut self) {
        if !self.finished {
            self.span.record("kind", "Cancelled");
            self.span.record("outcome", "Unknown");
        }
        let elapsed = self.started.elapsed().as_millis();
        self.span.record("elapsed_ms", u64::try_from(elapsed).unwrap_or(u64::MAX));
    }
}

/// A header that the transport injects where the documents require it.
#[allow(dead_code, reason = "no present operation has `Bearer`")]
#[derive(Clone, Copy)]
pub(crate) enum Header {
    Basic,
    Bearer,
    PaynetMobile,
    SessionKey,
}

const SESSION_KEY: HeaderName = HeaderName::from_static("session-key");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const PAYNET_MOBILE: HeaderName = HeaderName::from_static("paynetmobile");

/// The headers that every request has. Nothing here decodes a body that a gateway has compressed on its own.
// Guard: contract::a_request_carries_no_header_that_neither_the_document_nor_http_requires
pub(crate) fn headers() -> HeaderMap {
    let values = [
        (ACCEPT, "application/json"),
        (ACCEPT_ENCODING, "identity"),
        (USER_AGENT, concat!("paypos/", env!("CARGO_PKG_VERSION"))),
    ];
    values.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// The value of the header: the key as it is, which Paynet also expects after `Basic`.
fn authorization(scheme: &str, key: &SecretKey) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::from_str(&Zeroizing::new(format!("{scheme} {}", key.expose())))
}

impl ClientHooks<Context> for wire::Client {
    async fn pre<E>(&self, request: &mut reqwest::Request, _: &OperationInfo) -> Result<(), WireError<E>> {
        let Context { server, operation, credential } = &self.inner;
        if !server.may_have(credential) {
            let problem = "the key is none that a simulator issued, and would go over the network to one; expected one of \
                           the simulator's own";
            return Err(WireError::InvalidRequest(problem.to_owned()));
        }
        let url = server.url(*operation, request.url());
        *request.url_mut() = url.map_err(|problem| WireError::InvalidRequest(problem.to_owned()))?;
        let headers = request.headers_mut();
        // Once, instead of twice on the way.
        headers.reserve(8);
        // progenitor's own, which no document has.
        headers.remove(API_VERSION);
        for &header in operation.headers() {
            let (name, mut value) = match (header, credential) {
                (Header::SessionKey, Credential::SessionKey(key)) => {
                    (SESSION_KEY, HeaderValue::from_str(key.expose())?)
                }
                (Header::Basic, Credential::SecretKey(key)) => (AUTHORIZATION, authorization("Basic", key)?),
                (Header::Bearer, Credential::SecretKey(key)) => {
                    (AUTHORIZATION, authorization("Bearer", key)?)
                }
                (Header::PaynetMobile, _) => (PAYNET_MOBILE, HeaderValue::from_static("2")),
                _ => {
                    let problem = "this operation requires a different credential";
                    return Err(WireError::InvalidRequest(problem.to_owned()));
                }
            };
            // Guard: guarantees::the_session_key_is_sensitive_and_http2_never_indexes_it
            value.set_sensitive(name != PAYNET_MOBILE);
            headers.append(name, value);
        }
        Ok(())
    }
}
