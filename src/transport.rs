//! The hooks of the generated client, and the span of each call: the only place where a
//! request is touched.
//!
//! Before a request leaves, it carries exactly the headers that the document and HTTP require.

use std::{future::Future, sync::Arc, time::Instant};

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use tracing::{Instrument, Span, field};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Environment, Error,
    ErrorKind::BadResponse,
    SecretKey, SessionKey,
    generated::wire,
    property::Property,
    response::{Response, ServerMessage},
};

/// What a call needs besides the HTTP client, stored in the generated client's `inner` field.
pub(crate) struct Context {
    pub(crate) server: Arc<Server>,
    pub(crate) operation: &'static Operation,
    pub(crate) credential: Credential,
}

/// Where a client's calls go.
pub(crate) struct Server {
    pub(crate) environment: Environment,
    pub(crate) base_url: String,
    /// Of each operation, by its index.
    pub(crate) urls: Vec<Url>,
}

/// The credential of an agent or a session.
pub(crate) enum Credential {
    SecretKey(Arc<SecretKey>),
    SessionKey(Arc<SessionKey>),
}

/// One operation of the documents; the table is generated.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Among all.
    pub(crate) index: usize,
    pub(crate) path: &'static str,
    /// Whether it may move money; a check only asks about it.
    pub(crate) moves_money: bool,
    /// The headers that are injected, in lower case.
    pub(crate) headers: &'static [&'static str],
}

/// Makes one call: validates the request, sends it, reads the answer, and records all that in a span.
///
/// The generated call is boxed first, as its future is large and would be copied at each step.
pub(crate) fn call<T, A>(
    api: &wire::Client,
    request: &impl Property,
    answer: impl Future<Output = Result<Response<T>, progenitor_client::Error<()>>>,
    read: impl FnOnce(T) -> Result<A, String>,
) -> impl Future<Output = Result<A, Error>> {
    let answer = Box::pin(answer);
    let Context { server, operation, .. } = &api.inner;
    async move {
        let mut record = Record::start(operation, server.environment);
        let result = match request.validate("request", true) {
            Ok(()) => match answer.instrument(record.span.clone()).await {
                Ok(Response { answer, code, body }) => {
                    record.code = code;
                    answer.and_then(read).map_err(|problem| {
                        let server = ServerMessage::from_body(body.as_deref());
                        Error::new(BadResponse, problem).answered(200, server)
                    })
                }
                Err(error) => Err(Box::pin(Error::from_client(error)).await),
            },
            Err(error) => Err(error),
        };
        let result = result.map_err(|error| error.with_operation(operation));
        record.finish(result.as_ref().err());
        result
    }
}

/// Records how a call ended, also where the caller dropped it.
struct Record {
    span: Span,
    started: Instant,
    code: Option<i64>,
    finished: bool,
}

impl Record {
    fn start(operation: &Operation, environment: Environment) -> Self {
        let span = tracing::info_span!(
            "paypos",
            operation = operation.name,
            %environment,
            status = field::Empty,
            code = field::Empty,
            kind = field::Empty,
            outcome = field::Empty,
            elapsed_ms = field::Empty,
        );
        Self { span, started: Instant::now(), code: None, finished: false }
    }

    fn finish(mut self, error: Option<&Error>) {
        self.finished = true;
        self.span.record("status", error.map_or(Some(200), Error::status));
        self.span.record("code", error.map_or(self.code, Error::code));
        self.span.record("kind", error.map(|error| field::debug(error.kind())));
        match error {
            Some(error) => self.span.record("outcome", field::debug(error.outcome())),
            None => self.span.record("outcome", "Ok"),
        };
    }
}

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

const SESSION_KEY: HeaderName = HeaderName::from_static("session-key");
const PAYNET_MOBILE: HeaderName = HeaderName::from_static("paynetmobile");

impl ClientHooks<Context> for wire::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let headers = request.headers_mut();
        headers.append(ACCEPT, HeaderValue::from_static("application/json"));
        headers.append(USER_AGENT, HeaderValue::from_static(concat!("paypos/", env!("CARGO_PKG_VERSION"))));
        for &name in self.inner.operation.headers {
            let (header, mut value) = match (name, &self.inner.credential) {
                ("session-key", Credential::SessionKey(key)) => {
                    (SESSION_KEY, HeaderValue::from_str(key.expose())?)
                }
                ("authorization", Credential::SecretKey(key)) => {
                    let basic = Zeroizing::new(format!("Basic {}", key.expose()));
                    (AUTHORIZATION, HeaderValue::from_str(&basic)?)
                }
                ("paynetmobile", _) => (PAYNET_MOBILE, HeaderValue::from_static("2")),
                _ => {
                    let problem = "the document requires another credential than this operation has";
                    return Err(progenitor_client::Error::InvalidRequest(problem.to_owned()));
                }
            };
            value.set_sensitive(header != PAYNET_MOBILE);
            headers.append(header, value);
        }
        Ok(())
    }
}
