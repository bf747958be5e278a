//! What a machine can do.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{Server, call, get, http, post, sale, send, session_key, with_json};

/// The README's lines run as they stand, one after the other.
#[tokio::test]
async fn each_line_of_curl_in_the_readme_works() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("curl is not installed: the README's lines are not run");
        return;
    }
    let server = Server::start(&[]);
    let port = server.url.rsplit(':').next().unwrap();
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix("$ curl ")).collect();
    assert_eq!(lines.len(), 16);
    let mut id = String::new();
    for line in lines {
        if line.contains("state=waiting") {
            let key = session_key(&server, "sck_simulator").await;
            id = sale(&server, &key, &json!({ "amount": 1 })).await;
        }
        let line =
            format!("curl --fail-with-body {}", line.replace("localhost:8650", &format!("localhost:{port}")));
        let output = Command::new("sh").args(["-c", &line]).env("ID", &id).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        let response: Value = serde_json::from_slice(&output.stdout).unwrap();
        let expected = match line.as_str() {
            line if line.contains("state=waiting") => {
                response["payments"][0]["payment_session_id"] == id.as_str()
            }
            line if line.contains("decide") => response["state"] == "approved",
            line if line.contains("accepted=true") => {
                response["requests"][1]["path"] == "/v1/softpos/init_sale_transaction"
            }
            line if line.contains("Retry-After") => response["number"] == 1,
            line if line.ends_with("faults") && !line.contains("DELETE") => {
                response["faults"][0]["status"] == 503
            }
            line if line.contains("149.90") => response["xact_id"].is_string(),
            line if line.contains("/transactions") => response["state"] == "approved",
            line if line.contains("/openapi.json") => response["openapi"].is_string(),
            line if line.contains("/sales") => response["sales"].as_array().unwrap().len() == 2,
            _ => response.is_object(),
        };
        assert!(expected, "{line}: {response}");
    }
}

#[tokio::test]
async fn a_fault_comes_before_or_after_and_is_read_as_it_was_given() {
    let server = Server::start(&["--phone", "approve"]);
    let key = session_key(&server, "sck_simulator").await;
    let fault = json!({ "operation": "init_sale_transaction", "status": 503, "when": "after",
        "headers": { "Retry-After": "7" }, "body": "{\"x\":1}", "skip": 1, "times": 1 });
    let mut numbered = fault.clone();
    numbered["number"] = json!(1);
    assert_eq!(post(server.at("faults"), fault).await, (200, numbered.clone()));
    assert_eq!(get(server.at("faults")).await, json!({ "faults": [numbered] }));
    let amount = json!({ "amount": 1 });
    assert_eq!(call(&server, &key, "init_sale_transaction", &amount).await.0, 200, "skipped");
    let (status, body) = call(&server, &key, "init_sale_transaction", &amount).await;
    assert_eq!((status, body), (503, json!({ "x": 1 })));
    assert_eq!(call(&server, &key, "init_sale_transaction", &amount).await.0, 200, "spent");
    assert_eq!(get(server.at("faults")).await, json!({ "faults": [] }));
    let paid = get(server.at("payments?state=approved")).await;
    assert_eq!(paid["payments"].as_array().unwrap().len(), 3, "the one whose response was 503 was executed");
    for wrong in [
        json!({ "status": 500, "drop": true }),
        json!({ "times": 1 }),
        json!({ "drop": true, "body": "x" }),
        json!({ "delay_ms": 3_600_001 }),
        // What could never happen.
        json!({ "status": 999 }),
        json!({ "status": 503, "headers": { "Retry After": "1" } }),
        json!({ "status": 503, "headers": { "Content-Length": "1" } }),
        json!({ "drop": true, "times": 0 }),
    ] {
        assert_eq!(post(server.at("faults"), wrong).await.0, 400);
    }
    for (misspelled, says) in [
        (json!({ "stauts": 500 }), "unknown field `stauts`, expected one of `operation`"),
        (
            json!({ "status": 503, "operation": "init_sale" }),
            "unknown `operation`; give one of check_transaction",
        ),
    ] {
        let (status, problem) = post(server.at("faults"), misspelled).await;
        assert!(status == 422 && problem["error"].as_str().unwrap().contains(says), "{problem}");
    }
}

