//! Emits what progenitor does not: the environments; constructors, setters and
//! checks of the request types; what each type shows of itself; handoffs; and
//! the table of operations.

use std::collections::BTreeSet;

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, TokenStream};
use progenitor::Generator;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{parse_quote, visit_mut::VisitMut};
use typify::{Type, TypeDetails, TypeEnumVariant, TypeId, TypeSpace, TypeStructPropInfo};

use super::{
    Document, Unusable, corrections,
    document::{Operation, entries, environment_name, pointer},
    resolve,
};

/// What a secret becomes.
pub const SECRET: &str = "crate::Secret";

/// What a `number` becomes: an integer is none, and stays what it is.
pub const DECIMAL: &str = "crate::Decimal";

/// The properties of an answer that opens PayPOS.
pub const HANDOFF: [&str; 3] = ["payment_session_id", "deeplink_url", "encryption_key"];

/// What every answer may say besides, which errors pass on.
pub const SAID: [&str; 3] = ["object_name", "code", "message"];

/// The generated file: progenitor's code, its types adjusted, and what is emitted here.
pub fn complete(
    document: &Document,
    files: &[String],
    generator: &Generator,
    tokens: TokenStream,
) -> Result<syn::File, Unusable> {
    let unreadable = |error: syn::Error| {
        document.unusable(
            "",
            format!("the code generated from it does not parse: {error}"),
            "report it to progenitor",
        )
    };
    let mut file: syn::File = syn::parse2(tokens).map_err(unreadable)?;
    let space = generator.get_type_space();
    let roles = Roles::of(document, space);
    let mut adjust = Adjust { roles: &roles, inexact: None };
    adjust.visit_file_mut(&mut file);
    if let Some(field) = adjust.inexact {
        return Err(document.unusable(
            "",
            format!("`{field}` holds numbers in a way that is not read yet"),
            "expected a number by itself; teach src/decimal.rs how to read it",
        ));
    }

    check_parameters(document)?;
    check_properties(document, space, &roles)?;

    let environment = environment(document);
    let public = public(document, space, &roles);
    let shown = shown(space, &roles);
    let operations = operations(document, files);
    let emitted = quote!(#environment #public #shown #operations);
    let emitted: syn::File = syn::parse2(emitted).map_err(unreadable)?;
    file.items.extend(emitted.items);
    Ok(file)
}

/// Every operation asks for one credential, by which it belongs to `Agent` or to `Session`, and for
/// nothing else beside its body.
fn check_parameters(document: &Document) -> Result<(), Unusable> {
    for operation in document.operations() {
        let headers = at(document, &operation)[corrections::INJECTED_HEADERS].clone();
        let asks =
            |name: &str| headers.as_array().is_some_and(|headers| headers.contains(&Value::from(name)));
        if asks("Authorization") == asks("Session-Key") {
            return Err(document.unusable(
                &operation.pointer,
                format!("the headers that say for whom it is called are {headers}"),
                "expected either Authorization or Session-Key",
            ));
        }
    }
    for list in document.parameter_lists() {
        let rest = document.json.pointer(&list).and_then(|list| list.get(0));
        if let Some(parameter) = rest.map(|parameter| resolve(&document.json, parameter)) {
            return Err(document.unusable(
                &list,
                format!("nothing sends the parameter {}", parameter["name"]),
                "expected what the transport injects; or teach `INJECTED` in codegen/document.rs and \
                 `Header` in src/transport.rs to send it",
            ));
        }
    }
    Ok(())
}

/// Each property gives a field of its own, and of a request a setter beside `new`.
fn check_properties(document: &Document, space: &TypeSpace, roles: &Roles) -> Result<(), Unusable> {
    for ty in space.iter_types() {
        let TypeDetails::Struct(details) = ty.details() else { continue };
        let mut names = BTreeSet::new();
        if roles.requests.contains(&ty.name()) {
            names.insert("new".to_owned());
        }
        for property in details.properties_info().map(|info| info.name.to_owned()) {
            if !names.insert(property.clone()) {
                return Err(document.unusable(
                    &place_of(document, &ty.name()),
                    format!("`{}` would have two members of the name `{property}`", ty.name()),
                    "expected properties that differ in more than case and punctuation, and none `new`; \
                     or add a correction to codegen/corrections.rs",
                ));
            }
        }
    }
    Ok(())
}

/// Where the component that a type is made of stands; nowhere for what is written in place.
fn place_of(document: &Document, name: &str) -> String {
    let component = entries(document.json.pointer("/components/schemas"))
        .find(|(component, _)| component.to_upper_camel_case() == name);
    component.map(|(name, _)| pointer("/components/schemas", &[name])).unwrap_or_default()
}

fn environment(document: &Document) -> TokenStream {
    let servers: Vec<(String, String)> = document.json["servers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|server| {
            Some((environment_name(server)?, server["url"].as_str()?.trim_end_matches('/').to_owned()))
        })
        .collect();
    let names: Vec<&String> = servers.iter().map(|(name, _)| name).collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{name}")).collect();
    let urls: Vec<_> = servers.iter().map(|(_, url)| url).collect();
    let docs = urls.iter().map(|url| format!(" `{url}`"));
    quote! {
        /// Which of Paynet's servers a client talks to; there is no default.
        ///
        /// Generated from the document's `servers`; the variants are named by
        /// their descriptions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Environment {
            #(#[doc = #docs] #variants,)*
        }

        impl Environment {
            /// Every environment, in the document's order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// The URL of the server, without a trailing slash: `url` of the document's `servers`.
            #[must_use]
            pub const fn base_url(self) -> &'static str {
                match self { #(Self::#variants => #urls,)* }
            }

            /// The variant's name, which `Display` writes and `FromStr` reads.
            pub(crate) const fn name(self) -> &'static str {
                match self { #(Self::#variants => #names,)* }
            }
        }
    }
}

