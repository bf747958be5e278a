//! The simulator: it judges by the stored documents, refuses what it did not
//! issue, fails as told, and leaves nothing behind.

use std::time::Duration;

use paypos::{
    Client, Decimal, Decision, Environment, Error, ErrorKind, Handoff, Operation, Outcome, PaymentSession,
    SecretKey, Session, SessionKey, reqwest,
    types::{AuthRequest, CheckTransactionRequest, InitReversalRequest, InitSaleRequest, LogoutRequest},
};
use paypos_simulator::{
    Fault, Simulator,
    behavior::{Appears, CredentialStatus, ReversalLists},
    code,
};
use serde_json::{Value, json};

use crate::support::operations::is_nullable;

const PATH: &str = "/v1/softpos/init_reversal_transaction";

async fn started() -> (Simulator, Session) {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
    let session = client.session(simulator.issue_session());
    (simulator, session)
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A request that conforms to the document, for a test to spoil.
fn conforming(simulator: &Simulator) -> reqwest::RequestBuilder {
    http()
        .post(format!("{}{PATH}", simulator.url()))
        .header("Session-Key", simulator.issue_session().expose())
        .header("Content-Type", "application/json")
        .body(json!({ "xact_id": simulator.add_transaction() }).to_string())
}

/// Sends a request; returns the status and the body, which is JSON unless a fault says otherwise.
async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

/// Waits for what must come about; far longer than it takes, before the test fails.
async fn until(come_about: impl AsyncFn() -> bool) {
    let polling = async {
        while !come_about().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), polling).await.expect("it never came about");
}

