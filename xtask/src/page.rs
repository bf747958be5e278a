//! Finds the documents on a page as Paynet publishes it, and lays them out.

use anyhow::{Result, anyhow, bail};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::codegen::Document;

/// A document as it stands on a page.
pub(crate) struct Found {
    /// Read and checked; its `file` says where it was found.
    pub(crate) document: Document,
    /// Its text, laid out as it is stored.
    pub(crate) text: String,
}

/// The documents of a page: of Markdown its fenced `json` blocks that are OpenAPI, or a bare JSON document.
///
/// Anything else on the page is ignored. A page without a document is an error, and so is a
/// block that sets out to be one and cannot be read.
pub(crate) fn documents(page: &str, bytes: &[u8]) -> Result<Vec<Found>> {
    let text = str::from_utf8(bytes)
        .map_err(|error| anyhow!("{page}: it is not UTF-8: {error}; expected a page of text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let blocks = if is_bare(text) {
        vec![(page.to_owned(), text.to_owned())]
    } else {
        let blocks = json_blocks(text).into_iter().zip(1..);
        blocks.map(|(block, n)| (format!("{page}, json block {n}"), block)).collect()
    };
    let mut found: Vec<Found> = Vec::new();
    for (place, block) in blocks.into_iter().filter(|(_, block)| is_openapi(block)) {
        let document = Document::parse(&place, &block)?;
        found.push(Found { document, text: pretty(&block) });
    }
    if found.is_empty() {
        bail!(
            "{page}: there is no OpenAPI document on it; \
             expected a fenced `json` block that begins with {{\"openapi\": …, or a bare JSON document"
        );
    }
    Ok(found)
}

/// Whether a page is JSON and no Markdown, which may begin with a brace as well: `{% hint %}`.
fn is_bare(text: &str) -> bool {
    let members = text.trim_start().strip_prefix('{').map(str::trim_start);
    members.is_some_and(|members| members.is_empty() || members.starts_with(['"', '}']))
}

/// The fenced blocks that say that they are JSON, wherever they stand: in a quote, a list, or by themselves.
fn json_blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split_whitespace().next().unwrap_or_default();
                open = language.eq_ignore_ascii_case("json").then(String::new);
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take().map(|block| block.trim().to_owned())),
            _ => {}
        }
    }
    blocks
}

/// Whether a block is meant to be an OpenAPI document; one that is cut off still is.
fn is_openapi(block: &str) -> bool {
    match serde_json::from_str::<Value>(block) {
        Ok(json) => json.get("openapi").or(json.get("swagger")).is_some(),
        Err(_) => ["\"openapi\"", "\"paths\"", "\"components\""].iter().any(|key| block.contains(key)),
    }
}

/// JSON with a member to a line, and not a character else changed.
pub(crate) fn pretty(json: &str) -> String {
    let mut laid_out = String::new();
    let mut depth = 0;
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    let mut tokens = Tokens(json).peekable();
    while let Some(token) = tokens.next() {
        match token {
            "{" | "[" => {
                laid_out.push_str(token);
                if !matches!(tokens.peek(), Some(&("}" | "]"))) {
                    depth += 1;
                    laid_out.push_str(&line(depth));
                } else if let Some(end) = tokens.next() {
                    laid_out.push_str(end);
                }
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                laid_out.push_str(&line(depth));
                laid_out.push_str(token);
            }
            "," => laid_out.extend([",", &line(depth)]),
            ":" => laid_out.push_str(": "),
            _ => laid_out.push_str(token),
        }
    }
    laid_out.push('\n');
    laid_out
}

/// The JSON in one line, as it stands on a page: without white space between its tokens.
pub(crate) fn compact(json: &str) -> String {
    Tokens(json).collect()
}

/// The tokens of a JSON text as they are written: nothing is decoded, so that nothing is lost.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_ascii_start();
        let first = text.chars().next()?;
        let end = match first {
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            '"' => {
                let mut escaped = false;
                let closing = text.char_indices().skip(1).find(|(_, c)| {
                    let closes = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    closes
                });
                closing.map_or(text.len(), |(i, _)| i + 1)
            }
            _ => text.find(|c: char| c.is_ascii_whitespace() || "{}[],:\"".contains(c)).unwrap_or(text.len()),
        };
        let (token, rest) = text.split_at(end);
        self.0 = rest;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::{compact, pretty};

    #[test]
    fn json_is_laid_out_and_nothing_else_of_it_is_changed() {
        let json = r#"{"b":[],"a":{},"\"x\\":[1.10,-2E5,{"ş\u00e9\/ {":null}],"t": true}"#;
        let expected = "{\n  \"b\": [],\n  \"a\": {},\n  \"\\\"x\\\\\": [\n    1.10,\n    -2E5,\n    {\n      \
                        \"ş\\u00e9\\/ {\": null\n    }\n  ],\n  \"t\": true\n}\n";
        assert_eq!(pretty(json), expected);
        assert_eq!(pretty(expected), expected);
        assert_eq!(compact(expected), json.replace("\"t\": true", "\"t\":true"));
    }
}
