//! `paypos verify`, with the simulator as the Sandbox and a person at its page.

use std::{
    env, fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{ChildStderr, Command, Output, Stdio},
    time::Duration,
};

use futures::{StreamExt, future::join_all, stream};
use paypos_simulator::Behavior;
use serde_json::{Map, Value, json};
use tempfile::tempdir;

use tokio::{net::TcpListener, time::sleep};

use crate::{Server, answered, at, get, http, paypos, post, stderr, stdout, with_json};

/// A simulator that behaves in its own way, and the folder of the report.
struct Walk<'a> {
    server: &'a Server,
    /// Where the command sends.
    url: String,
    folder: PathBuf,
}

impl<'a> Walk<'a> {
    async fn new(server: &'a Server, folder: &Path, name: &str, behavior: Value) -> Self {
        let (status, told) = answered(with_json(http().put(server.at("behavior")), &behavior)).await;
        assert_eq!(status, 200, "{told}");
        let folder = folder.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("key"), "sck_simulator").unwrap();
        Self { server, url: server.url.clone(), folder }
    }

    /// The payment session that was opened last.
    async fn newest(&self) -> Value {
        let payments = get(self.server.at("payments")).await;
        payments["payments"].as_array().unwrap().last().unwrap().clone()
    }

    async fn decide(&self, payment: &Value, decision: &str) -> bool {
        let id = payment["payment_session_id"].as_str().unwrap();
        let decide = json!({ "decision": decision });
        post(self.server.at(&format!("payments/{id}/decide")), decide).await.0 == 200
    }

    /// The amount that the phone shows, as a person reads it.
    async fn shown(&self, payment: &Value) -> String {
        let id = payment["payment_session_id"].as_str().unwrap();
        let page = http().get(self.server.at(&format!("phone/{id}"))).header("accept-language", "en");
        let page = page.send().await.unwrap().text().await.unwrap();
        let amount = page.split("class=\"amount\">").nth(1).unwrap().split('<').next().unwrap();
        amount.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect()
    }

    async fn run(&self, arguments: &[&str]) -> (Output, String) {
        self.run_until(arguments, None, true).await
    }

    /// Runs the command, and does on the phone what it asks for. At one question, sends a signal instead of the answer,
    /// or 0 for none; `acts` is whether the phone does there what is asked for.
    async fn run_until(&self, arguments: &[&str], end: Option<(&str, i32)>, acts: bool) -> (Output, String) {
        let (folder, key) = (self.folder.to_str().unwrap(), self.folder.join("key"));
        let fixed = ["verify", "--yes", "--output", folder, "--simulator-url", &self.url];
        let all = [&fixed[..], &["--secret-key-file", key.to_str().unwrap()], arguments].concat();
        let mut command = paypos(&all);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut stdin, mut stderr) = (child.stdin.take().unwrap(), child.stderr.take().unwrap());
        let mut said = String::new();
        loop {
            let (stream, read, asked) = tokio::task::spawn_blocking(move || {
                let mut said = said;
                let asked = question(&mut stderr, &mut said);
                (stderr, said, asked)
            })
            .await
            .unwrap();
            (stderr, said) = (stream, read);
            let Some(asked) = asked else { break };
            let signal = end.filter(|(at, _)| asked.starts_with(at)).map(|(_, signal)| signal);
            let typed = if signal.is_some() && !acts { String::new() } else { self.answer(&asked).await };
            if let Some(signal) = signal.filter(|signal| *signal > 0) {
                let kill = [format!("-{signal}"), child.id().to_string()];
                assert!(Command::new("kill").args(kill).status().unwrap().success());
            } else {
                writeln!(stdin, "{typed}").unwrap();
            }
        }
        drop(stdin);
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        (output, said)
    }

    /// Does at the phone what is asked for; returns what to type.
    async fn answer(&self, asked: &str) -> String {
        let payment = self.newest().await;
        let yes_or_no = |is: bool| if is { "y" } else { "n" }.to_owned();
        if asked.starts_with("Which amount") {
            self.shown(&payment).await
        } else if asked.starts_with("Use a card that is declined") {
            assert!(self.decide(&payment, "decline").await);
            String::new()
        } else if asked.starts_with("If the phone offers another card") {
            if self.decide(&payment, "another-card").await { String::new() } else { "n".to_owned() }
        } else if let Some((reference, _)) = asked.split_once(" of an earlier walk: was it paid?") {
            let payments = get(self.server.at("payments")).await;
            let all = payments["payments"].as_array().unwrap().iter();
            let mut of = all.filter(|payment| payment["reference_no"] == reference);
            yes_or_no(of.next_back().unwrap()["state"] == "approved")
        } else if asked.starts_with("No reversal is listed") {
            yes_or_no(payment["state"] == "approved")
        } else if let Some(of) = asked.strip_prefix("The reversal of ") {
            let kept: Value =
                serde_json::from_slice(&fs::read(self.folder.join("verify.unreversed.json")).unwrap())
                    .unwrap();
            let mut paid = kept["paid"].as_array().unwrap().iter();
            let paid =
                paid.find(|paid| of.starts_with(paid["sale"]["reference_no"].as_str().unwrap())).unwrap();
            let seed = get(self.server.at("sales")).await;
            let mut sales = seed["sales"].as_array().unwrap().iter();
            let sale = sales.find(|sale| sale["xact_id"] == paid["xact_id"]).unwrap();
            yes_or_no(sale["reversed"] == true)
        } else {
            assert!(asked.starts_with("Approve it") || asked.starts_with("Confirm the reversal"), "{asked}");
            assert!(self.decide(&payment, "approve").await, "{asked}: {payment}");
            String::new()
        }
    }

    async fn assert_nothing_is_left(&self) {
        let payments = get(self.server.at("payments")).await;
        let approved = |is_sale: bool| {
            let all = payments["payments"].as_array().unwrap().iter();
            all.filter(|one| one["state"] == "approved" && one["xact_id"].is_null() == is_sale).count()
        };
        assert!(approved(true) > 0, "{payments}");
        assert_eq!(approved(true), approved(false), "{payments}");
        assert!(!self.folder.join("verify.unreversed.json").exists());
    }

    fn report(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.folder.join("verify.json")).unwrap()).unwrap()
    }
}

