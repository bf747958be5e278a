//! How the properties of requests and answers are read, written and shown.
//!
//! Traits on the types of the generated fields: the compiler picks the implementation, and the
//! generator names no type. Numbers are read and written by their digits and never become a
//! float, for which they go through their own JSON text.

use std::{borrow::Cow, collections::HashMap, fmt};

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess},
    ser,
};
use serde_json::{Map, Number, Value, value::RawValue};

use crate::{Secret, secret::Redacted};

/// The type of a generated field.
pub(crate) trait Property: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads JSON that may have another type, as far as it can be read without a loss.
    fn read_loosely(json: &str) -> Option<Self> {
        Self::read(&mut serde_json::Deserializer::from_str(json)).ok()
    }

    /// `Debug` of the value. Text may be a secret, personal, or a server's, and is not shown.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }

    /// Whether an optional property is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

pub(crate) fn serialize<S: Serializer, T: Property>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

pub(crate) fn is_absent<T: Property>(value: &T) -> bool {
    value.is_absent()
}

/// Shows a property.
pub(crate) struct Shown<'a, T>(pub(crate) &'a T);

impl<T: Property> fmt::Debug for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

/// Reads and writes a property within another.
struct Within<T>(T);

impl<'de, T: Property> Deserialize<'de> for Within<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

impl<T: Property> Serialize for Within<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Types that serde reads and writes as they are.
macro_rules! as_they_are {
    ($($ty:ty $({ $($item:item)* })?),*) => {
        $(impl Property for $ty {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            $($($item)*)?
        })*
    };
}

/// The text of a JSON string or number.
fn text(json: &str) -> Option<String> {
    serde_json::from_str(json)
        .ok()
        .or_else(|| serde_json::from_str::<Number>(json).ok().map(|_| json.to_owned()))
}

as_they_are!(
    bool { fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(self, f) } },
    i64 {
        fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(self, f) }
        fn read_loosely(json: &str) -> Option<Self> { parse(json)?.normalize().to_string().parse().ok() }
    },
    String { fn read_loosely(json: &str) -> Option<Self> { text(json) } },
    Value,
    Map<String, Value> { fn is_absent(&self) -> bool { self.is_empty() } }
);

impl Property for Secret {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// For requests, which carry it as it is: a secret of an answer is never written.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }
}

impl Property for Decimal {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        parse(json.get()).ok_or_else(|| de::Error::custom("not a decimal number"))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The number in a JSON number, or in a JSON string of one; nothing, if it cannot be held exactly.
fn parse(json: &str) -> Option<Decimal> {
    let text = match serde_json::from_str::<String>(json) {
        Ok(text) => text,
        Err(_) => json.to_owned(),
    };
    // A number by the grammar of JSON: the decimal's own is wider.
    serde_json::from_str::<&RawValue>(&text).ok()?;
    match text.split_once(['e', 'E']) {
        Some((base, _)) => {
            // Fails where `from_scientific` would round.
            Decimal::from_str_exact(base).ok()?;
            Decimal::from_scientific(&text).ok()
        }
        None => Decimal::from_str_exact(&text).ok(),
    }
}

impl<T: Property> Property for Option<T> {
    fn read_loosely(json: &str) -> Option<Self> {
        if json == "null" { Some(None) } else { T::read_loosely(json).map(Some) }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Within<T>>::deserialize(deserializer)?.map(|Within(value)| value))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Within).serialize(serializer)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref().map(Shown), f)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Property> Property for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<Within<T>>::deserialize(deserializer)?;
        Ok(items.into_iter().map(|Within(item)| item).collect())
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Within))
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Shown)).finish()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Property> Property for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::write(self, serializer)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::show(self, f)
    }

    fn is_absent(&self) -> bool {
        T::is_absent(self)
    }
}

