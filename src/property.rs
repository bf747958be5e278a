//! How the properties of requests and answers are read, written and shown.
//!
//! Traits on the types of the generated fields: the compiler picks the implementation, and the
//! generator names no type. Numbers are read and written by their digits and never become a
//! float, for which they go through their own JSON text.

use std::{collections::HashMap, fmt, marker::PhantomData};

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
    ser,
};
use serde_json::{Map, Value, value::RawValue};

use crate::{Secret, secret::Redacted};

/// The type of a generated field.
pub(crate) trait Property: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// `Debug` of the value. Text may be a secret, personal, or a server's, and is not shown.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }

    /// Whether an optional property is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: Property>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
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

as_they_are!(
    bool { fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(self, f) } },
    i64 { fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(self, f) } },
    String,
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

/// Makes a generated type a property of others.
macro_rules! object {
    ($object:ty) => {
        impl crate::property::Property for $object {
            fn read<'de, D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::property::read_object(deserializer)
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

/// Reads a JSON object: the code that serde derives would take an array for one.
pub(crate) fn read_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct ObjectVisitor<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
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
