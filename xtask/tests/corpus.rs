//! Changes of the documents as Paynet may make them, each with what it must be judged to mean.

mod support;

use std::{panic::catch_unwind, thread};

use serde_json::{Value, json};
use support::{Documents, Workspace, copy::Copy, documents, present};

const REVERSAL: &str = "refund-cancel.json";
const CHECK: &str = "retrieve-payment.json";
const PATH: &str = "/v1/softpos/init_reversal_transaction";
const REQUEST: &str = "/components/schemas/InitReversalRequest";
const ANSWER: &str = "/components/schemas/InitReversalResponse";
const TRANSACTION: &str = "/components/schemas/Transaction";

struct Case {
    name: &'static str,
    change: fn(&mut Documents),
    expected: Expected,
}

enum Expected {
    /// Class, what changed, what it means: all that is said, in that order; and the next version after 0.1.0.
    Judged(&'static [(&'static str, &'static str, &'static str)], Option<&'static str>),
    /// The text is laid out anew, and there is nothing to say.
    Same,
    /// The whole message.
    Refused(&'static str),
}
use Expected::{Judged, Refused, Same};

const COMPATIBLE: &str = "compatible";
const BREAKS: &str = "breaks-callers";
const CODE: &str = "needs-code";

fn at<'a>(documents: &'a mut Documents, file: &str, pointer: &str) -> &'a mut Value {
    documents.get_mut(file).unwrap().pointer_mut(pointer).unwrap()
}

fn operation(documents: &mut Documents) -> &mut Value {
    &mut documents.get_mut(REVERSAL).unwrap()["paths"][PATH]["post"]
}

fn servers(documents: &mut Documents, change: impl Fn(&mut Vec<Value>)) {
    for document in documents.values_mut() {
        change(document["servers"].as_array_mut().unwrap());
    }
}

fn remove(object: &mut Value, key: &str) {
    object.as_object_mut().unwrap().remove(key).unwrap();
}

fn rename(documents: &mut Documents, file: &str, from: &str, to: &str) {
    let document = documents.get_mut(file).unwrap();
    *document = serde_json::from_str(&document.to_string().replace(from, to)).unwrap();
}

fn header(name: &str) -> Value {
    json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string" } })
}

fn add_header(documents: &mut Documents, name: &str) {
    operation(documents)["parameters"].as_array_mut().unwrap().push(header(name));
}

