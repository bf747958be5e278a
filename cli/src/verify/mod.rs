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
    payments::{is_paid, payments},
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
            let answer = answers.get(question.id.as_str());
            let (result, then) = match answer.map(|answer| question.verdict(&answer.is)) {
                None => ("not seen", None),
                Some(Verdict::AsAssumed) => ("as assumed", None),
                Some(Verdict::Differs(then)) => ("differs", Some(then.to_owned())),
                Some(Verdict::Unforeseen) => ("unforeseen", None),
            };
            Seen {
                result,
                then,
                answer: answer.map(|answer| answer.is.clone()),
                evidence: answer.map(|answer| answer.evidence.clone()).unwrap_or_default(),
                next: answer.is_none().then_some(question.next),
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
                lines.push(
                    "  Nobody foresaw this answer: look at the evidence, and advise nothing yet.".to_owned(),
                );
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
        let paid = sale.xact_ids();
        for xact_id in &paid {
            let mut reversals =
                payments.iter().filter(|other| other.reversal_of.as_deref() == Some(*xact_id));
            let is_reversed = reversals.clone().any(|reversal| {
                reversal
                    .lists()
                    .iter()
                    .any(|check| matches!(decided(reversal, check), Decision::Succeeded(_)))
            });
            if is_reversed {
                continue;
            }
            let (what, next) = match reversals.next_back() {
                // A second reversal could be a second refund.
                Some(begun) => (
                    format!("the sale {name} is paid, and its reversal was begun and is not seen as done"),
                    format!("check {} --reversal-of {}{amount} --wait", quoted(&begun.id), quoted(xact_id)),
                ),
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
    let begun: Vec<_> = recording.commands.iter().filter(is_initiation).collect();
    let is_answered = |at: usize, own: &Command| {
        // Another with the same reference has an exchange of its own.
        let is_alike = |next: &&&Command| next.name == own.name && next.reference_no == own.reference_no;
        let next = begun[at + 1..].iter().find(is_alike);
        recording.exchanges.iter().any(|exchange| {
            exchange.operation == format!("init_{}_transaction", own.name)
                && exchange.asked["reference_no"].as_str() == own.reference_no.as_deref()
                && exchange.at >= own.at
                && next.is_none_or(|next| exchange.at < next.at)
                && (exchange.handoff().is_some() || exchange.is_refusal() || exchange.is_unreached)
        })
    };
    let lost = begun.iter().enumerate().filter(|(at, own)| !is_answered(*at, own));
    let open = lost.map(|(_, own)| {
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
        let is = answers.get(id).map(|answer| answer.is.as_str()).filter(|is| settings.contains(is))?;
        Some(((*id).to_owned(), json!(is)))
    });
    serde_json::from_value(Value::Object(settings.collect::<Map<_, _>>()))
        .map_err(|error| Failure::usage(error.to_string()))
}

/// Escapes a text for a table of Markdown.
fn cell(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

/// Returns the JSON type of a value.
fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Describes the names and types of an object's properties.
fn properties(object: &Value) -> String {
    let Some(object) = object.as_object() else { return json_type(object).to_owned() };
    let described = object.iter().map(|(name, value)| format!("{name}: {}", json_type(value)));
    described.collect::<Vec<_>>().join(", ")
}

/// Returns whether a transaction's properties have the documented types.
fn types_of(transaction: &Value) -> &'static str {
    let document: Value = serde_json::from_str(paypos::DOCUMENT).unwrap_or_default();
    let documented = &document["components"]["schemas"]["Transaction"]["properties"];
    // Amounts have a question of their own.
    let all = transaction.as_object().into_iter().flatten();
    let all = all.filter(|(name, _)| !["amount", "netAmount"].contains(&name.as_str()));
    let is_as_documented =
        |(name, value): &(&String, &Value)| match (documented[*name]["type"].as_str(), *value) {
            (None, _) => false,
            (_, Value::Null) | (Some("number"), Value::Number(_)) => true,
            (Some(expected), value) => expected == json_type(value),
        };
    let others: Vec<_> = all.filter(|property| !is_as_documented(property)).collect();
    match others.iter().all(|(name, value)| value.is_string() && documented[*name].is_object()) {
        _ if others.is_empty() => "documented",
        true => "text",
        false => "another",
    }
}
