//! Reads answers: within a cap, as a JSON object, and with words for what is wrong.
//!
//! The generated methods read every answer by [`Response`], under progenitor's name for such a
//! type, `ResponseValue`: progenitor's own has no cap, and takes an array for an object.
//! `ClientHooks::exec` could limit the body instead, but not refuse a declared length before
//! reading, nor an array.

use bytes::{Bytes, BytesMut};
use progenitor_client::Error as WireError;

use crate::property::{Object, Properties, Property};

/// The most that is read of an answer's decoded body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// A successful answer.
pub(crate) struct Response<T> {
    /// What it is read as, or what is wrong with it.
    pub(crate) answer: Result<T, String>,
    /// `code`, as far as it could be read.
    pub(crate) code: Option<i64>,
    pub(crate) body: Option<Bytes>,
}

impl<T: Object> Response<T> {
    pub(crate) async fn from_response<E>(mut response: reqwest::Response) -> Result<Self, WireError<E>> {
        let body = read(&mut response).await.map_err(WireError::ResponseBodyError)?;
        let properties = properties(body.as_deref());
        let code = properties.as_ref().ok().and_then(|properties| i64::read(properties.get("code").ok()??));
        Ok(Self { answer: properties.and_then(|properties| T::from_properties(&properties)), code, body })
    }
}

/// The properties of a body that was read, or what is wrong with it.
fn properties(body: Option<&[u8]>) -> Result<Properties<'_>, String> {
    let body = body.ok_or("the answer is larger than 64 KiB")?;
    let json = str::from_utf8(body).map_err(|_| "the answer is not a JSON object: it is not UTF-8")?;
    Properties::parse(json)
}

/// Reads a body; nothing, where it is larger than [`MAX_BODY`].
async fn read(response: &mut reqwest::Response) -> reqwest::Result<Option<Bytes>> {
    // A declared length is refused before anything of the body is read.
    if response.content_length().is_some_and(|length| length > MAX_BODY as u64) {
        return Ok(None);
    }
    let mut body = Bytes::new();
    while body.len() <= MAX_BODY
        && let Some(next) = response.chunk().await?
    {
        // Most bodies are one chunk, which is not copied.
        body = if body.is_empty() {
            next
        } else {
            let mut whole = BytesMut::from(body);
            whole.extend_from_slice(&next);
            whole.freeze()
        };
    }
    Ok((body.len() <= MAX_BODY).then_some(body))
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

impl ServerMessage {
    /// Reads it from an answer other than success. Its status has decided: a body that cannot be read adds nothing.
    pub(crate) async fn from_response(mut response: reqwest::Response) -> Self {
        let body = read(&mut response).await.ok().flatten();
        Self::from_body(body.as_deref())
    }

    /// Reads each property that can be read.
    pub(crate) fn from_body(body: Option<&[u8]>) -> Self {
        let Ok(properties) = properties(body) else { return Self::default() };
        let text = |name| String::read(properties.get(name).ok()??);
        let number = |name| i64::read(properties.get(name).ok()??);
        Self {
            object_name: text("object_name"),
            code: number("code"),
            result_code: number("result_code"),
            message: text("message"),
            payment_session_id: text("payment_session_id").filter(|id| is_usable_id(id)),
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
}

/// Whether a payment session can be checked by this id.
pub(crate) fn is_usable_id(id: &str) -> bool {
    !id.chars().all(char::is_whitespace) && !crate::validate::any_byte(id, |byte| byte.is_ascii_control())
}
