//! Paynet's document in, Rust out.
//!
//! The pipeline is: read and check the document, correct it in memory (each
//! deviation is one function in [`corrections`]), let progenitor generate from
//! it, and emit what progenitor does not. `build.rs` runs it, and so do the
//! tests that compare its output with the golden file.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unnecessary_wraps,
    reason = "mounted by the build script and by tests, each of which uses another part; corrections share a signature"
)]

pub mod corrections;
mod document;
mod emit;

use std::{fmt, panic};

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use serde_json::{Value, json};

pub use document::Document;

/// Why a document cannot be generated from: where, what is wrong, and what would be right.
#[derive(Debug)]
pub struct Unusable {
    pub file: String,
    /// A JSON pointer into the file; empty for the file as a whole.
    pub pointer: String,
    pub wrong: String,
    pub right: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, pointer, wrong, right } = self;
        match pointer.as_str() {
            "" => write!(f, "{file}: {wrong}; {right}"),
            _ => write!(f, "{file}: at {pointer}: {wrong}; {right}"),
        }
    }
}

impl std::error::Error for Unusable {}

/// Generates the Rust source of the client, formatted.
pub fn generate(mut document: Document) -> Result<String, Unusable> {
    for correction in &corrections::ALL {
        (correction.apply)(&mut document)?;
    }
    let spec = serde_json::from_value(document.json.clone()).map_err(|error| {
        document.unusable("", format!("openapiv3 cannot read it: {error}"), "expected OpenAPI 3.0.x")
    })?;

    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(crate::transport::Context))
        .with_conversion(
            serde_json::from_value(json!({"type": "string", "format": corrections::SECRET_FORMAT}))
                .expect("a JSON schema"),
            "crate::Secret",
            std::iter::empty::<TypeImpl>(),
        );
    let mut generator = Generator::new(&settings);
    let tokens = without_panic(|| generator.generate_tokens(&spec).map_err(|error| error.to_string()))
        .map_err(|reason| {
            document.unusable(
                "",
                format!("progenitor cannot generate from it: {reason}"),
                "keep to what progenitor supports, or add a correction to codegen/corrections.rs",
            )
        })?;
    let file = emit::complete(&document, &generator, tokens)?;
    Ok(prettyplease::unparse(&file))
}

/// progenitor panics on some documents that it does not support: that is a
/// reason like its errors, and its backtrace helps nobody.
fn without_panic<T>(generate: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(panic::AssertUnwindSafe(generate));
    panic::set_hook(hook);
    result.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(text.unwrap_or("it panicked without saying why").to_owned())
    })
}

/// The schema that a `{"$ref": …}` leads to, or the schema itself.
fn resolve<'a>(json: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // Bounded, since references may form a ring; `Document::parse` has seen that each leads somewhere.
    for _ in 0..32 {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => match json.pointer(reference.trim_start_matches('#')) {
                Some(target) => schema = target,
                None => break,
            },
            None => break,
        }
    }
    schema
}
