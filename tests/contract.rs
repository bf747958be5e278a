//! Holds the crate against Paynet's documents as published: what the documents
//! say, the code does, and what the code relies on, the documents say.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use heck::{ToSnakeCase, ToUpperCamelCase};
use paypos::{
    Decimal, Environment, ErrorKind, Outcome,
    simulator::{CODE_BREAKS_THE_DOCUMENT, CODE_NOT_PLAYED, Simulator},
    types::CheckTransactionRequest,
};
use serde_json::{Value, json};
use support::{
    answering,
    canary::{KEY, SECRET_KEY},
    client,
    operations::{self, Operation},
};
use wiremock::ResponseTemplate;

fn documents() -> Vec<Value> {
    let files = fs::read_dir("openapi").unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap()).collect()
}

/// An operation as its document has it.
struct Documented {
    method: String,
    path: String,
    headers: Vec<Value>,
    /// Schemas, which may refer to the components.
    request: Value,
    answer: Value,
    refusal: Value,
    components: Value,
}

impl Documented {
    fn header_names(&self) -> BTreeSet<String> {
        self.headers.iter().map(|header| header["name"].as_str().unwrap().to_lowercase()).collect()
    }

    fn properties(&self, schema: &Value) -> BTreeMap<String, Value> {
        let properties = self.resolve(schema)["properties"].as_object().unwrap();
        properties.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect()
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components"));
        target.map_or(value, |target| self.components.pointer(target).unwrap())
    }

    /// Whether it asks for texts of a form that nobody can make up.
    fn has_patterns(&self, schema: &Value) -> bool {
        self.has_patterns_within(schema, 8)
    }

    /// A schema may hold itself.
    fn has_patterns_within(&self, schema: &Value, depth: usize) -> bool {
        let schema = self.resolve(schema);
        let properties = schema["properties"].as_object().into_iter().flatten().map(|(_, property)| property);
        let mut parts = properties.chain(schema.get("items"));
        schema.get("pattern").is_some()
            || depth > 0 && parts.any(|part| self.has_patterns_within(part, depth - 1))
    }

    /// What is wrong with a value, by the schema.
    fn breaks(&self, schema: &Value, value: &Value) -> Vec<String> {
        let root = json!({ "allOf": [schema], "components": self.components });
        let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&root).unwrap();
        validator.iter_errors(value).map(|error| error.to_string()).collect()
    }
}

/// The documents' operations, by the name that the last segment of the path is.
fn documented() -> BTreeMap<String, Documented> {
    let mut operations = BTreeMap::new();
    for document in documents() {
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in
                item.as_object().unwrap().iter().filter(|(_, operation)| operation.get("responses").is_some())
            {
                let given = operation["operationId"].as_str();
                let name = given.unwrap_or(path.rsplit('/').next().unwrap()).to_snake_case();
                let body = |value: &Value| value["content"]["application/json"]["schema"].clone();
                let mut documented = Documented {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    headers: Vec::new(),
                    request: body(&operation["requestBody"]),
                    answer: body(&operation["responses"]["200"]),
                    refusal: body(&operation["responses"]["400"]),
                    components: document["components"].clone(),
                };
                let parameters = [&operation["parameters"], &item["parameters"]].map(Value::as_array);
                documented.headers = parameters
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|parameter| documented.resolve(parameter).clone())
                    .collect();
                operations.insert(name, documented);
            }
        }
    }
    operations
}

/// The asynchronous methods of a type, in its source.
fn methods(source: &str, name: &str) -> BTreeSet<String> {
    let source: syn::File = syn::parse_str(source).unwrap();
    source
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
            _ => None,
        })
        .filter(|block| matches!(&*block.self_ty, syn::Type::Path(ty) if ty.path.is_ident(name)))
        .flat_map(|block| &block.items)
        .filter_map(|item| match item {
            syn::ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method.sig.ident.to_string()),
            _ => None,
        })
        .map(|method| format!("{name}::{method}"))
        .collect()
}

