//! Paynet's documents in, Rust out.
//!
//! The pipeline: read each document, join them in normal form, correct the whole in
//! memory (each deviation is one function in [`corrections`]), let progenitor
//! generate, and emit what progenitor does not.

pub mod corrections;
mod document;
mod emit;
mod error;
mod join;
mod normal;
mod operations;
mod surface;

use std::{
    iter, panic,
    sync::{Mutex, PoisonError},
};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use serde_json::{Map, Value, json};

use corrections::{REDUCTIONS, REPAIRS, apply, body};
pub use document::{Document, Operation, is_unseen};
pub use error::DocumentError;
pub use join::join;
pub use normal::{PROSE, without_prose};
pub use surface::{Field, Operation as SurfaceOperation, Parameter, Surface, Type};

/// What is generated from all documents.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The Rust source of the client, formatted.
    pub code: String,
    /// What callers see of it.
    pub surface: Surface,
    /// The documents as one that is OpenAPI: joined and repaired.
    pub document: Value,
}

/// Generates the client.
///
/// # Errors
/// If a document cannot be used.
pub fn generate(documents: &[Document]) -> Result<Generated, DocumentError> {
    let repaired = apply(join(documents)?, &REPAIRS)?;
    let reduced = apply(repaired.clone(), &REDUCTIONS)?;
    let (file, surface) = emit::complete(&reduced, by_progenitor(&reduced)?)?;
    Ok(Generated { code: prettyplease::unparse(&file), surface, document: repaired.json })
}

fn by_progenitor(document: &Document) -> Result<TokenStream, DocumentError> {
    let schema = |schema: Value| serde_json::from_value(schema).unwrap_or_default();
    let secret = schema(json!({ "type": "string", "format": corrections::SECRET_FORMAT }));
    let number = schema(json!({ "type": "number" }));
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(crate::transport::Context))
        .with_conversion(secret, "crate::Secret", iter::empty::<TypeImpl>())
        .with_conversion(number, "crate::Decimal", iter::empty::<TypeImpl>());
    let operations = document.operations();
    for operation in &operations {
        if operations::known(&operation.name).is_some_and(|known| known.returns_handoff) {
            let response = body(document, operation, "responses").unwrap_or_default();
            settings.with_replacement(response, "crate::handoff::Opened", iter::empty::<TypeImpl>());
        }
    }
    let generate = |operations: &[Operation]| {
        without_panic(|| {
            let spec: OpenAPI =
                serde_json::from_value(minimal(document, operations)).map_err(|error| error.to_string())?;
            Generator::new(&settings).generate_tokens(&spec).map_err(|error| error.to_string())
        })
    };
    generate(&operations).map_err(|reason| {
        // Its errors do not name the place.
        let culprit = operations.iter().find(|operation| generate(std::slice::from_ref(operation)).is_err());
        document.error(
            culprit.map_or("", |operation| &operation.pointer),
            format!("progenitor cannot generate from it: {reason}"),
            "expected what progenitor supports; or add a correction to codegen/src/corrections.rs",
        )
    })
}

/// A schema without prose, and without the mark of a secret that is not text, which is no type to progenitor.
fn plain(schema: &Value) -> Value {
    let mut plain = without_prose(schema);
    for (_, property) in plain.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        if property.get("type").is_none() {
            property.as_object_mut().map(|members| members.remove("format"));
        }
    }
    plain
}

/// The operations as progenitor is given them: nothing but what decides the code. Text of a page would be Markdown in
/// the docs, and the version a header.
fn minimal(document: &Document, operations: &[Operation]) -> Value {
    fn only(value: &Value, keys: &[&str]) -> Value {
        let members = document::entries(Some(value)).filter(|(key, _)| keys.contains(&key.as_str()));
        members.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>().into()
    }
    let mut paths = json!({});
    for (index, operation) in operations.iter().enumerate() {
        let written = document.at(&operation.pointer);
        let mut json = without_prose(&only(written, &["operationId", "parameters", "requestBody"]));
        for (status, response) in document::entries(written.get("responses")) {
            json["responses"][status] = only(response, &["content", "description"]);
        }
        // The hook sets the URL; only the places of parameters are filled in, and a short path is parsed sooner.
        let has_parameters = written["parameters"].as_array().is_some_and(|all| !all.is_empty());
        let path = if has_parameters { &operation.path } else { &format!("/{index}") };
        paths[path][&operation.method] = json;
    }
    let schemas = document::entries(document.json.pointer("/components/schemas"));
    let schemas: Map<_, _> = schemas.map(|(name, schema)| (name.clone(), plain(schema))).collect();
    json!({
        "openapi": "3.0.3",
        "info": { "title": "PayPOS", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// Returns progenitor's panics, which some documents cause, as errors.
fn without_panic<T>(generate: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    // The hook is the process's: one at a time.
    static HOOK: Mutex<()> = Mutex::new(());
    let _guard = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(panic::AssertUnwindSafe(generate));
    panic::set_hook(hook);
    result.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(text.unwrap_or("it panicked without a message").to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::without_panic;

    #[test]
    fn a_panic_is_returned_with_its_message() {
        assert_eq!(
            without_panic(|| -> Result<(), _> { panic!("at the disco") }).unwrap_err(),
            "at the disco"
        );
        assert_eq!(without_panic(|| -> Result<(), _> { panic!("{}", 1) }).unwrap_err(), "1");
        assert_eq!(without_panic(|| Ok(1)), Ok(1));
    }
}
