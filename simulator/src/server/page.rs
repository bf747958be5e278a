//! Renders the pages: the phone, and the desk with violations, payments and requests. They work without the script,
//! which only keeps them up to date. Everything that is shown is escaped.

use std::time::{Duration, SystemTime};

use maud::{DOCTYPE, Markup, html};
use paypos::Decimal;

use super::{PREFIX, clock, is_unseen, masked, problem::Problem, timestamp, words::Words};
use crate::{
    Behavior, PaymentSession, PaymentState, ReceivedRequest,
    behavior::{AfterDecline, AmountUnit},
    conformance::shown_path,
    state::{Latest, State},
};

/// Content security policy: scripts and styles of this server only, and no frames.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                                 form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Delay of the button "Approve in 10 seconds".
pub(crate) const LATER: Duration = Duration::from_secs(10);

/// Maximum number of requests, and of payments, on a page.
const SHOWN: usize = 100;
/// Maximum number of requests in the list of violations.
const SHOWN_VIOLATIONS: usize = 20;
/// Maximum length of a body on a page, in bytes.
const SHOWN_BODY: usize = 16 * 1024;
/// Length from which a text is folded, in characters.
const SHOWN_TEXT: usize = 300;

/// The changes that a page follows.
struct Live<'a> {
    dealer: &'a str,
    revision: u64,
}

/// A page; `kind` is what it looks like.
fn document(words: &Words, title: &str, kind: &str, live: Option<&Live>, content: &Markup) -> Markup {
    let events = live.map(|live| format!("{PREFIX}/events?dealer={}", live.dealer));
    let revision = live.map(|live| live.revision.to_string());
    html! {
        (DOCTYPE)
        html lang=(words.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · PayPOS" }
                link rel="stylesheet" href=(format!("{PREFIX}/page.css"));
                @if live.is_some() { script src=(format!("{PREFIX}/page.js")) defer {} }
            }
            body class=(kind) data-events=[events] data-revision=[revision] { main { (content) } }
        }
    }
}

/// Renders the phone page.
pub(crate) fn phone(
    words: &Words,
    payment: &PaymentSession,
    behavior: &Behavior,
    revision: u64,
    note: Option<&str>,
) -> Markup {
    let amount = match behavior.amount_unit {
        AmountUnit::Lira => payment.request.amount,
        AmountUnit::Kurus => payment.request.amount.map(|amount| amount / Decimal::ONE_HUNDRED),
    };
    let offers_another_card =
        payment.state == PaymentState::Declined && behavior.after_decline == AfterDecline::AnotherCard;
    let request = &payment.request;
    let what = if request.xact_id.is_some() { words.reverse } else { words.pay };
    let says = match payment.state {
        PaymentState::Approved => words.approved,
        PaymentState::Declined => words.declined,
        PaymentState::Waiting => note.unwrap_or(words.waits),
    };
    let is_waiting = payment.state == PaymentState::Waiting;
    let content = html! {
        h1 { (what) }
        p.amount { (words.money(amount)) }
        div #decision {
            p.state.(state_class(payment.state)) role="status" { (says) }
            @if !is_waiting || note == Some(words.left) { (way_back(words, request.callback_url.as_deref())) }
            @if is_waiting || offers_another_card {
                form method="post" action=(format!("{PREFIX}/phone/{}", payment.id)) {
                    @if is_waiting {
                        button.main #approve name="decision" value="approve" { (words.approve) }
                        button #decline name="decision" value="decline" { (words.decline) }
                        button #leave name="decision" value="leave" { (words.leave) }
                        button #later name="decision" value="approve-later" { (words.later) }
                        button #retry name="decision" value="decline-then-approve" { (words.retry) }
                    } @else {
                        button #another-card name="decision" value="another-card" { (words.another_card) }
                    }
                }
            }
        }
        dl {
            @if let Some(reference) = &request.reference_no { dt { (words.reference) } dd { (long(reference)) } }
            @if let Some(description) = &request.description { dt { (words.description) } dd { (long(description)) } }
            @if let Some(xact_id) = &request.xact_id { dt { "xact_id" } dd { (long(xact_id)) } }
            dt { (words.opened) } dd { (time(payment.opened)) }
        }
        p { (words.simulated) }
    };
    let title = format!("{what} {} · {}", words.money(amount), words.of_state(payment.state));
    document(words, &title, "phone", Some(&Live { dealer: &payment.dealer, revision }), &content)
}

