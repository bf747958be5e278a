//! What the simulator does, and its state as a whole.

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::{Json, Nothing, Of, Query};
use crate::{Behavior, Policy};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phone {
    policy: Policy,
}

pub(super) async fn set_phone(State(server): Of, Json(phone): Json<Phone>) -> Json<Phone> {
    server.lock().settings.policy = phone.policy;
    Json(phone)
}

pub(super) async fn behavior(State(server): Of, _: Query<Nothing>) -> Json<Behavior> {
    Json(server.lock().settings.behavior)
}

/// Sets all answers. Those that are not given are as the crate assumes.
pub(super) async fn set_behavior(State(server): Of, Json(behavior): Json<Behavior>) -> Json<Behavior> {
    server.lock().settings.behavior = behavior;
    Json(behavior)
}

pub(super) async fn expire_sessions(State(server): Of, Json(nothing): Json<Nothing>) -> Json<Nothing> {
    server.lock().ledger.expire_sessions();
    Json(nothing)
}

/// Returns to the state of the start; the numbers of requests go on.
pub(super) async fn reset(State(server): Of, Json(nothing): Json<Nothing>) -> Json<Nothing> {
    server.lock().reset();
    Json(nothing)
}
