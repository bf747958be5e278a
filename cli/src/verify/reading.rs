//! Describes responses for the report, without values that could be secret or personal.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use paypos::Decimal;
use serde_json::Value;

use super::{
    recorder::Exchange,
    shape::{json_type, kinds, properties, shape},
};

/// Returns whether a payment session was opened or checked. A refusal may have status 200.
pub(super) fn accepted(exchange: &Exchange) -> &'static str {
    let has = |name: &str| exchange.body.as_ref().is_some_and(|body| !body[name].is_null());
    if exchange.status == 200 && (has("Data") || has("payment_session_id")) { "accepted" } else { "refused" }
}

/// Describes a response by its status, the names of its headers, and the types of its properties.
pub(super) fn seen_in(exchange: &Exchange) -> Vec<String> {
    let Exchange { operation, status, version, headers, body, .. } = exchange;
    let code = body.as_ref().and_then(|body| body["code"].as_i64()).filter(|code| code.abs() < 100_000);
    let code = code.map(|code| format!(", code {code}")).unwrap_or_default();
    let body = body.as_ref().map_or("no JSON".to_owned(), properties);
    vec![format!("{operation}: {status}{code} by {version}; headers {}; body {body}", headers.join(", "))]
}

/// Returns the form of a refusal, by the names of its properties.
pub(super) fn form_of(exchange: &Exchange) -> &'static str {
    let has = |name: &str| exchange.body.as_ref().is_some_and(|body| !body[name].is_null());
    match (has("object_name"), has("type") && has("result_code")) {
        (_, true) => "general",
        (true, false) => "documented",
        (false, false) => "another",
    }
}

/// Returns whether two refusals have the same status, codes and message.
pub(super) fn is_same_refusal(one: &Exchange, two: &Exchange) -> bool {
    let says = |exchange: &Exchange| {
        let of = |name: &str| exchange.body.as_ref().map(|body| body[name].clone());
        (exchange.status, of("code"), of("result_code"), of("message"))
    };
    says(one) == says(two)
}

/// Returns what a check returned before the phone could decide.
pub(super) fn undecided(exchange: &Exchange) -> &'static str {
    let body = exchange.body.as_ref().filter(|_| exchange.status == 200);
    match body.and_then(|body| body.get("Data")) {
        None => "refusal",
        Some(Value::Null) => "null",
        Some(Value::Array(all)) if all.is_empty() => "empty list",
        Some(Value::Array(all)) if all.iter().all(|one| one["is_succeed"].is_null()) => {
            "undecided transaction"
        }
        Some(Value::Array(_)) => "decided transaction",
        Some(_) => "no list",
    }
}

/// Returns the transactions that a check lists.
pub(super) fn listed(exchange: &Exchange) -> Vec<Value> {
    let data = exchange.body.as_ref().and_then(|body| body["Data"].as_array());
    data.cloned().unwrap_or_default()
}

/// Returns the first listed transaction that succeeded.
pub(super) fn succeeded(listed: &[Value]) -> Option<&Value> {
    listed.iter().find(|one| is_true(&one["is_succeed"]))
}

/// Returns the `code` of a response, or its shape if it is no small number.
pub(super) fn code_of(exchange: &Exchange) -> String {
    match exchange.body.as_ref().map(|body| &body["code"]) {
        None | Some(Value::Null) => "absent".to_owned(),
        Some(Value::Number(code)) if code.as_i64().is_some_and(|code| code.abs() < 100_000) => {
            code.to_string()
        }
        Some(other) => shape(&other.to_string()),
    }
}

/// Returns the scheme of a URL, and describes the rest.
pub(super) fn url_of(url: &str) -> (String, String) {
    match url.split_once(':') {
        Some((scheme, rest))
            if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) =>
        {
            (scheme.to_owned(), kinds(rest))
        }
        _ => ("none".to_owned(), kinds(url)),
    }
}

