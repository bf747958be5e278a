//! Reads the body of a request as JSON, and says why it is none.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::state::ReceivedRequest;

/// How a duplicate member is told from a mistake of syntax.
const TWICE: &str = "is there twice";

/// The body as JSON, or what is wrong with it; nothing of it but the name of a member is quoted.
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
    let Unique(value) = serde_json::from_str(text).map_err(|error| {
        let error = error.to_string();
        if error.contains(TWICE) {
            format!("the body is ambiguous: {error}")
        } else if error.starts_with("number out of range") {
            format!("the body has a number that cannot be held: {error}")
        } else {
            format!("the body is not JSON: {error}")
        }
    })?;
    Ok(value)
}

/// JSON in whose objects each member is there once.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(value))) = map.next_entry::<String, _>()? {
            if members.contains_key(&name) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
                return Err(de::Error::custom(format!("the member `{name}` {TWICE}")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
}
