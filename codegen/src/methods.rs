//! The methods, by progenitor. It writes no type: each is replaced by the one that `print` writes.

use std::iter;

use openapiv3::{
    ArrayType, BooleanType, Components, Content, HeaderStyle, IntegerType, MediaType, ObjectType, OpenAPI,
    Parameter, ParameterData, ParameterSchemaOrContent, PathItem, PathStyle, QueryStyle, ReferenceOr,
    RequestBody, Response, Schema, SchemaData, SchemaKind, StatusCode, StringType, Type,
};
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};

use crate::{
    Document, DocumentError,
    document::placeholders,
    model::{self, Api, Ty},
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
    Generator::new(&settings).generate_tokens(&openapi(api)).map_err(|error| {
        let expected = "expected what progenitor supports; or add a rule to codegen/src/rules.rs";
        document.error("", format!("progenitor cannot generate from it: {error}"), expected)
    })
}

/// The document that progenitor is given: nothing but what decides the methods. Built as a value: to read one from JSON
/// takes a compiler longer than all that is here.
fn openapi(api: &Api) -> OpenAPI {
    let mut document = OpenAPI { openapi: "3.0.3".to_owned(), ..OpenAPI::default() };
    (document.info.title, document.info.version) = ("PayPOS".to_owned(), "1".to_owned());
    let mut components = Components::default();
    for (index, (name, operation)) in api.operations.iter().enumerate() {
        for ty in operation.request.iter().chain(&operation.response) {
            let object = schema(Type::Object(ObjectType::default()));
            components.schemas.insert(ty.clone(), ReferenceOr::Item(object));
        }
        let request = operation.request.as_ref().map(|ty| RequestBody {
            content: content(ty),
            required: true,
            ..RequestBody::default()
        });
        let mut success = Response::default();
        if let Some(ty) = &operation.response {
            success.content = content(ty);
        }
        let mut method = openapiv3::Operation {
            operation_id: Some((*name).clone()),
            parameters: operation.parameters.iter().map(|it| ReferenceOr::Item(parameter(it))).collect(),
            request_body: request.map(ReferenceOr::Item),
            ..openapiv3::Operation::default()
        };
        method.responses.responses.insert(StatusCode::Code(operation.status), ReferenceOr::Item(success));
        // The hook sets the URL; only the places of parameters are filled in, and a short path is parsed sooner.
        let is_filled = placeholders(&operation.path).next().is_some();
        let path = if is_filled { operation.path.clone() } else { format!("/{index}") };
        let item = document.paths.paths.entry(path).or_insert_with(|| ReferenceOr::Item(PathItem::default()));
        if let ReferenceOr::Item(item) = item {
            let slot = match operation.method.as_str() {
                "get" => &mut item.get,
                "put" => &mut item.put,
                "delete" => &mut item.delete,
                "options" => &mut item.options,
                "head" => &mut item.head,
                "patch" => &mut item.patch,
                "trace" => &mut item.trace,
                _ => &mut item.post,
            };
            *slot = Some(method);
        }
    }
    document.components = Some(components);
    document
}

fn schema(ty: Type) -> Schema {
    Schema { schema_data: SchemaData::default(), schema_kind: SchemaKind::Type(ty) }
}

/// JSON of a type.
fn content(ty: &str) -> Content {
    let schema = ReferenceOr::Reference { reference: format!("#/components/schemas/{ty}") };
    [(JSON.to_owned(), MediaType { schema: Some(schema), ..MediaType::default() })].into_iter().collect()
}

fn parameter(parameter: &model::Parameter) -> Parameter {
    let schema = schema(plain(&parameter.ty));
    let parameter_data = ParameterData {
        name: parameter.name.clone(),
        description: None,
        required: parameter.required,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)),
        example: None,
        examples: iter::empty().collect(),
        explode: None,
        extensions: iter::empty().collect(),
    };
    match parameter.location.as_str() {
        "path" => Parameter::Path { parameter_data, style: PathStyle::default() },
        "header" => Parameter::Header { parameter_data, style: HeaderStyle::default() },
        _ => Parameter::Query {
            parameter_data,
            allow_reserved: false,
            style: QueryStyle::default(),
            allow_empty_value: None,
        },
    }
}

/// The type of a parameter.
fn plain(ty: &Ty) -> Type {
    match ty {
        Ty::List(items) => {
            let items = Some(ReferenceOr::Item(Box::new(schema(plain(items)))));
            Type::Array(ArrayType { items, min_items: None, max_items: None, unique_items: false })
        }
        Ty::Boolean => Type::Boolean(BooleanType::default()),
        Ty::Integer => Type::Integer(IntegerType::default()),
        _ => Type::String(StringType::default()),
    }
}
