//! The hooks of the generated client: the only place where a request is touched
//! or an answer read.
//!
//! Before a request leaves, it carries exactly the headers that the document
//! and HTTP ask for; an answer is read within a cap, and must be an object.

use std::{future::Future, sync::Arc, time::Instant};

use bytes::{Bytes, BytesMut};
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT};
use serde::de::DeserializeOwned;
use tracing::{Instrument, Span, field};
use zeroize::Zeroizing;

use crate::{
    Environment, Error, SecretKey, SessionKey,
    check::Check,
    generated::{self, operations},
};

/// The most that is read of an answer's decoded body, in bytes.
const MAX_BODY: usize = 64 * 1024;

const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const PAYNET_MOBILE: HeaderName = HeaderName::from_static("paynetmobile");
const SESSION_KEY: HeaderName = HeaderName::from_static("session-key");
const AGENT: &str = concat!("paypos/", env!("CARGO_PKG_VERSION"));

/// What the generated client carries beside reqwest's: see its `inner`.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) credential: Option<Credential>,
}

/// Whom the calls are made for.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    SecretKey(Arc<SecretKey>),
    SessionKey(Arc<SessionKey>),
}

/// The same client, on the same connections, with a credential.
pub(crate) fn with(client: &generated::Client, credential: Credential) -> generated::Client {
    let mut client = client.clone();
    client.inner.credential = Some(credential);
    client
}

/// A header that is injected where the document asks for it.
#[derive(Clone, Copy)]
pub(crate) enum Header {
    Authorization,
    PaynetMobile,
    SessionKey,
}

/// One operation of the documents; the table is generated.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) headers: &'static [Header],
    /// The properties of a successful answer, and of what it is made of.
    pub(crate) properties: &'static [&'static str],
}

/// Makes one call: checks the request, sends it, reads the answer, and records all that in a span.
///
/// The generated call is boxed before anything else, as its future is large and would be copied at each step.
pub(crate) fn call<T: DeserializeOwned, A>(
    operation: &Operation,
    api: &generated::Client,
    request: &impl Check,
    answer: impl Future<Output = Result<Answer<T>, progenitor_client::Error<()>>>,
    read: impl FnOnce(T) -> Result<A, Error>,
) -> impl Future<Output = Result<A, Error>> {
    let answer = Box::pin(answer);
    record(operation, api.inner.environment, async move {
        request.check()?;
        match answer.await {
            Ok(Answer(answer)) => read(answer),
            Err(error) => Err(Box::pin(Error::of_call::<T>(error, operation)).await),
        }
    })
}

/// Runs a call in its span, and records how it ended.
async fn record<A>(
    operation: &Operation,
    environment: Environment,
    call: impl Future<Output = Result<A, Error>>,
) -> Result<A, Error> {
    let record = Record {
        span: tracing::info_span!(
            "paypos",
            operation = operation.name,
            %environment,
            status = field::Empty,
            kind = field::Empty,
            outcome = field::Empty,
            elapsed_ms = field::Empty,
        ),
        started: Instant::now(),
        finished: false,
    };
    let result = call.instrument(record.span.clone()).await.map_err(|error| error.during(operation));
    record.finish(result.as_ref().err());
    result
}

/// Records how a call ended, also where the caller dropped it.
struct Record {
    span: Span,
    started: Instant,
    finished: bool,
}

impl Record {
    fn finish(mut self, error: Option<&Error>) {
        self.finished = true;
        if let Some(error) = error {
            if let Some(status) = error.status() {
                self.span.record("status", status);
            }
            self.span.record("kind", field::debug(error.kind()));
            self.span.record("outcome", field::debug(error.outcome()));
        } else {
            self.span.record("status", 200);
            self.span.record("outcome", "Ok");
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

impl ClientHooks<Context> for generated::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        info: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let headers = request.headers_mut();
        // progenitor's own, which no document of Paynet's asks for.
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
                    let wrong = "the document asks for another credential than this operation is called with";
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

/// A successful answer, which the generated methods read by this type.
pub(crate) struct Answer<T>(T);

impl<T: DeserializeOwned> Answer<T> {
    pub(crate) async fn from_response<E>(
        mut response: reqwest::Response,
    ) -> Result<Self, progenitor_client::Error<E>> {
        let body = read(&mut response).await?;
        // serde's derived code takes an array for an object; the document does not.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(progenitor_client::Error::Custom("the answer is not a JSON object".to_owned()));
        }
        match serde_json::from_slice(&body) {
            Ok(answer) => Ok(Self(answer)),
            Err(error) => Err(progenitor_client::Error::InvalidResponsePayload(body, error)),
        }
    }
}

/// Reads a body of at most [`MAX_BODY`] bytes.
pub(crate) async fn read<E>(response: &mut reqwest::Response) -> Result<Bytes, progenitor_client::Error<E>> {
    let too_large = || progenitor_client::Error::Custom("the answer is larger than 64 KiB".to_owned());
    let failed = progenitor_client::Error::ResponseBodyError;
    // A declared length is refused before anything of the body is read.
    if response.content_length().is_some_and(|length| length > MAX_BODY as u64) {
        return Err(too_large());
    }
    let mut body = response.chunk().await.map_err(failed)?.unwrap_or_default();
    // Most bodies are one chunk, which is not copied.
    if let Some(next) = response.chunk().await.map_err(failed)? {
        let mut whole = BytesMut::from(body);
        whole.extend_from_slice(&next);
        while whole.len() <= MAX_BODY
            && let Some(next) = response.chunk().await.map_err(failed)?
        {
            whole.extend_from_slice(&next);
        }
        body = whole.freeze();
    }
    if body.len() > MAX_BODY { Err(too_large()) } else { Ok(body) }
}
