//! Changes of the documents as Paynet may make them, and what each is reported to mean.

use serde_json::{Value, json};

use crate::{Documents, Workspace, documents, page};

const REVERSAL: &str = "refund-cancel.json";
const SALE: &str = "initialize-payment.json";
const CHECK: &str = "retrieve-payment.json";
const PATH: &str = "/v1/softpos/init_reversal_transaction";
const REQUEST: &str = "/components/schemas/InitReversalRequest";
const TRANSACTION: &str = "/components/schemas/Transaction/properties";

fn at<'a>(all: &'a mut Documents, file: &str, pointer: &str) -> &'a mut Value {
    all.get_mut(file).unwrap().pointer_mut(pointer).unwrap()
}

fn operation(all: &mut Documents) -> &mut Value {
    &mut all.get_mut(REVERSAL).unwrap()["paths"][PATH]["post"]
}

fn each(all: &mut Documents, change: impl Fn(&mut Value)) {
    all.values_mut().for_each(change);
}

/// Allows `null` for each property.
fn nullable(value: &mut Value) {
    if let Some(properties) = value.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(|property| property["nullable"] = json!(true));
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(nullable),
        Value::Array(items) => items.iter_mut().for_each(nullable),
        _ => {}
    }
}

fn replace(all: &mut Documents, file: &str, from: &str, to: &str) {
    let document = all.get_mut(file).unwrap();
    *document = serde_json::from_str(&document.to_string().replace(from, to)).unwrap();
}

/// A change, and the report: all of it but the list of files.
type Case = (&'static str, fn(&mut Documents), &'static str);

