//! Validates values before they are sent, and URLs before they are handed to an app.

use rust_decimal::Decimal;
use url::Url;

use crate::Error;

/// Schemes that run, read or show content instead of opening an app.
const REFUSED_SCHEMES: [&str; 12] = [
    "about", "blob", "chrome", "content", "data", "file", "filesystem", "jar", "javascript", "resource",
    "vbscript", "view-source",
];

/// Schemes whose URLs a parser must accept as a whole, as they have a host.
const WEB_SCHEMES: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// Checks a text: not blank, where it is required, and able to open an app, where it is a URL by its name.
pub(crate) fn check_text(property: &str, text: &str, required: bool) -> Result<(), Error> {
    if required && text.chars().all(char::is_whitespace) {
        return Err(Error::invalid_input(format!("`{property}` is blank; the document requires a value")));
    }
    if !property.ends_with("_url") {
        return Ok(());
    }
    // A parser accepts every URL of an app's own scheme in plain characters, and is not asked.
    let own = |scheme: &str| !WEB_SCHEMES.iter().any(|web| scheme.eq_ignore_ascii_case(web));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_?=&".contains(&byte);
    let problem = match check_app_url(text) {
        Ok((scheme, rest)) if own(scheme) && rest.bytes().all(plain) => return Ok(()),
        Ok(_) if Url::parse(text).is_ok() => return Ok(()),
        Ok(_) => "is not an absolute URL",
        Err(problem) => problem,
    };
    Err(Error::invalid_input(format!(
        "`{property}` {problem}; give an absolute URL that opens your app, such as `myshop://paypos/done`"
    )))
}

/// Checks an amount, which a number is by its name.
pub(crate) fn check_amount(property: &str, amount: Decimal) -> Result<(), Error> {
    let problem = match amount {
        _ if !property.ends_with("amount") => return Ok(()),
        amount if amount <= Decimal::ZERO => "is not positive; give an amount such as 149.90",
        amount if amount.scale() > 2 => {
            "is written with more than two decimals; round it by `round_dp_with_strategy`"
        }
        _ => return Ok(()),
    };
    Err(Error::invalid_input(format!("`{property}` {problem}")))
}

/// Checks a URL that an app is opened with, and returns its scheme and the rest. The error completes a
/// sentence, and never quotes the value.
pub(crate) fn check_app_url(url: &str) -> Result<(&str, &str), &'static str> {
    // Most URLs have no byte that is in question.
    let blank = |c: char| c.is_whitespace() || c.is_control();
    if any_byte(url, |byte| !byte.is_ascii_graphic()) && url.contains(blank) {
        return Err("has a space or a control character in it");
    }
    // RFC 3986: a letter, and then letters, digits, `+`, `-` and `.`.
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    {
        return Err("is not an absolute URL");
    }
    if REFUSED_SCHEMES.iter().any(|refused| scheme.eq_ignore_ascii_case(refused)) {
        return Err("has a scheme that opens no app");
    }
    Ok((scheme, rest))
}

/// Whether a text has such a byte. It looks at all of them, which is faster than to stop at one.
pub(crate) fn any_byte(text: &str, is_such: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(false, |any, byte| any | is_such(byte))
}
