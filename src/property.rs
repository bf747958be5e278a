//! How the properties of requests and responses are read, written and shown.
//!
//! Traits on the types of the generated fields: the compiler picks the implementation, and the generator names no
//! type. Values are read from their own JSON text: a number keeps its digits and never becomes a float.

use std::{borrow::Cow, fmt};

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser,
};
use serde_json::{Value, value::RawValue};

use crate::{
    Error, Secret,
    lenient::repaired,
    secret::REDACTED,
    validate::{all_bytes, check_amount, check_text},
};

/// The most items of a list that are read: a body of many that are small would take far more memory than it is long.
const MAX_ITEMS: usize = 5_000;

/// The type of a generated field.
pub(crate) trait Property: Sized {
    /// Reads JSON of the documented type; a number also from a string, if nothing is lost. Counts what is ignored
    /// within it.
    fn read(json: &str, ignored: &mut usize) -> Option<Self>;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Writes the value for `Debug`. Text may be a secret, personal, or a server's, and is not shown.
    fn fmt_redacted(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(&AsProperty(self)).map_err(|_| fmt::Error)?;
        f.write_str(if json.starts_with(['"', '{', '[']) { REDACTED } else { &json })
    }

    /// Whether an optional property is left out.
    fn is_absent(&self) -> bool {
        false
    }

    /// Returns what is wrong with a value that is to be sent.
    fn validate(&self, _property: &str, _required: bool) -> Result<(), Error> {
        Ok(())
    }
}

/// Writes and shows a property by its own rules, where serde and `fmt` expect theirs.
pub(crate) struct AsProperty<'a, T>(pub(crate) &'a T);

impl<T: Property> fmt::Debug for AsProperty<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_redacted(f)
    }
}

impl<T: Property> Serialize for AsProperty<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl Property for bool {
    fn read(json: &str, _: &mut usize) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

impl Property for i64 {
    fn read(json: &str, ignored: &mut usize) -> Option<Self> {
        match serde_json::from_str(json) {
            Ok(number) => Some(number),
            // Such as 1.0, or "5".
            Err(_) => Decimal::read(json, ignored)?.normalize().to_string().parse().ok(),
        }
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*self)
    }
}

impl Property for String {
    fn read(json: &str, _: &mut usize) -> Option<Self> {
        // Without escapes, a string is what stands between its quotes: 900 instructions a call less.
        match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(text) if all_bytes(text, |byte| byte != b'\\') => Some(text.to_owned()),
            _ => serde_json::from_str(json).ok(),
        }
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }

    fn validate(&self, property: &str, required: bool) -> Result<(), Error> {
        check_text(property, self, required)
    }
}

impl Property for Value {
    fn read(json: &str, _: &mut usize) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

impl Property for Secret {
    fn read(json: &str, ignored: &mut usize) -> Option<Self> {
        String::read(json, ignored).map(Self::from)
    }

    /// Writes it into a request, which carries it as it is. A secret of a response is never written.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }

    fn validate(&self, property: &str, required: bool) -> Result<(), Error> {
        check_text(property, self.expose(), required)
    }
}

impl Property for Decimal {
    /// Reads a JSON number, or a JSON string that contains one; `None` if it cannot be held exactly.
    fn read(json: &str, ignored: &mut usize) -> Option<Self> {
        let text = String::read(json, ignored).map_or(Cow::Borrowed(json), Cow::Owned);
        // A number by the grammar of JSON: the decimal's own is wider.
        serde_json::from_str::<&RawValue>(&text).ok()?;
        match text.split_once(['e', 'E']) {
            Some((base, _)) => {
                // Fails if `from_scientific` would round.
                Self::from_str_exact(base).ok()?;
                Self::from_scientific(&text).ok()
            }
            None => Self::from_str_exact(&text).ok(),
        }
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }

    fn validate(&self, property: &str, _: bool) -> Result<(), Error> {
        check_amount(property, *self)
    }
}

impl<T: Property> Property for Option<T> {
    fn read(json: &str, ignored: &mut usize) -> Option<Self> {
        if json == "null" { Some(None) } else { T::read(json, ignored).map(Some) }
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(AsProperty).serialize(serializer)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn validate(&self, property: &str, _: bool) -> Result<(), Error> {
        self.as_ref().map_or(Ok(()), |value| value.validate(property, false))
    }
}

impl<T: Property> Property for Vec<T> {
    fn read(json: &str, ignored: &mut usize) -> Option<Self> {
        let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        if items.len() > MAX_ITEMS {
            return None;
        }
        items.into_iter().map(|item| T::read(item.get(), ignored)).collect()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(AsProperty))
    }

    fn fmt_redacted(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(AsProperty)).finish()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn validate(&self, property: &str, _: bool) -> Result<(), Error> {
        self.iter().try_for_each(|item| item.validate(property, false))
    }
}

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
    is_request: bool,
    is_repaired: bool,
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

    fn parse(json: &'a str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = deserializer.deserialize_map(Members(Vec::with_capacity(8)));
        let members = members.and_then(|members| deserializer.end().map(|()| members)).map_err(|error| {
            let (category, line, column) = (error.classify(), error.line(), error.column());
            format!("the response is not a JSON object ({category:?} error at line {line}, column {column})")
        })?;
        let members = members.into_iter().map(|(Name(name), json)| (name, json)).collect();
        Ok(Self { members, is_request: false, is_repaired: false })
    }

