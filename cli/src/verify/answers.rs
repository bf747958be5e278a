//! What a recording answers. What is no word of Paynet's answers nothing: no response, a page of a gateway, a limit of
//! rates, a failure of a server, an empty list.

use std::collections::BTreeMap;

use paypos::{Decimal, Decision, PaymentSession, types::Transaction};
use serde_json::{Value, json};

use super::payments::{Payment, is_paid, payments};
use crate::{
    recording::{Exchange, Recording, WRONG},
    shape::{json_type, types_of},
};

/// An answer, and the exchanges that gave it.
pub(crate) struct Answer {
    pub(crate) is: String,
    pub(crate) evidence: Vec<String>,
}

/// Maps each question to its answers, oldest first. Two answers to a question may contradict each other.
pub(crate) type Answers = BTreeMap<&'static str, Vec<Answer>>;

/// Returns what a recording answers.
// Guard: verify::each_answer_is_read_as_it_is_and_named_if_something_follows
// Guard: verify::no_answer_is_misread_in_any_combination
pub(crate) fn answers(recording: &Recording) -> Answers {
    let mut answers = Answers::new();
    let mut note = |id: &'static str, is: Option<String>, evidence: &[&Exchange]| {
        if let Some(is) = is {
            let evidence = evidence.iter().map(|exchange| exchange.described()).collect();
            answers.entry(id).or_default().push(Answer { is, evidence });
        }
    };
    let all: Vec<&Exchange> = recording.exchanges.iter().collect();
    let words: Vec<&Exchange> = all.iter().copied().filter(|exchange| exchange.is_word()).collect();
    of_sessions(&words, &mut note);
    of_refusals(&words, &mut note);
    let payments = payments(recording);
    for payment in payments.iter().filter(|payment| payment.reversal_of.is_none()) {
        of_a_sale(payment, &words, &mut note);
    }
    for reversal in payments.iter().filter(|payment| payment.reversal_of.is_some()) {
        let sale = payments
            .iter()
            .find(|sale| sale.xact_ids().contains(&reversal.reversal_of.as_deref().unwrap_or_default()));
        of_a_reversal(reversal, sale, &words, &mut note);
    }
    for payment in &payments {
        of_other_sessions(payment, &words, &mut note);
    }
    of_repeats(&words, &payments, &mut note);
    for command in &recording.commands {
        if let (Some(shown), Some(asked)) = (&command.shown, &command.amount) {
            let of = |text: &str| text.parse::<Decimal>().unwrap_or_default();
            let unit = match of(shown) {
                shown if shown == of(asked) => "lira",
                shown if shown * Decimal::ONE_HUNDRED == of(asked) => "kurus",
                _ => "another amount",
            };
            note("amount_unit", Some(unit.to_owned()), &[]);
        }
    }
    answers
}

/// Notes an answer, unless there is none.
type Note<'a> = dyn FnMut(&'static str, Option<String>, &[&Exchange]) + 'a;

fn of_sessions(words: &[&Exchange], note: &mut Note) {
    let mut ended = Vec::new();
    let mut opened: Vec<(&str, &str)> = Vec::new();
    for exchange in words {
        let is_auth = exchange.operation == "get_auth_key";
        if exchange.key == WRONG {
            let id = if is_auth { "wrong_secret_key" } else { "wrong_session" };
            note(id, exchange.status.map(|status| status.to_string()), &[exchange]);
        } else if is_auth {
            let user = exchange.user.as_deref().unwrap_or_default();
            let before = opened.iter().any(|(_, other)| *other == user);
            match &exchange.opened {
                Some(key) => {
                    opened.push((key, user));
                    note("session_key", text(exchange.body.as_ref(), "session_key"), &[exchange]);
                    let date =
                        exchange.body.as_ref().map(|body| body["expired_date"].clone()).unwrap_or_default();
                    let form = match date {
                        Value::Null => "absent".to_owned(),
                        Value::String(form) => form,
                        other => json_type(&other).to_owned(),
                    };
                    note("expired_date", Some(form), &[exchange]);
                    note("success_code", Some(exchange.code()), &[exchange]);
                }
                None if before => note("second_session", Some("refused".to_owned()), &[exchange]),
                None => {}
            }
        } else if exchange.operation == "logout" && exchange.is_success() {
            let of = exchange.of_session.clone().unwrap_or_default();
            opened.retain(|(key, _)| **key != *of);
            ended.push(of);
        } else if ended.contains(&exchange.key) {
            note("ended_session", exchange.status.map(|status| status.to_string()), &[exchange]);
        } else if let Some(at) = opened.iter().position(|(key, _)| *key == exchange.key) {
            // An earlier session of the same user, after a later one was opened.
            let later = opened[at + 1..].iter().any(|(_, user)| *user == opened[at].1);
            // What it has listed once, it lists as long as it is open.
            let has_listed = |before: &&&Exchange| {
                before.place < exchange.place
                    && before.key == exchange.key
                    && before.asked["payment_session_id"] == exchange.asked["payment_session_id"]
                    && !before.listed().is_empty()
            };
            if later && exchange.is_list() {
                note("second_session", Some("both are open".to_owned()), &[exchange]);
            } else if later && words.iter().any(|before| has_listed(&before)) {
                note("second_session", Some("the first has ended".to_owned()), &[exchange]);
            }
        }
    }
    if let Some(first) = words.first() {
        note("http_version", Some(first.version.clone()), &[first]);
    }
}

