//! Parses the body of a request as JSON, and says precisely why it cannot be parsed.

use std::{collections::BTreeSet, fmt};

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::state::ReceivedRequest;

/// Tells a duplicate member from a syntax error.
const TWICE: &str = "is there twice";

/// Parses the body of a request. The error quotes nothing of it except the name of a member.
pub(crate) fn json(request: &ReceivedRequest) -> Result<Value, String> {
    let body = request.body();
    if request.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err("the body is compressed, by its content-encoding; send it as it is".to_owned());
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err("the body begins with a byte order mark; send it without".to_owned());
    }
    if body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff") || body.contains(&0) {
        return Err("the body is UTF-16 or has a NUL; JSON is UTF-8".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        format!("the body is not UTF-8, from byte {}; JSON is UTF-8", error.valid_up_to())
    })?;
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let error = error.to_string();
        if error.starts_with("number out of range") {
            format!("the body has a number that cannot be held: {error}")
        } else {
            format!("the body is not JSON: {error}")
        }
    })?;
    match serde_json::from_str::<UniqueMembers>(text) {
        Err(error) if error.to_string().contains(TWICE) => Err(format!("the body is ambiguous: {error}")),
        _ => Ok(value),
    }
}

/// An object without duplicate members. Only the top level is checked: no request of the documents is nested.
struct UniqueMembers;

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for UniqueMembers {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
            if names.contains(&name) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
                return Err(de::Error::custom(format!("the member `{name}` {TWICE}")));
            }
            names.insert(name);
        }
        Ok(self)
    }
}