const CORPUS: &[Case] = &[
    Case {
        name: "an optional property is added to a request",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["corpus_note"] = json!({ "type": "string" }),
        expected: Judged(
            &[(
                COMPATIBLE,
                "optional property `corpus_note` added",
                "new setter `InitReversalRequest::corpus_note`, of `String`",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "an optional property of every kind is added to a request",
        change: |all| {
            let properties = &mut at(all, REVERSAL, REQUEST)["properties"];
            properties["corpus_count"] = json!({ "type": "integer", "minimum": 1, "format": "int32" });
            properties["corpus_amount"] = json!({ "type": "number" });
            properties["corpus_kind"] = json!({ "type": "string", "enum": ["a", "b"], "default": "a" });
            properties["corpus_tags"] = json!({ "type": "array", "items": { "type": "string" } });
        },
        expected: Judged(
            &[
                (
                    COMPATIBLE,
                    "optional property `corpus_amount` added",
                    "new setter `InitReversalRequest::corpus_amount`, of `Decimal`",
                ),
                (
                    COMPATIBLE,
                    "optional property `corpus_count` added",
                    "new setter `InitReversalRequest::corpus_count`, of `i64`",
                ),
                (
                    COMPATIBLE,
                    "optional property `corpus_kind` added",
                    "new setter `InitReversalRequest::corpus_kind`, of `String`",
                ),
                (
                    COMPATIBLE,
                    "optional property `corpus_tags` added",
                    "new setter `InitReversalRequest::corpus_tags`, of `Vec<String>`",
                ),
            ],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a secret is added to a request",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["corpus_token"] = json!({ "type": "string" }),
        expected: Judged(
            &[(
                COMPATIBLE,
                "optional property `corpus_token` added",
                "new setter `InitReversalRequest::corpus_token`, of `Secret` (a secret)",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a required property is added to a request",
        change: |all| {
            let request = at(all, REVERSAL, REQUEST);
            request["properties"]["corpus_note"] = json!({ "type": "string" });
            request["required"].as_array_mut().unwrap().push(json!("corpus_note"));
        },
        expected: Judged(
            &[(
                BREAKS,
                "required property `corpus_note` added",
                "new required argument `corpus_note: String` of `InitReversalRequest::new`",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of a request is removed",
        change: |all| remove(&mut at(all, REVERSAL, REQUEST)["properties"], "reference_no"),
        expected: Judged(
            &[(
                BREAKS,
                "property `reference_no` removed",
                "callers lose the setter `InitReversalRequest::reference_no`",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of a request is made required",
        change: |all| {
            at(all, REVERSAL, REQUEST)["required"].as_array_mut().unwrap().push(json!("reference_no"));
        },
        expected: Judged(
            &[(
                BREAKS,
                "property `reference_no` made required",
                "new required argument `reference_no: String` of `InitReversalRequest::new`; its setter is gone",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of a request is made optional",
        change: |all| remove(at(all, REVERSAL, REQUEST), "required"),
        expected: Judged(
            &[(
                BREAKS,
                "property `xact_id` made optional",
                "`InitReversalRequest::new` no longer takes `xact_id`, which has a setter now",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "what the hand-written code itself sends is made optional",
        change: |all| remove(at(all, CHECK, "/components/schemas/CheckTransactionRequest"), "required"),
        expected: Judged(
            &[(
                CODE,
                "property `payment_session_id` made optional",
                "`CheckTransactionRequest::new` no longer takes `payment_session_id`, which has a setter now; \
                 mend src/wait.rs",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "the required properties of a request change places",
        change: |all| {
            let auth = at(all, "create-session.json", "/components/schemas/AuthRequest");
            auth["required"].as_array_mut().unwrap().reverse();
        },
        expected: Judged(
            &[(
                BREAKS,
                "the required properties are in the order `user_id`, `agent_id`",
                "`AuthRequest::new` takes its arguments in that order: callers may compile and send one for another",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of a request changes its type",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["reference_no"]["type"] = json!("integer"),
        expected: Judged(
            &[(
                BREAKS,
                "property `reference_no` changed its type",
                "`InitReversalRequest.reference_no` is `Option<i64>` instead of `Option<String>`",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of a request is renamed",
        change: |all| {
            let properties = &mut at(all, REVERSAL, REQUEST)["properties"];
            properties["order_no"] = properties["reference_no"].take();
            remove(properties, "reference_no");
        },
        expected: Judged(
            &[
                (
                    BREAKS,
                    "property `reference_no` removed",
                    "callers lose the setter `InitReversalRequest::reference_no`",
                ),
                (
                    COMPATIBLE,
                    "optional property `order_no` added",
                    "new setter `InitReversalRequest::order_no`, of `String`",
                ),
            ],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of a request is made nullable",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["reference_no"]["nullable"] = json!(true),
        expected: Judged(&[(COMPATIBLE, "`nullable` changed", "the generated code is the same")], None),
    },
    Case {
        name: "a required property of a request is made nullable",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["xact_id"]["nullable"] = json!(true),
        expected: Judged(
            &[(
                BREAKS,
                "property `xact_id` changed its type",
                "`InitReversalRequest.xact_id` is `Option<String>` instead of `String`",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "limits are put on a property",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["reference_no"]["maxLength"] = json!(36),
        expected: Judged(
            &[(
                COMPATIBLE,
                "limits on values changed: `/components/schemas/InitReversalRequest/properties/reference_no/maxLength`",
                "callers go on as they are: the types leave them to Paynet",
            )],
            None,
        ),
    },
    Case {
        name: "a property is added to an answer",
        change: |all| at(all, CHECK, TRANSACTION)["properties"]["corpus_note"] = json!({ "type": "string" }),
        expected: Judged(
            &[(
                COMPATIBLE,
                "property `corpus_note` added",
                "new field `Transaction.corpus_note: Option<String>`",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a property of an answer is lost",
        change: |all| remove(&mut at(all, CHECK, TRANSACTION)["properties"], "card_holder"),
        expected: Judged(
            &[(BREAKS, "property `card_holder` removed", "callers lose the field `Transaction.card_holder`")],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of an answer is lost that the hand-written code reads",
        change: |all| remove(&mut at(all, CHECK, TRANSACTION)["properties"], "is_succeed"),
        expected: Judged(
            &[(
                CODE,
                "property `is_succeed` removed",
                "callers lose the field `Transaction.is_succeed`; mend src/wait.rs",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of an answer is promised",
        change: |all| at(all, CHECK, TRANSACTION)["required"] = json!(["card_holder"]),
        expected: Judged(
            &[(
                BREAKS,
                "property `card_holder` changed its type",
                "`Transaction.card_holder` is `String` instead of `Option<String>`",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property of an answer becomes a secret",
        change: |all| {
            let properties = &mut at(all, CHECK, TRANSACTION)["properties"];
            properties["card_no"]["format"] = json!("password");
        },
        expected: Judged(
            &[
                (
                    BREAKS,
                    "property `card_no` changed its type",
                    "`Transaction.card_no` is `Option<Secret>` (a secret) instead of `Option<String>`",
                ),
                (
                    COMPATIBLE,
                    "limits on values changed: `/components/schemas/Transaction/properties/card_no/format`",
                    "callers go on as they are: the types leave them to Paynet",
                ),
            ],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a property is added to an answer that becomes a handoff",
        change: |all| at(all, REVERSAL, ANSWER)["properties"]["corpus_note"] = json!({ "type": "string" }),
        expected: Judged(
            &[(
                COMPATIBLE,
                "property `corpus_note` added",
                "callers do not see `InitReversalResponse`, and go on as they are",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "what a handoff is made of is lost",
        change: |all| remove(&mut at(all, REVERSAL, ANSWER)["properties"], "deeplink_url"),
        expected: Judged(
            &[(
                CODE,
                "property `deeplink_url` removed",
                "a `Handoff` is made of it, and cannot be any more: mend src/handoff.rs",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "what errors say changes its type",
        change: |all| at(all, REVERSAL, ANSWER)["properties"]["code"]["type"] = json!("string"),
        expected: Judged(
            &[(
                CODE,
                "property `code` is `Option<String>` instead of `Option<i64>`",
                "`Error` says it, and cannot as it is now: mend `Said` in src/error.rs",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "an operation is added",
        change: |all| {
            let operation = operation(all).clone();
            all.get_mut(REVERSAL).unwrap()["paths"]["/v1/softpos/init_corpus"] = json!({ "post": operation });
        },
        expected: Judged(
            &[(
                CODE,
                "operation `POST /v1/softpos/init_corpus` added",
                "the documents have `init_corpus`; add `Session::init_corpus` to src/session.rs",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "an operation for agents is added on a page of its own",
        change: |all| {
            let text = all["end-session.json"]
                .to_string()
                .replace("logout", "list_corpus")
                .replace("Logout", "ListCorpus");
            all.insert("list-corpus.json".to_owned(), serde_json::from_str(&text).unwrap());
        },
        expected: Judged(
            &[
                (
                    CODE,
                    "operation `POST /v1/agent/list_corpus` added",
                    "the documents have `list_corpus`; add `Agent::list_corpus` to src/agent.rs",
                ),
                (COMPATIBLE, "`ListCorpusRequest` added", "new `types::ListCorpusRequest`"),
                (COMPATIBLE, "`ListCorpusResponse` added", "new `types::ListCorpusResponse`"),
            ],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "an operation is renamed",
        change: |all| {
            let paths = &mut all.get_mut(REVERSAL).unwrap()["paths"];
            paths["/v1/softpos/init_corpus"] = paths[PATH].take();
            remove(paths, PATH);
        },
        expected: Judged(
            &[
                (
                    CODE,
                    "operation `POST /v1/softpos/init_corpus` added",
                    "the documents have `init_corpus`; add `Session::init_corpus` to src/session.rs",
                ),
                (
                    CODE,
                    "operation `POST /v1/softpos/init_reversal_transaction` removed",
                    "callers lose `Session::init_reversal_transaction`; remove it from src/session.rs",
                ),
            ],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "an operation moves to another path",
        change: |all| {
            let paths = &mut all.get_mut(REVERSAL).unwrap()["paths"];
            paths["/v2/softpos/init_reversal_transaction"] = paths[PATH].take();
            remove(paths, PATH);
        },
        expected: Judged(
            &[(
                CODE,
                "operation moved from `POST /v1/softpos/init_reversal_transaction` to \
                 `POST /v2/softpos/init_reversal_transaction`",
                "`Session::init_reversal_transaction` calls it there, and callers go on as they are; \
                 its documentation and the tests name the old place",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "an operation is called for an agent instead of a session",
        change: |all| {
            let parameters = operation(all)["parameters"].as_array_mut().unwrap();
            parameters[0]["name"] = json!("Authorization");
            parameters.push(header("PaynetMobile"));
        },
        expected: Judged(
            &[(
                CODE,
                "it asks for the headers `Authorization`, `PaynetMobile` instead of `Session-Key`",
                "`Session::init_reversal_transaction` becomes `Agent::init_reversal_transaction`: move it to src/agent.rs",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a server is added",
        change: |all| {
            servers(all, |servers| {
                servers.push(json!({ "url": "https://corpus.example", "description": "Corpus" }));
            });
        },
        expected: Judged(
            &[(COMPATIBLE, "server `https://corpus.example` added", "new `Environment::Corpus`")],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a server changes its address",
        change: |all| servers(all, |servers| servers[1]["url"] = json!("https://corpus.example")),
        expected: Judged(
            &[(
                CODE,
                "server `https://pts-api.paynet.com.tr` is `https://corpus.example` now",
                "clients of `Environment::Sandbox` send their keys there: confirm it with Paynet, \
                 then change it in tests/contract.rs and in the README",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a server is removed",
        change: |all| servers(all, |servers| drop(servers.pop())),
        expected: Judged(
            &[(
                BREAKS,
                "server `https://pts-api.paynet.com.tr` removed",
                "callers lose `Environment::Sandbox`",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "the servers change places",
        change: |all| servers(all, |servers| servers.reverse()),
        expected: Judged(
            &[(
                COMPATIBLE,
                "the servers are in another order",
                "callers go on as they are: `Environment::ALL` is in that order",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a server changes its address on one page alone",
        change: |all| at(all, REVERSAL, "/servers/1")["url"] = json!("https://corpus.example"),
        expected: Refused(
            "openapi/refund-cancel.json: at /servers: the servers are not those of openapi/create-session.json; \
             expected the same servers in all documents, as a client has one environment",
        ),
    },
    Case {
        name: "a header is added that the transport injects",
        change: |all| add_header(all, "PaynetMobile"),
        expected: Judged(
            &[(
                COMPATIBLE,
                "it asks for the headers `Session-Key`, `PaynetMobile` instead of `Session-Key`",
                "the transport injects them where they are asked for",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a header is added that HTTP sets by itself",
        change: |all| add_header(all, "Accept"),
        expected: Judged(
            &[(
                COMPATIBLE,
                "the headers changed that HTTP sets by itself",
                "callers go on as they are: the document's word on them is ignored",
            )],
            None,
        ),
    },
    Case {
        name: "a header is added that nobody knows",
        change: |all| add_header(all, "X-Corpus"),
        expected: Refused(
            "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1init_reversal_transaction/post/parameters: nothing \
             sends the parameter \"X-Corpus\"; expected what the transport injects; or teach `INJECTED` in \
             codegen/document.rs and `Header` in src/transport.rs to send it",
        ),
    },
    Case {
        name: "the header of the session is renamed",
        change: |all| operation(all)["parameters"][0]["name"] = json!("Corpus-Key"),
        expected: Refused(
            "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1init_reversal_transaction/post: the headers that \
             say for whom it is called are null; expected either Authorization or Session-Key",
        ),
    },
    Case {
        name: "a refusal is documented",
        change: |all| {
            let responses = &mut operation(all)["responses"];
            responses["409"] = responses["400"].clone();
        },
        expected: Judged(
            &[(
                COMPATIBLE,
                "the documented refusals changed",
                "callers go on as they are: every refusal is read as it comes, by src/error.rs",
            )],
            None,
        ),
    },
    Case {
        name: "a refusal is lost",
        change: |all| remove(&mut operation(all)["responses"], "400"),
        expected: Judged(
            &[(
                COMPATIBLE,
                "the documented refusals changed",
                "callers go on as they are: every refusal is read as it comes, by src/error.rs",
            )],
            None,
        ),
    },
    Case {
        name: "another success is documented",
        change: |all| {
            let responses = &mut operation(all)["responses"];
            responses["202"] = responses["200"].clone();
        },
        expected: Refused(
            "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1init_reversal_transaction/post/responses: \
             the successful responses are [\"200\", \"202\"]; \
             expected 200 and no other, the one status that the client takes for success",
        ),
    },
    Case {
        name: "the success is lost",
        change: |all| remove(&mut operation(all)["responses"], "200"),
        expected: Refused(
            "openapi/refund-cancel.json: at /paths/~1v1~1softpos~1init_reversal_transaction/post/responses: \
             the successful responses are []; \
             expected 200 and no other, the one status that the client takes for success",
        ),
    },
    Case {
        name: "a component that callers name is renamed",
        change: |all| rename(all, CHECK, "Transaction\"", "CorpusTransaction\""),
        expected: Judged(
            &[
                (
                    CODE,
                    "property `data` changed its type",
                    "`CheckTransactionResponse.data` is `Vec<CorpusTransaction>` instead of `Vec<Transaction>`; \
                     mend src/check.rs and src/wait.rs",
                ),
                (
                    CODE,
                    "`Transaction` renamed to `CorpusTransaction`",
                    "`types::Transaction` is `types::CorpusTransaction` now; mend src/wait.rs",
                ),
            ],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "the component of a request is renamed",
        change: |all| rename(all, REVERSAL, "InitReversalRequest", "CorpusRequest"),
        expected: Judged(
            &[(
                CODE,
                "`InitReversalRequest` renamed to `CorpusRequest`",
                "`types::InitReversalRequest` is `types::CorpusRequest` now; mend src/session.rs",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "the component of an answer is renamed that callers do not see",
        change: |all| rename(all, REVERSAL, "InitReversalResponse", "CorpusResponse"),
        expected: Judged(
            &[
                (COMPATIBLE, "`CorpusResponse` added, removed or renamed", "callers do not see this type"),
                (
                    COMPATIBLE,
                    "`InitReversalResponse` added, removed or renamed",
                    "callers do not see this type",
                ),
            ],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "a component is not the same on all pages",
        change: |all| {
            at(all, REVERSAL, "/components/schemas/ErrorResponse")["properties"]["corpus"] =
                json!({ "type": "string" });
        },
        expected: Refused(
            "openapi/refund-cancel.json: at /components/schemas/ErrorResponse: openapi/create-session.json has it as \
             well, and it means something else there; expected the same under the same name; \
             fetch both pages again, as one of them is older",
        ),
    },
    Case {
        name: "refusals say more on all pages",
        change: |all| {
            for document in all.values_mut() {
                document["components"]["schemas"]["ErrorResponse"]["properties"]["corpus"] =
                    json!({ "type": "string" });
            }
        },
        expected: Judged(
            &[(
                COMPATIBLE,
                "property `corpus` added",
                "callers do not see `ErrorResponse`, and go on as they are",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "two properties have one name in Rust",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["referenceNo"] = json!({ "type": "string" }),
        expected: Refused(
            "openapi/refund-cancel.json: at /components/schemas/InitReversalRequest: `InitReversalRequest` would have \
             two members of the name `reference_no`; expected properties that differ in more than case and punctuation, \
             and none `new`; or add a correction to codegen/corrections.rs",
        ),
    },
    Case {
        name: "a property is named as the constructor is",
        change: |all| at(all, REVERSAL, REQUEST)["properties"]["new"] = json!({ "type": "string" }),
        expected: Refused(
            "openapi/refund-cancel.json: at /components/schemas/InitReversalRequest: `InitReversalRequest` would have \
             two members of the name `new`; expected properties that differ in more than case and punctuation, \
             and none `new`; or add a correction to codegen/corrections.rs",
        ),
    },
    Case {
        name: "a request is a list",
        change: |all| {
            let schema =
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/InitReversalRequest" } });
            operation(all)["requestBody"]["content"]["application/json"]["schema"] = schema;
        },
        expected: Refused(
            "refund-cancel.md, json block 2: at /paths/~1v1~1softpos~1init_reversal_transaction/post/requestBody: \
             it is of type \"array\"; expected a JSON object, which can grow",
        ),
    },
    Case {
        name: "a request is no longer documented",
        change: |all| remove(operation(all), "requestBody"),
        expected: Judged(
            &[(
                CODE,
                "a required body parameter was removed",
                "no rule judges it: read the difference of tests/golden/generated.rs",
            )],
            Some("0.2.0"),
        ),
    },
    Case {
        name: "a list of numbers is added to an answer",
        change: |all| {
            let numbers = json!({ "type": "array", "items": { "type": "number" } });
            at(all, CHECK, TRANSACTION)["properties"]["corpus_parts"] = numbers;
        },
        expected: Refused(
            "openapi/create-session.json, openapi/end-session.json, openapi/initialize-payment.json, \
             openapi/refund-cancel.json, openapi/retrieve-payment.json: `Transaction.corpus_parts` holds numbers in a \
             way that is not read yet; expected a number by itself; teach src/decimal.rs how to read it",
        ),
    },
    Case {
        name: "a reference is broken",
        change: |all| {
            operation(all)["parameters"][1]["$ref"] = json!("#/components/parameters/Corpus");
        },
        expected: Refused(
            "refund-cancel.md, json block 2: at /paths/~1v1~1softpos~1init_reversal_transaction/post/parameters/1/$ref: \
             the reference \"#/components/parameters/Corpus\" leads nowhere; \
             expected \"#/components/…\", naming something in this file",
        ),
    },
    Case {
        name: "the document is OpenAPI 3.1",
        change: |all| all.get_mut(REVERSAL).unwrap()["openapi"] = json!("3.1.0"),
        expected: Refused(
            "refund-cancel.md, json block 2: at /openapi: the version is \"3.1.0\"; \
             expected \"3.0.x\", the only versions that progenitor reads",
        ),
    },
    Case {
        name: "prose alone is changed",
        change: |all| {
            at(all, REVERSAL, REQUEST)["properties"]["reference_no"]["description"] = json!("Yours.");
            operation(all)["summary"] = json!("Corpus");
        },
        expected: Judged(
            &[(
                COMPATIBLE,
                "prose changed: `/components/schemas/InitReversalRequest/properties/reference_no/description`, \
                 `/paths/~1v1~1softpos~1init_reversal_transaction/post/summary`",
                "the documentation of the generated code follows",
            )],
            Some("0.1.1"),
        ),
    },
    Case {
        name: "prose is changed that nothing is generated from",
        change: |all| {
            all.get_mut("create-session.json").unwrap()["tags"] = json!([]);
            at(all, REVERSAL, "/info")["title"] = json!("Corpus");
            at(all, REVERSAL, "/components/parameters/ContentTypeHeader")["description"] = json!("Corpus.");
        },
        expected: Judged(
            &[
                (
                    COMPATIBLE,
                    "in this document alone changed: `/components/parameters/ContentTypeHeader/description`, `/info/title`",
                    "callers go on as they are: nothing is generated from it",
                ),
                (
                    COMPATIBLE,
                    "prose changed: `/tags`",
                    "callers go on as they are: nothing is generated from it",
                ),
            ],
            None,
        ),
    },
    Case { name: "nothing is changed but the order of members", change: |_| (), expected: Same },
];

fn judged(workspace: &Workspace, pages: &[String], command: &str) -> support::Ran {
    let mut arguments = vec![command, "--json"];
    arguments.extend(pages.iter().map(String::as_str));
    workspace.spec(&arguments)
}

fn expect(case: &Case) {
    let workspace = Workspace::new();
    let mut changed = documents();
    (case.change)(&mut changed);
    // Members are in the order of their names here, as they are not where Paynet publishes them.
    let pages = workspace.write_pages(&changed);
    let before = workspace.contents();
    let checked = judged(&workspace, &pages, "check");
    assert_eq!(workspace.contents(), before, "{}: check writes nothing", case.name);
    let updated = judged(&workspace, &pages, "update");
    assert_eq!(updated.stdout, checked.stdout, "{}", case.name);
    let report = updated.json();
    let said: Vec<_> = report["differences"].as_array().unwrap().iter().collect();
    let said: Vec<[&str; 3]> =
        said.iter().map(|it| ["class", "what", "meaning"].map(|key| it[key].as_str().unwrap())).collect();
    match case.expected {
        Refused(message) => {
            assert_eq!(report["refused"], message, "{}", case.name);
            assert_eq!((checked.code, updated.code), (2, 2), "{}", case.name);
            assert_eq!(updated.stderr, format!("error: {message}\n"));
            assert_eq!(workspace.contents(), before, "{}: what is refused changes nothing", case.name);
            return;
        }
        Same => assert_eq!(said, [] as [[&str; 3]; 0], "{}", case.name),
        Judged(expected, next) => {
            let expected: Vec<_> =
                expected.iter().map(|(class, what, meaning)| [*class, *what, *meaning]).collect();
            assert_eq!(said, expected, "{}", case.name);
            assert_eq!(report["next_version"].as_str(), next, "{}", case.name);
            let worst = expected
                .iter()
                .map(|[class, ..]| *class)
                .max_by_key(|class| [COMPATIBLE, BREAKS, CODE].iter().position(|it| it == class));
            assert_eq!(report["class"].as_str(), worst, "{}", case.name);
            let changelog = workspace.read("CHANGELOG.md");
            assert_eq!(changelog.contains(expected[0][1]), next.is_some(), "{}: {changelog}", case.name);
        }
    }
    assert_eq!((checked.code, updated.code), (1, 0), "{}", case.name);
    for (file, document) in &changed {
        let stored: Value = serde_json::from_str(&workspace.read(&format!("openapi/{file}"))).unwrap();
        assert_eq!(stored, *document, "{}", case.name);
    }
    let again = judged(&workspace, &pages, "check");
    assert_eq!((again.code, &again.json()["changed"]), (0, &json!(false)), "{}", case.name);
}

#[test]
fn each_change_is_judged_as_expected_and_stored_or_refused_whole() {
    // All that fail are named, and not the first alone.
    let failed = |half: usize| {
        let cases = CORPUS.iter().skip(half).step_by(2);
        cases.filter(|case| catch_unwind(|| expect(case)).is_err()).map(|case| case.name).collect::<Vec<_>>()
    };
    let failed = thread::scope(|scope| {
        let [one, other] = [0, 1].map(|half| scope.spawn(move || failed(half)));
        [one.join().unwrap(), other.join().unwrap()].concat()
    });
    assert_eq!(failed, [] as [&str; 0]);
}

/// A caller of all that there is today.
const CALLER: &str = r#"
    use paypos::{Client, Decimal, Environment, Error, Handoff, SecretKey, SessionKey, types::{
        AuthRequest, CheckTransactionRequest, InitReversalRequest, InitSaleRequest, LogoutRequest, Transaction,
    }};

    async fn flow(client: Client) -> Result<Handoff, Error> {
        let agent = client.agent(SecretKey::new("key")?);
        let opened = agent.get_auth_key(AuthRequest::new("agent", "user")).await?;
        let _: (Option<String>, Option<bool>) = (opened.details.expired_date, opened.details.is_okc_inquiry);
        let session = client.session(SessionKey::new("key")?);
        let sale = InitSaleRequest::new(Decimal::ONE)
            .add_commission(true)
            .instalment(3)
            .card_holder_phone("x")
            .card_holder_mail("x")
            .description("x")
            .reference_no("x")
            .selected_agent_id("x")
            .callback_url("shop://x");
        let Handoff { payment_session_id, .. } = session.init_sale_transaction(sale).await?;
        let checked = session.check_transaction(CheckTransactionRequest::new(payment_session_id)).await?;
        let Some(Transaction { xact_id: Some(id), amount: Some(_), .. }) = checked.data.into_iter().next() else {
            panic!("no transaction");
        };
        let reversal = InitReversalRequest::new(id).reference_no("x").callback_url("shop://x");
        let handoff = session.init_reversal_transaction(reversal).await?;
        agent.logout(LogoutRequest::new(session.key())).await?;
        Ok(handoff)
    }

    fn main() {
        let _ = (flow, Environment::Production, Environment::Sandbox);
    }
"#;

#[test]
fn the_crate_and_its_callers_compile_with_every_change_that_is_said_to_be_compatible() {
    let mut compiled = 0;
    for case in CORPUS {
        let Judged(differences, _) = case.expected else { continue };
        if differences.iter().any(|(class, ..)| *class != COMPATIBLE) {
            continue;
        }
        let workspace = Workspace::present();
        let mut changed = present();
        (case.change)(&mut changed);
        let pages = workspace.write_pages(&changed);
        assert_eq!(judged(&workspace, &pages, "update").code, 0);
        let names = changed.keys().map(|file| format!("openapi/{file}"));
        let stored: Vec<_> = names.map(|file| (file.clone(), workspace.read(&file))).collect();
        let stored: Vec<_> = stored.iter().map(|(file, text)| (file.as_str(), text.clone())).collect();
        let output = Copy::with(&stored).check(CALLER);
        assert!(output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
        compiled += 1;
    }
    assert!(compiled > 10, "{compiled}");
}
