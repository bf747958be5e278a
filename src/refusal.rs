//! Judges a response that is not a success: what happened, and what it means for the money. This is the only place that
//! does.
//!
//! Nothing was done if HTTP or Paynet says so, in a response that was read whole and of which every member is understood.
//! Any other may say that something was done in a form that is not looked at.

use crate::{
    ErrorKind::{self, BadResponse, RateLimited, Refused, Server, Timeout, Unauthorized},
    Outcome::{self, Rejected, Unknown},
    error::ServerMessage,
    lenient::is_html,
    object::Properties,
    property::Property,
};

/// What a response says beside its status.
enum Said {
    /// Nothing: it is empty, or a page of a gateway.
    Nothing,
    /// No more than a refusal of Paynet's would.
    Understood(ServerMessage),
    /// Something else as well, or only something else.
    More(ServerMessage),
    /// It is JSON that cannot be read.
    Unreadable,
}

/// What a refusal means.
pub(crate) struct Verdict {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: Outcome,
    pub(crate) detail: &'static str,
    pub(crate) message: ServerMessage,
}

/// Judges a response with this status, and a body that was read whole.
// Guard: cases/refused-
// Guard: cases/unclear-
// Guard: cases/gateway-
// Guard: cases/status-
pub(crate) fn judge(status: u16, body: &[u8]) -> Verdict {
    let (message, is_understood, is_readable) = match said(status, body) {
        Said::Nothing => (ServerMessage::default(), true, true),
        Said::Understood(message) => (message, true, true),
        Said::More(message) => (message, false, true),
        Said::Unreadable => (ServerMessage::default(), false, false),
    };
    let return_code = message.return_code(status);
    let is_open = leaves_open(return_code);
    let refused = if is_understood && !is_open { Rejected } else { Unknown };
    let (kind, outcome, detail) = match (status, return_code) {
        (500..600, _) => (Server, Unknown, "the server reported an error"),
        (408, _) => (Timeout, Unknown, "the server waited too long for the request"),
        // A failure on Paynet's side leaves open what happened.
        (400..500, Some(8)) => (Server, Unknown, "Paynet reported an internal failure"),
        (400..500, Some(10)) => (Timeout, Unknown, "Paynet reported a timeout"),
        (400..500, _) if !is_readable => {
            (BadResponse, Unknown, "the response is a refusal that cannot be read")
        }
        (401 | 403, _) => (Unauthorized, refused, "the key was not accepted"),
        (429, _) => (RateLimited, refused, "too many requests"),
        (400..500, _) if is_open => (
            Refused,
            Unknown,
            "the request was refused with a code that leaves open whether it was done before",
        ),
        // HTTP itself defines that nothing was done.
        (400 | 404 | 405 | 413 | 414 | 415 | 422 | 431, _) => (Refused, refused, "the request was refused"),
        (400..500, _) if message.is_paynets() => (Refused, refused, "the request was refused"),
        _ => (BadResponse, Unknown, "undocumented status"),
    };
    Verdict { kind, outcome, detail, message }
}

/// Whether a return code does not say that nothing was done: successful, duplicate data, server error, timeout, and an
/// older success.
// Guard: cases/open-code-
pub(crate) fn leaves_open(return_code: Option<i64>) -> bool {
    matches!(return_code, Some(0 | 5 | 8 | 10 | 100))
}

fn said(status: u16, body: &[u8]) -> Said {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if matches!(text, "" | "null") || is_html(text) {
        return Said::Nothing;
    }
    Properties::of(body, |properties| match properties {
        Ok(properties) => {
            let message = ServerMessage::of(&properties);
            let has_two_codes = ["code", "result_code"].iter().any(|name| properties.get(name).is_err());
            // What was repaired may have said another code.
            let is_in_doubt = properties.is_repaired() && message.return_code(status).is_none();
            if has_two_codes || is_in_doubt {
                Said::Unreadable
            } else if properties.members().all(|(name, json)| is_understood(name, json)) {
                Said::Understood(message)
            } else {
                Said::More(message)
            }
        }
        Err(_) if text.starts_with('<') || !text.contains(['{', '[', '"', '\0']) => {
            Said::More(ServerMessage::default())
        }
        Err(_) => Said::Unreadable,
    })
}

/// Whether a member of a refusal is one of Paynet's, and says what it says there; `null` says nothing.
fn is_understood(name: &str, json: &str) -> bool {
    json == "null"
        || match name {
            "code" | "result_code" => i64::read(json, &mut 0).is_some(),
            "object_name" | "message" | "type" => !json.starts_with(['{', '[']),
            _ => false,
        }
}
