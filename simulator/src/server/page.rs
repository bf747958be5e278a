//! The pages: the phone, and what the simulator has received. Plain HTML with forms; no script, and nothing
//! from elsewhere. Everything that is shown is escaped.

use std::time::Duration;

use http::{
    Request, StatusCode,
    header::{ACCEPT, ACCEPT_LANGUAGE},
};
use maud::{DOCTYPE, Markup, html};
use paypos::Decimal;

use super::{
    PREFIX,
    control::{is_of, journal, state_name},
};
use crate::{PaymentSession, PaymentState, ReceivedRequest, state::State};

/// No script, no frame, and nothing from elsewhere.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// How late "approve later" is.
pub(crate) const LATER: Duration = Duration::from_secs(10);

/// How many requests and payments a page shows.
const SHOWN: usize = 100;

const STYLE: &str = ":root{color-scheme:light dark;--ink:#111;--page:#fff;--shade:#f1f1f1;--main:#0b6b3a;--bad:#b00020;\
    --focus:#0b57d0}@media(prefers-color-scheme:dark){:root{--ink:#eee;--page:#121212;--shade:#262626;--main:#0f7a44;\
    --bad:#ff8a80;--focus:#8ab4f8}a{color:#8ab4f8}}\
    body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem;color:var(--ink);\
    background:var(--page);overflow-wrap:anywhere}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}\
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dd{margin:0;min-width:0}\
    .amount{font-size:2rem;font-weight:bold}button{font:inherit;padding:.8rem 1.2rem;margin:.25rem .25rem .25rem 0;\
    border:2px solid var(--ink);border-radius:.4rem;background:var(--page);color:var(--ink)}\
    button.main{background:var(--main);color:#fff;border-color:var(--main)}\
    :focus-visible{outline:3px solid var(--focus);outline-offset:3px}\
    pre{white-space:pre-wrap;background:var(--shade);padding:.5rem}\
    .plain,.broken{list-style:none;padding:0}.broken{border-left:.3rem solid var(--bad);padding-left:.6rem}\
    li{margin-bottom:.4rem}";

/// Whether a page is wanted, and not JSON.
pub(crate) fn is_wanted<T>(request: &Request<T>) -> bool {
    request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|types| types.contains("text/html"))
}

/// An amount as money: two decimals at least, with the comma of Turkish.
fn money(amount: Decimal, words: &Words) -> String {
    let mut amount = amount;
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    let text = amount.to_string();
    if words.language == "tr" { text.replace('.', ",") } else { text }
}

/// Whether the browser asks for Turkish first.
pub(crate) fn prefers_turkish<T>(request: &Request<T>) -> bool {
    let languages = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let first = languages.and_then(|languages| languages.split([',', ';', '-']).next());
    first.is_some_and(|first| first.trim().eq_ignore_ascii_case("tr"))
}

/// The words of a page.
struct Words {
    language: &'static str,
    phone: &'static str,
    simulated: &'static str,
    pay: &'static str,
    reverse: &'static str,
    reference: &'static str,
    description: &'static str,
    dealer: &'static str,
    approve: &'static str,
    decline: &'static str,
    leave: &'static str,
    later: &'static str,
    retry: &'static str,
    approved: &'static str,
    declined: &'static str,
    will_approve: &'static str,
    left: &'static str,
    back: &'static str,
    no_callback: &'static str,
    unusable_callback: &'static str,
    nothing_added: &'static str,
    waiting: &'static str,
    transactions: &'static str,
    requests: &'static str,
    nothing: &'static str,
    overview: &'static str,
    more: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    phone: "The phone",
    simulated: "Simulated: no money moves.",
    pay: "Pay",
    reverse: "Cancel or refund",
    reference: "Reference",
    description: "Description",
    dealer: "Dealer",
    approve: "Approve",
    decline: "Decline",
    leave: "Leave undecided",
    later: "Approve in 10 seconds",
    retry: "Decline, then approve",
    approved: "Approved.",
    declined: "Declined.",
    will_approve: "It will be approved in 10 seconds.",
    left: "Left undecided. Open the deeplink again to decide.",
    back: "Back to the merchant's app",
    no_callback: "The request has no callback_url: nothing leads back to the merchant's app.",
    unusable_callback: "The callback_url is not one that opens an app, so it is no link:",
    nothing_added: "Paynet adds encrypted data to this URL, in a form that is not documented. Nothing is added here.",
    waiting: "Waiting for the phone",
    transactions: "Decided",
    requests: "Requests, newest first",
    nothing: "Nothing.",
    overview: "All payments and requests",
    more: "Older ones are not shown.",
};

const TURKISH: Words = Words {
    language: "tr",
    phone: "Telefon",
    simulated: "Simülasyon: para hareketi olmaz.",
    pay: "Ödeme",
    reverse: "İptal veya iade",
    reference: "Referans",
    description: "Açıklama",
    dealer: "Bayi",
    approve: "Onayla",
    decline: "Reddet",
    leave: "Karar vermeden çık",
    later: "10 saniye sonra onayla",
    retry: "Önce reddet, sonra onayla",
    approved: "Onaylandı.",
    declined: "Reddedildi.",
    will_approve: "10 saniye sonra onaylanacak.",
    left: "Karar verilmedi. Karar vermek için bağlantıyı yeniden açın.",
    back: "Üye iş yerinin uygulamasına dön",
    no_callback: "İstekte callback_url yok: üye iş yerinin uygulamasına dönüş bağlantısı bulunmuyor.",
    unusable_callback: "callback_url bir uygulama açmıyor, bu nedenle bağlantı değil:",
    nothing_added: "Paynet bu adrese, biçimi belgelenmemiş şifreli veri ekler. Burada hiçbir şey eklenmez.",
    waiting: "Telefonu bekleyenler",
    transactions: "Sonuçlananlar",
    requests: "İstekler, en yeni önce",
    nothing: "Yok.",
    overview: "Tüm ödemeler ve istekler",
    more: "Daha eskileri gösterilmiyor.",
};

