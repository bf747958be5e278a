//! H and I: session keys, requests and configuration that cannot be right.

use paypos::{
    Client, Environment, Error,
    ErrorKind::{Configuration, InvalidInput},
    Outcome::NotSent,
    SessionKey,
    types::InitReversalRequest,
};
use serde_json::Value;

use super::{
    Bed, builder, call, session,
    support::{
        canary::{KEY, TEXT, assert_clean, printed},
        server::{Server, echo},
    },
};

fn refuses_key(key: &str) {
    let error = SessionKey::new(key).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (InvalidInput, NotSent));
    assert_clean(&printed(&error));
}

#[test]
fn h01_an_empty_session_key_is_refused() {
    refuses_key("");
}

#[test]
fn h02_a_session_key_of_spaces_is_refused() {
    refuses_key("   ");
}

#[test]
fn h03_a_session_key_with_blanks_around_it_is_refused() {
    for key in [format!(" {KEY}"), format!("{KEY} "), format!("\t{KEY}"), format!("{KEY}\t")] {
        refuses_key(&key);
    }
}

#[test]
fn h05_a_session_key_with_a_carriage_return_is_refused() {
    refuses_key(&format!("{KEY}\r"));
}

#[test]
fn h06_a_session_key_with_a_line_feed_is_refused() {
    refuses_key(&format!("{KEY}\n"));
}

#[test]
fn h07_a_session_key_that_injects_a_header_is_refused() {
    refuses_key(&format!("{KEY}\r\nX-Injected: 1"));
}

#[test]
fn h08_a_session_key_with_a_nul_is_refused() {
    refuses_key(&format!("{KEY}\0"));
}

#[test]
fn h09_a_session_key_with_del_is_refused() {
    refuses_key(&format!("{KEY}\u{7f}"));
}

#[test]
fn h10_a_session_key_beyond_ascii_is_refused() {
    for beyond in ["\u{80}", "ş", "€", "\u{1f4b3}", "\u{feff}"] {
        refuses_key(&format!("{KEY}{beyond}"));
    }
}

#[test]
fn h11_a_session_key_of_a_megabyte_is_refused() {
    refuses_key(&KEY.repeat((1 << 20) / KEY.len()));
}

#[tokio::test]
async fn h12_the_longest_session_key_is_sent_and_one_byte_more_is_refused() {
    let bed = Bed::plain().await;
    let longest = "k".repeat(SessionKey::MAX_LENGTH);
    let key = SessionKey::new(longest.as_str()).unwrap();
    let handoff =
        bed.client.session(key).init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap();
    assert!(handoff.deeplink_url.as_str().contains(&longest));
    refuses_key(&format!("{longest}k"));
}

#[test]
fn h13_the_error_never_contains_the_key() {
    for wrong in [' ', '\t', '\r', '\n', '\0', '\u{7f}', 'ş'] {
        // Each row above has the wrong thing at an end of the key; here it parts it.
        let printed = printed(&SessionKey::new(format!("{KEY}{wrong}{TEXT}")).unwrap_err());
        assert_clean(&printed);
    }
}

/// Refused before a socket opens, and then the next call works.
async fn refuses(request: InitReversalRequest, property: &str) -> Error {
    let bed = Bed::plain().await;
    let error = session(&bed.client).init_reversal_transaction(request).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (InvalidInput, NotSent));
    assert!(error.to_string().contains(&format!("`{property}`")), "{error}");
    assert_eq!(bed.server.connections(), 0);
    assert_clean(&printed(&error));
    bed.works(0).await;
    error
}

