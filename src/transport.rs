//! The hooks of the generated client, and the span of each call: the only place where a
//! request is touched.
//!
//! Before a request leaves, it carries exactly the headers that the document and HTTP require.

use std::{future::Future, sync::Arc, time::Instant};

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT};
use tracing::{Instrument, Span, field};
use zeroize::Zeroizing;

use crate::{
    Environment, Error, SecretKey, SessionKey,
    generated::{operations, wire},
    response::{Answer, Response},
    validate::Validate,
};

const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const PAYNET_MOBILE: HeaderName = HeaderName::from_static("paynetmobile");
const SESSION_KEY: HeaderName = HeaderName::from_static("session-key");
const AGENT: &str = concat!("paypos/", env!("CARGO_PKG_VERSION"));

/// Per-client state, stored in the generated client's `inner` field.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) credential: Option<Credential>,
}

/// The credential of an agent or a session.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    SecretKey(Arc<SecretKey>),
    SessionKey(Arc<SessionKey>),
}

/// The same client, on the same connections, with a credential.
pub(crate) fn with(client: &wire::Client, credential: Credential) -> wire::Client {
    let mut client = client.clone();
    client.inner.credential = Some(credential);
    client
}

/// A header that is injected where the document requires it.
#[derive(Clone, Copy)]
pub(crate) enum Header {
    Authorization,
    PaynetMobile,
    SessionKey,
}

/// One operation of the documents; the table is generated.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Whether it may move money; a check only asks about it.
    pub(crate) moves_money: bool,
    pub(crate) headers: &'static [Header],
    /// The properties of a successful answer, and of the types within it.
    pub(crate) properties: &'static [&'static str],
}

/// Makes one call: validates the request, sends it, reads the answer, and records all that in a span.
///
/// The generated call is boxed first, as its future is large and would be copied at each step.
pub(crate) fn call<T: Answer, A>(
    operation: &Operation,
    api: &wire::Client,
    request: &impl Validate,
    answer: impl Future<Output = Result<Response<T>, progenitor_client::Error<()>>>,
    read: impl FnOnce(T) -> Result<A, Error>,
) -> impl Future<Output = Result<A, Error>> {
    let answer = Box::pin(answer);
    record(operation, api.inner.environment, async move {
        request.validate("request")?;
        match answer.await {
            Ok(Response(answer)) => {
                let code = answer.code();
                Ok((read(answer)?, code))
            }
            Err(error) => Err(Box::pin(Error::from_client::<T>(error, operation)).await),
        }
    })
}

/// Runs a call in its span, and records how it ended.
async fn record<A>(
    operation: &Operation,
    environment: Environment,
    call: impl Future<Output = Result<(A, Option<i64>), Error>>,
) -> Result<A, Error> {
    let record = Record {
        span: tracing::info_span!(
            "paypos",
            operation = operation.name,
            %environment,
            status = field::Empty,
            code = field::Empty,
            kind = field::Empty,
            outcome = field::Empty,
            elapsed_ms = field::Empty,
        ),
        started: Instant::now(),
        finished: false,
    };
    let result = call.instrument(record.span.clone()).await.map_err(|error| error.with_operation(operation));
    record.finish(result.as_ref().map(|(_, code)| *code));
    result.map(|(answer, _)| answer)
}

/// Records how a call ended, also where the caller dropped it.
struct Record {
    span: Span,
    started: Instant,
    finished: bool,
}

impl Record {
    fn finish(mut self, result: Result<Option<i64>, &Error>) {
        self.finished = true;
        let (status, code) = match result {
            Ok(code) => (Some(200), code),
            Err(error) => (error.status(), error.code()),
        };
        status.map(|status| self.span.record("status", status));
        code.map(|code| self.span.record("code", code));
        match result {
            Ok(_) => drop(self.span.record("outcome", "Ok")),
            Err(error) => {
                self.span.record("kind", field::debug(error.kind()));
                self.span.record("outcome", field::debug(error.outcome()));
            }
        }
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

impl ClientHooks<Context> for wire::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        info: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let headers = request.headers_mut();
        // Added by progenitor; no document of Paynet's has it.
        headers.remove(API_VERSION);
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let operation = operations::ALL.iter().find(|operation| operation.name == info.operation_id);
        for header in operation.into_iter().flat_map(|operation| operation.headers) {
            let (name, value) = match (header, &self.inner.credential) {
                (Header::SessionKey, Some(Credential::SessionKey(key))) => {
                    (SESSION_KEY, sensitive(key.expose())?)
                }
                (Header::Authorization, Some(Credential::SecretKey(key))) => {
                    (AUTHORIZATION, sensitive(&Zeroizing::new(format!("Basic {}", key.expose())))?)
                }
                (Header::PaynetMobile, _) => (PAYNET_MOBILE, HeaderValue::from_static("2")),
                (Header::SessionKey | Header::Authorization, _) => {
                    let wrong = "the document requires another credential than this operation is called with";
                    return Err(progenitor_client::Error::InvalidRequest(wrong.to_owned()));
                }
            };
            headers.insert(name, value);
        }
        Ok(())
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}
