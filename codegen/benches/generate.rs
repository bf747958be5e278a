//! The time to generate a client, by the number of operations, and its growth: `cargo bench --package
//! paypos-codegen`.

use std::time::Instant;

use paypos_codegen::{Document, generate};
use serde_json::{Value, json};

/// A document of so many operations, each with its own schemas.
fn document(operations: u32) -> Document {
    let text = include_str!("../../openapi/refund-cancel.json");
    let mut json: Value = serde_json::from_str(text).unwrap();
    let paths = json["paths"].take();
    let schemas = json["components"]["schemas"].take();
    let (_, operation) = paths.as_object().unwrap().iter().next().unwrap();
    (json["paths"], json["components"]["schemas"]) = (json!({}), json!({}));
    for n in 0..operations {
        let renamed = operation.to_string().replace("InitReversal", &format!("Operation{n}"));
        json["paths"][format!("/v1/softpos/operation_{n}")] = serde_json::from_str(&renamed).unwrap();
        for (name, schema) in schemas.as_object().unwrap() {
            let name = name.replace("InitReversal", &format!("Operation{n}"));
            json["components"]["schemas"][name] = schema.clone();
        }
    }
    Document::parse("made.json", &json.to_string()).unwrap()
}

fn main() {
    // `cargo test --benches` only runs it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for operations in [10_u32, 100, 1_000] {
        let document = [document(operations)];
        let started = Instant::now();
        let generated = generate(&document).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        assert_eq!(generated.api.operations.len(), operations as usize);
        println!(
            "{operations:>4} operations: {seconds:.3} s, {:.2} ms for each",
            seconds * 1e3 / f64::from(operations)
        );
    }
}
