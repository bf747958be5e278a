//! Checks of values before they are sent, and of URLs before they are handed to an app.

use url::Url;

use crate::{Decimal, Error};

/// Implemented by the generated request types, from what the document says of their properties.
pub(crate) trait Check {
    /// Says what is wrong with the request, before anything is sent.
    fn check(&self) -> Result<(), Error>;
}

impl<T: Check> Check for Option<T> {
    fn check(&self) -> Result<(), Error> {
        self.as_ref().map_or(Ok(()), Check::check)
    }
}

impl<T: Check> Check for Box<T> {
    fn check(&self) -> Result<(), Error> {
        T::check(self)
    }
}

impl<T: Check> Check for Vec<T> {
    fn check(&self) -> Result<(), Error> {
        self.iter().try_for_each(Check::check)
    }
}

/// Schemes that a browser or a web view would run or read from, rather than open an app by.
const REFUSED_SCHEMES: [&str; 4] = ["javascript", "data", "file", "blob"];

#[allow(dead_code, reason = "used where a document requires a text")]
pub(crate) fn not_blank(property: &str, value: &str) -> Result<(), Error> {
    if value.trim().is_empty() {
        return Err(Error::invalid_input(format!("`{property}` is blank; the document requires a value")));
    }
    Ok(())
}

#[allow(dead_code, reason = "used where a document has a URL to send")]
pub(crate) fn app_url(property: &str, value: Option<&str>) -> Result<(), Error> {
    match value.map(parse_app_url) {
        Some(Err(wrong)) => Err(Error::invalid_input(format!(
            "`{property}` {wrong}; give an absolute URL that opens your app, such as `myshop://paypos/done`"
        ))),
        _ => Ok(()),
    }
}

#[allow(dead_code, reason = "used where a document has an amount to send")]
pub(crate) fn amount(property: &str, value: Option<Decimal>) -> Result<(), Error> {
    let wrong = match value {
        Some(value) if value <= Decimal::ZERO => "is not positive; give an amount such as 149.90",
        Some(value) if value.scale() > 2 => {
            "is written with more than two decimals; round it, as by `round_dp(2)`"
        }
        _ => return Ok(()),
    };
    Err(Error::invalid_input(format!("`{property}` {wrong}")))
}

/// Parses a URL that an app is opened with; the error completes a sentence, and never quotes the value.
pub(crate) fn parse_app_url(value: &str) -> Result<Url, &'static str> {
    // The parser would drop some of these without a word, and so accept what others read differently.
    if value.bytes().any(|byte| byte == b' ' || byte.is_ascii_control()) {
        return Err("has a space or a control character in it");
    }
    let url = Url::parse(value).map_err(|_| "is not an absolute URL")?;
    if REFUSED_SCHEMES.contains(&url.scheme()) {
        return Err("has a scheme that opens no app");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::Check;
    use crate::Error;

    struct Part(bool);

    impl Check for Part {
        fn check(&self) -> Result<(), Error> {
            if self.0 { Ok(()) } else { Err(Error::invalid_input("a wrong part")) }
        }
    }

    /// The shapes in which a request holds another; no document has one yet.
    #[test]
    fn a_request_within_another_is_checked_in_any_shape() {
        let check = |right: bool| {
            [Some(Part(right)).check(), Box::new(Part(right)).check(), vec![Part(true), Part(right)].check()]
        };
        assert!(check(true).iter().all(Result::is_ok));
        assert!(check(false).iter().all(Result::is_err));
        assert!(None::<Part>.check().is_ok());
    }
}
