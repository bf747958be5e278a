//! Reads what a strict JSON reader refuses: a body is repaired where that leaves its structure in no doubt, and
//! otherwise only the one property is looked for that must not be lost.
//!
//! No library does both: those for lenient JSON have no `NaN`, or turn amounts into floats, and none finds a property
//! in a body that was cut.

use std::str::Chars;

use serde_json::value::RawValue;

use crate::validate::is_plain;

/// Rewrites a body as JSON: a byte order mark, bytes that are not UTF-8, control characters, escapes that mean nothing,
/// halves of surrogates, trailing commas, numbers that JSON does not have, and text around the object. `None` if the
/// object does not end, or is not alone: then it could mean something else.
pub(crate) fn repaired(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (before, rest) = text.split_once('{')?;
    if before.contains(['[', '"']) {
        return None;
    }
    let mut json = String::from("{");
    let mut depth = 1_usize;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => copy_string(&mut chars, &mut json)?,
            '{' | '[' => {
                depth += 1;
                json.push(c);
            }
            '}' | ']' => {
                json.truncate(json.trim_end().trim_end_matches(',').len());
                json.push(c);
                depth -= 1;
                if depth == 0 {
                    return (!chars.as_str().contains(['{', '}', '[', ']', '"'])).then_some(json);
                }
            }
            ',' | ':' => json.push(c),
            c if c.is_whitespace() => json.push(' '),
            c => {
                let is_end = |c: char| c.is_whitespace() || ",:\"{}[]".contains(c);
                let (word, rest) = chars.as_str().split_at(chars.as_str().find(is_end)?);
                chars = rest.chars();
                let word = format!("{c}{word}");
                json.push_str(if serde_json::from_str::<&RawValue>(&word).is_ok() { &word } else { "null" });
            }
        }
    }
    None
}

/// Copies the rest of a string, with its closing quote.
fn copy_string(chars: &mut Chars<'_>, json: &mut String) -> Option<()> {
    json.push('"');
    loop {
        match chars.next()? {
            '"' => break json.push('"'),
            '\\' => {
                let rest = chars.as_str();
                // Two surrogates, one character, or a letter such as `n`.
                let lengths = [11, 5, 1].into_iter();
                let escape = lengths.filter_map(|length| rest.get(..length)).find(|escape| is_escape(escape));
                match escape {
                    Some(escape) => {
                        json.push('\\');
                        json.push_str(escape);
                        *chars = rest[escape.len()..].chars();
                    }
                    None => json.push(char::REPLACEMENT_CHARACTER),
                }
            }
            c if c.is_control() => json.push(char::REPLACEMENT_CHARACTER),
            c => json.push(c),
        }
    }
    Some(())
}

/// Whether JSON reads a text after a backslash.
fn is_escape(text: &str) -> bool {
    serde_json::from_str::<String>(&format!("\"\\{text}\"")).is_ok()
}

/// Finds the `payment_session_id` in a body that cannot be read as an object: cut, or with one odd byte in or around
/// the property's name. `None` if there is none, or more than one.
pub(crate) fn find_payment_session_id(body: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\"payment_session_id\"";
    let mut found: [Vec<String>; 2] = [Vec::new(), Vec::new()];
    for (at, window) in body.windows(NAME.len()).enumerate() {
        let odd = window.iter().zip(NAME).filter(|(byte, expected)| byte != expected).take(2).count();
        // An odd quote begins a name only where one can begin: not `old_payment_session_id`.
        let begins =
            window[0] == NAME[0] || at > 0 && matches!(body[at - 1], b'{' | b',' | b' ' | b'\n' | b'\t');
        if odd < 2
            && begins
            && found[odd].len() < 2
            && let Some(id) = value(&body[at + NAME.len()..], odd == 0)
            && !found[odd].contains(&id)
        {
            found[odd].push(id);
        }
    }
    let [exact, close] = found;
    let mut ids = if exact.is_empty() { close } else { exact };
    ids.pop().filter(|_| ids.is_empty())
}

/// Reads the value after a property's name. One byte around it may be odd, unless one was already.
fn value(after_name: &[u8], mut may_be_odd: bool) -> Option<String> {
    let mut odd = || std::mem::take(&mut may_be_odd);
    let rest = match (after_name.trim_ascii_start(), after_name) {
        ([b':', rest @ ..], _) => rest,
        (_, [_, rest @ ..]) if odd() => rest,
        _ => return None,
    };
    let (id, after) = match rest.trim_ascii_start() {
        number @ [b'0'..=b'9', ..] => {
            let (digits, after) =
                number.split_at(number.iter().take_while(|byte| byte.is_ascii_digit()).count());
            (str::from_utf8(digits).ok()?.to_owned(), after)
        }
        // A blank before the value, or its opening quote.
        [_, b'"', text @ ..] if odd() => string(text)?,
        [b'"', text @ ..] => string(text)?,
        [_, text @ ..] if odd() => string(text)?,
        _ => return None,
    };
    // The next name, the end, or one odd byte before either: else the closing quote is odd, and the value is another.
    let after = after.trim_ascii_start();
    let is_end = |text: &[u8]| matches!(text.trim_ascii_start().first(), None | Some(b'"'));
    let ends = matches!(after.first(), None | Some(b',' | b'}'))
        || odd() && (is_end(after) || is_end(after.get(1..).unwrap_or_default()));
    (ends && is_usable_id(&id)).then_some(id)
}

/// Reads a string after its opening quote; returns it, and what follows it.
fn string(text: &[u8]) -> Option<(String, &[u8])> {
    let mut escaped = false;
    let end = text.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let quoted = format!("\"{}\"", str::from_utf8(&text[..end]).ok()?);
    Some((serde_json::from_str(&quoted).ok()?, &text[end + 1..]))
}

/// Whether a payment session can be checked by this id.
pub(crate) fn is_usable_id(id: &str) -> bool {
    let odd = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    !id.trim().is_empty() && (is_plain(id) || !id.contains(odd))
}
