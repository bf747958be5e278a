//! Reads what a strict JSON reader refuses: a body is repaired where that leaves its structure in no doubt, and
//! otherwise only the one property is looked for that must not be lost.
//!
//! No library does both: those for lenient JSON have no `NaN`, or turn amounts into floats, and none finds a property
//! in a body that was cut.

use std::str::Chars;

use serde_json::value::RawValue;

use crate::validate::is_payment_session_id;

/// Rewrites a body as JSON: a byte order mark, bytes that are not UTF-8, control characters, escapes that mean nothing,
/// halves of surrogates, trailing commas, numbers that JSON does not have, and text around the object. `None` if the
/// object does not end, or is not alone: then it could mean something else.
// Guard: cases/odd-
// Guard: cases/pending-
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

/// Returns whether a text is a page. Anything else that begins with a tag may be XML, which Paynet speaks too.
pub(crate) fn is_html(text: &str) -> bool {
    ["<!doctype html", "<html"].iter().any(|start| {
        let (tag, rest) = text.split_at_checked(start.len()).unwrap_or_default();
        tag.eq_ignore_ascii_case(start) && rest.starts_with(|c: char| c == '>' || c.is_whitespace())
    })
}

/// Finds the `payment_session_id` at the top level of an object that cannot be read as JSON: one that was cut, or has a
/// quote too many. `None` if there is none, or more than one.
// Guard: cases/lost-id-
// Guard: cases/no-id-
pub(crate) fn find_payment_session_id(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (before, mut rest) = text.split_at(text.find('{')?);
    // What is open: objects and lists.
    let mut open = Vec::new();
    if before.matches('[').count() > before.matches(']').count() {
        open.push(b'[');
    }
    let mut ids = Vec::new();
    while let Some(at) = rest.find(['"', '{', '[', '}', ']']) {
        let (c, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = after;
        match c {
            b'{' | b'[' => open.push(c),
            b'}' | b']' => drop(open.pop()),
            _ => {
                let Some((name, after)) = string(after) else { break };
                rest = after;
                if open == [b'{']
                    && name.is_some_and(|name| name.eq_ignore_ascii_case("payment_session_id"))
                    && let Some(value) = after.trim_start().strip_prefix(':')
                {
                    ids.extend(id(value.trim_start()));
                }
            }
        }
    }
    ids.dedup();
    ids.pop().filter(|_| ids.is_empty())
}

/// Reads an id, if it is a string that ends, or the digits of a number that ends.
fn id(value: &str) -> Option<String> {
    let id = if let Some(quoted) = value.strip_prefix('"') {
        string(quoted)?.0?
    } else {
        value.split_once(|c: char| !c.is_ascii_digit())?.0.to_owned()
    };
    is_payment_session_id(&id).then_some(id)
}

/// Reads a string after its opening quote: what it says, if its escapes mean anything, and what follows it. A quote that
/// nothing follows which could follow a string is a part of it.
fn string(text: &str) -> Option<(Option<String>, &str)> {
    let mut escaped = false;
    let mut quotes = text.char_indices().filter(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let may_follow = |after: &str| {
        after.trim_start().chars().next().is_none_or(|next| matches!(next, ',' | ':' | '}' | ']'))
    };
    let (end, _) = quotes.find(|&(at, _)| may_follow(&text[at + 1..]))?;
    Some((serde_json::from_str(&format!("\"{}\"", &text[..end])).ok(), &text[end + 1..]))
}
