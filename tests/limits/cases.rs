//! Runs the cases of `tests/cases`: what must come of a response. Each is also run with its text escaped, behind a byte
//! order mark and in UTF-16, and cut at every byte. Its README has the format.

use std::{env, fs, panic::AssertUnwindSafe, path::Path};

use futures::{FutureExt, future::join_all};
use paypos::{
    Client, Decimal, Decision, Environment, Error, PaymentSession, Session, SessionKey,
    types::InitSaleRequest,
};
use serde_json::Value;

use crate::support::{
    canary::{ENCRYPTION_KEY, KEY, TEXT, printed},
    server::{Server, reply, reply_and_keep},
};

/// How many clients run cases at the same time.
const CLIENTS: usize = 8;

struct Case {
    name: String,
    /// The lines before the response: `key: value`.
    lines: Vec<(String, String)>,
    head: String,
    body: Vec<u8>,
}

/// What came of a response.
#[derive(Debug, PartialEq)]
struct Seen {
    kind: Option<&'static str>,
    outcome: Option<&'static str>,
    decision: Option<&'static str>,
    id: Option<String>,
    transactions: usize,
    /// All that can be printed of it.
    printed: String,
}

impl Case {
    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
        let mut all: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
            .map(|path| {
                Self::read(path.file_stem().unwrap().to_str().unwrap().to_owned(), &fs::read(path).unwrap())
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(all.len() > 300, "{}", all.len());
        if let Ok(begins) = env::var("PAYPOS_CASE") {
            all.retain(|case| case.name.starts_with(&begins));
            assert!(!all.is_empty(), "no case begins with {begins}");
        }
        all
    }

    fn read(name: String, bytes: &[u8]) -> Self {
        let end = |bytes: &[u8], from: usize| {
            bytes[from..].windows(2).position(|two| two == b"\n\n").map(|at| from + at).unwrap()
        };
        let head_at = end(bytes, 0) + 2;
        let body_at = end(bytes, head_at) + 2;
        let lines = str::from_utf8(&bytes[..head_at]).unwrap().lines();
        let lines = lines.filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{name}: {line}"));
            assert!(
                [
                    "asked", "call", "decision", "kind", "outcome", "id", "part", "words", "unsaid",
                    "statuses", "transactions"
                ]
                .contains(&key),
                "{name}: {key}"
            );
            (key.to_owned(), value.to_owned())
        });
        let lines = lines.collect();
        let head = str::from_utf8(&bytes[head_at..body_at - 2]).unwrap().to_owned();
        let body = bytes[body_at..].strip_suffix(b"\n").unwrap().to_vec();
        Self { name, lines, head, body }
    }

    fn line(&self, key: &str) -> Option<&str> {
        self.lines.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    fn asked(&self) -> Option<PaymentSession> {
        self.line("asked").map(|json| serde_json::from_str(json).unwrap())
    }

    /// The response with this status and body, of which `length` bytes are announced.
    fn response(&self, status: Option<&str>, body: &[u8], length: usize) -> Vec<u8> {
        let mut head = self.head.replace('\n', "\r\n");
        if let Some(status) = status {
            head.replace_range(9..12, status);
        }
        [format!("{head}\r\ncontent-length: {length}\r\n\r\n").as_bytes(), body].concat()
    }

    fn statuses(&self) -> Vec<Option<&str>> {
        self.line("statuses").map_or(vec![None], |statuses| statuses.split(' ').map(Some).collect())
    }

    fn is_json(&self) -> bool {
        serde_json::from_slice::<Value>(&self.body).is_ok_and(|json| json.is_object())
    }

    /// Asserts what the case expects.
    fn assert(&self, seen: &Seen, how: &str) {
        let name = format!("{} {how}", self.name);
        for (key, found) in [("kind", seen.kind), ("outcome", seen.outcome), ("decision", seen.decision)] {
            assert_eq!(found, self.line(key), "{name}: {key} of {seen:?}");
        }
        if let Some(id) = self.line("id") {
            assert_eq!(seen.id.as_deref().unwrap_or("none"), id, "{name}: {seen:?}");
        }
        if let Some(transactions) = self.line("transactions") {
            assert_eq!(seen.transactions.to_string(), transactions, "{name}: {seen:?}");
        }
        for (_, words) in self.lines.iter().filter(|(key, _)| key == "words") {
            assert!(seen.printed.contains(words.as_str()), "{name}: {words}: {seen:?}");
        }
        for (_, unsaid) in self.lines.iter().filter(|(key, _)| key == "unsaid") {
            assert!(!seen.printed.contains(unsaid.as_str()), "{name}: {unsaid}: {seen:?}");
        }
        assert_clean(seen, &name);
    }

    /// Asserts that a part of the response, or what cannot be read of it, decides nothing and names no other id.
    fn assert_undecided(&self, seen: &Seen, how: &str) {
        let name = format!("{} {how}", self.name);
        assert!(matches!(seen.decision, None | Some("pending")), "{name}: {seen:?}");
        assert!(seen.decision.is_some() || seen.outcome == Some("Unknown"), "{name}: {seen:?}");
        // Of a part, an id may be certain that the whole contradicts.
        let ids = [None, self.line("id"), self.line("part")];
        assert!(ids.contains(&seen.id.as_deref()), "{name}: {seen:?}");
        assert_clean(seen, &name);
    }
}

/// Asserts that nothing of the response's text is printed.
fn assert_clean(seen: &Seen, name: &str) {
    for canary in [KEY, ENCRYPTION_KEY, TEXT] {
        assert!(!seen.printed.contains(canary), "{name}: {seen:?}");
    }
}