#[tokio::test]
async fn a_request_that_names_a_dealer_is_refused_with_advice() {
    let server = Server::start(&[]);
    let mut responses = vec![
        post(server.at("dealers"), json!({ "dealer": "suite-1" })).await,
        post(server.at("sales"), json!({ "dealer": "suite-1", "amount": 1 })).await,
        post(server.at("reset"), json!({ "dealer": "suite-1" })).await,
    ];
    for path in ["", "payments", "requests", "faults", "sales", "behavior"] {
        responses.push(send(http().get(server.at(&format!("{path}?dealer=suite-1")))).await);
        let unknown = send(http().get(server.at(&format!("{path}?delaer=suite-1")))).await;
        assert!(unknown.0 == 400 && unknown.1.to_string().contains("unknown field `delaer`"), "{unknown:?}");
    }
    for (number, (status, problem)) in responses.iter().enumerate() {
        assert_eq!(*status, if number == 0 { 410 } else { 400 }, "{problem}");
        let sentence = "a simulator is one dealer; start one for each suite, on a port of its own";
        assert_eq!(problem["error"], sentence);
    }
}

#[tokio::test]
async fn a_poll_returns_requests_with_every_violation() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let seen = get(server.at("requests")).await;
    let last = seen["last"].as_u64().unwrap();
    assert_eq!(seen["requests"].as_array().unwrap().last().unwrap()["number"], last);
    let path = server.at(&format!("requests?accepted=false&after={last}&wait=20s"));
    let waiting = tokio::spawn(get(path));
    let broken = json!({ "amount": "much", "instalment": "few", "description": "d" });
    let started = Instant::now();
    assert_eq!(call(&server, &key, "init_sale_transaction", &broken).await.0, 400);
    let told = waiting.await.unwrap()["requests"].clone();
    assert!(started.elapsed().as_secs() < 15, "it does not wait longer than it has to");
    let violations = told[0]["violations"].to_string();
    assert!(violations.contains("`/amount`") && violations.contains("`/instalment`"), "{violations}");
    assert_eq!((&told[0]["status"], &told[0]["body"]["description"]), (&json!(400), &json!("d")));
    let none = json!({ "requests": [], "last": 99_999, "forgotten": 0 });
    assert_eq!(get(server.at("requests?after=99999&wait=0s")).await, none);
    for wrong in [
        "requests?after=x",
        "requests?wait=soon",
        "requests?wait=500ms",
        "requests?accepted=perhaps",
        "payments?state=lost",
    ] {
        assert_eq!(send(http().get(server.at(wrong))).await.0, 400);
    }
}

#[tokio::test]
async fn the_phone_follows_its_policy_and_can_decide_late() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let set = async |policy: &str| {
        send(with_json(http().put(server.at("phone")), &json!({ "policy": policy }))).await
    };
    assert_eq!(set("decline").await, (200, json!({ "policy": "decline" })));
    sale(&server, &key, &json!({ "amount": 1 })).await;
    assert_eq!(get(server.at("payments")).await["payments"][0]["state"], "declined");
    assert_eq!(set("ask").await.0, 200);
    let id = sale(&server, &key, &json!({ "amount": 1 })).await;
    assert_eq!(get(server.at("payments")).await["payments"][1]["state"], "waiting");
    let decide = server.at(&format!("payments/{id}/decide"));
    let (status, later) = post(decide.clone(), json!({ "decision": "approve", "after_ms": 300 })).await;
    assert_eq!((status, &later["state"]), (200, &json!("waiting")));
    while get(server.at("payments")).await["payments"][1]["state"] == "waiting" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for after_ms in [0, 300] {
        let decline = json!({ "decision": "decline", "after_ms": after_ms });
        assert_eq!(post(decide.clone(), decline).await.0, 409, "it was approved");
    }
    let id = sale(&server, &key, &json!({ "amount": 1 })).await;
    let decide = server.at(&format!("payments/{id}/decide"));
    assert_eq!(post(decide, json!({ "decision": "decline-then-approve" })).await.1["state"], "approved");
    let (_, checked) = call(&server, &key, "check_transaction", &json!({ "payment_session_id": id })).await;
    let succeeded: Vec<_> =
        checked["Data"].as_array().unwrap().iter().map(|one| &one["is_succeed"]).collect();
    assert_eq!(succeeded, [&json!(false), &json!(true)]);
}

