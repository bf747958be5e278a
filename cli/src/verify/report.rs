//! The report, for people and for programs. It contains no secrets, no personal data and no card data.

use std::{collections::BTreeMap, fs, path::Path};

use jiff::Timestamp;
use paypos_simulator::Behavior;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::questions::{QUESTIONS, Question, Step};
use crate::{console::Failure, secrets::private_file};

/// The answer to a question.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Seen {
    pub(crate) answer: String,
    pub(crate) when: Timestamp,
    pub(crate) evidence: Vec<String>,
}

/// The answers, by question.
#[derive(Default)]
pub(crate) struct Report {
    environment: String,
    seen: BTreeMap<String, Seen>,
}

/// The result of a question.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    AsAssumed,
    Differs,
    NotSeen,
}

impl Verdict {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AsAssumed => "as assumed",
            Self::Differs => "differs",
            Self::NotSeen => "not seen",
        }
    }
}

impl Report {
    /// Reads what an interrupted walk has seen in the same environment.
    pub(crate) fn resume(environment: &str, file: &Path) -> Result<Self, Failure> {
        let mut report = Self { environment: environment.to_owned(), ..Self::default() };
        let Ok(text) = fs::read_to_string(file) else { return Ok(report) };
        let unusable = |problem: &str| Failure::usage(format!("{}: {problem}; move it away", file.display()));
        let before: Value = serde_json::from_str(&text).map_err(|_| unusable("it is no report"))?;
        if before["environment"] != environment {
            return Err(unusable("it is of another environment"));
        }
        for question in before["questions"].as_array().into_iter().flatten() {
            if let (Some(id), Ok(seen)) =
                (question["id"].as_str(), serde_json::from_value(question["seen"].clone()))
            {
                report.seen.insert(id.to_owned(), seen);
            }
        }
        Ok(report)
    }

    pub(crate) fn note(&mut self, id: &str, answer: impl Into<String>, evidence: Vec<String>) {
        let seen = Seen { answer: answer.into(), when: Timestamp::now(), evidence };
        self.seen.insert(id.to_owned(), seen);
    }

    pub(crate) fn answer(&self, id: &str) -> Option<&str> {
        self.seen.get(id).map(|seen| seen.answer.as_str())
    }

    /// Returns whether every question of a step has an answer.
    pub(crate) fn has_all_of(&self, step: Step) -> bool {
        QUESTIONS
            .iter()
            .filter(|question| question.step == step)
            .all(|question| self.seen.contains_key(question.id))
    }

    pub(crate) fn verdict(&self, question: &Question) -> Verdict {
        match self.answer(question.id) {
            None => Verdict::NotSeen,
            Some(answer) if question.is_as_assumed(answer) => Verdict::AsAssumed,
            Some(_) => Verdict::Differs,
        }
    }

    /// Writes both files, each whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(&self.json()).unwrap_or_default() + "\n";
        for (name, text) in [("verify.json", json), ("verify.md", self.markdown())] {
            let path = folder.join(name);
            private_file(&path, text.as_bytes())
                .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display())))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let questions = QUESTIONS.iter().map(|question| {
            json!({
                "id": question.id,
                "question": question.text,
                "assumed": question.assumed,
                "result": self.verdict(question).as_str(),
                "seen": self.seen.get(question.id),
                "otherwise": question.otherwise,
            })
        });
        json!({
            "paypos": env!("CARGO_PKG_VERSION"),
            "environment": self.environment,
            "questions": questions.collect::<Vec<_>>(),
            "behavior": self.behavior(),
        })
    }

    /// Returns the answers that a simulator can be set to.
    fn behavior(&self) -> Map<String, Value> {
        let settings = Behavior::QUESTIONS.iter().filter_map(|(id, answers)| {
            let answer = self.answer(id).filter(|answer| answers.contains(answer))?;
            Some(((*id).to_owned(), json!(answer)))
        });
        settings.collect()
    }

    fn markdown(&self) -> String {
        let mut lines = vec![
            format!("# What `paypos verify` saw at the {}", self.environment),
            String::new(),
            format!(
                "Written by paypos {}. It contains no secrets, no personal data and no card data.",
                env!("CARGO_PKG_VERSION")
            ),
            String::new(),
            "| id | question | result | seen |".to_owned(),
            "|---|---|---|---|".to_owned(),
        ];
        for question in QUESTIONS {
            let answer = self.seen.get(question.id).map_or(String::new(), |seen| cell(&seen.answer));
            let verdict = self.verdict(question).as_str();
            lines.push(format!("| `{}` | {} | {verdict} | {answer} |", question.id, question.text));
        }
        for question in QUESTIONS {
            let Some(seen) = self.seen.get(question.id) else { continue };
            let verdict = self.verdict(question);
            lines.extend([
                format!("\n## {}\n\n{}\n", question.id, question.text),
                format!("- The crate: {}.", question.assumed),
                format!("- Seen: {}, at {}; {}.", cell(&seen.answer), seen.when, verdict.as_str()),
            ]);
            if verdict == Verdict::Differs {
                lines.push(format!("- **What that means**: {}", question.otherwise));
            }
            lines.extend(seen.evidence.iter().map(|evidence| format!("- Evidence: {}", cell(evidence))));
        }
        lines.join("\n") + "\n"
    }
}

/// Escapes a text for a table of Markdown.
fn cell(text: &str) -> String {
    let safe: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    safe.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

/// Reads the behavior for `paypos simulate --like`.
pub(crate) fn read_behavior(file: &Path) -> Result<Behavior, Failure> {
    #[derive(Deserialize)]
    struct Like {
        behavior: Behavior,
    }
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{name} cannot be read: {error}")))?;
    let like: Like = serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{name}: {error}; expected the verify.json of `paypos verify`"))
    })?;
    Ok(like.behavior)
}
