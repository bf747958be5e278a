//! `paypos verify FILE`: what a recording says of what Paynet's documents leave open. It sends nothing.
//!
//! `questions` are the data, `payments` puts the exchanges of a payment together, and `answers` reads them.

mod answers;
mod payments;
mod questions;

use std::path::Path;

use paypos::Decision;
use paypos_simulator::Behavior;
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::{
    answers::{Answers, decided},
    payments::{Payment, is_paid, payments},
    questions::{Questions, Verdict},
};
use crate::{
    arguments::Verify,
    console::{Console, Done, Failure, printable, quoted, written},
    recording::{Command, Header, Recording},
};

/// What `verify` says of a recording.
#[derive(Serialize)]
struct Report {
    environment: String,
    /// The payments that may have moved money, and are not known to be reversed.
    open: Vec<Open>,
    questions: Vec<Seen>,
    /// How many lines of the recording cannot be read.
    unreadable_lines: usize,
}

#[derive(Serialize)]
struct Open {
    what: String,
    /// What to type.
    next: Option<String>,
}

#[derive(Serialize)]
struct Seen {
    id: String,
    question: String,
    assumed: String,
    /// `as assumed`, `differs`, `unforeseen` or `not seen`.
    result: &'static str,
    answer: Option<String>,
    then: Option<String>,
    evidence: Vec<String>,
    next: Option<String>,
}

pub(crate) fn run(console: &Console, options: &Verify) -> Done {
    if options.questions {
        return written(&Questions::all().table());
    }
    let file = options.recording.as_deref();
    let file = file.ok_or_else(|| Failure::usage("no recording; expected a file of `--record FILE`"))?;
    let recording = Recording::read(file)?;
    let report = Report::of(&recording, file);
    if options.markdown {
        written(&report.markdown()).map_err(Failure::without_what_was_lost)?;
    } else {
        console.result(report.text()).map_err(Failure::without_what_was_lost)?;
    }
    console.object(&report).map_err(Failure::without_what_was_lost)?;
    let with = |result: &str| -> Vec<_> {
        let all = report.questions.iter().filter(|question| question.result == result);
        all.map(|question| question.id.as_str()).collect()
    };
    let (differs, unforeseen) = (with("differs"), with("unforeseen"));
    if !report.open.is_empty() {
        Err(Failure::pending(format!("{} payments are open", report.open.len())))
    } else if !differs.is_empty() || !unforeseen.is_empty() {
        Err(Failure::differs(format!("differs: {}", [differs, unforeseen].concat().join(", "))))
    } else if with("not seen").is_empty() {
        Ok(())
    } else {
        Err(Failure::pending(format!("not seen: {}", with("not seen").join(", "))))
    }
}

