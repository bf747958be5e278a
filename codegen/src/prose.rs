//! Text of a page in the docs of the generated code.

use proc_macro2::TokenStream;
use quote::quote;

use crate::document::is_unseen;

/// A doc comment of the lines of a text.
pub(crate) fn doc(text: &str) -> TokenStream {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!(" {line}") };
    text.lines().map(line).map(|line| quote!(#[doc = #line])).collect()
}

/// Text of a page that does nothing in Markdown: as it is, if it is a plain line, and otherwise as a block of text. No code
/// that rustdoc would run, no link, no HTML, and no character that a compiler or a reader would take for another.
// Guard: pipeline::no_text_of_a_page_is_code_or_a_link_to_rustdoc
pub(crate) fn prose(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n");
    let text = text.replace(|c: char| is_unseen(c) && c != '\n', "\u{fffd}");
    let is_plain = |c: char| c.is_alphanumeric() || " .,:;()'\"/%?!_-".contains(c);
    let parts: Vec<_> = text.split('`').collect();
    // Backticks in pairs, with something between them.
    let is_marked = parts.len() % 2 == 1 && !text.contains("``");
    let is_list = text.starts_with(['-', '+']) || text.starts_with(|c: char| c.is_ascii_digit());
    if is_marked && !is_list && !text.contains("://") && parts.iter().all(|part| part.chars().all(is_plain)) {
        return text;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}