#[test]
fn the_operations_of_the_documents_are_the_methods_of_agent_and_session() {
    let mut methods = self::methods(include_str!("../src/session.rs"), "Session");
    methods.extend(self::methods(include_str!("../src/agent.rs"), "Agent"));
    // By the credential that the document asks for.
    let documented: BTreeSet<String> = documented()
        .iter()
        .map(|(name, operation)| {
            let agents = operation.header_names().contains("authorization");
            format!("{}::{name}", if agents { "Agent" } else { "Session" })
        })
        .collect();
    let name = |method: &str| method.split("::").nth(1).unwrap().to_owned();
    let missing = documented
        .difference(&methods)
        .map(|method| format!("the documents have `{}`; add `{method}`", name(method)));
    let extra = methods.difference(&documented).map(|method| {
        format!("the documents have no `{}` of that credential; remove `{method}`", name(method))
    });
    let wrong: Vec<_> = missing.chain(extra).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each operation as the tests call it, with its document.
fn operations() -> Vec<(&'static Operation, Documented)> {
    let mut documented = documented();
    let all: Vec<_> = operations::ALL
        .iter()
        .map(|operation| documented.remove(operation.name).map(|it| (operation, it)).unwrap())
        .collect();
    assert!(documented.is_empty(), "run `cargo xtask spec renew`");
    all
}

#[tokio::test]
async fn each_request_conforms_to_its_document_and_every_property_can_be_sent() {
    let simulator = Simulator::start().await.unwrap();
    let client = client(simulator.url());
    for (operation, documented) in operations() {
        let schema = documented.resolve(&documented.request);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let all: Vec<String> = documented.properties(schema).into_keys().collect();
        for (call, is_full) in [(operation.minimal, false), (operation.full, true)] {
            // The simulator judges by the published document before it looks at the credentials.
            let error = call(&client).await.unwrap_err();
            assert_eq!((error.status(), error.operation()), (Some(400), Some(operation.name)));
            assert!(
                documented.has_patterns(&documented.request)
                    || error.code() != Some(CODE_BREAKS_THE_DOCUMENT),
                "{:?}",
                error.vendor_message()
            );
            let request = simulator.requests().pop().unwrap();
            assert_eq!((request.method(), request.path()), (&*documented.method, &*documented.path));
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let sent: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
            assert!(required.iter().all(|name| body.get(name.as_str().unwrap()).is_some()), "{sent:?}");
            assert!(body.as_object().unwrap().values().all(|value| !value.is_null()), "absent, and not null");
            if is_full {
                assert_eq!(sent, all, "{}: run `cargo xtask spec renew`", operation.name);
            }
        }
    }
}

#[tokio::test]
async fn a_request_carries_no_header_that_neither_the_document_nor_http_asks_for() {
    let simulator = Simulator::start().await.unwrap();
    let client = client(simulator.url());
    for (operation, documented) in operations() {
        (operation.minimal)(&client).await.unwrap_err();
        let request = simulator.requests().pop().unwrap();
        let names: BTreeSet<String> = request.header_names().map(str::to_owned).collect();
        let mut expected = documented.header_names();
        expected
            .extend(["accept", "content-length", "content-type", "host", "user-agent"].map(str::to_owned));
        assert_eq!(names, expected, "{}", operation.name);
        let basic = format!("Basic {SECRET_KEY}");
        for (name, value) in [
            ("session-key", KEY),
            ("authorization", &basic),
            ("paynetmobile", "2"),
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("user-agent", concat!("paypos/", env!("CARGO_PKG_VERSION"))),
        ] {
            assert_eq!(request.header(name), expected.contains(name).then_some(value), "{name}");
        }
        let mobile = documented.headers.iter().find(|header| header["name"] == "PaynetMobile");
        assert!(mobile.is_none_or(|header| header["schema"]["enum"] == json!(["2"])), "the one value");
    }
}

#[tokio::test]
async fn each_documented_success_is_read() {
    for (operation, documented) in operations() {
        let answer = (operation.success)();
        assert!(
            documented.has_patterns(&documented.answer)
                || documented.breaks(&documented.answer, &answer).is_empty(),
            "{}",
            operation.name
        );
        let known = documented.properties(&documented.answer).into_keys();
        assert_eq!(
            known.collect::<Vec<_>>(),
            answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>(),
            "{}: run `cargo xtask spec renew`",
            operation.name
        );
        let (server, _) = answering(ResponseTemplate::new(200).set_body_json(answer)).await;
        (operation.minimal)(&client(&server.uri())).await.unwrap();
    }
}

#[tokio::test]
async fn every_documented_property_of_a_transaction_and_of_a_session_is_read() {
    for name in ["check_transaction", "get_auth_key"] {
        let operation = Operation::named(name);
        let answer = (operation.success)();
        let (server, _) = answering(ResponseTemplate::new(200).set_body_json(&answer)).await;
        let shown = (operation.minimal)(&client(&server.uri())).await.unwrap();
        let properties = answer["Data"][0].as_object().or(answer.as_object()).unwrap();
        assert!(properties.len() > 9);
        for property in properties.keys() {
            let field = field(property);
            let is_read = shown.match_indices(&format!(" {field}: ")).any(|(at, label)| {
                !["None", "[]", "{}"].iter().any(|no| shown[at + label.len()..].starts_with(no))
            });
            assert!(is_read, "{property}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_transaction_has_the_values_that_were_answered() {
    let answer = r#"{"Data": [{"xact_id": "x", "comission": 1.10, "netAmount": "148.80", "amount": 149.90,
        "ratio": 9007199254740993.010, "is_succeed": true, "instalment": 3, "card_holder": "C", "new": {"a": [1]}}]}"#;
    let (server, _) = answering(ResponseTemplate::new(200).set_body_raw(answer, "application/json")).await;
    let request = CheckTransactionRequest::new("ps-1");
    let answer = operations::session(&client(&server.uri())).check_transaction(request).await.unwrap();
    let [transaction] = answer.data.as_slice() else { panic!("one") };
    let digits = |value: &Option<Decimal>| value.map(|value| value.to_string());
    assert_eq!(digits(&transaction.amount).as_deref(), Some("149.90"));
    assert_eq!(digits(&transaction.net_amount).as_deref(), Some("148.80"));
    assert_eq!(digits(&transaction.comission).as_deref(), Some("1.10"));
    assert_eq!(digits(&transaction.ratio).as_deref(), Some("9007199254740993.010"));
    assert_eq!(digits(&transaction.comission_tax), None);
    assert_eq!((transaction.xact_id.as_deref(), transaction.card_holder.as_deref()), (Some("x"), Some("C")));
    assert_eq!((transaction.is_succeed, transaction.instalment), (Some(true), Some(3)));
}

#[tokio::test]
async fn each_documented_refusal_is_read() {
    for (operation, documented) in operations() {
        let answer = json!({ "object_name": "o", "code": 1234, "message": "m" });
        assert_eq!(documented.breaks(&documented.refusal, &answer), [] as [String; 0]);
        let known = documented.properties(&documented.refusal);
        assert!(["code", "message", "object_name"].iter().all(|property| known.contains_key(*property)));
        let (server, _) = answering(ResponseTemplate::new(400).set_body_json(answer)).await;
        let error = (operation.minimal)(&client(&server.uri())).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Rejected, Outcome::Rejected));
        assert_eq!((error.operation(), error.status()), (Some(operation.name), Some(400)));
        assert_eq!(
            (error.object_name(), error.code(), error.vendor_message()),
            (Some("o"), Some(1234), Some("m"))
        );
    }
}