impl Report {
    fn of(recording: &Recording, file: &Path) -> Self {
        let answers = answers::answers(recording);
        let questions = Questions::all().question.into_iter().map(|question| {
            let seen = answers.get(question.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            let (answer, result, then) = match question.read(seen) {
                None => (None, "not seen", None),
                Some((answer, Verdict::AsAssumed)) => (Some(answer), "as assumed", None),
                Some((answer, Verdict::Differs(then))) => (Some(answer), "differs", Some(then.to_owned())),
                Some((answer, Verdict::Unforeseen)) => (Some(answer), "unforeseen", None),
            };
            Seen {
                result,
                then,
                evidence: seen.iter().flat_map(|answer| answer.evidence.clone()).collect(),
                next: answer.is_none().then_some(question.next),
                answer,
                id: question.id,
                question: question.text,
                assumed: question.assumed,
            }
        });
        Self {
            environment: recording.header.environment.clone(),
            open: open(recording, file),
            questions: questions.collect(),
            unreadable_lines: recording.unreadable,
        }
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        for open in &self.open {
            lines.push(format!("OPEN: {}", open.what));
            lines.extend(open.next.iter().map(|next| format!("Next: {next}")));
            lines.push(String::new());
        }
        if self.unreadable_lines > 0 {
            lines.push(format!("{} lines of the recording cannot be read.", self.unreadable_lines));
        }
        for question in self.questions.iter().filter(|question| question.result != "not seen") {
            let answer = question.answer.as_deref().unwrap_or_default();
            lines.push(format!("{}: {} ({})", question.id, answer, question.result));
            lines.extend(question.then.iter().map(|then| format!("  {then}")));
            if question.result == "unforeseen" {
                lines.push("  This answer was not foreseen. Here is the evidence:".to_owned());
            }
            if question.result != "as assumed" {
                lines.extend(question.evidence.iter().map(|evidence| format!("  {evidence}")));
            }
        }
        let unseen: Vec<_> = self.questions.iter().filter(|question| question.result == "not seen").collect();
        if let Some(first) = unseen.first() {
            let ids: Vec<_> = unseen.iter().map(|question| question.id.as_str()).collect();
            lines.push(format!("Not seen: {}.", ids.join(", ")));
            lines.push(format!("Next: {}", first.next.as_deref().unwrap_or_default()));
        }
        lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
    }

    fn markdown(&self) -> String {
        let mut lines = vec![
            format!("# What was seen of PayPOS ({})", self.environment),
            String::new(),
            "| id | question | result | seen |".to_owned(),
            "|---|---|---|---|".to_owned(),
        ];
        for Seen { id, question, result, answer, .. } in &self.questions {
            let answer = cell(answer.as_deref().unwrap_or_default());
            lines.push(format!("| `{id}` | {question} | {result} | {answer} |"));
        }
        for Seen { id, then, evidence, .. } in &self.questions {
            if then.is_some() || !evidence.is_empty() {
                lines.push(format!("\n## {id}\n"));
            }
            lines.extend(then.iter().map(|then| format!("**What that means**: {then}\n")));
            lines.extend(evidence.iter().map(|evidence| format!("- {}", cell(evidence))));
        }
        lines.join("\n")
    }
}

/// Returns the payments that may have moved money, and are not known to be reversed.
// Guard: verify::open_payments_are_listed_with_the_command_that_settles_them
fn open(recording: &Recording, file: &Path) -> Vec<Open> {
    let Header { environment, .. } = &recording.header;
    let record = quoted(&file.display().to_string());
    let command = |words: String| match environment.as_str() {
        "simulator" => format!("paypos {words} --record {record}"),
        other => format!("paypos {words} --environment {other} --record {record}"),
    };
    let payments = payments(recording);
    let mut open = Vec::new();
    for sale in payments.iter().filter(|payment| payment.reversal_of.is_none()) {
        let amount = sale.amount().map(|amount| format!(" --amount {amount}")).unwrap_or_default();
        let name = sale.reference_no().unwrap_or(&sale.id);
        let (paid, ids) = (sale.paid_at_once(), sale.xact_ids());
        for xact_id in &paid {
            // The only one that is paid is the sale by whichever id.
            let is_its = |of: &str| of == *xact_id || paid.len() == 1 && ids.contains(&of);
            let reversals: Vec<_> =
                payments.iter().filter(|other| other.reversal_of.as_deref().is_some_and(is_its)).collect();
            let is_done = |reversal: &&Payment| {
                let mut lists = reversal.lists().into_iter();
                lists.any(|check| matches!(decided(reversal, check), Decision::Succeeded(_)))
            };
            if reversals.iter().any(is_done) {
                continue;
            }
            let (what, next) = match reversals.last() {
                // A second reversal could be a second refund.
                Some(begun) => {
                    let of = begun.reversal_of.as_deref().unwrap_or_default();
                    (
                        format!(
                            "the sale {name} is paid, and its reversal was begun and is not seen as done"
                        ),
                        format!("check {} --reversal-of {}{amount} --wait", quoted(&begun.id), quoted(of)),
                    )
                }
                None => (
                    format!("the sale {name} is paid and not reversed"),
                    format!("reversal {}{amount} --wait", quoted(xact_id)),
                ),
            };
            open.push(Open { what, next: Some(command(next)) });
        }
        let is_paid_without_id = sale
            .checks
            .iter()
            .flat_map(|check| check.listed())
            .any(|one| is_paid(&one) && one["xact_id"].as_str().is_none());
        if is_paid_without_id {
            let what = format!("the sale {name} is paid, and has no xact_id: reverse it in Paynet's panel");
            open.push(Open {
                what,
                next: Some(command(format!("check {} --sale{amount}", quoted(&sale.id)))),
            });
        } else if paid.is_empty() {
            let is_declined =
                sale.lists().last().is_some_and(|last| matches!(decided(sale, last), Decision::Failed(_)));
            let what = if is_declined {
                format!("the sale {name} was declined; another card may have paid it since")
            } else {
                format!("the sale {name} is not decided, as far as was seen")
            };
            open.push(Open {
                what,
                next: Some(command(format!("check {} --sale{amount} --wait", quoted(&sale.id)))),
            });
        }
    }
    open.extend(lost(recording));
    open
}

/// The initiations that may have been executed, and whose payment session nobody knows.
fn lost(recording: &Recording) -> Vec<Open> {
    let is_initiation = |command: &&Command| ["sale", "reversal"].contains(&command.name.as_str());
    // A response that the library took for a success may be missing here, and is then not known.
    let is_known = |begun: &&Command| {
        recording.ended.iter().any(|ended| ended.run == begun.run)
            || recording.exchanges.iter().any(|one| one.run == begun.run && one.handoff().is_some())
    };
    let lost = recording.commands.iter().filter(is_initiation).filter(|begun| !is_known(begun));
    let open = lost.map(|own| {
        let name = own.reference_no.as_deref().unwrap_or("without a reference");
        let what = format!(
            "the {} {name} was begun, and no answer is recorded: look it up in Paynet's panel",
            own.name
        );
        Open { what, next: None }
    });
    open.collect()
}

/// Reads the behavior for `paypos simulate --like`.
pub(crate) fn read_behavior(file: &Path) -> Result<Behavior, Failure> {
    let answers: Answers = answers::answers(&Recording::read(file)?);
    let settings = Behavior::QUESTIONS.iter().filter_map(|(id, settings)| {
        let seen = answers.get(id)?;
        let is = seen.first()?.is.as_str();
        // What contradicts itself is imitated in no way.
        let is_one = seen.iter().all(|answer| answer.is == is) && settings.contains(&is);
        is_one.then(|| ((*id).to_owned(), json!(is)))
    });
    serde_json::from_value(Value::Object(settings.collect::<Map<_, _>>()))
        .map_err(|error| Failure::usage(error.to_string()))
}

/// Escapes a text for a table of Markdown.
fn cell(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}