/// How the questions to the person end.
const QUESTIONS_END: [&str; 6] =
    ["cannot see it: ", "is paid: ", "says so: ", "type n: ", "is done: ", "[y/N] "];

/// Reads up to the end of the next question, and returns it.
fn question(stderr: &mut ChildStderr, said: &mut String) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while stderr.read(&mut byte).unwrap() == 1 {
        bytes.push(byte[0]);
        let line = String::from_utf8_lossy(bytes.rsplit(|byte| *byte == b'\n').next().unwrap()).into_owned();
        if QUESTIONS_END.iter().any(|end| line.ends_with(end)) {
            said.push_str(&String::from_utf8_lossy(&bytes));
            return Some(line);
        }
    }
    said.push_str(&String::from_utf8_lossy(&bytes));
    None
}

async fn assert_every_session_is_ended(server: &Server) {
    let requests = get(server.at("requests")).await;
    let succeeded = |operation: &str| {
        let all = requests["requests"].as_array().unwrap().iter();
        all.filter(|one| one["path"].as_str().unwrap().ends_with(operation) && one["status"] == 200).count()
    };
    assert!(succeeded("/get_auth_key") > 0, "{requests}");
    assert_eq!(succeeded("/get_auth_key"), succeeded("/logout"), "{requests}");
}

/// The ids with a result.
fn with(report: &Value, result: &str) -> Vec<String> {
    let all = report["questions"].as_array().unwrap().iter();
    let all = all.filter(|question| question["result"] == result);
    all.map(|question| question["id"].as_str().unwrap().to_owned()).collect()
}

