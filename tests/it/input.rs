//! Input that cannot be right is refused before a socket opens, and never printed.

use paypos::{
    Client, Decimal, Environment, Error,
    ErrorKind::{Configuration, InvalidInput},
    Outcome::{NotSent, Unknown},
    SecretKey, SessionKey,
    types::{AuthRequest, InitReversalRequest, InitSaleRequest, LogoutRequest},
};
use serde_json::{Value, json};

use crate::{
    Fixture, assert_is, builder, call, session,
    support::{
        canary::{KEY, SECRET_KEY, TEXT, assert_clean, printed},
        server::echo,
    },
};

#[tokio::test]
async fn a_key_is_visible_ascii_of_bounded_length() {
    let longest = "k".repeat(SessionKey::MAX_LENGTH);
    let wrong = [
        String::new(),
        "   ".to_owned(),
        format!(" {KEY}"),
        format!("{KEY} "),
        format!("\t{KEY}"),
        format!("{KEY}\t"),
        format!("{KEY}\r"),
        format!("{KEY}\n"),
        format!("{KEY}\r\nX-Injected: 1"),
        format!("{KEY}\0"),
        format!("{KEY}\u{7f}"),
        format!("{KEY}\u{80}"),
        format!("{KEY}ş{TEXT}"),
        format!("{KEY}\u{1f4b3}"),
        format!("{KEY}\u{feff}"),
        format!("Basic {SECRET_KEY}"),
        format!("{longest}k"),
        KEY.repeat((1 << 20) / KEY.len()),
    ];
    for wrong in wrong {
        for (error, expected) in [
            (SessionKey::new(&wrong).unwrap_err(), "exactly as `get_auth_key` returned it"),
            (SecretKey::new(&wrong).unwrap_err(), "pass only the dealer's key (`sck_…`), without `Basic`"),
        ] {
            assert_is(&error, InvalidInput, Unknown);
            assert_clean(&printed(&error));
            assert!(error.to_string().ends_with(expected), "{error}");
        }
    }
    for right in ["k", "!~", "a.b-c_d/e+f="] {
        assert!(SessionKey::new(right).is_ok() && SecretKey::new(right).is_ok());
    }
    let fixture = Fixture::plain().await;
    let session = fixture.client.session(SessionKey::new(longest.as_str()).unwrap());
    let handoff = session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap();
    assert!(handoff.deeplink_url.contains(&longest));
}

#[tokio::test]
async fn a_request_that_cannot_be_right_opens_no_socket() {
    let fixture = Fixture::plain().await;
    let (session, agent) =
        (session(&fixture.client), fixture.client.agent(SecretKey::new(SECRET_KEY).unwrap()));
    let assert_refused = |error: Error, problem: &str| {
        let initiates = error.operation().is_some_and(|operation| operation.as_str().starts_with("init_"));
        assert_is(&error, InvalidInput, if initiates { NotSent } else { Unknown });
        assert!(!error.is_safe_to_retry());
        assert!(error.to_string().contains(problem), "{error}");
        assert!(!error.to_string().contains("sent"), "that it was not goes without saying: {error}");
        assert_clean(&printed(&error));
    };
    for blank in ["", " ", "\t\r\n", "\u{a0}", "\u{2003}"] {
        let problem = |property| format!("`{property}` is blank; the document requires a value");
        let request = InitReversalRequest::new(blank);
        assert_refused(session.init_reversal_transaction(request).await.unwrap_err(), &problem("xact_id"));
        let request = AuthRequest::new(blank, "u");
        assert_refused(agent.get_auth_key(request).await.unwrap_err(), &problem("agent_id"));
        let request = AuthRequest::new("a", blank);
        assert_refused(agent.get_auth_key(request).await.unwrap_err(), &problem("user_id"));
        let request = LogoutRequest::new(blank);
        assert_refused(agent.logout(request).await.unwrap_err(), &problem("session_key"));
    }
    for id in ["", "--", "\u{fffd}R-1"] {
        let request = InitReversalRequest::new("x").reference_no(id);
        let error = session.init_reversal_transaction(request).await.unwrap_err();
        assert_refused(error, "`reference_no` has no letter or digit");
    }
    for url in [
        "",
        "done",
        "/done",
        "//myshop/done",
        "../done",
        "?done",
        "#done",
        "my shop://done",
        " myshop://done",
        "myshop://done\0",
        "java\nscript:alert(1)",
        "http://",
        "http://[",
        "https:",
        "ws://",
        "WSS://",
        "ftp:",
        TEXT,
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "DATA:text/html,x",
        "file:///x",
        "blob:https://x/y",
        "vbscript:x",
        "Content://x",
        "filesystem:http://x",
        "view-source:http://x",
        "about:blank",
        "jar:x",
        "resource://x",
        "chrome://x",
        "my\u{a0}shop://done",
        "1shop://done",
        "my_shop://done",
    ] {
        let request = InitReversalRequest::new("x").callback_url(url);
        let error = session.init_reversal_transaction(request).await.unwrap_err();
        assert_refused(error, "`callback_url`");
    }
    for (amount, problem) in [
        ("0", "`amount` must be positive, such as 149.90"),
        ("0.00", "`amount` must be positive, such as 149.90"),
        ("-0", "`amount` must be positive, such as 149.90"),
        ("-149.90", "`amount` must be positive, such as 149.90"),
        (
            "0.001",
            "`amount` has more than two decimal places; round it with `Decimal::round_dp_with_strategy`",
        ),
        ("12345678901234.56", "`amount` has more than 15 digits"),
        ("10000000000000.00", "`amount` has more than 15 digits"),
        (
            "149.900",
            "`amount` has more than two decimal places; round it with `Decimal::round_dp_with_strategy`",
        ),
    ] {
        let request = InitSaleRequest::new(amount.parse::<Decimal>().unwrap());
        assert_refused(session.init_sale_transaction(request).await.unwrap_err(), problem);
    }
    assert_eq!(fixture.server.connections(), 0);
    fixture.works(0).await;
}