/// Sent as it is; gives the body that the server read.
async fn sends(request: InitReversalRequest) -> Value {
    let bed = Bed::plain().await;
    let (sender, receiver) = tokio::sync::oneshot::channel();
    bed.server.next(Box::new(|conn, mut request| {
        let _ = sender.send(std::mem::replace(&mut request.body, br#"{"xact_id": "x"}"#.to_vec()));
        echo()(conn, request)
    }));
    session(&bed.client).init_reversal_transaction(request).await.unwrap();
    serde_json::from_slice(&receiver.await.unwrap()).unwrap()
}

#[tokio::test]
async fn i01_a_blank_xact_id_is_refused() {
    for blank in ["", " ", "\t\r\n", "\u{a0}", "\u{2003}"] {
        refuses(InitReversalRequest::new(blank), "xact_id").await;
    }
}

/// Decided: no limit of our own, since Paynet documents none; everything is escaped as JSON asks.
#[tokio::test]
async fn i02_an_xact_id_of_any_text_arrives_as_it_is() {
    let long = "x".repeat(1 << 20);
    for text in ["\"", "\\", "\u{1f4b3}", "a\u{2028}\u{2029}b", "a\0b", "</script>", "\u{feff}", &long] {
        assert_eq!(sends(InitReversalRequest::new(text)).await["xact_id"], text);
    }
}

#[tokio::test]
async fn i03_a_callback_url_that_is_no_url_is_refused() {
    for text in ["", "done", "my shop://done", "http://", "http://[", TEXT] {
        refuses(InitReversalRequest::new("x").callback_url(text), "callback_url").await;
    }
}

#[tokio::test]
async fn i04_a_relative_callback_url_is_refused() {
    for text in ["/done", "//myshop/done", "../done", "?done", "#done"] {
        refuses(InitReversalRequest::new("x").callback_url(text), "callback_url").await;
    }
}

#[tokio::test]
async fn i05_a_callback_url_that_opens_no_app_is_refused() {
    for text in ["javascript:alert(1)", "DATA:text/html,x", "file:///x", "blob:https://x/y"] {
        refuses(InitReversalRequest::new("x").callback_url(text), "callback_url").await;
    }
}

#[tokio::test]
async fn i06_an_apps_own_scheme_is_sent_as_it_is() {
    for text in
        ["myshop://paypos/done", "MyShop:Done", "com.example.shop://x?y=%20#z", "https://shop.example"]
    {
        assert_eq!(sends(InitReversalRequest::new("x").callback_url(text)).await["callback_url"], text);
    }
}

#[tokio::test]
async fn i08_what_is_not_set_is_absent_and_not_null() {
    assert_eq!(sends(InitReversalRequest::new("x")).await, serde_json::json!({ "xact_id": "x" }));
}

#[tokio::test]
async fn i09_a_base_url_with_a_slash_at_its_end_gives_no_second_one() {
    for slashes in ["", "/", "//"] {
        let server = Server::plain().await;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        server.next(Box::new(|conn, request| {
            let _ = sender.send(request.head.clone());
            echo()(conn, request)
        }));
        let client = builder(format!("{}{slashes}", server.http())).build().unwrap();
        call(&client).await.1.unwrap();
        let head = receiver.await.unwrap();
        assert!(head.starts_with("POST /v1/softpos/init_reversal_transaction HTTP/1.1\r\n"), "{head}");
    }
}

fn refuses_base_url(url: &str) {
    let error = Client::builder(Environment::Sandbox).base_url(url).build().unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (Configuration, NotSent));
    assert_clean(&printed(&error));
}

#[test]
fn i11_a_base_url_with_a_password_is_refused_and_not_printed() {
    for user in [format!("{TEXT}@"), format!("user:{TEXT}@"), format!(":{TEXT}@")] {
        refuses_base_url(&format!("https://{user}pay.example.com"));
    }
}

#[test]
fn i12_a_base_url_with_a_query_or_a_fragment_is_refused() {
    for rest in [format!("?{TEXT}"), format!("#{TEXT}"), "?".to_owned(), "#".to_owned()] {
        refuses_base_url(&format!("https://pay.example.com/{rest}"));
    }
}

/// Each test that calls says another base URL; where one does not, it only builds.
#[test]
fn i13_no_test_calls_paynet() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut folders = vec![tests];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                for (at, _) in source.match_indices(concat!("Client::new(", "Environment::")) {
                    let rest: String = source[at..].chars().take(400).collect();
                    let statement = rest.split("\n}").next().unwrap_or_default();
                    assert!(!statement.contains(".await"), "{}: {statement}", path.display());
                }
                read += 1;
            }
        }
    }
    assert!(read > 10);
}

#[test]
fn i14_the_environment_of_a_session_is_visible() {
    let client = Client::new(Environment::Production).unwrap();
    let session = session(&client);
    assert_eq!(session.environment(), Environment::Production);
    assert!(format!("{session:?}").contains("Production"), "{session:?}");
}
