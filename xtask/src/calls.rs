//! The table of calls that the tests of `paypos` go by: of each operation a call with no more than it
//! requires, a call with every property, and a successful answer, all by the documents alone.

use heck::{ToPascalCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use crate::codegen::{self, Document, Unusable, corrections};

/// Where the table is, from the root of the repository.
pub(crate) const FILE: &str = "tests/golden/calls.rs";

const HEAD: &str = "// Made of the documents by `cargo xtask spec renew`.\n\n";

/// The Rust source of the table.
pub(crate) fn table(documents: &[Document]) -> Result<String, Unusable> {
    let published = codegen::join(documents)?;
    let corrected = codegen::corrected(published.clone())?;
    let both = Both { published: &published.json, corrected: &corrected };
    let mut unwritten = Vec::new();
    let mut entries = Vec::new();
    for operation in corrected.operations() {
        let (method, entry) = both.operation(&operation.pointer)?;
        unwritten.push(method);
        entries.push(entry);
    }
    let file = quote! {
        /// The operations as they are before `Agent` and `Session` have methods for them. A method of the
        /// type itself goes before one of a trait.
        #[allow(dead_code, reason = "of an operation that has its method, nothing here is called")]
        trait Unwritten {
            #(#unwritten)*
        }

        impl Unwritten for Agent {}

        impl Unwritten for Session {}

        pub const ALL: &[Operation] = &[#(#entries),*];
    };
    let file = syn::parse2(file).map_err(|error| {
        corrected.unusable("", format!("the calls of it do not parse: {error}"), "mend xtask/src/calls.rs")
    })?;
    Ok(format!("{HEAD}{}", prettyplease::unparse(&file)))
}

/// The documents joined: for what the code is like, and for the values that Paynet takes.
struct Both<'a> {
    published: &'a Value,
    corrected: &'a Document,
}

/// A schema in both.
#[derive(Clone, Copy)]
struct Schema<'a> {
    published: &'a Value,
    corrected: &'a Value,
}

impl<'a> Schema<'a> {
    fn at(self, path: &[&str]) -> Self {
        let walk = |from: &'a Value| path.iter().fold(from, |value, key| &value[*key]);
        Self { published: walk(self.published), corrected: walk(self.corrected) }
    }
}

/// What a value is for.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// A call with no more than is required.
    Minimal,
    /// A call with every property.
    Full,
    Answer,
}

/// Which form a value of Rust has.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// What becomes the type by `Into`.
    Into,
    /// The type itself.
    Exact,
}