/// Renders a link to the app. A redirect would not work: browsers block those to an app's scheme.
fn way_back(words: &Words, callback_url: Option<&str>) -> Markup {
    html! {
        @match callback_url {
            None => p { (words.no_callback) },
            Some(url) => {
                p { a href=(url) rel="noreferrer" { (words.back) } }
                p { (words.nothing_added) }
            }
        }
    }
}

/// Renders a problem, with a link to the desk.
pub(crate) fn problem(words: &Words, problem: &Problem) -> Markup {
    let (text, language) = match problem.turkish {
        Some(text) if words.is_turkish() => (text, None),
        _ => (problem.text.as_ref(), words.is_turkish().then_some("en")),
    };
    let content = html! {
        h1 { (problem.status.as_u16()) }
        p lang=[language] { (visible(text)) }
        p { a href=(format!("{PREFIX}/")) { (words.overview) } }
    };
    document(words, &problem.status.as_u16().to_string(), "problem", None, &content)
}

/// Renders the desk: violations, pending and decided payments, and received requests.
pub(crate) fn desk(words: &Words, state: &State, dealer: &str, revision: u64) -> Markup {
    let dealers = state.dealers();
    let broken = state.latest_requests(dealer, SHOWN_VIOLATIONS, |request| !request.violations().is_empty());
    let requests = state.latest_requests(dealer, SHOWN, |_| true);
    let content = html! {
        h1 { "PayPOS" }
        p { (words.simulated) " " (words.dealer) ": " (dealer) }
        @if dealers.len() > 1 {
            nav aria-label=(words.dealers) {
                ul {
                    @for name in dealers.iter().take(SHOWN) {
                        li { a href=(format!("{PREFIX}/?dealer={name}")) aria-current=[(name == dealer).then_some("page")] { (name) } }
                    }
                }
                @if dealers.len() > SHOWN { p { (words.left_out(dealers.len() - SHOWN, 0).join(" ")) } }
            }
        }
        section #violations {
            h2 { (words.violations) }
            @if broken.items.is_empty() {
                p { @if requests.items.is_empty() { (words.nothing) } @else { (words.no_violations) } }
            } @else {
                (left_out(words, broken.older, 0))
                ul.list { @for request in &broken.items { li { (line(words, request)) (violations(request)) } } }
            }
        }
        (payments(words, state, dealer, "waiting", words.waiting, true))
        (payments(words, state, dealer, "decided", words.decided, false))
        (journal(words, &requests))
    };
    document(words, dealer, "desk", Some(&Live { dealer, revision }), &content)
}

