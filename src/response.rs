//! Reads answers: within a cap, as a JSON object, and with words for what is wrong.
//!
//! The generated methods read every answer by [`Response`], under progenitor's name for such a
//! type, `ResponseValue`: progenitor's own has no cap, and takes an array for an object.
//! `ClientHooks::exec` could limit the body instead, but not refuse a declared length before
//! reading, nor an array.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use progenitor_client::Error as WireError;
use serde::de::DeserializeOwned;
use serde_json::{error::Category, value::RawValue};
use serde_path_to_error::Segment;

use crate::{property::Property, transport::Operation};

/// The most that is read of an answer's decoded body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// A successful answer.
pub(crate) struct Response<T>(pub(crate) T);

/// The body of a successful answer.
pub(crate) trait Answer: DeserializeOwned {
    /// `code`, as far as it could be read.
    fn code(&self) -> Option<i64>;
}

/// What Paynet wrote in an answer that is not a success, in either form: `ErrorResponse` of the documents
/// (`object_name`, `code`, `message`), or that of its general documentation (`type`, `message`, `code`,
/// `result_code`). And what must not be lost of a success that is unusable.
#[derive(Default)]
pub(crate) struct ServerMessage {
    pub(crate) object_name: Option<String>,
    pub(crate) code: Option<i64>,
    pub(crate) result_code: Option<i64>,
    pub(crate) message: Option<String>,
    pub(crate) payment_session_id: Option<String>,
}

impl<T: DeserializeOwned> Response<T> {
    pub(crate) async fn from_response<E>(mut response: reqwest::Response) -> Result<Self, WireError<E>> {
        let body = read(&mut response).await?;
        // The code that serde derives would take an array for an object.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(WireError::Custom("the answer is not a JSON object".to_owned()));
        }
        match serde_json::from_slice(&body) {
            Ok(answer) => Ok(Self(answer)),
            Err(error) => Err(WireError::InvalidResponsePayload(body, error)),
        }
    }
}

/// Reads a body of at most [`MAX_BODY`] bytes.
async fn read<E>(response: &mut reqwest::Response) -> Result<Bytes, WireError<E>> {
    let too_large = || WireError::Custom("the answer is larger than 64 KiB".to_owned());
    let failed = WireError::ResponseBodyError;
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

impl ServerMessage {
    /// Reads each property that can be read, from a body of any kind.
    pub(crate) fn from_body(body: &[u8]) -> Self {
        let body: HashMap<String, Box<RawValue>> = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| serde_json::from_str(body.get(name)?.get()).ok();
        let number = |name: &str| i64::read_loosely(body.get(name)?.get());
        Self {
            object_name: text("object_name"),
            code: number("code"),
            result_code: number("result_code"),
            message: text("message"),
            payment_session_id: text("payment_session_id").filter(|id: &String| is_usable_id(id)),
        }
    }

    /// Whether it has one of Paynet's forms, which a gateway's answer has not.
    pub(crate) fn is_paynets(&self) -> bool {
        self.code.is_some() && (self.object_name.is_some() || self.result_code.is_some())
    }

    /// The return code: beside an HTTP status other than 200, `code` may be that status again.
    pub(crate) fn return_code(&self, status: u16) -> Option<i64> {
        self.result_code.or(self.code.filter(|code| *code != i64::from(status)))
    }

    /// Reads it from an answer other than success. Its status has decided: a body that cannot be read adds nothing.
    pub(crate) async fn from_response(mut response: reqwest::Response) -> Self {
        match read::<()>(&mut response).await {
            Ok(body) => Self::from_body(&body),
            Err(_) => Self::default(),
        }
    }
}

/// Whether a payment session can be checked by this id.
pub(crate) fn is_usable_id(id: &str) -> bool {
    !id.trim().is_empty() && !id.bytes().any(|byte| byte.is_ascii_control())
}

/// Returns what is wrong with a body: names the property, if there is one, and quotes nothing, as the
/// messages of `serde_json` would.
pub(crate) fn why_unreadable<T: DeserializeOwned>(body: &[u8], operation: &Operation) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut deserializer) else {
        return "the answer has something after its JSON object".to_owned();
    };
    // Only the document's own names are printed: another key is server text.
    let known = |name: &str| operation.properties.iter().find(|known| **known == name);
    let mut place = String::new();
    for segment in error.path() {
        match segment {
            Segment::Map { key } => match known(key) {
                Some(name) if place.is_empty() => place.push_str(name),
                Some(name) => place = format!("{place}.{name}"),
                None => break,
            },
            Segment::Seq { index } => place = format!("{place}[{index}]"),
            _ => break,
        }
    }
    let json = error.inner();
    let text = json.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| known(rest.split('`').next()?));
    match (json.classify(), missing) {
        (Category::Data, Some(missing)) => format!("`{missing}` is missing from the answer"),
        (Category::Data, None) if !place.is_empty() => {
            format!("`{place}` of the answer does not have the documented type")
        }
        (category, _) => format!(
            "the answer is not the documented JSON ({category:?} error at line {}, column {})",
            json.line(),
            json.column()
        ),
    }
}
