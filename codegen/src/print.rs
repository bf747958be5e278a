//! Prints Rust: the types, their constructors and setters, the environments and the table of operations.
//!
//! Only what depends on the documents is printed: names, lists, and the fields of each type. What they mean is
//! hand-written, as traits on the types of the fields.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::{
    document::placeholders,
    model::{Api, Field, Operation, Ty, Type},
    prose::{doc, prose},
    rules::moves_money,
};

/// The generated file, without its layout.
pub(crate) fn print(api: &Api, methods: &TokenStream) -> TokenStream {
    let environment = environment(api);
    let public = || api.types.iter().filter(|(_, ty)| ty.public);
    let abouts = abouts(api);
    let types = public().map(|(name, ty)| declared(name, ty, &abouts[name]));
    let table = table(api);
    quote! {
        #environment

        /// Request and response types, generated from Paynet's documents.
        ///
        /// `new` takes the required properties in alphabetical order; each optional property has a setter, and is a
        /// public field for values that are `Option`s already. Requests are validated when sent: required strings must
        /// not be blank, ids and references must have a letter or digit, `*_url` properties must be URLs that can open an
        /// app, and decimals are amounts, which must be positive with at most two decimal places and 15 digits. `Debug`
        /// prints numbers and booleans and redacts the rest.
        ///
        /// All types implement `Serialize` and `Deserialize`; secrets in responses are not serialized. A request
        /// refuses a property that it does not know. A non-essential response property that cannot be parsed is
        /// treated as absent. Amounts keep their digits in JSON text, but not in a `serde_json::Value`, which converts
        /// them to floats. As a part of another type, where serde buffers it, a number has at most 15 digits; one with
        /// more is refused. In formats that are not for people, such as MessagePack, an object is its JSON.
        pub mod types {
            #(#types)*
        }

        /// What progenitor generates.
        pub(crate) mod wire {
            /// Has the methods read responses by the hand-written type.
            mod progenitor_client {
                pub use ::progenitor_client::*;
                pub use crate::response::Response as ResponseValue;
            }

            #methods
        }

        #table
    }
}

/// A type and its traits. Names are given in full, as the documents may have types of any name.
fn declared(name: &str, ty: &Type, about: &str) -> TokenStream {
    let ident = format_ident!("{name}");
    let mut fields: Vec<_> = ty.fields.iter().collect();
    fields.sort_by_key(|(_, field)| &field.name);
    let about = doc(about);
    // A response that cannot be read has no property set.
    let default = (!ty.request || fields.iter().all(|(_, field)| !field.required)).then(|| quote!(, Default));
    let idents: Vec<_> = fields.iter().map(|(_, field)| format_ident!("{}", field.name)).collect();
    let docs = fields.iter().map(|(property, field)| doc(&described(ty, property, field)));
    let types = fields.iter().map(|(_, field)| field_type(field));
    let properties = fields.iter().map(|(property, _)| property);
    let read = fields.iter().map(|(_, field)| {
        // A secret that is read may be missing, and must be text: it is left out where a response is stored.
        format_ident!(
            "{}",
            match field {
                Field { required: true, .. } => "required",
                Field { secret, essential, .. } if ty.request || *secret && *essential => "optional",
                _ => "lenient",
            }
        )
    });
    let required = fields.iter().map(|(_, field)| field.required);
    let written = fields.iter().map(|(_, field)| ty.request || !field.secret);
    let kind = format_ident!("{}", if ty.request { "request" } else { "response" });
    let request = ty.request.then(|| constructors(&ident, &fields));
    quote! {
        #about
        #[derive(Clone, PartialEq #default)]
        #[non_exhaustive]
        pub struct #ident {
            #(#docs pub #idents: #types,)*
        }

        crate::object::object!(#ident, #kind { #(#idents: #properties, #read, #required, #written;)* });

        #request
    }
}

/// What each type is for.
fn abouts(api: &Api) -> BTreeMap<String, String> {
    let mut abouts: BTreeMap<String, String> = BTreeMap::new();
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for operation in api.operations.values() {
        for (body, what) in [(&operation.request, "Request"), (&operation.response, "Response")] {
            let route = operation.route();
            for ty in api.reach(body) {
                users.entry(ty).or_default().push(format!("`{route}`"));
            }
            if let Some(body) = body {
                abouts.entry(body.clone()).or_insert_with(|| format!("{what} body of `{route}`."));
            }
        }
    }
    for (name, mut users) in users {
        users.dedup();
        let part = format!("Used by {}.", users.join(", "));
        let described = prose(&api.types[&name].description);
        let about = if described.is_empty() { part } else { format!("{described}\n\n{part}") };
        abouts.entry(name).or_insert(about);
    }
    abouts
}

