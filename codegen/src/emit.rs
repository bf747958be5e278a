//! Emits what progenitor does not, and adjusts the types that it generates.
//!
//! Only what depends on the documents is emitted: names, lists, and the fields of each
//! type. What they mean is hand-written, as traits on the types of the fields.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;
use syn::{Item, ItemStruct, parse_quote};

use crate::{
    Document, DocumentError, Operation, Surface,
    corrections::{INJECTED_HEADERS, SECRET_FORMAT, is_strict, moves_money, returns_handoff},
    document::{component, pointer, reach},
    surface,
};

/// Every operation requires one credential, by which it belongs to `Agent` or to `Session`, and
/// nothing besides that the transport does not inject.
pub(crate) fn check_parameters(document: &Document) -> Result<(), DocumentError> {
    for operation in document.operations() {
        let headers = headers(document, &operation);
        let requires = |name: &str| headers.iter().any(|header| header == name);
        if requires("Authorization") == requires("Session-Key") {
            let problem = match headers.as_slice() {
                [] => "the operation declares no credential header".to_owned(),
                _ => format!("the operation declares the headers {}", headers.join(", ")),
            };
            let expected = "expected either Authorization or Session-Key";
            return Err(document.error(&operation.pointer, problem, expected));
        }
        let list = format!("{}/parameters", operation.pointer);
        if let Some(parameter) = document.at(&list).get(0) {
            return Err(document.error(
                &list,
                format!("nothing sends the parameter {}", parameter["name"]),
                "expected what the transport injects; or teach `INJECTED` in codegen/src/corrections.rs and \
                 `pre` in src/transport.rs to send it",
            ));
        }
    }
    Ok(())
}

/// The generated file, and what callers see of it.
pub(crate) fn complete(
    document: &Document,
    files: &[String],
    tokens: TokenStream,
) -> Result<(syn::File, Surface), DocumentError> {
    let unreadable = |error: syn::Error| {
        document.error(
            "",
            format!("the code generated from it does not parse: {error}"),
            "report it to progenitor",
        )
    };
    let mut wire: syn::File = syn::parse2(tokens).map_err(unreadable)?;
    let operations = operations(document);
    let usages = usages(document, &operations);
    let unused = Usage::default();
    let mut types = Vec::new();
    for item in &mut wire.items {
        match item {
            Item::Use(item) => read_by_our_response(item),
            // Made for each call, and with a credential in it.
            Item::Struct(item) => item.attrs.retain(|attr| !attr.path().is_ident("derive")),
            // The constructor that sets up reqwest by its own defaults, redirects included.
            Item::Impl(item) if item.trait_.is_none() => {
                item.items.retain(
                    |item| !matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == "new"),
                );
                for item in &mut item.items {
                    if let syn::ImplItem::Fn(function) = item {
                        // Summaries of the page, on methods that no caller sees.
                        function.attrs.retain(|attr| !attr.path().is_ident("doc"));
                        prepare(&operations, function);
                    }
                }
            }
            Item::Mod(module) if module.ident == "types" => {
                for item in module.content.iter_mut().flat_map(|(_, items)| items) {
                    if let Item::Struct(item) = item {
                        let usage = usages.get(&item.ident.to_string()).unwrap_or(&unused);
                        types.push(Generated::adjust(document, usage, item)?);
                    }
                }
            }
            _ => {}
        }
    }
    let surface = Surface {
        environments: document.servers(),
        types: types.iter().filter(|ty| ty.public).map(|ty| (ty.name.clone(), ty.surface.clone())).collect(),
        operations,
    };
    let environment = environment(&surface.environments);
    let names = types.iter().filter(|ty| ty.public).map(|ty| format_ident!("{}", ty.name));
    let impls = types.iter().map(Generated::impls);
    let table = table(&surface.operations, files);
    let file = syn::parse2(quote! {
        #environment

        /// Request and response types, generated from Paynet's documents.
        ///
        /// `new` takes the required properties in alphabetical order; each optional property has a setter, and is a
        /// public field for values that are `Option`s already. Requests are validated when sent: required strings must
        /// not be blank, `*_url` properties must be URLs that can open an app, amounts must be positive with at most
        /// two decimal places. `Debug` prints numbers and booleans and redacts the rest.
        ///
        /// All types implement `Serialize` and `Deserialize`; secrets in responses are not serialized. A request
        /// refuses a property that it does not know. A non-essential response property that cannot be parsed is
        /// treated as absent. Amounts keep their digits in JSON text, but not in a `serde_json::Value`, which converts
        /// them to floats. With `#[serde(flatten)]` or in an untagged enum, a number has at most 15 digits.
        pub mod types {
            pub use super::wire::types::{#(#names),*};
        }

        /// What progenitor generates, with adjusted types.
        pub(crate) mod wire {
            use crate::response::Response as ResponseValue;

            // The fields name their types as the module of the types does.
            #[allow(unused_imports)]
            use types::*;

            #wire

            #(#impls)*
        }

        #table
    })
    .map_err(unreadable)?;
    Ok((file, surface))
}

