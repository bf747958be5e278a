//! What was seen, for people and for programs. Nothing in it is a secret, personal, or of a card.

use std::{collections::BTreeMap, fs, io::Write, path::Path};

use jiff::Timestamp;
use paypos_simulator::Behaviour;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::questions::{QUESTIONS, Question, Step};
use crate::console::Failure;

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

/// What a question came to.
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

    /// Whether all questions of a step have an answer.
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
            let (path, new) = (folder.join(name), folder.join(format!("{name}.new")));
            let written = fs::File::create(&new).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()?;
                fs::rename(&new, &path)
            });
            written
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
            "behaviour": self.behaviour(),
        })
    }

    /// What the simulator can do like the environment.
    fn behaviour(&self) -> Map<String, Value> {
        let can = Behaviour::QUESTIONS.iter().filter_map(|(id, answers)| {
            let answer = self.answer(id).filter(|answer| answers.contains(answer))?;
            Some(((*id).to_owned(), json!(answer)))
        });
        can.collect()
    }

    fn markdown(&self) -> String {
        let mut lines = vec![
            format!("# What `paypos verify` saw at the {}", self.environment),
            String::new(),
            format!(
                "With paypos {}. Nothing in here is a secret, personal, or of a card.",
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

/// A text in a table, as it is.
fn cell(text: &str) -> String {
    let safe: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    safe.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

/// Reads what `paypos simulate --like` is to behave as.
pub(crate) fn read_behaviour(file: &Path) -> Result<Behaviour, Failure> {
    #[derive(Deserialize)]
    struct Like {
        behaviour: Behaviour,
    }
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{name} cannot be read: {error}")))?;
    let like: Like = serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{name}: {error}; expected the verify.json of `paypos verify`"))
    })?;
    Ok(like.behaviour)
}