/// The answers that the crate does not cope with.
const DIFFER: [(&str, &[&str]); 14] = [
    ("wrong_session", &["400", "200"]),
    ("ended_session", &["400", "200"]),
    ("refusal_status", &["200"]),
    ("other_session", &["refused"]),
    ("second_session", &["the first has ended", "refused"]),
    ("amount_unit", &["kurus"]),
    ("listed_amount", &["hundredfold", "text with a comma"]),
    ("property_types", &["text"]),
    ("sale_reference", &["other"]),
    ("sale_type", &["absent"]),
    ("reversal_lists", &["sale"]),
    ("reversal_type", &["of a sale"]),
    ("reversal_reference", &["of the sale"]),
    ("second_reversal", &["accepted"]),
];

/// The ids that differ at a Paynet that behaves so.
fn expected(behavior: &Value) -> Vec<String> {
    let is = |id: &str, answer: &str| behavior[id] == answer;
    let differs = DIFFER.iter().filter(|(id, answers)| answers.iter().any(|answer| is(id, answer)));
    let mut all: Vec<_> = differs.map(|(id, _)| (*id).to_owned()).collect();
    // What follows from the others.
    if is("wrong_session", "400") || is("wrong_session", "200") {
        all.push("wrong_secret_key".to_owned());
    }
    let is_text = is("property_types", "text");
    if is_text {
        all.push("sale_decision".to_owned());
    }
    let is_taken_for_its_sale = is("reversal_type", "of a sale") || is("reversal_reference", "of the sale");
    // Nothing tells the sale from its reversal, and it is taken for it.
    let is_taken_for_its_reversal = is("reversal_lists", "reversal and sale with another xact_id")
        && is("sale_type", "absent")
        && is("sale_reference", "absent");
    if is_text || is("reversal_lists", "sale") || is_taken_for_its_sale || is_taken_for_its_reversal {
        all.push("reversal_decision".to_owned());
    }
    all.sort();
    all
}

#[tokio::test]
async fn a_paynet_that_is_as_assumed_is_exit_0_and_nothing_is_left_paid() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let walk = Walk::new(&server, folder.path(), "as-assumed", json!({})).await;
    let (output, said) = walk.run(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{said}\n{output:?}");
    let report = walk.report();
    assert_eq!((with(&report, "differs"), with(&report, "not seen")), (vec![], vec![]));
    walk.assert_nothing_is_left().await;
}