const REPORTED: &[Case] = &[
    ("an optional property of a request", |all| at(all, REVERSAL, REQUEST)["properties"]["note"] = json!({ "type": "string" }),
        "Compatible:
  optional property `note` added (init_reversal_transaction)
    new setter `InitReversalRequest::note`, of `String`; read it: the crate relies on other properties of `InitReversalRequest`"),
    ("a secret in a request", |all| at(all, REVERSAL, REQUEST)["properties"]["card_token"] = json!({ "type": "string" }),
        "Compatible:
  optional property `card_token` added (init_reversal_transaction)
    new setter `InitReversalRequest::card_token`, of `Secret` (a secret); read it: the crate relies on other properties of `InitReversalRequest`"),
    ("a list of numbers in a response", |all| at(all, CHECK, TRANSACTION)["parts"] = json!({ "type": "array", "items": { "type": "number" } }),
        "Compatible:
  property `parts` added (check_transaction)
    new field `Transaction.parts: Vec<Decimal>`; read it: the crate relies on other properties of `Transaction`"),
    ("a required property of a request", |all| {
        at(all, REVERSAL, REQUEST)["properties"]["reason"] = json!({ "type": "string" });
        at(all, REVERSAL, REQUEST)["required"] = json!(["xact_id", "reason"]);
    },
        "Breaks callers:
  required property `reason` added (init_reversal_transaction)
    new required argument `reason: String` of `InitReversalRequest::new`; read it: the crate relies on other properties of `InitReversalRequest`"),
    ("a property made required", |all| at(all, REVERSAL, REQUEST)["required"] = json!(["reference_no", "xact_id"]),
        "Breaks callers:
  property `reference_no` made required (init_reversal_transaction)
    new required argument `reference_no: String` of `InitReversalRequest::new`; its setter is gone"),
    ("a property made optional that the hand-written code passes", |all| {
        at(all, CHECK, "/components/schemas/CheckTransactionRequest")["required"] = json!([]);
    },
        ""),
    ("`null` for everything, as .NET's generators allow", |all| each(all, nullable),
        ""),
    ("a property that may be `null` now", |all| {
        let schema = at(all, CHECK, "/components/schemas/Transaction");
        schema["required"] = json!(["note", "order_id"]);
        schema["properties"]["note"]["nullable"] = json!(true);
    },
        "Breaks callers:
  property `order_id` made required (check_transaction)
    `Transaction.order_id` is no longer an `Option`"),
    ("limits, a webhook, a status and a refusal, of which callers see nothing", |all| {
        at(all, CHECK, TRANSACTION)["card_type"]["enum"] = json!(["a", "b"]);
        at(all, CHECK, TRANSACTION)["comission_tax"]["maximum"] = json!(1000);
        at(all, CHECK, TRANSACTION)["note"]["deprecated"] = json!(true);
        at(all, CHECK, "/components/schemas/Transaction")["anyOf"] = json!([{ "required": ["note"] }]);
        at(all, SALE, "/components/schemas/InitSaleRequest/properties")["description"]["maxLength"] = json!(9);
        all.get_mut(REVERSAL).unwrap()["webhooks"] = json!({ "paid": { "post": { "responses": {} } } });
        let refusal = operation(all)["responses"]["400"].clone();
        operation(all)["responses"]["401"] = refusal;
        at(all, REVERSAL, REQUEST)["properties"]["reference_no"]["example"] = json!("x");
        each(all, |json| {
            json["components"]["schemas"]["ErrorResponse"]["properties"]["detail"] = json!({ "type": "string" });
        });
    },
        ""),
    ("a property of a handoff", |all| at(all, SALE, "/components/schemas/InitSaleResponse/properties")["qr"] = json!({ "type": "string" }),
        "Compatible:
  property `qr` added (init_sale_transaction)
    `Handoff` does not have it; add it to src/handoff.rs if callers need it"),
    ("an essential in other words", |all| at(all, SALE, "/components/schemas/InitSaleRequest/properties")["amount"]["description"] = json!("Amount in kuruş."),
        "Compatible:
  `InitSaleRequest.amount` is described otherwise (init_sale_transaction)
    a reader has to say whether it means something else: {\"description\":\"Amount in kuruş.\"} instead of {\"description\":\"Amount of the sale.\"}"),
    ("the words of an operation", |all| operation(all)["description"] = json!("Amounts are in kuruş."),
        "Compatible:
  `init_reversal_transaction` is described otherwise
    a reader has to say whether it means something else: {\"description\":\"Amounts are in kuruş.\",\"summary\":\"Initiate Cancel / Refund\"} instead of {\"summary\":\"Initiate Cancel / Refund\"}"),
    ("an example of an essential, which may be in another unit", |all| at(all, SALE, "/components/schemas/InitSaleRequest/properties")["amount"]["example"] = json!(14990),
        "Compatible:
  `InitSaleRequest.amount` is described otherwise (init_sale_transaction)
    a reader has to say whether it means something else: {\"description\":\"Amount of the sale.\",\"example\":14990} instead of {\"description\":\"Amount of the sale.\"}"),
    ("a property beside an essential", |all| at(all, CHECK, "/components/schemas/CheckTransactionResponse/properties")["next_page"] = json!({ "type": "string" }),
        "Compatible:
  property `next_page` added (check_transaction)
    new field `CheckTransactionResponse.next_page: String`; read it: the crate relies on other properties of `CheckTransactionResponse`"),
    ("a renamed credential", |all| operation(all)["parameters"][0]["name"] = json!("X-Session-Key"),
        "Needs hand-written code:
  operation `POST /v1/softpos/init_reversal_transaction` takes `X-Session-Key` (required String, header)
    `Session::init_reversal_transaction` has to follow in src/session.rs
Compatible:
  operation `POST /v1/softpos/init_reversal_transaction` requires no credential any more
    the transport sends none"),
    ("an optional header and a query", |all| {
        for (name, place) in [("Idempotency-Key", "header"), ("locale", "query")] {
            let parameter = json!({ "name": name, "in": place, "schema": { "type": "string" } });
            operation(all)["parameters"].as_array_mut().unwrap().push(parameter);
        }
    },
        "Needs hand-written code:
  operation `POST /v1/softpos/init_reversal_transaction` takes `Idempotency-Key` (optional String, header), `locale` (optional String, query)
    `Session::init_reversal_transaction` has to follow in src/session.rs"),
    ("a response without a body", |all| {
        at(all, "end-session.json", "/paths/~1v1~1agent~1logout/post/responses")["200"] = json!({});
    },
        "Needs hand-written code:
  operation `POST /v1/agent/logout` no longer returns a body
    `Agent::logout` has to follow in src/agent.rs"),
    ("a property removed", |all| drop(at(all, SALE, "/components/schemas/InitSaleRequest/properties").as_object_mut().unwrap().remove("instalment")),
        "Breaks callers:
  property `instalment` removed (init_sale_transaction)
    callers lose the setter `InitSaleRequest::instalment`"),
    ("a property of another type", |all| at(all, CHECK, TRANSACTION)["order_id"] = json!({ "type": "integer", "description": "Order id." }),
        "Breaks callers:
  property `order_id` changed its type (check_transaction)
    `Transaction.order_id` is `i64` instead of `String`"),
    ("an operation added", |all| {
        let item = all[REVERSAL]["paths"][PATH].clone();
        all.get_mut(REVERSAL).unwrap()["paths"]["/v1/softpos/init_void_transaction"] = item;
    },
        "Needs hand-written code:
  operation `POST /v1/softpos/init_void_transaction` added
    the documents have `init_void_transaction`; add `Session::init_void_transaction` to src/session.rs"),
    ("an operation moved", |all| replace(all, REVERSAL, PATH, "/v2/softpos/init_reversal_transaction"),
        "Needs hand-written code:
  operation `POST /v1/softpos/init_reversal_transaction` moved to `POST /v2/softpos/init_reversal_transaction`
    calls follow; change the route in the docs of `Session::init_reversal_transaction` in src/session.rs"),
    ("another credential", |all| {
        operation(all)["parameters"][0]["name"] = json!("Authorization");
    },
        "Needs hand-written code:
  operation `POST /v1/softpos/init_reversal_transaction` requires another credential
    `Session::init_reversal_transaction` is `Agent::init_reversal_transaction`: move it from src/session.rs to src/agent.rs"),
    ("a header that the transport knows", |all| {
        let mut header = operation(all)["parameters"][0].clone();
        header["name"] = json!("PaynetMobile");
        header.as_object_mut().unwrap().remove("description");
        operation(all)["parameters"].as_array_mut().unwrap().push(header);
    },
        "Compatible:
  operation `POST /v1/softpos/init_reversal_transaction` requires PaynetMobile, Session-Key
    the transport sends the headers"),
    ("a server that moved", |all| each(all, |json| json["servers"][1]["url"] = json!("https://sandbox.paynet.com.tr")),
        "Needs hand-written code:
  server `https://pts-api.paynet.com.tr` is `https://sandbox.paynet.com.tr` now
    clients of `Environment::Sandbox` send their keys there: confirm it with Paynet through another channel, then change it in tests/it/contract.rs and in README.md"),
    ("a server added", |all| each(all, |json| json["servers"].as_array_mut().unwrap().push(json!({ "url": "https://x.example", "description": "Test" }))),
        "Compatible:
  server `https://x.example` added
    new `Environment::Test`"),
    ("a server removed", |all| each(all, |json| drop(json["servers"].as_array_mut().unwrap().pop())),
        "Breaks callers:
  server `https://pts-api.paynet.com.tr` removed
    callers lose `Environment::Sandbox`"),
    ("prose", |all| {
        for property in ["bank_id", "card_no", "note"] {
            at(all, CHECK, TRANSACTION)[property]["description"] = json!("In other words.");
        }
    },
        "Compatible:
  3 descriptions changed, first that of `Transaction.bank_id`"),
    ("another way of writing the same", |all| {
        let header = operation(all)["parameters"][0].take();
        all.get_mut(REVERSAL).unwrap()["components"]["parameters"]["Key"] = header;
        operation(all)["parameters"][0] = json!({ "$ref": "#/components/parameters/Key" });
        let inline = at(all, "end-session.json", "/components/schemas").as_object_mut().unwrap().remove("LogoutRequest");
        at(all, "end-session.json", "/paths/~1v1~1agent~1logout/post/requestBody/content/application~1json")["schema"] = inline.unwrap();
        replace(all, REVERSAL, "InitReversalResponse", "ReversalAnswer");
        operation(all)["operationId"] = json!("startReversal");
    }, ""),
];

#[test]
fn each_change_is_reported_with_what_it_means_and_stored() {
    for (name, change, expected) in REPORTED {
        let workspace = Workspace::new();
        let before = workspace.contents();
        let checked = workspace.report("check", change);
        assert_eq!(checked.code, 1, "{name}: {}", checked.stderr);
        let (report, files) = checked.stdout.split_once("Files: ").unwrap();
        assert_eq!(without_lines(report), *expected, "{name}");
        let only_pages = |contents: std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
            contents
                .into_iter()
                .filter(|(path, _)| !path.starts_with(workspace.path().join("pages")))
                .collect::<Vec<_>>()
        };
        assert_eq!(only_pages(workspace.contents()), only_pages(before), "{name}: `check` writes nothing");

        let updated = workspace.report("update", change);
        assert_eq!((updated.code, updated.stdout.as_str()), (0, checked.stdout.as_str()), "{name}");
        assert!(files.contains("openapi/sources.toml"), "{name}: {files}");
        let changelog = workspace.read("CHANGELOG.md");
        assert_eq!(changelog.contains("## Unreleased"), !expected.is_empty(), "{name}: {changelog}");
        // What follows from the documents is written with them.
        assert_eq!(workspace.spec(&["regenerate"]).stdout, "", "{name}");
        assert_eq!(workspace.report("update", change).stdout, "Nothing changed.\n", "{name}");
    }
}

/// The report without the lines that count what has changed in a file.
fn without_lines(report: &str) -> String {
    let (kept, counts): (Vec<_>, Vec<_>) = report.lines().partition(|line| {
        !(line.starts_with("  openapi/")
            || *line == "    callers see what is listed here, and nothing else of it")
    });
    assert!(counts.len() > 1, "{report}");
    let report = kept.join("\n");
    report.trim_end_matches("Compatible:").trim_end().to_owned()
}

#[test]
fn changes_that_callers_do_not_see_are_counted_in_lines() {
    let workspace = Workspace::new();
    let ran = workspace.report("check", |all| {
        at(all, CHECK, TRANSACTION)["comission_tax"]["maximum"] = json!(1000);
    });
    let line = "Compatible:\n  openapi/retrieve-payment.json: 1 line changed\n    callers see what is listed here, \
                and nothing else of it\n";
    assert!(ran.stdout.starts_with(line), "{}", ran.stdout);
}

#[test]
fn files_with_the_line_ends_of_windows_keep_them_and_are_the_same() {
    let workspace = Workspace::new();
    let published = workspace.write_pages(&documents());
    let all: Vec<_> = ["update"].into_iter().chain(published.iter().map(String::as_str)).collect();
    assert_eq!(workspace.spec(&all).code, 0);
    let pages = workspace.path().join("pages");
    for path in workspace.contents().into_keys().filter(|path| !path.starts_with(&pages)) {
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    }
    assert_eq!(workspace.spec(&["regenerate"]).stdout, "");
    assert_eq!(workspace.report("check", |_| ()).stdout, "Nothing changed.\n");
    let note =
        |all: &mut Documents| at(all, REVERSAL, REQUEST)["properties"]["note"] = json!({ "type": "string" });
    assert_eq!(workspace.report("update", note).code, 0);
    for file in [
        "openapi/refund-cancel.json",
        "openapi/sources.toml",
        "CHANGELOG.md",
        "codegen/tests/golden/generated.rs",
    ] {
        let text = workspace.read(file);
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{file}");
        assert!(file.ends_with("toml") || text.contains("note"), "{file}");
    }
}

#[test]
fn hidden_files_and_folders_are_no_documents() {
    let workspace = Workspace::new();
    let folder = workspace.path().join("openapi");
    std::fs::write(folder.join("._refund-cancel.json"), [0xff, 0]).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join(".#refund-cancel.json")).unwrap();
    std::fs::create_dir(folder.join("x.json")).unwrap();
    assert_eq!(
        (workspace.spec(&["regenerate"]).code, paypos_codegen::Document::read_all(&folder).unwrap().len()),
        (0, 5)
    );
}

#[test]
fn an_operation_that_is_renamed_takes_its_file_with_it() {
    let workspace = Workspace::new();
    let ran =
        workspace.report("update", |all| replace(all, REVERSAL, "init_reversal_transaction", "reverse"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for line in [
        "  operation `POST /v1/softpos/init_reversal_transaction` removed",
        "    callers lose `Session::init_reversal_transaction`; remove it from src/session.rs",
        "    the documents have `reverse`; add `Session::reverse` to src/session.rs",
    ] {
        assert!(ran.stdout.lines().any(|other| other == line), "{line}\n{}", ran.stdout);
    }
    assert!(workspace.read("openapi/refund-cancel.json").contains("/v1/softpos/reverse"));
}

#[test]
fn the_report_is_for_machines_and_for_pull_requests_too() {
    let workspace = Workspace::new();
    let mut documents = documents();
    documents.get_mut(REVERSAL).unwrap()["components"]["schemas"]["InitReversalRequest"]["properties"]["a<b>"] =
        json!({ "type": "string" });
    let file = workspace.write("refund-cancel.md", page(&[documents[REVERSAL].to_string()]));
    let ran = workspace.spec(&["check", "--json", &file]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["class"], "compatible");
    let meaning = "new setter `InitReversalRequest::a_b`, of `String`; read it: the crate relies on other properties of \
                   `InitReversalRequest`";
    assert_eq!(
        report["differences"][0],
        json!({
            "class": "compatible", "operations": ["init_reversal_transaction"],
            "what": "optional property `a<b>` added", "meaning": meaning,
        })
    );
    assert_eq!((&report["changed"], &report["refused"]), (&json!(true), &json!([])));
    let ran = workspace.spec(&["update", "--markdown", &file]);
    let item = format!("- optional property `a<b>` added (`init_reversal_transaction`): {meaning}\n");
    assert!(ran.stdout.starts_with("## Paynet's documents changed\n\n### Compatible\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&item), "{}", ran.stdout);
    assert!(workspace.read("CHANGELOG.md").contains(&item));

    let broken =
        workspace.write("refund-cancel.md", page(&["{\"openapi\": \"3.1.0\", \"paths\": {\"/a\": {}}}"]));
    let ran = workspace.spec(&["check", "--json", &broken]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["class"]), (2, &json!("refused")));
    assert!(report["refused"][0].as_str().unwrap().contains("the version is \"3.1.0\""));
    let ran = workspace.spec(&["check", "--markdown", &broken]);
    assert!(ran.stdout.starts_with("**Refused:** `"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("Nothing changed.\n"), "{}", ran.stdout);
}

#[test]
fn the_changelog_collects_what_is_not_released_yet() {
    let workspace = Workspace::new();
    let note =
        |all: &mut Documents| at(all, REVERSAL, REQUEST)["properties"]["note"] = json!({ "type": "string" });
    workspace.report("update", note);
    workspace.report("update", |all| {
        note(all);
        at(all, CHECK, TRANSACTION)["extra"] = json!({ "type": "boolean" });
    });
    let changelog = workspace.read("CHANGELOG.md");
    let places: Vec<_> = ["## Unreleased", "`extra` added", "`note` added", "## 0.1.0"]
        .map(|text| changelog.find(text).unwrap())
        .into();
    assert!(places.is_sorted(), "{changelog}");
    assert_eq!(changelog.matches("## Unreleased").count(), 1);
}
