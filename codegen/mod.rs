//! Paynet's documents in, Rust out.
//!
//! The pipeline is: read and check each document, join them, correct the whole in
//! memory (each deviation is one function in [`corrections`]), let progenitor
//! generate, and emit what progenitor does not. `build.rs` runs it, and so do the
//! tests that compare its output with the golden file.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unnecessary_wraps,
    reason = "mounted by the build script and by tests, each of which uses another part; corrections share a signature"
)]

pub mod corrections;
pub mod document;
pub mod emit;

use std::{fmt, panic};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use serde_json::{Value, json};

pub use document::{Document, join};

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
        let place = if pointer.is_empty() { String::new() } else { format!("at {pointer}: ") };
        // One line, since cargo shows no more of a build script's error.
        let line = format!("{file}: {place}{wrong}; {right}");
        f.write_str(&line.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl std::error::Error for Unusable {}

/// Generates the Rust source of the client from all documents, formatted.
pub fn generate(documents: &[Document]) -> Result<String, Unusable> {
    let files: Vec<_> = documents.iter().map(|document| document.file.clone()).collect();
    let document = corrected(join(documents)?)?;
    let (generator, tokens) = client(&document)?;
    let file = emit::complete(&document, &files, &generator, tokens)?;
    Ok(prettyplease::unparse(&file))
}

/// The document as it is generated from.
pub fn corrected(mut document: Document) -> Result<Document, Unusable> {
    for correction in &corrections::ALL {
        (correction.apply)(&mut document)?;
    }
    Ok(document)
}

/// progenitor's part.
fn client(document: &Document) -> Result<(Generator, TokenStream), Unusable> {
    let spec: OpenAPI = serde_path_to_error::deserialize(&document.json).map_err(|error| {
        let place: Vec<_> = error.path().iter().map(ToString::to_string).collect();
        let place = document::pointer("", &place.iter().map(String::as_str).collect::<Vec<_>>());
        // Its error says no more than that it is in one of the paths.
        let operation = document.operations().into_iter().map(|operation| operation.pointer).find(|at| {
            at.starts_with(&place)
                && document
                    .json
                    .pointer(at)
                    .is_some_and(|json| serde_json::from_value::<openapiv3::Operation>(json.clone()).is_err())
        });
        document.unusable(
            &operation.unwrap_or(place),
            format!("openapiv3 cannot read it: {}", error.inner()),
            "expected what OpenAPI 3.0.3 allows there",
        )
    })?;

    let conversion = |schema: Value| serde_json::from_value(schema).expect("a JSON schema");
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(crate::transport::Context))
        .with_conversion(
            conversion(json!({"type": "string", "format": corrections::SECRET_FORMAT})),
            emit::SECRET,
            std::iter::empty::<TypeImpl>(),
        )
        .with_conversion(
            conversion(json!({"type": "number"})),
            emit::DECIMAL,
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
    Ok((generator, tokens))
}

/// progenitor panics on some documents that it does not support: a reason like its errors.
pub fn without_panic<T>(generate: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::catch_unwind(panic::AssertUnwindSafe(generate)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(text.unwrap_or("it panicked without saying why").to_owned())
    })
}

/// What a `{"$ref": …}` leads to, or the value itself. `Document::parse` has seen that each leads somewhere.
pub fn resolve<'a>(json: &'a Value, mut value: &'a Value) -> &'a Value {
    while let Some(target) = document::target_of(value).and_then(|target| json.pointer(target)) {
        value = target;
    }
    value
}
