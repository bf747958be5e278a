//! Renders the desk: the requests that break the documents, the payments, and all requests.

use maud::{Markup, html};

use super::{
    PREFIX,
    page::{document, shortened, state_class, time, visible},
    words::Words,
};
use crate::{
    PaymentSession, PaymentState, ReceivedRequest,
    masked::{Masked, masked_path},
    simulator::State,
};

/// Maximum number of requests, and of payments, on the page.
const SHOWN: usize = 100;
/// Maximum length of a body on the page, in bytes.
const SHOWN_BODY: usize = 16 * 1024;

/// What the desk shows: the latest of each kind, newest first.
pub(crate) struct Desk {
    broken: Vec<ReceivedRequest>,
    /// First those that wait for the phone.
    payments: Vec<PaymentSession>,
    requests: Vec<ReceivedRequest>,
    /// How many payments, and how many requests, are not kept any more.
    forgotten: (u64, u64),
}

impl Desk {
    pub(crate) fn of(state: &State) -> Self {
        let payments = |waiting: bool| {
            let is_meant =
                move |payment: &&PaymentSession| (payment.state == PaymentState::Waiting) == waiting;
            state.ledger.payments().rev().filter(is_meant)
        };
        let requests = || state.journal.iter().rev();
        let is_broken = |request: &&ReceivedRequest| !request.violations.is_empty();
        Self {
            broken: requests().filter(is_broken).take(SHOWN).cloned().collect(),
            payments: payments(true).chain(payments(false)).take(SHOWN).cloned().collect(),
            requests: requests().take(SHOWN).cloned().collect(),
            forgotten: (state.ledger.dropped().0, state.journal.dropped()),
        }
    }

    pub(crate) fn page(&self, words: &Words) -> Markup {
        let content = html! {
            h1 { "PayPOS" }
            p { (words.simulated) }
            section #violations {
                h2 { (words.violations) }
                @if self.broken.is_empty() {
                    p { @if self.requests.is_empty() { (words.nothing) } @else { (words.no_violations) } }
                }
                (left_out(words, self.broken.len(), 0))
                ul.list {
                    @for request in &self.broken {
                        li {
                            (request.number) " " (time(request.received)) " " (request.method) " "
                            (masked_path(&request.path)) " → " (status(words, request))
                            (violations(request))
                        }
                    }
                }
            }
            (payments(words, &self.payments, self.forgotten.0))
            (requests(words, &self.requests, self.forgotten.1))
        };
        document(words, "PayPOS", "desk", &content)
    }
}

fn payments(words: &Words, payments: &[PaymentSession], forgotten: u64) -> Markup {
    let row = |payment: &PaymentSession| {
        let request = &payment.request;
        html! {
            td { (time(payment.opened)) }
            td {
                a #{ "to-" (payment.id) } href=(format!("{PREFIX}/phone/{}", payment.id)) {
                    @if request.xact_id.is_some() { (words.reverse) } @else { (words.pay) }
                    " " (words.money(request.amount))
                }
            }
            td { b class=(state_class(payment.state)) { (words.of_state(payment.state)) } }
            td { @if let Some(reference) = &request.reference_no { bdi { (visible(&shortened(reference))) } } }
        }
    };
    let headings = [words.time, words.payment, words.state, words.reference];
    html! {
        section #payments {
            h2 { (words.payments) }
            (left_out(words, payments.len(), forgotten))
            (table(words, &headings, payments.iter().map(row)))
        }
    }
}

fn requests(words: &Words, requests: &[ReceivedRequest], forgotten: u64) -> Markup {
    let row = |request: &ReceivedRequest| {
        html! {
            td { (request.number) }
            td { (time(request.received)) }
            td { (entry(words, request)) }
            td { (status(words, request)) }
        }
    };
    html! {
        section #requests {
            h2 { (words.requests) }
            (left_out(words, requests.len(), forgotten))
            (table(words, &["#", words.time, words.request, words.status], requests.iter().map(row)))
        }
    }
}

fn table(words: &Words, headings: &[&str], rows: impl ExactSizeIterator<Item = Markup>) -> Markup {
    html! {
        @if rows.len() == 0 { p { (words.nothing) } } @else {
            table {
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody { @for row in rows { tr { (row) } } }
            }
        }
    }
}

/// Says what a list leaves out.
fn left_out(words: &Words, shown: usize, forgotten: u64) -> Markup {
    html! {
        @if shown == SHOWN { p { (words.latest) } }
        @if forgotten > 0 { p { (forgotten) " " (words.forgotten) "." } }
    }
}

fn entry(words: &Words, request: &ReceivedRequest) -> Markup {
    let number = request.number;
    html! {
        details #{ "request-" (number) } {
            summary #{ "open-" (number) } { (request.method) " " (masked_path(&request.path)) }
            h3 { (words.headers) }
            p { (request.header_names().collect::<Vec<_>>().join(", ")) }
            h3 { (words.body) }
            (body(words, &request.body))
            h3 { (words.response) }
            @match &request.response {
                Some(response) => (body(words, response.as_bytes())),
                None => p { (words.no_response) },
            }
        }
        @if let Some(number) = request.repeats { p.broken { (words.copy) " " (number) } }
        (violations(request))
    }
}

fn status(words: &Words, request: &ReceivedRequest) -> Markup {
    html! { @match request.status { Some(status) => (status), None => (words.no_response) } }
}

fn violations(request: &ReceivedRequest) -> Markup {
    html! {
        @if !request.violations.is_empty() {
            ul.broken { @for violation in &request.violations { li { (visible(violation)) } } }
        }
    }
}

fn body(words: &Words, body: &[u8]) -> Markup {
    let Some(json) = Masked::new(body).and_then(|masked| serde_json::to_string_pretty(&masked).ok()) else {
        return html! { p { (body.len()) " " (words.bytes) @if !body.is_empty() { ", " (words.not_shown) } } };
    };
    let end = (0..=SHOWN_BODY.min(json.len())).rev().find(|end| json.is_char_boundary(*end));
    let shown = &json[..end.unwrap_or_default()];
    html! {
        pre { (visible(shown)) }
        @if shown.len() < json.len() { p { (words.cut) } }
    }
}