    /// Whether an error's body could have said more before it was repaired, or says a number by a name that is not known.
    pub(crate) fn may_say_more(&self, status: u16, return_code: Option<i64>) -> bool {
        const KNOWN: [&str; 5] = ["code", "message", "object_name", "result_code", "type"];
        let status = status.to_string();
        let is_other = |(name, json): &(Cow<'_, str>, &RawValue)| {
            let is_known = KNOWN.contains(&&**name) || json.get() == status;
            !is_known && json.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
        };
        self.is_repaired && return_code.is_none() || self.members.iter().any(is_other)
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
        format!("`{name}` {problem} in the {}", if self.is_request { "request" } else { "response" })
    }

    /// Reads a property that must be there.
    pub(crate) fn required<T: Property>(&self, name: &str, ignored: &mut usize) -> Result<T, String> {
        let json = self.get(name)?.ok_or_else(|| self.problem(name, "is missing"))?;
        let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        T::read(json, ignored)
            // In a response, a number that is documented as text is its digits.
            .or_else(|| {
                let as_text = (is_number && !self.is_request).then(|| format!("\"{json}\""))?;
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
        if self.get(name)?.is_none() { Ok(T::default()) } else { self.required(name, ignored) }
    }

    /// Reads a property of a response that is not essential: as far as possible, and absent otherwise.
    #[allow(clippy::unnecessary_wraps, reason = "the counterpart of the others")]
    pub(crate) fn lenient<T: Property + Default>(
        &self,
        name: &str,
        ignored: &mut usize,
    ) -> Result<T, String> {
        Ok(self.optional(name, ignored).unwrap_or_else(|_| {
            *ignored += 1;
            T::default()
        }))
    }
}

/// Reads a response from any deserializer.
pub(crate) fn response<'de, D: Deserializer<'de>, T: Object>(deserializer: D) -> Result<T, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    Properties::parse(json.get())
        .and_then(|properties| T::from_properties(&properties, &mut 0))
        .map_err(de::Error::custom)
}

/// Reads a request from any deserializer, also as a part of another type: a property that it does not know is refused.
pub(crate) fn request<'de, D: Deserializer<'de>, T: Object>(
    deserializer: D,
    name: &'static str,
    known: &'static [&'static str],
) -> Result<T, D::Error> {
    let members = deserializer.deserialize_struct(name, known, Members::<String, Member>(Vec::new()))?;
    if let Some((name, _)) = members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(de::Error::unknown_field(name, known));
    }
    let members = members.iter().map(|(name, Member(json))| (name.as_str().into(), &**json)).collect();
    let properties = Properties { members, is_request: true, is_repaired: false };
    T::from_properties(&properties, &mut 0).map_err(de::Error::custom)
}

/// The JSON of a member, also where serde has buffered it, to flatten a type or to choose among untagged variants.
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
        let json = value.to_string();
        // A buffered number is a float, of which 15 digits are certain.
        if value.is_f64() && json.bytes().filter(u8::is_ascii_digit).count() > 15 {
            return Err(de::Error::custom("a number has more than 15 digits here; expected a string of it"));
        }
        let mut text = serde_json::Deserializer::from_reader(json.as_bytes());
        text.deserialize_newtype_struct(name, raw).map_err(de::Error::custom)
    }
}

/// Implements reading, writing, showing and validating for a generated type. Of each field: its name in JSON, how it is
/// read by [`Properties`], whether it is required, and whether it is written: a secret of a response is not. Names are
/// given in full, as the documents may have types of any name.
macro_rules! object {
    (@deserialize request, $deserializer:ident, $object:ident, $known:expr) => {
        crate::property::request($deserializer, stringify!($object), $known)
    };
    (@deserialize response, $deserializer:ident, $object:ident, $known:expr) => {
        crate::property::response($deserializer)
    };
    (@read request, $json:ident, $ignored:ident) => {{
        let _ = $ignored;
        ::serde_json::from_str($json).ok()
    }};
    // An item that cannot be read hides no other: it has no property set.
    (@read response, $json:ident, $ignored:ident) => {{
        let read = crate::property::Properties::of($json.as_bytes(), |properties| {
            crate::property::Object::from_properties(&properties?, $ignored)
        });
        *$ignored += usize::from(read.is_err());
        ::core::option::Option::Some(read.unwrap_or_default())
    }};
    ($object:ident, $kind:ident {
        $($field:ident: $name:literal, $read:ident, $required:literal, $written:literal;)*
    }) => {
        impl crate::property::Object for $object {
            fn from_properties(
                properties: &crate::property::Properties<'_>,
                ignored: &mut usize,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                ::core::result::Result::Ok(Self { $($field: properties.$read($name, ignored)?,)* })
            }
        }

        impl crate::property::Property for $object {
            fn read(json: &str, ignored: &mut usize) -> ::core::option::Option<Self> {
                crate::property::object!(@read $kind, json, ignored)
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
                crate::property::Property::write(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $object {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                crate::property::object!(@deserialize $kind, deserializer, $object, &[$($name),*])
            }
        }
    };
}
pub(crate) use object;
