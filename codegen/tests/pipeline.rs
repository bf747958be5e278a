//! Documents in, code out: one form for one meaning, what is refused, and what is generated.

use std::{fmt::Write, fs, path::Path, process::Command};

use paypos_codegen::{Document, DocumentError, Generated, Operation, Ty, generate, join};
use serde_json::{Value, json};

const FILE: &str = "openapi/refund-cancel.json";
const OPERATION: &str = "/paths/~1v1~1softpos~1init_reversal_transaction/post";
const REQUEST: &str = "/components/schemas/InitReversalRequest";

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A change of a document.
type Edit = fn(&mut Value);

/// Documents of one day, whatever Paynet publishes since. Their headers and bodies are all components.
fn fixtures() -> Vec<(String, Value)> {
    let documents = Document::read_all(&folder("tests/fixtures")).unwrap().into_iter();
    documents.map(|document| (document.file.replace("fixtures", "openapi"), document.json)).collect()
}

/// What is generated from the fixtures with a change. The change finds a document by a part of its file name.
fn changed(
    change: impl FnOnce(&mut dyn FnMut(&str, &mut dyn FnMut(&mut Value))),
) -> Result<Generated, DocumentError> {
    let mut documents = fixtures();
    change(&mut |name, edit| {
        let (_, json) = documents.iter_mut().find(|(file, _)| file.contains(name)).unwrap();
        edit(json);
    });
    let parse = |(file, json): &(String, Value)| Document::parse(file, &json.to_string());
    generate(&documents.iter().map(parse).collect::<Result<Vec<_>, _>>()?)
}

/// What is generated if only the document of the reversal changes.
fn reversal(mut edit: impl FnMut(&mut Value)) -> Result<Generated, DocumentError> {
    changed(|with| with("refund-cancel", &mut edit))
}

fn at<'a>(json: &'a mut Value, pointer: &str) -> &'a mut Value {
    json.pointer_mut(pointer).unwrap()
}

fn remove(json: &mut Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    at(json, parent).as_object_mut().unwrap().remove(&key.replace("~1", "/")).unwrap()
}

fn header(name: &str) -> Value {
    json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string" } })
}

