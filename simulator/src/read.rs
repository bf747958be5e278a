//! Parses the body of a request as JSON, and says precisely why it cannot be parsed.

use std::{collections::BTreeSet, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, value::RawValue};

/// Parses the body of a request. The error quotes nothing of it except the name of a member.
// Guard: simulator::a_body_that_cannot_be_read_is_refused_with_the_real_reason
pub(crate) fn json(body: &[u8], content_encoding: Option<&str>) -> Result<Value, String> {
    if content_encoding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
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
    match doubled(text) {
        Some(name) => Err(format!("the body is ambiguous: the member `{name}` is there twice")),
        None => Ok(value),
    }
}

/// The name of a member that is there twice. Only the top level is looked at: no request of the documents is nested.
fn doubled(text: &str) -> Option<String> {
    let Members(members) = serde_json::from_str(text).ok()?;
    let mut names = BTreeSet::new();
    let (name, _) = members.iter().find(|(name, _)| !names.insert(name))?;
    Some(name.chars().filter(|c| !c.is_control()).take(100).collect())
}

/// The members of a JSON object as they are written, in their order.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}
