//! The generator: its output against the golden file, each correction on its
//! own, and what it says of documents that cannot be used.

#[path = "../codegen/mod.rs"]
mod codegen;
#[path = "support/copy.rs"]
mod copy;

use std::{fs, path::Path};

use codegen::{Document, corrections};
use copy::Copy;
use heck::ToSnakeCase;
use serde_json::{Value, json};

const FILE: &str = "openapi/refund-cancel.json";
const OPERATION: &str = "/paths/~1v1~1softpos~1init_reversal_transaction/post";

/// A document for the generator's own tests, which are not about what Paynet adds to its documents.
fn sample(name: &str) -> Document {
    let text = fs::read_to_string(Path::new("tests/documents").join(name)).unwrap();
    Document::parse(&format!("openapi/{name}"), &text).unwrap()
}

fn document() -> Document {
    sample("refund-cancel.json")
}

/// The documents that the crate is generated from.
fn documents() -> Vec<Document> {
    Document::read_all(Path::new("openapi")).unwrap()
}

fn generate(document: Document) -> Result<String, codegen::Unusable> {
    codegen::generate(&[document])
}

/// The document with a change, read and checked anew.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Document, codegen::Unusable> {
    let mut json = document().json;
    change(&mut json);
    Document::parse(FILE, &json.to_string())
}

fn apply(name: &str, document: &mut Document) -> Result<Vec<String>, codegen::Unusable> {
    let correction = corrections::ALL.iter().find(|correction| correction.name == name).unwrap();
    (correction.apply)(document)
}

#[test]
fn the_generated_code_is_the_golden_file_and_what_the_crate_is_built_from() {
    let code = codegen::generate(&documents()).unwrap();
    let golden = include_str!("golden/generated.rs");
    assert!(
        code == golden,
        "tests/golden/generated.rs is stale: run `cargo xtask spec renew`, and read the difference"
    );
    let built_from = include_str!(concat!(env!("OUT_DIR"), "/generated.rs"));
    assert!(code == built_from, "the crate was built from another document or by another generator");
}

#[test]
fn a_correction_with_nothing_to_correct_does_nothing() {
    for document in documents() {
        let mut corrected = codegen::corrected(document).unwrap();
        let before = corrected.json.clone();
        for correction in &corrections::ALL {
            assert_eq!((correction.apply)(&mut corrected).unwrap(), [] as [String; 0], "{}", correction.name);
        }
        assert_eq!(corrected.json, before);
    }
}

#[test]
fn each_correction_is_described_in_the_documents_readme() {
    let readme = include_str!("../openapi/README.md");
    for correction in &corrections::ALL {
        assert!(
            readme.contains(&format!("`{}`", correction.name)),
            "openapi/README.md lacks {}",
            correction.name
        );
        assert!(!correction.reason.is_empty());
    }
}

#[test]
fn name_operations_takes_the_last_segment_of_the_path_unless_a_name_is_given() {
    let mut unnamed = document();
    apply("name_operations", &mut unnamed).unwrap();
    assert_eq!(
        unnamed.json.pointer(&format!("{OPERATION}/operationId")),
        Some(&json!("init_reversal_transaction"))
    );

    let mut named =
        changed(|json| json.pointer_mut(OPERATION).unwrap()["operationId"] = json!("reverse")).unwrap();
    assert_eq!(apply("name_operations", &mut named).unwrap(), [] as [String; 0]);
    assert_eq!(named.json.pointer(&format!("{OPERATION}/operationId")), Some(&json!("reverse")));
}

#[test]
fn describe_responses_gives_the_reason_phrase_and_keeps_what_is_there() {
    let mut document = changed(|json| {
        json.pointer_mut(OPERATION).unwrap()["responses"]["400"]["description"] = json!("Refused");
        json["components"]["responses"] = json!({ "Teapot": {} });
    })
    .unwrap();
    apply("describe_responses", &mut document).unwrap();
    let responses = &document.json.pointer(OPERATION).unwrap()["responses"];
    assert_eq!(responses["200"]["description"], "OK");
    assert_eq!(responses["400"]["description"], "Refused");
    assert_eq!(document.json["components"]["responses"]["Teapot"]["description"], "Teapot");
}

#[test]
fn drop_ignored_headers_drops_three_headers_in_any_case_and_no_other() {
    let header = |name: &str| json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string" } });
    let mut document = changed(|json| {
        json.pointer_mut(OPERATION).unwrap()["parameters"] = json!([
            header("accept"),
            header("CONTENT-TYPE"),
            header("Authorization"),
            header("PaynetMobile"),
            { "name": "Accept", "in": "query", "schema": { "type": "string" } },
        ]);
    })
    .unwrap();
    assert_eq!(apply("drop_ignored_headers", &mut document).unwrap().len(), 3);
    let kept = &document.json.pointer(OPERATION).unwrap()["parameters"];
    assert_eq!(kept.as_array().unwrap().len(), 2);
    assert_eq!((&kept[0]["name"], &kept[1]["in"]), (&json!("PaynetMobile"), &json!("query")));
}

