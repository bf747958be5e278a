//! Describes values without showing them.

use std::{collections::BTreeSet, sync::OnceLock};

use jiff::{Timestamp, civil::DateTime};
use serde_json::{Map, Value, json};

/// Members of transactions and refusals whose numbers say nothing about a person.
const NUMBERS: [&str; 9] = [
    "amount", "netAmount", "comission", "ratio", "instalment", "transaction_type", "code", "result_code",
    "is_succeed",
];

/// The ids of payments, which a check or a reversal needs.
const IDS: [&str; 2] = ["payment_session_id", "xact_id"];

/// What the requests of a recording keep of what was asked for.
const ASKED: [&str; 6] =
    ["amount", "instalment", "add_commission", "reference_no", "payment_session_id", "xact_id"];

/// Members of a refusal in the form of Paynet's general documentation.
const GENERAL: [&str; 2] = ["type", "result_code"];

/// Keeps of a request what is the caller's own, and neither secret nor personal.
pub(crate) fn asked(body: &Value) -> Value {
    let kept = ASKED.iter().filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())));
    Value::Object(kept.collect())
}

/// Replaces each value of a response by what may be kept of it: names that the documents have, types, numbers of money,
/// the ids of payments, and references that are the caller's own.
// Guard: verify::no_secret_and_nothing_personal_is_in_the_recording_or_on_the_terminal
pub(crate) fn masked(body: &Value, is_ours: &dyn Fn(&str) -> bool) -> Value {
    of(body, "", is_ours)
}

fn of(value: &Value, name: &str, is_ours: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::Object(members) => {
            let mut kept = Map::new();
            for (at, (name, value)) in members.iter().enumerate() {
                let known = documented().contains(name.as_str()) || GENERAL.contains(&name.as_str());
                let shown = if known { name.clone() } else { format!("undocumented {}", at + 1) };
                kept.insert(shown, of(value, name, is_ours));
            }
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(|item| of(item, name, is_ours)).collect(),
        Value::Number(_) if NUMBERS.contains(&name) => value.clone(),
        Value::Number(number) if number.is_f64() => json!(0.5),
        Value::Number(_) => json!(0),
        Value::String(text) if !IDS.contains(&name) => Value::String(text_of(text, name, is_ours)),
        // One that cannot be kept is none: its shape would be taken for an id.
        Value::String(id) if id.len() <= 200 && id.bytes().all(|byte| byte.is_ascii_graphic()) => {
            value.clone()
        }
        Value::String(_) => Value::Null,
        Value::Bool(_) | Value::Null => value.clone(),
    }
}

fn text_of(text: &str, name: &str, is_ours: &dyn Fn(&str) -> bool) -> String {
    let has_only = |allowed: &str| text.chars().all(|c| c.is_ascii_digit() || allowed.contains(c));
    let is_kept = match name {
        "agent_reference" => text.is_empty() || is_ours(text),
        "currency" => text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        "is_succeed" => ["true", "false"].contains(&text.to_lowercase().as_str()),
        _ => NUMBERS.contains(&name) && text.len() <= 20 && has_only(".,-"),
    };
    match name {
        _ if is_kept => text.to_owned(),
        "session_key" | "encryption_key" => format!("{}; {}", form_of_key(text), kinds(text)),
        "expired_date" => expiry(text),
        "deeplink_url" => scheme_of(text).to_owned(),
        _ => shape(text),
    }
}

/// The names of all properties in the documents.
fn documented() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    fn collect(value: &Value, names: &mut BTreeSet<String>) {
        if let Some(properties) = value["properties"].as_object() {
            names.extend(properties.keys().cloned());
        }
        match value {
            Value::Object(members) => members.values().for_each(|value| collect(value, names)),
            Value::Array(items) => items.iter().for_each(|value| collect(value, names)),
            _ => {}
        }
    }
    NAMES.get_or_init(|| {
        let mut names = BTreeSet::new();
        collect(&serde_json::from_str(paypos::DOCUMENT).unwrap_or_default(), &mut names);
        names
    })
}

/// Describes a text by the kinds of its characters, such as `letters 3, _, digits 8`.
pub(crate) fn shape(text: &str) -> String {
    let kind = |c: char| match c {
        c if c.is_ascii_digit() => "digits",
        c if c.is_alphabetic() => "letters",
        _ => "",
    };
    let mut runs: Vec<(&str, char, usize)> = Vec::new();
    for c in text.chars() {
        match runs.last_mut() {
            Some((last, _, count)) if *last == kind(c) && !last.is_empty() => *count += 1,
            _ => runs.push((kind(c), c, 1)),
        }
    }
    // So many that they would say which characters are which.
    if runs.len() > 16 {
        return kinds(text);
    }
    let described = runs.iter().map(|(kind, c, count)| match *kind {
        "" if c.is_ascii_punctuation() || *c == ' ' => format!("`{c}`"),
        "" => "another character".to_owned(),
        kind => format!("{kind} {count}"),
    });
    described.collect::<Vec<_>>().join(", ")
}

/// Describes a secret by its length and the kinds of its characters, such as `32 characters: letters, digits`.
fn kinds(text: &str) -> String {
    let is_sign = |c: char| !c.is_ascii_digit() && !c.is_alphabetic();
    let all = [
        ("letters", text.contains(char::is_alphabetic)),
        ("digits", text.contains(|c: char| c.is_ascii_digit())),
        ("signs", text.contains(is_sign)),
    ];
    let kinds: Vec<_> = all.iter().filter(|(_, has)| *has).map(|(kind, _)| *kind).collect();
    format!("{} characters: {}", text.chars().count(), kinds.join(", "))
}

/// Returns the form of a key.
fn form_of_key(key: &str) -> &'static str {
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
fn expiry(text: &str) -> String {
    let (form, until) = if let Ok(until) = text.parse::<Timestamp>() {
        ("ISO 8601 with a zone", Some(until))
    } else if text.parse::<DateTime>().is_ok() {
        ("ISO 8601 without a zone", None)
    } else if DateTime::strptime("%d.%m.%Y %H:%M:%S", text.replace(['/', '-'], ".")).is_ok() {
        ("day first", None)
    } else {
        ("text", None)
    };
    let minutes = |until: Timestamp| until.duration_since(Timestamp::now()).as_secs() / 60;
    until.map_or_else(|| form.to_owned(), |until| format!("{form}, {} minutes from then", minutes(until)))
}

fn scheme_of(url: &str) -> &'static str {
    match url.split_once(':').map(|(scheme, _)| scheme.to_lowercase()).as_deref() {
        Some("https") => "https",
        Some("http") => "http",
        Some(_) => "an app's own",
        None => "none",
    }
}

/// Returns the JSON type of a value.
pub(crate) fn json_type(value: &Value) -> &'static str {
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
pub(crate) fn properties(object: &Value) -> String {
    let Some(object) = object.as_object() else { return json_type(object).to_owned() };
    let described = object.iter().map(|(name, value)| format!("{name}: {}", json_type(value)));
    described.collect::<Vec<_>>().join(", ")
}

/// Returns whether a transaction's properties have the documented types.
pub(crate) fn types_of(transaction: &Value) -> &'static str {
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
