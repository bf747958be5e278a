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
    corrections::{INJECTED_HEADERS, SECRET_FORMAT, body},
    document::{entries, is_unseen, placeholders, pointer, reach},
    operations::{Properties, known, moves_money},
    surface,
};

/// The generated file, and what callers see of it.
pub(crate) fn complete(
    document: &Document,
    tokens: TokenStream,
) -> Result<(syn::File, Surface), DocumentError> {
    let mut wire: syn::File =
        syn::parse2(tokens).map_err(|error| unexpected(document, "", &error.to_string()))?;
    let operations = operations(document);
    let usages = usages(document, &operations);
    let mut types = Vec::new();
    let (mut is_read_by_ours, mut methods) = (false, BTreeSet::new());
    for item in &mut wire.items {
        match item {
            Item::Use(item) => is_read_by_ours |= read_by_our_response(item),
            Item::Impl(item) if item.trait_.is_none() => methods.extend(checked_methods(document, item)?),
            Item::Mod(module) if module.ident == "types" => {
                let Some((_, items)) = &mut module.content else { continue };
                types = adjusted(document, &usages, items)?;
                // Within the module, names mean what they mean to the fields.
                let impls = types.iter().map(Generated::impls);
                let impls: syn::File = syn::parse2(quote!(#(#impls)*))
                    .map_err(|error| unexpected(document, "", &error.to_string()))?;
                items.extend(impls.items);
            }
            _ => {}
        }
    }
    if !is_read_by_ours {
        return Err(unexpected(document, "", "it imports no `ResponseValue`"));
    }
    if let Some(operation) = document.operations().iter().find(|operation| !methods.contains(&operation.name))
    {
        let problem = format!("it has no method `{}`", operation.name);
        return Err(unexpected(document, &operation.pointer, &problem));
    }
    let surface = Surface {
        environments: document.servers(),
        types: types.iter().filter(|ty| ty.public).map(|ty| (ty.name.clone(), ty.surface.clone())).collect(),
        operations,
    };
    let environment = environment(&surface.environments);
    let names = types.iter().filter(|ty| ty.public).map(|ty| format_ident!("{}", ty.name));
    let table = table(document, &surface.operations);
    let file = syn::parse2(quote! {
        #environment

        /// Request and response types, generated from Paynet's documents.
        ///
        /// `new` takes the required properties in alphabetical order; each optional property has a setter, and is a
        /// public field for values that are `Option`s already. Requests are validated when sent: required strings must
        /// not be blank, ids and references must have a letter or digit, `*_url` properties must be URLs that can open an
        /// app, amounts must be positive with at most two decimal places and 15 digits. `Debug` prints numbers and booleans and redacts the rest.
        ///
        /// All types implement `Serialize` and `Deserialize`; secrets in responses are not serialized. A request
        /// refuses a property that it does not know. A non-essential response property that cannot be parsed is
        /// treated as absent. Amounts keep their digits in JSON text, but not in a `serde_json::Value`, which converts
        /// them to floats. As a part of another type, where serde buffers it, a number has at most 15 digits; one with
        /// more is refused. In formats that are not for people, such as MessagePack, an object is its JSON.
        pub mod types {
            pub use super::wire::types::{#(#names),*};
        }

        /// What progenitor generates, with adjusted types.
        pub(crate) mod wire {
            use crate::response::Response as ResponseValue;

            #wire
        }

        #table
    });
    Ok((file.map_err(|error| unexpected(document, "", &error.to_string()))?, surface))
}

/// An output that is not as this module takes it to be.
fn unexpected(document: &Document, place: &str, problem: &str) -> DocumentError {
    document.error(
        place,
        format!("what progenitor generates from it is not as expected: {problem}"),
        "expected the output of the pinned version, of a plain schema; add a correction to \
         codegen/src/corrections.rs, or adapt codegen/src/emit.rs",
    )
}

/// Has the generated methods read responses by the hand-written type, which they know by this name.
fn read_by_our_response(item: &mut syn::ItemUse) -> bool {
    let syn::UseTree::Path(path) = &mut item.tree else { return false };
    let syn::UseTree::Group(group) = &mut *path.tree else { return false };
    let is_theirs =
        |tree: &&syn::UseTree| matches!(tree, syn::UseTree::Name(name) if name.ident == "ResponseValue");
    let all = group.items.len();
    group.items = group.items.iter().filter(|tree| !is_theirs(tree)).cloned().collect();
    group.items.len() < all
}

/// The names of the methods; those of operations have arguments whose names differ, also from their own variables.
fn checked_methods(document: &Document, item: &syn::ItemImpl) -> Result<Vec<String>, DocumentError> {
    let operations = document.operations();
    let mut methods = Vec::new();
    for item in &item.items {
        let syn::ImplItem::Fn(function) = item else { continue };
        let name = function.sig.ident.to_string();
        let operation = operations.iter().find(|operation| operation.name == name);
        let mut taken = BTreeSet::from(["header_map".to_owned(), "info".to_owned()]);
        for argument in &function.sig.inputs {
            let (syn::FnArg::Typed(argument), Some(operation)) = (argument, operation) else { continue };
            let argument = argument.pat.to_token_stream().to_string();
            if !taken.insert(argument.clone()) {
                return Err(document.error(
                    &format!("{}/parameters", operation.pointer),
                    format!("`{name}` would have an argument of the name `{argument}`, which is taken"),
                    "expected parameters that differ in more than case and punctuation, and none `body`, \
                     `header_map` or `info`",
                ));
            }
        }
        methods.push(name);
    }
    Ok(methods)
}

/// Adjusts the types, and refuses what is none that a plain schema gives: its traits would not fit.
fn adjusted(
    document: &Document,
    usages: &BTreeMap<String, Usage>,
    items: &mut [Item],
) -> Result<Vec<Generated>, DocumentError> {
    let schemas: BTreeMap<_, _> = entries(document.json.pointer("/components/schemas")).collect();
    let mut types = Vec::new();
    for item in items {
        match item {
            Item::Struct(item) => {
                let name = item.ident.to_string();
                let place = pointer("/components/schemas", &[&name]);
                let Some(usage) = usages.get(&name).filter(|_| matches!(item.fields, syn::Fields::Named(_)))
                else {
                    return Err(unexpected(
                        document,
                        &place,
                        &format!("`{name}` is no type of its properties"),
                    ));
                };
                types.push(Generated::adjust(document, usage, item)?);
            }
            Item::Mod(module) if module.ident == "error" => {}
            Item::Impl(_) => {}
            other => {
                let text = other.to_token_stream().to_string();
                let start: String = text.chars().take(60).collect();
                return Err(unexpected(document, "", &format!("`{start}`")));
            }
        }
    }
    // The body of a response that callers have as a `Handoff`.
    let replaced = |name: &str| usages.get(name).is_some_and(|usage| usage.body.is_some() && !usage.public);
    let is_generated = |name: &str| types.iter().any(|ty: &Generated| ty.name == name);
    if let Some(name) = schemas.keys().find(|name| !replaced(name) && !is_generated(name)) {
        let place = pointer("/components/schemas", &[name]);
        return Err(unexpected(document, &place, &format!("there is no type `{name}`")));
    }
    Ok(types)
}

fn headers(document: &Document, operation: &Operation) -> Vec<String> {
    let headers = document.at(&operation.pointer)[INJECTED_HEADERS].as_array().into_iter().flatten();
    headers.filter_map(|header| header.as_str().map(str::to_owned)).collect()
}

fn operations(document: &Document) -> BTreeMap<String, surface::Operation> {
    let operation = |operation: Operation| {
        let request = body(document, &operation, "requestBody");
        let response = body(document, &operation, "responses");
        let parameter = |parameter: &Value| surface::Parameter {
            name: parameter["name"].as_str().unwrap_or_default().to_owned(),
            location: parameter["in"].as_str().unwrap_or_default().to_owned(),
            ty: parameter["schema"]["type"].as_str().unwrap_or_default().to_owned(),
            required: parameter["required"] == true,
        };
        let parameters = document.at(&operation.pointer)["parameters"].as_array();
        let surface = surface::Operation {
            file: document.file_of(&operation.pointer).to_owned(),
            route: format!("{} {}", operation.method.to_uppercase(), operation.path),
            headers: headers(document, &operation),
            parameters: parameters.into_iter().flatten().map(parameter).collect(),
            types: reach(document, request.iter().chain(&response).cloned()).into_iter().collect(),
            request,
            response,
        };
        (operation.name, surface)
    };
    document.operations().into_iter().map(operation).collect()
}

/// What a type is for.
#[derive(Default)]
struct Usage {
    /// It is part of a request, or of a response.
    request: bool,
    response: bool,
    /// Callers see it.
    public: bool,
    /// Which body it is, and of which routes it is a part.
    body: Option<String>,
    routes: Vec<String>,
    /// What the hand-written code reads of it, where it is the body of a response.
    reads: Properties,
}

/// What each type is for, by its name.
fn usages(document: &Document, operations: &BTreeMap<String, surface::Operation>) -> BTreeMap<String, Usage> {
    let mut usages: BTreeMap<String, Usage> = BTreeMap::new();
    for (name, operation) in operations {
        let route = &operation.route;
        let returns_handoff = known(name).is_some_and(|known| known.returns_handoff);
        let roots = [(&operation.request, true), (&operation.response, false)];
        for (root, is_request) in roots.into_iter().filter_map(|(root, is)| Some((root.as_ref()?, is))) {
            for ty in reach(document, [root.clone()]) {
                let usage = usages.entry(ty).or_default();
                usage.request |= is_request;
                usage.response |= !is_request;
                usage.public |= is_request || !returns_handoff;
            }
            let what = if is_request { "Request" } else { "Response" };
            let usage = usages.entry(root.clone()).or_default();
            usage.body.get_or_insert_with(|| format!("{what} body of `{route}`."));
            if !is_request {
                usage.reads = known(name).map_or(&[], |known| known.reads);
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
        let Usage { request, response, reads, .. } = *usage;
        let properties: BTreeMap<_, _> = entries(schema.get("properties")).collect();

        let mut fields = Vec::new();
        let mut taken = BTreeSet::new();
        if request {
            taken.insert("new".to_owned());
        }
        for field in &mut item.fields {
            let Some(ident) = field.ident.clone() else { continue };
            let property = renamed(field).unwrap_or_else(|| ident.to_string());
            let at = pointer(&place, &["properties", &property]);
            let Some(described) = properties.get(&property) else {
                return Err(unexpected(
                    document,
                    &place,
                    &format!("`{name}` has a field `{ident}` of no property"),
                ));
            };
            if !taken.insert(ident.to_string()) {
                return Err(document.error(
                    &place,
                    format!("`{name}` would have two members of the name `{ident}`"),
                    "expected properties that differ in more than case and punctuation, and none `new`",
                ));
            }
            if !is_plain(&field.ty) {
                let problem = format!("`{ident}` is a `{}`", short(&field.ty));
                return Err(unexpected(document, &at, &problem));
            }
            let secret = described["format"] == SECRET_FORMAT;
            let required =
                schema["required"].as_array().is_some_and(|all| all.iter().any(|it| *it == property));
            // A secret that is read may be missing, and must be text: it is left out where a response is stored.
            let strict = secret && reads.iter().any(|(read, _)| *read == property);
            let described = Field {
                read: if required {
                    "required"
                } else if request || strict {
                    "optional"
                } else {
                    "lenient"
                },
                written: request || !secret,
                required,
                description: prose(described["description"].as_str().unwrap_or_default()),
                property,
                ty: field.ty.clone(),
                ident,
            };
            field.attrs = described.docs();
            fields.push(described);
        }
        if fields.len() != properties.len() {
            return Err(unexpected(document, &place, &format!("`{name}` lacks a property")));
        }
        debug_assert!(
            !(request && response && fields.iter().any(|field| short(&field.ty).contains("Secret")))
        );

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

    /// Its traits, and what callers construct it by. Names are given in full: the document may use any of the prelude.
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
            crate::object::object!(#ident, #kind { #(#fields: #properties, #read, #required, #written;)* });

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
            impl #ident {
                #[doc = #doc]
                #[must_use]
                pub fn new(#(#names: #types),*) -> Self {
                    Self { #(#names: #values,)* #(#unset: ::core::default::Default::default(),)* }
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
        let set = if option(ty).is_some() { quote!(::core::option::Option::Some(#value)) } else { value };
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
            optional: option(&self.ty).is_some(),
            required: self.required,
        }
    }
}

/// Text of a page as Markdown that says the same and does nothing: no code that rustdoc would run, no
/// link, no HTML, and no character that a compiler or a reader would take for another. Lines stay lines, and names are
/// code.
fn prose(text: &str) -> String {
    let is_safe = |text: &str| {
        !text.trim().is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || " _-./:,".contains(c))
    };
    let line = |line: &str| {
        let parts: Vec<_> = line.trim().split('`').collect();
        // Backticks in pairs, with nothing between them that could be more than code.
        let is_marked = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|code| is_safe(code));
        if !is_marked {
            return escaped(line.trim());
        }
        let mark = |(i, part): (usize, &&str)| if i % 2 == 1 { format!("`{part}`") } else { escaped(part) };
        parts.iter().enumerate().map(mark).collect()
    };
    let lines: Vec<String> = text.trim().lines().map(line).collect();
    let mut laid_out = String::new();
    for (i, line) in lines.iter().enumerate() {
        laid_out.push_str(line);
        match lines.get(i + 1) {
            None => {}
            Some(next) if line.is_empty() || next.is_empty() => laid_out.push('\n'),
            // A line break.
            Some(_) => laid_out.push_str("\\\n"),
        }
    }
    laid_out
}

/// A line in which nothing is Markdown, except that addresses and words such as `session_key` are code.
fn escaped(line: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = |word: &str| word.trim_matches('_').contains('_') && word.chars().all(is_word);
    let mut escaped = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let token = rest.split_whitespace().next().unwrap_or_default();
        let is_address = token.contains("://") && token.chars().all(|c| c.is_ascii_graphic() && c != '`');
        if is_address && rest.starts_with(token) && !escaped.ends_with(is_word) {
            escaped.extend(["`", token, "`"]);
            rest = &rest[token.len()..];
            continue;
        }
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if word > 0 {
            let (word, tail) = rest.split_at(word);
            if is_name(word) {
                escaped.extend(["`", word, "`"]);
            } else {
                escaped.push_str(&word.replace('_', "\\_"));
            }
            rest = tail;
            continue;
        }
        let at_start = rest.len() == line.len();
        let marks = match first {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '&' => true,
            '-' | '+' | '=' => at_start,
            _ => false,
        };
        escaped.extend(marks.then_some('\\'));
        escaped.push(if is_unseen(first) { char::REPLACEMENT_CHARACTER } else { first });
        rest = &rest[first.len_utf8()..];
    }
    escaped
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
        _ => (quote!(impl ::core::convert::Into<#ty>), quote!(::core::convert::Into::into(#name))),
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

/// Whether the traits of `src/property.rs` know how to read and write a type.
fn is_plain(ty: &syn::Type) -> bool {
    let text = ty.to_token_stream().to_string().replace(' ', "");
    let inner = text.strip_prefix("::std::option::Option<").or_else(|| text.strip_prefix("::std::vec::Vec<"));
    if let Some(inner) = inner.and_then(|inner| inner.strip_suffix('>')) {
        return syn::parse_str(inner).is_ok_and(|inner: syn::Type| is_plain(&inner));
    }
    let known =
        ["bool", "i64", "::std::string::String", "::serde_json::Value", "crate::Decimal", "crate::Secret"];
    known.contains(&text.as_str()) || syn::parse_str::<syn::Ident>(&text).is_ok()
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

fn table(document: &Document, operations: &BTreeMap<String, surface::Operation>) -> TokenStream {
    let names: Vec<_> = operations.keys().collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let docs = operations.values().map(|operation| format!(" `{}`", operation.route));
    let path = |operation: &surface::Operation| {
        operation.route.split_once(' ').map_or("", |(_, path)| path).to_owned()
    };
    let paths = operations.values().map(path);
    let all = document.operations();
    let moving = names.iter().map(|name| {
        let operation = all.iter().find(|operation| operation.name == **name);
        let known = operation.and_then(|operation| moves_money(name, &operation.method));
        known.map_or(quote!(None), |known| quote!(Some(#known)))
    });
    let has_parameters = operations.values().map(|operation| {
        operation.parameters.iter().any(|parameter| parameter.location == "query")
            || placeholders(&path(operation)).next().is_some()
    });
    let headers = operations.values().map(|operation| {
        let headers = operation.headers.iter().map(|header| header.to_lowercase());
        quote!(&[#(#headers),*])
    });
    quote! {
        /// Paynet's documents as one OpenAPI 3.0 document, in JSON: joined, repaired where they are not OpenAPI, and
        /// with all that they state, for other generators and validators.
        pub const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/document.json"));

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

            /// The path, with its placeholders.
            pub(crate) const fn path(self) -> &'static str {
                match self { #(Self::#variants => #paths,)* }
            }

            /// Whether a call has values in its path or its query.
            pub(crate) const fn has_parameters(self) -> bool {
                match self { #(Self::#variants => #has_parameters,)* }
            }

            /// Whether a call moves money; `None` if nobody has said so yet.
            pub(crate) const fn moves_money(self) -> Option<bool> {
                match self { #(Self::#variants => #moving,)* }
            }

            /// The headers that the transport injects, in lower case.
            pub(crate) const fn headers(self) -> &'static [&'static str] {
                match self { #(Self::#variants => #headers,)* }
            }
        }
    }
}