impl<'a> Both<'a> {
    /// The method as it is before it is written, and the entry of the table.
    fn operation(&self, pointer: &str) -> Result<(TokenStream, TokenStream), Unusable> {
        let nothing = &Value::Null;
        let corrected = self.corrected.json.pointer(pointer).unwrap_or(nothing);
        let published = self.published.pointer(pointer).unwrap_or(nothing);
        let name = corrected["operationId"].as_str().unwrap_or_default();
        let method = format_ident!("{name}");
        let injected = corrected[corrections::INJECTED_HEADERS].as_array();
        let agents = injected.is_some_and(|headers| headers.contains(&Value::from("Authorization")));
        let (caller, owner) = if agents { ("agent", "Agent") } else { ("session", "Session") };
        let caller = format_ident!("{caller}");

        let operation = Schema { published, corrected };
        let request = self.body(operation.at(&["requestBody"]));
        let answer = self.body(operation.at(&["responses", "200"]));
        let request_type = type_name(request).unwrap_or_else(|| format!("{name}-body").to_upper_camel_case());
        let has_request = !request.corrected.is_null();
        let call = |role| -> Result<TokenStream, Unusable> {
            let request =
                if has_request { Some(self.request(request, &request_type, role, pointer)?) } else { None };
            let argument = has_request.then(|| quote!(request));
            let request = request.map(|value| quote!(let request = #value;));
            Ok(quote!(|client| {
                let #caller = #caller(client);
                #request
                async move { shown(#caller.#method(#argument).await) }.boxed()
            }))
        };
        let (minimal, full) = (call(Role::Minimal)?, call(Role::Full)?);
        let success = self.json("", answer, &mut Vec::new());
        let answer = self.resolve(answer);
        let requires = answer.required().filter(|name| !self.is_nullable(answer.property(name)));
        let entry = quote!(Operation {
            name: #name,
            minimal: #minimal,
            full: #full,
            success: || #success,
            requires: &[#(#requires),*],
        });

        let missing = format!("the documents have `{name}`; add `{owner}::{name}`");
        let argument = has_request.then(|| {
            let ty = format_ident!("{request_type}");
            quote!(_: types::#ty)
        });
        let unwritten = quote! {
            fn #method(&self, #argument) -> Ready<Result<String, Error>> {
                panic!(#missing)
            }
        };
        Ok((unwritten, entry))
    }

    /// The schema of the body of a request or of an answer.
    fn body(&self, body: Schema<'a>) -> Schema<'a> {
        self.resolve(body).at(&["content", "application/json", "schema"])
    }

    /// What a reference leads to, through each `allOf` of one.
    fn resolve(&self, schema: Schema<'a>) -> Schema<'a> {
        let last = |root: &'a Value, value: &'a Value| chain(root, value).last().copied().unwrap_or(value);
        Schema {
            published: last(self.published, schema.published),
            corrected: last(&self.corrected.json, schema.corrected),
        }
    }

    /// What the document as published says of the values, on the way to where references lead.
    fn says(&self, schema: Schema<'a>, key: &str) -> Option<&'a Value> {
        chain(self.published, schema.published).into_iter().find_map(|value| value.get(key))
    }

    fn is_nullable(&self, schema: Schema<'a>) -> bool {
        chain(&self.corrected.json, schema.corrected).iter().any(|value| value["nullable"] == true)
    }

    /// A request with what is required, and with every other property where the role asks for it.
    fn request(
        &self,
        schema: Schema<'a>,
        ty: &str,
        role: Role,
        place: &str,
    ) -> Result<TokenStream, Unusable> {
        let schema = self.resolve(schema);
        let required: Vec<&str> = schema.required().collect();
        let mut arguments = Vec::new();
        for name in &required {
            let property = schema.property(name);
            let nullable = self.is_nullable(property);
            let form = if nullable { Form::Exact } else { Form::Into };
            let value = self.rust(name, property, ty, role, form, place)?;
            arguments.push(if nullable { quote!(Some(#value)) } else { value });
        }
        let mut setters = Vec::new();
        for name in schema.properties().filter(|name| role == Role::Full && !required.contains(name)) {
            let value = self.rust(name, schema.property(name), ty, role, Form::Into, place)?;
            let field = field(name);
            setters.push(quote!(.#field(#value)));
        }
        let ty = format_ident!("{ty}");
        Ok(quote!(types::#ty::new(#(#arguments),*)#(#setters)*))
    }

    /// A value of a property of a request.
    fn rust(
        &self,
        name: &str,
        schema: Schema<'a>,
        parent: &str,
        role: Role,
        form: Form,
        place: &str,
    ) -> Result<TokenStream, Unusable> {
        let exact = form == Form::Exact;
        let target = self.resolve(schema).corrected;
        let ty = type_name(schema).unwrap_or_else(|| format!("{parent}{}", name.to_pascal_case()));
        Ok(match kind(target) {
            "string" if is_secret(target) => {
                let secret = self.text(name, schema, role);
                if exact { quote!(Secret::from(#secret)) } else { secret }
            }
            "string" => {
                let text = self.text(name, schema, role);
                if exact { quote!(String::from(#text)) } else { text }
            }
            "integer" => {
                let number = self.integer(schema);
                let number =
                    if exact { Literal::i64_suffixed(number) } else { Literal::i64_unsuffixed(number) };
                quote!(#number)
            }
            "number" => {
                let text = self.number(schema);
                let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
                let digits: i64 = format!("{whole}{decimals}").parse().unwrap_or(1);
                let (digits, scale) =
                    (Literal::i64_unsuffixed(digits), Literal::usize_unsuffixed(decimals.len()));
                quote!(Decimal::new(#digits, #scale))
            }
            "boolean" => {
                let truth = self.boolean(schema);
                quote!(#truth)
            }
            "array" => {
                let items = self.resolve(schema).at(&["items"]);
                let item = self.rust("item", items, &ty, role, Form::Exact, place)?;
                let items = vec![item; self.count(schema)];
                quote!(Vec::from([#(#items),*]))
            }
            "object" if target["properties"].is_object() => {
                self.request(schema, &ty, Role::Minimal, place)?
            }
            "object" if target["additionalProperties"].is_object() => {
                let values = self.resolve(schema).at(&["additionalProperties"]);
                let value = self.rust("value", values, &ty, role, Form::Exact, place)?;
                quote!(std::collections::HashMap::from([(String::from(TEXT), #value)]))
            }
            "object" => quote!(serde_json::Map::from_iter([(String::from(TEXT), Value::from(TEXT))])),
            "" if ["oneOf", "anyOf", "allOf", "not"].iter().all(|key| target.get(key).is_none()) => {
                quote!(Value::from(TEXT))
            }
            _ => {
                return Err(self.corrected.unusable(
                    place,
                    format!("`{name}` of its request is of a type that the calls have no value of"),
                    "expected a text, a number, a truth value, an object, or a list; or teach xtask/src/calls.rs the type",
                ));
            }
        })
    }

    /// A value of an answer, as JSON, with every property that there is.
    fn json(&self, name: &str, schema: Schema<'a>, within: &mut Vec<String>) -> TokenStream {
        let target = self.resolve(schema);
        match kind(target.corrected) {
            "string" => {
                let text = self.text(name, schema, Role::Answer);
                quote!(Value::from(#text))
            }
            "integer" => {
                let number = Literal::i64_unsuffixed(self.integer(schema));
                quote!(Value::from(#number))
            }
            "number" => {
                let number: TokenStream = self.number(schema).parse().unwrap_or_default();
                quote!(Value::from(#number))
            }
            "boolean" => {
                let truth = self.boolean(schema);
                quote!(Value::from(#truth))
            }
            "array" => {
                let item = self.json(name, target.at(&["items"]), within);
                let items = vec![item; self.count(schema)];
                quote!(Value::from_iter([#(#items),*]))
            }
            "object" if target.corrected["properties"].is_object() => {
                // One that holds itself ends with what it requires.
                let is_again = type_name(schema).is_some_and(|name| within.contains(&name));
                within.extend(type_name(schema));
                let required: Vec<_> = target.required().collect();
                let names: Vec<_> =
                    target.properties().filter(|name| !is_again || required.contains(name)).collect();
                let values: Vec<_> =
                    names.iter().map(|name| self.json(name, target.property(name), within)).collect();
                if type_name(schema).is_some() {
                    within.pop();
                }
                quote!(object([#((#names, #values)),*]))
            }
            "object" => {
                let values = target.at(&["additionalProperties"]);
                let value = self.json(name, values, within);
                quote!(object([(TEXT, #value)]))
            }
            _ => {
                // The first of the alternatives, where there are some.
                let first = |of: &'a Value| {
                    ["oneOf", "anyOf", "allOf"]
                        .iter()
                        .find_map(|key| of.get(key)?.get(0))
                        .unwrap_or(&Value::Null)
                };
                let (published, corrected) = (first(target.published), first(target.corrected));
                if corrected.is_null() {
                    quote!(Value::from(TEXT))
                } else {
                    self.json(name, Schema { published, corrected }, within)
                }
            }
        }
    }

    /// A text that is searched for wherever something is printed, as far as the document takes one.
    fn text(&self, name: &str, schema: Schema<'a>, role: Role) -> TokenStream {
        let name = name.to_snake_case();
        let says = |key| self.says(schema, key);
        let values = says("enum").and_then(Value::as_array);
        if let Some(value) = values.into_iter().flatten().find_map(Value::as_str) {
            return quote!(#value);
        }
        if let Some(example) = says("pattern").and(says("example")).and_then(Value::as_str) {
            return quote!(#example);
        }
        let secret = is_secret(self.resolve(schema).corrected);
        let length = |key| says(key).and_then(Value::as_u64);
        let (least, most) = (length("minLength"), length("maxLength"));
        let bounded = least.or(most).is_some();
        if secret && role == Role::Minimal && name == "session_key" && !bounded {
            // As most callers have it.
            return quote!(&SessionKey::new(KEY).unwrap());
        }
        let fixed = match says("format").and_then(Value::as_str).unwrap_or_default() {
            _ if secret => None,
            "date-time" => Some("2026-01-02T03:04:05Z"),
            "date" => Some("2026-01-02"),
            "time" => Some("03:04:05Z"),
            "duration" => Some("P1D"),
            "uuid" => Some("0b6f7c9e-4d0a-4c3f-9a53-0d5a7c1e2f3b"),
            "ipv4" => Some("127.0.0.1"),
            "ipv6" => Some("::1"),
            "byte" => Some("Y2FuYXJ5"),
            "regex" => Some("x"),
            "json-pointer" => Some("/x"),
            _ => None,
        };
        if let Some(fixed) = fixed {
            return quote!(#fixed);
        }
        let text = match says("format").and_then(Value::as_str).unwrap_or_default() {
            _ if secret && name.contains("session") => quote!(KEY),
            _ if secret => quote!(ENCRYPTION_KEY),
            _ if name.ends_with("_url") && role != Role::Answer => return quote!("myshop://paypos/done"),
            _ if name.ends_with("_url") => return quote!(format!("paynet://{TEXT}")),
            "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => {
                return quote!(format!("paynet://{TEXT}"));
            }
            "email" | "idn-email" => return quote!(format!("{TEXT}@example.com")),
            "hostname" | "idn-hostname" => quote!(TEXT),
            _ if role == Role::Full && !bounded => quote!(HARD),
            _ => quote!(TEXT),
        };
        if !bounded {
            return text;
        }
        let (least, most) = (least.unwrap_or(0), most.unwrap_or(1 << 12));
        let (least, most) = (Literal::u64_unsuffixed(least), Literal::u64_unsuffixed(most));
        quote!(sized(#text, #least, #most))
    }

    fn integer(&self, schema: Schema<'a>) -> i64 {
        let values = self.says(schema, "enum").and_then(Value::as_array);
        let bound = |key| self.says(schema, key).and_then(Value::as_i64);
        let is_out = |key| i64::from(self.says(schema, key).is_some_and(|it| *it == true));
        let mut number = 3;
        if let Some(most) = bound("maximum") {
            number = number.min(most - is_out("exclusiveMaximum"));
        }
        if let Some(least) = bound("minimum") {
            number = number.max(least + is_out("exclusiveMinimum"));
        }
        if let Some(step) = bound("multipleOf").filter(|step| *step > 0) {
            number = (number + step - 1).div_euclid(step) * step;
        }
        values.into_iter().flatten().find_map(Value::as_i64).unwrap_or(number)
    }

    /// By its digits.
    fn number(&self, schema: Schema<'a>) -> String {
        let values = self.says(schema, "enum").and_then(Value::as_array);
        let bound = |key| self.says(schema, key).and_then(Value::as_f64);
        let is_out = |key| if self.says(schema, key).is_some_and(|it| *it == true) { 0.01 } else { 0.0 };
        let usual = "149.90";
        let number = 149.9_f64;
        let most = bound("maximum").map_or(number, |most| number.min(most - is_out("exclusiveMaximum")));
        let mut within = bound("minimum").map_or(most, |least| most.max(least + is_out("exclusiveMinimum")));
        if let Some(step) = bound("multipleOf").filter(|step| *step > 0.01) {
            within = (within / step).floor().max(1.0) * step;
        }
        match values.into_iter().flatten().find_map(Value::as_f64) {
            Some(listed) => listed.to_string(),
            None if (within - number).abs() < f64::EPSILON => usual.to_owned(),
            None => within.to_string(),
        }
    }

    fn boolean(&self, schema: Schema<'a>) -> bool {
        let values = self.says(schema, "enum").and_then(Value::as_array);
        values.into_iter().flatten().find_map(Value::as_bool).unwrap_or(true)
    }

    /// How many items a list has.
    fn count(&self, schema: Schema<'a>) -> usize {
        let least = self.says(schema, "minItems").and_then(Value::as_u64).unwrap_or(1);
        usize::try_from(least).unwrap_or(1).clamp(1, 100)
    }
}

impl<'a> Schema<'a> {
    fn properties(self) -> impl Iterator<Item = &'a str> {
        self.corrected["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The required properties, in the document's order.
    fn required(self) -> impl Iterator<Item = &'a str> {
        let list = self.corrected["required"].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).filter(move |name| self.corrected["properties"].get(name).is_some())
    }

    fn property(self, name: &str) -> Self {
        self.at(&["properties", name])
    }
}

/// A schema and what it is another word for: references, and each `allOf` of one.
fn chain<'a>(root: &'a Value, value: &'a Value) -> Vec<&'a Value> {
    let mut chain = vec![value];
    let mut value = value;
    while chain.len() < 32 {
        let resolved = codegen::resolve(root, value);
        let wrapped = resolved["allOf"].as_array().filter(|all| all.len() == 1).map(|all| &all[0]);
        value = wrapped.unwrap_or(resolved);
        if chain.last().is_some_and(|last| std::ptr::eq(*last, value)) {
            break;
        }
        if !std::ptr::eq(resolved, value) {
            chain.push(resolved);
        }
        chain.push(value);
    }
    chain
}

/// The type of a component that the schema refers to.
fn type_name(schema: Schema<'_>) -> Option<String> {
    let reference = schema.corrected.get("$ref").or_else(|| schema.corrected["allOf"].get(0)?.get("$ref"));
    Some(reference?.as_str()?.rsplit('/').next()?.to_upper_camel_case())
}

fn kind(schema: &Value) -> &str {
    match schema["type"].as_str() {
        None if schema["properties"].is_object() => "object",
        kind => kind.unwrap_or_default(),
    }
}

fn is_secret(schema: &Value) -> bool {
    schema["format"] == corrections::SECRET_FORMAT
}

/// The name of a property as typify spells it.
fn field(property: &str) -> syn::Ident {
    let mut name = property.to_snake_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, 'x');
    }
    if syn::parse_str::<syn::Ident>(&name).is_err() || name == "gen" {
        name.push('_');
    }
    format_ident!("{name}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::table;
    use crate::codegen::Document;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    fn documents() -> Vec<Document> {
        Document::read_all(&root().join("openapi")).unwrap()
    }

    /// The table of the documents with these properties of the request for a reversal and of its answer.
    fn with(properties: &Value, required: &Value) -> String {
        let mut documents = documents();
        let one = documents.iter_mut().find(|one| one.file.ends_with("refund-cancel.json")).unwrap();
        for name in ["InitReversalRequest", "InitReversalResponse"] {
            one.json["components"]["schemas"][name] =
                json!({ "type": "object", "properties": properties, "required": required });
        }
        one.json["components"]["schemas"]["Basket"] = json!({
            "type": "object",
            "required": ["label"],
            "properties": { "label": { "type": "string" }, "next": { "$ref": "#/components/schemas/Basket" } },
        });
        let table = table(&documents).unwrap();
        // Whatever the lines are broken at.
        table.split_whitespace().collect()
    }

    #[track_caller]
    fn assert_calls(schema: &Value, value: &str) {
        let table = with(&json!({ "type": schema }), &json!([]));
        let setter = format!("InitReversalRequest::new().type_({value});");
        assert!(table.contains(&setter), "{setter} in {table}");
    }

    #[test]
    fn every_optional_property_is_set_in_the_full_call_to_what_the_document_takes() {
        for (schema, value) in [
            (json!({ "type": "string" }), "HARD"),
            (json!({ "type": "string", "enum": ["a", "b"] }), "\"a\""),
            (json!({ "type": "string", "maxLength": 5 }), "sized(TEXT,0,5)"),
            (json!({ "type": "string", "format": "date-time" }), "\"2026-01-02T03:04:05Z\""),
            (json!({ "type": "string", "format": "email" }), "format!(\"{TEXT}@example.com\")"),
            (json!({ "type": "string", "pattern": "^[0-9]$", "example": "7" }), "\"7\""),
            (json!({ "type": "integer" }), "3"),
            (json!({ "type": "integer", "minimum": 10, "multipleOf": 4 }), "12"),
            (json!({ "type": "integer", "maximum": 2, "exclusiveMaximum": true }), "1"),
            (json!({ "type": "integer", "enum": [5, 6] }), "5"),
            (json!({ "type": "number" }), "Decimal::new(14990,2)"),
            (json!({ "type": "number", "maximum": 0.5 }), "Decimal::new(5,1)"),
            (json!({ "type": "boolean" }), "true"),
            (json!({ "type": "array", "items": { "type": "integer" } }), "Vec::from([3i64])"),
            (json!({ "type": "array", "items": { "type": "string" } }), "Vec::from([String::from(HARD)])"),
            (json!({ "$ref": "#/components/schemas/Basket" }), "types::Basket::new(TEXT)"),
            (json!({ "allOf": [{ "$ref": "#/components/schemas/Basket" }] }), "types::Basket::new(TEXT)"),
            (
                json!({ "type": "object", "properties": { "a": { "type": "string" } } }),
                "types::InitReversalRequestType::new()",
            ),
        ] {
            assert_calls(&schema, value);
        }
    }

    #[test]
    fn names_decide_what_is_a_url_or_a_secret() {
        let text = json!({ "type": "string" });
        let table = with(
            &json!({ "back_url": text, "card_token": text, "session_key": text }),
            &json!(["session_key", "card_token"]),
        );
        assert!(table.contains("InitReversalRequest::new(&SessionKey::new(KEY).unwrap(),ENCRYPTION_KEY,);"));
        assert!(table.contains("::new(KEY,ENCRYPTION_KEY).back_url(\"myshop://paypos/done\");"), "{table}");
        assert!(table.contains(
            "object([(\"back_url\",Value::from(format!(\"paynet://{TEXT}\"))),\
             (\"card_token\",Value::from(ENCRYPTION_KEY)),(\"session_key\",Value::from(KEY)),])"
        ));
        assert!(table.contains("requires:&[\"session_key\",\"card_token\"]"));
    }

    #[test]
    fn an_answer_that_holds_itself_ends() {
        let basket = json!({ "$ref": "#/components/schemas/Basket" });
        let table = with(&json!({ "basket": basket }), &json!([]));
        let end = "(\"next\",object([(\"label\",Value::from(TEXT))]))";
        assert!(table.contains(end), "{table}");
    }

    #[test]
    fn an_operation_without_its_method_says_which_one_to_add() {
        let table = table(&documents()).unwrap();
        for sentence in [
            "the documents have `init_reversal_transaction`; add `Session::init_reversal_transaction`",
            "the documents have `logout`; add `Agent::logout`",
        ] {
            assert!(table.contains(sentence), "{table}");
        }
    }
}
