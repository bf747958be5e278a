//! Masks the secrets in JSON that was received or sent.

use serde::de::IgnoredAny;

/// Maximum indentation, in levels.
const MAX_INDENT: usize = 20;

/// Returns JSON with its order and digits, and its secrets masked.
///
/// `None` unless it is an object or an array: a bare text may itself be a secret.
pub(crate) fn json(body: &[u8]) -> Option<String> {
    let mut shown = Shown::new(body, false)?;
    while shown.step().is_some() {}
    Some(shown.out)
}

/// Returns the same as [`json`] indented and cut at `most` bytes, and the number of bytes that were cut.
pub(crate) fn lines(body: &[u8], most: usize) -> Option<(String, usize)> {
    let mut shown = Shown::new(body, true)?;
    while shown.out.len() < most && shown.step().is_some() {}
    let mut left = shown.text.len().saturating_sub(shown.at);
    if shown.out.len() > most {
        let end = (0..=most).rev().find(|end| shown.out.is_char_boundary(*end)).unwrap_or_default();
        left += shown.out.len() - end;
        shown.out.truncate(end);
    }
    Some((shown.out, left))
}

/// Copies valid JSON in one pass.
struct Shown<'a> {
    text: &'a str,
    at: usize,
    out: String,
    depth: usize,
    in_lines: bool,
}

impl<'a> Shown<'a> {
    fn new(body: &'a [u8], in_lines: bool) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?.trim_ascii();
        let is_container = text.starts_with(['{', '[']);
        let is_valid = is_container && serde_json::from_str::<IgnoredAny>(text).is_ok();
        is_valid.then(|| Self { text, at: 0, out: String::with_capacity(text.len()), depth: 0, in_lines })
    }

    fn step(&mut self) -> Option<()> {
        match self.next()? {
            open @ (b'{' | b'[') => {
                self.at += 1;
                self.out.push(char::from(open));
                if let Some(close @ (b'}' | b']')) = self.next() {
                    self.out.push(char::from(close));
                    self.at += 1;
                } else {
                    self.depth += 1;
                    self.line();
                }
            }
            close @ (b'}' | b']') => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                self.line();
                self.out.push(char::from(close));
            }
            b',' => {
                self.at += 1;
                self.out.push(',');
                self.line();
            }
            b':' => {
                self.at += 1;
                self.out.push_str(if self.in_lines { ": " } else { ":" });
            }
            b'"' => {
                let text = self.string();
                self.out.push_str(text);
                if self.next() == Some(b':') && is_secret(text) {
                    self.step();
                    self.skip_value();
                    self.out.push_str("\"[masked]\"");
                }
            }
            _ => {
                let literal = self.literal();
                self.out.push_str(literal);
            }
        }
        Some(())
    }

    /// Skips white space, and returns the next byte.
    fn next(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        self.at += rest.len() - rest.trim_ascii_start().len();
        self.text.as_bytes().get(self.at).copied()
    }

    fn line(&mut self) {
        if self.in_lines {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth.min(MAX_INDENT)));
        }
    }

    /// Consumes and returns a string, with its quotes.
    fn string(&mut self) -> &'a str {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at = (self.at + 1).min(bytes.len());
        &self.text[start..self.at]
    }

    /// Consumes and returns a number or a keyword.
    fn literal(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| c.is_ascii_whitespace() || ",:]}".contains(c)).unwrap_or(rest.len());
        self.at += end.max(1);
        &rest[..end]
    }

    fn skip_value(&mut self) {
        let mut depth = 0;
        while let Some(byte) = self.next() {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => drop(self.string()),
                b',' | b':' => {}
                _ => drop(self.literal()),
            }
            if matches!(byte, b'{' | b'[' | b'}' | b']' | b',' | b':') {
                self.at += 1;
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// Returns whether the name of a member, a JSON string, indicates a secret.
fn is_secret(name: &str) -> bool {
    let name: String = serde_json::from_str(name).unwrap_or_default();
    let name = name.trim().to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    ["key", "secret", "token", "password", "passwd", "credential"].iter().any(|part| name.contains(part))
        || name == "authorization"
        || words.any(|word| ["pan", "cvv", "cvc", "cvv2", "pin"].contains(&word))
}
