//! The operations, from opening a session to the decision of the phone.

use std::time::{Duration, Instant};

use paypos::{
    Decision, Error, Handoff, PaymentSession, Session,
    types::{AuthRequest, InitReversalRequest, InitSaleRequest, LogoutRequest, Transaction},
};
use serde::Serialize;

use crate::{
    arguments::{self, Waiting},
    caller::Caller,
    console::{Console, Done, Failure, printable, quoted},
    recording::Command,
    secrets::NewFile,
};

/// How often a wait checks.
const INTERVAL: Duration = Duration::from_secs(1);

pub(crate) async fn open(caller: &Caller<'_>, options: &arguments::OpenSession) -> Done {
    let console = caller.console;
    caller.confirm("opening a session").await?;
    let (agent_id, user_id) = caller.ids(&options.user)?;
    let secret_key = caller.secret_key().await?;
    caller.begin(Command { name: "session open".to_owned(), ..Command::default() }).await?;
    let agent = caller.client().await?.agent(secret_key);
    // What can fail here fails before a session is open that nobody could end.
    let file = options.write_key.as_deref().map(NewFile::create).transpose()?;
    console.requests("opening a session");
    let opened = agent.get_auth_key(AuthRequest::new(agent_id, user_id)).await;
    let opened = opened.map_err(|error| caller.failed(&error, None))?;
    let session_key = opened.session.key().await?;
    let key = session_key.expose();
    if let (Some(file), Some(path)) = (file, &options.write_key) {
        if let Err(error) = file.write(key) {
            let ended = agent.logout(LogoutRequest::new(&session_key)).await;
            let then =
                if ended.is_ok() { "the session was ended again" } else { "the session is still open" };
            let text = format!("the session key cannot be written to {}: {error}; {then}", path.display());
            return Err(Failure::unknown(text));
        }
        console.say(format!("The session is open; its key is in {}.", path.display()));
    } else if !options.show_secrets {
        console.say("The session is open. Its key is not shown: use --write-key FILE or --show-secrets.");
    }
    if options.show_secrets {
        console.result(format!("session_key: {key}"))?;
    }
    console.object(&Opened { session_key: options.show_secrets.then_some(key), details: &opened.details })
}

pub(crate) async fn end(caller: &Caller<'_>) -> Done {
    caller.confirm("ending a session").await?;
    let key = caller.session_key().await?.ok_or_else(|| {
        Failure::usage("no session key: pass --session-key-file FILE, or set PAYPOS_SESSION_KEY for Paynet")
    })?;
    let secret_key = caller.secret_key().await?;
    caller.begin(Command { name: "session end".to_owned(), ..Command::default() }).await?;
    let agent = caller.client().await?.agent(secret_key);
    caller.console.requests("ending a session");
    let response = agent.logout(LogoutRequest::new(&key)).await;
    let response = response.map_err(|error| caller.failed(&error, None))?;
    caller.console.result("The session is ended.")?;
    caller.console.object(&response)
}

/// A session as `--json` prints it.
#[derive(Serialize)]
struct Opened<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<&'a str>,
    #[serde(flatten)]
    details: &'a paypos::types::AuthResponse,
}

pub(crate) async fn sale(caller: &Caller<'_>, options: &arguments::Sale) -> Done {
    let arguments::Sale { amount, initiate, .. } = options;
    caller.confirm(&format!("a sale of {amount}")).await?;
    warn_of_no_reference(caller, initiate.reference_no.as_deref());
    let session = caller.session(None).await?;
    let begun = Command {
        name: "sale".to_owned(),
        amount: Some(amount.to_string()),
        reference_no: initiate.reference_no.clone(),
        ..Command::default()
    };
    caller.begin(begun).await?;
    let mut request = InitSaleRequest::new(*amount);
    request.add_commission = options.add_commission;
    request.instalment = options.instalment;
    request.card_holder_phone = options.card_holder_phone.clone();
    request.card_holder_mail = options.card_holder_mail.clone();
    request.description = options.description.clone();
    request.selected_agent_id = options.selected_agent_id.clone();
    request.reference_no = initiate.reference_no.clone();
    request.callback_url = initiate.callback_url.clone();
    caller.console.requests("a sale");
    let handoff = session.init_sale_transaction(request).await;
    let handoff = handoff.map_err(|error| caller.failed(&error, None))?;
    let payment_session = handoff.payment_session();
    finish(caller, &session, &handoff, payment_session, initiate.show_secrets, &initiate.waiting).await
}