#[test]
fn the_environments_are_the_servers_of_the_documents() {
    let environments: BTreeSet<(String, &str)> = Environment::ALL
        .iter()
        .map(|environment| (environment.to_string(), environment.base_url()))
        .collect();
    for document in documents() {
        let servers: BTreeSet<_> = document["servers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|server| (server["description"].as_str().unwrap(), server["url"].as_str().unwrap()))
            .map(|(name, url)| (name.to_upper_camel_case(), url.trim_end_matches('/').to_owned()))
            .collect();
        assert_eq!(environments, servers.iter().map(|(name, url)| (name.clone(), url.as_str())).collect());
    }
    // Where money goes, which no document changes unseen.
    for (environment, url) in [
        (Environment::Production, "https://api.paynet.com.tr"),
        (Environment::Sandbox, "https://pts-api.paynet.com.tr"),
    ] {
        assert!(
            environment.base_url() == url,
            "the documents say that {environment} is at {}; confirm it with Paynet, then change it here and in \
             the README",
            environment.base_url()
        );
    }
}

/// The code that is generated from the documents, which is what the crate is built from.
fn generated() -> Vec<syn::Item> {
    syn::parse_file(include_str!(concat!(env!("OUT_DIR"), "/generated.rs"))).unwrap().items
}

/// The functions of a type of the documents: their names, with what they take beside the type itself.
fn functions(ty: &str) -> BTreeMap<String, Vec<String>> {
    let blocks = generated().into_iter().filter_map(|item| match item {
        syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
        _ => None,
    });
    let of_type = blocks.filter(|block| match &*block.self_ty {
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == ty),
        _ => false,
    });
    of_type
        .flat_map(|block| block.items)
        .filter_map(|item| match item {
            syn::ImplItem::Fn(function) => Some(function.sig),
            _ => None,
        })
        .map(|signature| {
            let arguments = signature.inputs.iter().filter_map(|input| match input {
                syn::FnArg::Typed(argument) => Some(&argument.pat),
                syn::FnArg::Receiver(_) => None,
            });
            (signature.ident.to_string(), arguments.map(|name| quote::quote!(#name).to_string()).collect())
        })
        .collect()
}

/// The name of a property as the generator spells it.
fn field(property: &str) -> String {
    let field = property.to_snake_case();
    if syn::parse_str::<syn::Ident>(&field).is_ok() { field } else { format!("{field}_") }
}

/// What is required though its document does not say so.
const ESSENTIAL: [(&str, &str); 2] = [("init_sale_transaction", "amount"), ("logout", "session_key")];

#[test]
fn the_documents_require_what_the_constructors_ask_for() {
    for (name, documented) in documented() {
        let Some(reference) = documented.request["$ref"].as_str() else { continue };
        let functions = functions(&reference.rsplit('/').next().unwrap().to_upper_camel_case());
        let schema = documented.resolve(&documented.request);
        let mut required: Vec<_> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|property| property.as_str().unwrap().to_owned())
            .collect();
        let essential =
            ESSENTIAL.iter().filter(|(of, _)| *of == name).map(|(_, property)| (*property).to_owned());
        for property in essential {
            if !required.contains(&property) {
                required.push(property);
            }
        }
        assert_eq!(
            functions["new"],
            required.iter().map(|property| field(property)).collect::<Vec<_>>(),
            "{name}"
        );
        let optional =
            documented.properties(schema).into_keys().filter(|property| !required.contains(property));
        let setters: BTreeSet<_> = optional.map(|property| field(&property)).collect();
        let others: BTreeSet<_> = functions.into_keys().filter(|function| function != "new").collect();
        assert_eq!(others, setters, "{name}");
    }
}

/// The properties of a schema, and of what is written in place in it, that are texts and secret by name.
fn secrets_of(document: &Value, ty: &str, schema: &Value, secrets: &mut BTreeSet<String>) {
    for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
        let mut schema = schema;
        while let Some(target) = schema["$ref"].as_str().or(schema["allOf"][0]["$ref"].as_str()) {
            let is_plain = |schema: &&Value| schema["properties"].is_null();
            let target = document.pointer(target.trim_start_matches('#')).filter(is_plain);
            schema = target.unwrap_or(&Value::Null);
        }
        let name = property.to_snake_case();
        let is_secret = name.ends_with("_key") || name.contains("secret") || name.contains("token");
        if is_secret && schema["type"] == "string" {
            secrets.insert(format!("{ty}.{}", field(property)));
        }
        let ty = format!("{ty}{}", property.to_upper_camel_case());
        secrets_of(document, &ty, schema, secrets);
        secrets_of(document, &format!("{ty}Item"), &schema["items"], secrets);
    }
}

#[test]
fn the_documents_have_the_secrets_that_the_code_redacts_and_no_others() {
    let mut documented = BTreeSet::new();
    for document in documents() {
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            secrets_of(&document, &name.to_upper_camel_case(), schema, &mut documented);
        }
    }
    let types = generated().into_iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content,
        _ => None,
    });
    let mut redacted = BTreeSet::new();
    for item in types.unwrap().1 {
        let syn::Item::Struct(item) = item else { continue };
        for field in &item.fields {
            let (ty, Some(name)) = (&field.ty, &field.ident) else { continue };
            if quote::quote!(#ty).to_string().replace(' ', "").contains("crate::Secret") {
                redacted.insert(format!("{}.{name}", item.ident));
            }
        }
    }
    assert_eq!(documented, redacted);
    assert!(documented.contains("AuthResponse.session_key"), "{documented:?}");
}