impl<T: Property> Property for HashMap<String, T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = HashMap::<String, Within<T>>::deserialize(deserializer)?;
        Ok(entries.into_iter().map(|(name, Within(value))| (name, value)).collect())
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, Within(value))))
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// Reads a generated type from JSON, and makes it a property of others. Of each field: its name in JSON,
/// how it is read, and what is done if it is missing. An array is not taken for an object, as the code
/// that serde derives would.
macro_rules! object {
    ($object:ty { $($field:ident: $name:literal, $read:ident, $missing:ident;)* }) => {
        impl<'de> ::serde::Deserialize<'de> for $object {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ObjectVisitor;
                impl<'de> ::serde::de::Visitor<'de> for ObjectVisitor {
                    type Value = $object;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("a JSON object")
                    }

                    fn visit_map<A: ::serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        $(let mut $field = None;)*
                        while let Some(key) = map.next_key::<crate::property::Key<'_>>()? {
                            match &*key.0 {
                                $($name if $field.is_some() => {
                                    return Err(::serde::de::Error::duplicate_field($name));
                                }
                                $name => $field = Some(crate::property::$read(&mut map, $name)?),)*
                                _ => {
                                    map.next_value::<::serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(Self::Value {
                            $($field: match $field {
                                Some(value) => value,
                                None => crate::property::$missing($name)?,
                            },)*
                        })
                    }
                }
                deserializer.deserialize_map(ObjectVisitor)
            }
        }

        impl crate::property::Property for $object {
            fn read<'de, D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                ::serde::Deserialize::deserialize(deserializer)
            }

            fn write<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ::serde::Serialize::serialize(self, serializer)
            }

            fn show(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(self, f)
            }
        }
    };
}
pub(crate) use object;

/// The name of a property.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Reads a property of the documented type.
pub(crate) fn strict<'de, A: MapAccess<'de>, T: Property>(map: &mut A, _: &str) -> Result<T, A::Error> {
    map.next_value().map(|Within(value)| value)
}

/// Reads a property that is not essential: one that cannot be read is absent.
pub(crate) fn tolerant<'de, A: MapAccess<'de>, T: Property + Default>(
    map: &mut A,
    property: &str,
) -> Result<T, A::Error> {
    let json = map.next_value::<Box<RawValue>>()?;
    Ok(T::read_loosely(json.get()).unwrap_or_else(|| {
        if json.get() != "null" {
            tracing::warn!(
                property,
                "a property of the answer does not have the documented type, and is left out"
            );
        }
        T::default()
    }))
}

/// The value of an optional property that is missing.
#[allow(clippy::unnecessary_wraps, reason = "the counterpart of `required`")]
pub(crate) fn absent<T: Default, E: de::Error>(_: &str) -> Result<T, E> {
    Ok(T::default())
}

/// A property that must not be missing.
pub(crate) fn required<T, E: de::Error>(property: &'static str) -> Result<T, E> {
    Err(de::Error::missing_field(property))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_number_is_read_with_its_digits_or_not_at_all() {
        for (json, digits) in [
            ("149.90", "149.90"),
            ("149", "149"),
            ("0", "0"),
            ("-0.10", "-0.10"),
            ("9007199254740993.01", "9007199254740993.01"),
            ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
            ("\"149.90\"", "149.90"),
            ("1.4990e2", "149.90"),
            ("15E-1", "1.5"),
            ("1e3", "1000"),
        ] {
            assert_eq!(parse(json).map(|value| value.to_string()).as_deref(), Some(digits), "{json}");
        }
        for json in [
            "null",
            "true",
            "[1]",
            "{}",
            "\"\"",
            "\" 1\"",
            "\"1 \"",
            "\"1e3 \"",
            "\"1,5\"",
            "\"1_000\"",
            "\"+1\"",
            "\"--1\"",
            "\"- 1\"",
            "\"-\"",
            "\".5\"",
            "\"01\"",
            "\"NaN\"",
            "\"0x10\"",
            "\"\\\"1\\\"\"",
            "79228162514264337593543950336",
            "0.12345678901234567890123456789",
            "0.12345678901234567890123456789e1",
            "1e400",
            "1e-400",
        ] {
            assert_eq!(parse(json), None, "{json}");
        }
    }
}