fn described(ty: &Type, property: &str, field: &Field) -> String {
    let mut doc = match (prose(&field.description).as_str(), field.name == property) {
        ("", _) => "Not described by Paynet.".to_owned(),
        (text, false) => format!("{text}\n\n`{property}` of the document."),
        (text, true) => text.to_owned(),
    };
    if field.secret && !ty.request {
        doc.push_str("\n\nSecret: not serialized.");
    }
    doc
}

fn rust(ty: &Ty) -> TokenStream {
    match ty {
        Ty::Any => quote!(::serde_json::Value),
        Ty::Boolean => quote!(bool),
        Ty::Integer => quote!(i64),
        Ty::List(items) => {
            let items = rust(items);
            quote!(::std::vec::Vec<#items>)
        }
        Ty::Number => quote!(crate::Decimal),
        Ty::Object(name) => {
            let name = format_ident!("{name}");
            quote!(#name)
        }
        Ty::Secret => quote!(crate::Secret),
        Ty::Text => quote!(::std::string::String),
    }
}

fn field_type(field: &Field) -> TokenStream {
    let ty = rust(&field.ty);
    if field.optional() { quote!(::std::option::Option<#ty>) } else { ty }
}

/// The type of an argument for a value, and the value: converted, unless it is an amount, for which a bare integer
/// could be meant in another unit.
fn argument(field: &Field, name: &Ident) -> (TokenStream, TokenStream) {
    let ty = rust(&field.ty);
    match field.ty {
        Ty::Number | Ty::Boolean | Ty::Integer => (ty, quote!(#name)),
        _ => (quote!(impl ::core::convert::Into<#ty>), quote!(::core::convert::Into::into(#name))),
    }
}

/// What callers construct a request by.
fn constructors(ident: &Ident, fields: &[(&String, &Field)]) -> TokenStream {
    let (required, optional): (Vec<&Field>, Vec<&Field>) =
        fields.iter().map(|(_, field)| *field).partition(|field| field.required);
    let name = |field: &&Field| format_ident!("{}", field.name);
    let names: Vec<_> = required.iter().map(name).collect();
    let (types, values): (Vec<_>, Vec<_>) =
        required.iter().zip(&names).map(|(field, name)| argument(field, name)).unzip();
    let unset = optional.iter().map(name);
    let setters = optional.iter().map(|field| setter(field));
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

fn setter(field: &Field) -> TokenStream {
    let ident = format_ident!("{}", field.name);
    let described = prose(&field.description);
    let separator = if described.contains('\n') { "\n\n" } else { " " };
    let docs = doc(format!("Sets `{ident}`.{separator}{described}").trim_end());
    let (argument, value) = argument(field, &format_ident!("value"));
    let set = if field.optional() { quote!(::core::option::Option::Some(#value)) } else { value };
    quote! {
        #docs
        #[must_use]
        pub fn #ident(mut self, value: #argument) -> Self {
            self.#ident = #set;
            self
        }
    }
}

fn environment(api: &Api) -> TokenStream {
    let environments = &api.environments;
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

fn table(api: &Api) -> TokenStream {
    let names: Vec<_> = api.operations.keys().collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let all = || api.operations.values();
    let docs = all().map(|operation| format!(" `{}`", operation.route()));
    let paths = all().map(|operation| &operation.path);
    let moving = api.operations.iter().map(|(name, operation)| {
        moves_money(name, operation).map_or(quote!(None), |moves| quote!(Some(#moves)))
    });
    let has_parameters = all().map(|operation: &Operation| {
        operation.parameters.iter().any(|parameter| parameter.location == "query")
            || placeholders(&operation.path).next().is_some()
    });
    let headers = all().map(|operation| {
        let headers = operation.headers.iter().map(|header| format_ident!("{header:?}"));
        quote!(&[#(crate::transport::Header::#headers),*])
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

            /// The headers that the transport injects.
            pub(crate) const fn headers(self) -> &'static [crate::transport::Header] {
                match self { #(Self::#variants => #headers,)* }
            }
        }
    }
}
