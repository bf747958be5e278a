//! The faults that are still to occur.

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use super::{Json, Nothing, Of, Problem, Query, Result};
use crate::Fault;

#[derive(Serialize)]
pub(super) struct Numbered {
    number: u64,
    #[serde(flatten)]
    fault: Fault,
}

#[derive(Serialize)]
pub(super) struct Waiting {
    faults: Vec<Numbered>,
}

pub(super) async fn add(State(server): Of, Json(fault): Json<Fault>) -> Result<Json<Numbered>> {
    if let Some(problem) = fault.problem() {
        return Err(Problem::bad(problem));
    }
    let mut state = server.lock();
    if !state.faults.have_room(&fault) {
        let text = "too many faults are waiting, or too much text in them";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, text));
    }
    Ok(Json(Numbered { number: state.faults.inject(fault.clone()), fault }))
}

pub(super) async fn list(State(server): Of, _: Query<Nothing>) -> Json<Waiting> {
    let waiting = server.lock().faults.waiting.clone();
    Json(Waiting { faults: waiting.into_iter().map(|(number, fault)| Numbered { number, fault }).collect() })
}

pub(super) async fn withdraw(State(server): Of, _: Query<Nothing>) -> Json<Nothing> {
    server.lock().faults.waiting.clear();
    Json(Nothing {})
}