#[tokio::test]
async fn a_request_that_breaks_the_document_is_refused_with_what_is_wrong() {
    let (simulator, _) = started().await;
    assert_eq!(send(conforming(&simulator)).await.0, 200);

    let url = format!("{}{PATH}", simulator.url());
    let http = self::http();
    let key = simulator.issue_session();
    let bare = |body: &'static str| {
        http.post(&url)
            .header("Session-Key", key.expose())
            .header("Content-Type", "application/json")
            .body(body)
    };
    for (request, wrong) in [
        (
            http.post(&url).header("Content-Type", "application/json").body("{}"),
            "required header Session-Key is missing",
        ),
        (
            http.post(&url).header("Session-Key", simulator.issue_session().expose()).body("{}"),
            "the content type is not a documented one; expected application/json",
        ),
        (bare("{}").header("Session-Key", "again"), "header Session-Key is there more than once"),
        (
            bare("{}").header("Content-Type", "application/json"),
            "header Content-Type is there more than once",
        ),
        (
            http.post(&url).header("Session-Key", "x").header("Content-Type", "text/plain").body("{}"),
            "content type",
        ),
        (bare(""), "required body is missing"),
        (bare("{"), "body is not JSON"),
        (bare("[]"), "breaks the schema at ``"),
        (bare("{}"), "breaks the schema at ``"),
        (bare(r#"{"xact_id": 1}"#), "breaks the schema at `/xact_id`"),
    ] {
        let (status, response) = send(request).await;
        assert_eq!((status, &response["code"]), (400, &json!(code::VIOLATION)), "{wrong}: {response}");
        assert!(response["message"].as_str().unwrap().contains(wrong), "{wrong}: {response}");
    }
}

#[tokio::test]
async fn malformed_requests_are_refused_with_the_status_that_http_has() {
    let (simulator, _) = started().await;
    let url = format!("{}{PATH}", simulator.url());
    for (request, status, wrong) in [
        (http().get(&url), 405, "the documents have no GET for"),
        (http().post(format!("{}/v2/x", simulator.url())), 404, "the documents have no path /v2/x"),
        (http().post(format!("{url}/")), 404, &format!("/, but {PATH}")),
        (http().post(url.to_uppercase().replace("HTTP", "http")), 404, &format!(", but {PATH}")),
        (http().post(format!("{}/v1/sck_live_1", simulator.url())), 404, "no path /v1/[masked]"),
        (conforming(&simulator).body(vec![b' '; 1024 * 1024 + 1]), 413, "the body has more than 1 MiB"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{wrong}");
        assert_eq!(
            response.headers().get("allow").map(reqwest::header::HeaderValue::as_bytes),
            (status == 405).then_some(b"POST".as_slice())
        );
        let response: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(response["code"], code::VIOLATION);
        assert!(response["message"].as_str().unwrap().contains(wrong), "{wrong}: {response}");
    }
    assert!(simulator.requests().iter().all(|request| !request.violations.is_empty()));
    assert_eq!(simulator.requests().len(), 6);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_with_the_real_reason() {
    let (simulator, _) = started().await;
    let sale = |body: Vec<u8>| {
        http()
            .post(format!("{}/v1/softpos/init_sale_transaction", simulator.url()))
            .header("Session-Key", simulator.issue_session().expose())
            .header("Content-Type", "application/json; charset=utf-8")
            .body(body)
    };
    let amount = |digits: &str| format!("{{\"amount\":{digits}}}").into_bytes();
    let utf_16: Vec<u8> = r#"{"amount":1}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (body, wrong) in [
        ([b"\xef\xbb\xbf".as_slice(), &amount("1")].concat(), "begins with a byte order mark"),
        (utf_16.clone(), "is UTF-16"),
        ([b"\xff\xfe".as_slice(), &utf_16].concat(), "is UTF-16"),
        (b"{\"description\":\"\xde\xf0\"}".to_vec(), "is not UTF-8, from byte 16"),
        (amount("1e400"), "a number that cannot be held"),
        (br#"{"amount":1,"amount":2}"#.to_vec(), "the member `amount` is there twice"),
        (amount("1,"), "is not JSON"),
        (b"amount=1".to_vec(), "is not JSON"),
        (amount("0.1234567890123456789012345678901"), "`amount` has more than two decimal places"),
        (amount("123456789012345678901234567890123"), "`amount` cannot be held exactly"),
    ] {
        let (status, response) = send(sale(body)).await;
        assert_eq!((status, &response["code"]), (400, &json!(code::VIOLATION)), "{wrong}: {response}");
        assert!(response["message"].as_str().unwrap().contains(wrong), "{wrong}: {response}");
    }
    let compressed = sale(vec![0x1f, 0x8b]).header("Content-Encoding", "gzip");
    assert!(send(compressed).await.1["message"].as_str().unwrap().contains("is compressed"));
    assert_eq!(send(sale(amount("1")).header("Content-Encoding", "identity")).await.0, 200);
}

#[tokio::test]
async fn a_check_lists_every_property_that_the_documents_have() {
    let (simulator, session) = started().await;
    let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::TWO)).await.unwrap();
    simulator.phone().approve(handoff.payment_session().id()).unwrap();
    let request = http()
        .post(format!("{}/v1/softpos/check_transaction", simulator.url()))
        .header("Session-Key", session.key().await.unwrap().expose())
        .header("Content-Type", "application/json")
        .body(json!({ "payment_session_id": handoff.payment_session().id() }).to_string());
    let (_, checked) = send(request).await;
    let listed: Vec<_> = checked["Data"][0].as_object().unwrap().keys().cloned().collect();
    let mut documented = crate::support::operations::properties("Transaction");
    documented.sort();
    assert_eq!(listed, documented);
    // And as the client reads them, without a warning: none is missing or of another type.
    let request = CheckTransactionRequest::new(handoff.payment_session().id());
    let read = session.check_transaction(request).await.unwrap().data.remove(0);
    assert_eq!((read.net_amount, read.is_tds), (Some(Decimal::TWO), Some(false)));
}

#[tokio::test]
async fn a_basic_header_in_base64_is_named_as_such() {
    let (simulator, _) = started().await;
    // What `curl -u key:` sends, and an unknown key that only looks like it.
    for (key, is_named) in [("c2NrX3NpbXVsYXRvcjo=", true), ("c2NrX3NpbXVsYXRvcg==", true), ("abcd", false)] {
        let auth = http()
            .post(format!("{}/v1/agent/get_auth_key", simulator.url()))
            .header("Authorization", format!("Basic {key}"))
            .header("PaynetMobile", "2")
            .header("Content-Type", "application/json")
            .body(r#"{"agent_id": "a", "user_id": "u"}"#);
        let (status, refused) = send(auth).await;
        assert_eq!((status, &refused["code"]), (401, &json!(code::UNKNOWN_DEALER)));
        assert_eq!(refused["message"].as_str().unwrap().contains("base64"), is_named, "{key}: {refused}");
    }
}

#[tokio::test]
async fn null_is_taken_where_the_document_says_nullable_and_nowhere_else() {
    let (simulator, _) = started().await;
    for property in ["callback_url", "reference_no"] {
        let body = json!({ "xact_id": simulator.add_transaction(), property: null });
        let (status, response) = send(conforming(&simulator).body(body.to_string())).await;
        let is_taken = is_nullable("InitReversalRequest", property);
        assert_eq!(status == 200, is_taken, "{property}: {response}");
        let wrong = format!("breaks the schema at `/{property}`");
        assert_eq!(
            response["message"].as_str().unwrap().contains(&wrong),
            !is_taken,
            "{property}: {response}"
        );
    }
}

#[tokio::test]
async fn each_refusal_has_its_code_and_status() {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
    let checks = async |session: &Session| {
        let checked = session.check_transaction(CheckTransactionRequest::new("unknown")).await;
        let error = checked.unwrap_err();
        (error.status(), error.code())
    };
    let stranger = client.session(SessionKey::new("simulated").unwrap());
    assert_eq!(checks(&stranger).await, (Some(401), Some(code::UNKNOWN_SESSION)));
    let open = client.session(simulator.issue_session());
    assert_eq!(checks(&open).await, (Some(400), Some(code::UNKNOWN_PAYMENT_SESSION)));
    let error = open.init_reversal_transaction(InitReversalRequest::new("unknown")).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(400), Some(code::UNKNOWN_TRANSACTION)));

    let key = open.key().await.unwrap();
    client.agent(simulator.secret_key()).logout(LogoutRequest::new(&key)).await.unwrap();
    assert_eq!(checks(&open).await, (Some(401), Some(code::ENDED_SESSION)));
    simulator.expire_session(&key);
    assert_eq!(checks(&open).await, (Some(401), Some(code::ENDED_SESSION)), "it had ended before");
    let expired = simulator.issue_session();
    simulator.expire_session(&expired);
    assert_eq!(checks(&client.session(expired)).await, (Some(401), Some(code::EXPIRED_SESSION)));
    let nobody = client.agent(SecretKey::new("sck_nobody").unwrap());
    let error = nobody.get_auth_key(AuthRequest::new("a", "u")).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(401), Some(code::UNKNOWN_DEALER)));
}

