//! How the properties of requests and answers are read, written and shown.
//!
//! Traits on the types of the generated fields: the compiler picks the implementation, and the
//! generator names no type. Values are read from their own JSON text: a number keeps its
//! digits and never becomes a float.

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
    secret::REDACTED,
    validate::{any_byte, check_amount, check_text},
};

/// The type of a generated field.
pub(crate) trait Property: Sized {
    /// Reads JSON of the documented type; a number also from its text, if nothing is lost.
    fn read(json: &str) -> Option<Self>;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// `Debug` of the value. Text may be a secret, personal, or a server's, and is not shown.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(&Within(self)).map_err(|_| fmt::Error)?;
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

/// A property within another: shown and written by its own rules.
pub(crate) struct Within<'a, T>(pub(crate) &'a T);

impl<T: Property> fmt::Debug for Within<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl<T: Property> Serialize for Within<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Types that serde writes as they are.
macro_rules! as_they_are {
    ($($ty:ty: $read:expr $(, $validate:item)?;)*) => {
        $(impl Property for $ty {
            fn read(json: &str) -> Option<Self> {
                $read(json)
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            $($validate)?
        })*
    };
}

as_they_are! {
    bool: |json| serde_json::from_str(json).ok();
    i64: |json| match serde_json::from_str(json) {
        Ok(number) => Some(number),
        Err(_) => Decimal::read(json)?.normalize().to_string().parse().ok(),
    };
    // Most text has no escapes, and is what stands between the quotes.
    String: |json: &str| match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(text) if !any_byte(text, |byte| byte == b'\\') => Some(text.to_owned()),
        _ => serde_json::from_str(json).ok(),
    },
        fn validate(&self, property: &str, required: bool) -> Result<(), Error> {
            check_text(property, self, required)
        };
    Value: |json| serde_json::from_str(json).ok();
}

impl Property for Secret {
    fn read(json: &str) -> Option<Self> {
        String::read(json).map(Self::from)
    }

    /// For requests, which carry it as it is: a secret of an answer is never written.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }

    fn validate(&self, property: &str, required: bool) -> Result<(), Error> {
        check_text(property, self.expose(), required)
    }
}

impl Property for Decimal {
    /// The number in a JSON number, or in a JSON string of one; nothing, if it cannot be held exactly.
    fn read(json: &str) -> Option<Self> {
        let text = String::read(json).map_or(Cow::Borrowed(json), Cow::Owned);
        // A number by the grammar of JSON: the decimal's own is wider.
        serde_json::from_str::<&RawValue>(&text).ok()?;
        match text.split_once(['e', 'E']) {
            Some((base, _)) => {
                // Fails where `from_scientific` would round.
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
    fn read(json: &str) -> Option<Self> {
        if json == "null" { Some(None) } else { T::read(json).map(Some) }
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Within).serialize(serializer)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn validate(&self, property: &str, _: bool) -> Result<(), Error> {
        self.as_ref().map_or(Ok(()), |value| value.validate(property, false))
    }
}

impl<T: Property> Property for Vec<T> {
    fn read(json: &str) -> Option<Self> {
        let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        items.into_iter().map(|item| T::read(item.get())).collect()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Within))
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Within)).finish()
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
    /// Reads it; the error tells what is wrong with the answer, and quotes nothing but the document's own names.
    fn from_properties(properties: &Properties<'_>) -> Result<Self, String>;
}

/// The properties of a JSON object, as they stand in its text. An array is not taken for an object, as
/// the code that serde derives would.
pub(crate) struct Properties<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// The name of a property.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Properties<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Properties<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::with_capacity(8);
                while let Some((Name(name), json)) = map.next_entry()? {
                    properties.push((name, json));
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

impl<'a> Properties<'a> {
    pub(crate) fn parse(json: &'a str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| {
            let (category, line, column) = (error.classify(), error.line(), error.column());
            format!("the answer is not a JSON object ({category:?} error at line {line}, column {column})")
        })
    }

    /// The JSON of a property, which must not be there twice.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&'a str>, String> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(format!("`{name}` is more than once in the answer")),
            (found, None) => Ok(found.map(|(_, json)| json.get())),
        }
    }

    pub(crate) fn required<T: Property>(&self, name: &str) -> Result<T, String> {
        let json = self.get(name)?.ok_or_else(|| format!("`{name}` is missing from the answer"))?;
        T::read(json).ok_or_else(|| format!("`{name}` of the answer does not have the documented type"))
    }

    /// One that may be left out.
    pub(crate) fn optional<T: Property + Default>(&self, name: &str) -> Result<T, String> {
        if self.get(name)?.is_none() { Ok(T::default()) } else { self.required(name) }
    }

    /// One of an answer that is not essential: read as far as it can be, and absent otherwise, also where it is
    /// there twice. A number that is documented as text is its digits.
    #[allow(clippy::unnecessary_wraps, reason = "the counterpart of the others")]
    pub(crate) fn tolerant<T: Property + Default>(&self, name: &str) -> Result<T, String> {
        let Some(json) = self.get(name).unwrap_or(Some("")) else { return Ok(T::default()) };
        let is_number = || json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        let read = T::read(json).or_else(|| is_number().then(|| T::read(&format!("\"{json}\"")))?);
        Ok(read.unwrap_or_else(|| {
            tracing::warn!(property = name, "not of the documented type, and left out of the answer");
            T::default()
        }))
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: Object>(deserializer: D) -> Result<T, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    Properties::parse(json.get())
        .and_then(|properties| T::from_properties(&properties))
        .map_err(de::Error::custom)
}

/// Has a generated type read, written, shown and validated. Of each field: its name in JSON, how it is read
/// by [`Properties`], and whether it is written: a secret of an answer is not.
macro_rules! object {
    ($object:ident { $($field:ident: $name:literal, $read:ident, $written:literal;)* }) => {
        impl crate::property::Object for types::$object {
            fn from_properties(properties: &crate::property::Properties<'_>) -> Result<Self, String> {
                Ok(Self { $($field: properties.$read($name)?,)* })
            }
        }

        impl crate::property::Property for types::$object {
            fn read(json: &str) -> Option<Self> {
                ::serde_json::from_str(json).ok()
            }

            fn write<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $(if $written && (stringify!($read) == "required" || !self.$field.is_absent()) {
                    ::serde::ser::SerializeMap::serialize_entry(
                        &mut map, $name, &crate::property::Within(&self.$field),
                    )?;
                })*
                ::serde::ser::SerializeMap::end(map)
            }

            fn show(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($object))
                    $(.field(stringify!($field), &crate::property::Within(&self.$field)))*
                    .finish_non_exhaustive()
            }

            fn validate(&self, _: &str, _: bool) -> Result<(), crate::Error> {
                $(self.$field.validate($name, stringify!($read) == "required")?;)*
                Ok(())
            }
        }

        impl ::std::fmt::Debug for types::$object {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                crate::property::Property::show(self, f)
            }
        }

        impl ::serde::Serialize for types::$object {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::property::Property::write(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for types::$object {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::property::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use object;