#[test]
fn lift_injected_headers_marks_the_operations_that_need_them_and_no_other() {
    let header = |name: &str| json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string" } });
    let mut document = changed(|json| {
        let operation = json.pointer(OPERATION).unwrap().clone();
        let mut without = operation.clone();
        without["parameters"] = json!([]);
        let mut agent = without.clone();
        agent["parameters"] = json!([header("X-Other"), header("paynetmobile"), header("AUTHORIZATION")]);
        json["paths"]["/v1/other"] = json!({ "post": without });
        json["paths"]["/v1/agent"] = json!({ "post": agent });
        json["paths"]["/v1/shared"] =
            json!({ "parameters": [header("Session-Key")], "post": without, "put": without });
    })
    .unwrap();
    assert_eq!(apply("lift_injected_headers", &mut document).unwrap().len(), 4);
    let needs = |pointer: &str| {
        document
            .json
            .pointer(pointer)
            .unwrap()
            .get(corrections::INJECTED_HEADERS)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(needs(OPERATION), json!(["Session-Key"]));
    assert_eq!(needs("/paths/~1v1~1shared/post"), json!(["Session-Key"]));
    assert_eq!(needs("/paths/~1v1~1shared/put"), json!(["Session-Key"]));
    assert_eq!(needs("/paths/~1v1~1agent/post"), json!(["PaynetMobile", "Authorization"]));
    assert_eq!(needs("/paths/~1v1~1other/post"), Value::Null);
    let kept = &document.json["paths"]["/v1/agent"]["post"]["parameters"];
    assert_eq!(kept.as_array().unwrap().iter().map(|kept| &kept["name"]).collect::<Vec<_>>(), ["X-Other"]);
}

#[test]
fn require_essentials_makes_required_what_an_operation_means_nothing_without() {
    let sale = |change: fn(&mut Value)| {
        let mut json = sample("initialize-payment.json").json;
        change(&mut json["components"]["schemas"]["InitSaleRequest"]);
        let mut document = Document::parse("sale.json", &json.to_string()).unwrap();
        apply("name_operations", &mut document).unwrap();
        apply("require_essentials", &mut document)
            .map(|_| document.json["components"]["schemas"]["InitSaleRequest"]["required"].clone())
    };
    assert_eq!(sale(|_| ()).unwrap(), json!(["amount"]));
    assert_eq!(
        sale(|schema| schema["required"] = json!(["callback_url"])).unwrap(),
        json!(["callback_url", "amount"])
    );
    assert_eq!(sale(|schema| schema["required"] = json!(["amount"])).unwrap(), json!(["amount"]));
    let gone = sale(|schema| drop(schema["properties"].as_object_mut().unwrap().remove("amount")));
    assert_eq!(
        gone.unwrap_err().to_string(),
        "sale.json: at /components/schemas/InitSaleRequest: `amount` is gone, without which \
         `init_sale_transaction` means nothing; expected the property; or mend `ESSENTIAL` in codegen/corrections.rs"
    );
}

/// Documents, with a change to the first or the last of them.
fn joined(
    first: impl FnOnce(&mut Value),
    last: impl FnOnce(&mut Value),
) -> Result<String, codegen::Unusable> {
    let names = ["create-session", "end-session", "initialize-payment", "refund-cancel", "retrieve-payment"];
    let mut documents: Vec<_> = names.iter().map(|name| sample(&format!("{name}.json"))).collect();
    first(&mut documents.first_mut().unwrap().json);
    last(&mut documents.last_mut().unwrap().json);
    codegen::generate(&documents)
}

#[test]
fn documents_are_joined_whose_components_mean_the_same() {
    let error = "/components/schemas/ErrorResponse";
    let same = joined(
        |json| {
            let error = json.pointer_mut(error).unwrap();
            error["description"] = json!("Said differently.");
            error["properties"]["code"]["example"] = json!(5);
            error["properties"]["description"] = json!({ "type": "string" });
            error["required"] = json!(["code", "message"]);
        },
        |json| {
            let error = json.pointer_mut(error).unwrap();
            error["properties"]["description"] = json!({ "type": "string" });
            error["required"] = json!(["message", "code"]);
        },
    );
    // The other documents lack what these two agree on.
    let unusable = same.unwrap_err().to_string();
    assert!(
        unusable.starts_with("openapi/end-session.json: at /components/schemas/ErrorResponse: "),
        "{unusable}"
    );

    joined(
        |json| json.pointer_mut(error).unwrap()["properties"]["code"]["description"] = json!("A code."),
        |_| (),
    )
    .unwrap();
    joined(|json| json["components"]["parameters"]["ContentTypeHeader"]["description"] = json!("x"), |_| ())
        .unwrap();
}

#[test]
fn documents_are_joined_as_they_are_written_and_not_as_they_are_corrected() {
    // The correction touches the component wherever it is, or nowhere.
    let sale = sample("initialize-payment.json").json;
    joined(
        |_| (),
        |json| {
            let request = &sale["components"]["schemas"]["InitSaleRequest"];
            json["components"]["schemas"]["InitSaleRequest"] = request.clone();
        },
    )
    .unwrap();
    joined(
        |_| (),
        |json| {
            json["servers"].as_array_mut().unwrap().reverse();
            json["servers"][0]["url"] = json!("https://pts-api.paynet.com.tr/");
            let error = &mut json["components"]["schemas"]["ErrorResponse"];
            error["required"] = json!([]);
            error["properties"]["code"]["nullable"] = json!(false);
        },
    )
    .unwrap();
    // Another method of a path that is in another document.
    joined(
        |_| (),
        |json| {
            let mut operation = json["paths"]["/v1/softpos/check_transaction"]["post"].clone();
            operation["operationId"] = json!("another");
            json["paths"]["/v1/softpos/init_sale_transaction"] = json!({ "put": operation });
        },
    )
    .unwrap();
}

#[test]
fn what_is_false_or_empty_is_as_good_as_not_said_only_where_that_is_what_it_means() {
    let said = |key: &str, value: Value| {
        joined(
            |_| (),
            |json| {
                json["components"]["schemas"]["ErrorResponse"]["properties"]["code"][key] = value;
            },
        )
    };
    for key in ["nullable", "deprecated", "readOnly", "writeOnly", "uniqueItems"] {
        said(key, json!(false)).unwrap();
        assert!(said(key, json!(true)).is_err(), "{key}");
    }
    said("required", json!([])).unwrap();
    for (key, value) in
        [("default", json!(false)), ("additionalProperties", json!(false)), ("enum", json!([]))]
    {
        let unusable = said(key, value).unwrap_err().to_string();
        let wrong = "at /components/schemas/ErrorResponse: openapi/create-session.json has it as well, \
                     and it means something else there; ";
        assert!(unusable.contains(wrong), "{key}: {unusable}");
    }
}

#[test]
fn documents_that_contradict_each_other_are_unusable_and_both_are_named() {
    let refused = |first: fn(&mut Value), last: fn(&mut Value)| joined(first, last).unwrap_err().to_string();
    assert_eq!(
        refused(
            |_| (),
            |json| json["components"]["schemas"]["ErrorResponse"]["properties"]["code"]["maximum"] = json!(5)
        ),
        "openapi/retrieve-payment.json: at /components/schemas/ErrorResponse: openapi/create-session.json has it \
         as well, and it means something else there; expected the same under the same name; \
         fetch both pages again, as one of them is older"
    );
    let servers = "openapi/retrieve-payment.json: at /servers: the servers are not those of \
                   openapi/create-session.json; expected the same servers in all documents, \
                   as a client has one environment";
    assert_eq!(refused(|_| (), |json| drop(json["servers"].as_array_mut().unwrap().pop())), servers);
    assert_eq!(refused(|_| (), |json| json["servers"][1]["description"] = json!("Test")), servers);
    assert_eq!(
        refused(
            |_| (),
            |json| json["paths"]["/v1/softpos/check_transaction"]["post"]["operationId"] =
                json!("getAuthKey")
        ),
        "openapi/retrieve-payment.json: at /paths/~1v1~1softpos~1check_transaction/post: \
         the operation is named `get_auth_key`, as the one at /paths/~1v1~1agent~1get_auth_key/post in \
         openapi/create-session.json is; \
         expected a different operationId or last path segment for each operation"
    );
    assert_eq!(
        refused(
            |_| (),
            |json| {
                let item = json["paths"]["/v1/softpos/check_transaction"].take();
                json["paths"] = json!({ "/v1/agent/get_auth_key": item });
            }
        ),
        "openapi/retrieve-payment.json: at /paths/~1v1~1agent~1get_auth_key/post: openapi/create-session.json has \
         it as well, and the operation is there too; \
         expected each operation in one document; remove the older of the two"
    );
    assert_eq!(
        refused(
            |_| (),
            |json| {
                let mut operation = json["paths"]["/v1/softpos/check_transaction"]["post"].clone();
                let shared = operation["parameters"].take();
                operation.as_object_mut().unwrap().remove("parameters");
                json["paths"] =
                    json!({ "/v1/agent/get_auth_key": { "put": operation, "parameters": shared } });
            }
        ),
        "openapi/retrieve-payment.json: at /paths/~1v1~1agent~1get_auth_key: openapi/create-session.json has the \
         path as well, with something else that holds for all its methods; \
         expected what holds for one operation to stand in it"
    );
}

#[test]
fn an_operation_is_called_for_an_agent_or_for_a_session() {
    assert_change_unusable(
        |json| drop(json.pointer_mut(OPERATION).unwrap()["parameters"].as_array_mut().unwrap().remove(0)),
        &format!(
            "{FILE}: at {OPERATION}: the headers that say for whom it is called are null; \
             expected either Authorization or Session-Key"
        ),
    );
    let header =
        json!({ "name": "Authorization", "in": "header", "required": true, "schema": { "type": "string" } });
    assert_change_unusable(
        |json| json.pointer_mut(OPERATION).unwrap()["parameters"].as_array_mut().unwrap().push(header),
        &format!(
            "{FILE}: at {OPERATION}: the headers that say for whom it is called are \
             [\"Session-Key\",\"Authorization\"]; expected either Authorization or Session-Key"
        ),
    );
}

#[test]
fn another_value_of_paynet_mobile_is_unusable() {
    let mut json = sample("end-session.json").json;
    json["paths"]["/v1/agent/logout"]["post"]["parameters"][1]["schema"]["enum"] = json!(["3"]);
    let unusable = Document::parse("end-session.json", &json.to_string()).map(drop).unwrap_err();
    assert_eq!(
        unusable.to_string(),
        "end-session.json: at /paths/~1v1~1agent~1logout/post/parameters/1: PaynetMobile is one of [\"3\"]; \
         expected 2 among them, which src/transport.rs sends"
    );
}

#[test]
fn a_folder_without_documents_is_unusable() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-documents");
    fs::create_dir_all(&folder).unwrap();
    for (folder, wrong) in
        [(folder.as_path(), "there is no document in it"), (Path::new("nowhere"), "it cannot be read: ")]
    {
        let unusable = Document::read_all(folder).map(drop).unwrap_err().to_string();
        assert!(unusable.contains(wrong), "{unusable}");
        assert!(
            unusable.ends_with("store Paynet's documents there, as files that end in .json"),
            "{unusable}"
        );
    }
}

