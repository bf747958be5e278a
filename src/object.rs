//! JSON objects: their properties, and how the types of requests and responses are read from them and written.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::{self, SerializeMap},
};
use serde_json::{Value, value::RawValue};

use crate::{lenient::repaired, property::Property};

/// A type that is read from a JSON object.
pub(crate) trait Object: Sized {
    /// Reads it. The error says what is wrong, and quotes nothing but the document's own names. Counts the properties
    /// that are ignored.
    fn from_properties(properties: &Properties<'_>, ignored: &mut usize) -> Result<Self, String>;
}

/// The properties of a JSON object, as they stand in its text. An array is not taken for an object, as the code that
/// serde derives would.
pub(crate) struct Properties<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    of: Of,
    is_repaired: bool,
}

/// What an object is, as errors name it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Of {
    /// Ours: a member that it does not know is refused.
    Request,
    Response,
    PaymentSession,
}

/// The name of a property.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of an object, in its order.
struct Members<N, V>(Vec<(N, V)>);

impl<'de, N: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Members<N, V> {
    type Value = Vec<(N, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self.0)
    }
}

impl<'a> Properties<'a> {
    /// Passes on the properties of a response, or of an object within it: read strictly, or else from the repaired text.
    pub(crate) fn of<R>(json: &[u8], read: impl FnOnce(Result<Properties<'_>, String>) -> R) -> R {
        // A byte order mark says nothing.
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
        let strict = str::from_utf8(json)
            .map_err(|_| "the response is not a JSON object: it is not UTF-8".to_owned())
            .and_then(Properties::parse);
        match strict {
            Err(problem) => match repaired(json) {
                Some(json) => {
                    read(Properties::parse(&json).map(|read| Properties { is_repaired: true, ..read }))
                }
                None => read(Err(problem)),
            },
            strict => read(strict),
        }
    }

    // Guard: cases/handoff-not-json-
    fn parse(json: &'a str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = deserializer.deserialize_map(Members(Vec::with_capacity(8)));
        let members = members.and_then(|members| deserializer.end().map(|()| members)).map_err(|error| {
            let (category, line, column) = (error.classify(), error.line(), error.column());
            format!("the response is not a JSON object ({category:?} error at line {line}, column {column})")
        })?;
        let members = members.into_iter().map(|(Name(name), json)| (name, json)).collect();
        Ok(Self { members, of: Of::Response, is_repaired: false })
    }

    pub(crate) fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// The names and the JSON of all members, in their order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.members.iter().map(|(name, json)| (&**name, json.get()))
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.required(name, &mut 0).ok()
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        i64::read(self.get(name).ok()??, &mut 0)
    }

    /// The JSON of a property. Twice the same is the same; two values contradict each other.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&'a str>, String> {
        let mut found = self.members.iter().filter(|(known, _)| known == name).map(|(_, json)| json.get());
        let first = found.next();
        if found.any(|other| Some(other) != first) {
            return Err(self.problem(name, "occurs twice"));
        }
        Ok(first)
    }

    fn problem(&self, name: &str, problem: &str) -> String {
        let of = match self.of {
            Of::Request => "request",
            Of::Response => "response",
            Of::PaymentSession => "payment session",
        };
        format!("`{name}` {problem} in the {of}")
    }

    /// Reads a property that must be there.
    pub(crate) fn required<T: Property>(&self, name: &str, ignored: &mut usize) -> Result<T, String> {
        let json = self.get(name)?.ok_or_else(|| self.problem(name, "is missing"))?;
        self.value(name, json, ignored)
    }

    fn value<T: Property>(&self, name: &str, json: &str, ignored: &mut usize) -> Result<T, String> {
        let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        T::read(json, ignored)
            // In a response, a number that is documented as text is its digits.
            .or_else(|| {
                let as_text = (is_number && self.of != Of::Request).then(|| format!("\"{json}\""))?;
                T::read(&as_text, ignored)
            })
            .ok_or_else(|| self.problem(name, "does not have its documented type"))
    }

    /// Reads a property that may be left out.
    pub(crate) fn optional<T: Property + Default>(
        &self,
        name: &str,
        ignored: &mut usize,
    ) -> Result<T, String> {
        self.get(name)?.map_or_else(|| Ok(T::default()), |json| self.value(name, json, ignored))
    }

    /// Reads a property of a response that is not essential: as far as possible, and absent otherwise.
    #[allow(clippy::unnecessary_wraps, reason = "the counterpart of the others")]
    // Guard: cases/odd-
    // Guard: reading::any_json_in_any_property_never_hides_or_invents_a_success
    pub(crate) fn lenient<T: Property + Default>(
        &self,
        name: &str,
        ignored: &mut usize,
    ) -> Result<T, String> {
        // An id with a character that was replaced is another id, or none.
        let is_damaged =
            |json| String::read(json, &mut 0).is_some_and(|id| id.contains(char::REPLACEMENT_CHARACTER));
        let is_no_id = name.ends_with("_id") && self.get(name).ok().flatten().is_some_and(is_damaged);
        Ok(self.optional(name, ignored).ok().filter(|_| !is_no_id).unwrap_or_else(|| {
            *ignored += 1;
            T::default()
        }))
    }
}

/// The one member of an object in a format that is not for people, such as `MessagePack` or bincode, where a struct may be
/// read by position: its JSON.
pub(crate) const JSON_TEXT: &str = "json_text";

/// Writes an object in a form that [`read`] reads back from any format.
pub(crate) fn write<S: Serializer>(object: &impl Serialize, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return object.serialize(serializer);
    }
    let json = serde_json::to_string(object).map_err(ser::Error::custom)?;
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(JSON_TEXT, &json)?;
    map.end()
}

