//! What documents state, place by place: what means something, and what is written for people.

use std::collections::{BTreeMap, BTreeSet};

use paypos_codegen::{Document, PROSE};
use serde_json::{Map, Value, json};

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    Operation(String),
    Type(String),
    Property(String, String),
    /// The documents as such.
    All,
}

/// What joined documents state, by the place in words.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    /// What means something.
    pub(crate) facts: BTreeMap<String, (About, Value)>,
    /// What is written for people.
    pub(crate) prose: BTreeMap<String, (About, Value)>,
}

impl Statements {
    pub(crate) fn of(document: &Document) -> Self {
        let mut all = Self::default();
        for (file, info) in members(&document.json["x-paypos-info"]) {
            for (key, value) in members(info) {
                all.prose.insert(format!("{file}: info: {key}"), (About::All, value.clone()));
            }
        }
        for (name, webhook) in members(&document.json["webhooks"]) {
            all.add(format!("webhook `{name}`"), &About::All, webhook);
        }
        for operation in document.operations() {
            let name = &operation.name;
            let about = About::Operation(name.clone());
            for (key, value) in members(document.json.pointer(&operation.pointer).unwrap_or(&Value::Null)) {
                match key.as_str() {
                    "parameters" => {
                        for parameter in value.as_array().into_iter().flatten() {
                            let text = |key: &str| parameter[key].as_str().unwrap_or_default();
                            all.add(
                                format!("{} `{}` of `{name}`", text("in"), text("name")),
                                &about,
                                parameter,
                            );
                        }
                    }
                    "responses" => {
                        for (status, response) in members(value) {
                            all.add(format!("response {status} of `{name}`"), &about, response);
                        }
                    }
                    // The name under which all of this is stated.
                    _ if key.starts_with("x-paypos-") => {}
                    _ if is_prose(key) => {
                        all.prose.insert(format!("`{name}`: {key}"), (about.clone(), value.clone()));
                    }
                    _ => all.add(format!("`{key}` of `{name}`"), &about, value),
                }
            }
        }
        for (name, schema) in members(&document.json["components"]["schemas"]) {
            all.add_schema(name, schema);
        }
        all
    }

    fn add_schema(&mut self, name: &str, schema: &Value) {
        let about = About::Type(name.to_owned());
        let required: BTreeSet<_> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, value) in members(schema) {
            match key.as_str() {
                "required" => {}
                "properties" => {
                    for (property, schema) in members(value) {
                        let mut schema = schema.clone();
                        schema["required"] = json!(required.contains(property.as_str()));
                        let about = About::Property(name.to_owned(), property.clone());
                        self.add(format!("{name}.{property}"), &about, &schema);
                    }
                }
                _ if is_prose(key) => {
                    self.prose.insert(format!("{name}: {key}"), (about.clone(), value.clone()));
                }
                _ => self.add(format!("`{key}` of {name}"), &about, value),
            }
        }
    }

    /// Adds what is stated at a place, and apart from it what is written there for people.
    fn add(&mut self, place: String, about: &About, value: &Value) {
        let fact = self.split(&place, about, value);
        self.facts.insert(place, (about.clone(), fact));
    }

    fn split(&mut self, place: &str, about: &About, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut facts = Map::new();
                for (key, value) in members {
                    if is_prose(key) {
                        self.prose.insert(format!("{place}: {key}"), (about.clone(), value.clone()));
                    } else {
                        facts.insert(key.clone(), self.split(place, about, value));
                    }
                }
                Value::Object(facts)
            }
            Value::Array(items) => items.iter().map(|item| self.split(place, about, item)).collect(),
            other => other.clone(),
        }
    }
}

fn is_prose(key: &str) -> bool {
    PROSE.contains(&key)
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
