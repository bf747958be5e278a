//! Masks the secrets in what was received or sent.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::read::Members;

/// Maximum length of a path segment that is shown.
const MAX_SEGMENT: usize = 40;

/// JSON as it was written, in its order and with its digits, but with its secrets masked.
pub(crate) struct Masked<'a>(&'a RawValue);

impl<'a> Masked<'a> {
    /// `None` unless it is an object or an array: a bare text may itself be a secret.
    pub(crate) fn new(body: &'a [u8]) -> Option<Self> {
        // What is nested too deep is no value.
        let is_container = matches!(serde_json::from_slice(body).ok()?, Value::Object(_) | Value::Array(_));
        serde_json::from_slice(body).ok().filter(|_| is_container).map(Self)
    }

    /// Returns what is shown of a body in the journal.
    pub(crate) fn of(body: &[u8]) -> Box<RawValue> {
        let text = format!("[{} bytes that are not a JSON object]", body.len());
        Masked::new(body)
            .map_or_else(|| to_raw_value(&text), |masked| to_raw_value(&masked))
            .unwrap_or_default()
    }
}

impl Serialize for Masked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.get();
        if let Ok(Members(members)) = serde_json::from_str(text) {
            let mut map = serializer.serialize_map(Some(members.len()))?;
            for (name, value) in members {
                if is_secret(&name) {
                    map.serialize_entry(&name, "[masked]")?;
                } else {
                    map.serialize_entry(&name, &Masked(value))?;
                }
            }
            return map.end();
        }
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => serializer.collect_seq(items.into_iter().map(Masked)),
            Err(_) => self.0.serialize(serializer),
        }
    }
}

/// Returns whether the name of a member indicates a secret.
fn is_secret(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    ["key", "secret", "token", "password", "passwd", "credential"].iter().any(|part| name.contains(part))
        || name == "authorization"
        || words.any(|word| ["pan", "cvv", "cvc", "cvv2", "pin"].contains(&word))
}

/// Masks each segment of a path that is not a plain name, since it may be a secret.
pub(crate) fn masked_path(path: &str) -> String {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|number| number.len() < 3 && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_name = |part: &str| {
        part.len() <= MAX_SEGMENT
            && !part.to_lowercase().starts_with("sck")
            && part.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
    };
    let shown = |part| if is_version(part) || is_name(part) { part } else { "[masked]" };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}