#[tokio::test]
async fn a_fault_hits_a_request_that_is_refused_too() {
    let (simulator, session) = started().await;
    simulator.inject(Fault::drop_connection());
    let error = session.init_reversal_transaction(InitReversalRequest::new("unknown")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    let error = session.init_reversal_transaction(InitReversalRequest::new("unknown")).await.unwrap_err();
    assert_eq!(error.code(), Some(code::UNKNOWN_TRANSACTION), "the fault was used up");
}

#[tokio::test]
async fn shutdown_leaves_no_task_and_no_listener() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let (simulator, session) = started().await;
    let url = simulator.url().to_owned();
    let transaction = simulator.add_transaction();
    // One connection is idle, one waits for a response.
    session.init_reversal_transaction(InitReversalRequest::new(&transaction)).await.unwrap();
    simulator.inject(Fault::delay(Duration::from_secs(3600)));
    let waiting = tokio::spawn(async move {
        session.init_reversal_transaction(InitReversalRequest::new(transaction)).await
    });
    until(async || simulator.requests().len() == 2).await;
    assert!(tasks() > before);

    simulator.shutdown().await;
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::Interrupted);
    http().get(&url).send().await.unwrap_err();
    // The client's own connection tasks end when they see theirs closed.
    until(async || tasks() <= before).await;
}

#[tokio::test]
async fn a_dropped_simulator_stops() {
    let (simulator, _) = started().await;
    let url = simulator.url().to_owned();
    drop(simulator);
    until(async || http().get(&url).send().await.is_err()).await;
}

