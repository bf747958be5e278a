//! `--record` and `paypos verify`: ordinary commands against the simulator, and what their recording says.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use futures::{StreamExt, stream};
use paypos_simulator::Behavior;
use serde_json::{Map, Value, json};
use tempfile::{TempDir, tempdir};

use crate::{Server, get, http, object, paypos, post, send, stderr, stdout, with_json};

/// A simulator, and a folder with the recording and the keys.
struct Till {
    server: Server,
    folder: TempDir,
    /// Where the commands send.
    url: String,
}

impl Till {
    async fn new(behavior: &Value) -> Self {
        let server = Server::start(&[]);
        let (status, told) = send(with_json(http().put(server.at("behavior")), behavior)).await;
        assert_eq!(status, 200, "{told}");
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("wrong.key"), "wrong-on-purpose").unwrap();
        Self { url: server.url.clone(), server, folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn recording(&self) -> String {
        fs::read_to_string(self.at("recording")).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = paypos(arguments);
        command.args(["--simulator-url", &self.url, "--json", "--record", "recording"]);
        command.current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.command(arguments).output().unwrap();
        (output.status.code(), object(&output))
    }

    /// Initiates a payment; returns its `payment_session_id`, and `None` if it was refused.
    fn initiate(&self, arguments: &[&str]) -> Option<String> {
        let (code, handoff) = self.run(arguments);
        (code == Some(0)).then(|| handoff["payment_session_id"].as_str().unwrap().to_owned())
    }

    fn check(&self, id: &str, kind: &[&str], key: &str) -> Value {
        self.run(&[&["check", id, "--amount", "1.00", "--session-key-file", key], kind].concat()).1
    }

    async fn decide(&self, id: &str, decision: &str) {
        post(self.server.at(&format!("payments/{id}/decide")), json!({ "decision": decision })).await;
    }

    /// The amount that the phone shows.
    async fn shown(&self, id: &str) -> String {
        let page = http().get(self.server.at(&format!("phone/{id}"))).header("accept-language", "en");
        let page = page.send().await.unwrap().text().await.unwrap();
        page.split("class=\"amount\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    }

    /// The `xact_id` of the sale that was paid last.
    async fn sold(&self) -> String {
        let sales = get(self.server.at("sales")).await;
        sales["sales"].as_array().unwrap().last().unwrap()["xact_id"].as_str().unwrap().to_owned()
    }

    /// Pays or reverses, with a look before the decision and several after it.
    async fn decided(&self, id: &str, kind: &[&str], key: &str, decisions: &[&str]) {
        self.check(id, kind, key);
        for decision in decisions {
            self.decide(id, decision).await;
            for _ in 0..4 {
                self.check(id, kind, key);
            }
        }
    }

    /// The script of cli/README.md.
    async fn script(&self) {
        let first = ["--session-key-file", "first.key"];
        self.run(&["session", "open", "--write-key", "first.key"]);
        self.run(&["session", "open", "--secret-key-file", "wrong.key"]);
        self.run(&["check", "wrong-on-purpose", "--sale", "--session-key-file", "first.key"]);
        let sale = |reference: &'static str, more: &[&'static str]| {
            self.initiate(&[&["sale", "1.00", "--reference-no", reference], &first[..], more].concat())
        };
        let one = sale("VERIFY-1", &[]).unwrap();
        let shown = self.shown(&one).await;
        self.run(&["check", &one, "--sale", "--amount", "1.00", "--shown", &shown, first[0], first[1]]);
        self.decided(&one, &["--sale"], "first.key", &["approve"]).await;
        let sold = self.sold().await;
        self.check(&one, &["--sale"], "wrong.key");
        let two = sale("VERIFY-2", &[]).unwrap();
        self.decided(&two, &["--sale"], "first.key", &["decline", "another-card"]).await;
        let second = self.sold().await;
        let three = sale("VERIFY-4", &["--add-commission", "true"]).unwrap();
        self.decided(&three, &["--sale"], "first.key", &["approve"]).await;
        let third = self.sold().await;
        let mut reversals = vec![(sold.clone(), "VERIFY-3"), (third, "VERIFY-6")];
        reversals.extend((second != sold).then_some((second, "VERIFY-7")));
        for (sale, reference) in &reversals {
            let id = self.initiate(
                &[&["reversal", sale, "--amount", "1.00", "--reference-no", reference], &first[..]].concat(),
            );
            self.decided(&id.unwrap(), &["--reversal-of", sale], "first.key", &["approve"]).await;
        }
        self.check(&one, &["--sale"], "first.key");
        self.initiate(
            &[&["reversal", &sold, "--amount", "1.00", "--reference-no", "VERIFY-5"], &first[..]].concat(),
        );
        // Last, as it may end the first.
        self.run(&["session", "open", "--write-key", "second.key"]);
        if self.at("second.key").exists() {
            self.check(&one, &["--sale"], "second.key");
        }
        self.check(&one, &["--sale"], "first.key");
        let last = if self.at("second.key").exists() { "second.key" } else { "first.key" };
        self.run(&["session", "end", "--session-key-file", last]);
        self.check(&one, &["--sale"], last);
    }

    fn verify(&self) -> (Option<i32>, Value) {
        verify(&self.at("recording"))
    }
}

fn verify(recording: &Path) -> (Option<i32>, Value) {
    let output = paypos(&["verify", recording.to_str().unwrap(), "--json"]).output().unwrap();
    (output.status.code(), object(&output))
}

/// The answers by question.
fn answers(report: &Value) -> Map<String, Value> {
    let all = report["questions"].as_array().unwrap_or_else(|| panic!("{report}")).iter();
    all.map(|one| (one["id"].as_str().unwrap().to_owned(), one["answer"].clone())).collect()
}

/// The ids with a result.
fn with(report: &Value, result: &str) -> Vec<String> {
    let all = report["questions"].as_array().unwrap().iter().filter(|question| question["result"] == result);
    all.map(|question| question["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn as_assumed_everything_is_seen_and_nothing_is_open() {
    let till = Till::new(&json!({})).await;
    till.script().await;
    let (code, report) = till.verify();
    assert_eq!(
        (code, &report["open"]),
        (Some(0), &json!([])),
        "not seen {:?}, differs {:?}",
        with(&report, "not seen"),
        with(&report, "differs")
    );
    assert_eq!(with(&report, "as assumed").len(), report["questions"].as_array().unwrap().len());
    let markdown =
        paypos(&["verify", "--markdown", till.at("recording").to_str().unwrap()]).output().unwrap();
    assert!(stdout(&markdown).contains("| `amount_unit` | "), "{markdown:?}");
    assert_eq!(fs::metadata(till.at("recording")).unwrap().permissions().mode() & 0o777, 0o600);
}

/// The answers for which something follows, by what the simulator is set to.
const DIFFER: [(&str, &[&str], &[&str]); 14] = [
    ("wrong_session", &["400", "200"], &["wrong_secret_key"]),
    ("ended_session", &["400", "200"], &[]),
    ("refusal_status", &["200"], &[]),
    ("other_session", &["refused"], &[]),
    ("second_session", &["the first has ended", "refused"], &[]),
    ("amount_unit", &["kurus"], &[]),
    ("listed_amount", &["hundredfold", "text with a comma"], &["sale_decision", "reversal_decision"]),
    ("commission", &["another"], &[]),
    ("property_types", &["text"], &["sale_decision", "reversal_decision"]),
    ("sale_reference", &["other"], &["sale_decision"]),
    ("sale_type", &["absent"], &[]),
    ("reversal_lists", &["sale"], &["reversal_decision"]),
    ("reversal_type", &["of a sale"], &["reversal_decision"]),
    ("reversal_reference", &["of the sale"], &["reversal_decision"]),
];

/// Returns what is wrong with the report of a script at a simulator that behaves so.
async fn wrong(behavior: Value) -> Option<String> {
    let till = Till::new(&behavior).await;
    till.script().await;
    let (code, report) = till.verify();
    let is = |id: &str, answers: &[&str]| answers.iter().any(|answer| behavior[id] == **answer);
    let mut expected: Vec<_> = DIFFER
        .iter()
        .filter(|(id, answers, _)| is(id, answers))
        .flat_map(|(id, _, more)| [&[*id][..], more].concat())
        .map(str::to_owned)
        .collect();
    expected.extend(is("second_reversal", &["accepted"]).then(|| "second_reversal".to_owned()));
    expected.sort();
    expected.dedup();
    let mut differs = with(&report, "differs");
    differs.sort();
    let seen = answers(&report);
    let other: Vec<_> =
        behavior.as_object().unwrap().iter().filter(|(id, answer)| seen.get(*id) != Some(*answer)).collect();
    let unseen = with(&report, "not seen");
    let is_right = differs == expected && other.is_empty() && with(&report, "unforeseen").is_empty();
    (!is_right).then(|| format!("{behavior}: {code:?}, differs {differs:?}, expected {expected:?}, other {other:?}, unseen {unseen:?}, open {}", report["open"]))
}

/// What cannot be seen: whether a session can be paid later, when the phone was asked, and what has no question.
const UNSEEN: [&str; 3] = ["after_decline", "appears", "same_reference"];

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_is_read_as_it_is_and_named_if_something_follows() {
    let all = Behavior::QUESTIONS.iter().filter(|(id, _)| !UNSEEN.contains(id));
    let all = all.flat_map(|(id, answers)| answers.iter().map(move |answer| json!({ *id: answer })));
    let wrong: Vec<_> = stream::iter(all.map(wrong)).buffer_unordered(2).collect().await;
    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Returns what is read as another answer than it was, and what is not seen.
async fn read_otherwise(behavior: Value) -> (Vec<String>, Vec<String>) {
    let till = Till::new(&behavior).await;
    till.script().await;
    let (_, report) = till.verify();
    let seen = answers(&report);
    let (mut otherwise, mut unseen) = (Vec::new(), Vec::new());
    for (id, answer) in behavior.as_object().unwrap().iter().filter(|(id, _)| !UNSEEN.contains(&id.as_str()))
    {
        match seen.get(id) {
            Some(read) if read == answer => {}
            Some(Value::Null) => unseen.push(format!("{id} in {behavior}")),
            read => otherwise.push(format!("{id} is read as {read:?} in {behavior}")),
        }
    }
    otherwise.extend(
        with(&report, "unforeseen").into_iter().map(|id| format!("{id} is unforeseen in {behavior}")),
    );
    (otherwise, unseen)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_misread_in_any_combination() {
    let seed = env::var("PAYPOS_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("PAYPOS_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut any = |_| {
        let all = Behavior::QUESTIONS.iter();
        let all = all.map(|(id, answers)| ((*id).to_owned(), json!(random.choice(*answers).unwrap())));
        Value::Object(all.collect())
    };
    // `.ci/run --all` tries 200.
    let count = env::var("PAYPOS_COMBINATIONS").map_or(30, |count| count.parse().unwrap());
    let all: Vec<_> = (0..count).map(&mut any).collect();
    let (mut otherwise, mut unseen) = (Vec::new(), Vec::new());
    let mut read = stream::iter(all.into_iter().map(read_otherwise)).buffer_unordered(2);
    while let Some((wrong, none)) = read.next().await {
        otherwise.extend(wrong);
        unseen.extend(none);
    }
    for one in &unseen {
        println!("{one}");
    }
    assert!(otherwise.is_empty(), "{} of them:\n{}", otherwise.len(), otherwise.join("\n"));
}

/// What is no word of Paynet's, in the place of what would answer a question.
#[tokio::test(flavor = "multi_thread")]
async fn errors_of_gateways_answer_no_question() {
    let faults = [
        json!({ "status": 429 }),
        json!({ "status": 503, "headers": { "Retry-After": "1" } }),
        json!({ "status": 500, "body": "<html>an error of a gateway</html>", "headers": { "Content-Type": "text/html" } }),
        json!({ "status": 403, "body": "<html>blocked</html>", "headers": { "Content-Type": "text/html" } }),
        json!({ "drop": true, "when": "before" }),
    ];
    for fault in faults {
        let till = Till::new(&json!({})).await;
        let inject = async |operation: &str| {
            let mut fault = fault.clone();
            fault["operation"] = json!(operation);
            assert_eq!(post(till.server.at("faults"), fault).await.0, 200);
        };
        let key = ["--session-key-file", "first.key"];
        till.run(&["session", "open", "--write-key", "first.key"]);
        // Wrong keys.
        inject("get_auth_key").await;
        till.run(&["session", "open", "--secret-key-file", "wrong.key"]);
        let id =
            till.initiate(&[&["sale", "1.00", "--reference-no", "VERIFY-1"], &key[..]].concat()).unwrap();
        inject("check_transaction").await;
        till.check(&id, &["--sale"], "wrong.key");
        // Before the decision, and among the checks after it.
        inject("check_transaction").await;
        till.check(&id, &["--sale"], "first.key");
        till.decide(&id, "approve").await;
        till.check(&id, &["--sale"], "first.key");
        inject("check_transaction").await;
        till.check(&id, &["--sale"], "first.key");
        till.check(&id, &["--sale"], "first.key");
        // A second session, and another session.
        inject("get_auth_key").await;
        till.run(&["session", "open"]);
        till.run(&["session", "open", "--write-key", "second.key"]);
        for key in ["first.key", "second.key"] {
            inject("check_transaction").await;
            till.check(&id, &["--sale"], key);
        }
        // A second reversal.
        let sold = till.sold().await;
        let reversal = ["reversal", &sold, "--amount", "1.00", "--session-key-file", "first.key"];
        let reversed = till.initiate(&reversal).unwrap();
        till.decide(&reversed, "approve").await;
        till.check(&reversed, &["--reversal-of", &sold], "first.key");
        inject("init_reversal_transaction").await;
        till.run(&reversal);
        // An ended session.
        till.run(&["session", "end", "--session-key-file", "first.key"]);
        inject("check_transaction").await;
        till.check(&id, &["--sale"], "first.key");
        let (_, report) = till.verify();
        let seen = answers(&report);
        for id in [
            "wrong_secret_key", "wrong_session", "before_decision", "other_session", "second_reversal",
            "ended_session", "retry_after", "refusal_form", "refusal_status",
        ] {
            assert_eq!(seen[id], Value::Null, "{fault}: {id}");
        }
        assert_eq!(
            (&seen["changes"], &seen["second_session"]),
            (&json!("no"), &json!("both are open")),
            "{fault}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sessions_empty_list_and_an_id_that_is_written_anew_answer_nothing() {
    let till = Till::new(&json!({})).await;
    till.run(&["session", "open", "--write-key", "first.key"]);
    till.run(&["session", "open", "--write-key", "second.key"]);
    let id = till
        .initiate(&["sale", "1.00", "--reference-no", "VERIFY-1", "--session-key-file", "first.key"])
        .unwrap();
    till.decided(&id, &["--sale"], "first.key", &["approve"]).await;
    // As a Paynet that hides it would answer.
    let empty = json!({ "operation": "check_transaction", "status": 200, "body": r#"{"code":0,"Data":[]}"# });
    assert_eq!(post(till.server.at("faults"), empty).await.0, 200);
    till.check(&id, &["--sale"], "second.key");
    let seen = answers(&till.verify().1);
    assert_eq!((&seen["other_session"], &seen["changes"]), (&Value::Null, &json!("no")));
    let anew = json!({ "properties": { "xact_id": "another-way-to-write-it" } });
    let set = http().patch(till.server.at(&format!("payments/{id}/transactions")));
    assert_eq!(send(with_json(set, &anew)).await.0, 200);
    till.check(&id, &["--sale"], "first.key");
    assert_eq!(answers(&till.verify().1)["changes"], "no");
    let other = json!({ "properties": { "bank_id": "Garanti" } });
    let set = http().patch(till.server.at(&format!("payments/{id}/transactions")));
    assert_eq!(send(with_json(set, &other)).await.0, 200);
    till.check(&id, &["--sale"], "first.key");
    assert_eq!(answers(&till.verify().1)["changes"], "yes");
}

/// First of all, what may have moved money.
#[tokio::test(flavor = "multi_thread")]
async fn open_payments_are_listed_with_the_command_that_settles_them() {
    let till = Till::new(&json!({})).await;
    till.run(&["session", "open", "--write-key", "first.key"]);
    let key = ["--session-key-file", "first.key"];
    let sale =
        |reference: &str| till.initiate(&[&["sale", "1.00", "--reference-no", reference], &key[..]].concat());
    let open = || till.verify().1["open"].clone();
    let paid = sale("PAID-1").unwrap();
    assert!(open()[0]["what"].as_str().unwrap().contains("PAID-1 is not decided"), "{}", open());
    assert_eq!(till.verify().0, Some(6));
    till.decide(&paid, "approve").await;
    till.check(&paid, &["--sale"], "first.key");
    assert!(open()[0]["what"].as_str().unwrap().contains("PAID-1 is paid and not reversed"), "{}", open());
    // The command is typed as it is printed, with the key.
    let next = open()[0]["next"].as_str().unwrap().to_owned();
    let words: Vec<_> = next.split(' ').skip(1).filter(|word| *word != "--wait").collect();
    let words: Vec<_> = words.split(|word| *word == "--record").next().unwrap().to_vec();
    let reversal = till.initiate(&[&words[..], &key[..]].concat()).unwrap();
    let begun = open()[0].clone();
    assert!(begun["what"].as_str().unwrap().contains("its reversal was begun"), "{begun}");
    assert!(begun["next"].as_str().unwrap().contains(&format!("check {reversal} --reversal-of")), "{begun}");
    till.decide(&reversal, "approve").await;
    let sold = till.sold().await;
    till.check(&reversal, &["--reversal-of", &sold], "first.key");
    assert_eq!(open(), json!([]));

    let declined = sale("DECLINED-1").unwrap();
    till.decide(&declined, "decline").await;
    till.check(&declined, &["--sale"], "first.key");
    assert!(
        open()[0]["what"].as_str().unwrap().contains("another card may have paid it since"),
        "{}",
        open()
    );
    let lost = json!({ "operation": "init_sale_transaction", "drop": true });
    assert_eq!(post(till.server.at("faults"), lost).await.0, 200);
    assert_eq!(sale("LOST-1"), None);
    assert!(open()[1]["what"].as_str().unwrap().contains("the sale LOST-1 was begun"), "{}", open());
    // Another sale with the same reference does not answer for it, nor does a page of a gateway.
    assert!(sale("LOST-1").is_some());
    let gateway =
        json!({ "operation": "init_sale_transaction", "status": 400, "body": "{\"error\":\"blocked\"}" });
    assert_eq!(post(till.server.at("faults"), gateway).await.0, 200);
    assert_eq!(sale("BLOCKED-1"), None);
    let all = open().to_string();
    assert!(all.contains("LOST-1 was begun") && all.contains("LOST-1 is not decided"), "{all}");
    assert!(all.contains("BLOCKED-1 was begun"), "{all}");
    // Nor does a refusal that the library does not take for one, as it has an id.
    let odd = json!({ "operation": "init_sale_transaction", "status": 400,
        "body": "{\"object_name\":\"x\",\"code\":7,\"message\":\"no\",\"payment_session_id\":\"odd-1\"}" });
    assert_eq!(post(till.server.at("faults"), odd).await.0, 200);
    assert_eq!(sale("ODD-1"), None);
    assert!(open().to_string().contains("ODD-1 was begun"));
    // What Paynet refused, or what was never sent, is not open.
    let refused = json!({ "operation": "init_sale_transaction", "status": 400,
        "body": "{\"object_name\":\"x\",\"code\":7,\"message\":\"no\"}" });
    assert_eq!(post(till.server.at("faults"), refused).await.0, 200);
    assert_eq!(sale("REFUSED-1"), None);
    assert!(!open().to_string().contains("REFUSED-1"));
    let invalid = ["sale", "1.00", "--reference-no", "INVALID-1", "--callback-url", "javascript:x"];
    assert_eq!(till.initiate(&[&invalid[..], &key[..]].concat()), None);
    assert!(!open().to_string().contains("INVALID-1"));
}

/// A Paynet that writes an id anew in each list, and one whose ids cannot be kept.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_written_anew_is_one_sale_and_one_that_cannot_be_kept_is_none() {
    let till = Till::new(&json!({})).await;
    let key = ["--session-key-file", "first.key"];
    till.run(&["session", "open", "--write-key", "first.key"]);
    let id = till.initiate(&[&["sale", "1.00"], &key[..]].concat()).unwrap();
    till.decide(&id, "approve").await;
    till.check(&id, &["--sale"], "first.key");
    let sold = till.sold().await;
    let set = async |xact_id: &str| {
        let set = http().patch(till.server.at(&format!("payments/{id}/transactions")));
        let set = with_json(set, &json!({ "properties": { "xact_id": xact_id } }));
        assert_eq!(send(set).await.0, 200);
        till.check(&id, &["--sale"], "first.key");
    };
    set("written-anew").await;
    assert_eq!(till.verify().1["open"].as_array().unwrap().len(), 1, "{}", till.verify().1["open"]);
    let reversal = till.initiate(&[&["reversal", &sold, "--amount", "1.00"], &key[..]].concat()).unwrap();
    let begun = till.verify().1["open"].clone();
    assert!(begun[0]["next"].as_str().unwrap().contains(&format!("check {reversal}")), "{begun}");
    till.decide(&reversal, "approve").await;
    till.check(&reversal, &["--reversal-of", &sold], "first.key");
    assert_eq!(till.verify().1["open"], json!([]));

    let till = Till::new(&json!({})).await;
    till.run(&["session", "open", "--write-key", "first.key"]);
    let id = till.initiate(&[&["sale", "1.00"], &key[..]].concat()).unwrap();
    till.decide(&id, "approve").await;
    let set = http().patch(till.server.at(&format!("payments/{id}/transactions")));
    let unkeepable = json!({ "properties": { "xact_id": "with blanks and ş" } });
    assert_eq!(send(with_json(set, &unkeepable)).await.0, 200);
    till.check(&id, &["--sale"], "first.key");
    let open = till.verify().1["open"].to_string();
    assert!(open.contains("reverse it in Paynet's panel") && !open.contains("paypos reversal"), "{open}");
}

/// A wrong key before the decision, answers that contradict one another, and a clock that is set back.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_of_its_own_question_and_a_contradiction_is_shown() {
    let till = Till::new(&json!({ "wrong_session": "400" })).await;
    till.run(&["session", "open", "--write-key", "first.key"]);
    let sale = ["sale", "1.00", "--reference-no", "VERIFY-1", "--session-key-file", "first.key"];
    let id = till.initiate(&sale).unwrap();
    till.check(&id, &["--sale"], "wrong.key");
    till.decided(&id, &["--sale"], "first.key", &["approve"]).await;
    assert_eq!(answers(&till.verify().1)["before_decision"], "empty list");
    let other = json!({ "wrong_session": "401" });
    assert_eq!(send(with_json(http().put(till.server.at("behavior")), &other)).await.0, 200);
    till.check(&id, &["--sale"], "wrong.key");
    let (_, report) = till.verify();
    assert_eq!(answers(&report)["wrong_session"], "400, then 401");
    assert_eq!(with(&report, "differs"), ["wrong_session"]);
    let like = Server::start(&["--like", till.at("recording").to_str().unwrap()]);
    assert_eq!(get(like.at("behavior")).await["wrong_session"], "401", "as assumed, and as neither of them");
    // Places count, and not times.
    let of = |report: &Value| (answers(report), report["open"].clone());
    let back = till.recording().replace("\"at\":\"20", "\"at\":\"19");
    let mut lines: Vec<_> = till.recording().lines().map(str::to_owned).collect();
    for (line, back) in lines.iter_mut().zip(back.lines()).skip(4) {
        back.clone_into(line);
    }
    fs::write(till.at("recording"), lines.join("\n") + "\n").unwrap();
    assert_eq!(of(&till.verify().1), of(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_recording_answers_less_and_nothing_different() {
    let till = Till::new(&json!({})).await;
    till.script().await;
    let whole = fs::read(till.at("recording")).unwrap();
    let of_whole = answers(&till.verify().1);
    let header = whole.iter().position(|byte| *byte == b'\n').unwrap();
    // Every line at its end, a byte before and after it, and many places within lines.
    let ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    for cut in ends.flat_map(|at| [at - 1, at, at + 1]).chain((0..whole.len()).step_by(211)) {
        let path = till.at("cut");
        fs::write(&path, &whole[..cut]).unwrap();
        let (code, report) = verify(&path);
        if cut < header {
            assert!(
                code == Some(2) && report["error"].as_str().unwrap().contains("is no recording"),
                "{cut}: {report}"
            );
            continue;
        }
        for (id, answer) in answers(&report) {
            assert!(
                answer.is_null() || answer == of_whole[&id],
                "{cut}: {id} is {answer}, and not {}",
                of_whole[&id]
            );
        }
    }
    // What comes after a line that was cut is read.
    fs::write(till.at("recording"), &whole[..whole.len() - 10]).unwrap();
    assert_eq!(till.verify().1["unreadable_lines"], 1);
    let commands = || till.recording().lines().filter(|line| line.starts_with("{\"command\"")).count();
    let before = commands();
    till.run(&["check", "wrong-on-purpose", "--sale", "--session-key-file", "wrong.key"]);
    assert_eq!(commands(), before + 1, "it is a line of its own");
    assert_eq!(till.verify().1["unreadable_lines"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_of_one_environment_and_one_dealer_and_never_taken_for_none() {
    let till = Till::new(&json!({})).await;
    till.run(&["session", "open", "--write-key", "first.key"]);
    let before = till.recording();
    let refused = |arguments: &[&str], says: &str| {
        let output = till.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(object(&output)["error"].as_str().unwrap().contains(says), "{output:?}");
    };
    for (name, key) in [("other.key", "sck_another"), ("other.session", "mbl_another")] {
        fs::write(till.at(name), key).unwrap();
    }
    refused(
        &["session", "open", "--secret-key-file", "other.key"],
        "none of the dealer whose recording it is",
    );
    refused(
        &["sale", "1.00", "--session-key-file", "other.session"],
        "none of the dealer whose recording it is",
    );
    refused(&["check", "x", "--sale", "--session-key-file", "other.session"], "none of the dealer");
    let other = Server::start(&[]);
    let output = paypos(&["sale", "1.00", "--json", "--record", till.at("recording").to_str().unwrap()])
        .args(["--simulator-url", &other.url])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(object(&output)["error"].as_str().unwrap().contains("it is of simulator"), "{output:?}");
    assert_eq!(till.recording(), before, "nothing of it is in the recording");
    let sent = get(till.server.at("requests")).await["requests"].as_array().unwrap().len();
    assert_eq!(sent, 1, "nothing was sent");
    // A file of something else, and one that cannot be read or written.
    fs::write(till.at("diary"), "dear diary\n").unwrap();
    for (path, says) in [("diary", "it is no recording"), (".", "cannot be"), ("none/x", "cannot be")] {
        let output = paypos(&["sale", "1.00", "--json", "--record", till.at(path).to_str().unwrap()])
            .args(["--simulator-url", &till.url])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(object(&output)["error"].as_str().unwrap().contains(says), "{output:?}");
        let output = paypos(&["verify", till.at(path).to_str().unwrap()]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}: {output:?}");
    }
    assert_eq!(fs::read_to_string(till.at("diary")).unwrap(), "dear diary\n");
    assert_eq!(get(till.server.at("payments")).await["payments"], json!([]));
}

/// A disk that is full before something is sent, and while it is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_reported_and_hides_nothing_obtained() {
    let till = Till::new(&json!({})).await;
    till.run(&["session", "open", "--write-key", "first.key"]);
    let size = fs::metadata(till.at("recording")).unwrap().len();
    let limited = |bytes: u64| {
        let program = env!("CARGO_BIN_EXE_paypos");
        let line = format!(
            "trap '' XFSZ; exec prlimit --fsize={bytes} {program} sale 1.00 --reference-no R-1 --json \
             --session-key-file first.key --simulator-url {} --record recording",
            till.url
        );
        Command::new("sh").args(["-c", &line]).current_dir(till.folder.path()).output().unwrap()
    };
    let output = limited(size);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(object(&output)["error"].as_str().unwrap().ends_with("nothing was sent"), "{output:?}");
    assert_eq!(get(till.server.at("payments")).await["payments"], json!([]));
    let size = fs::metadata(till.at("recording")).unwrap().len();
    let output = limited(size + 250);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(stdout(&output).contains("payment_session_id"), "{output:?}");
    assert!(
        object(&output)["error"].as_str().unwrap().contains("what came after is not in it"),
        "{output:?}"
    );
    // The sale that is not in it is named.
    let (_, report) = till.verify();
    assert!(report["open"].to_string().contains("the sale R-1 was begun"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commands_at_once_lose_no_line_and_a_killed_one_leaves_what_it_had() {
    let till = Till::new(&json!({})).await;
    let children: Vec<_> =
        (0..8).map(|_| till.command(&["session", "open"]).stdout(Stdio::null()).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let lines = till.recording().lines().count();
    assert_eq!((lines, &till.verify().1["unreadable_lines"]), (1 + 2 * 8, &json!(0)));

    till.run(&["session", "open", "--write-key", "first.key"]);
    let sale = ["sale", "1.00", "--reference-no", "KILLED-1", "--session-key-file", "first.key", "--wait"];
    let mut child = till.command(&sale).stdout(Stdio::piped()).spawn().unwrap();
    let mut handoff = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut handoff).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let open = till.verify().1["open"].to_string();
    assert!(open.contains("KILLED-1 is not decided"), "{open}");
}

const CANARY: &str = "CANARYXYZZY";

/// Passes requests on, and adds the canary to every text and name of a response, and to its headers.
async fn with_canaries(server: &str) -> String {
    let to = server.to_owned();
    let app = axum::Router::new().fallback(move |request: axum::extract::Request| {
        let to = to.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let mut headers = parts.headers;
            headers.remove("host");
            let sent = http().request(parts.method, format!("{to}{}", parts.uri.path())).headers(headers);
            let response = sent.body(body).send().await.unwrap();
            let status = response.status();
            let mut body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            mark(&mut body);
            body["customer"] =
                json!({ "name": CANARY, "list": [CANARY], "number": 4_111_111_111_111_111_i64 });
            body[format!("4111-{CANARY}")] = json!(1);
            let headers =
                [("content-type", "application/json"), ("x-request-id", CANARY), ("connection", "close")];
            (status, headers, body.to_string())
        }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// Adds the canary to each text but the ids and references that a reversal needs, and the keys, which are used again.
fn mark(value: &mut Value) {
    let plain = ["payment_session_id", "xact_id", "agent_reference", "session_key"];
    match value {
        Value::Object(members) => {
            members
                .iter_mut()
                .filter(|(name, _)| !plain.contains(&name.as_str()))
                .for_each(|(_, value)| mark(value));
        }
        Value::Array(items) => items.iter_mut().for_each(mark),
        Value::String(text) => *text = format!("{CANARY}-{text}-{CANARY}"),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_nothing_personal_is_in_the_recording_or_on_the_terminal() {
    let mut till = Till::new(&json!({})).await;
    till.url = with_canaries(&till.server.url).await;
    till.script().await;
    let personal = ["--card-holder-mail", CANARY, "--card-holder-phone", CANARY, "--description", CANARY];
    till.run(&[&["sale", "1.00", "--session-key-file", "first.key"], &personal[..]].concat());
    let key = fs::read_to_string(till.at("first.key")).unwrap();
    let recording = till.at("recording");
    let mut shown = till.recording();
    for arguments in [&["verify"][..], &["verify", "--markdown"], &["verify", "--json"]] {
        let output = paypos(&[arguments, &[recording.to_str().unwrap()]].concat()).output().unwrap();
        shown += stdout(&output);
        shown += stderr(&output);
    }
    assert!(shown.contains("undocumented") && shown.contains("letters"), "it saw them");
    // No salt or digest has one of them by chance.
    for secret in [CANARY, key.trim(), "sck_simulator", "41111111", "589004**"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

/// Passes requests on, but for a sale, whose response is cut.
fn cutting_sales(server: &str) -> String {
    let to = server.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"}") {
                let read = client.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            let text = String::from_utf8(request).unwrap();
            if text.contains("init_sale_transaction") {
                let body = r#"{"payment_session_id":"cut-1","deeplink_url":"paypos"#;
                write!(client, "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{body}").unwrap();
                continue;
            }
            let mut server = TcpStream::connect(&to).unwrap();
            write!(server, "{}", text.replacen("\r\n", "\r\nconnection: close\r\n", 1)).unwrap();
            std::io::copy(&mut server, &mut client).unwrap();
        }
    });
    url
}

/// A recorder hides nothing from the library.
#[tokio::test(flavor = "multi_thread")]
async fn the_id_in_a_response_that_was_cut_is_printed_with_a_recording_too() {
    let mut till = Till::new(&json!({})).await;
    till.url = cutting_sales(&till.server.url);
    till.run(&["session", "open", "--write-key", "first.key"]);
    let (code, failed) =
        till.run(&["sale", "1.00", "--reference-no", "CUT-1", "--session-key-file", "first.key"]);
    assert_eq!((code, &failed["payment_session_id"]), (Some(3), &json!("cut-1")), "{failed}");
    let open = till.verify().1["open"].to_string();
    assert!(open.contains("the sale CUT-1 was begun"), "{open}");
}

/// The recorder is for the command alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_passes_on_nothing_of_another_program() {
    let till = Till::new(&json!({})).await;
    till.run(&["session", "open", "--write-key", "first.key"]);
    let sale = ["sale", "1.00", "--session-key-file", "first.key", "--wait", "--timeout", "20s"];
    let mut child = till.command(&sale).stdout(Stdio::null()).spawn().unwrap();
    // Where it listens, as any program of this machine can find out.
    let mut ports = Vec::new();
    while ports.is_empty() {
        let table = fs::read_to_string(format!("/proc/{}/net/tcp", child.id())).unwrap();
        let inodes: Vec<_> = fs::read_dir(format!("/proc/{}/fd", child.id()))
            .unwrap()
            .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
            .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
            .collect();
        for line in table.lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            if fields[3] == "0A" && inodes.iter().any(|inode| inode == fields[9]) {
                ports.push(u16::from_str_radix(fields[1].split(':').nth(1).unwrap(), 16).unwrap());
            }
        }
    }
    let requests = get(till.server.at("requests")).await["requests"].as_array().unwrap().len();
    for path in ["/v1/softpos/init_sale_transaction", "//v1/softpos/init_sale_transaction", "/"] {
        let stranger = http().post(format!("http://127.0.0.1:{}{path}", ports[0])).body("{}");
        assert_eq!(stranger.send().await.unwrap().status(), 404, "{path}");
    }
    let seen = get(till.server.at("requests")).await;
    let after = &seen["requests"].as_array().unwrap()[requests..];
    assert!(after.iter().all(|one| one["status"] == 200), "only the command's own: {after:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulator_behaves_like_what_was_seen() {
    let behavior = json!({ "ended_session": "400", "amount_unit": "kurus", "before_decision": "null" });
    let till = Till::new(&behavior).await;
    till.script().await;
    let like = Server::start(&["--like", till.at("recording").to_str().unwrap()]);
    let behaves = get(like.at("behavior")).await;
    for (id, answer) in behavior.as_object().unwrap() {
        assert_eq!(behaves[id], *answer, "{id}");
    }
}

#[test]
fn the_table_of_the_documentation_follows_from_the_questions() {
    let output = paypos(&["verify", "--questions"]).output().unwrap();
    let written = include_str!("../../../docs/QUESTIONS.md");
    assert!(written.contains(stdout(&output).trim()), "expected in docs/QUESTIONS.md:\n{}", stdout(&output));
}

#[test]
fn each_setting_of_the_simulator_has_a_question_or_cannot_be_seen() {
    let output = paypos(&["verify", "--questions"]).output().unwrap();
    let is_asked = |id: &str| stdout(&output).contains(&format!("| `{id}` |"));
    let unasked: Vec<_> = Behavior::QUESTIONS.iter().map(|(id, _)| *id).filter(|id| !is_asked(id)).collect();
    assert_eq!(unasked, ["appears", "same_reference"], "each other has a question in questions.toml");
}