pub(crate) async fn reversal(caller: &Caller<'_>, options: &arguments::Reversal) -> Done {
    let arguments::Reversal { xact_id, amount, initiate } = options;
    caller.confirm(&format!("a reversal of {}", printable(xact_id))).await?;
    warn_of_no_reference(caller, initiate.reference_no.as_deref());
    let session = caller.session(None).await?;
    let begun = Command {
        name: "reversal".to_owned(),
        amount: amount.map(|amount| amount.to_string()),
        reference_no: initiate.reference_no.clone(),
        ..Command::default()
    };
    caller.begin(begun).await?;
    let mut request = InitReversalRequest::new(xact_id);
    request.reference_no = initiate.reference_no.clone();
    request.callback_url = initiate.callback_url.clone();
    caller.console.requests("a reversal");
    let handoff = session.init_reversal_transaction(request).await;
    let handoff = handoff.map_err(|error| caller.failed(&error, None))?;
    let payment_session = handoff.payment_session().clone();
    let payment_session = match amount {
        Some(amount) => payment_session.with_amount(*amount)?,
        None => payment_session,
    };
    finish(caller, &session, &handoff, &payment_session, initiate.show_secrets, &initiate.waiting).await
}

fn warn_of_no_reference(caller: &Caller<'_>, reference_no: Option<&str>) {
    if caller.is_production() && reference_no.is_none() {
        caller
            .console
            .warn("without --reference-no, the transaction cannot be found if the response is lost");
    }
}

/// Prints a handoff, and waits for the phone if that was asked for.
// Guard: commands::a_payment_session_is_printed_before_the_wait_that_may_fail
async fn finish(
    caller: &Caller<'_>,
    session: &Session,
    handoff: &Handoff,
    payment_session: &PaymentSession,
    show_secrets: bool,
    waiting: &Waiting,
) -> Done {
    let console = caller.console;
    let next = caller.next_check(payment_session);
    console.waits_for(payment_session, next.clone());
    // All that was obtained is out before the wait, which may fail.
    let key = show_secrets.then(|| handoff.encryption_key.expose());
    console.object(&Printed {
        payment_session_id: payment_session.id(),
        reversal_of: payment_session.reversal_of(),
        deeplink_url: Some(&handoff.deeplink_url),
        encryption_key: key,
        code: handoff.code,
        message: handoff.message.as_deref(),
        object_name: handoff.object_name.as_deref(),
        ..Printed::default()
    })?;
    console.result(format!("payment_session_id: {}", printable(payment_session.id())))?;
    console.deeplink(&handoff.deeplink_url)?;
    if let Some(key) = key {
        console.result(format!("encryption_key: {}", printable(key)))?;
    }
    if !waiting.wait {
        let what = if payment_session.reversal_of().is_some() { "refunded" } else { "paid" };
        console.say(format!("Nothing has been {what} yet; complete it on the phone.\nNext: {next}"));
        return Ok(());
    }
    let decision = wait(console, session, payment_session, waiting.timeout).await;
    let decision = decision.map_err(|error| caller.failed(&error, Some(payment_session)))?;
    report(caller, payment_session, &decision)
}

pub(crate) async fn check(caller: &Caller<'_>, options: &arguments::Check) -> Done {
    let id = &options.payment_session_id;
    let mut payment_session = match &options.reversal_of {
        Some(xact_id) => PaymentSession::reversal(id, xact_id)?,
        None => PaymentSession::sale(id)?,
    };
    if let Some(amount) = options.amount {
        payment_session = payment_session.with_amount(amount)?;
    }
    if let Some(reference) = &options.reference_no {
        payment_session = payment_session.with_reference_no(reference)?;
    }
    caller.console.waits_for(&payment_session, caller.next_check(&payment_session));
    let session = caller.session(Some(&payment_session)).await?;
    let begun = Command {
        name: "check".to_owned(),
        amount: options.amount.map(|amount| amount.to_string()),
        shown: options.shown.map(|shown| shown.to_string()),
        ..Command::default()
    };
    caller.begin(begun).await?;
    let timeout = if options.waiting.wait { options.waiting.timeout } else { Duration::ZERO };
    let decision = wait(caller.console, &session, &payment_session, timeout).await;
    let decision = decision.map_err(|error| caller.failed(&error, Some(&payment_session)))?;
    report(caller, &payment_session, &decision)
}

