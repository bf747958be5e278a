//! What the server answers below `/_paypos/`: pages for people, and the same for machines.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use tokio::time::{Instant, timeout_at};
use url::form_urlencoded;

use super::{
    AGENT_ID, DEALER, MAX_DEALERS, PREFIX, Playground, Seed, SeedDealer, SeedSale, USER_ID, amount, guard,
    page, secret_key_of,
};
use crate::{
    Fault, PaymentSession, PaymentState, Policy, ReceivedRequest, Sale, Simulator,
    ledger::digits,
    phone::{self, Decision, Undecidable},
    state::State,
};

/// The most that is read of a body here.
const MAX_BODY: usize = 64 * 1024;
/// The longest that a decision or an answer may be put off.
const MAX_DELAY: Duration = Duration::from_secs(60 * 60);
const MAX_WAIT: Duration = Duration::from_secs(60);
const MAX_NAME: usize = 64;
/// How many levels of a body are shown.
const MAX_SHOWN_DEPTH: usize = 16;

/// Why a request is refused: the status, and what would be right.
type Refusal = (StatusCode, String);
type Answer = Result<Response<Bytes>, Refusal>;

fn bad(text: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, text.into())
}

pub(crate) async fn answer(playground: Arc<Playground>, request: Request<Bytes>) -> Response<Bytes> {
    let answered = route(&playground, &request).await;
    let mut response = answered.unwrap_or_else(|(status, text)| {
        let mut response = if page::is_wanted(&request) {
            html_of(page::problem(status, &text, page::prefers_turkish(&request)))
        } else {
            json_of(&json!({ "error": text }))
        };
        *response.status_mut() = status;
        response
    });
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-security-policy", page::POLICY),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn route(playground: &Playground, request: &Request<Bytes>) -> Answer {
    guard::check_site(request, playground.public_url.as_deref())
        .map_err(|problem| (StatusCode::FORBIDDEN, problem.to_owned()))?;
    if request.body().len() > MAX_BODY {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "a body here has 64 KiB at most".to_owned()));
    }
    let state = &playground.state;
    let query: HashMap<String, String> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let dealer = query.get("dealer").map_or(DEALER, String::as_str);
    let path = request.uri().path();
    let turkish = page::prefers_turkish(request);
    // hyper leaves the body out.
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    if method == Method::GET && matches!(path, "/" | PREFIX) {
        return Ok(see_other(format!("{PREFIX}/")));
    }
    if path == "/favicon.ico" {
        return Ok(Response::builder().status(StatusCode::NO_CONTENT).body(Bytes::new()).unwrap_or_default());
    }
    let path = path.strip_prefix(PREFIX).unwrap_or_default();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, segments.as_slice()) {
        (&Method::GET, ["health"]) => Ok(json_of(&json!({ "status": "ok" }))),
        (&Method::GET, [""]) => Ok(html_of(page::overview(state, dealer, turkish))),
        (&Method::GET, ["phone", id]) => phone_page(state, id, &query, turkish),
        (&Method::POST, ["phone", id]) => phone_form(playground, request, id),
        (&Method::GET, ["payments"]) => payments(state, dealer, query.get("state").map(String::as_str)),
        (&Method::POST, ["payments", id, "decide"]) => decide(playground, id, &body(request)?),
        (&Method::PUT, ["phone"]) => {
            let SetPhone { dealer, policy } = body(request)?;
            let dealer = known(playground, dealer)?;
            playground.state.phones().of_dealers.insert(dealer.clone(), policy);
            Ok(json_of(&json!({ "dealer": dealer })))
        }
        (&Method::GET, ["requests"]) => requests(state, dealer, &query).await,
        (&Method::POST, ["faults"]) => add_fault(playground, request),
        (&Method::GET, ["faults"]) => Ok(json_of(&faults(playground, dealer))),
        (&Method::DELETE, ["faults"]) => {
            for fault in faults(playground, dealer) {
                state.withdraw_fault(fault["number"].as_u64().unwrap_or_default());
            }
            Ok(json_of(&json!({ "dealer": dealer })))
        }
        (&Method::POST, ["dealers"]) => add_dealer(playground, body(request)?),
        (&Method::POST, ["sales"]) => {
            let NewSale { dealer, amount: json } = body(request)?;
            let dealer = known(playground, dealer)?;
            let amount =
                amount(&json).ok_or_else(|| bad("`amount` is not positive; give one such as 149.90"))?;
            let xact_id = state.add_sale(Some(&dealer), amount);
            Ok(json_of(&json!({ "dealer": dealer, "xact_id": xact_id })))
        }
        (&Method::POST, ["sessions", "expire"]) => {
            let dealer = known(playground, body::<OfDealer>(request)?.dealer)?;
            state.expire_sessions(&dealer);
            Ok(json_of(&json!({ "dealer": dealer })))
        }
        (&Method::POST, ["reset"]) => {
            let dealer = known(playground, body::<OfDealer>(request)?.dealer)?;
            playground.state.reset(&dealer);
            Ok(json_of(&json!({ "dealer": dealer })))
        }
        (&Method::GET, ["state"]) => Ok(json_of(&seed(state, query.get("dealer")))),
        _ => {
            Err((StatusCode::NOT_FOUND, "there is nothing here; see the README for what there is".to_owned()))
        }
    }
}

