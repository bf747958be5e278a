//! `paypos verify`: goes through the flow once and tests what Paynet's documents leave undefined.
//!
//! `questions` defines what is tested, `walk` sends the requests and talks to the person at the phone, `recorder` records
//! the responses, `reading` and `shape` describe them without their values, `report` writes the result, and `kept` keeps
//! the sales that are not reversed yet.

mod kept;
mod questions;
mod reading;
mod recorder;
mod report;
mod shape;
mod walk;

use std::{collections::BTreeSet, path::Path};

use paypos::{Client, Environment};

pub(crate) use report::read_behavior;

use self::{
    kept::Kept,
    questions::{QUESTIONS, Question, Step},
    recorder::Recorder,
    report::{Report, Verdict},
    walk::Walk,
};
use crate::{
    arguments::Verify,
    caller::Caller,
    console::{Done, Failure, written},
    signals,
};

pub(crate) async fn run(caller: &Caller<'_>, options: &Verify) -> Done {
    let console = caller.console;
    if options.questions {
        return written(&questions::table());
    }
    let asked = asked(options)?;
    if caller.is_production() && !options.real_money {
        return Err(Failure::usage(
            "on production this charges and refunds real cards: expected --real-money as well, or --environment sandbox",
        ));
    }
    caller.confirm("sales of 1.00 and their reversals").await?;
    let folder = options.output.as_deref().unwrap_or(Path::new("."));
    let report = Report::resume(caller.environment_name(), &folder.join("verify.json"))?;
    let paynet = caller.client()?;
    if caller.is_simulator() {
        // The recorder would pass any key on, and only keys of a simulator may go to one on another machine.
        Client::builder(Environment::Sandbox).base_url(paynet.base_url()).build()?;
    }
    let recorder = Recorder::start(paynet.base_url()).await?;
    let client = Client::builder(Environment::Sandbox).base_url(&recorder.url).build()?;
    let mut walk = Walk::new(caller, &client, recorder, options, report, folder).await?;
    let steps = steps(options, &asked, &walk.report, &walk.kept);
    if steps.iter().any(|step| step.needs_a_phone()) {
        console.say(
            "This makes sales of 1.00 and reverses them. You need a phone with the PayPOS app, and a card.",
        );
    }
    // A folder that cannot be written fails before anything is sent.
    walk.report.write(folder)?;
    let signal = signals::first()?;
    let walked = tokio::select! {
        walked = walk.through(&steps) => walked,
        signal = signal => Err(Failure::Stopped(signal, "interrupted; the same command goes on")),
    };
    let ended = walk.end().await;
    walked.and(ended)?;
    verdict(caller, &walk.report, folder, &asked)
}

/// Returns the questions to test.
fn asked(options: &Verify) -> Result<Vec<&'static Question>, Failure> {
    if options.only.is_empty() {
        return Ok(QUESTIONS.iter().collect());
    }
    let only = options.only.iter().map(|id| {
        Question::of(id).ok_or_else(|| {
            let ids: Vec<_> = QUESTIONS.iter().map(|question| question.id).collect();
            Failure::usage(format!("--only {id}: expected one of {}", ids.join(", ")))
        })
    });
    only.collect()
}

/// Returns the steps for these questions, with the steps that they depend on. A question that has an answer is skipped,
/// unless `--only` names it.
fn steps(options: &Verify, asked: &[&Question], report: &Report, kept: &Kept) -> BTreeSet<Step> {
    let is_again = !options.only.is_empty();
    let open = asked.iter().filter(|question| is_again || report.answer(question.id).is_none());
    let mut steps: BTreeSet<_> = open.map(|question| question.step).collect();
    if options.without_phone {
        steps.retain(|step| !step.needs_a_phone());
        return steps;
    }
    if steps.contains(&Step::Twice) && kept.reversed.is_none() {
        steps.insert(Step::Reversal);
    }
    if steps.contains(&Step::Reversal) && kept.open().is_empty() && !steps.contains(&Step::Decline) {
        steps.insert(Step::Sale);
    }
    // What is paid is reversed.
    if steps.contains(&Step::Sale) || steps.contains(&Step::Decline) || !kept.open().is_empty() {
        steps.insert(Step::Reversal);
    }
    steps
}

fn verdict(caller: &Caller<'_>, report: &Report, folder: &Path, asked: &[&Question]) -> Done {
    let with = |verdict| -> Vec<_> {
        let all = asked.iter().filter(|question| report.verdict(question) == verdict);
        all.map(|question| question.id).collect()
    };
    let (differs, not_seen) = (with(Verdict::Differs), with(Verdict::NotSeen));
    caller.console.say(format!(
        "\n{} as assumed, {} differ, {} not seen. The report: {}",
        asked.len() - differs.len() - not_seen.len(),
        differs.len(),
        not_seen.len(),
        folder.join("verify.md").display()
    ));
    caller.console.object(&serde_json::json!({ "differs": differs, "not_seen": not_seen }))?;
    if !differs.is_empty() {
        Err(Failure::Differs(format!("differs: {}", differs.join(", "))))
    } else if !not_seen.is_empty() {
        Err(Failure::Pending(format!("not seen: {}", not_seen.join(", "))))
    } else {
        Ok(())
    }
}