/// The body that the server reads of a request.
async fn sends(fixture: &Fixture, request: InitReversalRequest) -> Value {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    fixture.server.next(Box::new(|conn, mut request| {
        let _ = sender.send(std::mem::replace(&mut request.body, br#"{"xact_id": "x"}"#.to_vec()));
        echo()(conn, request)
    }));
    session(&fixture.client).init_reversal_transaction(request).await.unwrap();
    serde_json::from_slice(&receiver.await.unwrap()).unwrap()
}

/// Decided: no limit of the crate's, since Paynet documents none; everything is escaped as JSON requires.
#[tokio::test]
async fn any_text_arrives_as_it_is_and_what_is_not_set_is_absent() {
    let fixture = Fixture::plain().await;
    let long = "x".repeat(1 << 20);
    for text in ["a\"", "\\a", "\u{1f4b3}1", "a\u{2028}\u{2029}b", "a\0b", "</script>", "\u{feff}a", &long] {
        assert_eq!(sends(&fixture, InitReversalRequest::new(text)).await, json!({ "xact_id": text }));
    }
    for url in [
        "myshop://paypos/done",
        "MyShop:Done",
        "com.example.shop://x?y=%20#z",
        "https://shop.example",
        "intent://x#Intent;end",
    ] {
        let sent = sends(&fixture, InitReversalRequest::new("x").callback_url(url)).await;
        assert_eq!(sent["callback_url"], url);
    }
}

#[tokio::test]
async fn a_base_url_is_https_or_http_on_loopback_with_nothing_else_in_it() {
    for right in [
        "https://pay.example.com",
        "https://pay.example.com:8443/stem/",
        "http://127.0.0.1:1",
        "http://127.9.9.9",
        "http://[::1]:1",
        "http://localhost:1/",
        Environment::Sandbox.base_url(),
    ] {
        assert!(builder(right.to_owned()).build().is_ok(), "{right}");
    }
    for wrong in [
        String::new(),
        "pay.example.com".to_owned(),
        "ftp://pay.example.com".to_owned(),
        "http://pay.example.com".to_owned(),
        "http://10.0.0.1".to_owned(),
        "http://192.0.2.1".to_owned(),
        "http://[2001:db8::1]".to_owned(),
        "http://localhost.example.com".to_owned(),
        "http://127.0.0.1.example.com".to_owned(),
        format!("https://{TEXT}@pay.example.com"),
        format!("https://user:{TEXT}@pay.example.com"),
        format!("https://:{TEXT}@pay.example.com"),
        format!("https://pay.example.com/?{TEXT}"),
        format!("https://pay.example.com/#{TEXT}"),
        "https://pay.example.com?".to_owned(),
        "https://pay\n.example.com".to_owned(),
        " https://pay.example.com".to_owned(),
        "https://pay.example.com\\x".to_owned(),
        "https://{tenant}.example.com".to_owned(),
        // The client is of the Sandbox.
        Environment::Production.base_url().to_owned(),
        format!("{}:8443/stem", Environment::Production.base_url()),
        // To DNS, one with a dot at its end is the same.
        format!("{}.", Environment::Production.base_url()),
        format!("{}.:8443/stem", Environment::Production.base_url()),
        Environment::Production.base_url().to_uppercase().replace("HTTPS", "https"),
        Environment::Production.base_url().replace(".com", "%2Ecom"),
    ] {
        let error = builder(wrong).build().unwrap_err();
        assert_is(&error, Configuration, Unknown);
        assert_clean(&printed(&error));
    }
    for (stem, path) in [("", ""), ("/", ""), ("//", ""), ("/stem/", "/stem")] {
        let fixture = Fixture::plain().await;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        fixture.server.next(Box::new(|conn, request| {
            let _ = sender.send(request.head.clone());
            echo()(conn, request)
        }));
        let client = builder(format!("{}{stem}", fixture.server.http())).build().unwrap();
        call(&client).await.1.unwrap();
        let expected = format!("POST {path}/v1/softpos/init_reversal_transaction HTTP/1.1\r\n");
        assert!(receiver.await.unwrap().starts_with(&expected));
    }
}

#[test]
fn an_environment_is_chosen_by_name_in_any_case_and_stays_visible() {
    for environment in Environment::ALL {
        let name = environment.to_string();
        for text in [name.clone(), name.to_lowercase(), name.to_uppercase()] {
            assert_eq!(text.parse::<Environment>().unwrap(), *environment);
        }
    }
    let error = "sanbox".parse::<Environment>().unwrap_err();
    assert_is(&error, InvalidInput, Unknown);
    assert_eq!(error.to_string(), "unknown environment; expected one of: production, sandbox");

    let client = Client::new(Environment::Production).unwrap();
    let session = session(&client);
    assert_eq!(client.environment(), Environment::Production);
    assert!(format!("{client:?} {session:?}").matches("Production").count() == 2);
}

/// Each test that calls names another base URL; a test that does not only builds.
#[test]
fn no_test_calls_paynet() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")];
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