/// Reads an object from any deserializer, also as a part of another type. `known` includes [`JSON_TEXT`].
// Guard: stored::every_type_is_read_back_unchanged_from_every_format_and_every_place
// Guard: reading::a_request_refuses_what_it_does_not_know_and_can_be_part_of_another_type
pub(crate) fn read<'de, D: Deserializer<'de>, T: Object>(
    deserializer: D,
    name: &'static str,
    known: &'static [&'static str],
    of: Of,
) -> Result<T, D::Error> {
    let text = if deserializer.is_human_readable() {
        deserializer.deserialize_struct(name, known, Members::<String, Member>(Vec::new())).map(text_of)?
    } else {
        let members = deserializer.deserialize_map(Members::<String, String>(Vec::new()))?;
        members.into_iter().map(|(_, text)| text).collect()
    };
    let properties = Properties { of, ..Properties::parse(&text).map_err(de::Error::custom)? };
    if of == Of::Request
        && let Some((name, _)) = properties.members.iter().find(|(name, _)| !known.contains(&&**name))
    {
        return Err(de::Error::unknown_field(name, &known[..known.len() - 1]));
    }
    T::from_properties(&properties, &mut 0).map_err(de::Error::custom)
}

/// The JSON of an object, which may be the text of its one member.
fn text_of(members: Vec<(String, Member)>) -> String {
    if let [(name, Member(json))] = members.as_slice()
        && name == JSON_TEXT
        && let Ok(text) = serde_json::from_str(json.get())
    {
        return text;
    }
    let members = members.into_iter().map(|(name, Member(json))| format!("{}:{json}", Value::from(name)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The JSON of a member, also where serde has buffered it, to flatten a type or to choose among variants.
struct Member(Box<RawValue>);

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(MaybeBuffered(deserializer)).map(Self)
    }
}

/// `RawValue` asks for a newtype. `serde_json` returns the text, and a buffer its value, which this makes text again.
struct MaybeBuffered<T>(T);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for MaybeBuffered<D> {
    type Error = D::Error;

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        raw: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, MaybeBuffered((name, raw)))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MaybeBuffered<(&'static str, V)> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.1.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.1.visit_map(map)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let (value, (name, raw)) = (Value::deserialize(deserializer)?, self.0);
        if !is_exact(&value) {
            return Err(de::Error::custom("a number has more than 15 digits here; expected a string of it"));
        }
        let json = value.to_string();
        let mut text = serde_json::Deserializer::from_reader(json.as_bytes());
        text.deserialize_newtype_struct(name, raw).map_err(de::Error::custom)
    }
}

/// Whether no number has lost a digit: one that was buffered is a float, of which 15 digits are certain.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            let digits =
                text.split(['e', 'E']).next().unwrap_or_default().trim_start_matches(['-', '0', '.']);
            !number.is_f64() || digits.bytes().filter(u8::is_ascii_digit).count() <= 15
        }
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        _ => true,
    }
}

/// Implements reading, writing, showing and validating for a generated type. Of each field: its name in JSON, how it is
/// read by [`Properties`], whether it is required, and whether it is written: a secret of a response is not. Names are
/// given in full, as the documents may have types of any name.
macro_rules! object {
    (@of request) => {
        crate::object::Of::Request
    };
    (@of response) => {
        crate::object::Of::Response
    };
    (@read request, $json:ident, $ignored:ident) => {{
        let _ = $ignored;
        ::serde_json::from_str($json).ok()
    }};
    // An item that cannot be read hides no other: it has no property set.
    (@read response, $json:ident, $ignored:ident) => {{
        let read = crate::object::Properties::of($json.as_bytes(), |properties| {
            crate::object::Object::from_properties(&properties?, $ignored)
        });
        *$ignored += usize::from(read.is_err());
        ::core::option::Option::Some(read.unwrap_or_default())
    }};
    ($object:ident, $kind:ident {
        $($field:ident: $name:literal, $read:ident, $required:literal, $written:literal;)*
    }) => {
        impl crate::object::Object for $object {
            fn from_properties(
                properties: &crate::object::Properties<'_>,
                ignored: &mut usize,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                ::core::result::Result::Ok(Self { $($field: properties.$read($name, ignored)?,)* })
            }
        }

        impl crate::property::Property for $object {
            fn read(json: &str, ignored: &mut usize) -> ::core::option::Option<Self> {
                crate::object::object!(@read $kind, json, ignored)
            }

            fn write<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(::core::option::Option::None)?;
                $(if $written && ($required || !crate::property::Property::is_absent(&self.$field)) {
                    ::serde::ser::SerializeMap::serialize_entry(
                        &mut map, $name, &crate::property::AsProperty(&self.$field),
                    )?;
                })*
                ::serde::ser::SerializeMap::end(map)
            }

            fn fmt_redacted(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(stringify!($object))
                    $(.field(stringify!($field), &crate::property::AsProperty(&self.$field)))*
                    .finish_non_exhaustive()
            }

            fn validate(&self, _: &str, _: bool) -> ::core::result::Result<(), crate::Error> {
                $(crate::property::Property::validate(&self.$field, $name, $required)?;)*
                ::core::result::Result::Ok(())
            }
        }

        impl ::core::fmt::Debug for $object {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                crate::property::Property::fmt_redacted(self, f)
            }
        }

        impl ::serde::Serialize for $object {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                crate::object::write(&crate::property::AsProperty(self), serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $object {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                crate::object::read(
                    deserializer,
                    stringify!($object),
                    &[$($name,)* crate::object::JSON_TEXT],
                    crate::object::object!(@of $kind),
                )
            }
        }
    };
}
pub(crate) use object;