/// Reads a body of JSON, which a form of another site cannot send.
fn body<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, Refusal> {
    if !guard::is_of_type(request, "application/json") {
        let text = "the body must be JSON, with `content-type: application/json`".to_owned();
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    serde_json::from_slice(request.body())
        .map_err(|error| bad(format!("the body is not what is expected: {error}")))
}

/// The dealer that is meant: the one that needs no setting up, unless another is named.
fn known(playground: &Playground, dealer: Option<String>) -> Result<String, Refusal> {
    let dealer = dealer.unwrap_or_else(|| DEALER.to_owned());
    if playground.is_dealer(&dealer) {
        return Ok(dealer);
    }
    Err((StatusCode::NOT_FOUND, "unknown dealer; add it by `POST /_paypos/dealers`".to_owned()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfDealer {
    dealer: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPhone {
    dealer: Option<String>,
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSale {
    dealer: Option<String>,
    amount: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDealer {
    dealer: String,
    secret_key: Option<String>,
}

fn add_dealer(playground: &Playground, new: NewDealer) -> Answer {
    let NewDealer { dealer, secret_key } = new;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if dealer.is_empty() || dealer.len() > MAX_NAME || !dealer.chars().all(is_plain) {
        return Err(bad("`dealer` is not 1 to 64 letters, digits, `-`, `_` and `.`"));
    }
    if playground.state.dealers().len() >= MAX_DEALERS {
        return Err((StatusCode::TOO_MANY_REQUESTS, "there are too many dealers".to_owned()));
    }
    let own = secret_key.is_some();
    let secret_key = secret_key.unwrap_or_else(|| secret_key_of(&dealer));
    if !playground.add_dealer(&dealer, secret_key.clone()).map_err(bad)? {
        let text = "the dealer or its secret key is there already; give others".to_owned();
        return Err((StatusCode::CONFLICT, text));
    }
    // A key that the caller chose is not repeated.
    let secret_key = (!own).then_some(secret_key);
    Ok(json_of(&json!({
        "dealer": dealer, "secret_key": secret_key, "agent_id": AGENT_ID, "user_id": USER_ID,
    })))
}

/// A payment session, as machines see it.
#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the document's name")]
struct Payment<'a> {
    payment_session_id: &'a str,
    dealer: &'a str,
    state: &'static str,
    amount: Option<Box<RawValue>>,
    xact_id: Option<&'a str>,
    reference_no: Option<&'a str>,
    description: Option<&'a str>,
    callback_url: Option<&'a str>,
}

fn payments(state: &State, dealer: &str, wanted: Option<&str>) -> Answer {
    if wanted.is_some_and(|wanted| !STATES.contains(&wanted)) {
        return Err(bad(format!("unknown state; give one of {}", STATES.join(", "))));
    }
    let all = state.payments(Some(dealer));
    let those: Vec<_> = all
        .iter()
        .map(described)
        .filter(|payment| wanted.is_none_or(|wanted| wanted == payment.state))
        .collect();
    Ok(json_of(&those))
}

const STATES: [&str; 3] = ["waiting", "approved", "declined"];

fn described(payment: &PaymentSession) -> Payment<'_> {
    let request = &payment.request;
    Payment {
        payment_session_id: &payment.id,
        dealer: &payment.dealer,
        state: state_name(payment.state),
        amount: request.amount.and_then(digits),
        xact_id: request.xact_id.as_deref(),
        reference_no: request.reference_no.as_deref(),
        description: request.description.as_deref(),
        callback_url: request.callback_url.as_deref(),
    }
}

pub(crate) fn state_name(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Approved => STATES[1],
        PaymentState::Declined => STATES[2],
        _ => STATES[0],
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decide {
    dealer: Option<String>,
    decision: Decision,
    #[serde(default)]
    after_ms: u64,
}

fn decide(playground: &Playground, id: &str, decide: &Decide) -> Answer {
    let state = &playground.state;
    let payment = state
        .payment(id)
        .filter(|payment| decide.dealer.as_ref().is_none_or(|dealer| *dealer == payment.dealer))
        .ok_or_else(|| (StatusCode::NOT_FOUND, "unknown payment session".to_owned()))?;
    let after = Duration::from_millis(decide.after_ms);
    if after > MAX_DELAY {
        return Err(bad("`after_ms` is more than an hour"));
    }
    phone::decide(state, &payment.id, decide.decision, after).map_err(undecidable)?;
    let payment = state.payment(id).unwrap_or(payment);
    Ok(json_of(&described(&payment)))
}

fn undecidable(why: Undecidable) -> Refusal {
    match why {
        Undecidable::NotWaiting => {
            let text = "the payment session does not wait for the phone, or its sale was reversed meanwhile";
            (StatusCode::CONFLICT, text.to_owned())
        }
        Undecidable::TooMany => {
            (StatusCode::TOO_MANY_REQUESTS, "too many decisions are still to come".to_owned())
        }
    }
}

fn phone_page(state: &State, id: &str, query: &HashMap<String, String>, turkish: bool) -> Answer {
    let payment =
        state.payment(id).ok_or_else(|| (StatusCode::NOT_FOUND, "unknown payment session".to_owned()))?;
    Ok(html_of(page::phone(&payment, query.get("later").is_some(), query.get("left").is_some(), turkish)))
}

/// What a person chose on the page of the phone; the page is shown again.
fn phone_form(playground: &Playground, request: &Request<Bytes>, id: &str) -> Answer {
    if !guard::is_of_type(request, "application/x-www-form-urlencoded") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "the page sends a form".to_owned()));
    }
    let form: HashMap<_, _> = form_urlencoded::parse(request.body()).into_owned().collect();
    let (decision, after, query) = match form.get("decision").map(String::as_str) {
        Some("approve") => (Decision::Approve, Duration::ZERO, ""),
        Some("decline") => (Decision::Decline, Duration::ZERO, ""),
        Some("leave") => (Decision::Leave, Duration::ZERO, "?left"),
        Some("approve-later") => (Decision::Approve, page::LATER, "?later"),
        Some("decline-then-approve") => (Decision::DeclineThenApprove, Duration::ZERO, ""),
        _ => return Err(bad("unknown decision")),
    };
    phone::decide(&playground.state, id, decision, after).map_err(undecidable)?;
    Ok(see_other(format!("{PREFIX}/phone/{id}{query}")))
}

fn see_other(place: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// The requests of a dealer after a number; waits for the first, where there is none.
async fn requests(state: &State, dealer: &str, query: &HashMap<String, String>) -> Answer {
    let number = |name: &str, text: &str| {
        text.parse().map_err(|_| bad(format!("`{name}` is not a whole number; give one such as 17")))
    };
    let after: u64 = query.get("after").map_or(Ok(0), |text| number("after", text))?;
    let wait: u64 = query.get("wait").map_or(Ok(0), |text| number("wait", text.trim_end_matches('s')))?;
    let accepted = match query.get("accepted").map(String::as_str) {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(bad("`accepted` is neither true nor false")),
    };
    let is_meant = |request: &ReceivedRequest| {
        is_of(request, dealer) && accepted.is_none_or(|accepted| request.violations().is_empty() == accepted)
    };
    let deadline = Instant::now() + Duration::from_secs(wait).min(MAX_WAIT);
    let mut answered = state.answers();
    let mut looked_at = after;
    loop {
        answered.mark_unchanged();
        let (those, last) = state.requests_after(looked_at, is_meant);
        looked_at = last;
        if !those.is_empty() || timeout_at(deadline, answered.changed()).await.is_err() {
            return Ok(json_of(&those.iter().map(journal).collect::<Vec<_>>()));
        }
    }
}

/// Whether a request is a dealer's. One without a known credential is shown to the one that needs no setting up.
pub(crate) fn is_of(request: &ReceivedRequest, dealer: &str) -> bool {
    request.dealer().unwrap_or(DEALER) == dealer
}

/// A request with its answer and its verdict, without secrets.
#[derive(Serialize)]
pub(crate) struct Entry<'a> {
    number: u64,
    dealer: Option<&'a str>,
    method: &'a str,
    path: &'a str,
    headers: Vec<&'a str>,
    pub(crate) body: Box<RawValue>,
    accepted: bool,
    violations: &'a [String],
    status: Option<u16>,
    pub(crate) answer: Option<Box<RawValue>>,
}

pub(crate) fn journal(request: &ReceivedRequest) -> Entry<'_> {
    Entry {
        number: request.number(),
        dealer: request.dealer(),
        method: request.method(),
        path: request.path(),
        headers: request.header_names().collect(),
        body: masked(request.body()),
        accepted: request.violations().is_empty(),
        violations: request.violations(),
        status: request.answer().map(|(status, _)| status),
        answer: request.answer().map(|(_, body)| masked(body.as_bytes())),
    }
}

/// A body as it was, with its secrets masked. One that is not JSON is not shown, as anything in it may be a
/// secret.
fn masked(body: &[u8]) -> Box<RawValue> {
    fn raw(value: &impl Serialize) -> Box<RawValue> {
        to_raw_value(value).unwrap_or_default()
    }
    // By its text, as a number would lose digits as a `Value`: each level is read once more than the one around it.
    fn mask(json: &RawValue, depth: usize) -> Box<RawValue> {
        let text = json.get();
        if depth > MAX_SHOWN_DEPTH {
            return raw(&"[too deep to be shown]");
        }
        if let Some(Ok(mut members)) =
            text.starts_with('{').then(|| serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text))
        {
            for (name, value) in &mut members {
                let name = name.to_lowercase();
                let secret = name.ends_with("key") || name.contains("secret") || name.contains("token");
                *value = if secret { raw(&"[masked]") } else { mask(value, depth + 1) };
            }
            raw(&members)
        } else if let Some(Ok(items)) =
            text.starts_with('[').then(|| serde_json::from_str::<Vec<Box<RawValue>>>(text))
        {
            raw(&items.iter().map(|item| mask(item, depth + 1)).collect::<Vec<_>>())
        } else {
            json.to_owned()
        }
    }
    // Nor is one that is nested beyond what is read of any.
    match (serde_json::from_slice::<Value>(body), serde_json::from_slice(body)) {
        (Ok(_), Ok(json)) => mask(json, 0),
        _ => raw(&format!("[{} bytes, not JSON]", body.len())),
    }
}

/// A fault, as it is asked for: exactly one of what goes wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFault {
    operation: Option<String>,
    dealer: Option<String>,
    #[serde(default)]
    skip: usize,
    #[serde(default = "once")]
    times: usize,
    when: Option<When>,
    status: Option<u16>,
    #[serde(default)]
    headers: HashMap<String, String>,
    body: Option<String>,
    delay_ms: Option<u64>,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    truncate: bool,
}

