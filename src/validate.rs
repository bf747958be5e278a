//! Validates values before they are sent, and URLs before they are handed to an app.

use rust_decimal::Decimal;
use serde_json::{Map, Value};
use url::Url;

use crate::{Error, Secret};

/// Schemes that run, read or show content instead of opening an app.
const REFUSED_SCHEMES: [&str; 12] = [
    "about",
    "blob",
    "chrome",
    "content",
    "data",
    "file",
    "filesystem",
    "jar",
    "javascript",
    "resource",
    "vbscript",
    "view-source",
];

/// Implemented by generated requests and by the types of their fields.
pub(crate) trait Validate {
    /// Returns what is wrong with a property that the document requires.
    fn validate(&self, property: &str) -> Result<(), Error> {
        self.validate_optional(property)
    }

    /// Returns what is wrong with a property that may be left out, and is not.
    fn validate_optional(&self, _property: &str) -> Result<(), Error> {
        Ok(())
    }
}

impl Validate for bool {}
impl Validate for i64 {}
impl Validate for Value {}
impl Validate for Map<String, Value> {}

impl Validate for String {
    fn validate(&self, property: &str) -> Result<(), Error> {
        not_blank(property, self)?;
        self.validate_optional(property)
    }

    fn validate_optional(&self, property: &str) -> Result<(), Error> {
        if !property.ends_with("_url") {
            return Ok(());
        }
        let checked = check_app_url(self);
        checked.and(Url::parse(self).map(drop).map_err(|_| "is not an absolute URL")).map_err(|problem| {
            Error::invalid_input(format!(
                "`{property}` {problem}; give an absolute URL that opens your app, such as `myshop://paypos/done`"
            ))
        })
    }
}

impl Validate for Secret {
    fn validate(&self, property: &str) -> Result<(), Error> {
        not_blank(property, self.expose())
    }
}

impl Validate for Decimal {
    fn validate_optional(&self, property: &str) -> Result<(), Error> {
        let problem = match self {
            _ if !property.ends_with("amount") => return Ok(()),
            amount if *amount <= Self::ZERO => "is not positive; give an amount such as 149.90",
            amount if amount.scale() > 2 => {
                "is written with more than two decimals; round it by `round_dp_with_strategy`"
            }
            _ => return Ok(()),
        };
        Err(Error::invalid_input(format!("`{property}` {problem}")))
    }
}

impl<T: Validate> Validate for Option<T> {
    fn validate_optional(&self, property: &str) -> Result<(), Error> {
        self.as_ref().map_or(Ok(()), |value| value.validate_optional(property))
    }
}

impl<T: Validate> Validate for Vec<T> {
    fn validate_optional(&self, property: &str) -> Result<(), Error> {
        self.iter().try_for_each(|item| item.validate_optional(property))
    }
}

impl<T: Validate> Validate for Box<T> {
    fn validate_optional(&self, property: &str) -> Result<(), Error> {
        T::validate_optional(self, property)
    }
}

impl<T: Validate> Validate for std::collections::HashMap<String, T> {
    fn validate_optional(&self, property: &str) -> Result<(), Error> {
        self.values().try_for_each(|value| value.validate_optional(property))
    }
}

fn not_blank(property: &str, value: &str) -> Result<(), Error> {
    if value.trim().is_empty() {
        return Err(Error::invalid_input(format!("`{property}` is blank; the document requires a value")));
    }
    Ok(())
}

/// Checks a URL that an app is opened with; the error completes a sentence, and never quotes the value.
pub(crate) fn check_app_url(url: &str) -> Result<(), &'static str> {
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has a space or a control character in it");
    }
    // RFC 3986: a letter, and then letters, digits, `+`, `-` and `.`.
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    match url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
        None => Err("is not an absolute URL"),
        Some((scheme, _)) if REFUSED_SCHEMES.iter().any(|refused| scheme.eq_ignore_ascii_case(refused)) => {
            Err("has a scheme that opens no app")
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Validate};
    use crate::{Error, Secret};

    struct Part(bool);

    impl Validate for Part {
        fn validate_optional(&self, _: &str) -> Result<(), Error> {
            if self.0 { Ok(()) } else { Err(Error::invalid_input("a wrong part")) }
        }
    }

    #[test]
    fn a_request_within_another_is_validated_in_any_shape() {
        let validate = |right: bool| {
            [
                Some(Part(right)).validate("x"),
                Box::new(Part(right)).validate("x"),
                vec![Part(true), Part(right)].validate("x"),
                std::collections::HashMap::from([(String::new(), Part(right))]).validate("x"),
            ]
        };
        assert!(validate(true).iter().all(Result::is_ok));
        assert!(validate(false).iter().all(Result::is_err));
        assert!(None::<Part>.validate("x").is_ok());
    }

    #[test]
    fn rules_go_by_the_name_of_the_property_and_by_whether_it_is_required() {
        let (minus, blank) = (Decimal::NEGATIVE_ONE, String::from(" "));
        assert!(minus.validate("ratio").is_ok());
        assert!(minus.validate("total_amount").is_err());
        assert!(Some(minus).validate("amount").is_err());
        assert!(blank.validate("note").is_err());
        assert!(Secret::from(" ").validate("key").is_err());
        assert!(Some(blank.clone()).validate("note").is_ok());
        assert!(Some(blank).validate("callback_url").is_err());
    }
}