/// Has the generated methods read answers by the hand-written type, which they know by this name.
fn read_by_our_response(item: &mut syn::ItemUse) {
    let syn::UseTree::Path(path) = &mut item.tree else { return };
    let syn::UseTree::Group(group) = &mut *path.tree else { return };
    let is_theirs =
        |tree: &&syn::UseTree| matches!(tree, syn::UseTree::Name(name) if name.ident == "ResponseValue");
    group.items = group.items.iter().filter(|tree| !is_theirs(tree)).cloned().collect();
}

/// Has a generated method take the URL that was parsed when the client was built, and set no headers: the
/// transport sets them all, and `api-version` is in no document.
fn prepare(operations: &BTreeMap<String, surface::Operation>, function: &mut syn::ImplItemFn) {
    let name = function.sig.ident.to_string();
    if !operations.contains_key(&name) {
        return;
    }
    let text = |statement: &syn::Stmt| statement.to_token_stream().to_string();
    let is_header_map = |text: &str| text.starts_with("header_map") || text.starts_with("let mut header_map");
    function.block.stmts.retain(|statement| !is_header_map(&text(statement)));
    for statement in &mut function.block.stmts {
        if text(statement).starts_with("let url =") {
            *statement =
                parse_quote!(let url = self.inner.server.urls[self.inner.operation as usize].clone(););
        } else if let syn::Stmt::Local(syn::Local { init: Some(init), .. }) = statement {
            remove_headers(&mut init.expr);
        }
    }
}

/// Removes the calls that set headers from a chain of calls.
fn remove_headers(chain: &mut syn::Expr) {
    match chain {
        syn::Expr::Try(tried) => remove_headers(&mut tried.expr),
        syn::Expr::MethodCall(call) => {
            remove_headers(&mut call.receiver);
            if call.method == "header" || call.method == "headers" {
                *chain = (*call.receiver).clone();
            }
        }
        _ => {}
    }
}

fn headers(document: &Document, operation: &Operation) -> Vec<String> {
    let headers = document.at(&operation.pointer)[INJECTED_HEADERS].as_array().into_iter().flatten();
    headers.filter_map(|header| header.as_str().map(str::to_owned)).collect()
}

fn operations(document: &Document) -> BTreeMap<String, surface::Operation> {
    let operation = |operation: Operation| {
        let request = body(document, &operation, "requestBody");
        let response = body(document, &operation, "responses/200").unwrap_or_default();
        let mut types = BTreeSet::new();
        request.iter().chain([&response]).for_each(|root| reach(document, root, &mut types));
        let surface = surface::Operation {
            file: document.file_of(&operation.pointer).to_owned(),
            route: format!("{} {}", operation.method.to_uppercase(), operation.path),
            headers: headers(document, &operation),
            types: types.into_iter().collect(),
            request,
            response,
        };
        (operation.name, surface)
    };
    document.operations().into_iter().map(operation).collect()
}

/// The component that is the body of an operation's request or answer.
pub(crate) fn body(document: &Document, operation: &Operation, part: &str) -> Option<String> {
    let place = format!("{}/{part}/content/application~1json/schema", operation.pointer);
    component(document.at(&place)).map(str::to_owned)
}

