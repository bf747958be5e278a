//! Numbers of the document, exactly: they are written with the digits that they
//! have, are read from a JSON number or a string of one, and never are a float.
//!
//! serde's numbers are floats where they have a point, so both ways go by the
//! number's own text, which takes no feature of `serde_json` that others would notice.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

pub(crate) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(value.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    parse(json.get()).ok_or_else(|| de::Error::custom("not a decimal number"))
}

/// The number that a JSON number, or a JSON string of one, says; nothing where it cannot be held exactly.
fn parse(json: &str) -> Option<Decimal> {
    let text = match serde_json::from_str::<String>(json) {
        Ok(text) => text,
        Err(_) => json.to_owned(),
    };
    // A number by the grammar of JSON, as the decimal's own is wider.
    serde_json::from_str::<&RawValue>(&text).ok()?;
    match text.split_once(['e', 'E']) {
        Some((base, _)) => {
            // Whatever it would round is an error here.
            Decimal::from_str_exact(base).ok()?;
            Decimal::from_scientific(&text).ok()
        }
        None => Decimal::from_str_exact(&text).ok(),
    }
}

/// The same, for what may be absent.
pub(crate) mod option {
    use super::{Decimal, Deserialize, Deserializer, Serializer};

    #[allow(
        clippy::ref_option,
        dead_code,
        reason = "serde's signature; used where a request has an optional number"
    )]
    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        #[derive(Deserialize)]
        struct Present(#[serde(with = "super")] Decimal);
        Ok(Option::<Present>::deserialize(deserializer)?.map(|Present(value)| value))
    }
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
