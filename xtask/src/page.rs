//! Reads pages, finds the documents on them, and lays the documents out.

use std::{
    fs,
    io::{Read, stdin},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use paypos_codegen::Document;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde_json::Value;
use ureq::Agent;

/// For the whole of one page.
const TIMEOUT: Duration = Duration::from_secs(30);

/// In bytes; the pages have some ten thousand.
const MAX_PAGE: u64 = 4 * 1024 * 1024;

/// A document as it is on a page.
pub(crate) struct Found {
    /// Read and checked; its `file` is the place on the page.
    pub(crate) document: Document,
    /// Its text, laid out as it is stored.
    pub(crate) text: String,
    /// The page: a file name, a URL, or `standard input`.
    pub(crate) page: String,
    pub(crate) url: Option<String>,
}

/// Reads the documents on all pages: `-` is standard input, anything else a URL or a file.
pub(crate) fn read_all(sources: &[String]) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for source in sources {
        let url = source.contains("://").then(|| source.clone());
        let (page, bytes) = if source == "-" {
            ("standard input", limited(stdin(), "standard input")?)
        } else if url.is_some() {
            (source.as_str(), fetch(source)?)
        } else {
            let file = fs::File::open(source).with_context(|| {
                format!(
                    "{source}: it cannot be opened; expected a file, a URL that begins with https://, or -"
                )
            })?;
            // A saved page is known by its file name.
            let name = Path::new(source).file_name().and_then(|name| name.to_str());
            (name.unwrap_or(source), limited(file, source)?)
        };
        for (document, text) in documents(page, &bytes)? {
            all.push(Found { document, text, page: page.to_owned(), url: url.clone() });
        }
    }
    Ok(all)
}

fn limited(input: impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = input.take(MAX_PAGE + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("{name}: it cannot be read"))?;
    if bytes.len() as u64 > MAX_PAGE {
        bail!(too_large(name));
    }
    Ok(bytes)
}

fn too_large(name: &str) -> String {
    format!("{name}: it is larger than {MAX_PAGE} bytes; expected a page with a document or two")
}

fn fetch(url: &str) -> Result<Vec<u8>> {
    if !url.starts_with("https://") {
        bail!("{url}: a page is read over https; expected a URL that begins with https://");
    }
    // An error means that one is installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder()
        .https_only(true)
        .timeout_global(Some(TIMEOUT))
        .user_agent("paypos-xtask")
        .tls_config(tls)
        .build()
        .into();
    let failed = |error: ureq::Error| match error {
        ureq::Error::StatusCode(status) => anyhow!(
            "{url}: the server answered {status}; check the address in {}, or save the page and give the file",
            crate::sources::FILE
        ),
        ureq::Error::BodyExceedsLimit(_) => anyhow!(too_large(url)),
        ureq::Error::Timeout(_) => {
            anyhow!(
                "{url}: it took longer than {} s; check the network, or save the page and give the file",
                TIMEOUT.as_secs()
            )
        }
        error => anyhow::Error::new(error).context(format!(
            "{url}: the page cannot be fetched; check the network, or save the page and give the file"
        )),
    };
    let mut response = agent.get(url).call().map_err(failed)?;
    response.body_mut().with_config().limit(MAX_PAGE).read_to_vec().map_err(failed)
}

/// The documents of a page, each with its text: the OpenAPI blocks of Markdown, or a bare JSON document.
///
/// Anything else on the page is ignored. A page without a document is an error, and so is a
/// block that begins as one and cannot be read.
fn documents(page: &str, bytes: &[u8]) -> Result<Vec<(Document, String)>> {
    let text = str::from_utf8(bytes)
        .map_err(|error| anyhow!("{page}: it is not UTF-8: {error}; expected a page of text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let blocks = if is_bare(text) {
        vec![(page.to_owned(), text.to_owned())]
    } else {
        let blocks = json_blocks(text).into_iter().zip(1..);
        blocks.map(|(block, n)| (format!("{page}, json block {n}"), block)).collect()
    };
    let mut found = Vec::new();
    for (place, block) in blocks.into_iter().filter(|(_, block)| is_openapi(block)) {
        found.push((Document::parse(&place, &block)?, pretty(&block)));
    }
    if found.is_empty() {
        bail!(
            "{page}: it has no OpenAPI document; \
             expected a fenced `json` block that begins with {{\"openapi\": …, or a bare JSON document"
        );
    }
    Ok(found)
}

/// Whether a page is JSON, and not Markdown, which may begin with a brace as well: `{% hint %}`.
fn is_bare(text: &str) -> bool {
    let members = text.trim_start().strip_prefix('{').map(str::trim_start);
    members.is_some_and(|members| members.is_empty() || members.starts_with(['"', '}']))
}

/// The fenced blocks that are marked as JSON, at any depth: in a quote or a list, too.
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

/// The JSON in one line, as it is on a page: without white space between its tokens.
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
