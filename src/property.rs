//! How the properties of requests and responses are read, written and shown.
//!
//! Traits on the types of the generated fields: the compiler picks the implementation, and the generator names no
//! type. Values are read from their own JSON text: a number keeps its digits and never becomes a float.

use std::{any::type_name, borrow::Cow, fmt};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer, ser};
use serde_json::{Value, value::RawValue};

use crate::{
    Error, Secret,
    secret::REDACTED,
    validate::{all_bytes, check_amount, check_text, is_exact_as_float},
};

/// The most items of a list that are read: a body of many that are small would take far more memory than it is long.
// Guard: reading::a_days_list_is_read_within_a_bound_of_memory
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
// Guard: secrets::debug_output_shows_no_secrets
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

// Guard: contract::a_number_is_read_with_its_digits_or_not_at_all
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

    /// Writes its digits: in JSON as a number, and as text elsewhere or if a number could lose some where serde buffers
    /// it. `RawValue` keeps digits only in JSON, and the name of the serializer says whether it is JSON's. Either form can
    /// be read again.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_json = type_name::<S>().trim_start_matches("&mut ").starts_with("serde_json::");
        if !is_json || !is_exact_as_float(*self) {
            return serializer.collect_str(self);
        }
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