fn of_refusals(words: &[&Exchange], note: &mut Note) {
    let is_refusal = |exchange: &&&Exchange| {
        exchange.key != WRONG
            && !exchange.is_success()
            && exchange.body.as_ref().is_some_and(Value::is_object)
    };
    for exchange in words.iter().filter(is_refusal) {
        let has = |name: &str| exchange.body.as_ref().is_some_and(|body| !body[name].is_null());
        let form = match (has("object_name"), has("type") && has("result_code")) {
            (_, true) => "general",
            (true, false) => "documented",
            (false, false) => "another",
        };
        note("refusal_form", Some(form.to_owned()), &[exchange]);
        let retry = if exchange.has_retry_after { "present" } else { "absent" };
        note("retry_after", Some(retry.to_owned()), &[exchange]);
        // Of a payment session that is none, or of a reversal of nothing.
        let is_of_nothing =
            ["payment_session_id", "xact_id"].iter().any(|name| exchange.asked[*name] == WRONG);
        if is_of_nothing && !matches!(exchange.status, Some(401 | 403)) {
            note("refusal_status", exchange.status.map(|status| status.to_string()), &[exchange]);
        }
    }
}

fn of_a_sale(sale: &Payment, words: &[&Exchange], note: &mut Note) {
    let handoff = sale.opened;
    let value = |name: &str| text(handoff.body.as_ref(), name);
    note("deeplink_url", value("deeplink_url"), &[handoff]);
    note("encryption_key", value("encryption_key"), &[handoff]);
    of_the_decision(sale, words, note);
    let lists = sale.lists();
    let succeeded = |exchange: &&&Exchange| exchange.listed().iter().any(is_paid);
    let Some(first) = lists.iter().find(succeeded) else { return };
    let transactions = first.listed();
    let Some(paid) = transactions.iter().find(|one| is_paid(one)) else { return };
    if let Some(last) = lists.iter().rev().find(succeeded).filter(|_| sale.is_plain()) {
        note("sale_decision", Some(name_of(&decided(sale, last)).to_owned()), &[last]);
    }
    note("listed_amount", sale.is_plain().then(|| amount_of(&paid["amount"], sale.amount())), &[first]);
    if !sale.is_plain() {
        // Its unit and its comma are other questions.
        let is = match &*amount_of(&paid["amount"], sale.amount()) {
            "as requested" | "hundredfold" => Some("the same"),
            "another amount" => Some("another"),
            _ => None,
        };
        note("commission", is.map(str::to_owned), &[first]);
    }
    note("property_types", Some(types_of(paid).to_owned()), &[first]);
    note("sale_reference", sale.reference_no().map(|own| reference_of(paid, own, "")), &[first]);
    note("sale_type", Some(type_of(paid)), &[first]);
    of_changes(sale, note);
    let declined = lists
        .iter()
        .position(|exchange| !exchange.listed().is_empty() && !exchange.listed().iter().any(is_paid));
    if let Some(declined) = declined
        && matches!(decided(sale, lists[declined]), Decision::Failed(_))
        && let Some(paid) = lists[declined..].iter().find(succeeded)
    {
        note("after_decline", Some("another card".to_owned()), &[lists[declined], paid]);
    }
}

