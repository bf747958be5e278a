//! The questions that Paynet's documents leave open, as data. The table in `docs/QUESTIONS.md` is printed from them.

use serde::Deserialize;

use super::answers::Answer;

/// All questions, and the commands that answer them.
#[derive(Deserialize)]
pub(crate) struct Questions {
    pub(crate) question: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Its name, which is also that of a setting of the simulator if there is one.
    pub(crate) id: String,
    pub(crate) text: String,
    /// What the library assumes, or does.
    pub(crate) assumed: String,
    /// What follows from each answer. Empty if nothing does.
    #[serde(default)]
    pub(crate) answers: Vec<Expected>,
    /// What to type to see it.
    pub(crate) next: String,
    /// What was seen at Paynet, when and where.
    #[serde(default)]
    pub(crate) seen: String,
}

/// An answer that was foreseen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    is: String,
    /// What it means for a caller, and what follows it. `None` if it is as the library assumes.
    then: Option<String>,
}

/// What an answer means.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Verdict<'a> {
    AsAssumed,
    Differs(&'a str),
    /// Nobody foresaw the answer, so that nothing is advised.
    Unforeseen,
}

impl Questions {
    pub(crate) fn all() -> Self {
        // A test reads it.
        toml::from_str(include_str!("questions.toml")).unwrap_or(Self { question: Vec::new() })
    }

    /// Returns the table of `docs/QUESTIONS.md`.
    pub(crate) fn table(&self) -> String {
        let rows = self.question.iter().map(|question| {
            let Question { id, text, assumed, seen, .. } = question;
            format!("| `{id}` | {text} | {assumed} | {seen} |")
        });
        let head = "| id | question | what the crate does | seen |\n|---|---|---|---|".to_owned();
        std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
    }
}

impl Question {
    /// Reads the answers to it, which may contradict one another: returns all of them, and what follows from the worst.
    /// Where nothing follows, the first stands for all.
    pub(crate) fn read(&self, answers: &[Answer]) -> Option<(String, Verdict<'_>)> {
        let mut distinct: Vec<_> = answers.iter().map(|answer| answer.is.as_str()).collect();
        distinct.dedup();
        if self.answers.is_empty() {
            return Some(((*distinct.first()?).to_owned(), Verdict::AsAssumed));
        }
        let worst = distinct.iter().map(|is| self.verdict(is)).max_by_key(Verdict::weight)?;
        Some((distinct.join(", then "), worst))
    }

    fn verdict(&self, answer: &str) -> Verdict<'_> {
        match self.answers.iter().find(|expected| expected.is == answer) {
            Some(Expected { then: Some(then), .. }) => Verdict::Differs(then),
            Some(_) => Verdict::AsAssumed,
            None => Verdict::Unforeseen,
        }
    }
}

impl Verdict<'_> {
    fn weight(&self) -> u8 {
        match self {
            Self::AsAssumed => 0,
            Self::Differs(_) => 1,
            Self::Unforeseen => 2,
        }
    }
}
