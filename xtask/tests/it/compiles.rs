//! The crate with other documents, compiled as a user compiles it.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::{copy, documents_of, repository};

/// What the README says of a submodule: cargo would take the copy for a member of the workspace around it.
const EXCLUDE: &str = r#"exclude = ["vendor/paypos"]"#;

/// Runs a program that depends on a copy of the crate with these documents, and with these methods of `Session`; returns
/// whether it ran, and its standard error. One test at a time: cargo takes copies of a package for the same one.
pub(crate) fn run(documents: &[(String, String)], methods: &str, program: &str) -> (bool, String) {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = fs::File::create(scratch.join("copy.lock")).unwrap();
    lock.lock().unwrap();
    // As a submodule of the program's workspace.
    let user = scratch.join("user");
    let root = user.join("vendor/paypos");
    let _ = fs::remove_dir_all(&user);
    for part in
        ["Cargo.toml", "Cargo.lock", "README.md", "build.rs", "codegen", "openapi", "src", "benches", "xtask"]
    {
        fs::create_dir_all(&root).unwrap();
        copy(&repository().join(part), &root.join(part));
    }
    for (file, text) in documents {
        fs::write(root.join("openapi").join(file), text).unwrap();
    }
    let session = root.join("src/session.rs");
    fs::write(&session, fs::read_to_string(&session).unwrap() + methods).unwrap();
    fs::create_dir_all(user.join("src")).unwrap();
    fs::copy(root.join("Cargo.lock"), user.join("Cargo.lock")).unwrap();
    fs::write(user.join("src/main.rs"), program).unwrap();
    assert!(fs::read_to_string(root.join("README.md")).unwrap().contains(&format!("`{EXCLUDE}`")));
    let manifest = format!(
        "[package]\nname = \"user\"\nedition = \"2024\"\n[workspace]\n{EXCLUDE}\n\
         [dependencies]\npaypos = {{ path = \"vendor/paypos\", default-features = false }}\nserde_json = \"1\"\n\
         tokio = {{ version = \"1\", features = [\"rt\", \"macros\"] }}\n"
    );
    fs::write(user.join("Cargo.toml"), manifest).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet"])
        .current_dir(&user)
        .env("CARGO_TARGET_DIR", user.with_extension("target"))
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// New properties, by their names.
fn of_every_kind() -> Value {
    json!({
        "amounts": { "type": "array", "items": { "type": "number" } },
        "any": { "anyOf": [{ "type": "string" }, { "type": "integer" }] },
        "basket": { "$ref": "#/components/schemas/Basket" },
        "card_token": { "type": "string" },
        "count": { "type": "integer", "format": "int32", "default": 5 },
        "extra": { "type": "object", "additionalProperties": { "type": "number" } },
        "free": { "type": "object" },
        "inner": { "type": "object", "properties": { "label": { "type": "string" } } },
        "is_last": { "type": "boolean" },
        "kind": { "type": "string", "enum": ["a", "b"], "default": "a" },
        "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Basket" } },
        "return_url": { "$ref": "#/components/schemas/Link" },
        "tags": { "type": "array", "items": { "type": "string" } },
        "ratio": { "type": "number" },
        "share": { "type": "number" },
        "total_amount": { "type": "number" },
        "type": { "type": "string", "nullable": true },
    })
}