#[test]
fn a_list_of_numbers_is_unusable_until_it_can_be_read_exactly() {
    let unusable = changed(|json| {
        json["components"]["schemas"]["InitReversalResponse"]["properties"]["parts"] =
            json!({ "type": "array", "items": { "type": "number" } });
        json["components"]["schemas"]["InitReversalResponse"]["properties"]["totals"] =
            json!({ "type": "array", "items": { "type": "number" } });
    })
    .and_then(generate)
    .map(drop)
    .unwrap_err();
    assert_eq!(
        unusable.to_string(),
        "openapi/refund-cancel.json: `InitReversalResponse.parts` holds numbers in a way that is not read yet; \
         expected a number by itself; teach src/decimal.rs how to read it"
    );
}

#[test]
fn keep_success_only_keeps_200_and_drops_the_rest() {
    let mut document = changed(|json| {
        let responses = &mut json.pointer_mut(OPERATION).unwrap()["responses"];
        responses["default"] = responses["400"].clone();
        responses["5XX"] = responses["400"].clone();
    })
    .unwrap();
    assert_eq!(apply("keep_success_only", &mut document).unwrap().len(), 3);
    let responses = &document.json.pointer(OPERATION).unwrap()["responses"];
    assert_eq!(responses.as_object().unwrap().keys().collect::<Vec<_>>(), ["200"]);
}

