//! Sends the requests, asks the person at the phone, and notes the answers.

use std::{
    collections::BTreeSet,
    io::BufRead,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use paypos::{
    Agent, Client, Decimal, Decision, Error, ErrorKind, Handoff, NewSession, SecretKey, Session, SessionKey,
    types::{AuthRequest, CheckTransactionRequest, InitReversalRequest, InitSaleRequest},
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle, time::sleep};

use super::{
    kept::{Kept, Paid, Started},
    questions::Step,
    reading::{
        accepted, amount_of, code_of, expiry, form_of, form_of_key, is_same_refusal, is_true, listed, marks,
        reference_of, seen_in, succeeded, type_of, undecided, url_of,
    },
    recorder::{Exchange, Recorder},
    report::Report,
    shape::{compare, json_type, kinds, properties, shape},
};
use crate::{
    arguments::Verify,
    caller::Caller,
    console::{Console, Done, Failure},
};

/// How long the phone's decision may take to be listed.
const LISTED_WITHIN: Duration = Duration::from_secs(60);
/// How many more checks look for changes of a listed transaction.
const WATCHED_FOR: u32 = 4;
/// How long the other transactions may take after the first that succeeded.
const COMPLETE_WITHIN: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(500);
/// How long the end of a session may take.
const ENDED_WITHIN: Duration = Duration::from_secs(5);
const UNENDED: &str = "a session could not be ended; unless it has ended, it does when it expires";

pub(super) struct Walk<'a> {
    console: &'a Console,
    agent: Agent,
    stranger: Agent,
    client: &'a Client,
    recorder: Recorder,
    pub(super) report: Report,
    pub(super) kept: Kept,
    folder: PathBuf,
    ids: (String, String),
    /// The sessions that are open.
    sessions: Vec<Session>,
    /// Opens a session, also if a signal ends the walk meanwhile.
    opening: Option<JoinHandle<Result<NewSession, Error>>>,
    /// Whether each step is confirmed.
    confirms: bool,
    /// Whether there is nobody to ask.
    is_alone: bool,
}

impl<'a> Walk<'a> {
    pub(super) async fn new(
        caller: &'a Caller<'a>,
        client: &'a Client,
        recorder: Recorder,
        options: &Verify,
        report: Report,
        folder: &Path,
    ) -> Result<Self, Failure> {
        Ok(Self {
            console: caller.console,
            agent: client.agent(caller.secret_key().await?),
            stranger: client.agent(SecretKey::new("sck_paypos_verify_unknown")?),
            client,
            recorder,
            report,
            kept: Kept::read(folder)?,
            folder: folder.to_owned(),
            ids: caller.ids(&options.user)?,
            sessions: Vec::new(),
            opening: None,
            confirms: !options.calls.yes,
            is_alone: options.calls.no_input,
        })
    }

    pub(super) async fn through(&mut self, wanted: &BTreeSet<Step>) -> Done {
        if wanted.iter().any(|step| step.needs_a_phone()) {
            self.recover().await?;
        }
        for step in wanted {
            self.console.headline(&format!("\n{}", step.name()));
            self.console.say(step.announcement());
            if *step == Step::Decline && self.is_alone {
                self.console.say("Nobody is at the phone, so no card is declined.");
                continue;
            }
            if self.confirms {
                match self.confirmed("Go on?").await {
                    Some(true) => {}
                    Some(false) => continue,
                    None => {
                        return Err(Failure::usage("nobody can confirm a step; pass --yes to take them all"));
                    }
                }
            }
            match step {
                Step::Sessions => self.sessions().await?,
                Step::Sale => self.sale().await?,
                Step::Decline => self.decline().await?,
                Step::Reversal => self.reversals().await?,
                Step::Twice => self.twice().await?,
            }
            self.end_sessions().await;
            self.report.write(&self.folder)?;
        }
        Ok(())
    }

    /// Ends the sessions. A signal may interrupt it at any point, and then it is called again.
    async fn end_sessions(&mut self) {
        if let Some(opening) = self.opening.take() {
            match tokio::time::timeout(ENDED_WITHIN, opening).await {
                Ok(Ok(opened)) => self.sessions.extend(opened.map(|opened| opened.session)),
                _ => self.console.warn(UNENDED),
            }
        }
        while let Some(session) = self.sessions.last() {
            let ending = self.agent.end(session);
            let is_ended = match tokio::time::timeout(ENDED_WITHIN, ending).await {
                Ok(Ok(())) => true,
                // It has ended by itself.
                Ok(Err(error)) => error.kind() == ErrorKind::Unauthorized,
                Err(_) => false,
            };
            if !is_ended {
                self.console.warn(UNENDED);
            }
            self.sessions.pop();
        }
    }