#[test]
fn a_new_property_of_any_kind_gives_a_setter_and_a_field_with_no_other_change() {
    let added = of_every_kind();
    // Those that the code follows.
    let mut all = documents_of("openapi");
    for (file, schema) in [
        ("refund-cancel.json", "InitReversalRequest"),
        ("refund-cancel.json", "InitReversalResponse"),
        ("refund-cancel.json", "ErrorResponse"),
        ("retrieve-payment.json", "Transaction"),
    ] {
        let schemas = &mut all.get_mut(file).unwrap()["components"]["schemas"];
        schemas["Link"] = json!({ "type": "string" });
        schemas["Basket"] = json!({
            "type": "object",
            "required": ["label"],
            "properties": { "label": { "type": "string" }, "next": { "$ref": "#/components/schemas/Basket" } },
        });
        for (name, property) in added.as_object().unwrap() {
            schemas[schema]["properties"][name] = property.clone();
        }
    }
    // Bodies inline, whose names do not change by it.
    let document = all.get_mut("create-session.json").unwrap();
    let schema = document["components"]["schemas"]["AuthRequest"].take();
    document["paths"]["/v1/agent/get_auth_key"]["post"]["requestBody"]["content"]["application/json"]["schema"] =
        schema;
    document["components"]["schemas"].as_object_mut().unwrap().remove("AuthRequest");
    let all: Vec<_> = all.iter().map(|(file, document)| (file.clone(), document.to_string())).collect();
    let (ran, stderr) = run(
        &all,
        "",
        r##"
        use std::{pin::pin, task::{Context, Poll, Waker}};

        use paypos::{
            Client, Decimal, Environment, SessionKey, types::{AuthRequest, Basket, InitReversalRequest, Transaction},
        };

        fn main() {
            let _ = AuthRequest::new("agent", "user");
            let request = InitReversalRequest::new("x");
            assert_eq!((request.kind.as_ref(), request.count), (None, None), "a default is not sent");
            let request = request
                .amounts(vec![Decimal::new(110, 2), Decimal::new(2, 0)])
                .any("text")
                .basket(Basket::new("hats"))
                .card_token("a-secret")
                .count(7)
                .is_last(true)
                .kind("c")
                .lines(vec![Basket::new("shoes")])
                .return_url("myshop://done")
                .tags(vec!["a".to_owned()])
                .total_amount(Decimal::new(15, 1))
                .type_("t");
            let sent = serde_json::to_string(&request).unwrap();
            assert!(sent.contains(r#""amounts":[1.10,2]"#), "{sent}");
            assert!(sent.contains(r#""card_token":"a-secret""#), "{sent}");
            assert!(!format!("{request:?}").contains("a-secret"));
            let read: InitReversalRequest = serde_json::from_str(&sent).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), sent);

            // The rules for values go by the name of a property, and reach into what is within it.
            let refused = |request: InitReversalRequest| {
                let client = Client::builder(Environment::Sandbox).base_url("http://127.0.0.1:1").build().unwrap();
                let session = client.session(SessionKey::new("key").unwrap());
                let mut call = pin!(session.init_reversal_transaction(request));
                match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Err(error)) => error.to_string(),
                    _ => panic!("it was sent"),
                }
            };
            let minus = Decimal::new(-1, 0);
            let new = || InitReversalRequest::new("x");
            for request in [new().share(minus), new().total_amount(minus), new().amounts(vec![minus])] {
                assert!(refused(request).contains("must be positive"));
            }
            let rate = refused(new().ratio(minus).total_amount(minus));
            assert!(rate.contains("`total_amount` must be positive"), "a rate is no amount: {rate}");
            assert!(refused(new().return_url("javascript:x")).contains("`return_url` has a scheme"));
            for request in [new().basket(Basket::new(" ")), new().lines(vec![Basket::new(" ")])] {
                assert!(refused(request).contains("`label` is blank"));
            }

            let answered = r#"{"amounts":[1.10,"2.20"],"card_token":"a-secret","extra":{"a":0.5},"total_amount":null}"#;
            let read: Transaction = serde_json::from_str(answered).unwrap();
            assert_eq!(read.amounts[0].to_string(), "1.10");
            assert_eq!(read.card_token.as_ref().unwrap().expose(), "a-secret");
            let stored = serde_json::to_string(&read).unwrap();
            assert_eq!(stored, r#"{"amounts":[1.10,2.20],"extra":{"a":0.5}}"#);
            assert!(!format!("{read:?}").contains("a-secret"));
        }"##,
    );
    assert!(ran, "{stderr}");
}

#[test]
fn a_build_script_of_another_crate_with_other_features_of_serde_json_changes_nothing() {
    let mut all = documents_of("openapi");
    let schemas = &mut all.get_mut("retrieve-payment.json").unwrap()["components"]["schemas"];
    let properties = &mut schemas["Transaction"]["properties"];
    properties["ratio"]["enum"] = json!([0.5, 1, 1e2, 18_446_744_073_709_551_615_u64]);
    properties["amount"]["minimum"] = json!(0.01);
    properties["amount"]["multipleOf"] = json!(0.010);
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    fs::create_dir_all(root.join("openapi")).unwrap();
    fs::create_dir_all(root.join("src")).unwrap();
    for (file, document) in &all {
        // In another order than that of its names.
        let members = document.as_object().unwrap().iter().rev();
        let members: Vec<_> = members.map(|(name, value)| format!("{name:?}: {value}")).collect();
        // As a person may write numbers.
        let text =
            members.join(",").replace("100.0", "1e2").replace("\"multipleOf\":0.01", "\"multipleOf\":0.010");
        fs::write(root.join("openapi").join(file), format!("{{{text}}}")).unwrap();
    }
    let codegen = repository().join("codegen");
    let manifest = format!(
        "[package]\nname = \"neighbour\"\nedition = \"2024\"\n[workspace]\n[build-dependencies]\n\
         paypos-codegen = {{ path = {codegen:?} }}\n\
         serde_json = {{ version = \"1\", features = [\"arbitrary_precision\", \"preserve_order\"] }}\n"
    );
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::copy(repository().join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    let script = "fn main() {
        let documents = paypos_codegen::Document::read_all(std::path::Path::new(\"openapi\")).unwrap();
        let generated = paypos_codegen::generate(&documents).unwrap();
        // The features are there: a number keeps its text.
        assert_eq!(serde_json::from_str::<serde_json::Value>(\"0.010\").unwrap().to_string(), \"0.010\");
        std::fs::write(\"code\", generated.code).unwrap();
        std::fs::write(\"document\", generated.document.to_string()).unwrap();
    }";
    fs::write(root.join("build.rs"), script).unwrap();
    fs::write(root.join("src/main.rs"), "fn main() {}").unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("neighbour.target"))
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let documents = paypos_codegen::Document::read_all(&root.join("openapi")).unwrap();
    let generated = paypos_codegen::generate(&documents).unwrap();
    let document = generated.document.to_string();
    assert!(document.contains(r#""enum":[0.5,1,100.0,18446744073709551615]"#), "{document}");
    assert!(document.contains(r#""minimum":0.01,"multipleOf":0.01"#), "{document}");
    assert!(fs::read_to_string(root.join("code")).unwrap() == generated.code);
    assert!(fs::read_to_string(root.join("document")).unwrap() == document);
}

#[test]
fn an_unusable_document_fails_the_build_with_one_readable_message() {
    let (ran, stderr) =
        run(&[("refund-cancel.json".to_owned(), "# Refund / Cancel".to_owned())], "", "fn main() {}");
    assert!(!ran);
    let message = "openapi/refund-cancel.json: it is not JSON: expected value at line 1 column 1; \
                   expected the OpenAPI block of Paynet's page and nothing around it";
    assert_eq!(stderr.matches(message).count(), 1, "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}
