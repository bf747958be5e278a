//! Describes values without showing them.

use serde_json::Value;

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
pub(crate) fn kinds(text: &str) -> String {
    let is_sign = |c: char| !c.is_ascii_digit() && !c.is_alphabetic();
    let all = [
        ("letters", text.contains(char::is_alphabetic)),
        ("digits", text.contains(|c: char| c.is_ascii_digit())),
        ("signs", text.contains(is_sign)),
    ];
    let kinds: Vec<_> = all.iter().filter(|(_, has)| *has).map(|(kind, _)| *kind).collect();
    format!("{} characters: {}", text.chars().count(), kinds.join(", "))
}

/// Returns a name, or its shape if it could be a value such as an id or a card number.
fn name(text: &str) -> String {
    let is_name = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if is_name { text.to_owned() } else { shape(text) }
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
    let described = object.iter().map(|(key, value)| format!("{}: {}", name(key), json_type(value)));
    described.collect::<Vec<_>>().join(", ")
}

/// Returns whether a transaction's properties have the documented types, and describes those that have not.
pub(crate) fn compare(transaction: &Value) -> (&'static str, Vec<String>) {
    let document: Value = serde_json::from_str(paypos::DOCUMENT).unwrap_or_default();
    let documented = &document["components"]["schemas"]["Transaction"]["properties"];
    let mut others = Vec::new();
    let mut are_texts = true;
    // Amounts have a question of their own.
    let is_amount = |key: &str| ["amount", "netAmount"].contains(&key);
    let all = transaction.as_object().into_iter().flatten().filter(|(key, _)| !is_amount(key));
    for (key, value) in all {
        let expected = documented[key]["type"].as_str();
        let is_as_documented = match (expected, value) {
            (None, _) => false,
            (_, Value::Null) | (Some("number"), Value::Number(_)) => true,
            (Some(expected), value) => expected == json_type(value),
        };
        if !is_as_documented {
            are_texts &= value.is_string() && expected.is_some();
            let expected = expected.unwrap_or("nothing");
            others.push(format!("`{}` is {}, and the document has {expected}", name(key), json_type(value)));
        }
    }
    match (others.is_empty(), are_texts) {
        (true, _) => ("documented", others),
        (false, true) => ("text", others),
        (false, false) => ("another", others),
    }
}
