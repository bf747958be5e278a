//! The methods, by progenitor. It writes no type: each is replaced by the one that `print` writes.

use std::{
    iter, panic,
    sync::{Mutex, PoisonError},
};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use serde_json::{Value, json};

use crate::{
    Document, DocumentError,
    document::{placeholders, pointer},
    model::{Api, Operation, Ty},
    repair::JSON,
};

/// The client and its methods.
pub(crate) fn methods(api: &Api, document: &Document) -> Result<TokenStream, DocumentError> {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(crate::transport::Context));
    for (name, ty) in &api.types {
        let path =
            if ty.public { format!("crate::types::{name}") } else { "crate::handoff::Opened".to_owned() };
        settings.with_replacement(name, path, iter::empty::<TypeImpl>());
    }
    let generate = |operations: &[(&String, &Operation)]| {
        without_panic(|| {
            let spec: OpenAPI =
                serde_json::from_value(openapi(operations)).map_err(|error| error.to_string())?;
            Generator::new(&settings).generate_tokens(&spec).map_err(|error| error.to_string())
        })
    };
    let operations: Vec<_> = api.operations.iter().collect();
    generate(&operations).map_err(|reason| {
        // Its errors do not name the place.
        let culprit = operations.iter().find(|operation| generate(std::slice::from_ref(operation)).is_err());
        let place = culprit.map(|(_, operation)| pointer("/paths", &[&operation.path, &operation.method]));
        document.error(
            &place.unwrap_or_default(),
            format!("progenitor cannot generate from it: {reason}"),
            "expected what progenitor supports; or add a rule to codegen/src/rules.rs",
        )
    })
}

/// The document that progenitor is given: nothing but what decides the methods.
fn openapi(operations: &[(&String, &Operation)]) -> Value {
    let (mut paths, mut schemas) = (json!({}), json!({}));
    for (index, (name, operation)) in operations.iter().enumerate() {
        let mut content = |ty: &String| {
            schemas[ty] = json!({ "type": "object" });
            json!({ JSON: { "schema": { "$ref": format!("#/components/schemas/{ty}") } } })
        };
        let parameters = operation.parameters.iter().map(|parameter| {
            json!({
                "name": parameter.name,
                "in": parameter.location,
                "required": parameter.required,
                "schema": plain(&parameter.ty),
            })
        });
        let mut json = json!({ "operationId": name, "parameters": parameters.collect::<Vec<_>>() });
        if let Some(request) = &operation.request {
            json["requestBody"] = json!({ "required": true, "content": content(request) });
        }
        let mut success = json!({ "description": "" });
        if let Some(response) = &operation.response {
            success["content"] = content(response);
        }
        json["responses"] = json!({ operation.status.to_string(): success });
        // The hook sets the URL; only the places of parameters are filled in, and a short path is parsed sooner.
        let is_filled = placeholders(&operation.path).next().is_some();
        let path = if is_filled { &operation.path } else { &format!("/{index}") };
        paths[path][&operation.method] = json;
    }
    json!({
        "openapi": "3.0.3",
        "info": { "title": "PayPOS", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// The schema of a parameter.
fn plain(ty: &Ty) -> Value {
    match ty {
        Ty::List(items) => json!({ "type": "array", "items": plain(items) }),
        ty => json!({ "type": ty.in_json() }),
    }
}

/// Catches a panic, which is how progenitor ends on some documents, and keeps it from being printed.
fn without_panic<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    // The hook is of the process.
    static HOOK: Mutex<()> = Mutex::new(());
    let _lock = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = panic::catch_unwind(panic::AssertUnwindSafe(run));
    panic::set_hook(hook);
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned())
    })
}