/// What callers see of the types: of each request its constructor, setters and checks, from
/// typify's own types; and of answers those that are not made a handoff of.
fn public(document: &Document, space: &TypeSpace, roles: &Roles) -> TokenStream {
    let mut names = Vec::new();
    let mut impls = Vec::new();
    for ty in space.iter_types().filter(|ty| roles.requests.contains(&ty.name())) {
        names.push(format_ident!("{}", ty.name()));
        if let TypeDetails::Struct(details) = ty.details() {
            let of = |info| Property::of(space, roles, &info);
            let mut properties: Vec<_> = details.properties_info().map(of).collect();
            // In the document's order, as typify's is another when Paynet renames one.
            let order = required_of(document, &ty.name());
            properties.sort_by_key(|property| order.iter().position(|name| property.field == *name));
            impls.push(request(&ty.name(), &properties));
        }
    }
    let handoffs = handoffs(space, roles);
    let answers = roles.answers.iter().filter(|name| {
        let is_handoff = handoffs.iter().any(|(handoff, _)| *handoff == **name);
        !is_handoff && !roles.requests.contains(*name)
    });
    names.extend(answers.map(|name| format_ident!("{name}")));
    let handoffs = handoffs.iter().map(|(_, conversion)| conversion);
    quote! {
        /// The types of the documents: requests and answers, generated from their schemas.
        ///
        /// Of a request, `new` takes what is required, in the document's order, and each optional
        /// property has a setter. `Debug` shows numbers and truth values, and of anything else only
        /// whether it is there. An amount keeps its digits in JSON text; a `serde_json::Value`
        /// in between would make a float of it.
        pub mod public {
            pub use super::types::{#(#names),*};
        }
        #(#handoffs)*
        #(#impls)*
    }
}

/// `Debug` of all types: numbers and truth values as they are, and of anything else only whether it is
/// there, since a text may be a secret, a person's, or a server's.
fn shown(space: &TypeSpace, roles: &Roles) -> TokenStream {
    let mut impls = TokenStream::new();
    let known: BTreeSet<String> = roles.requests.union(&roles.answers).cloned().collect();
    for ty in space.iter_types() {
        let name = ty.name();
        let TypeDetails::Struct(details) = ty.details() else { continue };
        if !known.contains(&name) {
            continue;
        }
        let fields = details.properties_info().map(|info| {
            let property = Property::of(space, roles, &info);
            let Property { field, option, .. } = &property;
            let label = field.to_string();
            let shows_itself = matches!(property.of, Of::Scalar | Of::Decimal)
                || space.get_type(&info.type_id).is_ok_and(|ty| is_made_of(space, &ty, &known));
            let value = match option {
                _ if shows_itself => quote!(&self.#field),
                true => quote!(&self.#field.as_ref().map(|_| crate::secret::Redacted)),
                false => quote!(&crate::secret::Redacted),
            };
            quote!(.field(#label, #value))
        });
        let ident = format_ident!("{name}");
        impls.extend(quote! {
            impl ::std::fmt::Debug for types::#ident {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.debug_struct(#name)#(#fields)*.finish_non_exhaustive()
                }
            }
        });
    }
    impls
}

/// A `Handoff` of each answer that has what it takes, by the answer's name.
fn handoffs(space: &TypeSpace, roles: &Roles) -> Vec<(String, TokenStream)> {
    let mut impls = Vec::new();
    for ty in space.iter_types().filter(|ty| roles.bodies.iter().any(|(body, _)| *body == ty.name())) {
        let TypeDetails::Struct(details) = ty.details() else { continue };
        let properties: Vec<_> =
            details.properties_info().map(|info| Property::of(space, roles, &info)).collect();
        let value = |name: &str| {
            let Property { field, option, .. } = properties.iter().find(|property| property.field == name)?;
            Some(if *option { quote!(answer.#field) } else { quote!(Some(answer.#field)) })
        };
        let Some(needed) = HANDOFF.map(value).into_iter().collect::<Option<Vec<_>>>() else { continue };
        let said = SAID.map(|name| {
            let (field, value) = (format_ident!("{name}"), value(name).unwrap_or_else(|| quote!(None)));
            quote!(#field: #value)
        });
        let ident = format_ident!("{}", ty.name());
        let conversion = quote! {
            impl TryFrom<types::#ident> for crate::Handoff {
                type Error = crate::Error;

                fn try_from(answer: types::#ident) -> Result<Self, crate::Error> {
                    Self::read(#(#needed),*)
                        .map_err(|wrong| crate::Error::bad_response(wrong, crate::error::Said { #(#said),* }))
                }
            }
        };
        impls.push((ty.name(), conversion));
    }
    impls
}

/// The properties that the schema of a type requires, as fields are spelled.
fn required_of(document: &Document, name: &str) -> Vec<String> {
    let schema = entries(document.json.pointer("/components/schemas"))
        .find(|(component, _)| component.to_upper_camel_case() == name)
        .map(|(_, schema)| &schema["required"]);
    let required = schema.and_then(Value::as_array).into_iter().flatten();
    required.filter_map(|property| Some(property.as_str()?.to_snake_case())).collect()
}

/// One property of a request or an answer, as typify generates its field.
struct Property {
    field: Ident,
    description: String,
    required: bool,
    /// The field is an `Option` of `value`.
    option: bool,
    value: TokenStream,
    of: Of,
}

/// What a property of a request or an answer holds, which says how it is checked, and what `Debug` shows
/// of it: itself, or only whether it is there.
#[derive(PartialEq)]
enum Of {
    /// Shows only whether it is there.
    Text,
    /// Shows only whether it is there.
    Secret,
    /// Shows itself.
    Decimal,
    /// A truth value or a whole number. Shows itself.
    Scalar,
    /// Another request type, or a list of them, whose own checks are run. Shows itself.
    Requests,
    /// Shows itself where it is another type of an answer, or a list of them, and else only whether it is there.
    Other,
}

impl Property {
    fn of(space: &TypeSpace, roles: &Roles, info: &TypeStructPropInfo<'_>) -> Self {
        let get = |id: &TypeId| space.get_type(id).expect("a property's type is in the type space");
        let outer = get(&info.type_id);
        let (option, ty) = match outer.details() {
            TypeDetails::Option(inner) => (true, get(&inner)),
            _ => (false, get(&info.type_id)),
        };
        Self {
            field: format_ident!("{}", info.name),
            description: info.description.unwrap_or_default().to_owned(),
            required: info.required,
            option,
            value: ty.ident(),
            of: match ty.details() {
                TypeDetails::String => Of::Text,
                TypeDetails::Builtin(name) if name == SECRET => Of::Secret,
                TypeDetails::Builtin(name) if name == DECIMAL => Of::Decimal,
                TypeDetails::Builtin("bool" | "i64") => Of::Scalar,
                _ if is_made_of(space, &ty, &roles.requests) => Of::Requests,
                _ => Of::Other,
            },
        }
    }

    /// The checks of the property, each with the words of what it refuses.
    fn rules(&self) -> Vec<(TokenStream, String)> {
        let Self { field, option, .. } = self;
        let label = field.to_string();
        let mut rules = Vec::new();
        let mut rule = |check, words: &str| rules.push((check, format!("`{label}` {words}")));
        if self.of == Of::Text && self.required && !option {
            rule(quote!(crate::check::not_blank(#label, &self.#field)?;), "is blank");
        }
        if self.of == Of::Secret && self.required && !option {
            rule(quote!(crate::check::not_blank(#label, self.#field.expose())?;), "is blank");
        }
        if self.of == Of::Decimal && label.ends_with("amount") {
            let given = if *option { quote!(self.#field) } else { quote!(Some(self.#field)) };
            rule(
                quote!(crate::check::amount(#label, #given)?;),
                "is not positive or has more than two decimals",
            );
        }
        if self.of == Of::Text && label.ends_with("_url") {
            let given = if *option { quote!(self.#field.as_deref()) } else { quote!(Some(&*self.#field)) };
            rule(
                quote!(crate::check::app_url(#label, #given)?;),
                "is not an absolute URL, has a space or a control character in it, or has the scheme \
                 `javascript`, `data`, `file` or `blob`",
            );
        }
        if self.of == Of::Requests {
            rule(quote!(crate::check::Check::check(&self.#field)?;), "holds what would be refused by itself");
        }
        rules
    }

    fn setter(&self) -> TokenStream {
        let Self { field, value, .. } = self;
        let doc = format!(" Sets the optional property `{field}`. {}", self.description);
        let refusals = refusals(&[self]);
        let set = if self.option { quote!(Some(value.into())) } else { quote!(value.into()) };
        quote! {
            #[doc = #doc]
            #refusals
            #[must_use]
            pub fn #field(mut self, value: impl Into<#value>) -> Self {
                self.#field = #set;
                self
            }
        }
    }
}

/// The paragraph of a doc comment on what is refused of these properties, if anything is.
fn refusals(properties: &[&Property]) -> Option<TokenStream> {
    let rules = properties.iter().flat_map(|property| property.rules());
    let words: Vec<_> = rules.map(|(_, words)| words).collect();
    let doc =
        format!(" When the request is sent, it is refused as `InvalidInput` if {}.", words.join(", or if "));
    (!words.is_empty()).then(|| quote!(#[doc = ""] #[doc = #doc]))
}

/// Whether the type is one of these that is a struct, or a list of them, or may be absent.
fn is_made_of(space: &TypeSpace, ty: &Type<'_>, names: &BTreeSet<String>) -> bool {
    match ty.details() {
        TypeDetails::Struct(_) => names.contains(&ty.name()),
        TypeDetails::Vec(inner) | TypeDetails::Box(inner) | TypeDetails::Option(inner) => {
            space.get_type(&inner).is_ok_and(|inner| is_made_of(space, &inner, names))
        }
        _ => false,
    }
}

fn request(name: &str, properties: &[Property]) -> TokenStream {
    let name = format_ident!("{name}");
    let (required, optional): (Vec<_>, Vec<_>) = properties.iter().partition(|property| property.required);
    let fields: Vec<_> = required.iter().map(|property| &property.field).collect();
    let values = required.iter().map(|property| {
        let value = &property.value;
        if property.option { quote!(Option<#value>) } else { value.clone() }
    });
    let unset = optional.iter().map(|property| &property.field);
    let setters = optional.iter().map(|property| property.setter());
    let checks = properties.iter().flat_map(Property::rules).map(|(check, _)| check);
    let refusals = refusals(&required);
    let list: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    let doc = match list.as_slice() {
        [] => " A request with no property set; none is required.".to_owned(),
        list => format!(" A request with what is required: {}.", list.join(", ")),
    };
    quote! {
        impl types::#name {
            #[doc = #doc]
            #refusals
            #[must_use]
            pub fn new(#(#fields: impl Into<#values>),*) -> Self {
                Self {
                    #(#fields: #fields.into(),)*
                    #(#unset: Default::default(),)*
                }
            }
            #(#setters)*
        }

        impl crate::check::Check for types::#name {
            fn check(&self) -> Result<(), crate::Error> {
                #(#checks)*
                Ok(())
            }
        }
    }
}

fn operations(document: &Document, files: &[String]) -> TokenStream {
    let mut constants = Vec::new();
    let mut items = Vec::new();
    for operation in document.operations() {
        let json = at(document, &operation);
        let name = json["operationId"].as_str().unwrap_or_default();
        let constant = format_ident!("{}", name.to_shouty_snake_case());
        let headers = json[corrections::INJECTED_HEADERS].as_array().into_iter().flatten();
        let headers =
            headers.filter_map(|header| Some(format_ident!("{}", header.as_str()?.to_upper_camel_case())));
        let answer = schema(resolve(&document.json, &json["responses"]["200"]));
        let mut properties = BTreeSet::new();
        property_names(document, answer, &mut properties);
        let doc = format!(" `{} {}`", operation.method.to_uppercase(), operation.path);
        items.push(quote! {
            #[doc = #doc]
            pub(crate) const #constant: Operation = Operation {
                name: #name,
                headers: &[#(Header::#headers),*],
                properties: &[#(#properties),*],
            };
        });
        constants.push(constant);
    }
    quote! {
        use crate::transport::Answer as ResponseValue;

        /// The documents as they are stored, which the simulator judges by.
        pub(crate) const DOCUMENTS: &[&str] =
            &[#(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", #files))),*];

        /// The document's operations, with what the transport needs to know of each.
        pub(crate) mod operations {
            use crate::transport::{Header, Operation};

            #(#items)*

            /// Every operation.
            pub(crate) const ALL: &[Operation] = &[#(#constants),*];
        }
    }
}

/// The names of all properties of a schema, and of the schemas that it is made of.
fn property_names<'a>(document: &'a Document, schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    let schema = resolve(&document.json, schema);
    let properties: Vec<_> = entries(schema.get("properties")).collect();
    // A schema may hold itself; one whose names are all known adds nothing.
    let is_new = properties.iter().fold(false, |new, (name, _)| names.insert(name.as_str()) || new);
    let parts = ["items", "additionalProperties"].into_iter().filter_map(|key| schema.get(key));
    for part in parts.chain(properties.into_iter().filter(|_| is_new).map(|(_, schema)| schema)) {
        if part.is_object() {
            property_names(document, part, names);
        }
    }
}

/// The types that requests and answers are made of, by name.
struct Roles {
    requests: BTreeSet<String>,
    answers: BTreeSet<String>,
    /// For the type of a body: the operation that it belongs to.
    bodies: Vec<(String, String)>,
}

impl Roles {
    fn of(document: &Document, space: &TypeSpace) -> Self {
        let mut roles = Self { requests: BTreeSet::new(), answers: BTreeSet::new(), bodies: Vec::new() };
        for operation in document.operations() {
            let json = at(document, &operation);
            let name = json["operationId"].as_str().unwrap_or_default();
            let place = format!("`{} {}`", operation.method.to_uppercase(), operation.path);
            let request = schema(resolve(&document.json, &json["requestBody"]));
            let answer = schema(resolve(&document.json, &json["responses"]["200"]));
            for (body, suffix, role, text) in [
                (request, "body", &mut roles.requests, "Body of a request to"),
                (answer, "response", &mut roles.answers, "Body of a successful answer of"),
            ] {
                // A schema that is written in place is named as progenitor names it.
                let component = reference_name(body);
                let root =
                    component.map_or_else(|| format!("{name}-{suffix}"), str::to_owned).to_upper_camel_case();
                let source =
                    component.map(|name| format!(" (`#/components/schemas/{name}`)")).unwrap_or_default();
                roles.bodies.push((root.clone(), format!("{text} {place}{source}.")));
                if let Some(ty) = space.iter_types().find(|ty| ty.name() == root) {
                    collect(space, &ty, role);
                }
            }
        }
        roles
    }
}

/// Adds the name of each generated type that the type is made of.
fn collect(space: &TypeSpace, ty: &Type<'_>, names: &mut BTreeSet<String>) {
    let inner: Vec<TypeId> = match ty.details() {
        TypeDetails::Struct(details) => details.properties().map(|(_, id)| id).collect(),
        TypeDetails::Enum(details) => details
            .variants()
            .flat_map(|(_, variant)| match variant {
                TypeEnumVariant::Simple => Vec::new(),
                TypeEnumVariant::Tuple(ids) => ids,
                TypeEnumVariant::Struct(properties) => properties.into_iter().map(|(_, id)| id).collect(),
            })
            .collect(),
        TypeDetails::Newtype(details) => vec![details.inner()],
        TypeDetails::Option(id)
        | TypeDetails::Vec(id)
        | TypeDetails::Set(id)
        | TypeDetails::Box(id)
        | TypeDetails::Array(id, _) => vec![id],
        TypeDetails::Map(key, value) => vec![key, value],
        TypeDetails::Tuple(ids) => ids.collect(),
        TypeDetails::Builtin(_) | TypeDetails::Unit | TypeDetails::String => Vec::new(),
    };
    let has_name =
        matches!(ty.details(), TypeDetails::Struct(_) | TypeDetails::Enum(_) | TypeDetails::Newtype(_));
    if !has_name || names.insert(ty.name()) {
        for ty in inner.iter().filter_map(|id| space.get_type(id).ok()) {
            collect(space, &ty, names);
        }
    }
}

fn reference_name(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

fn at<'a>(document: &'a Document, operation: &Operation) -> &'a Value {
    document.json.pointer(&operation.pointer).unwrap_or(&Value::Null)
}

fn schema(body: &Value) -> &Value {
    &body["content"]["application/json"]["schema"]
}

/// Makes the generated code harder to misuse. Types may grow without breaking a
/// caller; what is only read cannot be written, and what is only sent cannot be
/// read; numbers are read and written exactly; answers are read by the transport;
/// and there is no client but on a checked `reqwest::Client`.
struct Adjust<'a> {
    roles: &'a Roles,
    /// The first field that holds numbers in a way that `exact` cannot have read.
    inexact: Option<String>,
}

impl Adjust<'_> {
    fn adjust(&self, name: &str, attrs: &mut Vec<syn::Attribute>) {
        let sent = self.roles.requests.contains(name);
        let read = self.roles.answers.contains(name);
        let unused: &[&str] = match (sent, read) {
            (true, true) => &["Debug"],
            (true, false) => &["Deserialize", "Debug"],
            // Also where nothing is read: the attributes of the fields need one of serde's derives.
            (false, _) => &["Serialize", "Debug"],
        };
        for attr in attrs.iter_mut().filter(|attr| attr.path().is_ident("derive")) {
            let Ok(derives) = attr
                .parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated)
            else {
                continue;
            };
            let kept = derives.iter().filter(|path| {
                path.segments.last().is_none_or(|last| unused.iter().all(|unused| last.ident != unused))
            });
            *attr = parse_quote!(#[derive(#(#kept),*)]);
        }
        if let Some((_, doc)) = self.roles.bodies.iter().find(|(body, _)| body == name) {
            attrs.retain(|attr| !attr.path().is_ident("doc"));
            let doc = format!(" {doc}");
            attrs.insert(0, parse_quote!(#[doc = #doc]));
        }
        attrs.push(parse_quote!(#[non_exhaustive]));
    }

    /// Has serde read and write a number by its text.
    fn exact(&mut self, of: &str, field: &mut syn::Field) {
        let ty = &field.ty;
        let spelled = quote!(#ty).to_string().replace(' ', "");
        let by: syn::Attribute = match spelled.as_str() {
            DECIMAL => parse_quote!(#[serde(with = "crate::decimal")]),
            _ if spelled == format!("::std::option::Option<{DECIMAL}>") => {
                parse_quote!(#[serde(default, with = "crate::decimal::option")])
            }
            _ if spelled.contains(DECIMAL) => {
                let name = field.ident.as_ref().map(|name| format!(".{name}")).unwrap_or_default();
                self.inexact.get_or_insert_with(|| format!("{of}{name}"));
                return;
            }
            _ => return,
        };
        field.attrs.push(by);
    }
}

impl VisitMut for Adjust<'_> {
    fn visit_use_tree_mut(&mut self, tree: &mut syn::UseTree) {
        // The generated methods read answers by this type: ours has a cap and takes nothing but an object.
        if let syn::UseTree::Group(group) = tree {
            let others = group
                .items
                .iter()
                .filter(|item| !matches!(item, syn::UseTree::Name(name) if name.ident == "ResponseValue"));
            group.items = others.cloned().collect();
        }
        syn::visit_mut::visit_use_tree_mut(self, tree);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        // It sets up reqwest by its defaults, redirects included, and panics where there is no CA store.
        block
            .items
            .retain(|item| !matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == "new"));
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if module.ident != "types" {
            return;
        }
        for item in module.content.iter_mut().flat_map(|(_, items)| items) {
            match item {
                syn::Item::Struct(item) => {
                    self.adjust(&item.ident.to_string(), &mut item.attrs);
                    let name = item.ident.to_string();
                    item.fields.iter_mut().for_each(|field| self.exact(&name, field));
                }
                syn::Item::Enum(item) => self.adjust(&item.ident.to_string(), &mut item.attrs),
                _ => {}
            }
        }
    }
}
