//! Renders the pages but for the desk. They work without the script, which only keeps them up to date. Everything that is
//! shown is escaped.

use std::time::SystemTime;

use maud::{DOCTYPE, Markup, html};
use paypos::Decimal;

use super::{PREFIX, is_unseen, problem::Problem, words::Words};
use crate::{
    Behavior, PaymentSession, PaymentState,
    behavior::{AfterDecline, AmountUnit},
    clock::{clock, rfc_3339},
};

/// Content security policy: scripts and styles of this server only, and no frames.
// Guard: pages::text_of_requests_is_escaped_on_every_page
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                                 form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Length from which a text is folded, in characters.
const SHOWN_TEXT: usize = 300;

/// A page; `kind` is what it looks like.
// Guard: browser::every_page_fits_the_screen_and_axe_finds_nothing
// Guard: browser::the_keyboard_alone_decides_and_its_focus_is_seen
// Guard: browser::a_page_follows_what_happens_without_a_reload
pub(crate) fn document(words: &Words, title: &str, kind: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · PayPOS" }
                link rel="stylesheet" href=(format!("{PREFIX}/page.css"));
                @if kind != "problem" { script src=(format!("{PREFIX}/page.js")) defer {} }
            }
            body class=(kind) { main { (content) } }
        }
    }
}

/// Renders the phone page.
pub(crate) fn phone(
    words: &Words,
    payment: &PaymentSession,
    behavior: &Behavior,
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
    document(words, &title, "phone", &content)
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
    document(words, &problem.status.as_u16().to_string(), "problem", &content)
}

pub(crate) fn state_class(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Waiting => "waiting",
        PaymentState::Approved => "approved",
        PaymentState::Declined => "declined",
    }
}

pub(crate) fn time(time: SystemTime) -> Markup {
    html! { time datetime=(rfc_3339(time)) { (clock(time)) } }
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

pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Replaces unseen characters by their code points, such as `[U+202E]`.
pub(crate) fn visible(text: &str) -> String {
    let is_unseen = |c| is_unseen(c) && !matches!(c, '\n' | '\t');
    if !text.contains(is_unseen) {
        return text.to_owned();
    }
    let shown = |c| if is_unseen(c) { format!("[U+{:04X}]", u32::from(c)) } else { String::from(c) };
    text.chars().map(shown).collect()
}