/// Notes whether what the sale's own session lists changes, once it is paid. An id may be written anew each time.
fn of_changes(sale: &Payment, note: &mut Note) {
    let without_id = |exchange: &Exchange| {
        let mut listed = exchange.listed();
        for one in listed.iter_mut().filter_map(Value::as_object_mut) {
            one.remove("xact_id");
        }
        listed
    };
    let own = sale.lists().into_iter().filter(|check| check.key == sale.opened.key);
    let paid: Vec<_> = own.skip_while(|check| !check.listed().iter().any(is_paid)).collect();
    let [first, .., last] = paid.as_slice() else { return };
    let changed = paid.iter().find(|check| without_id(check) != without_id(first));
    let is = if changed.is_some() { "yes" } else { "no" };
    note("changes", Some(is.to_owned()), &[first, changed.unwrap_or(last)]);
}

/// Notes what was returned to the session that opened it, before the decision.
fn of_the_decision(payment: &Payment, words: &[&Exchange], note: &mut Note) {
    let decides = |exchange: &&&Exchange| exchange.listed().iter().any(|one| !one["is_succeed"].is_null());
    let Some(first) = payment.checks.iter().find(decides) else { return };
    let is_before = |check: &&&Exchange| {
        check.place < first.place && check.key == payment.opened.key && !was_ended(check, words)
    };
    if let Some(before) = payment.checks.iter().find(is_before) {
        note("before_decision", undecided(before), &[before]);
    }
}

/// Whether a session was ended before a check with its key.
fn was_ended(check: &Exchange, words: &[&Exchange]) -> bool {
    let is_its_end = |end: &Exchange| {
        end.of_session.as_deref() == Some(check.key.as_str()) && end.is_success() && end.place < check.place
    };
    words.iter().any(|end| is_its_end(end))
}

/// Returns what a check returned before the phone had decided.
fn undecided(exchange: &Exchange) -> Option<String> {
    let data = exchange.body.as_ref().and_then(|body| body.get("Data"));
    let is = match (exchange.is_success(), data) {
        (true, Some(Value::Null)) => "null",
        (true, Some(Value::Array(all))) if all.is_empty() => "empty list",
        (true, Some(Value::Array(all))) if all.iter().all(|one| one["is_succeed"].is_null()) => {
            "undecided transaction"
        }
        (false, _) if exchange.is_word() && !matches!(exchange.status, Some(401 | 403)) => "refusal",
        _ => return None,
    };
    Some(is.to_owned())
}

fn of_a_reversal(reversal: &Payment, sale: Option<&Payment>, words: &[&Exchange], note: &mut Note) {
    of_the_decision(reversal, words, note);
    let xact_id = reversal.reversal_of.as_deref().unwrap_or_default();
    let of_the_sale = sale.and_then(|sale| sale.reference_no()).unwrap_or_default();
    let own = reversal.reference_no().unwrap_or_default();
    let lists = reversal.lists();
    let Some(last) = lists.iter().rev().find(|exchange| exchange.listed().iter().any(is_paid)) else {
        return;
    };
    let listed = last.listed();
    let (own_sale, others): (Vec<&Value>, Vec<&Value>) =
        listed.iter().partition(|one| one["xact_id"] == xact_id);
    // What looks like the sale in its own payment session may be the sale, by another id.
    let is_like_the_sale =
        |one: &&Value| sale.and_then(Payment::paid).is_none_or(|paid| is_alike(one, &paid));
    let (copies, reversals): (Vec<&Value>, Vec<&Value>) = others.iter().copied().partition(is_like_the_sale);
    let (lists, only) = match (own_sale.len(), others.as_slice(), copies.as_slice(), reversals.as_slice()) {
        (1.., [], ..) => (Some("sale"), None),
        (1.., [only], ..) => (Some("reversal and sale"), Some(*only)),
        (0, [_], [], [only]) => (Some("reversal"), Some(*only)),
        (0, [_, _], [_], [only]) => (Some("reversal and sale with another xact_id"), Some(*only)),
        // Nobody can tell which of them is the sale.
        _ => (None, None),
    };
    note("reversal_lists", lists.map(str::to_owned), &[last]);
    let name = name_of(&decided(reversal, last));
    note("reversal_decision", Some(name.to_owned()), &[last]);
    if let Some(only) = only {
        let of_type = match type_of(only).as_str() {
            "1" => "of a sale".to_owned(),
            "absent" => "absent".to_owned(),
            _ => "own".to_owned(),
        };
        note("reversal_type", Some(of_type), &[last]);
        let whose = (!own.is_empty()).then(|| reference_of(only, own, of_the_sale));
        note("reversal_reference", whose, &[last]);
    }
    // The sale's own payment session, once it was reversed.
    let after = sale.and_then(|sale| sale.lists().into_iter().rev().find(|check| check.place > last.place));
    if let (Some(after), "succeeded") = (after, name) {
        let mut types: Vec<_> = after.listed().iter().map(type_of).collect();
        types.sort();
        note("sale_after_reversal", Some(types.join(" and ")).filter(|types| !types.is_empty()), &[after]);
    }
}