/// The code without its comments.
fn without_docs(code: &str) -> String {
    let blocks = code.split("/**").map(|part| part.split_once("*/").map_or(part, |(_, code)| code));
    let code: String = blocks.collect();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("///") && !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_generated_code_is_the_golden_file() {
    let code = generate(&Document::read_all(&folder("../openapi")).unwrap()).unwrap().code;
    assert!(
        code == include_str!("golden/generated.rs"),
        "codegen/tests/golden/generated.rs is stale: run `cargo xtask spec regenerate`, and read the difference"
    );
}

#[test]
fn no_text_of_a_page_is_code_or_a_link_to_rustdoc() {
    const TEXT: &str = "Values:\n\n    A - approved\n\n```\npanic!();\n```\n~~~rust\npanic!();\n~~~\n\
        <code>x</code> [a](javascript:x) [the table] `let\n- item\n\n        panic!();\n1. one\n\n       panic!();\n\
        see https://paynet.example/a_b?c=d. or (ftp://`x`)\nlone\rreturn \u{202e}evil \u{0}nul\n*/ /// \\";
    let code = changed(|with| {
        for (file, _) in fixtures() {
            with(&file, &mut |json| {
                describe(json, TEXT);
                json["info"] =
                    json!({ "title": TEXT, "description": TEXT, "termsOfService": TEXT, "version": TEXT });
            });
        }
    });
    let code = code.unwrap().code;
    // All doc comments of the generated file, as rustdoc reads them.
    let folder = std::env::temp_dir().join(format!("paypos-codegen-docs-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut items = String::new();
    let mut comments = 0;
    for line in code.lines().map(str::trim_start) {
        if line.starts_with("///") || line.starts_with("#[doc") {
            comments += 1;
            items.push_str(line);
            items.push('\n');
        } else if items.ends_with('\n') && !items.ends_with("{}\n") {
            writeln!(items, "pub mod m{comments} {{}}").unwrap();
        }
    }
    assert!(comments > 100, "the comments are found");
    let file = folder.join("docs.rs");
    fs::write(
        &file,
        format!("#![deny(rustdoc::all)]\n#![allow(rustdoc::missing_crate_level_docs)]\n{items}"),
    )
    .unwrap();
    let rustdoc = |arguments: &[&str]| {
        let output =
            Command::new("rustdoc").args(arguments).arg(&file).current_dir(&folder).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let tested = rustdoc(&["--test"]);
    assert!(tested.contains("running 0 tests"), "{tested}");
    let built = rustdoc(&[]);
    assert!(!built.contains("error"), "{built}");
    fs::remove_dir_all(&folder).unwrap();
}

/// Gives every description and summary of a document a text, and every schema and property one.
fn describe(value: &mut Value, text: &str) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|value| describe(value, text));
            if members.contains_key("type") || members.contains_key("summary") {
                members.insert("description".to_owned(), json!(text));
            }
            if members.contains_key("summary") {
                members.insert("summary".to_owned(), json!(text));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| describe(item, text)),
        _ => {}
    }
}

/// Each is another way of writing the fixtures.
const SAME: &[(&str, &str, Edit)] = &[
    ("headers as components", "refund-cancel", |json| {
        let header = at(json, &format!("{OPERATION}/parameters/0")).take();
        json["components"]["parameters"]["KeyOfTheSession"] = header;
        at(json, OPERATION)["parameters"][0] = json!({ "$ref": "#/components/parameters/KeyOfTheSession" });
    }),
    ("headers of the path", "refund-cancel", |json| {
        let parameters = remove(json, &format!("{OPERATION}/parameters"));
        json["paths"]["/v1/softpos/init_reversal_transaction"]["parameters"] = parameters;
    }),
    ("headers in another order and case", "create-session", |json| {
        let parameters = at(json, "/paths/~1v1~1agent~1get_auth_key/post/parameters").as_array_mut().unwrap();
        parameters.reverse();
        parameters[2]["name"] = json!("authorization");
    }),
    ("a header that OpenAPI ignores", "refund-cancel", |json| {
        at(json, &format!("{OPERATION}/parameters")).as_array_mut().unwrap().push(header("Accept"));
    }),
    ("bodies inline", "end-session", |json| {
        for place in ["requestBody", "responses/200"] {
            let schema = format!("/paths/~1v1~1agent~1logout/post/{place}/content/application~1json/schema");
            let target = at(json, &schema)["$ref"].as_str().unwrap()[1..].to_owned();
            *at(json, &schema) = remove(json, &target);
        }
    }),
    ("bodies inline under other names than their operation's", "create-session", |json| {
        for place in ["requestBody", "responses/200"] {
            let schema =
                format!("/paths/~1v1~1agent~1get_auth_key/post/{place}/content/application~1json/schema");
            let target = at(json, &schema)["$ref"].as_str().unwrap()[1..].to_owned();
            *at(json, &schema) = remove(json, &target);
        }
    }),
    ("bodies and responses as components", "refund-cancel", |json| {
        for (section, place) in [("requestBodies", "requestBody"), ("responses", "responses/200")] {
            let body = at(json, &format!("{OPERATION}/{place}")).take();
            json["components"][section] = json!({ "Body": body });
            *at(json, &format!("{OPERATION}/{place}")) =
                json!({ "$ref": format!("#/components/{section}/Body") });
        }
    }),
    ("components of other names", "refund-cancel", |json| {
        let text = json.to_string().replace("InitReversalRe", "Re").replace("ErrorResponse", "Refusal");
        *json = serde_json::from_str(&text).unwrap();
    }),
    ("a component that is a text", "refund-cancel", |json| {
        json["components"]["schemas"]["Link"] = json!({ "type": "string" });
        let url = &mut at(json, REQUEST)["properties"]["callback_url"];
        *url =
            json!({ "allOf": [{ "$ref": "#/components/schemas/Link" }], "description": url["description"] });
    }),
    ("a body of two parts", "refund-cancel", |json| {
        let schema = at(json, REQUEST).take();
        json["components"]["schemas"]["Base"] = schema;
        *at(json, REQUEST) = json!({ "allOf": [
            { "$ref": "#/components/schemas/Base" },
            { "type": "object", "required": ["xact_id"], "properties": { "xact_id": { "type": "string" } } },
        ]});
    }),
    ("a list as a component", "retrieve-payment", |json| {
        let data = "/components/schemas/CheckTransactionResponse/properties/Data";
        let list = at(json, data).take();
        json["components"]["schemas"]["Transactions"] = list;
        *at(json, data) = json!({ "$ref": "#/components/schemas/Transactions" });
    }),
    ("members that are false or empty", "refund-cancel", |json| {
        at(json, REQUEST)["properties"]["reference_no"]["nullable"] = json!(false);
        at(json, "/components/schemas/InitReversalResponse")["required"] = json!([]);
        at(json, OPERATION)["deprecated"] = json!(false);
    }),
    ("limits on values", "initialize-payment", |json| {
        let properties = at(json, "/components/schemas/InitSaleRequest/properties");
        properties["description"]["maxLength"] = json!(9);
        properties["instalment"]["format"] = json!("int32");
        properties["instalment"]["default"] = json!(1);
        properties["reference_no"]["pattern"] = json!("x");
        properties["card_holder_phone"]["enum"] = json!(["x"]);
        properties["card_holder_phone"]["title"] = json!("Phone");
    }),
    ("servers in another order and with a slash", "", |json| {
        json["servers"].as_array_mut().unwrap().reverse();
        json["servers"][0]["url"] = json!("https://pts-api.paynet.com.tr/");
    }),
    ("servers in Turkish, or without a word", "", |json| {
        json["servers"][0]["description"] = json!("Canlı Ortam");
        json["servers"][1].as_object_mut().unwrap().remove("description");
    }),
    ("one server of the two", "refund-cancel", |json| {
        drop(json["servers"].as_array_mut().unwrap().remove(1));
    }),
    ("an operationId of another word", "refund-cancel", |json| {
        at(json, OPERATION)["operationId"] = json!("startReversal");
    }),
    ("the vendor's words for types", "", |json| {
        let text = json.to_string();
        let text = text.replace(r#""type":"number""#, r#""type":"decimal""#);
        let text = text.replace(r#""type":"integer""#, r#""type":"Integer""#);
        let text = text.replace(r#""type":"boolean""#, r#""type":"Boolean""#);
        *json = serde_json::from_str(&text).unwrap();
    }),
    ("nullable everywhere", "", |json| nullable(json)),
    ("media types that mean JSON", "", |json| {
        let text = json.to_string();
        for (at, ty) in
            ["application/json; charset=utf-8", "text/json", "*/*", "application/*+json"].iter().enumerate()
        {
            if json["paths"].to_string().len() % 4 == at {
                *json = serde_json::from_str(&text.replace("application/json", ty)).unwrap();
            }
        }
    }),
    ("several media types of JSON", "refund-cancel", |json| {
        let content = at(json, &format!("{OPERATION}/responses/200/content"));
        content["text/json"] = content["application/json"].clone();
        content["application/xml"] = json!({});
    }),
    ("no security", "refund-cancel", |json| {
        json["security"] = json!([{}]);
        at(json, OPERATION)["security"] = json!([]);
    }),
    ("the credential as a security scheme", "refund-cancel", |json| {
        let scheme = json!({ "type": "apiKey", "in": "header", "name": "Session-Key" });
        json["components"]["securitySchemes"] = json!({ "Key": scheme });
        json["security"] = json!([{ "Key": [] }]);
        at(json, &format!("{OPERATION}/parameters")).as_array_mut().unwrap().remove(0);
    }),
    ("the credential as one of several security schemes", "refund-cancel", |json| {
        let scheme = json!({ "type": "apiKey", "in": "header", "name": "Session-Key" });
        json["components"]["securitySchemes"] =
            json!({ "Cookie": { "type": "apiKey", "in": "cookie" }, "Key": scheme });
        json["security"] = json!([{ "Cookie": [] }, { "Key": [] }]);
        at(json, &format!("{OPERATION}/parameters")).as_array_mut().unwrap().remove(0);
    }),
    ("the credential as a header and as a security scheme", "create-session", |json| {
        json["components"]["securitySchemes"] = json!({ "Key": { "type": "http", "scheme": "Basic" } });
        json["security"] = json!([{ "Key": [] }]);
    }),
    ("what is only read, in a request", "refund-cancel", |json| {
        at(json, REQUEST)["properties"]["id"] = json!({ "type": "string", "readOnly": true });
        at(json, REQUEST)["required"] = json!(["id", "xact_id"]);
    }),
    ("what is only written, in a response", "retrieve-payment", |json| {
        let schema = at(json, "/components/schemas/Transaction");
        schema["properties"]["pin"] = json!({ "type": "string", "writeOnly": true });
        schema["required"] = json!(["pin"]);
    }),
    ("constraints written as schemas", "retrieve-payment", |json| {
        at(json, "/components/schemas/Transaction")["anyOf"] =
            json!([{ "required": ["xact_id"] }, { "required": ["reference_code"] }]);
        at(json, "/components/schemas/Transaction")["not"] = json!({ "required": ["note"] });
        at(json, "/components/schemas/CheckTransactionRequest")["oneOf"] =
            json!([{ "required": ["payment_session_id"] }]);
        at(json, "/components/schemas/Transaction")["additionalProperties"] = json!({ "type": "string" });
    }),
    ("one thing or null", "retrieve-payment", |json| {
        at(json, "/components/schemas/Transaction/properties")["note"] =
            json!({ "oneOf": [{ "type": "string" }, { "type": "null" }], "description": "Note." });
    }),
    ("constraints that are none", "retrieve-payment", |json| {
        let properties = at(json, "/components/schemas/Transaction/properties");
        properties["amount"]["minimum"] = json!("0");
        properties["note"]["pattern"] = json!("/^[0-9]{4}$/i[");
        properties["currency"]["enum"] = json!("TRY");
    }),
    ("a part of a response that differs in a limit", "refund-cancel", |json| {
        let schemas = &mut json["components"]["schemas"];
        schemas["Base"] =
            json!({ "type": "object", "properties": { "message": { "type": "string", "maxLength": 200 } } });
        let own = schemas["InitReversalResponse"].take();
        schemas["InitReversalResponse"] = json!({ "allOf": [{ "$ref": "#/components/schemas/Base" }, own] });
    }),
    ("a path parameter that has no place in the path", "refund-cancel", |json| {
        let parameter =
            json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
        at(json, &format!("{OPERATION}/parameters")).as_array_mut().unwrap().push(parameter);
    }),
    ("other statuses, webhooks and components", "refund-cancel", |json| {
        let refusal = at(json, OPERATION)["responses"]["400"].clone();
        for status in ["401", "404", "422", "500", "default"] {
            at(json, OPERATION)["responses"][status] = refusal.clone();
        }
        at(json, OPERATION)["responses"]["503"] =
            json!({ "description": "x", "content": { "text/html": {} } });
        json["webhooks"] = json!({ "paid": { "post": { "responses": {} } } });
        json["components"]["schemas"]["Unused"] = json!({ "type": "strng" });
    }),
];

/// Allows `null` for each property.
fn nullable(value: &mut Value) {
    if let Some(properties) = value.get_mut("properties").and_then(Value::as_object_mut) {
        for property in properties.values_mut() {
            property["nullable"] = json!(true);
        }
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(nullable),
        Value::Array(items) => items.iter_mut().for_each(nullable),
        _ => {}
    }
}

#[test]
fn ways_of_writing_the_same_generate_the_same() {
    let expected = changed(|_| ()).unwrap();
    for (name, file, rewrite) in SAME {
        let generated = changed(|with| with(file, &mut { *rewrite }));
        let generated = generated.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(generated.api, expected.api, "{name}");
        assert_eq!(without_docs(&generated.code), without_docs(&expected.code), "{name}");
    }
}

#[test]
fn joining_the_joined_document_changes_nothing() {
    let joined = join(&Document::read_all(&folder("../openapi")).unwrap()).unwrap();
    let again = join(&[Document::parse("joined.json", &joined.json.to_string()).unwrap()]).unwrap();
    assert_eq!(again.json, joined.json);
}

#[test]
fn each_rule_that_the_readme_lists_is_a_function() {
    let readme = fs::read_to_string(folder("../openapi/README.md")).unwrap();
    let (_, table) = readme.split_once("| rule |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let names: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    assert!(names.len() > 10, "{names:?}");
    let sources = ["repair", "rules", "read", "join"]
        .map(|file| fs::read_to_string(folder("src").join(file).with_extension("rs")).unwrap());
    for name in names {
        assert!(sources.iter().any(|source| source.contains(&format!("fn {name}("))), "{name}");
    }
}

#[test]
fn every_kind_of_property_has_its_type_and_a_secret_is_one_by_name() {
    let kinds = json!({
        "amount": { "type": "number" },
        "amounts": { "type": "array", "items": { "type": "number" } },
        "any": { "oneOf": [{ "type": "string" }, { "type": "integer" }], "description": "Anything." },
        "basket": { "type": "object", "required": ["label"], "properties": { "label": { "type": "string" } } },
        "cardToken": { "type": "string", "nullable": true },
        "clientSecretText": { "$ref": "#/components/schemas/Text" },
        "count": { "type": "integer", "format": "int32" },
        "extra": { "type": "object", "additionalProperties": { "type": "string" } },
        "is_last": { "type": "boolean" },
        "keyboard": { "type": "string" },
        "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Line" } },
        "token_count": { "type": "integer" },
        "type": { "type": "string", "enum": ["a"] },
    });
    let generated = reversal(|json| {
        json["components"]["schemas"]["Text"] = json!({ "type": "string" });
        json["components"]["schemas"]["Line"] = json!({ "type": "object", "properties": {
            "label": { "type": "string" }, "next": { "$ref": "#/components/schemas/Line" } } });
        for (name, schema) in kinds.as_object().unwrap() {
            at(json, REQUEST)["properties"][name] = schema.clone();
        }
    })
    .unwrap();
    let fields = &generated.api.types["InitReversalRequest"].fields;
    for (property, name, ty) in [
        ("amount", "amount", "Decimal"),
        ("amounts", "amounts", "Vec<Decimal>"),
        ("any", "any", "Value"),
        ("basket", "basket", "InitReversalRequestBasket"),
        ("cardToken", "card_token", "Secret"),
        ("clientSecretText", "client_secret_text", "Secret"),
        ("count", "count", "i64"),
        ("extra", "extra", "Value"),
        ("is_last", "is_last", "bool"),
        ("keyboard", "keyboard", "String"),
        ("lines", "lines", "Vec<Line>"),
        ("token_count", "token_count", "i64"),
        ("type", "type_", "String"),
        ("xact_id", "xact_id", "String"),
    ] {
        let field = &fields[property];
        assert_eq!((&*field.name, &*field.ty.to_string(), field.required), (name, ty, property == "xact_id"));
    }
    assert!(generated.api.types["Line"].request);
}

#[test]
fn a_setter_is_named_unlike_the_methods_that_every_request_has() {
    let names = ["clone", "eq", "default", "from", "into", "new", "to_owned", "validate"];
    let generated = changed(|with| {
        for (file, ty) in [("refund-cancel", "InitReversalRequest"), ("retrieve-payment", "Transaction")] {
            with(file, &mut |json| {
                for name in names {
                    json["components"]["schemas"][ty]["properties"][name] = json!({ "type": "string" });
                }
            });
        }
    })
    .unwrap();
    for name in names {
        let types = &generated.api.types;
        assert_eq!(types["InitReversalRequest"].fields[name].name, format!("{name}_"));
        // What callers do not construct has no setters.
        assert_eq!(types["Transaction"].fields[name].name, name);
    }
}

#[test]
fn the_joined_document_says_what_tools_of_other_languages_need() {
    let document = generate(&Document::read_all(&folder("tests/fixtures")).unwrap()).unwrap().document;
    assert_eq!(document["info"]["title"], "PayPOS");
    assert_eq!(document["servers"][0]["description"], "Sandbox");
    let tags = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]);
    assert!(tags.eq(["Agent", "Authorize", "SoftPOS"].iter()), "{}", document["tags"]);
    for (path, security, parameters) in [
        ("/v1/agent/logout", json!([{ "Authorization": [] }]), &["PaynetMobile"][..]),
        ("/v1/softpos/init_sale_transaction", json!([]), &["Session-Key"]),
    ] {
        let operation = &document["paths"][path]["post"];
        assert_eq!(operation["security"], security);
        let names = operation["parameters"].as_array().unwrap().iter().map(|parameter| &parameter["name"]);
        assert!(names.eq(parameters.iter()), "{}", operation["parameters"]);
    }
    let scheme = &document["components"]["securitySchemes"]["Authorization"];
    assert_eq!(
        (&scheme["type"], &scheme["in"], &scheme["name"]),
        (&json!("apiKey"), &json!("header"), &json!("Authorization"))
    );
}

#[test]
fn a_parameter_is_plain_whatever_its_schema_and_a_key_in_the_query_is_an_argument() {
    let generated = reversal(|json| {
        let object = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        let list = json!({ "type": "array", "items": { "type": "number" } });
        let parameters = at(json, &format!("{OPERATION}/parameters")).as_array_mut().unwrap();
        for (name, schema) in [("filter", object), ("amounts", list), ("page", json!({ "type": "integer" }))]
        {
            parameters.push(json!({ "name": name, "in": "query", "schema": schema }));
        }
        let scheme = json!({ "type": "apiKey", "in": "query", "name": "session-key" });
        json["components"]["securitySchemes"] = json!({ "Key": scheme });
        json["security"] = json!([{ "Key": [] }]);
    });
    let api = generated.unwrap().api;
    let parameters = api.operations["init_reversal_transaction"].parameters.iter();
    let parameters: Vec<_> = parameters.map(|it| format!("{} {}: {}", it.location, it.name, it.ty)).collect();
    assert_eq!(
        parameters,
        [
            "query session-key: String",
            "query amounts: Vec<String>",
            "query filter: String",
            "query page: i64"
        ]
    );
    assert!(!api.types.contains_key("Parameter"), "{:?}", api.types.keys());
}

#[test]
fn a_name_with_another_meaning_on_another_page_is_another_type_and_the_first_keeps_its_name() {
    let types = changed(|with| {
        with("refund-cancel", &mut |json| {
            let schemas = &mut json["components"]["schemas"];
            schemas["Transaction"] =
                json!({ "type": "object", "properties": { "id": { "type": "string" } } });
            schemas["Box"] = json!({ "type": "object", "properties": {
                "inner": { "$ref": "#/components/schemas/Transaction" } } });
            let properties = &mut schemas["InitReversalRequest"]["properties"];
            properties["box"] = json!({ "$ref": "#/components/schemas/Box" });
        });
        with("initialize-payment", &mut |json| {
            let schemas = &mut json["components"]["schemas"];
            schemas["Box"] = json!({ "type": "object", "properties": { "text": { "type": "string" } } });
            schemas["InitSaleRequest"]["properties"]["box"] = json!({ "$ref": "#/components/schemas/Box" });
        });
    })
    .unwrap()
    .api
    .types;
    assert!(types["Transaction"].fields.contains_key("is_succeed"));
    assert_eq!(types["CheckTransactionResponse"].fields["Data"].ty.to_string(), "Vec<Transaction>");
    // In the table of operations, the sale comes before the reversal, and the check before both.
    assert!(types["Box"].fields.contains_key("text"));
    assert_eq!(types["InitReversalRequest"].fields["box"].ty.to_string(), "InitReversalBox");
    let Ty::Object(inner) = &types["InitReversalBox"].fields["inner"].ty else { panic!("{types:?}") };
    assert_eq!(types[inner].fields.keys().collect::<Vec<_>>(), ["id"]);
}

#[test]
fn a_schema_that_is_sent_and_read_becomes_two_types() {
    let types = changed(|with| {
        for (file, body) in [("refund-cancel", "InitReversalRequest"), ("retrieve-payment", "Transaction")] {
            with(file, &mut |json| {
                let schemas = &mut json["components"]["schemas"];
                schemas["Plain"] =
                    json!({ "type": "object", "properties": { "text": { "type": "string" } } });
                schemas["Item"] = json!({
                    "type": "object",
                    "required": ["id", "label", "pin"],
                    "properties": {
                        "id": { "type": "string", "readOnly": true },
                        "label": { "type": "string", "nullable": true },
                        "pin": { "type": "string", "writeOnly": true },
                        "card_token": { "type": "object", "properties": { "value": { "type": "string" } } },
                    },
                });
                schemas["Outer"] = json!({ "type": "object", "properties": {
                    "items": { "type": "array", "items": { "$ref": "#/components/schemas/Item" } } } });
                for name in ["Plain", "Outer"] {
                    schemas[body]["properties"][name] =
                        json!({ "$ref": format!("#/components/schemas/{name}") });
                }
            });
        }
    })
    .unwrap()
    .api
    .types;
    let fields = |ty: &str| {
        let shown = types[ty].fields.iter();
        let shown = shown.map(|(name, field)| {
            let needed = if field.required { ", required" } else { "" };
            format!("{name}: {}{needed}", field.ty)
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(
        fields("Item"),
        ["card_token: ItemCardToken", "label: String, required", "pin: String, required"]
    );
    assert_eq!(fields("ItemCardToken"), ["value: Secret"]);
    assert_eq!(fields("ItemResponse"), ["card_token: Value", "id: String, required", "label: String"]);
    assert!(types["ItemResponse"].fields["label"].optional());
    assert_eq!(fields("OuterResponse"), ["items: Vec<ItemResponse>"]);
    // What is the same on both sides is one type.
    assert_eq!(types["InitReversalRequest"].fields["Plain"].ty.to_string(), "Plain");
    assert_eq!(types["Transaction"].fields["Plain"].ty.to_string(), "Plain");
}

#[test]
fn an_operation_is_named_as_its_path_is_and_no_two_alike() {
    let operations = changed(|with| {
        with("end-session", &mut |json| {
            let get = json!({ "responses": { "200": {} } });
            for (path, methods) in [
                ("/v1/orders/{id}", &["get", "delete", "put"][..]),
                ("/v1/orders", &["get", "post"]),
                ("/v1/a/list", &["post"]),
                ("/v1/b/list", &["post"]),
                ("/v1/other/logout", &["post"]),
            ] {
                for method in methods {
                    json["paths"][path][method] = get.clone();
                }
            }
        });
    })
    .unwrap()
    .api
    .operations;
    let named = |name: &str| operations.get(name).map_or(String::new(), Operation::route);
    for (name, route) in [
        ("logout", "POST /v1/agent/logout"),
        ("other_logout", "POST /v1/other/logout"),
        ("orders", "POST /v1/orders"),
        ("a_list", "POST /v1/a/list"),
        ("b_list", "POST /v1/b/list"),
        ("get_orders", "GET /v1/orders"),
        ("get_orders_by_id", "GET /v1/orders/{id}"),
        ("delete_orders_by_id", "DELETE /v1/orders/{id}"),
        ("put_orders_by_id", "PUT /v1/orders/{id}"),
    ] {
        assert_eq!(named(name), route, "{name}: {:?}", operations.keys());
    }
    assert_eq!(operations.len(), 5 + 8, "{:?}", operations.keys());
}

#[test]
fn references_that_double_at_each_level_end_in_a_second() {
    type Level = fn(Value) -> Value;
    let levels: [Level; 4] = [
        |next| json!({ "type": "object", "properties": { "a": next, "b": next } }),
        |next| json!({ "anyOf": [next, next] }),
        |next| json!({ "allOf": [next, next] }),
        |next| json!({ "type": "object", "additionalProperties": { "oneOf": [next, { "type": "array", "items": next }] } }),
    ];
    let started = std::time::Instant::now();
    for level in levels {
        for body in ["InitReversalRequest", "ErrorResponse"] {
            let generated = reversal(|json| {
                let schemas = &mut json["components"]["schemas"];
                for i in 0..24 {
                    schemas[format!("L{i}")] =
                        level(json!({ "$ref": format!("#/components/schemas/L{}", i + 1) }));
                }
                schemas["L24"] = json!({ "type": "object", "properties": { "z": { "type": "string" } } });
                schemas[body]["properties"]["deep"] = json!({ "$ref": "#/components/schemas/L0" });
            });
            generated.unwrap();
        }
    }
    // Seconds where it takes milliseconds: 24 levels by copies would not end.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn a_schema_within_itself_is_untyped() {
    let generated = reversal(|json| {
        at(json, REQUEST)["properties"]["again"] = json!({ "allOf": [
            { "$ref": "#/components/schemas/InitReversalRequest" },
            { "$ref": "#/components/schemas/InitReversalRequest" },
        ]});
    });
    let types = generated.unwrap().api.types;
    assert_eq!(types["InitReversalRequestAgain"].fields["again"].ty, Ty::Any);
}

#[test]
fn a_constructor_takes_its_arguments_in_one_order_however_they_are_listed() {
    for required in [["xact_id", "reference_no"], ["reference_no", "xact_id"]] {
        let code = reversal(|json| at(json, REQUEST)["required"] = json!(required)).unwrap().code;
        let new = code.split("from its required properties: `reference_no`, `xact_id`.").nth(1).unwrap();
        let [first, second] = ["reference_no: impl", "xact_id: impl"].map(|name| new.find(name).unwrap());
        assert!(first < second);
    }
}

#[test]
fn invalid_documents_are_refused() {
    const EXPECTED: &str = "expected the OpenAPI block of Paynet's page and nothing around it";
    for (text, message) in [
        ("# Refund / Cancel", format!("it is not JSON: expected value at line 1 column 1; {EXPECTED}")),
        ("[]", format!("it is not a JSON object; {EXPECTED}")),
        (
            r#"{"openapi": "3.0.3", "servers": [{"url": "a", "url": "b"}]}"#,
            "at /servers/0/url: the member is twice in one object; expected names of visible characters, each once"
                .to_owned(),
        ),
        (
            "{\"a\u{202e}b\": 1}",
            "at /a\u{202e}b: the name has a character that cannot be seen; expected names of visible characters, \
             each once"
                .to_owned(),
        ),
        ("\u{feff}{}", format!("it begins with a byte order mark; {EXPECTED}")),
        (
            "{}",
            "at /openapi: it is not an OpenAPI 3 document; expected \"3.0.x\", the only versions that progenitor reads; give the other pages without this one"
                .to_owned(),
        ),
    ] {
        assert_eq!(Document::parse(FILE, text).unwrap_err().to_string(), format!("{FILE}: {message}"));
    }
    let empty = tempfile::tempdir().unwrap();
    for (folder, problem) in
        [(empty.path(), "it has no document"), (Path::new("nowhere"), "it cannot be read: ")]
    {
        let error = Document::read_all(folder).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
        assert!(
            error.ends_with("expected Paynet's documents there, as UTF-8 files that end in .json"),
            "{error}"
        );
    }
}

/// What a document of the reversal is refused with: the pointer, the problem and what was expected.
const REFUSED: &[(Edit, &str)] = &[
    (|json| json["info"] = json!("x".repeat(5_000)), "xxx…; expected an object"),
    (|json| json["info"] = json!("PayPOS"), "at /info: it is \"PayPOS\"; expected an object"),
    (
        |json| json["components"]["schemas"] = json!([]),
        "at /components/schemas: it is []; expected an object",
    ),
    (
        |json| at(json, OPERATION)["responses"]["200"] = json!(true),
        "/responses/200: it is true; expected an object",
    ),
    (
        |json| at(json, OPERATION)["requestBody"] = json!("JSON"),
        "/requestBody: it is \"JSON\"; expected an object",
    ),
    (
        |json| json["openapi"] = json!("3.1.0"),
        "at /openapi: the version is \"3.1.0\"; expected \"3.0.x\", the only versions that progenitor reads; give the other pages without this one",
    ),
    (
        |json| json["paths"] = json!({}),
        "at /paths: it has no operation; expected a path with at least one method, in lower case",
    ),
    (
        |json| json["servers"] = json!([]),
        "at /servers: it has no servers; expected a list of {\"url\": \"https://…\", \"description\": the environment's name}; or add the server to `ENVIRONMENTS` in codegen/src/document.rs",
    ),
    (
        |json| json["servers"][1]["url"] = json!("http://pts-api.paynet.com.tr"),
        "at /servers/1/url: the url is \"http://pts-api.paynet.com.tr\"; expected a list of",
    ),
    (
        |json| json["servers"][0]["url"] = json!("https://te st"),
        "at /servers/0/url: the url is \"https://te st\"; expected a list of",
    ),
    (|json| json["servers"][0]["url"] = json!("https://a.example?x=1"), "at /servers/0/url: the url is "),
    (|json| json["servers"][0]["url"] = json!("https://u:p@a.example"), "at /servers/0/url: the url is "),
    (|json| json["servers"][0]["url"] = json!("https://{tenant}.example"), "at /servers/0/url: the url is "),
    (
        |json| json["servers"][0] = json!({ "url": "https://x.example" }),
        "at /servers/0/description: the description is null, which yields no name; expected a list of",
    ),
    (
        |json| json["servers"][1] = json!({ "url": "https://x.example", "description": "PRODUCTION" }),
        "at /servers/1/description: duplicate environment name `Production`; /servers/0 has it as well; expected a different name for each server",
    ),
    (
        |json| at(json, OPERATION)["parameters"][1]["$ref"] = json!("#/components/parameters/Gone"),
        "/post/parameters/1/$ref: the reference \"#/components/parameters/Gone\" does not resolve; expected \"#/components/…\", naming a component of this file",
    ),
    (
        |json| {
            json["components"]["parameters"]["ContentTypeHeader"] =
                json!({ "$ref": "#/components/parameters/Other" });
            json["components"]["parameters"]["Other"] =
                json!({ "$ref": "#/components/parameters/ContentTypeHeader" });
        },
        "is circular; expected \"#/components/…\", naming a component of this file",
    ),
    (
        |json| {
            json["components"]["parameters"]["Part"] =
                json!({ "name": "a", "in": "query", "schema": { "type": "string" } });
            at(json, REQUEST)["properties"]["part"] =
                json!({ "$ref": "#/components/parameters/Part/schema" });
        },
        "at /components/schemas/InitReversalRequest/properties/part/$ref: the reference \"#/components/parameters/Part/schema\" does not resolve",
    ),
    (
        |json| {
            json["components"]["schemas"]["List"] =
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/List" } });
            at(json, REQUEST)["properties"]["list"] = json!({ "$ref": "#/components/schemas/List" });
        },
        "at /components/schemas/List/items: it is within more than 64 lists, or within itself; expected a list that ends",
    ),
    (
        |json| {
            let own = json!({ "$ref": format!("#{REQUEST}/properties/default") });
            at(json, REQUEST)["properties"]["default"] = own;
        },
        "is circular; expected \"#/components/…\", naming a component of this file",
    ),
    (
        |json| at(json, REQUEST)["allOf"] = json!([{ "properties": { "xact_id": { "type": "integer" } } }]),
        "at /components/schemas/InitReversalRequest/allOf/0: it contradicts the schema that it is combined with: `xact_id`; expected an `allOf` whose parts agree",
    ),
    (
        |json| at(json, OPERATION)["servers"] = json!([{ "url": "https://other.example" }]),
        "/post/servers: the operation has its own servers; expected servers for the whole document, which the environments are generated from",
    ),
    (
        |json| json["security"] = json!([{ "key": [] }]),
        "at /security: none of its security schemes can be sent: [{\"key\":[]}]; expected one in `components.securitySchemes`: an apiKey in a header or the query, or http with the scheme basic or bearer",
    ),
    (
        |json| {
            at(json, OPERATION)["requestBody"]["content"] =
                json!({ "application/x-www-form-urlencoded": {} });
        },
        "/post/requestBody: its content is [\"application/x-www-form-urlencoded\"]; expected JSON, the one form that is sent and read here; give the other pages without this one, and call its operation without this crate",
    ),
    (
        |json| at(json, OPERATION)["responses"]["200"]["content"] = json!({ "text/plain": {} }),
        "/post/responses/200: its content is [\"text/plain\"]; expected JSON",
    ),
    (
        |json| {
            *at(json, &format!("{OPERATION}/requestBody/content/application~1json/schema")) = json!({ "oneOf": [{ "type": "object", "properties": { "a": { "type": "string" } } }, { "type": "string" }] });
        },
        "/post/requestBody: its body is one of several schemas (`oneOf`); expected a JSON object with properties, which can grow; give the other pages",
    ),
    (
        |json| {
            *at(json, &format!("{OPERATION}/requestBody/content/application~1json/schema")) =
                json!({ "type": "array", "items": {} });
        },
        "/post/requestBody: its body is of type \"array\", without properties; expected a JSON object with properties, which can grow",
    ),
    (
        |json| at(json, OPERATION)["responses"]["201"] = at(json, OPERATION)["responses"]["200"].clone(),
        "/post/responses: the successful responses are [\"200\", \"201\"]; expected one, such as 200, which is the status that the client takes for success",
    ),
    (
        |json| moved(json, "/v1/softpos/4_ever"),
        "/post: its path yields `4_ever`, which is not a valid method name; expected a last segment of letters, digits and underscores",
    ),
    (
        |json| moved(json, "/v1/softpos/new"),
        "/post: the name `new` is reserved by the generated client; expected another last segment of its path",
    ),
    (|json| moved(json, ".evil.example/v1/softpos/x"), NO_PATH),
    (|json| moved(json, "//evil.example/x"), NO_PATH),
    (|json| moved(json, "/v1/../x"), NO_PATH),
    (|json| moved(json, "/v1/x?y"), NO_PATH),
    (|json| moved(json, "/v1/<!-- end of operations -->"), NO_PATH),
    (|json| moved(json, "/{id}"), NO_PATH),
    (
        |json| at(json, OPERATION)["parameters"].as_array_mut().unwrap().push(header("Authorization")),
        "/post: the operation requires the credentials Authorization and Session-Key; expected one of them",
    ),
    (
        |json| {
            let parameter = json!({ "name": "a", "in": "cookie", "schema": { "type": "string" } });
            at(json, OPERATION)["parameters"].as_array_mut().unwrap().push(parameter);
        },
        "unsupported parameter `a` in \"cookie\"; expected one in the path, the query or a header, under a name that HTTP allows",
    ),
    (
        |json| at(json, OPERATION)["parameters"].as_array_mut().unwrap().push(header("a b")),
        "unsupported parameter `a b` in \"header\"",
    ),
    (
        |json| at(json, OPERATION)["parameters"].as_array_mut().unwrap().push(header("body")),
        "/post/parameters: `init_reversal_transaction` would have an argument of the name `body`, which is taken",
    ),
    (
        |json| at(json, REQUEST)["properties"]["api_key"] = json!({ "type": "array", "items": {} }),
        "at /components/schemas/InitReversalRequest/properties/api_key: its name marks it as a secret, and it is neither text nor an object or a list of texts; expected {\"type\": \"string\"}, which can be redacted and wiped",
    ),
    (
        |json| drop(remove(json, "/components/schemas/InitReversalResponse/properties/deeplink_url")),
        "at /components/schemas/InitReversalResponse: `init_reversal_transaction` needs `deeplink_url`, which the document no longer defines; expected the property with that type; or change the hand-written code, and `OPERATIONS` in codegen/src/rules.rs",
    ),
    (
        |json| at(json, REQUEST)["properties"]["callbackUrl"] = json!({ "type": "string" }),
        "at /components/schemas/InitReversalRequest: `InitReversalRequest` would have two members of the name `callback_url`; expected properties that differ in more than case and punctuation",
    ),
    (
        |json| {
            let properties = at(json, REQUEST)["properties"].as_object_mut().unwrap();
            let id = properties.remove("xact_id").unwrap();
            properties.insert("transaction_id".to_owned(), id);
        },
        "at /components/schemas/InitReversalRequest: `init_reversal_transaction` needs `xact_id`, which the document no longer defines",
    ),
    (
        |json| {
            let inner = json!({ "$ref": "#/components/schemas/InitReversalResponse" });
            *at(json, &format!("{OPERATION}/responses/200/content/application~1json/schema")) =
                json!({ "type": "object", "properties": { "data": inner } });
        },
        "`init_reversal_transaction` needs `payment_session_id`, which the document has within `data`; expected the property",
    ),
    (
        |json| {
            at(json, "/components/schemas/InitReversalResponse")["properties"]["code"] =
                json!({ "type": "boolean" });
        },
        "at /components/schemas/InitReversalResponse: `init_reversal_transaction` needs `code` as integer, and its type is boolean; expected the property with that type; or change the hand-written code",
    ),
    (
        |json| {
            for i in 0..20_000 {
                at(json, REQUEST)["properties"][format!("p{i}")] = json!({ "type": "string" });
            }
        },
        "at /components/schemas/InitReversalRequest: it has 20003 properties; expected at most 1000, as callers are shown each",
    ),
    (
        |json| at(json, REQUEST)["properties"]["xact_id"]["type"] = json!("strng"),
        "at /components/schemas/InitReversalRequest/properties/xact_id: its type is \"strng\"; expected array, boolean, integer, number, object, string; or add the word to `TYPE_WORDS` in codegen/src/rules.rs",
    ),
];

const NO_PATH: &str = "it is not the path of an operation; expected one such as /v1/softpos/orders/{id}";

/// Has the one path of a document be another.
fn moved(json: &mut Value, path: &str) {
    let item = json["paths"]["/v1/softpos/init_reversal_transaction"].take();
    json["paths"] = json!({ path: item });
}

#[test]
fn a_document_that_cannot_be_used_is_refused_in_one_line() {
    for (change, expected) in REFUSED.iter().filter(|(_, expected)| !expected.is_empty()) {
        let Err(error) = reversal(change) else { panic!("it is accepted: {expected}") };
        let error = error.to_string();
        assert!(error.contains(expected), "{error}\n{expected}");
        assert!(error.starts_with("openapi/") && error.lines().count() == 1, "{error}");
        assert!(error.len() < 1_000, "{error}");
    }
    // Another value of a header that the transport sends as 2.
    let error = changed(|with| {
        with("end-session", &mut |json| {
            at(json, "/paths/~1v1~1agent~1logout/post/parameters/1/schema")["enum"] = json!(["3"]);
        });
    });
    assert_eq!(
        error.unwrap_err().to_string(),
        "openapi/end-session.json: at /paths/~1v1~1agent~1logout/post: the header PaynetMobile is one of [\"3\"]; \
         expected 2 among them, which src/transport.rs sends"
    );
}

#[test]
fn documents_that_contradict_each_other_are_refused_and_both_are_named() {
    let transaction = |json: &mut Value| {
        at(json, "/components/schemas/InitReversalResponse")["properties"]["transaction"] =
            json!({ "$ref": "#/components/schemas/Transaction" });
    };
    // What only one document has, or both alike, is joined.
    let same = changed(|with| {
        let mut schema = Value::Null;
        with("retrieve-payment", &mut |json| schema = json["components"]["schemas"]["Transaction"].clone());
        with("refund-cancel", &mut |json| {
            transaction(json);
            json["components"]["schemas"]["Transaction"] = schema.clone();
            json["components"]["schemas"]["Transaction"]["description"] = json!("In other words.");
        });
    });
    same.unwrap();
    let refused = |file: &str, mut edit: Box<dyn FnMut(&mut Value)>| {
        changed(|with| with(file, &mut edit)).map(drop).unwrap_err().to_string()
    };
    assert_eq!(
        refused(
            "retrieve-payment",
            Box::new(|json| json["servers"] = json!([{ "url": "https://x.example", "description": "Other" }]))
        ),
        "openapi/retrieve-payment.json: at /servers: none of its servers is one of openapi/create-session.json; \
         expected the same servers in all documents, as a client has one environment"
    );
    assert_eq!(
        refused(
            "retrieve-payment",
            Box::new(|json| json["servers"][0] =
                json!({ "url": "https://x.example", "description": "Production" }))
        ),
        "openapi/retrieve-payment.json: at /servers: the server of Production is https://x.example, and \
         https://api.paynet.com.tr in openapi/create-session.json; expected the same servers in all documents, as a \
         client has one environment"
    );
    assert_eq!(
        refused(
            "retrieve-payment",
            Box::new(|json| {
                let item = json["paths"]["/v1/softpos/check_transaction"].take();
                json["paths"] = json!({ "/v1/agent/get_auth_key": item });
            })
        ),
        "openapi/retrieve-payment.json: at /paths/~1v1~1agent~1get_auth_key/post: openapi/create-session.json has \
         the operation too; expected each operation in one document; remove the older of the two"
    );
}