fn once() -> usize {
    1
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum When {
    Before,
    After,
}

fn add_fault(playground: &Playground, request: &Request<Bytes>) -> Answer {
    let new: NewFault = body(request)?;
    let mut asked: Value = body(request)?;
    let dealer = known(playground, new.dealer)?;
    let mut fault = match (new.status, new.delay_ms, new.drop, new.truncate) {
        (Some(status), None, false, false) => Fault::status(status),
        (None, Some(delay), false, false) if Duration::from_millis(delay) <= MAX_DELAY => {
            Fault::delay(Duration::from_millis(delay))
        }
        (None, None, true, false) => Fault::drop_connection(),
        (None, None, false, true) => Fault::truncate_answer(),
        _ => {
            return Err(bad(
                "give exactly one of `status`, `delay_ms` (an hour at most), `drop` and `truncate`",
            ));
        }
    };
    if new.status.is_none() && (new.body.is_some() || !new.headers.is_empty()) {
        return Err(bad("`headers` and `body` are of a `status`"));
    }
    if playground.state.faults().len() >= Simulator::KEPT_FAULTS {
        return Err((StatusCode::TOO_MANY_REQUESTS, "too many faults are waiting".to_owned()));
    }
    if let Some(body) = new.body {
        fault = fault.body(body);
    }
    for (name, value) in new.headers {
        fault = fault.header(name, value);
    }
    if let Some(operation) = new.operation {
        fault = fault.on(operation);
    }
    fault = match new.when {
        Some(When::Before) => fault.before(),
        Some(When::After) => fault.after(),
        None => fault,
    };
    let number = playground.state.inject(fault.of_dealer(&dealer).skip(new.skip).times(new.times));
    asked["dealer"] = Value::from(dealer);
    asked["number"] = Value::from(number);
    let left: HashSet<u64> = playground.state.faults().into_iter().map(|(number, _)| number).collect();
    let mut kept = playground.faults();
    // What was carried out is not kept.
    kept.retain(|number, _| left.contains(number));
    kept.insert(number, asked.clone());
    Ok(json_of(&asked))
}

/// The faults of a dealer that may still apply.
fn faults(playground: &Playground, dealer: &str) -> Vec<Value> {
    let left: HashMap<u64, usize> = playground.state.faults().into_iter().collect();
    let mut asked = playground.faults();
    asked.retain(|number, _| left.contains_key(number));
    let those = asked.iter().filter(|(_, fault)| fault["dealer"] == dealer);
    those
        .map(|(number, fault)| {
            let mut fault = fault.clone();
            fault["times"] = Value::from(left.get(number).copied().unwrap_or_default());
            fault
        })
        .collect()
}

/// What `--seed` reads: the dealers, without their secret keys, and the sales; or those of one dealer.
fn seed(state: &State, one: Option<&String>) -> Seed {
    let is_meant = |dealer: &String| one.is_none_or(|one| one == dealer);
    let dealers = state.dealers().into_iter().filter(|dealer| dealer != DEALER && is_meant(dealer));
    let sale = |sale: Sale| {
        Some(SeedSale {
            dealer: sale.dealer,
            xact_id: sale.xact_id,
            amount: digits(sale.amount)?,
            reversed: sale.reversed,
        })
    };
    Seed {
        dealers: dealers.map(|dealer| SeedDealer { dealer, secret_key: None }).collect(),
        sales: state.sales().into_iter().filter(|sale| is_meant(&sale.dealer)).filter_map(sale).collect(),
    }
}

fn json_of(value: &impl Serialize) -> Response<Bytes> {
    respond("application/json", serde_json::to_vec(value).unwrap_or_default())
}

fn html_of(markup: maud::Markup) -> Response<Bytes> {
    respond("text/html; charset=utf-8", markup.into_string().into_bytes())
}

fn respond(media_type: &'static str, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
