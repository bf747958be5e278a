//! Documents in, code out: one form for one meaning, what is refused, and what is generated.

use std::{fmt::Write, fs, path::Path, process::Command};

use paypos_codegen::{Document, DocumentError, Generated, corrected, corrections, generate, join};
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
        lone\rreturn \u{202e}evil \u{0}nul\n*/ /// \\";
    let code = changed(|with| {
        for (file, _) in fixtures() {
            with(&file, &mut |json| describe(json, TEXT));
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
    ("bodies and answers as components", "refund-cancel", |json| {
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
];

#[test]
fn ways_of_writing_the_same_generate_the_same() {
    let expected = changed(|_| ()).unwrap();
    for (name, file, rewrite) in SAME {
        let generated = changed(|with| with(file, &mut { *rewrite }));
        let generated = generated.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(generated.surface, expected.surface, "{name}");
        assert_eq!(without_docs(&generated.code), without_docs(&expected.code), "{name}");
    }
}

#[test]
fn a_correction_with_nothing_to_correct_changes_nothing_and_each_is_described() {
    let documents = Document::read_all(&folder("../openapi")).unwrap();
    let mut document = corrected(join(&documents).unwrap()).unwrap();
    let before = document.json.clone();
    let readme = fs::read_to_string(folder("../openapi/README.md")).unwrap();
    for correction in &corrections::ALL {
        let touched = (correction.apply)(&mut document).unwrap();
        // The reference to the headers is not there any more.
        assert_eq!(touched, [] as [String; 0], "{}", correction.name);
        assert!(
            readme.contains(&format!("`{}`", correction.name)),
            "openapi/README.md lacks {}",
            correction.name
        );
    }
    assert_eq!(document.json, before);
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
    let fields = &generated.surface.types["InitReversalRequest"].fields;
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
        assert_eq!((&*field.name, &*field.ty, field.required), (name, ty, property == "xact_id"));
    }
    assert!(generated.surface.types["Line"].request);
}

#[test]
fn a_schema_within_itself_is_untyped() {
    let generated = reversal(|json| {
        at(json, REQUEST)["properties"]["again"] = json!({ "allOf": [
            { "$ref": "#/components/schemas/InitReversalRequest" },
            { "$ref": "#/components/schemas/InitReversalRequest" },
        ]});
    });
    let types = generated.unwrap().surface.types;
    assert_eq!(types["InitReversalRequestAgain"].fields["again"].ty, "Value");
}

#[test]
fn a_constructor_takes_its_arguments_in_one_order_however_they_are_listed() {
    for required in [["xact_id", "reference_no"], ["reference_no", "xact_id"]] {
        let code = reversal(|json| at(json, REQUEST)["required"] = json!(required)).unwrap().code;
        let new = code.split("from its required properties: `reference_no`, `xact_id`.").nth(1).unwrap();
        let [first, second] =
            ["reference_no: impl Into", "xact_id: impl Into"].map(|name| new.find(name).unwrap());
        assert!(first < second);
    }
}

#[test]
fn a_text_that_is_no_document_is_refused() {
    const EXPECTED: &str = "expected the OpenAPI block of Paynet's page and nothing around it";
    for (text, message) in [
        ("# Refund / Cancel", format!("it is not JSON: expected value at line 1 column 1; {EXPECTED}")),
        ("[]", format!("it is not a JSON object; {EXPECTED}")),
        ("\u{feff}{}", format!("it begins with a byte order mark; {EXPECTED}")),
        (
            "{}",
            "at /openapi: it is not an OpenAPI 3 document; expected \"3.0.x\", the only versions that progenitor reads"
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
    (
        |json| json["openapi"] = json!("3.1.0"),
        "at /openapi: the version is \"3.1.0\"; expected \"3.0.x\", the only versions that progenitor reads",
    ),
    (
        |json| json["paths"] = json!({}),
        "at /paths: it has no operation; expected a path with at least one method, in lower case",
    ),
    (
        |json| json["servers"] = json!([]),
        "at /servers: it has no servers; expected a list of {\"url\": \"https://…\", \"description\": the environment's name}",
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
        |json| json["servers"][0]["description"] = Value::Null,
        "at /servers/0/description: the description is null, which gives no name; expected a list of",
    ),
    (
        |json| json["servers"][1]["description"] = json!("PRODUCTION"),
        "at /servers/1/description: it gives the name `Production`, as /servers/0 does; expected a different name for each server",
    ),
    (
        |json| at(json, OPERATION)["parameters"][1]["$ref"] = json!("#/components/parameters/Gone"),
        "/post/parameters/1/$ref: the reference \"#/components/parameters/Gone\" leads nowhere; expected \"#/components/…\", naming something in this file",
    ),
    (
        |json| {
            json["components"]["parameters"]["ContentTypeHeader"] =
                json!({ "$ref": "#/components/parameters/Other" });
            json["components"]["parameters"]["Other"] =
                json!({ "$ref": "#/components/parameters/ContentTypeHeader" });
        },
        "leads back to itself; expected \"#/components/…\", naming something in this file",
    ),
    (
        |json| {
            json["components"]["schemas"]["List"] =
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/List" } });
            at(json, REQUEST)["properties"]["list"] = json!({ "$ref": "#/components/schemas/List" });
        },
        "at /components/schemas/List/items: its reference to /components/schemas/List leads back to itself; expected a list or an `allOf` that ends",
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
        "at /security: it requires security schemes; expected header parameters, as Paynet's documents have; or teach the transport the scheme",
    ),
    (
        |json| at(json, OPERATION)["requestBody"]["content"] = json!({ "application/xml": {} }),
        "/post/requestBody: its content is [\"application/xml\"]; expected \"application/json\" and no other",
    ),
    (
        |json| at(json, OPERATION)["responses"]["200"]["content"] = json!({ "text/plain": {} }),
        "/post/responses/200: its content is [\"text/plain\"]; expected \"application/json\" and no other",
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
        "/post/responses: the successful responses are [\"200\", \"201\"]; expected 200 and no other, the one status that the client takes for success",
    ),
    (
        |json| at(json, OPERATION)["operationId"] = json!("4 ever"),
        "/post: its path or operationId gives the name `4_ever`, which no method can have; expected an operationId of letters, digits and underscores",
    ),
    (
        |json| at(json, OPERATION)["operationId"] = json!("new"),
        "/post: the operation is named `new`, as a part of every generated client is; expected another operationId or last path segment",
    ),
    (
        |json| {
            let item = json["paths"]["/v1/softpos/init_reversal_transaction"].clone();
            json["paths"]["/v2/softpos/init_reversal_transaction"] = item;
        },
        "at /paths/~1v2~1softpos~1init_reversal_transaction/post: the operation is named `init_reversal_transaction`, as the one at /paths/~1v1~1softpos~1init_reversal_transaction/post in openapi/refund-cancel.json is; expected a different operationId or last path segment for each operation",
    ),
    (
        |json| drop(at(json, OPERATION)["parameters"].as_array_mut().unwrap().remove(0)),
        "/post: the operation declares no credential header; expected either Authorization or Session-Key",
    ),
    (
        |json| at(json, OPERATION)["parameters"].as_array_mut().unwrap().push(header("Authorization")),
        "/post: the operation declares the headers Authorization, Session-Key; expected either Authorization or Session-Key",
    ),
    (
        |json| at(json, OPERATION)["parameters"].as_array_mut().unwrap().push(header("X-Other")),
        "/post/parameters: nothing sends the parameter \"X-Other\"; expected what the transport injects; or teach `INJECTED`",
    ),
    (
        |json| at(json, OPERATION)["parameters"][0]["required"] = json!(false),
        "/post: the header Session-Key is of type \"string\", required: false; expected a required header of type string, which the transport can inject",
    ),
    (
        |json| at(json, OPERATION)["parameters"][0]["schema"] = json!({ "type": "integer" }),
        "/post: the header Session-Key is of type \"integer\", required: true; expected a required header",
    ),
    (
        |json| at(json, OPERATION)["parameters"][0]["in"] = json!("query"),
        "/post: the operation declares no credential header; expected either Authorization or Session-Key",
    ),
    (
        |json| at(json, REQUEST)["properties"]["api_key"] = json!({ "type": "array", "items": {} }),
        "at /components/schemas/InitReversalRequest/properties/api_key: its name marks it as a secret, and it is not a string; expected {\"type\": \"string\"}, which can be redacted and wiped",
    ),
    (
        |json| drop(remove(json, "/components/schemas/InitReversalResponse/properties/deeplink_url")),
        "at /components/schemas/InitReversalResponse: `init_reversal_transaction` needs `deeplink_url`, which the document no longer defines; expected the property; or change the hand-written code",
    ),
    (
        |json| at(json, REQUEST)["properties"]["callbackUrl"] = json!({ "type": "string" }),
        "at /components/schemas/InitReversalRequest: ",
    ),
    (
        |json| at(json, REQUEST)["properties"]["new"] = json!({ "type": "string" }),
        "at /components/schemas/InitReversalRequest: `InitReversalRequest` would have two members of the name `new`; expected properties that differ in more than case and punctuation, and none `new`",
    ),
    (
        |json| {
            let part = json!({ "type": "object", "properties": { "api_key": { "type": "string" } } });
            json["components"]["schemas"]["Part"] = part;
            for schema in [REQUEST, "/components/schemas/InitReversalResponse"] {
                at(json, schema)["properties"]["part"] = json!({ "$ref": "#/components/schemas/Part" });
            }
        },
        "at /components/schemas/Part: `Part` has a secret, and is part of requests and of answers; expected a schema for each, as a secret is written in a request alone",
    ),
    (
        |json| at(json, OPERATION)["tags"] = json!("a"),
        "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1init_reversal_transaction/post: openapiv3 cannot read it: invalid type: string \"a\", expected a sequence; expected what OpenAPI 3.0.3 allows there",
    ),
    (
        |json| at(json, REQUEST)["nullable"] = json!("yes"),
        "openapi/refund-cancel.json: at /components/schemas/InitReversalRequest: openapiv3 cannot read it: invalid type: string \"yes\", expected a boolean; expected what",
    ),
    (
        |json| {
            at(json, "/components/schemas/InitReversalResponse")["properties"]["code"] =
                json!({ "type": "boolean" });
        },
        "at /components/schemas/InitReversalResponse: `init_reversal_transaction` needs `code` as integer, and its type is \"boolean\"; expected that type; or change the hand-written code",
    ),
    // A type that OpenAPI does not have, on which progenitor panics.
    (
        |json| at(json, REQUEST)["properties"]["xact_id"]["type"] = json!("strng"),
        "progenitor cannot generate from it: not yet implemented",
    ),
];

#[test]
fn a_document_that_cannot_be_used_is_refused_in_one_line() {
    for (change, expected) in REFUSED.iter().filter(|(_, expected)| !expected.is_empty()) {
        let Err(error) = reversal(change) else { panic!("it is accepted: {expected}") };
        let error = error.to_string();
        assert!(error.contains(expected), "{error}\n{expected}");
        assert!(error.starts_with("openapi/") && error.lines().count() == 1, "{error}");
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
            "refund-cancel",
            Box::new(move |json| {
                transaction(json);
                json["components"]["schemas"]["Transaction"] =
                    json!({ "type": "object", "properties": { "x": { "type": "string" } } });
            })
        ),
        "openapi/retrieve-payment.json: at /components/schemas/Transaction: openapi/refund-cancel.json has it as \
         well, and it means something else there; expected the same under the same name; fetch both pages again, \
         as one of them is older"
    );
    assert_eq!(
        refused("retrieve-payment", Box::new(|json| drop(json["servers"].as_array_mut().unwrap().pop()))),
        "openapi/retrieve-payment.json: at /servers: the servers are not those of openapi/create-session.json; \
         expected the same servers in all documents, as a client has one environment"
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