/// What a type is for.
#[derive(Default)]
struct Usage {
    /// It is part of a request, or of an answer.
    request: bool,
    response: bool,
    /// Callers see it.
    public: bool,
    /// Which body it is, and of which routes it is a part.
    body: Option<String>,
    routes: Vec<String>,
    /// The operations whose answer it is.
    answers: Vec<String>,
}

/// What each type is for, by its name.
fn usages(document: &Document, operations: &BTreeMap<String, surface::Operation>) -> BTreeMap<String, Usage> {
    let mut usages: BTreeMap<String, Usage> = BTreeMap::new();
    for (name, operation) in operations {
        let route = &operation.route;
        for (root, is_request) in
            operation.request.iter().map(|root| (root, true)).chain([(&operation.response, false)])
        {
            let mut types = BTreeSet::new();
            reach(document, root, &mut types);
            for ty in types {
                let usage = usages.entry(ty).or_default();
                usage.request |= is_request;
                usage.response |= !is_request;
                usage.public |= is_request || !returns_handoff(name);
            }
            let what = if is_request { "Request" } else { "Response" };
            let usage = usages.entry(root.clone()).or_default();
            usage.body.get_or_insert_with(|| format!("{what} body of `{route}`."));
            if !is_request {
                usage.answers.push(name.clone());
            }
        }
        for ty in &operation.types {
            usages.entry(ty.clone()).or_default().routes.push(format!("`{route}`"));
        }
    }
    usages
}

impl Usage {
    fn doc(&self, schema: &Value) -> String {
        if let Some(body) = &self.body {
            return body.clone();
        }
        let part = format!("Used by {}.", self.routes.join(", "));
        match schema["description"].as_str() {
            Some(text) => format!("{}\n\n{part}", prose(text)),
            None => part,
        }
    }
}

/// A generated type and its fields.
struct Generated {
    name: String,
    public: bool,
    surface: surface::Type,
    fields: Vec<Field>,
}

struct Field {
    /// How the value is read, by `src/property.rs`.
    read: &'static str,
    /// Whether the value is written: a secret of an answer is not.
    written: bool,
    ident: syn::Ident,
    ty: syn::Type,
    property: String,
    description: String,
    required: bool,
}