#[tokio::test]
async fn the_simulators_answers_conform_to_the_documents() {
    let simulator = Simulator::start().await.unwrap();
    let documented = documented();
    let http = paypos::reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answers = BTreeSet::new();
    let mut call = async |name: &str, credential: (&str, &str), body: Value| {
        let operation = &documented[name];
        let mut request = http.post(format!("{}{}", simulator.url(), operation.path));
        if operation.header_names().contains("paynetmobile") {
            request = request.header("PaynetMobile", "2");
        }
        let request = request.header(credential.0, credential.1).header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let schema = if status == 200 { &operation.answer } else { &operation.refusal };
        assert_eq!(operation.breaks(schema, &answer), [] as [String; 0], "{name} {status}");
        assert_ne!(
            operation.breaks(schema, &json!({ "code": "text" })),
            [] as [String; 0],
            "the check can fail"
        );
        answers.insert((name.to_owned(), status));
        answer
    };
    let _dealer = simulator.add_dealer();
    let dealer = ("authorization", "Basic simulated-secret-key-1");
    let opened = call("get_auth_key", dealer, json!({ "agent_id": "a", "user_id": "u" })).await;
    let key = opened["session_key"].as_str().unwrap().to_owned();
    let session = ("session-key", key.as_str());
    let sale = call("init_sale_transaction", session, json!({ "amount": 149.9 })).await;
    let paid = json!({ "payment_session_id": sale["payment_session_id"] });
    assert_eq!(call("check_transaction", session, paid.clone()).await["Data"], json!([]));
    simulator.phone().approve(sale["payment_session_id"].as_str().unwrap()).unwrap();
    let data = call("check_transaction", session, paid).await["Data"].take();
    assert_eq!((&data[0]["is_succeed"], &data[0]["amount"]), (&json!(true), &json!(149.9)));
    call("init_reversal_transaction", session, json!({ "xact_id": data[0]["xact_id"] })).await;
    call("logout", dealer, json!({ "session_key": key })).await;
    for (name, body) in [
        ("init_sale_transaction", json!({ "amount": 1 })),
        ("init_reversal_transaction", json!({ "xact_id": "x" })),
        ("check_transaction", json!({ "payment_session_id": "x" })),
    ] {
        call(name, session, body).await;
    }
    call("logout", dealer, json!({ "session_key": key })).await;
    call("get_auth_key", ("authorization", "Basic x"), json!({ "agent_id": "a", "user_id": "u" })).await;
    let client = client(simulator.url());
    for (name, documented) in &documented {
        let seen: Vec<_> = answers.iter().filter(|(of, _)| of == name).map(|(_, status)| *status).collect();
        if seen.is_empty() {
            let refused = (Operation::named(name).minimal)(&client).await.unwrap_err();
            let plays = "play it in src/simulator and here, or refuse it";
            let is_refused = refused.code() == Some(CODE_NOT_PLAYED);
            assert!(is_refused || documented.has_patterns(&documented.request), "{name}: {plays}");
        } else {
            assert_eq!(seen, [200, 400], "{name}");
        }
    }
}