fn payments(words: &Words, state: &State, dealer: &str, id: &str, heading: &str, waiting: bool) -> Markup {
    let payments = state.latest_payments(dealer, SHOWN, |state| (state == PaymentState::Waiting) == waiting);
    html! {
        section id=(id) {
            h2 { (heading) }
            @if payments.items.is_empty() { p { (words.nothing) } }
            (left_out(words, payments.older, if waiting { 0 } else { payments.forgotten }))
            @if !payments.items.is_empty() {
                table {
                    thead { (headings(&[words.time, words.payment, words.state, words.reference])) }
                    tbody {
                        @for payment in &payments.items {
                            tr {
                                td { (time(payment.opened)) }
                                td {
                                    a href=(format!("{PREFIX}/phone/{}", payment.id)) {
                                        @if payment.request.xact_id.is_some() { (words.reverse) } @else { (words.pay) }
                                        " " (words.money(payment.request.amount))
                                    }
                                }
                                td class=(state_class(payment.state)) { (words.of_state(payment.state)) }
                                td {
                                    @if let Some(reference) = &payment.request.reference_no {
                                        bdi { (visible(&shortened(reference))) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn headings(all: &[&str]) -> Markup {
    html! { tr { @for heading in all { th scope="col" { (heading) } } } }
}

fn state_class(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Waiting => "waiting",
        PaymentState::Approved => "approved",
        PaymentState::Declined => "declined",
    }
}

fn journal(words: &Words, journal: &Latest<ReceivedRequest>) -> Markup {
    html! {
        section #requests {
            h2 { (words.requests) }
            @if journal.items.is_empty() { p { (words.nothing) } }
            (left_out(words, journal.older, journal.forgotten))
            @if !journal.items.is_empty() {
                table {
                    thead { (headings(&["#", words.time, words.request, words.status])) }
                    tbody {
                        @for request in &journal.items {
                            tr {
                                td { (request.number()) }
                                td { (time(request.received())) }
                                td { (entry(words, request)) }
                                td { (status(words, request)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn entry(words: &Words, request: &ReceivedRequest) -> Markup {
    html! {
        details id=(format!("request-{}", request.number())) {
            summary { (request.method()) " " (shown_path(request.path())) }
            h3 { (words.headers) }
            p { (request.header_names().collect::<Vec<_>>().join(", ")) }
            h3 { (words.body) }
            (body(words, request.body()))
            h3 { (words.response) }
            @match request.response() {
                Some((_, answer)) => (body(words, answer.as_bytes())),
                None => p { (words.no_response) },
            }
        }
        (repeats(words, request))
        (violations(request))
    }
}

fn repeats(words: &Words, request: &ReceivedRequest) -> Markup {
    html! { @if let Some(number) = request.repeats() { p.broken { (words.copy(number)) } } }
}

/// Renders a request in a line: number, time, method, path and status.
fn line(words: &Words, request: &ReceivedRequest) -> Markup {
    html! {
        (request.number()) " " (time(request.received())) " " (request.method()) " " (shown_path(request.path())) " → "
        (status(words, request))
    }
}

fn status(words: &Words, request: &ReceivedRequest) -> Markup {
    html! { @match request.response() { Some((status, _)) => (status), None => (words.no_response) } }
}

fn violations(request: &ReceivedRequest) -> Markup {
    html! {
        @if !request.violations().is_empty() {
            ul.broken { @for violation in request.violations() { li { (visible(violation)) } } }
        }
    }
}

fn body(words: &Words, body: &[u8]) -> Markup {
    let Some((json, left)) = masked::lines(body, SHOWN_BODY) else {
        return html! { p { (words.bytes(body.len())) @if !body.is_empty() { ", " (words.not_shown) } } };
    };
    html! {
        pre { (visible(&json)) }
        @if left > 0 { p { (words.bytes_more(left)) } }
    }
}

fn left_out(words: &Words, older: usize, forgotten: u64) -> Markup {
    html! { @for text in words.left_out(older, forgotten) { p { (text) } } }
}

fn time(time: SystemTime) -> Markup {
    html! { time datetime=(timestamp(time)) { (clock(time)) } }
}

/// Renders a text of a request in its own direction, folded if it is long.
fn long(text: &str) -> Markup {
    let short = shortened(text);
    html! {
        @if short.len() < text.len() {
            details { summary { bdi { (visible(&short)) } } bdi { (visible(text)) } }
        } @else { bdi { (visible(text)) } }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Replaces unseen characters by their code points, such as `[U+202E]`.
fn visible(text: &str) -> String {
    let is_unseen = |c| is_unseen(c) && !matches!(c, '\n' | '\t');
    if !text.contains(is_unseen) {
        return text.to_owned();
    }
    let shown = |c| if is_unseen(c) { format!("[U+{:04X}]", u32::from(c)) } else { String::from(c) };
    text.chars().map(shown).collect()
}
