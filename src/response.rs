//! Reads responses: within a bound, strictly where that succeeds and leniently where not, and with words for what is
//! wrong. What arrived is kept, however the rest of it is broken.
//!
//! The generated methods read every success as a [`Response`], under progenitor's name for such a type,
//! `ResponseValue`: progenitor's own has no bound, and takes an array for an object.

use std::time::{Duration, SystemTime};

use progenitor_client::Error as WireError;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::{
    Error,
    ErrorKind::{BadResponse, RateLimited, Refused, Server, Timeout, Unauthorized},
    PaymentSession,
    error::ServerMessage,
    failure::failure,
    lenient::{find_payment_session_id, is_usable_id},
    property::{Object, Properties, Property},
};

/// The most that is read of a response's decoded body, in bytes: a day's list of a busy terminal, 5,000 transactions of
/// 800 bytes.
const MAX_BODY: usize = 4 << 20;

/// A response with the status of a success.
pub(crate) struct Response<T> {
    /// What it was read as, or why it could not be.
    pub(crate) value: Result<T, Error>,
    pub(crate) status: u16,
    /// Its `code`, as far as it could be read.
    pub(crate) code: Option<i64>,
}

impl<T: Object> Response<T> {
    #[allow(clippy::unnecessary_wraps, reason = "the signature of progenitor's own")]
    pub(crate) async fn from_response<E>(mut response: reqwest::Response) -> Result<Self, WireError<E>> {
        let status = response.status().as_u16();
        let body = Body::read(&mut response).await;
        let mut ignored = 0;
        let (value, code) = body.properties(|properties| {
            let code = properties.as_ref().ok().and_then(|properties| number(properties, "code"));
            (properties.and_then(|properties| T::from_properties(&properties, &mut ignored)), code)
        });
        if ignored > 0 {
            tracing::warn!(
                count = ignored,
                "ignored response properties that do not have their documented type"
            );
        }
        let value = value.map_err(|problem| {
            let (message, payment_session) = body.message();
            let error = body.failure.unwrap_or_else(|| Error::new(BadResponse, problem));
            error.responded(status, message).obtained(payment_session)
        });
        Ok(Self { value, status, code })
    }
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

    /// Reads each property of an error's body that can be read, and the id that must not be lost.
    fn message(&self) -> (ServerMessage, Option<PaymentSession>) {
        let (message, id) = self.properties(|properties| {
            let Ok(properties) = properties else { return (ServerMessage::default(), None) };
            let message = ServerMessage {
                object_name: text(&properties, "object_name"),
                code: number(&properties, "code"),
                result_code: number(&properties, "result_code"),
                message: text(&properties, "message"),
            };
            (message, text(&properties, "payment_session_id").filter(|id| is_usable_id(id)))
        });
        (message, id.or_else(|| find_payment_session_id(&self.bytes)).map(PaymentSession::sale))
    }

    /// Whether a refusal could say more than can be read of it: JSON that is broken, or a code that is no number, or
    /// perhaps has another name. A page or a plain text of a gateway says nothing.
    fn is_unclear(&self, status: u16, return_code: Option<i64>) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if start.starts_with('<') || !start.contains(['{', '[', '"', '\0', char::REPLACEMENT_CHARACTER]) {
            return false;
        }
        self.properties(|properties| {
            let Ok(properties) = properties else { return true };
            let is_clear = |name| {
                matches!(properties.get(name), Ok(None | Some("null"))) || number(&properties, name).is_some()
            };
            !(is_clear("code") && is_clear("result_code")) || properties.may_say_more(status, return_code)
        })
    }
}

fn text(properties: &Properties<'_>, name: &str) -> Option<String> {
    properties.required(name, &mut 0).ok()
}

fn number(properties: &Properties<'_>, name: &str) -> Option<i64> {
    i64::read(properties.get(name).ok()??, &mut 0)
}

/// Reads a response that is not a success. It is a refusal only if it was read to its end, and is clear.
pub(crate) async fn refusal(mut response: reqwest::Response) -> Error {
    let status = response.status().as_u16();
    let delay = retry_after(response.headers());
    let body = Body::read(&mut response).await;
    let (message, payment_session) = body.message();
    let return_code = message.return_code(status);
    let is_unclear = body.is_unclear(status, return_code);
    let error = match (status, return_code, body.failure) {
        (500..600, ..) => Error::new(Server, "the server reported an error"),
        // A failure on Paynet's side leaves open what happened.
        (400..500, Some(8), _) => Error::new(Server, "Paynet reported an internal failure"),
        (400..500, Some(10), _) => Error::new(Timeout, "Paynet reported a timeout"),
        (408, ..) => Error::new(Timeout, "the server waited too long for the request"),
        (400..500, _, Some(failure)) => failure,
        (400..500, ..) if is_unclear => {
            Error::new(BadResponse, "the response is a refusal that cannot be read")
        }
        (401 | 403, ..) => Error::new(Unauthorized, "the key was not accepted"),
        (429, ..) => Error::new(RateLimited, "too many requests"),
        (400..500, ..) if message.leaves_open(status) => Error::new(
            Refused,
            "the request was refused with a code that leaves open whether it was done before",
        ),
        // HTTP itself defines that nothing was done.
        (400 | 404 | 405 | 413 | 414 | 415 | 422 | 431, ..) => Error::new(Refused, "the request was refused"),
        (400..500, ..) if message.is_paynets() => Error::new(Refused, "the request was refused"),
        _ => Error::new(BadResponse, "undocumented status"),
    };
    error.responded(status, message).obtained(payment_session).delayed(delay)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let date = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    Some(until.duration_since(date.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}