#[test]
fn mark_secrets_marks_strings_by_name_wherever_they_are() {
    let mut document = changed(|json| {
        let schemas = &mut json["components"]["schemas"];
        schemas["Text"] = json!({ "type": "string" });
        schemas["ErrorResponse"]["properties"] = json!({
            "session_key": { "type": "string", "nullable": true },
            "clientSecretText": { "type": "string" },
            "card_token": { "$ref": "#/components/schemas/Text" },
            "token_count": { "type": "integer" },
            "keyboard": { "type": "string" },
            "inner": { "type": "object", "properties": { "api_key": { "type": "string" } } },
        });
    })
    .unwrap();
    apply("inline_plain_types", &mut document).unwrap();
    apply("mark_secrets", &mut document).unwrap();
    let properties = &document.json["components"]["schemas"]["ErrorResponse"]["properties"];
    for secret in [
        &properties["session_key"],
        &properties["clientSecretText"],
        &properties["card_token"],
        &properties["inner"]["properties"]["api_key"],
    ] {
        assert_eq!(secret["format"], corrections::SECRET_FORMAT, "{secret}");
    }
    for open in
        [&properties["token_count"], &properties["keyboard"], &document.json["components"]["schemas"]["Text"]]
    {
        assert_eq!(open.get("format"), None, "{open}");
    }
    let code = generate(document).unwrap();
    assert_eq!(code.matches("pub session_key: ::std::option::Option<crate::Secret>").count(), 1);
    assert_eq!(code.matches("pub card_token: ::std::option::Option<crate::Secret>").count(), 1);
}

