//! The pages for people.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    response::{Html, Redirect},
};
use serde::Deserialize;

use super::{Form, Nothing, Of, PREFIX, Query, Result};
use crate::{
    phone::Decision,
    server::{desk::Desk, page, words::Words},
};

/// The delay of the button "Approve in 10 seconds".
const LATER: Duration = Duration::from_secs(10);

pub(super) async fn desk(State(server): Of, words: &'static Words, _: Query<Nothing>) -> Html<String> {
    let desk = Desk::of(&server.lock());
    Html(desk.page(words).into_string())
}

/// The button that was pressed before the page was shown again.
#[derive(Deserialize)]
pub(super) struct Pressed {
    left: Option<String>,
    later: Option<String>,
}

pub(super) async fn phone(
    State(server): Of,
    words: &'static Words,
    Path(id): Path<String>,
    Query(pressed): Query<Pressed>,
) -> Result<Html<String>> {
    let payment = server.payment(&id)?;
    let behavior = server.lock().settings.behavior;
    let note = match pressed {
        Pressed { later: Some(_), .. } => Some(words.will_approve),
        Pressed { left: Some(_), .. } => Some(words.left),
        Pressed { .. } => None,
    };
    Ok(Html(page::phone(words, &payment, &behavior, note).into_string()))
}

/// A button on the phone page.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Button {
    Approve,
    Decline,
    Leave,
    ApproveLater,
    DeclineThenApprove,
    AnotherCard,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    decision: Button,
}

/// Executes what a person chose on the phone page, and redirects to it.
pub(super) async fn press(
    State(server): Of,
    Path(id): Path<String>,
    Form(choice): Form<Choice>,
) -> Result<Redirect> {
    let (decision, after, query) = match choice.decision {
        Button::Approve => (Decision::Approve, Duration::ZERO, ""),
        Button::Decline => (Decision::Decline, Duration::ZERO, ""),
        Button::Leave => (Decision::Leave, Duration::ZERO, "?left"),
        Button::ApproveLater => (Decision::Approve, LATER, "?later"),
        Button::DeclineThenApprove => (Decision::DeclineThenApprove, Duration::ZERO, ""),
        Button::AnotherCard => (Decision::AnotherCard, Duration::ZERO, ""),
    };
    server.lock().decide_after(&id, decision, after)?;
    Ok(Redirect::to(&format!("{PREFIX}/phone/{id}{query}")))
}