/// Walks at a Paynet that behaves so; returns what is wrong with the report.
async fn wrong(folder: &Path, name: &str, behavior: Value) -> Option<String> {
    let server = Server::start(&[]);
    let walk = Walk::new(&server, folder, name, behavior.clone()).await;
    let (output, said) = walk.run(&[]).await;
    let report = walk.report();
    let mut differs = with(&report, "differs");
    differs.sort();
    // A reversal that is not listed has neither.
    let hidden: &[_] =
        if behavior["reversal_lists"] == "sale" { &["reversal_type", "reversal_reference"] } else { &[] };
    let is_hidden = |id: &str| hidden.contains(&id);
    let mut unseen = with(&report, "not seen");
    unseen.retain(|id| !is_hidden(id));
    let mut expected = expected(&behavior);
    expected.retain(|id| !is_hidden(id));
    let seen = behavior.as_object().unwrap().iter();
    let other: Vec<_> =
        seen.filter(|(id, answer)| report["behavior"][id] != **answer && !is_hidden(id)).collect();
    let code = if expected.is_empty() { i32::from(!with(&report, "not seen").is_empty()) * 6 } else { 1 };
    let is_right = differs == expected && unseen.is_empty() && other.is_empty();
    (!is_right || output.status.code() != Some(code)).then(|| {
        format!(
            "{behavior}: {:?}, differs {differs:?}, not seen {unseen:?}, {other:?}\n{said}",
            output.status
        )
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_is_seen_as_it_is_and_named_if_it_differs() {
    let folder = tempdir().unwrap();
    let all =
        Behavior::QUESTIONS.iter().flat_map(|(id, answers)| answers.iter().map(move |answer| (*id, *answer)));
    let walks = all.enumerate().map(async |(number, (id, answer))| {
        wrong(folder.path(), &number.to_string(), json!({ id: answer })).await
    });
    let wrong: Vec<_> =
        stream::iter(walks).buffer_unordered(80).collect::<Vec<_>>().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_answers_come_together_the_report_names_exactly_what_differs() {
    let folder = tempdir().unwrap();
    let seed = env::var("PAYPOS_VERIFY_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(seed);
    let mut any = |number: usize| {
        let all = Behavior::QUESTIONS.iter();
        let behavior: Map<_, _> =
            all.map(|(id, answers)| ((*id).to_owned(), json!(random.choice(*answers).unwrap()))).collect();
        (number.to_string(), Value::Object(behavior))
    };
    let walks: Vec<_> = (0..200).map(&mut any).collect();
    let walks = walks.into_iter().map(async |(name, behavior)| wrong(folder.path(), &name, behavior).await);
    let wrong: Vec<_> =
        stream::iter(walks).buffer_unordered(100).collect::<Vec<_>>().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_that_a_signal_ends_closes_what_it_opened_and_goes_on_where_it_was() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let walk = Walk::new(&server, folder.path(), "interrupted", json!({})).await;
    // At each question, once the phone has done what it asks for.
    let ends =
        [("Which amount", 2), ("Approve it", 15), ("Use a card", 1), ("If the phone", 15), ("Confirm", 2)];
    for (end, signal) in ends {
        let (output, said) = walk.run_until(&[], Some((end, signal)), true).await;
        assert_eq!(output.status.code(), Some(128 + signal), "{end}: {said}");
        assert!(said.contains("error: interrupted; the same command goes on"), "{said}");
        assert!(said.contains("not reversed: PAYPOS-VERIFY-"), "{said}");
        assert_every_session_is_ended(&server).await;
        let mode = fs::metadata(walk.folder.join("verify.unreversed.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let (output, said) = walk.run(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    walk.assert_nothing_is_left().await;
    // Nothing is left to do, and nothing is sent.
    let sent = get(server.at("requests")).await;
    assert_eq!(walk.run(&[]).await.0.status.code(), Some(0));
    assert_eq!(get(server.at("requests")).await, sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_signal_finds_half_open_or_half_ended_is_ended() {
    // Both sessions are opened and ended, each in turn.
    for (operation, when, skip) in [
        ("get_auth_key", "after", 0),
        ("get_auth_key", "after", 1),
        ("logout", "before", 0),
        ("logout", "before", 1),
    ] {
        let (server, folder) = (Server::start(&[]), tempdir().unwrap());
        let fault = json!({ "operation": operation, "delay_ms": 1500, "when": when, "skip": skip });
        assert_eq!(post(server.at("faults"), fault).await.0, 200);
        let reports = folder.path().to_str().unwrap();
        let arguments =
            ["verify", "--yes", "--without-phone", "--simulator-url", &server.url, "--output", reports];
        let child = paypos(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It is being delayed.
        while get(server.at("faults")).await["faults"] != json!([]) {
            sleep(Duration::from_millis(20)).await;
        }
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        assert_eq!(output.status.code(), Some(128 + 15), "{operation} {skip}: {output:?}");
        assert_every_session_is_ended(&server).await;
    }
}

/// What is put into each secret and personal value.
const CANARY: &str = "CANARY";

/// Stands before the simulator, and changes each response. What has the canary loses it on its way back.
async fn behind(server: &Server, change: fn(&mut Value)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let to = server.url.clone();
    let proxy = axum::Router::new().fallback(async move |request: axum::extract::Request| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let without = |text: &str| text.replace(&format!("-{CANARY}"), "");
        let mut sent = http()
            .request(parts.method, format!("{to}{}", parts.uri.path()))
            .body(without(str::from_utf8(&body).unwrap()));
        for name in ["authorization", "paynetmobile", "session-key", "content-type", "accept"] {
            if let Some(value) = parts.headers.get(name) {
                sent = sent.header(name, without(value.to_str().unwrap()));
            }
        }
        let response = sent.send().await.unwrap();
        let status = response.status();
        let mut body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        change(&mut body);
        (status, [("content-type", "application/json"), ("x-request-id", CANARY)], body.to_string())
    });
    tokio::spawn(async move { axum::serve(listener, proxy).await });
    url
}

/// Puts the canary into all values, and adds some.
fn with_canaries(body: &mut Value) {
    mark(body);
    body["customer"] = json!({ "name": CANARY, "list": [CANARY] });
    body[format!("4111-{CANARY}")] = json!(1);
}

/// Adds the canary to each text but the deeplink, which a person has to see, and the reference, which the command makes.
fn mark(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (_, value) in members
                .iter_mut()
                .filter(|(name, _)| !["deeplink_url", "agent_reference"].contains(&name.as_str()))
            {
                mark(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mark),
        Value::String(text) => *text = format!("{text}-{CANARY}"),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_nothing_personal_is_in_the_report_or_on_the_terminal() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let mut walk = Walk::new(&server, folder.path(), "canary", json!({})).await;
    fs::write(walk.folder.join("key"), format!("sck_simulator-{CANARY}")).unwrap();
    walk.url = behind(&server, with_canaries).await;
    let (output, said) = walk.run(&[]).await;
    let stdout = String::from_utf8(output.stdout).unwrap();
    // It saw them.
    let report = fs::read_to_string(walk.folder.join("verify.json")).unwrap();
    assert!(report.contains("customer") && report.contains("letters"), "{report}");
    // No shape says which characters of a key are digits.
    let questions = walk.report()["questions"].clone();
    let of = |id: &str| questions.as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
    for (id, what) in
        [("session_key", "the key"), ("encryption_key", "the key"), ("deeplink_url", "after the scheme")]
    {
        let evidence = of(id)["seen"]["evidence"][0].as_str().unwrap().to_owned();
        let described = evidence.split_once(" characters: ").unwrap();
        assert!(
            described.0.starts_with(&format!("{what}: ")) && described.1 == "letters, digits, signs",
            "{evidence}"
        );
    }
    assert!(with(&walk.report(), "not seen").is_empty(), "{said}");
    for text in [&stdout, &said, &report, &fs::read_to_string(walk.folder.join("verify.md")).unwrap()] {
        assert!(!text.contains(CANARY), "{text}");
    }
    let left: Vec<_> = fs::read_dir(&walk.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulator_behaves_like_what_was_seen() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let behavior = json!({ "ended_session": "400", "amount_unit": "kurus" });
    let walk = Walk::new(&server, folder.path(), "like", behavior).await;
    assert_eq!(walk.run(&[]).await.0.status.code(), Some(1));
    let report = walk.folder.join("verify.json");
    let like = Server::start(&["--like", report.to_str().unwrap()]);
    let behaves = get(like.at("behavior")).await;
    let seen = &walk.report()["behavior"];
    assert_eq!(seen["ended_session"], "400");
    for (id, answer) in seen.as_object().unwrap() {
        assert_eq!(behaves[id], *answer, "{id}");
    }
}

#[test]
fn nothing_is_sent_to_production_unless_it_is_told_twice() {
    let folder = tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "sck_x").unwrap();
    let run = |arguments: &[&str]| {
        let fixed = ["verify", "--environment", "production", "--agent-id", "1", "--user-id", "1"];
        let files = ["--secret-key-file", key.to_str().unwrap(), "--output", folder.path().to_str().unwrap()];
        let output = paypos(&[&fixed[..], &files, arguments].concat()).output().unwrap();
        (output.status.code(), stderr(&output).to_owned())
    };
    let (code, said) = run(&["--yes"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("expected --real-money as well"), "{said}");
    let (code, said) = run(&["--real-money"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--yes is required"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_an_error_before_anything_is_sent() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let none = folder.path().join("none");
    let output = at(&server.url, &["verify", "--yes", "--no-input", "--output", none.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("none/verify.json cannot be written"), "{}", stderr(&output));
    assert_eq!(get(server.at("requests")).await["requests"], json!([]));
}

/// As a script does it: the phone approves by itself, and nobody is asked.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_person_all_that_can_be_seen_is_seen_and_each_deeplink_is_an_object() {
    let folder = tempdir().unwrap();
    let server = Server::start(&["--phone", "approve", "--phone-delay", "4s"]);
    let reports = folder.path().to_str().unwrap();
    let output = at(&server.url, &["verify", "--yes", "--json", "--output", reports]);
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let objects: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let deeplinks = objects.iter().filter(|object| object["deeplink_url"].is_string()).count();
    assert_eq!(deeplinks, 2, "{objects:?}");
    assert_eq!(objects.last().unwrap()["differs"], json!([]), "{objects:?}");
    assert_eq!(objects.last().unwrap()["not_seen"], json!(["amount_unit", "after_decline"]));
    assert!(!folder.path().join("verify.unreversed.json").exists());
}

/// Removes what tells one transaction from another but its id.
fn without_marks(body: &mut Value) {
    for one in body["Data"].as_array_mut().into_iter().flatten() {
        for name in ["xact_date", "authorization_code", "reference_code", "xact_transaction_id"] {
            one.as_object_mut().unwrap().remove(name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_is_told_from_its_sale_by_its_id_if_nothing_else_is_there() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let mut walk = Walk::new(&server, folder.path(), "unmarked", json!({})).await;
    walk.url = behind(&server, without_marks).await;
    let (output, said) = walk.run(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    walk.assert_nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_taken_for_its_reversal_is_seen_before_the_phone_confirms() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let behavior = json!({
        "reversal_lists": "reversal and sale with another xact_id",
        "sale_type": "absent",
        "sale_reference": "absent",
    });
    let walk = Walk::new(&server, folder.path(), "early", behavior).await;
    let (output, said) = walk.run(&[]).await;
    assert_eq!(output.status.code(), Some(1), "{said}");
    let questions = walk.report()["questions"].clone();
    let decided = questions.as_array().unwrap().iter().find(|question| question["id"] == "reversal_decision");
    assert_eq!(decided.unwrap()["seen"]["answer"], "succeeded before it happened");
}

/// Whatever the reversal's payment session lists, and whether somebody presses Enter too early or ends the command.
#[tokio::test(flavor = "multi_thread")]
async fn a_sale_counts_as_reversed_only_if_its_reversal_is_listed_or_somebody_says_so() {
    let folder = tempdir().unwrap();
    let walks = ["reversal and sale", "sale"].map(async |lists| {
        let server = Server::start(&[]);
        let walk =
            Walk::new(&server, folder.path(), &lists.replace(' ', "-"), json!({ "reversal_lists": lists }))
                .await;
        for signal in [0, 15] {
            let (_, said) = walk.run_until(&[], Some(("Confirm", signal)), false).await;
            assert!(said.contains("not reversed: PAYPOS-VERIFY-"), "{lists}: {said}");
            assert!(walk.folder.join("verify.unreversed.json").exists());
        }
        // Done on the phone, but nobody could say so.
        walk.run_until(&[], Some(("Confirm", 15)), true).await;
        let (_, said) = walk.run(&[]).await;
        assert!(!said.contains("not reversed: PAYPOS-VERIFY-"), "{lists}: {said}");
        walk.assert_nothing_is_left().await;
    });
    join_all(walks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_is_lost_ends_the_walk_and_the_next_one_goes_on() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let walk = Walk::new(&server, folder.path(), "lost", json!({})).await;
    let fault = json!({ "operation": "check_transaction", "drop": true, "skip": 5 });
    assert_eq!(post(server.at("faults"), fault).await.0, 200);
    let (output, said) = walk.run(&[]).await;
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(&format!("error: no response from {}", server.url)), "{said}");
    let (output, said) = walk.run(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    walk.assert_nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_server_is_not_taken_for_a_refused_second_session() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let walk = Walk::new(&server, folder.path(), "failed", json!({})).await;
    let fault = json!({ "operation": "get_auth_key", "status": 503, "skip": 2 });
    assert_eq!(post(server.at("faults"), fault).await.0, 200);
    let (output, said) = walk.run(&["--without-phone"]).await;
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(with(&walk.report(), "not seen").contains(&"second_session".to_owned()));
    assert_every_session_is_ended(&server).await;
}

#[test]
fn an_environment_that_cannot_be_reached_is_named() {
    let folder = tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let output = at("http://127.0.0.1:9", &["verify", "--yes", "--no-input", "--output", folder]);
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("no connection to http://127.0.0.1:9"), "{}", stderr(&output));
    // Its report is of the simulator, and is not continued elsewhere.
    let sandbox =
        ["verify", "--environment", "sandbox", "--agent-id", "1", "--user-id", "1", "--output", folder];
    let output = paypos(&sandbox).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("verify.json: it is of another environment"), "{}", stderr(&output));
}

/// As `paypos verify | head -1` does.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_that_is_closed_ends_the_walk_and_leaves_nothing_open() {
    let (server, folder) = (Server::start(&["--phone", "approve"]), tempdir().unwrap());
    let reports = folder.path().to_str().unwrap();
    let mut command =
        paypos(&["verify", "--yes", "--no-input", "--simulator-url", &server.url, "--output", reports]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    // The deeplink could not be shown; what is started is named.
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(stderr(&output).contains("not reversed: PAYPOS-VERIFY-"), "{}", stderr(&output));
    assert_every_session_is_ended(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_walk_forgets_no_sale() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let walk = Walk::new(&server, folder.path(), "killed", json!({})).await;
    for at in ["Approve it", "If the phone", "Confirm"] {
        let (output, said) = walk.run_until(&[], Some((at, 9)), true).await;
        assert_eq!(output.status.code(), None, "{said}");
    }
    let (output, said) = walk.run(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    walk.assert_nothing_is_left().await;
}

#[test]
fn an_unknown_question_is_refused_and_the_known_ones_are_named() {
    let output = paypos(&["verify", "--only", "colour"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--only colour: expected one of amount_unit, "), "{}", stderr(&output));
}

#[test]
fn the_table_of_the_documents_readme_follows_from_the_questions() {
    let output = paypos(&["verify", "--questions"]).output().unwrap();
    let readme = include_str!("../../../openapi/README.md");
    assert!(readme.contains(stdout(&output).trim()), "expected in openapi/README.md:\n{}", stdout(&output));
}

#[test]
fn each_question_has_a_setting_of_the_simulator_if_a_verdict_or_a_callers_code_depends_on_it() {
    let output = paypos(&["verify", "--questions"]).output().unwrap();
    let ids = stdout(&output).lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    let is_set = |id: &&str| Behavior::QUESTIONS.iter().any(|(set, _)| set == id);
    let unset: Vec<_> = ids.filter(|id| !is_set(id)).collect();
    assert_eq!(
        unset,
        [
            "wrong_secret_key", "session_key", "expired_date", "retry_after", "http_version", "keep_alive",
            "tls", "success_code", "deeplink_url", "encryption_key", "changes", "sale_decision",
            "reversal_decision"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_phone_nothing_is_started_and_what_needs_one_is_not_seen() {
    let (server, folder) = (Server::start(&[]), tempdir().unwrap());
    let walk = Walk::new(&server, folder.path(), "alone", json!({})).await;
    let (output, said) = walk.run(&["--without-phone"]).await;
    assert_eq!(output.status.code(), Some(6), "{said}");
    let payments = get(server.at("payments")).await;
    assert_eq!(payments["payments"], json!([]));
    let unseen = with(&walk.report(), "not seen");
    assert!(
        unseen.contains(&"amount_unit".to_owned()) && !unseen.contains(&"ended_session".to_owned()),
        "{unseen:?}"
    );
    // One question, and what it depends on.
    let (output, said) = walk.run(&["--only", "second_reversal"]).await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    walk.assert_nothing_is_left().await;
    // What is paid for a question is reversed.
    let (output, said) = walk.run(&["--only", "amount_unit"]).await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    walk.assert_nothing_is_left().await;
    assert!(with(&walk.report(), "not seen").contains(&"after_decline".to_owned()));
}