#[test]
fn mark_secrets_finds_schemas_that_are_written_in_place() {
    let mut document = changed(|json| {
        let schema = json["components"]["schemas"]["InitReversalResponse"].clone();
        json["components"]["responses"] =
            json!({ "Done": { "content": { "application/json": { "schema": schema } } } });
        json.pointer_mut(OPERATION).unwrap()["responses"]["200"] =
            json!({ "$ref": "#/components/responses/Done" });
    })
    .unwrap();
    let touched = apply("mark_secrets", &mut document).unwrap();
    let place = "/components/responses/Done/content/application~1json/schema/properties/encryption_key";
    assert!(touched.iter().any(|touched| touched == place), "{touched:?}");
    let code = generate(document).unwrap();
    assert!(!code.contains("pub encryption_key: ::std::option::Option<::std::string::String>"));
}

#[test]
fn inline_plain_types_replaces_references_to_texts_and_numbers_and_no_others() {
    let mut document = changed(|json| {
        let schemas = &mut json["components"]["schemas"];
        schemas["Link"] = json!({ "type": "string", "description": "A link." });
        let properties = &mut schemas["InitReversalRequest"]["properties"];
        properties["callback_url"] = json!({ "$ref": "#/components/schemas/Link" });
        properties["reference_no"] =
            json!({ "allOf": [{ "$ref": "#/components/schemas/Link" }], "description": "Own." });
        properties["refusal"] = json!({ "$ref": "#/components/schemas/ErrorResponse" });
    })
    .unwrap();
    assert_eq!(apply("inline_plain_types", &mut document).unwrap().len(), 2);
    let properties = &document.json["components"]["schemas"]["InitReversalRequest"]["properties"];
    assert_eq!(properties["callback_url"], json!({ "type": "string", "description": "A link." }));
    assert_eq!(properties["reference_no"], json!({ "type": "string", "description": "Own." }));
    assert!(properties["refusal"].get("$ref").is_some());
    // The checks of a text that is a URL still see it.
    let code = generate(document).unwrap();
    assert!(code.contains(r#"crate::check::app_url("callback_url", self.callback_url.as_deref())?;"#));
}

#[test]
fn drop_constraints_drops_what_would_be_a_type_of_its_own_and_keeps_values_that_look_alike() {
    let mut document = changed(|json| {
        let schemas = &mut json["components"]["schemas"];
        schemas["InitReversalRequest"]["properties"]["xact_id"] = json!({
            "type": "string", "minLength": 1, "maxLength": 9, "pattern": "x", "format": "uuid", "default": "x",
            "enum": ["x"], "example": { "format": "kept" },
        });
        schemas["InitReversalRequest"]["properties"]["pattern"] = json!({ "type": "integer", "format": "int32" });
    })
    .unwrap();
    assert_eq!(apply("drop_constraints", &mut document).unwrap().len(), 7);
    let properties = &document.json["components"]["schemas"]["InitReversalRequest"]["properties"];
    assert_eq!(properties["xact_id"], json!({ "type": "string", "example": { "format": "kept" } }));
    assert_eq!(properties["pattern"], json!({ "type": "integer" }));
}

#[test]
fn constructors_take_what_is_required_in_the_order_of_the_document() {
    for (required, signature) in [
        (json!(["xact_id", "reference_no"]), ["xact_id", "reference_no"]),
        (json!(["reference_no", "xact_id"]), ["reference_no", "xact_id"]),
    ] {
        let document = changed(|json| {
            json["components"]["schemas"]["InitReversalRequest"]["required"] = required;
        })
        .unwrap();
        let code = generate(document).unwrap();
        let new = code.split("pub fn new(").nth(1).unwrap().split(')').next().unwrap();
        let [first, second] = signature.map(|name| new.find(&format!("{name}: impl Into")).unwrap());
        assert!(first < second, "{new}");
    }
}

/// What a document that cannot be used is refused with: the whole message.
#[track_caller]
fn assert_unusable(text: &str, message: &str) {
    let unusable = Document::parse(FILE, text).and_then(generate).map(drop).unwrap_err();
    assert_eq!(unusable.to_string(), message);
}

#[track_caller]
fn assert_change_unusable(change: impl FnOnce(&mut Value), message: &str) {
    let mut json = document().json;
    change(&mut json);
    assert_unusable(&json.to_string(), message);
}

#[test]
fn what_is_not_json_is_unusable() {
    assert_unusable(
        "# Refund / Cancel",
        "openapi/refund-cancel.json: it is not JSON: expected value at line 1 column 1; \
         store the OpenAPI block of Paynet's page and nothing around it",
    );
}

#[test]
fn what_is_not_openapi_3_0_is_unusable() {
    assert_change_unusable(
        |json| json["openapi"] = json!("3.1.0"),
        "openapi/refund-cancel.json: at /openapi: the version is \"3.1.0\"; \
         expected \"3.0.x\", the only versions that progenitor reads",
    );
    assert_unusable(
        "{}",
        "openapi/refund-cancel.json: at /openapi: it is not an OpenAPI 3 document; \
         expected \"3.0.x\", the only versions that progenitor reads",
    );
    assert_unusable(
        "[]",
        "openapi/refund-cancel.json: it is not a JSON object; \
         store the OpenAPI block of Paynet's page and nothing around it",
    );
}

#[test]
fn a_reference_that_leads_nowhere_is_unusable() {
    assert_change_unusable(
        |json| {
            json.pointer_mut(OPERATION).unwrap()["parameters"][1]["$ref"] =
                json!("#/components/parameters/Gone");
        },
        "openapi/refund-cancel.json: at \
         /paths/~1v1~1softpos~1init_reversal_transaction/post/parameters/1/$ref: \
         the reference \"#/components/parameters/Gone\" leads nowhere; \
         expected \"#/components/…\", naming something in this file",
    );
}

#[test]
fn two_operations_of_one_name_are_unusable() {
    assert_change_unusable(
        |json| {
            let item = json["paths"]["/v1/softpos/init_reversal_transaction"].clone();
            json["paths"]["/v2/softpos/init_reversal_transaction"] = item;
        },
        "openapi/refund-cancel.json: at /paths/~1v2~1softpos~1init_reversal_transaction/post: \
         the operation is named `init_reversal_transaction`, as the one at \
         /paths/~1v1~1softpos~1init_reversal_transaction/post in openapi/refund-cancel.json is; \
         expected a different operationId or last path segment for each operation",
    );
}

#[test]
fn a_name_that_no_method_can_have_is_unusable() {
    assert_change_unusable(
        |json| {
            let item = json["paths"]["/v1/softpos/init_reversal_transaction"].clone();
            json["paths"] = json!({ "/v1/softpos/{id}": item });
            json["paths"]["/v1/softpos/{id}"]["post"]["operationId"] = json!("4 ever");
        },
        "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1{id}/post: \
         its path or operationId gives the name `4_ever`, which no method can have; \
         expected an operationId of letters, digits and underscores",
    );
}

#[test]
fn a_document_without_servers_or_with_an_unusable_one_is_unusable() {
    const RIGHT: &str =
        "expected a list of {\"url\": \"https://…\", \"description\": the environment's name}";
    for none in [json!([]), Value::Null] {
        assert_change_unusable(
            |json| json["servers"] = none,
            &format!("openapi/refund-cancel.json: at /servers: there are no servers; {RIGHT}"),
        );
    }
    assert_change_unusable(
        |json| json["servers"][1]["url"] = json!("http://pts-api.paynet.com.tr"),
        &format!(
            "openapi/refund-cancel.json: at /servers/1/url: the url is \"http://pts-api.paynet.com.tr\"; {RIGHT}"
        ),
    );
    for wrong in
        ["https://", "https://te st", "https://a.example?x=1", "https://a.example#x", "https://u:p@a.example"]
    {
        assert_change_unusable(
            |json| json["servers"][0]["url"] = json!(wrong),
            &format!("openapi/refund-cancel.json: at /servers/0/url: the url is \"{wrong}\"; {RIGHT}"),
        );
    }
    assert_change_unusable(
        |json| json["servers"][1]["description"] = json!("PRODUCTION"),
        "openapi/refund-cancel.json: at /servers/1/description: \
         it gives the name `Production`, as /servers/0 does; expected a different name for each server",
    );
    assert_change_unusable(
        |json| json["servers"][0]["description"] = Value::Null,
        &format!(
            "openapi/refund-cancel.json: at /servers/0/description: \
             the description is null, which gives no name; {RIGHT}"
        ),
    );
    assert_change_unusable(
        |json| json["servers"][1]["description"] = json!("production"),
        "openapi/refund-cancel.json: at /servers/1/description: \
         it gives the name `Production`, as /servers/0 does; expected a different name for each server",
    );
}

#[test]
fn a_session_key_that_is_not_a_required_string_header_is_unusable() {
    const PLACE: &str = "/paths/~1v1~1softpos~1init_reversal_transaction/post/parameters/0";
    const RIGHT: &str = "expected a required header parameter of type string, which the transport can inject";
    for (property, value, wrong) in [
        ("required", json!(false), "Session-Key is in \"header\", required: false, of type \"string\""),
        ("in", json!("query"), "Session-Key is in \"query\", required: true, of type \"string\""),
        (
            "schema",
            json!({ "type": "integer" }),
            "Session-Key is in \"header\", required: true, of type \"integer\"",
        ),
    ] {
        assert_change_unusable(
            |json| json.pointer_mut(PLACE).unwrap()[property] = value,
            &format!("openapi/refund-cancel.json: at {PLACE}: {wrong}; {RIGHT}"),
        );
    }
    // The place is the file's own, whatever is corrected before it.
    assert_change_unusable(
        |json| {
            let parameters = &mut json.pointer_mut(OPERATION).unwrap()["parameters"];
            parameters[0]["required"] = json!(false);
            parameters.as_array_mut().unwrap().reverse();
        },
        &format!(
            "openapi/refund-cancel.json: at {OPERATION}/parameters/1: \
             Session-Key is in \"header\", required: false, of type \"string\"; {RIGHT}"
        ),
    );
}

#[test]
fn a_document_without_an_operation_is_unusable() {
    assert_change_unusable(
        |json| json["paths"] = json!({}),
        "openapi/refund-cancel.json: at /paths: there is no operation; \
         expected a path with at least one method, in lower case",
    );
}

#[test]
fn a_success_other_than_200_is_unusable() {
    assert_change_unusable(
        |json| {
            let responses = &mut json.pointer_mut(OPERATION).unwrap()["responses"];
            responses["201"] = responses["200"].clone();
        },
        "openapi/refund-cancel.json: at \
         /paths/~1v1~1softpos~1init_reversal_transaction/post/responses: \
         the successful responses are [\"200\", \"201\"]; \
         expected 200 and no other, the one status that the client takes for success",
    );
}

#[test]
fn a_secret_that_is_not_text_is_unusable() {
    assert_change_unusable(
        |json| {
            json["components"]["schemas"]["InitReversalResponse"]["properties"]["encryption_key"]["type"] =
                json!("array");
        },
        "openapi/refund-cancel.json: at \
         /components/schemas/InitReversalResponse/properties/encryption_key: \
         its name says that it is secret, and it is not a string; \
         expected {\"type\": \"string\"}, which can be redacted and wiped",
    );
}

#[test]
fn a_document_that_progenitor_panics_on_gets_a_message_of_one_line() {
    // A type that OpenAPI does not have, on which progenitor panics.
    let unusable = changed(|json| {
        json["components"]["schemas"]["ErrorResponse"]["properties"]["message"]["type"] = json!("strng");
    })
    .and_then(generate)
    .map(drop)
    .unwrap_err()
    .to_string();
    assert!(unusable.starts_with("openapi/refund-cancel.json: "), "{unusable}");
    assert!(unusable.contains("not yet implemented"), "{unusable}");
    assert_eq!(unusable.lines().count(), 1);
}

#[test]
fn a_reason_of_several_lines_becomes_a_message_of_one() {
    let unusable = changed(|json| {
        let item = &mut json["paths"]["/v1/softpos/init_reversal_transaction"];
        item["post"]["parameters"] =
            json!([{ "name": "page", "in": "cookie", "schema": { "type": "string" } }]);
    })
    .and_then(generate)
    .map(drop)
    .unwrap_err()
    .to_string();
    assert!(
        !unusable.contains('\n') && unusable.contains("cookie parameters are not supported"),
        "{unusable}"
    );
    assert!(unusable.ends_with("or add a correction to codegen/corrections.rs"), "{unusable}");
}

#[test]
fn what_the_client_would_drop_without_a_word_is_unusable() {
    let place = "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1init_reversal_transaction/post";
    assert_change_unusable(
        |json| json.pointer_mut(OPERATION).unwrap()["servers"] = json!([{ "url": "https://other.example" }]),
        &format!(
            "{place}: it has servers of its own; \
             expected servers of the whole document, which environments are made of"
        ),
    );
    assert_change_unusable(
        |json| json["security"] = json!([{ "key": [] }]),
        &format!(
            "{place}: it asks for security schemes; \
             expected header parameters, as Paynet's documents have; or teach the transport the scheme"
        ),
    );
    for (part, content) in [("requestBody", "application/xml"), ("responses/200", "text/plain")] {
        assert_change_unusable(
            |json| {
                let body = json.pointer_mut(&format!("{OPERATION}/{part}")).unwrap();
                let schema = body["content"]["application/json"].clone();
                body["content"] = json!({ content: schema });
            },
            &format!(
                "{place}/{part}: its content is [\"{content}\"]; expected \"application/json\" and no other"
            ),
        );
    }
    assert_change_unusable(
        |json| json.pointer_mut(OPERATION).unwrap()["operationId"] = json!("new"),
        &format!(
            "{place}: the operation is named `new`, as a part of every generated client is; \
             expected another operationId or last path segment"
        ),
    );
}

#[test]
fn a_ring_of_references_is_unusable() {
    assert_change_unusable(
        |json| {
            json["components"]["parameters"]["ContentTypeHeader"] =
                json!({ "$ref": "#/components/parameters/Other" });
            json["components"]["parameters"]["Other"] =
                json!({ "$ref": "#/components/parameters/ContentTypeHeader" });
        },
        "openapi/refund-cancel.json: at \
         /paths/~1v1~1softpos~1init_reversal_transaction/post/parameters/1/$ref: \
         the reference \"#/components/parameters/ContentTypeHeader\" leads back to itself; \
         expected \"#/components/…\", naming something in this file",
    );
}

#[test]
fn a_byte_order_mark_and_what_openapi_does_not_allow_are_unusable() {
    assert_unusable(
        "\u{feff}{}",
        "openapi/refund-cancel.json: it begins with a byte order mark; \
         store the OpenAPI block of Paynet's page and nothing around it",
    );
    assert_change_unusable(
        |json| json["info"]["version"] = json!(1),
        "openapi/refund-cancel.json: at /info/version: openapiv3 cannot read it: \
         invalid type: integer `1`, expected a string; expected what OpenAPI 3.0.3 allows there",
    );
    assert_change_unusable(
        |json| json["paths"]["/v1/softpos/init_reversal_transaction"]["post"]["tags"] = json!("a"),
        "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1init_reversal_transaction/post: \
         openapiv3 cannot read it: invalid type: string \"a\", expected a sequence; \
         expected what OpenAPI 3.0.3 allows there",
    );
}

/// What Paynet may add to a request and to an answer, one of each kind.
fn with_every_kind_of_property(json: &mut Value) {
    let schemas = &mut json["components"]["schemas"];
    schemas["Link"] = json!({ "type": "string" });
    schemas["Basket"] = json!({
        "type": "object",
        "required": ["label"],
        "properties": { "label": { "type": "string" }, "next": { "$ref": "#/components/schemas/Basket" } },
    });
    let added = json!({
        "note": { "type": "string", "description": "A note." },
        "kind": { "type": "string", "enum": ["a", "b"], "default": "a" },
        "count": { "type": "integer", "format": "int32", "default": 5 },
        "when": { "type": "string", "format": "date-time" },
        "id": { "type": "string", "format": "uuid", "minLength": 3, "pattern": "x" },
        "amount": { "type": "number" },
        "is_last": { "type": "boolean" },
        "tags": { "type": "array", "items": { "type": "string" } },
        "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Basket" } },
        "basket": { "$ref": "#/components/schemas/Basket" },
        "inner": { "type": "object", "properties": { "api_key": { "type": "string" } } },
        "return_url": { "$ref": "#/components/schemas/Link" },
        "card_token": { "type": "string" },
        "type": { "type": "string", "nullable": true },
    });
    for schema in ["InitReversalRequest", "InitReversalResponse", "ErrorResponse", "Transaction"] {
        if let Some(schema) = schemas.get_mut(schema) {
            for (name, property) in added.as_object().unwrap() {
                // Paynet may have it already, in its own spelling.
                let known = schema["properties"].as_object_mut().unwrap();
                known.retain(|known, _| known.to_snake_case() != *name);
                schema["properties"][name] = property.clone();
            }
        }
    }
}

