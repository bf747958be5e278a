//! The report of an update: one value, as JSON for programs, and as text for people, pull requests and the changelog.

use anyhow::{Context, Result};
use paypos_codegen::is_unseen;
use serde::Serialize;

use crate::diff::{Class, Difference};

/// What an update does.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    pub(crate) changed: bool,
    pub(crate) class: Option<Class>,
    pub(crate) files: Vec<String>,
    pub(crate) differences: Vec<Difference>,
    /// What else there is to know.
    pub(crate) notices: Vec<String>,
    /// Why a page is not stored.
    pub(crate) refused: Vec<String>,
}

/// A text that shows each of its characters: lines stay, and what is not seen is replaced.
// Guard: pages::no_character_of_a_page_acts_on_a_terminal_or_in_a_table
pub(crate) fn visible(text: &str) -> String {
    text.replace(|c: char| is_unseen(c) && c != '\n', "\u{fffd}")
}

impl Report {
    pub(crate) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    pub(crate) fn text(&self) -> String {
        let mut lines = Vec::new();
        for (heading, differences) in self.by_class() {
            lines.push(format!("{heading}:"));
            for Difference { what, meaning, operations, .. } in differences {
                let of = match operations.as_slice() {
                    // The sentence names it.
                    [one] if what.contains(one.as_str()) => String::new(),
                    [] => String::new(),
                    operations => format!(" ({})", operations.join(", ")),
                };
                lines.push(format!("  {what}{of}"));
                if !meaning.is_empty() {
                    lines.push(format!("    {meaning}"));
                }
            }
        }
        lines.extend(match (self.differences.is_empty(), self.changed) {
            // What is refused is printed on standard error.
            (true, false) if !self.refused.is_empty() => None,
            (true, false) => Some("Nothing changed.".to_owned()),
            (true, true) => Some("Nothing changed but the form or the source.".to_owned()),
            (false, _) => None,
        });
        if self.changed {
            lines.push(format!("Files: {}.", self.files.join(", ")));
        }
        lines.extend(self.notices.iter().map(|notice| format!("Note: {notice}")));
        lines.push(String::new());
        lines.join("\n")
    }

    pub(crate) fn markdown(&self) -> String {
        let refused = self.refused.iter().map(|reason| format!("**Refused:** {}", code(reason)));
        let mut parts: Vec<_> = refused.collect();
        parts.push(match (self.changed, self.differences.is_empty()) {
            (false, _) => "Nothing changed.".to_owned(),
            (true, true) => {
                "## Paynet's documents changed\n\nOnly formatting or provenance changed.".to_owned()
            }
            (true, false) => "## Paynet's documents changed".to_owned(),
        });
        for (heading, differences) in self.by_class() {
            let items: String = differences.into_iter().map(item).collect();
            parts.push(format!("### {heading}\n\n{}", items.trim_end()));
        }
        parts.extend(self.notices.iter().map(|notice| format!("**Note:** {}", code(notice))));
        parts.join("\n\n") + "\n"
    }

    /// The differences by class, the most demanding first.
    fn by_class(&self) -> Vec<(&'static str, Vec<&Difference>)> {
        let headings = [
            (Class::NeedsCode, "Needs hand-written code"),
            (Class::BreaksCallers, "Breaks callers"),
            (Class::Compatible, "Compatible"),
        ];
        let of = |class| self.differences.iter().filter(|it| it.class == class).collect::<Vec<_>>();
        let all = headings.map(|(class, heading)| (heading, of(class)));
        all.into_iter().filter(|(_, differences)| !differences.is_empty()).collect()
    }
}

/// A difference as an item of a Markdown list.
fn item(difference: &Difference) -> String {
    let Difference { what, meaning, operations, .. } = difference;
    let operations: Vec<_> = operations.iter().map(|name| format!("`{name}`")).collect();
    let of = if operations.is_empty() { String::new() } else { format!(" ({})", operations.join(", ")) };
    let meaning = if meaning.is_empty() { String::new() } else { format!(": {meaning}") };
    format!("- {}\n", inert(&format!("{what}{of}{meaning}")))
}

/// A sentence as Markdown in which only code is marked up: names in it are the document's own,
/// and may contain anything.
fn inert(sentence: &str) -> String {
    // What looks like the end of code may be something else.
    if sentence.contains("``") || sentence.matches('`').count() % 2 == 1 {
        return code(sentence);
    }
    let sentence = sentence.replace(char::is_control, " ");
    let parts = sentence.split('`').enumerate().map(|(i, part)| match i % 2 {
        0 => part.replace(['<', '>', '@', '[', ']', '#', '!', '\\', '*', '~', '|', '&'], "·"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

const UNRELEASED: &str = "## Unreleased\n";

/// The changelog with an entry for the differences that callers see, at the top of what is not released yet.
pub(crate) fn changelog(changelog: &str, differences: &[Difference], today: &str) -> Result<String> {
    let items: String = differences.iter().filter(|difference| difference.is_seen).map(item).collect();
    let entry = visible(&format!("\nPaynet's documents as of {today}:\n\n{items}"));
    if let Some((head, rest)) = changelog.split_once(UNRELEASED) {
        return Ok(format!("{head}{UNRELEASED}{entry}{rest}"));
    }
    let first = changelog.find("## ").context("CHANGELOG.md has no `## ` heading; restore it from git")?;
    let (head, rest) = changelog.split_at(first);
    Ok(format!("{head}{UNRELEASED}{entry}\n{rest}"))
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn a_sentence_with_the_documents_own_names_does_nothing_in_markdown() {
        for (sentence, expected) in [
            ("`/a_b` is `<i>`: c_d", "`/a_b` is `<i>`: c_d"),
            ("<img> ![x](y) @all \\` `x", "·img· ··x·(y) ·all ·` `x"),
            // Three backticks begin no code that one ends.
            ("`` `<img>`: x", "`'' '<img>': x`"),
            ("a ` <img>\n# x", "`a ' <img> # x`"),
        ] {
            assert_eq!(inert(sentence), expected);
        }
    }
}
