//! Text of a page in the docs of the generated code.

use proc_macro2::TokenStream;
use quote::quote;

use crate::document::is_unseen;

/// A doc comment of the lines of a text.
pub(crate) fn doc(text: &str) -> TokenStream {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!(" {line}") };
    text.lines().map(line).map(|line| quote!(#[doc = #line])).collect()
}

/// Text of a page as Markdown that says the same and does nothing: no code that rustdoc would run, no
/// link, no HTML, and no character that a compiler or a reader would take for another. Lines stay lines, and names are
/// code.
pub(crate) fn prose(text: &str) -> String {
    let is_safe = |text: &str| {
        !text.trim().is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || " _-./:,".contains(c))
    };
    let line = |line: &str| {
        let parts: Vec<_> = line.trim().split('`').collect();
        // Backticks in pairs, with nothing between them that could be more than code.
        let is_marked = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|code| is_safe(code));
        if !is_marked {
            return escaped(line.trim());
        }
        let mark = |(i, part): (usize, &&str)| if i % 2 == 1 { format!("`{part}`") } else { escaped(part) };
        parts.iter().enumerate().map(mark).collect()
    };
    let lines: Vec<String> = text.trim().lines().map(line).collect();
    let mut laid_out = String::new();
    for (i, line) in lines.iter().enumerate() {
        laid_out.push_str(line);
        match lines.get(i + 1) {
            None => {}
            Some(next) if line.is_empty() || next.is_empty() => laid_out.push('\n'),
            // A line break.
            Some(_) => laid_out.push_str("\\\n"),
        }
    }
    laid_out
}

/// A line in which nothing is Markdown, except that addresses and words such as `session_key` are code.
fn escaped(line: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = |word: &str| word.trim_matches('_').contains('_') && word.chars().all(is_word);
    let mut escaped = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let token = rest.split_whitespace().next().unwrap_or_default();
        let is_address = token.contains("://") && token.chars().all(|c| c.is_ascii_graphic() && c != '`');
        if is_address && rest.starts_with(token) && !escaped.ends_with(is_word) {
            escaped.extend(["`", token, "`"]);
            rest = &rest[token.len()..];
            continue;
        }
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if word > 0 {
            let (word, tail) = rest.split_at(word);
            if is_name(word) {
                escaped.extend(["`", word, "`"]);
            } else {
                escaped.push_str(&word.replace('_', "\\_"));
            }
            rest = tail;
            continue;
        }
        let at_start = rest.len() == line.len();
        let marks = match first {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '&' => true,
            '-' | '+' | '=' => at_start,
            _ => false,
        };
        escaped.extend(marks.then_some('\\'));
        escaped.push(if is_unseen(first) { char::REPLACEMENT_CHARACTER } else { first });
        rest = &rest[first.len_utf8()..];
    }
    escaped
}
