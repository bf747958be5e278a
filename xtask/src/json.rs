//! Lays JSON out without decoding it, so that nothing of it is lost.

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
