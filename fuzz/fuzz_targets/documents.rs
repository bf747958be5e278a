//! Documents near the five: one value of one of them is replaced, removed or moved. Each becomes a client or a sentence.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use paypos_codegen::{Document, generate};
use serde_json::Value;

static DOCUMENTS: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi");
    let files = Document::files(folder.as_ref()).unwrap().into_iter();
    let read =
        |file: std::path::PathBuf| serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    files.map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), read(file))).collect()
});

/// The pointers of all values within a value.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{}", escaped(name)), all));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(place, value)| pointers(value, &format!("{at}/{place}"), all));
        }
        _ => {}
    }
}

/// What other documents have, and what none has.
const WORDS: [&str; 16] = [
    "null",
    "true",
    "{}",
    "[]",
    "-1",
    "\"\"",
    "\"string\"",
    "\"array\"",
    "\"decimal\"",
    "{\"type\":\"object\"}",
    "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
    "{\"$ref\":\"#/paths\"}",
    "{\"allOf\":[{}]}",
    "\"self\"",
    "\"clone\"",
    "\"a b/{c}\"",
];

// Each change says which document, where, and to what.
fuzz_target!(|changes: Vec<(u8, u16, u8)>| {
    let mut documents = DOCUMENTS.clone();
    for (which, place, what) in changes.into_iter().take(4) {
        let count = documents.len();
        let document = &mut documents[usize::from(which) % count].1;
        let mut all = Vec::new();
        pointers(document, "", &mut all);
        let at = all[usize::from(place) % all.len()].clone();
        let other = all[usize::from(place).wrapping_mul(31) % all.len()].clone();
        let moved = document.pointer(&other).unwrap().clone();
        let new = match WORDS.get(usize::from(what)) {
            Some(word) => serde_json::from_str(word).unwrap(),
            None if what < 128 => moved,
            None => {
                // Removed, or given another name.
                let (parent, name) = at.rsplit_once('/').unwrap_or_default();
                if let Some(Value::Object(members)) = document.pointer_mut(parent) {
                    if let Some(value) = members.remove(&name.replace("~1", "/").replace("~0", "~")) {
                        if what < 192 {
                            members.insert(format!("{name}{what}"), value);
                        }
                    }
                }
                continue;
            }
        };
        *document.pointer_mut(&at).unwrap() = new;
    }
    let parsed = documents.iter().map(|(file, json)| Document::parse(file, &json.to_string()));
    match parsed.collect::<Result<Vec<_>, _>>().and_then(|documents| generate(&documents)) {
        Ok(generated) => assert!(generated.code.len() > 1000),
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains(".json") || said.contains("expected"), "{said}");
            assert!(!said.contains('\n') && said.len() < 2000, "{said}");
        }
    }
});
