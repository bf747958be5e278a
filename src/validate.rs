//! Validates values before they are sent, and URLs before they are handed to an app.

use rust_decimal::Decimal;
use url::Url;

use crate::Error;

/// Schemes that execute or display content instead of opening an app.
const REFUSED_SCHEMES: [&str; 21] = [
    "about", "blob", "chrome", "content", "data", "file", "filesystem", "jar", "javascript", "livescript",
    "mhtml", "mk", "ms-its", "ms-msdt", "res", "resource", "search-ms", "shell", "vbscript", "view-source",
    "wyciwyg",
];

/// Schemes whose URLs must have a host.
const WEB_SCHEMES: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// Validates a text: not blank if it is required, and more where its name says what it is.
// Guard: input::a_request_that_cannot_be_right_opens_no_socket
pub(crate) fn check_text(property: &str, text: &str, required: bool) -> Result<(), Error> {
    if required && text.trim().is_empty() {
        return Err(Error::invalid_input(format!("`{property}` is blank; the document requires a value")));
    }
    if property == "xact_id" {
        check_xact_id(text)?;
    } else if (property.ends_with("_id") || property == "reference_no") && !is_id(text) {
        return Err(Error::invalid_input(format!(
            "`{property}` has no letter or digit; expected one that identifies something"
        )));
    }
    if !property.ends_with("_url") {
        return Ok(());
    }
    let problem = match check_app_url(text) {
        Ok(()) if is_own_and_simple(text) || Url::parse(text).is_ok() => return Ok(()),
        Ok(()) => "is not an absolute URL",
        Err(problem) => problem,
    };
    Err(Error::invalid_input(format!(
        "`{property}` {problem}; expected an absolute URL that opens your app, such as `myshop://paypos/done`"
    )))
}

/// Whether a URL has an app's own scheme and nothing that a parser could refuse. Most have, and need none: 1,800
/// instructions a call less.
fn is_own_and_simple(url: &str) -> bool {
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    let is_simple = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_?=&".contains(&byte);
    !WEB_SCHEMES.iter().any(|web| scheme.eq_ignore_ascii_case(web)) && rest.bytes().all(is_simple)
}

/// Returns whether a text can be an id or a reference: it has a letter or a digit, and no character was replaced in it.
// Guard: stored::an_id_that_identifies_nothing_makes_no_payment_session
pub(crate) fn is_id(text: &str) -> bool {
    text.contains(char::is_alphanumeric) && (is_plain(text) || !text.contains(char::REPLACEMENT_CHARACTER))
}

/// Returns whether a payment session can be checked by this id.
pub(crate) fn is_payment_session_id(id: &str) -> bool {
    // Most are plain.
    is_plain(id) && id.contains(|c: char| c.is_ascii_alphanumeric())
        || is_id(id) && !id.contains(char::is_control)
}

/// Validates the id of a transaction that is being reversed: with a blank at its edge, it could not be told from the
/// reversal's own.
pub(crate) fn check_xact_id(text: &str) -> Result<(), Error> {
    let problem = if !is_id(text) {
        "has no letter or digit"
    } else if text.trim() != text {
        "begins or ends with a blank"
    } else {
        return Ok(());
    };
    Err(Error::invalid_input(format!("`xact_id` {problem}; expected it exactly as Paynet returned it")))
}

/// Decimals that are no amounts: a rate, such as `ratio` of a transaction, may be zero.
const NO_AMOUNTS: [&str; 1] = ["ratio"];

/// Validates an amount, which any other decimal of a request is.
// Guard: compiles::a_new_property_of_any_kind_gives_a_setter_and_a_field_with_no_other_change
pub(crate) fn check_amount(property: &str, amount: Decimal) -> Result<(), Error> {
    let problem = match amount {
        _ if NO_AMOUNTS.contains(&property) => return Ok(()),
        amount if amount <= Decimal::ZERO => "must be positive, such as 149.90",
        amount if amount.scale() > 2 => {
            "has more than two decimal places; round it with `Decimal::round_dp_with_strategy`"
        }
        amount if !is_exact_as_float(amount) => {
            "has more than 15 digits, which many readers of JSON would round"
        }
        _ => return Ok(()),
    };
    Err(Error::invalid_input(format!("`{property}` {problem}")))
}

/// Whether a number has at most 15 digits, which a float keeps.
pub(crate) fn is_exact_as_float(number: Decimal) -> bool {
    number.mantissa().unsigned_abs() < 10_u128.pow(15)
}

/// Whether a text has visible ASCII characters only, as most have.
pub(crate) fn is_plain(text: &str) -> bool {
    all_bytes(text, |byte| byte.is_ascii_graphic())
}

/// Whether each byte of a text is such. It looks at all of them, which a compiler vectorizes: 2,000 instructions a
/// call less than to look at characters, and to stop at the first that is not.
pub(crate) fn all_bytes(text: &str, is_such: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & is_such(byte))
}

/// Returns whether a URL can open an app, as [`callback_url`](crate::types::InitSaleRequest::callback_url) must: it is
/// absolute, and its scheme does not run, read or show content.
///
/// ```
/// assert!(paypos::opens_app("myshop://paid"));
/// assert!(!paypos::opens_app("javascript:alert(1)"));
/// ```
#[must_use]
pub fn opens_app(url: &str) -> bool {
    check_app_url(url).is_ok()
}

/// Validates a URL that an app is opened with. The error completes a sentence, and never quotes the value.
// Guard: cases/handoff-
pub(crate) fn check_app_url(url: &str) -> Result<(), &'static str> {
    if !is_plain(url) && url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("contains a space or control character");
    }
    // RFC 3986: a letter, and then letters, digits, `+`, `-` and `.`.
    let (scheme, _) = url.split_once(':').unwrap_or_default();
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    {
        return Err("is not an absolute URL");
    }
    if REFUSED_SCHEMES.iter().any(|refused| scheme.eq_ignore_ascii_case(refused)) {
        return Err("has a scheme that cannot open an app");
    }
    Ok(())
}