/// Waits for the phone, and counts the seconds.
pub(crate) async fn wait(
    console: &Console,
    session: &Session,
    payment_session: &PaymentSession,
    timeout: Duration,
) -> Result<Decision, Error> {
    let started = Instant::now();
    let counting = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            console.progress(&format!("waiting for the phone, {} s", started.elapsed().as_secs()));
        }
    };
    let waiting = session.wait_for(payment_session.clone()).interval(INTERVAL).timeout(timeout);
    let decision = tokio::select! {
        decision = waiting.into_future() => decision,
        () = counting => unreachable!("it counts for ever"),
    };
    console.progress("");
    decision
}

/// A payment session as `--json` prints it, with the API's names.
#[derive(Default, Serialize)]
struct Printed<'a> {
    payment_session_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reversal_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deeplink_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'static str>,
    /// How a success differs from what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(rename = "Data", skip_serializing_if = "Option::is_none")]
    data: Option<&'a [Transaction]>,
}

/// Reports what the phone decided.
// Guard: shell::a_success_of_something_else_is_not_exit_0
// Guard: commands::every_exit_code_is_what_the_money_allows
// Guard: commands::a_lost_response_is_unknown_and_a_check_does_not_ship_it
fn report(caller: &Caller<'_>, payment_session: &PaymentSession, decision: &Decision) -> Done {
    let console = caller.console;
    let is_reversal = payment_session.reversal_of().is_some();
    let what = if is_reversal { "reversal" } else { "sale" };
    let mut problem = None;
    let (name, result) = match decision {
        Decision::Succeeded(_) => ("succeeded", Ok(())),
        Decision::Differs(difference) => {
            problem = Some(difference.to_string());
            let text = format!(
                "the {what} is not as asked: {difference}; look it up in Paynet's panel before anything else"
            );
            ("differs", Err(Failure::other(text)))
        }
        Decision::Failed(_) => {
            let text =
                format!("the {what} was declined on the phone; check once more before starting another");
            ("failed", Err(Failure::declined(text)))
        }
        Decision::Pending => {
            let next = caller.next_check(payment_session);
            let text = format!("not decided yet; check again before starting another\nNext: {next}");
            ("pending", Err(Failure::pending(text)))
        }
    };
    let succeeded = decision.transactions().iter().filter(|transaction| transaction.is_succeed == Some(true));
    for transaction in succeeded {
        let amount = transaction.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
        let xact_id = transaction.xact_id.as_deref();
        if problem.is_some() {
            // It may be of any kind, and nothing is suggested before somebody has looked.
            let reference = transaction.agent_reference.as_deref();
            let reference = reference.map(|text| format!(", reference {}", printable(text)));
            let xact_id = xact_id.map(|id| format!(", xact_id {}", printable(id)));
            let others = [reference, xact_id].map(Option::unwrap_or_default).concat();
            console.result(format!("A transaction{amount} succeeded{others}."))?;
            continue;
        }
        if payment_session.amount().is_none() {
            console
                .warn(&format!("the amount{amount} was not compared with what was asked for; pass --amount"));
        }
        console.result(format!("The {what}{amount} succeeded."))?;
        if let Some(xact_id) = xact_id.filter(|_| !is_reversal) {
            console.result(format!("xact_id: {}", printable(xact_id)))?;
            let amount = payment_session.amount().map(|amount| format!("--amount {amount}"));
            let words = ["reversal".to_owned(), quoted(xact_id)].into_iter().chain(amount);
            let words: Vec<_> = words.chain(["--wait".to_owned()]).collect();
            console.say(format!("To undo it: {}", caller.command(&words)));
        }
    }
    console.object(&Printed {
        payment_session_id: payment_session.id(),
        reversal_of: payment_session.reversal_of(),
        decision: Some(name),
        problem,
        data: Some(decision.transactions()),
        ..Printed::default()
    })?;
    result
}