#[tokio::test]
async fn a_sale_without_a_positive_amount_is_refused() {
    let (simulator, _) = started().await;
    let sale = |body: &'static str| {
        http()
            .post(format!("{}/v1/softpos/init_sale_transaction", simulator.url()))
            .header("Session-Key", simulator.issue_session().expose())
            .header("Content-Type", "application/json")
            .body(body)
    };
    for body in ["{}", r#"{"amount": 0}"#, r#"{"amount": -1}"#] {
        let (status, response) = send(sale(body)).await;
        // Or by the document, if it has a limit.
        let codes = [json!(code::NO_AMOUNT), json!(code::VIOLATION)];
        assert!(status == 400 && codes.contains(&response["code"]), "{body}: {response}");
    }
    assert_eq!(send(sale(r#"{"amount": 0.01}"#)).await.0, 200);
}

/// Also where the documents say that it is a multiple of 0.01.
#[tokio::test]
async fn every_amount_in_kurus_is_taken() {
    let (_simulator, session) = started().await;
    for kurus in 1..=100 {
        let amount = Decimal::new(kurus, 2);
        let sold = session.init_sale_transaction(InitSaleRequest::new(amount)).await;
        assert!(sold.is_ok(), "{amount}: {sold:?}");
    }
}

#[tokio::test]
async fn an_agents_request_is_judged_by_its_headers_too() {
    let (simulator, _) = started().await;
    let auth = || {
        http()
            .post(format!("{}/v1/agent/get_auth_key", simulator.url()))
            .header("Content-Type", "application/json")
            .body(r#"{"agent_id": "a", "user_id": "u"}"#)
    };
    for (request, expected, wrong) in [
        // That of a security scheme.
        (auth().header("PaynetMobile", "2"), 401, "required header Authorization is missing"),
        (auth().header("Authorization", "Basic x"), 400, "required header PaynetMobile is missing"),
    ] {
        let (status, response) = send(request).await;
        assert_eq!((status, &response["code"]), (expected, &json!(code::VIOLATION)));
        assert!(response["message"].as_str().unwrap().contains(wrong), "{response}");
    }
    let (status, refused) = send(auth().header("Authorization", "Basic x").header("PaynetMobile", "2")).await;
    assert_eq!((status, &refused["code"]), (401, &json!(code::UNKNOWN_DEALER)));
}

#[tokio::test]
async fn kept_data_is_bounded_in_bytes_and_the_oldest_is_dropped_first() {
    let (simulator, session) = started().await;
    let oldest = simulator.add_transaction();
    session.init_reversal_transaction(InitReversalRequest::new(&oldest)).await.unwrap();
    let large = |headers: usize, body: usize| {
        let request = http().post(format!("{}/v2/x", simulator.url())).header("x-large", "x".repeat(headers));
        request.body(vec![b' '; body])
    };
    // Headers count as bodies do.
    for (headers, body) in [(0, 1024 * 1024), (40_000, 1024 * 1024 - 40_000)] {
        for _ in 0..20 {
            assert_eq!(send(large(headers, body)).await.0, 404);
        }
        let kept = simulator.requests();
        assert_eq!(kept.len(), 15);
        assert!(kept.iter().all(|request| request.body.len() == body));
    }
    assert_eq!(simulator.forgotten_requests(), 1 + 20 + 5);
    // As do the responses.
    for _ in 0..20 {
        simulator.inject(Fault::status(503).body("x".repeat(1_000_000)));
        conforming(&simulator).send().await.unwrap();
    }
    assert_eq!(simulator.requests().len(), 16);
    // And the text of payment sessions, and of the sales that come of them.
    let client = crate::builder(simulator.url().to_owned()).build().unwrap();
    let session = client.session(simulator.issue_session());
    for _ in 0..20 {
        let request = InitSaleRequest::new(Decimal::ONE).description("x".repeat(1_000_000));
        let handoff = session.init_sale_transaction(request).await.unwrap();
        simulator.phone().approve(handoff.payment_session().id()).unwrap();
    }
    assert_eq!(simulator.payments().len(), 16);
    assert_eq!(simulator.sales().len(), 16);
    let error = session.init_reversal_transaction(InitReversalRequest::new(oldest)).await.unwrap_err();
    assert_eq!(error.code(), Some(code::UNKNOWN_TRANSACTION));
}

#[tokio::test]
async fn kept_data_is_bounded_in_number() {
    let (simulator, session) = started().await;
    let first = simulator.add_transaction();
    for _ in 1..Simulator::KEPT {
        let _ = simulator.add_transaction();
    }
    let reverse = async || session.init_reversal_transaction(InitReversalRequest::new(&first)).await;
    assert!(reverse().await.is_ok());
    let _ = simulator.add_transaction();
    assert_eq!(simulator.sales().len(), Simulator::KEPT);
    assert_eq!(reverse().await.unwrap_err().code(), Some(code::UNKNOWN_TRANSACTION));
}

#[tokio::test]
async fn a_sale_is_reversed_once_however_many_reversals_wait_for_the_phone() {
    let (simulator, session) = started().await;
    let sale = simulator.add_transaction();
    let reverse = async || session.init_reversal_transaction(InitReversalRequest::new(&sale)).await;
    let (first, second) = (reverse().await.unwrap(), reverse().await.unwrap());
    simulator.phone().approve(first.payment_session().id()).unwrap();
    let refused = simulator.phone().approve(second.payment_session().id()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "no such payment session waits for the phone, or its sale has been reversed"
    );
    simulator.phone().approve(first.payment_session().id()).expect_err("it is decided");
    assert_eq!(reverse().await.unwrap_err().code(), Some(code::ALREADY_REVERSED));
    simulator.phone().decline(second.payment_session().id()).unwrap();
}

#[tokio::test]
async fn an_impossible_status_is_sent_as_500() {
    let (simulator, _) = started().await;
    for (status, sent) in [(200, 200), (599, 599), (99, 500), (101, 500), (600, 500), (1000, 500)] {
        simulator.inject(Fault::status(status));
        assert_eq!(send(conforming(&simulator)).await.0, sent);
    }
}

#[tokio::test]
async fn each_fault_has_its_kind_and_the_next_call_works() {
    use ErrorKind::{BadResponse, Interrupted, Server, Timeout};
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder(Environment::Sandbox)
        .base_url(simulator.url())
        .timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let session = client.session(simulator.issue_session());
    for (fault, kind) in [
        (Fault::status(500).body("{}"), Server),
        (Fault::drop_connection(), Interrupted),
        (Fault::truncate_response(), Interrupted),
        (Fault::missing_property("encryption_key"), BadResponse),
        (Fault::html(), BadResponse),
        (Fault::delay(Duration::from_secs(3600)), Timeout),
    ] {
        simulator.inject(fault.clone());
        let before = simulator.requests().len();
        let transaction = simulator.add_transaction();
        let request = InitReversalRequest::new(&transaction);
        let error = session.init_reversal_transaction(request).await.expect_err("a fault");
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Unknown), "{fault:?}: {error:?}");
        assert_eq!(simulator.requests().len(), before + 1, "{fault:?}: sent once");
        session.init_reversal_transaction(InitReversalRequest::new(transaction)).await.unwrap();
    }
    // A delayed response keeps no one from stopping.
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_fault_is_for_an_operation_skips_and_repeats_and_comes_before_or_after() {
    let (simulator, session) = started().await;
    let sale = || session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE));
    let reversal =
        || session.init_reversal_transaction(InitReversalRequest::new(simulator.add_transaction()));
    simulator.inject(
        Fault::status(503).header("Retry-After", "7").on(Operation::InitSaleTransaction).skip(1).times(2),
    );
    let mut kinds = Vec::new();
    for _ in 0..4 {
        reversal().await.unwrap();
        kinds.push(sale().await.err().map(|error| (error.status(), error.retry_after())));
    }
    let refused = Some((Some(503), Some(Duration::from_secs(7))));
    assert_eq!(kinds, [None, refused, refused, None]);

    let count = simulator.payments().len();
    for (fault, more) in [
        (Fault::status(500), 0),
        (Fault::status(500).after(), 1),
        (Fault::drop_connection(), 2),
        (Fault::drop_connection().before(), 2),
    ] {
        simulator.inject(fault.clone());
        assert_eq!(sale().await.unwrap_err().outcome(), Outcome::Unknown, "{fault:?}");
        assert_eq!(simulator.payments().len(), count + more, "{fault:?}");
    }
    // The oldest of too many is dropped.
    simulator.inject(Fault::drop_connection().on(Operation::InitSaleTransaction));
    for _ in 0..Simulator::KEPT_FAULTS {
        simulator.inject(Fault::status(500).on(Operation::Logout));
    }
    sale().await.unwrap();
}