impl Generated {
    /// Reads a type that progenitor has generated, and makes it harder to misuse: it may grow without
    /// breaking a caller, reads and writes by the hand-written traits, and documents each field.
    fn adjust(document: &Document, usage: &Usage, item: &mut ItemStruct) -> Result<Self, DocumentError> {
        let name = item.ident.to_string();
        let place = pointer("/components/schemas", &[&name]);
        let schema = document.at(&place);
        let Usage { request, response, .. } = *usage;

        let mut fields = Vec::new();
        let mut taken = BTreeSet::new();
        if request {
            taken.insert("new".to_owned());
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for field in &mut item.fields {
            let Some(ident) = field.ident.clone() else { continue };
            let property = renamed(field).unwrap_or_else(|| ident.to_string());
            let schema = &schema["properties"][&property];
            if !taken.insert(ident.to_string()) {
                return Err(document.error(
                    &place,
                    format!("`{name}` would have two members of the name `{ident}`"),
                    "expected properties that differ in more than case and punctuation, and none `new`; \
                     or add a correction to codegen/src/corrections.rs",
                ));
            }
            let secret = schema["format"] == SECRET_FORMAT;
            if secret && request && response {
                return Err(document.error(
                    &place,
                    format!("`{name}` has a secret, and is part of requests and of answers"),
                    "expected a schema for each, as a secret is written in a request alone",
                ));
            }
            let is_required = required.iter().any(|required| *required == property);
            let strict = usage.answers.iter().any(|operation| is_strict(operation, &property));
            let described = Field {
                read: match () {
                    () if is_required => "required",
                    () if request || strict => "optional",
                    () => "lenient",
                },
                written: request || !secret,
                required: is_required,
                description: prose(schema["description"].as_str().unwrap_or_default()),
                property,
                ty: field.ty.clone(),
                ident,
            };
            field.attrs = described.docs();
            fields.push(described);
        }

        let derives = item.attrs.iter().find(|attr| attr.path().is_ident("derive"));
        let default = derives.is_some_and(|attr| attr.to_token_stream().to_string().contains("Default"));
        // A response that cannot be read has no property set.
        let default = (default || !request).then(|| quote!(, Default));
        item.attrs = docs(&usage.doc(schema));
        item.attrs.push(parse_quote!(#[derive(Clone, PartialEq #default)]));
        item.attrs.push(parse_quote!(#[non_exhaustive]));
        let surface = surface::Type {
            request,
            fields: fields.iter().map(|field| (field.property.clone(), field.surface())).collect(),
        };
        Ok(Self { name, public: usage.public, surface, fields })
    }

    fn impls(&self) -> TokenStream {
        let ident = format_ident!("{}", self.name);
        let fields: Vec<_> = self.fields.iter().map(|field| &field.ident).collect();
        let properties = self.fields.iter().map(|field| &field.property);
        let read = self.fields.iter().map(|field| format_ident!("{}", field.read));
        let required = self.fields.iter().map(|field| field.required);
        let written = self.fields.iter().map(|field| field.written);
        let kind = format_ident!("{}", if self.surface.request { "request" } else { "response" });
        let request = self.surface.request.then(|| self.request());
        quote! {
            crate::property::object!(#ident, #kind { #(#fields: #properties, #read, #required, #written;)* });

            #request
        }
    }

    fn request(&self) -> TokenStream {
        let ident = format_ident!("{}", self.name);
        let (required, optional): (Vec<_>, Vec<_>) = self.fields.iter().partition(|field| field.required);
        let names: Vec<_> = required.iter().map(|field| &field.ident).collect();
        let (types, values): (Vec<_>, Vec<_>) =
            required.iter().map(|field| argument(&field.ty, &field.ident)).unzip();
        let unset = optional.iter().map(|field| &field.ident);
        let setters = optional.iter().map(|field| field.setter());
        let list: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let doc = match list.as_slice() {
            [] => " Creates a request with no property set; none is required.".to_owned(),
            list => format!(" Creates a request from its required properties: {}.", list.join(", ")),
        };
        quote! {
            impl types::#ident {
                #[doc = #doc]
                #[must_use]
                pub fn new(#(#names: #types),*) -> Self {
                    Self { #(#names: #values,)* #(#unset: Default::default(),)* }
                }
                #(#setters)*
            }
        }
    }
}

impl Field {
    fn docs(&self) -> Vec<syn::Attribute> {
        let Self { ident, property, description, .. } = self;
        let mut doc = match (description.as_str(), ident == property) {
            ("", _) => "Not described by Paynet.".to_owned(),
            (text, false) => format!("{text}\n\n`{property}` of the document."),
            (text, true) => text.to_owned(),
        };
        if !self.written {
            doc.push_str("\n\nSecret: not serialized.");
        }
        docs(&doc)
    }

    fn setter(&self) -> TokenStream {
        let Self { ident, ty, description, .. } = self;
        let docs = docs(format!("Sets `{ident}`. {description}").trim_end());
        let (argument, value) = argument(option(ty).unwrap_or(ty), &format_ident!("value"));
        let set = if option(ty).is_some() { quote!(Some(#value)) } else { value };
        quote! {
            #(#docs)*
            #[must_use]
            pub fn #ident(mut self, value: #argument) -> Self {
                self.#ident = #set;
                self
            }
        }
    }

    fn surface(&self) -> surface::Field {
        surface::Field {
            name: self.ident.to_string(),
            ty: short(option(&self.ty).unwrap_or(&self.ty)),
            required: self.required,
        }
    }
}

/// Text of a page as Markdown that says the same and does nothing: no code that rustdoc would run, no
/// link, no HTML, and no character that a compiler or a reader would take for another.
fn prose(text: &str) -> String {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let lines = text.trim().lines().map(|line| {
        let mut escaped = String::new();
        let mut before = ' ';
        for (at, c) in line.trim().char_indices() {
            let marks = match c {
                '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '&' => true,
                '-' | '+' | '=' => at == 0,
                // Within a word it is a part of a name.
                '_' => !before.is_alphanumeric(),
                _ => false,
            };
            escaped.extend(marks.then_some('\\'));
            escaped.push(if unseen(c) { char::REPLACEMENT_CHARACTER } else { c });
            before = c;
        }
        escaped
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A doc comment of the lines of a text.
fn docs(text: &str) -> Vec<syn::Attribute> {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!(" {line}") };
    text.lines().map(line).map(|line| parse_quote!(#[doc = #line])).collect()
}

/// The name of a field in JSON, where that is another than its own.
fn renamed(field: &syn::Field) -> Option<String> {
    let mut name = None;
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        // Fails at the first member that has another form than a name or a text.
        let _ = attr.parse_nested_meta(|meta| {
            let value: Option<syn::LitStr> = meta.value().ok().and_then(|value| value.parse().ok());
            if meta.path.is_ident("rename") {
                name = value.map(|value| value.value());
            }
            Ok(())
        });
    }
    name
}

/// The type of an argument for a value, and the value: converted, unless it is an amount, for which a bare integer
/// could be meant in another unit.
fn argument(ty: &syn::Type, name: &syn::Ident) -> (TokenStream, TokenStream) {
    match short(ty).as_str() {
        "Decimal" | "bool" | "i64" => (quote!(#ty), quote!(#name)),
        _ => (quote!(impl Into<#ty>), quote!(#name.into())),
    }
}

/// What an `Option` holds.
fn option(ty: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(syn::GenericArgument::Type(ty)) => Some(ty),
        _ => None,
    }
}

/// A type without the paths of what it names.
fn short(ty: &syn::Type) -> String {
    let text = ty.to_token_stream().to_string().replace(' ', "");
    let part = |part: &str| part.rsplit("::").next().unwrap_or_default().to_owned();
    text.split_inclusive(['<', '>', ',']).map(part).collect()
}

fn environment(environments: &BTreeMap<String, String>) -> TokenStream {
    let names: Vec<_> = environments.keys().collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{name}")).collect();
    let urls: Vec<_> = environments.values().collect();
    let docs = urls.iter().map(|url| format!(" `{url}`"));
    quote! {
        /// The server that a client calls. There is no default: production must be named explicitly.
        ///
        /// Generated from the documents' `servers`; the variants are named after their descriptions. Written as its
        /// name, and read ignoring case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Environment {
            #(#[doc = #docs] #variants,)*
        }

        impl Environment {
            /// Every environment, in alphabetical order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// Returns the URL of the server, without a trailing slash: `url` of the documents' `servers`.
            #[must_use]
            pub const fn base_url(self) -> &'static str {
                match self { #(Self::#variants => #urls,)* }
            }

            /// Returns the variant's name, which `Display` and `Serialize` write and `FromStr` parses.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #names,)* }
            }
        }
    }
}

fn table(operations: &BTreeMap<String, surface::Operation>, files: &[String]) -> TokenStream {
    let names: Vec<_> = operations.keys().collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let docs = operations.values().map(|operation| format!(" `{}`", operation.route));
    let paths =
        operations.values().map(|operation| operation.route.split_once(' ').map_or("", |(_, path)| path));
    let moving: Vec<_> = names
        .iter()
        .zip(&variants)
        .filter(|(name, _)| moves_money(name))
        .map(|(_, variant)| variant)
        .collect();
    let headers = operations.values().map(|operation| {
        let headers = operation.headers.iter().map(|header| header.to_lowercase());
        quote!(&[#(#headers),*])
    });
    quote! {
        /// The documents as they are stored, which the simulator validates requests against.
        pub(crate) const DOCUMENTS: &[&str] =
            &[#(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", #files))),*];

        /// An operation of the documents. Written as its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            #(#[doc = #docs] #variants,)*
        }

        impl Operation {
            /// Every operation, in alphabetical order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// Returns the name of the operation's method, such as `init_sale_transaction`, which `Display` and
            /// `Serialize` write.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #names,)* }
            }

            pub(crate) const fn path(self) -> &'static str {
                match self { #(Self::#variants => #paths,)* }
            }

            pub(crate) const fn moves_money(self) -> bool {
                matches!(self, #(Self::#moving)|*)
            }

            /// The headers that the transport injects, in lower case.
            pub(crate) const fn headers(self) -> &'static [&'static str] {
                match self { #(Self::#variants => #headers,)* }
            }
        }
    }
}
