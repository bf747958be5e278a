//! Reads responses: within a bound, strictly where that succeeds and leniently where not, and with words for what is
//! wrong. What arrived is kept, however the rest of it is broken.
//!
//! The generated methods read every success as a [`Response`], under progenitor's name for such a type,
//! `ResponseValue`: progenitor's own has no bound, and takes an array for an object.

use std::time::{Duration, SystemTime};

use progenitor_client::Error as WireError;
use reqwest::header::{CONTENT_ENCODING, DATE, HeaderMap, RETRY_AFTER};

use crate::{
    Error,
    ErrorKind::BadResponse,
    Operation, Outcome,
    error::ServerMessage,
    failure::failure,
    lenient::find_payment_session_id,
    object::{Object, Properties},
    refusal::{self, Verdict},
    validate::is_payment_session_id,
};

/// The most that is read of a response's decoded body, in bytes: a day's list of a busy terminal, 5,000 transactions of
/// 800 bytes.
// Guard: responses::a_declared_length_of_ten_gigabytes_is_too_large_whatever_comes_of_it
// Guard: responses::an_endless_body_is_refused_at_the_cap_and_its_connection_dropped
// Guard: responses::a_body_of_the_cap_is_read_and_one_byte_more_is_not
const MAX_BODY: usize = 4 << 20;

/// A response with the status of a success.
#[allow(unreachable_pub, reason = "the generated module re-exports it, and is private")]
pub struct Response<T> {
    /// What it was read as, or why it could not be.
    pub(crate) value: Result<T, Unusable>,
    pub(crate) status: u16,
    /// Its `code`, as far as it could be read.
    pub(crate) code: Option<i64>,
}

/// Why there is no usable response, and the id in it that must not be lost.
pub(crate) struct Unusable {
    pub(crate) error: Error,
    pub(crate) payment_session_id: Option<String>,
}

impl Unusable {
    /// Adds the operation. One that has opened a payment session has not been refused.
    pub(crate) fn of(self, operation: Operation) -> Self {
        let Self { mut error, payment_session_id } = self;
        if payment_session_id.is_some() {
            error = error.meaning(Outcome::Unknown);
        }
        Self { error: error.called(operation), payment_session_id }
    }
}

impl From<Error> for Unusable {
    fn from(error: Error) -> Self {
        Self { error, payment_session_id: None }
    }
}

impl<T: Object> Response<T> {
    #[allow(clippy::unnecessary_wraps, reason = "the signature of progenitor's own")]
    pub(crate) async fn from_response<E>(mut response: reqwest::Response) -> Result<Self, WireError<E>> {
        let status = response.status().as_u16();
        let is_encoded = is_encoded(response.headers());
        let body = Body::read(&mut response).await;
        let mut ignored = 0;
        let (value, code) = body.properties(|properties| {
            let code = properties.as_ref().ok().and_then(|properties| properties.number("code"));
            (properties.and_then(|properties| T::from_properties(&properties, &mut ignored)), code)
        });
        if ignored > 0 {
            tracing::warn!(
                count = ignored,
                "ignored response properties that do not have their documented type"
            );
        }
        let value = value.map_err(|problem| {
            let message = body.properties(|properties| {
                properties.map(|properties| ServerMessage::of(&properties)).unwrap_or_default()
            });
            let payment_session_id = body.payment_session_id();
            let problem = if is_encoded {
                "the response has a Content-Encoding, which was not asked for".to_owned()
            } else {
                problem
            };
            let error = body.failure.unwrap_or_else(|| Error::new(BadResponse, problem));
            Unusable { error: error.responded(status, message), payment_session_id }
        });
        Ok(Self { value, status, code })
    }
}

/// Whether reqwest left a body encoded: a request asks for no encoding.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|name| {
        let name = name.as_bytes().trim_ascii();
        !name.is_empty() && !name.eq_ignore_ascii_case(b"identity")
    })
}

#[allow(dead_code, reason = "no present operation has such a response")]
impl Response<()> {
    /// A success of an operation whose documented response has no body: one that has is not read.
    #[allow(clippy::needless_pass_by_value, reason = "the signature of progenitor's own")]
    pub(crate) fn empty(response: reqwest::Response) -> Self {
        Self { value: Ok(()), status: response.status().as_u16(), code: None }
    }
}

/// What arrived of a body.
struct Body {
    bytes: Vec<u8>,
    /// Why it is not the whole.
    failure: Option<Error>,
}

impl Body {
    async fn read(response: &mut reqwest::Response) -> Self {
        let too_large = || Error::new(BadResponse, "the response is larger than 4 MiB");
        let is_too_large = response.content_length().is_some_and(|length| length > MAX_BODY as u64);
        let mut bytes = Vec::new();
        let failed = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let room = MAX_BODY - bytes.len();
                    bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        break Some(too_large());
                    }
                }
                Ok(None) => break None,
                Err(_) if is_too_large => break Some(too_large()),
                Err(error) => break Some(failure(&error)),
            }
        };
        Self { bytes, failure: failed }
    }

    /// Reads the properties of a body that is whole.
    fn properties<R>(&self, read: impl FnOnce(Result<Properties<'_>, String>) -> R) -> R {
        match &self.failure {
            Some(_) => read(Err(String::new())),
            None => Properties::of(&self.bytes, read),
        }
    }

    /// The id that must not be lost: at the top level, and nowhere else.
    // Guard: cases/lost-id-
    // Guard: cases/no-id-
    fn payment_session_id(&self) -> Option<String> {
        self.properties(|properties| match properties {
            Ok(properties) => {
                let is_name = |name: &str| name.eq_ignore_ascii_case("payment_session_id");
                let mut names = properties.members().map(|(name, _)| name).filter(|name| is_name(name));
                let id = properties.text(names.next()?).filter(|id| is_payment_session_id(id))?;
                names.all(|name| properties.text(name).as_ref() == Some(&id)).then_some(id)
            }
            Err(_) => find_payment_session_id(&self.bytes),
        })
    }
}

/// Reads a response that is not a success. It is a refusal only if it was read to its end.
pub(crate) async fn refusal(mut response: reqwest::Response) -> Unusable {
    let status = response.status().as_u16();
    let delay = retry_after(response.headers());
    let body = Body::read(&mut response).await;
    let payment_session_id = body.payment_session_id();
    let Verdict { kind, outcome, detail, message } = refusal::judge(status, &body.bytes);
    let error = match body.failure {
        Some(failure) if (400..500).contains(&status) => failure,
        _ => Error::new(kind, detail).meaning(outcome),
    };
    Unusable { error: error.responded(status, message).delayed(delay), payment_session_id }
}

// Guard: refusals::retry_after_is_read_in_seconds_and_as_a_date_by_the_servers_clock
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let date = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    Some(until.duration_since(date.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}