#[tokio::test]
async fn the_listed_sales_are_a_seed() {
    let server = Server::start(&["--phone", "approve"]);
    let key = session_key(&server, "sck_simulator").await;
    let (_, added) = post(server.at("sales"), json!({ "amount": "149.90" })).await;
    let reversed = json!({ "xact_id": added["xact_id"] });
    assert_eq!(call(&server, &key, "init_reversal_transaction", &reversed).await.0, 200);
    sale(&server, &key, &json!({ "amount": 2.50 })).await;
    let text = http().get(server.at("sales")).send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains(r#""amount":149.90,"reversed":true"#)
            && text.contains(r#""amount":2.5,"reversed":false"#),
        "{text}"
    );
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.json");
    fs::write(&seed, &text).unwrap();
    let again = Server::start(&["--seed", seed.to_str().unwrap()]);
    assert_eq!(http().get(again.at("sales")).send().await.unwrap().text().await.unwrap(), text);
    let key = session_key(&again, "sck_simulator").await;
    assert_eq!(
        call(&again, &key, "init_reversal_transaction", &reversed).await.0,
        400,
        "it was reversed already"
    );

    for (unusable, says) in [
        (r#"{"dealers": []}"#, "unknown field `dealers`, expected `sales`"),
        (r#"{"sales": [{"xact_id": "x", "amount": 0}]}"#, "`amount` is not positive"),
        (
            r#"{"sales": [{"xact_id": "x", "amount": 1}, {"xact_id": "x", "amount": 1}]}"#,
            "sale x is there twice",
        ),
    ] {
        fs::write(&seed, unusable).unwrap();
        let output = crate::paypos(&["simulate", "--seed", seed.to_str().unwrap()]).output().unwrap();
        assert!(output.status.code() == Some(2) && crate::stderr(&output).contains(says), "{output:?}");
    }
}

#[tokio::test]
async fn a_poll_skips_no_request_that_is_still_open() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let slow = json!({ "operation": "init_sale_transaction", "delay_ms": 1500, "when": "after" });
    assert_eq!(post(server.at("faults"), slow).await.0, 200);
    let amount = json!({ "amount": 1 });
    let polled = async {
        // While the sale is on its way, a check comes and goes.
        tokio::time::sleep(Duration::from_millis(300)).await;
        call(&server, &key, "check_transaction", &json!({ "payment_session_id": "x" })).await;
        let at_once = get(server.at("requests?after=1")).await;
        (at_once, get(server.at("requests?after=1&wait=30")).await)
    };
    let (_, (at_once, waited)) = tokio::join!(sale(&server, &key, &amount), polled);
    assert_eq!(at_once["requests"], json!([]), "a request after the open one is not returned before it");
    assert_eq!(
        (&waited["requests"][0]["number"], &waited["requests"][0]["status"]),
        (&json!(2), &json!(200))
    );
    assert_eq!(get(server.at("requests?after=2")).await["requests"][0]["status"], 400);
}

#[tokio::test]
async fn an_unknown_path_is_404_and_another_method_405() {
    let server = Server::start(&[]);
    for (path, method, allowed) in [
        ("payments", "POST", "GET,HEAD"),
        ("sales", "PUT", "GET,HEAD,POST"),
        ("phone", "GET", "PUT"),
        ("faults", "PATCH", "GET,HEAD,POST,DELETE"),
    ] {
        let request = http().request(method.parse().unwrap(), server.at(path));
        let response = request.header("content-type", "application/json").body("{}").send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
        let mut methods: Vec<_> = response.headers()["allow"].to_str().unwrap().split(',').collect();
        let mut expected: Vec<_> = allowed.split(',').collect();
        methods.sort_unstable();
        expected.sort_unstable();
        assert_eq!(methods, expected, "{path}");
    }
    assert_eq!(send(http().get(server.at("health/"))).await.0, 404);
    let front = http().get(&server.url).send().await.unwrap();
    assert_eq!((front.status().as_u16(), &front.headers()["location"]), (303, &"/_paypos/".parse().unwrap()));
}

#[tokio::test]
async fn a_request_whose_client_hangs_up_is_in_the_journal() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let slow = json!({ "operation": "init_sale_transaction", "delay_ms": 600_000 });
    assert_eq!(post(server.at("faults"), slow).await.0, 200);
    let amount = json!({ "amount": 1 });
    let impatient = call(&server, &key, "init_sale_transaction", &amount);
    assert!(tokio::time::timeout(Duration::from_millis(500), impatient).await.is_err());
    let seen = get(server.at("requests?after=1&wait=30")).await;
    assert_eq!((&seen["requests"][0]["status"], &seen["last"]), (&Value::Null, &json!(2)));
    assert_eq!(get(server.at("payments")).await["payments"].as_array().unwrap().len(), 1, "it was executed");
}

#[tokio::test]
async fn a_transaction_is_listed_with_the_properties_that_it_was_given() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let id = sale(&server, &key, &json!({ "amount": 149.90 })).await;
    let set = |properties: Value| {
        let body = json!({ "properties": properties });
        send(with_json(http().patch(server.at(&format!("payments/{id}/transactions"))), &body))
    };
    assert_eq!(set(json!({ "bank_id": "Garanti", "netAmount": 147.5 })).await.0, 200);
    let approve = json!({ "decision": "decline-then-approve" });
    assert_eq!(post(server.at(&format!("payments/{id}/decide")), approve).await.0, 200);
    assert_eq!(set(json!({ "ratio": null })).await.0, 200, "and after the decision");
    let (_, checked) = call(&server, &key, "check_transaction", &json!({ "payment_session_id": id })).await;
    for listed in checked["Data"].as_array().unwrap() {
        let given = (&listed["bank_id"], &listed["netAmount"], &listed["ratio"]);
        assert_eq!(given, (&json!("Garanti"), &json!(147.5), &Value::Null), "{checked}");
    }
    let (status, refused) = set(json!({ "bankid": "Garanti" })).await;
    assert!(status == 400 && refused["error"].as_str().unwrap().contains("bank_id"), "{refused}");
    assert_eq!(post(server.at("payments/x/decide"), json!({ "decision": "approve" })).await.0, 404);
}

