//! The hooks of the generated client: the only place where a request or a
//! response is touched.
//!
//! Before a request leaves, it carries exactly the headers that the document
//! and HTTP ask for; before an answer is read, its size and shape are guarded.

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use progenitor_client::{ClientHooks, OperationInfo, ResponseValue};
use reqwest::header::{HeaderName, HeaderValue, USER_AGENT};
use serde::de::DeserializeOwned;
use tracing::{Instrument, Span, field};

use crate::{
    Environment, Error, Secret,
    check::Check,
    generated::{self, operations},
};

/// The most that is read of an answer's decoded body, in bytes.
pub(crate) const MAX_BODY: u64 = 64 * 1024;

const SESSION_KEY: HeaderName = HeaderName::from_static("session-key");
const AGENT: &str = concat!("paypos/", env!("CARGO_PKG_VERSION"));

/// What the generated client carries beside reqwest's: see its `inner`.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) session_key: Option<Arc<Secret>>,
}

/// One operation of the document; the table is generated.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) needs_session_key: bool,
    /// The properties of a successful answer.
    pub(crate) answer: &'static [&'static str],
}

/// Makes one call: checks the request, sends it, reads the answer, and records all that in a span.
pub(crate) async fn call<T, A>(
    operation: &Operation,
    environment: Environment,
    request: &impl Check,
    answer: impl Future<Output = Result<ResponseValue<T>, progenitor_client::Error<()>>>,
) -> Result<A, Error>
where
    T: DeserializeOwned,
    A: TryFrom<T, Error = Error>,
{
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
    let span = record.span.clone();
    let result = async {
        request.check()?;
        match answer.await {
            Ok(answer) => A::try_from(answer.into_inner()),
            Err(error) => Err(Error::of_call::<T>(error, operation).await),
        }
    }
    .instrument(span)
    .await
    .map_err(|error: Error| error.during(operation));
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
        match error {
            Some(error) => {
                self.span.record("kind", field::debug(error.kind()));
                self.span.record("outcome", field::debug(error.outcome()));
            }
            None => {
                self.span.record("outcome", "Ok");
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

impl ClientHooks<Context> for generated::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        info: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let headers = request.headers_mut();
        // progenitor's own, which no document of Paynet's asks for.
        headers.remove("api-version");
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let needs_key = operations::ALL
            .iter()
            .any(|operation| operation.name == info.operation_id && operation.needs_session_key);
        if needs_key && let Some(key) = &self.inner.session_key {
            let mut value = HeaderValue::from_str(key.expose())?;
            value.set_sensitive(true);
            headers.insert(SESSION_KEY, value);
        }
        Ok(())
    }

    async fn exec(&self, request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let response = self.client.execute(request).await?;
        Span::current().record("status", response.status().as_u16());
        let must_be_object = response.status() == reqwest::StatusCode::OK;
        let guard = |body| reqwest::Body::wrap(Guarded { body, left: MAX_BODY, must_be_object });
        Ok(http::Response::from(response).map(guard).into())
    }
}

/// Why the guard stopped reading an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnswerRefused {
    TooLarge,
    NotAnObject,
}

impl AnswerRefused {
    pub(crate) fn cause_of(error: &reqwest::Error) -> Option<Self> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref() {
                return Some(*refused);
            }
            cause = error.source();
        }
        None
    }

    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::TooLarge => "the answer is larger than 64 KiB",
            Self::NotAnObject => "the answer is not a JSON object",
        }
    }
}

impl fmt::Display for AnswerRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl StdError for AnswerRefused {}

/// A body of at most [`MAX_BODY`] bytes; of a success, one that begins a JSON
/// object, since serde's derived code takes an array for an object.
struct Guarded {
    body: reqwest::Body,
    left: u64,
    must_be_object: bool,
}

impl Guarded {
    fn admit(&mut self, data: &Bytes) -> Result<(), AnswerRefused> {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or(AnswerRefused::TooLarge)?;
        if self.must_be_object {
            match data.trim_ascii_start().first() {
                Some(b'{') => self.must_be_object = false,
                Some(_) => return Err(AnswerRefused::NotAnObject),
                None => {}
            }
        }
        Ok(())
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        // A declared length is refused before anything of the body is read.
        if this.body.size_hint().lower() > this.left {
            return Poll::Ready(Some(Err(AnswerRefused::TooLarge.into())));
        }
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            let frame = frame?;
            if let Some(data) = frame.data_ref() {
                this.admit(data)?;
            }
            Ok(frame)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