fn words(turkish: bool) -> &'static Words {
    if turkish { &TURKISH } else { &ENGLISH }
}

fn document(words: &Words, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · PayPOS" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { main { (content) } }
        }
    }
}

/// The page that is the phone.
pub(crate) fn phone(payment: &PaymentSession, later: bool, left: bool, turkish: bool) -> Markup {
    let words = words(turkish);
    let request = &payment.request;
    let what = if request.xact_id.is_some() { words.reverse } else { words.pay };
    let amount = request.amount.unwrap_or_default();
    let decided = match payment.state {
        PaymentState::Approved => Some(words.approved),
        PaymentState::Declined => Some(words.declined),
        _ => None,
    };
    let content = html! {
        p { a href=(format!("{PREFIX}/?dealer={}", payment.dealer)) { (words.overview) } }
        h1 { (what) }
        p.amount { (money(amount, words)) }
        p { (words.simulated) }
        dl {
            dt { (words.dealer) } dd { (payment.dealer) }
            @if let Some(reference) = &request.reference_no { dt { (words.reference) } dd { bdi { (reference) } } }
            @if let Some(description) = &request.description { dt { (words.description) } dd { bdi { (description) } } }
            @if let Some(xact_id) = &request.xact_id { dt { "xact_id" } dd { (xact_id) } }
        }
        @if let Some(decided) = decided {
            p role="status" { strong { (decided) } }
            (way_back(words, request.callback_url.as_deref()))
        } @else {
            @if later { p role="status" { strong { (words.will_approve) } } }
            @if left {
                p role="status" { strong { (words.left) } }
                (way_back(words, request.callback_url.as_deref()))
            }
            form method="post" action=(format!("{PREFIX}/phone/{}", payment.id)) {
                button.main name="decision" value="approve" { (words.approve) }
                button name="decision" value="decline" { (words.decline) }
                button name="decision" value="leave" { (words.leave) }
                button name="decision" value="approve-later" { (words.later) }
                button name="decision" value="decline-then-approve" { (words.retry) }
            }
        }
    };
    let title = format!("{what} {} · {}", money(amount, words), decided.unwrap_or(words.waiting));
    document(words, &title, &content)
}

/// What went wrong, with a way on.
pub(crate) fn problem(status: StatusCode, text: &str, turkish: bool) -> Markup {
    let words = words(turkish);
    let content = html! {
        h1 { (status.as_u16()) }
        p role="status" { (text) }
        p { a href=(format!("{PREFIX}/")) { (words.phone) } }
    };
    document(words, &status.as_u16().to_string(), &content)
}

/// A link, and no redirect: browsers block those to an app's scheme.
fn way_back(words: &Words, callback_url: Option<&str>) -> Markup {
    html! {
        @match callback_url {
            None => p { (words.no_callback) },
            Some(url) if !paypos::opens_app(url) => {
                p { (words.unusable_callback) }
                pre { (url) }
            }
            Some(url) => {
                p { a href=(url) rel="noreferrer" { (words.back) } }
                p { (words.nothing_added) }
            }
        }
    }
}

/// What waits for the phone, what was decided, and what was received.
pub(crate) fn overview(state: &State, dealer: &str, turkish: bool) -> Markup {
    let words = words(turkish);
    let payments = state.payments(Some(dealer));
    let (waiting, decided): (Vec<_>, Vec<_>) =
        payments.iter().rev().partition(|payment| payment.state == PaymentState::Waiting);
    let requests = state.latest_requests(SHOWN, |request| is_of(request, dealer));
    let content = html! {
        h1 { "PayPOS" }
        p { (words.simulated) " " (words.dealer) ": " (dealer) }
        h2 { (words.waiting) }
        (list(words, &waiting))
        h2 { (words.transactions) }
        (list(words, &decided))
        h2 { (words.requests) }
        @if requests.len() == SHOWN { p { (words.more) } }
        ul.plain { @for request in &requests { li { (entry(request)) } } }
    };
    document(words, words.phone, &content)
}

fn list(words: &Words, payments: &[&PaymentSession]) -> Markup {
    html! {
        @if payments.len() > SHOWN { p { (words.more) } }
        @if payments.is_empty() { p { (words.nothing) } } @else {
            ul {
                @for payment in payments.iter().take(SHOWN) {
                    li {
                        a href=(format!("{PREFIX}/phone/{}", payment.id)) {
                            @if payment.request.xact_id.is_some() { (words.reverse) } @else { (words.pay) }
                            " " (money(payment.request.amount.unwrap_or_default(), words))
                        }
                        " " (state_name(payment.state))
                        @if let Some(reference) = &payment.request.reference_no { " · " (reference) }
                    }
                }
            }
        }
    }
}

fn entry(request: &ReceivedRequest) -> Markup {
    let entry = journal(request);
    let status = request.answer().map_or_else(|| "—".to_owned(), |(status, _)| status.to_string());
    html! {
        details {
            summary { (request.number()) " " (request.method()) " " (request.path()) " → " (status) }
            p { (request.header_names().collect::<Vec<_>>().join(", ")) }
            pre { (entry.body.get()) }
            @if let Some(answer) = &entry.answer { pre { (answer.get()) } }
        }
        @if !request.violations().is_empty() {
            ul.broken { @for violation in request.violations() { li { (violation) } } }
        }
    }
}