/// Notes whether another session may check a payment session: only a list that is not empty says so, or a refusal.
fn of_other_sessions(payment: &Payment, words: &[&Exchange], note: &mut Note) {
    let opener = &payment.opened.key;
    let is_other = |check: &&Exchange| check.key != *opener && check.key != WRONG;
    for check in payment.checks.iter().copied().filter(is_other).filter(|check| !was_ended(check, words)) {
        let seen_before =
            payment.checks.iter().any(|own| own.place < check.place && !own.listed().is_empty());
        if check.is_list() && !check.listed().is_empty() {
            note("other_session", Some("accepted".to_owned()), &[check]);
        } else if seen_before
            && !check.is_success()
            && check.is_word()
            && !matches!(check.status, Some(401 | 403))
        {
            note("other_session", Some("refused".to_owned()), &[check]);
        }
    }
}

/// Notes what became of the reversal of a sale that was reversed.
fn of_repeats(words: &[&Exchange], payments: &[Payment], note: &mut Note) {
    let is_reversal = |exchange: &&&Exchange| exchange.operation == "init_reversal_transaction";
    for again in words.iter().filter(is_reversal) {
        let is_done = |payment: &&Payment| {
            let is_before = |check: &&Exchange| {
                let is_done = |one: &Value| is_paid(one) && one["xact_id"] != again.asked["xact_id"];
                check.place < again.place && check.listed().iter().any(is_done)
            };
            payment.reversal_of.as_deref() == again.asked["xact_id"].as_str()
                && payment.lists().iter().any(is_before)
        };
        let Some(first) = payments.iter().find(is_done) else { continue };
        let is = match again.handoff() {
            Some(opened) if opened == first.id => "the same payment session",
            Some(_) => "accepted",
            None if !matches!(again.status, Some(401 | 403)) => "refused",
            None => continue,
        };
        note("second_reversal", Some(is.to_owned()), &[first.opened, again]);
    }
}

/// Decides by what a check listed, with the library's own rules.
pub(crate) fn decided(payment: &Payment, exchange: &Exchange) -> Decision {
    let listed: Vec<Transaction> = serde_json::from_value(json!(exchange.listed())).unwrap_or_default();
    let asked = payment.asked().ok();
    asked.map_or(Decision::Pending, |asked: PaymentSession| asked.decide(listed))
}

/// Returns whether two transactions have the same type and reference.
fn is_alike(one: &Value, two: &Value) -> bool {
    type_of(one) == type_of(two) && one["agent_reference"] == two["agent_reference"]
}

fn name_of(decision: &Decision) -> &'static str {
    match decision {
        Decision::Succeeded(_) => "succeeded",
        Decision::Differs(_) => "differs",
        Decision::Failed(_) => "failed",
        Decision::Pending => "pending",
    }
}

fn amount_of(value: &Value, asked: Option<Decimal>) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let is = match (text.parse::<Decimal>(), asked) {
        (Ok(amount), Some(asked)) if amount == asked => "as requested",
        (Ok(amount), Some(asked)) if amount == asked * Decimal::ONE_HUNDRED => "hundredfold",
        (Ok(_), _) => "another amount",
        (Err(_), _) if text.contains(',') => "text with a comma",
        (Err(_), _) => "no number",
    };
    is.to_owned()
}

fn reference_of(transaction: &Value, own: &str, of_the_sale: &str) -> String {
    let is = match transaction["agent_reference"].as_str() {
        None => "absent",
        Some(text) if text.trim().is_empty() => "absent",
        Some(text) if text == own => "own",
        Some(text) if text.trim().eq_ignore_ascii_case(own.trim()) => "own, written otherwise",
        Some(text) if !of_the_sale.is_empty() && text.trim() == of_the_sale.trim() => "of the sale",
        Some(_) => "other",
    };
    is.to_owned()
}

fn type_of(transaction: &Value) -> String {
    match &transaction["transaction_type"] {
        Value::Null => "absent".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text(body: Option<&Value>, name: &str) -> Option<String> {
    body?[name].as_str().map(str::to_owned)
}
