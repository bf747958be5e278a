//! Paynet's documents in, Rust out.
//!
//! The pipeline: read each document, join them in normal form, correct the whole in
//! memory (each deviation is one function in [`corrections`]), let progenitor
//! generate, and emit what progenitor does not.

pub mod corrections;
mod document;
mod emit;
mod error;
mod normal;
mod surface;

use std::{
    iter, panic,
    sync::{Mutex, PoisonError},
};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use serde_json::{Value, json};

pub use corrections::corrected;
use corrections::returns_handoff;
pub use document::{Document, Operation, join};
pub use error::DocumentError;
pub use normal::Statements;
pub use surface::{Field, Operation as SurfaceOperation, Surface, Type};

/// What is generated from all documents.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The Rust source of the client, formatted.
    pub code: String,
    /// What callers see of it.
    pub surface: Surface,
}

/// Generates the client.
///
/// # Errors
/// If a document cannot be used.
pub fn generate(documents: &[Document]) -> Result<Generated, DocumentError> {
    let files: Vec<_> = documents.iter().map(|document| document.file.clone()).collect();
    let document = corrected(join(documents)?)?;
    emit::check_parameters(&document)?;
    let (file, surface) = emit::complete(&document, &files, by_progenitor(&document)?)?;
    Ok(Generated { code: prettyplease::unparse(&file), surface })
}

fn by_progenitor(document: &Document) -> Result<TokenStream, DocumentError> {
    let spec: OpenAPI = serde_json::from_value(document.json.clone()).map_err(|error| {
        let (pointer, error) = unreadable_part(document).unwrap_or_else(|| (String::new(), error));
        let problem = format!("openapiv3 cannot read it: {error}");
        document.error(&pointer, problem, "expected what OpenAPI 3.0.3 allows there")
    })?;
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
    for operation in document.operations().iter().filter(|operation| returns_handoff(&operation.name)) {
        let answer = emit::body(document, operation, "responses/200").unwrap_or_default();
        settings.with_replacement(answer, "crate::Handoff", iter::empty::<TypeImpl>());
    }
    let mut generator = Generator::new(&settings);
    without_panic(|| generator.generate_tokens(&spec).map_err(|error| error.to_string())).map_err(|reason| {
        document.error(
            "",
            format!("progenitor cannot generate from it: {reason}"),
            "expected what progenitor supports; or add a correction to codegen/src/corrections.rs",
        )
    })
}

/// The first operation or schema that openapiv3 cannot read: its error does not name the place.
fn unreadable_part(document: &Document) -> Option<(String, serde_json::Error)> {
    let operations = document.operations().into_iter().map(|Operation { pointer, .. }| {
        let read = serde_json::from_value::<openapiv3::Operation>(document.at(&pointer).clone()).map(drop);
        (pointer, read)
    });
    let schemas = document::entries(document.json.pointer("/components/schemas")).map(|(name, schema)| {
        let read = serde_json::from_value::<openapiv3::Schema>(schema.clone()).map(drop);
        (document::pointer("/components/schemas", &[name]), read)
    });
    operations.chain(schemas).find_map(|(pointer, read)| Some((pointer, read.err()?)))
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