#[tokio::test]
async fn each_answer_to_an_open_question_can_be_simulated() {
    let (simulator, session) = started().await;
    let request = InitSaleRequest::new(Decimal::ONE)
        .callback_url("myshop://done")
        .reference_no("ORDER-1")
        .description("shoes");
    let handoff = session.init_sale_transaction(request).await.unwrap();
    let kept = simulator.payment(handoff.payment_session().id()).unwrap().request;
    assert_eq!((kept.amount, kept.callback_url.as_deref()), (Some(Decimal::ONE), Some("myshop://done")));
    assert_eq!((kept.reference_no.as_deref(), kept.description.as_deref()), (Some("ORDER-1"), Some("shoes")));

    // A transaction that appears late, and a property of another type.
    simulator.behave(|behavior| behavior.appears = Appears::Later);
    simulator.phone().approve(handoff.payment_session().id()).unwrap();
    simulator.inject(Fault::property("Data.pos_type", json!("5")).on(Operation::CheckTransaction).skip(2));
    let check = || session.check_transaction(CheckTransactionRequest::new(handoff.payment_session().id()));
    assert_eq!([check().await.unwrap().data.len(), check().await.unwrap().data.len()], [0, 0]);
    let sale = check().await.unwrap().data.remove(0);
    assert_eq!((sale.pos_type, sale.is_succeed), (Some(5), Some(true)));
    simulator.behave(|behavior| behavior.appears = Appears::AtOnce);

    // A reversal whose payment session lists the sale too.
    simulator.behave(|behavior| behavior.reversal_lists = ReversalLists::SaleToo);
    let xact_id = sale.xact_id.unwrap();
    let handoff = session.init_reversal_transaction(InitReversalRequest::new(&xact_id)).await.unwrap();
    let wait = || session.wait_for(&handoff).timeout(Duration::ZERO);
    assert!(matches!(wait().await.unwrap(), Decision::Pending));
    assert!(!simulator.sales()[0].reversed);
    simulator.phone().approve(handoff.payment_session().id()).unwrap();
    assert!(matches!(wait().await.unwrap(), Decision::Succeeded(_)));
    assert!(simulator.sales()[0].reversed);

    // A session that has expired.
    for (status, kind) in [
        (CredentialStatus::BadRequest, ErrorKind::Refused),
        (CredentialStatus::Forbidden, ErrorKind::Unauthorized),
        (CredentialStatus::Unauthorized, ErrorKind::Unauthorized),
    ] {
        simulator.behave(|behavior| behavior.ended_session = status);
        let expired = simulator.issue_session();
        simulator.expire_session(&expired);
        let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
        let session = client.session(expired);
        let error = session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Rejected));
    }
}