/// A server and a client that runs cases, one after another.
struct Runner {
    server: Server,
    client: Client,
}

impl Runner {
    async fn new() -> Self {
        let server = Server::plain().await;
        let client = Client::builder(Environment::Sandbox).base_url(server.http()).build().unwrap();
        Self { server, client }
    }

    async fn run(&self, case: &Case, response: Vec<u8>, is_whole: bool) -> Seen {
        self.server.next(if is_whole { reply_and_keep(response) } else { reply(response) });
        let session = self.client.session(SessionKey::new(KEY).unwrap());
        let posts = self.server.posts();
        let seen = if let Some(asked) = case.asked() {
            session.decision(&asked).await.map_or_else(|error| failed(&error), |decision| decided(&decision))
        } else {
            initiated(case, &session).await
        };
        assert_eq!(self.server.posts(), posts + 1, "{}: sent once", case.name);
        seen
    }
}

/// What comes of a sale, whose payment session says what was asked for, also in an error.
async fn initiated(case: &Case, session: &Session) -> Seen {
    assert_eq!(case.line("call"), Some("init_sale_transaction"), "{}", case.name);
    let request = InitSaleRequest::new(Decimal::new(14990, 2)).reference_no("ORDER-1042");
    let opened = session.init_sale_transaction(request).await;
    let obtained = match &opened {
        Ok(handoff) => Some(handoff.payment_session()),
        Err(error) => error.payment_session(),
    };
    if let Some(obtained) = obtained {
        let asked = (obtained.amount(), obtained.reference_no());
        assert_eq!(asked, (Some(Decimal::new(14990, 2)), Some("ORDER-1042")), "{}", case.name);
    }
    match &opened {
        Ok(handoff) => Seen {
            id: Some(handoff.payment_session().id().to_owned()),
            ..nothing(format!("{handoff:?} {handoff:#?}"))
        },
        Err(error) => failed(error),
    }
}

fn nothing(printed: String) -> Seen {
    Seen { kind: None, outcome: None, decision: None, id: None, transactions: 0, printed }
}

fn failed(error: &Error) -> Seen {
    Seen {
        kind: Some(error.kind().as_str()),
        outcome: Some(error.outcome().as_str()),
        id: error.payment_session().map(|obtained| obtained.id().to_owned()),
        ..nothing(printed(error))
    }
}

fn decided(decision: &Decision) -> Seen {
    let (name, text) = match decision {
        Decision::Succeeded(_) => ("succeeded", String::new()),
        Decision::Differs(difference) => {
            let text = difference.to_string();
            assert!(!text.is_empty() && format!("{difference:?}").contains(&text), "{difference:?}");
            ("differs", text)
        }
        Decision::Failed(_) => ("failed", String::new()),
        Decision::Pending => ("pending", String::new()),
    };
    Seen {
        decision: Some(name),
        transactions: decision.transactions().len(),
        ..nothing(format!("{text} {decision:?} {decision:#?}"))
    }
}

/// JSON with each character of its strings as an escape, as some servers write it.
fn escaped(json: &str) -> String {
    let (mut text, mut rest) = (String::new(), json);
    while let Some(at) = rest.find('"') {
        let mut strings = serde_json::Deserializer::from_str(&rest[at..]).into_iter::<String>();
        let string = strings.next().unwrap().unwrap();
        text.push_str(&rest[..at]);
        let units: Vec<_> = string.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        text.extend(["\"", &units.concat(), "\""]);
        rest = &rest[at + strings.byte_offset()..];
    }
    text + rest
}

/// Runs each case by one of several clients, and names those that fail.
async fn by_each(run: impl AsyncFn(&Runner, &Case)) {
    let all = Case::all();
    let clients = (0..CLIENTS).map(async |client| {
        let runner = Runner::new().await;
        let mut failed = Vec::new();
        for case in all.iter().skip(client).step_by(CLIENTS) {
            if AssertUnwindSafe(run(&runner, case)).catch_unwind().await.is_err() {
                failed.push(case.name.as_str());
            }
        }
        failed
    });
    let failed = join_all(clients).await.concat();
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn every_case_has_its_outcome() {
    by_each(async |runner, case| {
        for status in case.statuses() {
            let response = case.response(status, &case.body, case.body.len());
            let seen = runner.run(case, response, true).await;
            case.assert(&seen, status.unwrap_or_default());
        }
    })
    .await;
}

#[tokio::test]
async fn another_way_to_write_the_same_text_changes_nothing() {
    by_each(async |runner, case| {
        if !case.is_json() {
            return;
        }
        let text = String::from_utf8(case.body.clone()).unwrap();
        for (how, body) in [("escaped", escaped(&text)), ("behind a mark", format!("\u{feff}{text}"))] {
            let seen = runner.run(case, case.response(None, body.as_bytes(), body.len()), true).await;
            case.assert(&seen, how);
        }
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let seen = runner.run(case, case.response(None, &utf_16, utf_16.len()), true).await;
        case.assert_undecided(&seen, "in UTF-16");
    })
    .await;
}

#[tokio::test]
async fn a_response_that_is_cut_at_any_byte_decides_nothing() {
    by_each(async |runner, case| {
        for at in 0..case.body.len() {
            let part = &case.body[..at];
            // By the connection; or by the server, where what is left is no text of its own.
            let seen = runner.run(case, case.response(None, part, case.body.len()), false).await;
            case.assert_undecided(&seen, &format!("cut at {at}"));
            if case.is_json() && at > 0 {
                let seen = runner.run(case, case.response(None, part, at), true).await;
                case.assert_undecided(&seen, &format!("ended at {at}"));
            }
        }
    })
    .await;
}