    /// Writes the report, ends the sessions, and warns of sales that are not reversed.
    pub(super) async fn end(&mut self) -> Done {
        self.end_sessions().await;
        let open = self.kept.open();
        if !open.is_empty() {
            self.console.warn(&format!(
                "paid or undecided, and not reversed: {}; run the command again, or reverse it in Paynet's panel",
                open.join(", ")
            ));
        }
        if self.report.has_all_of(Step::Twice) {
            self.kept.reversed = None;
        }
        self.kept.write()?;
        self.report.write(&self.folder)
    }

    /// Asks the person at the phone. Returns `None` if there is nobody. A signal does not wait for the line.
    async fn ask(&mut self, prompt: &str) -> Option<String> {
        if self.is_alone {
            return None;
        }
        eprint!("{prompt} ");
        let (read, line) = oneshot::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let bytes = std::io::stdin().lock().read_line(&mut line).unwrap_or_default();
            let _ = read.send((bytes > 0).then(|| line.trim().to_owned()));
        });
        let line = line.await.ok().flatten();
        self.is_alone = line.is_none();
        line
    }

    async fn confirmed(&mut self, question: &str) -> Option<bool> {
        let answer = self.ask(&format!("{question} [y/N]")).await?;
        Some(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Shows the deeplink.
    fn hand_over(&self, handoff: &Handoff) -> Done {
        self.console.object(&json!({ "deeplink_url": handoff.deeplink_url }))?;
        self.console.deeplink(&handoff.deeplink_url)
    }

    fn note(&mut self, id: &str, answer: impl Into<String>, evidence: Vec<String>) {
        self.report.note(id, answer, evidence);
    }

    /// Returns the response to a call, whatever it is, and the library's interpretation of it.
    async fn response<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<(Exchange, Result<T, Error>), Failure> {
        self.recorder.forget();
        self.with_exchange(call.await)
    }

    fn with_exchange<T>(&self, result: Result<T, Error>) -> Result<(Exchange, Result<T, Error>), Failure> {
        match (self.recorder.last(), result) {
            (Ok(exchange), result) => Ok((exchange, result)),
            (Err(_), Err(error)) if error.kind() == ErrorKind::InvalidInput => Err(error.into()),
            (Err(failure), _) => Err(failure),
        }
    }

    async fn open(&mut self) -> Result<(Session, Exchange), Failure> {
        let (exchange, opened) = self.try_to_open().await?;
        Ok((opened?, exchange))
    }

    /// Opens a session, or returns why Paynet refuses it.
    async fn try_to_open(&mut self) -> Result<(Exchange, Result<Session, Error>), Failure> {
        let (agent, request) = (self.agent.clone(), AuthRequest::new(&self.ids.0, &self.ids.1));
        self.recorder.forget();
        let opening = self.opening.insert(tokio::spawn(async move { agent.get_auth_key(request).await }));
        let opened = opening.await.map_err(|panic| Failure::Other(panic.to_string()))?;
        self.opening = None;
        let (exchange, opened) = self.with_exchange(opened)?;
        let session = match opened {
            // No answer to whether it may be opened.
            Err(error) if exchange.status == 429 || exchange.status >= 500 => return Err(error.into()),
            opened => opened.map(|opened| opened.session),
        };
        self.sessions.extend(session.clone());
        Ok((exchange, session))
    }

    async fn logout(&mut self, session: &Session) -> Done {
        self.agent.end(session).await?;
        let ended = session.key().await?;
        let mut open = Vec::new();
        for other in self.sessions.drain(..) {
            if other.key().await? != ended {
                open.push(other);
            }
        }
        self.sessions = open;
        Ok(())
    }

    async fn check(&self, session: &Session, id: &str) -> Result<Exchange, Failure> {
        let check = session.check_transaction(CheckTransactionRequest::new(id));
        Ok(self.response(check).await?.0)
    }

    /// Checks a payment session that does not exist, to get a refusal.
    async fn probe(&self, session: &Session) -> Result<Exchange, Failure> {
        self.check(session, "paypos-verify").await
    }

    async fn sessions(&mut self) -> Done {
        let tls = self.recorder.tls().await;
        self.note("tls", tls, Vec::new());
        let (first, opened) = self.open().await?;
        self.note("http_version", opened.version.clone(), seen_in(&opened));
        let key = first.key().await?;
        let key = key.expose();
        let evidence = [vec![format!("the key: {}", kinds(key))], seen_in(&opened)].concat();
        self.note("session_key", form_of_key(key), evidence);
        let expired_date = opened.body.as_ref().map_or(&Value::Null, |body| &body["expired_date"]);
        let (form, lifetime) = expiry(expired_date);
        let shape = expired_date.as_str().map(|text| format!("the text: {}", shape(text)));
        self.note("expired_date", form, shape.into_iter().chain(lifetime).collect());

        let again = self.stranger.get_auth_key(AuthRequest::new(&self.ids.0, &self.ids.1));
        let (refused, _) = self.response(again).await?;
        self.note("wrong_secret_key", refused.status.to_string(), seen_in(&refused));

        let unknown = self.client.session(SessionKey::new("paypos-verify-unknown")?);
        let refused = self.probe(&unknown).await?;
        self.note("wrong_session", refused.status.to_string(), seen_in(&refused));

        let (opened, second) = self.try_to_open().await?;
        let is_refused = second.is_err();
        let second = second.unwrap_or_else(|_| first.clone());
        let (one, two) = (self.probe(&first).await?, self.probe(&second).await?);
        let both = if is_refused {
            "refused"
        } else if is_same_refusal(&one, &two) {
            "both are open"
        } else {
            "the first has ended"
        };
        let is_kept = one.connection.is_some() && one.connection == two.connection;
        self.note("keep_alive", if is_kept { "kept" } else { "closed" }, Vec::new());
        self.note("refusal_status", two.status.to_string(), seen_in(&two));
        self.note("refusal_form", form_of(&two), seen_in(&two));
        let retry_after =
            [&refused, &two].iter().any(|one| one.headers.iter().any(|name| name == "retry-after"));
        self.note("retry_after", if retry_after { "present" } else { "absent" }, seen_in(&two));
        self.note("second_session", both, [seen_in(&opened), seen_in(&one), seen_in(&two)].concat());

        self.logout(&second).await?;
        let ended = self.probe(&second).await?;
        self.note("ended_session", ended.status.to_string(), seen_in(&ended));
        Ok(())
    }

    /// Starts a sale, and keeps it before it can be paid.
    async fn start_sale(&mut self, session: &Session) -> Result<(Handoff, Started, Exchange), Failure> {
        let reference_no = new_reference();
        let request = InitSaleRequest::new(Decimal::new(100, 2)).reference_no(&reference_no);
        let (opened, handoff) = self.response(session.init_sale_transaction(request)).await?;
        let handoff = handoff?;
        let started = Started { reference_no, payment_session: handoff.payment_session().clone() };
        self.kept.started.push(started.clone());
        self.kept.write()?;
        Ok((handoff, started, opened))
    }

    async fn sale(&mut self) -> Done {
        let (session, _) = self.open().await?;
        let (handoff, started, opened) = self.start_sale(&session).await?;
        self.note("success_code", code_of(&opened), seen_in(&opened));
        let (scheme, rest) = url_of(&handoff.deeplink_url);
        self.note("deeplink_url", scheme, vec![format!("after the scheme: {rest}")]);
        let key = handoff.encryption_key.expose();
        self.note("encryption_key", form_of_key(key), vec![format!("the key: {}", kinds(key))]);
        let id = started.payment_session.id();
        let before = self.check(&session, id).await?;
        self.note("before_decision", undecided(&before), seen_in(&before));

        self.hand_over(&handoff)?;
        let amount =
            self.ask("Which amount does the phone show, such as 1.00? Enter if you cannot see it:").await;
        if let Some(Ok(amount)) = amount.map(|amount| amount.replace(',', ".").parse::<Decimal>()) {
            let unit = match amount {
                amount if amount == Decimal::ONE => "lira",
                amount if amount == Decimal::new(1, 2) => "kurus",
                _ => "another amount",
            };
            self.note("amount_unit", unit, vec!["a person at the phone said so".to_owned()]);
        }
        self.ask("Approve it. Press Enter when the phone says that it is paid:").await;
        let first = self.check(&session, id).await?;
        let Some(all) = self.wait(&session, id).await? else { return Ok(()) };
        let is_listed = succeeded(&listed(&first)).is_some();
        self.note("appears", if is_listed { "at once" } else { "later" }, seen_in(&first));
        let Some(transaction) = succeeded(&all) else { return Ok(()) };
        self.paid(&started, transaction)?;
        self.note_sale(transaction, &started);
        let decided = decision(&session.decision(&started.payment_session).await);
        self.note("sale_decision", decided, vec![format!("{} listed", all.len())]);
        self.watch(&session, id, &all).await?;
        // Last, as it might end the first.
        let other = if let Ok(other) = self.try_to_open().await?.1 {
            other
        } else {
            self.logout(&session).await?;
            self.open().await?.0
        };
        let theirs = self.check(&other, id).await?;
        self.note("other_session", accepted(&theirs), seen_in(&theirs));
        Ok(())
    }

    fn note_sale(&mut self, transaction: &Value, started: &Started) {
        let evidence = vec![format!("the transaction has {}", properties(transaction))];
        let currency = transaction["currency"].as_str().map_or("absent".to_owned(), |currency| {
            if currency.len() <= 3 { currency.to_owned() } else { shape(currency) }
        });
        let amount = vec![format!("{}; currency {currency}", json_type(&transaction["amount"]))];
        self.note("listed_amount", amount_of(&transaction["amount"]), amount);
        let (answer, others) = compare(transaction);
        self.note("property_types", answer, [evidence.clone(), others].concat());
        let whose = reference_of(transaction, &started.reference_no, "");
        self.note("sale_reference", whose, evidence.clone());
        self.note("sale_type", type_of(transaction), evidence);
    }

    /// Notes whether a listed transaction changes afterwards.
    async fn watch(&mut self, session: &Session, id: &str, before: &[Value]) -> Done {
        let mut changes = Vec::new();
        let mut last = before.to_vec();
        for _ in 0..WATCHED_FOR {
            sleep(INTERVAL).await;
            let now = listed(&self.check(session, id).await?);
            if now != last {
                changes.push(format!("then: {}", now.iter().map(properties).collect::<Vec<_>>().join("; ")));
                last = now;
            }
        }
        self.note("changes", if changes.is_empty() { "no" } else { "yes" }, changes);
        Ok(())
    }

    /// Keeps a sale that is paid.
    fn paid(&mut self, started: &Started, transaction: &Value) -> Done {
        let Some(xact_id) = transaction["xact_id"].as_str().filter(|id| !id.is_empty()) else {
            let text =
                format!("{} is paid and has no xact_id: reverse it in Paynet's panel", started.reference_no);
            return Err(Failure::Other(text));
        };
        self.kept.started.retain(|other| other.reference_no != started.reference_no);
        self.kept.paid.push(Paid {
            xact_id: xact_id.to_owned(),
            sale: started.clone(),
            marks: marks(transaction),
            reversal: None,
        });
        self.kept.write()
    }

    /// Waits until a transaction that succeeded is listed. Returns all that are listed then.
    async fn wait(&self, session: &Session, id: &str) -> Result<Option<Vec<Value>>, Failure> {
        self.wait_for(session, id, |all| succeeded(all).is_some()).await
    }

    async fn wait_for(
        &self,
        session: &Session,
        id: &str,
        is_complete: impl Fn(&[Value]) -> bool,
    ) -> Result<Option<Vec<Value>>, Failure> {
        let started = Instant::now();
        let mut first_success = None;
        loop {
            let all = listed(&self.check(session, id).await?);
            if is_complete(&all) {
                return Ok(Some(all));
            }
            if succeeded(&all).is_some() {
                let first = *first_success.get_or_insert_with(Instant::now);
                // No more is to come, unless it takes far longer than the first.
                if first.elapsed() >= COMPLETE_WITHIN.max(3 * (first - started)) {
                    return Ok(Some(all));
                }
            } else if started.elapsed() >= LISTED_WITHIN {
                self.console
                    .warn("no transaction that succeeded is listed; the questions about it stay open");
                return Ok(None);
            }
            sleep(INTERVAL).await;
        }
    }

    /// Finds out whether sales that an earlier walk started were paid.
    async fn recover(&mut self) -> Done {
        if self.kept.started.is_empty() {
            return Ok(());
        }
        let (session, _) = self.open().await?;
        for started in self.kept.started.clone() {
            let reference = &started.reference_no;
            let all = listed(&self.check(&session, started.payment_session.id()).await?);
            let all = if succeeded(&all).is_some() {
                Some(all)
            } else {
                match self.confirmed(&format!("{reference} of an earlier walk: was it paid?")).await {
                    Some(true) => self.wait(&session, started.payment_session.id()).await?,
                    Some(false) => {
                        self.drop_started(&started)?;
                        None
                    }
                    None => None,
                }
            };
            if let Some(transaction) = all.as_deref().and_then(succeeded) {
                self.paid(&started, transaction)?;
            }
        }
        Ok(())
    }

    fn drop_started(&mut self, started: &Started) -> Done {
        self.kept.started.retain(|other| other.reference_no != started.reference_no);
        self.kept.write()
    }

    async fn decline(&mut self) -> Done {
        let (session, _) = self.open().await?;
        let (handoff, started, _) = self.start_sale(&session).await?;
        let id = started.payment_session.id();
        self.hand_over(&handoff)?;
        self.ask("Use a card that is declined. Press Enter when the phone says so:").await;
        let declined = self.check(&session, id).await?;
        let prompt =
            "If the phone offers another card, pay with it, and press Enter when it is paid. If not, type n:";
        let answer = self.ask(prompt).await;
        let is_paid_now = answer.as_deref().is_some_and(|answer| answer != "n");
        let all = if is_paid_now {
            self.wait(&session, id).await?.unwrap_or_default()
        } else {
            listed(&self.check(&session, id).await?)
        };
        let evidence = [seen_in(&declined), vec![format!("{} listed", all.len())]].concat();
        match succeeded(&all) {
            Some(transaction) => {
                self.paid(&started, transaction)?;
                let was_declined = succeeded(&listed(&declined)).is_none();
                if is_paid_now && was_declined {
                    self.note("after_decline", "another card", evidence);
                }
                Ok(())
            }
            None if answer.as_deref() == Some("n") => {
                self.note("after_decline", "ended", evidence);
                self.drop_started(&started)
            }
            None => Ok(()),
        }
    }

    async fn reversals(&mut self) -> Done {
        if self.kept.paid.is_empty() {
            self.console.say("Nothing is paid, so there is nothing to reverse.");
            return Ok(());
        }
        let (session, _) = self.open().await?;
        for sale in self.kept.paid.clone() {
            let Some((reversal, is_early)) = self.reverse(&session, &sale).await? else { continue };
            let id = reversal.payment_session.id();
            let all = self.wait_for(&session, id, |all| has_reversal(all, &sale)).await?.unwrap_or_default();
            // The sale alone does not prove it.
            if !has_reversal(&all, &sale)
                && self.confirmed("No reversal is listed. Does the phone say that it is done?").await
                    != Some(true)
            {
                continue;
            }
            self.reversed(&sale, &reversal)?;
            self.note_reversal(&all, &sale, &reversal.reference_no);
            let decided = if is_early {
                "succeeded before it happened"
            } else {
                decision(&session.decision(&reversal.payment_session).await)
            };
            self.note("reversal_decision", decided, vec![format!("{} listed", all.len())]);
        }
        Ok(())
    }

    /// Starts the reversal of a sale, unless an earlier walk did and it is done. Returns `None` if nobody can say whether it
    /// is done, and otherwise also whether the library decided before the phone.
    async fn reverse(&mut self, session: &Session, sale: &Paid) -> Result<Option<(Started, bool)>, Failure> {
        if let Some(started) = &sale.reversal {
            let all = listed(&self.check(session, started.payment_session.id()).await?);
            let question =
                format!("The reversal of {} was started before: is it done?", sale.sale.reference_no);
            let is_done = has_reversal(&all, sale) || {
                // A second reversal could be a second refund.
                let Some(is_done) = self.confirmed(&question).await else { return Ok(None) };
                is_done
            };
            if is_done {
                return Ok(Some((started.clone(), false)));
            }
        }
        let reference_no = new_reference();
        let request = InitReversalRequest::new(&sale.xact_id).reference_no(&reference_no);
        let (_, handoff) = self.response(session.init_reversal_transaction(request)).await?;
        let handoff = handoff?;
        let started = Started { reference_no, payment_session: handoff.payment_session().clone() };
        for paid in self.kept.paid.iter_mut().filter(|paid| paid.xact_id == sale.xact_id) {
            paid.reversal = Some(started.clone());
        }
        self.kept.write()?;
        let is_early = decides_early(session, &started).await;
        self.hand_over(&handoff)?;
        self.ask("Confirm the reversal on the phone. Press Enter when the phone says that it is done:").await;
        Ok(Some((started, is_early)))
    }

    fn reversed(&mut self, sale: &Paid, reversal: &Started) -> Done {
        self.kept.paid.retain(|paid| paid.xact_id != sale.xact_id);
        self.kept.reversed = Some(Paid { reversal: Some(reversal.clone()), ..sale.clone() });
        self.kept.write()
    }

    fn note_reversal(&mut self, listed: &[Value], sale: &Paid, reference: &str) {
        let is_copy = |one: &Value| is_of(one, sale) && one["xact_id"] != sale.xact_id.as_str();
        let reversal = listed.iter().find(|one| !is_of(one, sale));
        let has_sale = listed.iter().any(|one| is_of(one, sale));
        let lists = match (reversal.is_some(), has_sale, listed.iter().any(is_copy)) {
            (true, _, true) => "reversal and sale with another xact_id",
            (true, true, false) => "reversal and sale",
            (true, false, false) => "reversal",
            (false, true, _) => "sale",
            (false, false, _) => "nothing",
        };
        let evidence: Vec<_> = listed.iter().map(|one| format!("listed: {}", properties(one))).collect();
        self.note("reversal_lists", lists, evidence.clone());
        if let Some(reversal) = reversal {
            let of_type = match type_of(reversal).as_str() {
                "1" => "of a sale",
                "absent" => "absent",
                _ => "own",
            };
            self.note("reversal_type", of_type, evidence.clone());
            let whose = reference_of(reversal, reference, &sale.sale.reference_no);
            self.note("reversal_reference", whose, evidence);
        }
    }

    async fn twice(&mut self) -> Done {
        let Some(sale) = self.kept.reversed.clone() else {
            self.console.say("Nothing was reversed, so nothing can be reversed again.");
            return Ok(());
        };
        let (session, _) = self.open().await?;
        let request = InitReversalRequest::new(&sale.xact_id).reference_no(new_reference());
        let (again, _) = self.response(session.init_reversal_transaction(request)).await?;
        self.note("second_reversal", repeated(&again, sale.reversal.as_ref()), seen_in(&again));
        let request = InitSaleRequest::new(Decimal::new(100, 2)).reference_no(&sale.sale.reference_no);
        let (again, _) = self.response(session.init_sale_transaction(request)).await?;
        self.note("same_reference", repeated(&again, Some(&sale.sale)), seen_in(&again));
        Ok(())
    }
}

/// Describes the response to a request that was sent before.
fn repeated(again: &Exchange, first: Option<&Started>) -> &'static str {
    let opened = again.body.as_ref().and_then(|body| body["payment_session_id"].as_str());
    let is_same = opened.is_some() && opened == first.map(|first| first.payment_session.id());
    if is_same { "the same payment session" } else { accepted(again) }
}