#[tokio::test]
async fn two_simulators_know_nothing_of_each_other() {
    let ((one, _), (two, _)) = (started().await, started().await);
    let client = Client::builder(Environment::Sandbox).base_url(two.url()).build().unwrap();
    let session = client.session(one.issue_session());
    let error = session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap_err();
    assert_eq!(error.code(), Some(code::UNKNOWN_SESSION));
    let session = client.session(two.issue_session());
    let request = InitReversalRequest::new(one.add_transaction());
    assert_eq!(
        session.init_reversal_transaction(request).await.unwrap_err().code(),
        Some(code::UNKNOWN_TRANSACTION)
    );
}

#[test]
fn errors_and_handoffs_can_be_made_for_the_tests_of_a_caller() {
    let limited = Error::simulated(ErrorKind::RateLimited, Operation::InitSaleTransaction)
        .with_status(429, Some(7))
        .with_retry_after(Duration::from_secs(5));
    assert_eq!((limited.kind(), limited.outcome()), (ErrorKind::RateLimited, Outcome::Rejected));
    assert_eq!((limited.status(), limited.code()), (Some(429), Some(7)));
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(5)));
    let check = Error::simulated(ErrorKind::Refused, Operation::CheckTransaction);
    assert_eq!((check.outcome(), check.is_safe_to_retry()), (Outcome::Unknown, true));
    for payment_session in [
        PaymentSession::sale("ps").unwrap().with_reference_no("R-1").unwrap(),
        PaymentSession::reversal("ps", "x").unwrap().with_reference_no("R-2").unwrap(),
    ] {
        let unusable = Error::simulated(ErrorKind::BadResponse, Operation::InitReversalTransaction)
            .with_payment_session(payment_session.clone());
        assert_eq!(unusable.payment_session(), Some(&payment_session));
        let handoff = Handoff::simulated(payment_session.clone(), "paynet://x", "key");
        assert_eq!((handoff.payment_session().id(), handoff.deeplink_url.as_str()), ("ps", "paynet://x"));
        assert_eq!(handoff.payment_session(), &payment_session);
    }
}