/// Returns the form of a key.
pub(super) fn form_of_key(key: &str) -> &'static str {
    let has_only = |text: &str, signs: &[u8]| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
    };
    let groups: Vec<_> = key.split('-').collect();
    let lengths: Vec<_> = groups.iter().map(|group| group.len()).collect();
    let is_hexadecimal = || groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if lengths == [8, 4, 4, 4, 12] && is_hexadecimal() {
        "UUID"
    } else if key.starts_with("ey") && key.split('.').count() == 3 && has_only(key, b"-_.") {
        "JWT"
    } else if key.len().is_multiple_of(4)
        && key.contains(['+', '/', '='])
        && has_only(key.trim_end_matches('='), b"+/")
    {
        "Base64"
    } else {
        "text"
    }
}

/// Returns the form of the time when a session expires, and how long that is from now, if its form tells.
pub(super) fn expiry(value: &Value) -> (&'static str, Option<String>) {
    let Some(text) = value.as_str() else {
        let form = match value {
            Value::Null => "absent",
            Value::Number(_) => "number",
            other => json_type(other),
        };
        let seconds =
            value.as_i64().map(|number| if number < 100_000_000_000 { number } else { number / 1000 });
        let until = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        return (form, until.map(|until| lifetime(until, "")));
    };
    if let Ok(until) = text.parse::<Timestamp>() {
        return ("ISO 8601 with a zone", Some(lifetime(until, "")));
    }
    let in_utc = |time: DateTime| {
        let until = TimeZone::UTC.to_timestamp(time).ok()?;
        Some(lifetime(until, ", if it is in UTC"))
    };
    if let Ok(time) = text.parse::<DateTime>() {
        return ("ISO 8601 without a zone", in_utc(time));
    }
    let day_first = text.replace(['/', '-'], ".");
    let read = |format| DateTime::strptime(format, &day_first).ok();
    match read("%d.%m.%Y %H:%M:%S").or_else(|| read("%d.%m.%Y %H:%M")) {
        Some(time) => ("day first", in_utc(time)),
        None => ("text", None),
    }
}

fn lifetime(until: Timestamp, note: &str) -> String {
    format!("it is {} minutes from now{note}", until.duration_since(Timestamp::now()).as_secs() / 60)
}

/// Returns whether a value is true, as a boolean or as text.
pub(super) fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Compares the amount of a transaction with the requested 1.00.
pub(super) fn amount_of(value: &Value) -> &'static str {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.parse::<Decimal>() {
        Ok(amount) if amount == Decimal::ONE => "as requested",
        Ok(amount) if amount == Decimal::ONE_HUNDRED => "hundredfold",
        Ok(_) => "another amount",
        Err(_) if text.contains(',') => "text with a comma",
        Err(_) => "no number",
    }
}

/// Returns whose reference a transaction has.
pub(super) fn reference_of(transaction: &Value, own: &str, of_the_sale: &str) -> &'static str {
    match transaction["agent_reference"].as_str().map(str::trim) {
        None | Some("") => "absent",
        Some(reference) if reference == own => "own",
        Some(reference) if reference == of_the_sale => "of the sale",
        Some(_) => "other",
    }
}

/// Returns the `transaction_type`, or its shape if it is no small number.
pub(super) fn type_of(transaction: &Value) -> String {
    match &transaction["transaction_type"] {
        Value::Null => "absent".to_owned(),
        Value::String(text) if text.parse::<i8>().is_ok() => text.clone(),
        Value::Number(number) if number.as_i64().is_some_and(|number| number.abs() < 100) => {
            number.to_string()
        }
        other => shape(&other.to_string()),
    }
}

/// Returns the values that identify a transaction if its `xact_id` is written in another way.
pub(super) fn marks(transaction: &Value) -> Vec<Value> {
    let names = ["xact_date", "authorization_code", "reference_code", "xact_transaction_id"];
    names.iter().map(|name| transaction[*name].clone()).collect()
}
