//! Shows JSON that was received or sent, without the secrets in it.

/// JSON as it was, in its order, with its secrets masked; in lines, if it is for people.
///
/// `None` of anything but an object or an array, as all of it may be a secret.
pub(crate) fn json(body: &[u8], in_lines: bool) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let text = text.trim_ascii();
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .filter(|json| json.is_object() || json.is_array())?;
    let mut shown = Shown { text, at: 0, out: String::new(), depth: 0, in_lines };
    while shown.step().is_some() {}
    Some(shown.out)
}

/// Goes through a valid text of JSON once.
struct Shown<'a> {
    text: &'a str,
    at: usize,
    out: String,
    depth: usize,
    in_lines: bool,
}

impl<'a> Shown<'a> {
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

    /// The next byte that is not white space.
    fn next(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        self.at += rest.len() - rest.trim_ascii_start().len();
        self.text.as_bytes().get(self.at).copied()
    }

    fn line(&mut self) {
        if self.in_lines {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    /// The string that begins here, with its quotes.
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

    /// The number, or the word, that begins here.
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

/// Whether a member, by its name as JSON has it, has a secret.
fn is_secret(name: &str) -> bool {
    let name: String = serde_json::from_str(name).unwrap_or_default();
    let name = name.trim().to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    ["key", "secret", "token", "password", "passwd", "credential"].iter().any(|part| name.contains(part))
        || name == "authorization"
        || words.any(|word| ["pan", "cvv", "cvc", "cvv2", "pin"].contains(&word))
}