/// Returns a new `reference_no`.
fn new_reference() -> String {
    format!("PAYPOS-VERIFY-{}", Timestamp::now().as_microsecond())
}

/// Returns whether a transaction is that of a sale, also if its id is written in another way.
fn is_of(transaction: &Value, sale: &Paid) -> bool {
    let has_marks = sale.marks.iter().any(|mark| !mark.is_null());
    transaction["xact_id"] == sale.xact_id.as_str() || has_marks && marks(transaction) == sale.marks
}

/// Returns whether the reversal of a sale is listed.
fn has_reversal(listed: &[Value], sale: &Paid) -> bool {
    listed.iter().any(|one| is_true(&one["is_succeed"]) && !is_of(one, sale))
}

/// Returns whether the library decides a reversal that the phone has not opened yet.
async fn decides_early(session: &Session, started: &Started) -> bool {
    for _ in 0..WATCHED_FOR {
        if !matches!(session.decision(&started.payment_session).await, Ok(Decision::Pending) | Err(_)) {
            return true;
        }
        sleep(INTERVAL).await;
    }
    false
}

/// Returns how the library decides a payment that succeeded on the phone.
fn decision(decided: &Result<Decision, Error>) -> &'static str {
    match decided {
        // How it differs is another question.
        Ok(Decision::Succeeded(_) | Decision::Differs(_)) => "succeeded",
        Ok(Decision::Failed(_)) => "failed",
        Ok(Decision::Pending) | Err(_) => "pending",
    }
}