#[test]
fn a_new_property_of_any_kind_gives_a_new_setter_with_no_other_change() {
    let documents: Vec<_> = documents()
        .into_iter()
        .map(|mut document| {
            with_every_kind_of_property(&mut document.json);
            (document.file, document.json.to_string())
        })
        .collect();
    let documents: Vec<_> = documents.iter().map(|(file, text)| (file.as_str(), text.clone())).collect();
    let output = Copy::with(&documents).run(
        r#"
        use paypos::{Decimal, types::{Basket, InitReversalRequest, Transaction}};

        fn main() {
            let request = InitReversalRequest::new("x");
            assert_eq!((request.kind.as_ref(), request.count), (None, None), "a default is not sent");
            let request = request
                .note("for the customer")
                .kind("c")
                .count(7)
                .when("today")
                .id("any")
                .amount(Decimal::new(15, 1))
                .is_last(true)
                .tags(vec!["a".to_owned()])
                .lines(vec![Basket::new("shoes")])
                .basket(Basket::new("hats"))
                .return_url("myshop://done")
                .card_token("a-secret")
                .type_("t");
            assert_eq!(request.note.as_deref(), Some("for the customer"));
            assert_eq!(request.card_token.as_ref().unwrap().expose(), "a-secret");
            assert!(!format!("{request:?}").contains("a-secret"));
            assert!(Transaction::default().lines.is_empty());
        }"#,
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_unusable_document_fails_the_build_with_one_readable_message() {
    let output = Copy::with(&[(FILE, "# Refund / Cancel".to_owned())]).run("fn main() {}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    let message = "openapi/refund-cancel.json: it is not JSON: expected value at line 1 column 1; \
                   store the OpenAPI block of Paynet's page and nothing around it";
    assert_eq!(stderr.matches(message).count(), 1, "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}