#[tokio::test]
async fn bodies_are_shown_in_their_order_with_their_digits_and_without_secrets() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let body = format!(
        r#"{{ "z": 1.50, "a": [ {{}}, [ ], "x:,\"}}", true ], "amount": 12345678901234567890.10,
            "session\u005fkey": {{ "b": ["s3cret"] }}, " PAN ": "s3cret", "password": -1e5, "deep": {deep} }}"#
    );
    let request = |body: String| {
        http()
            .post(format!("{}/v1/softpos/init_sale_transaction/s3cret4", server.url))
            .header("session-key", &key)
            .header("content-type", "application/json")
            .body(body)
    };
    assert_eq!(send(request(body)).await.0, 404);
    assert_eq!(send(request(r#""s3cret""#.to_owned())).await.0, 404);
    let shown = send(http().get(server.at("requests?after=1"))).await.1["requests"].to_string();
    assert!(!shown.contains("s3cret"), "{shown}");
    let shown = http().get(server.at("requests?after=1")).send().await.unwrap().text().await.unwrap();
    let expected = format!(
        r#"{{"z":1.50,"a":[{{}},[],"x:,\"}}",true],"amount":12345678901234567890.10,"session_key":"[masked]"," PAN ":"[masked]","password":"[masked]","deep":{deep}}}"#
    );
    assert!(shown.contains(&expected), "{shown}");
    assert!(shown.contains("[8 bytes that are not a JSON object]"), "{shown}");
    assert!(shown.contains("/v1/softpos/init_sale_transaction/[masked]"), "{shown}");
}

#[tokio::test]
async fn a_behavior_lasts_until_a_reset() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let check = json!({ "payment_session_id": "x" });
    assert_eq!(call(&server, &key, "check_transaction", &check).await.0, 400);
    assert_eq!(post(server.at("sessions/expire"), json!({})).await.0, 200);
    for status in [401, 403, 400] {
        let set = json!({ "ended_session": status.to_string() });
        let (code, told) = send(with_json(http().put(server.at("behavior")), &set)).await;
        assert_eq!((code, &told["ended_session"]), (200, &json!(status.to_string())));
        assert_eq!(call(&server, &key, "check_transaction", &check).await.0, status);
    }
    assert_eq!(get(server.at("behavior")).await["ended_session"], "400");
    for (wrong, says) in [
        (json!({ "ended_session": "500" }), "unknown variant `500`"),
        (json!({ "unit": "lira" }), "unknown field `unit`"),
    ] {
        let (code, problem) = send(with_json(http().put(server.at("behavior")), &wrong)).await;
        assert_eq!(code, 422);
        assert!(problem["error"].as_str().unwrap().contains(says), "{problem}");
    }
    assert_eq!(post(server.at("reset"), json!({})).await.0, 200);
    assert_eq!(get(server.at("behavior")).await["ended_session"], "401");
    let seen = get(server.at("requests")).await;
    assert_eq!((&seen["requests"], &seen["forgotten"]), (&json!([]), &json!(0)));
    assert_eq!(call(&server, &key, "check_transaction", &check).await.0, 401, "its sessions are gone");
    assert!(get(server.at("requests")).await["last"].as_u64().unwrap() > 5, "the numbers go on");
}

#[tokio::test]
async fn the_joined_document_is_there_for_generators() {
    let server = Server::start(&[]);
    let mut document = get(server.at("openapi.json")).await;
    // A generated client calls the first server unless it is told otherwise.
    let first = document["servers"].as_array_mut().unwrap().remove(0);
    assert_eq!(first["url"], server.url);
    let published: Value = serde_json::from_str(paypos::DOCUMENT).unwrap();
    assert_eq!(document, published);
    assert_eq!(published["servers"][0]["url"], "https://pts-api.paynet.com.tr", "the Sandbox");
    assert_eq!(published["servers"][1]["url"], "https://api.paynet.com.tr", "Production");
    assert!(document["paths"].as_object().unwrap().len() >= 5);
}

/// Each is accepted by the documents, and never sent by the library.
#[tokio::test]
async fn a_request_that_the_library_never_sends_is_a_violation() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    for (operation, body, problem) in [
        (
            "init_sale_transaction",
            r#"{"amount": 0.30000000000000004}"#,
            "`amount` has more than two decimal places",
        ),
        ("init_sale_transaction", r#"{"amount": 149.905}"#, "`amount` has more than two decimal places"),
        ("init_sale_transaction", r#"{"amount": 1234567890123456}"#, "`amount` has more than 15 digits"),
        (
            "init_sale_transaction",
            r#"{"amount": 1, "reference_no": "--"}"#,
            "`reference_no` has no letter or digit",
        ),
        (
            "init_sale_transaction",
            r#"{"amount": 1, "callback_url": ""}"#,
            "`callback_url` is no absolute URL",
        ),
        ("init_reversal_transaction", r#"{"xact_id": "x "}"#, "`xact_id` begins or ends with a blank"),
        (
            "check_transaction",
            r#"{"payment_session_id": " "}"#,
            "`payment_session_id` has no letter or digit",
        ),
    ] {
        // With its digits as they are written here.
        let request = http().post(format!("{}/v1/softpos/{operation}", server.url));
        let request = request.header("session-key", &key).header("content-type", "application/json");
        let (status, refused) = send(request.body(body)).await;
        assert_eq!(status, 400, "{body}");
        assert!(refused["message"].as_str().unwrap().contains(problem), "{body}: {refused}");
        let last = get(server.at("requests")).await["requests"].as_array().unwrap().last().unwrap().clone();
        assert!(last["violations"].to_string().contains(problem), "{last}");
    }
    for amount in ["0.01", "149.90", "149.900", "1e2", "999999999999.99"] {
        let sale = json!({ "amount": serde_json::from_str::<Value>(amount).unwrap() });
        assert_eq!(call(&server, &key, "init_sale_transaction", &sale).await.0, 200, "{amount}");
    }
}

#[tokio::test]
async fn a_copy_of_an_initiation_is_marked() {
    let server = Server::start(&[]);
    let (key, other) =
        (session_key(&server, "sck_simulator").await, session_key(&server, "sck_simulator").await);
    let repeats = async || {
        let requests = get(server.at("requests")).await["requests"].take();
        requests.as_array().unwrap().last().unwrap()["repeats"].clone()
    };
    sale(&server, &key, &json!({ "amount": 1 })).await;
    assert_eq!(repeats().await, Value::Null);
    sale(&server, &key, &json!({ "amount": 2 })).await;
    sale(&server, &other, &json!({ "amount": 1 })).await;
    assert_eq!(repeats().await, Value::Null, "another body, or another session");
    let first = sale(&server, &key, &json!({ "amount": 1 })).await;
    assert_eq!(repeats().await, 3, "after two sessions");
    let page =
        http().get(server.at("")).header("accept", "text/html").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("the client may have sent it twice: a copy of request 3"), "{page}");
    for _ in 0..2 {
        call(&server, &key, "check_transaction", &json!({ "payment_session_id": first })).await;
    }
    assert_eq!(repeats().await, Value::Null, "a check may be sent again");
}

#[tokio::test]
async fn a_deeplink_leads_to_the_host_that_was_asked() {
    let server = Server::start(&["--host", "paypos"]);
    let key = session_key(&server, "sck_simulator").await;
    for host in ["localhost:39999", "paypos:8650"] {
        let request = http().post(format!("{}/v1/softpos/init_sale_transaction", server.url));
        let request = request.header("session-key", &key).header("host", host);
        let (status, handoff) = send(with_json(request, &json!({ "amount": 1 }))).await;
        assert_eq!(status, 200, "{handoff}");
        let deeplink = handoff["deeplink_url"].as_str().unwrap();
        assert!(deeplink.starts_with(&format!("http://{host}/_paypos/phone/")), "{deeplink}");
    }
}

#[tokio::test]
async fn a_preflight_is_explained() {
    let server = Server::start(&[]);
    let url = format!("{}/v1/softpos/init_sale_transaction", server.url);
    let request =
        http().request(paypos::reqwest::Method::OPTIONS, url).header("origin", "http://localhost:3000");
    let (status, refused) = send(request.header("access-control-request-method", "POST")).await;
    assert_eq!(status, 405);
    assert!(refused["message"].as_str().unwrap().contains("`jsdom` and `happy-dom`"), "{refused}");
}
