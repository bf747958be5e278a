//! The requests that arrived.

use std::time::Duration;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Json, Of, Problem, Query, Result};
use crate::ReceivedRequest;

const MAX_WAIT: Duration = Duration::from_secs(60);

/// How often a call that waits looks.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    after: u64,
    wait: Option<String>,
    accepted: Option<bool>,
}

#[derive(Serialize)]
pub(super) struct Received {
    requests: Vec<ReceivedRequest>,
    /// Pass it as `after` in the next call.
    last: u64,
    forgotten: u64,
}

/// Returns the requests after a number. If there are none, waits for the first.
// Guard: load::a_hundred_polls_of_a_long_journal_cost_the_calls_of_others_nothing
// Guard: control::a_poll_skips_no_request_that_is_still_open
// Guard: control::a_request_whose_client_hangs_up_is_in_the_journal
pub(super) async fn list(State(server): Of, Query(wanted): Query<Wanted>) -> Result<Json<Received>> {
    let seconds =
        wanted.wait.as_deref().map_or(Some(0), |wait| wait.strip_suffix('s').unwrap_or(wait).parse().ok());
    let seconds = seconds
        .ok_or_else(|| Problem::bad("`wait` is not a whole number of seconds; give one such as 5s"))?;
    let is_wanted = |request: &&&ReceivedRequest| {
        wanted.accepted.is_none_or(|accepted| request.violations.is_empty() == accepted)
    };
    let deadline = Instant::now() + Duration::from_secs(seconds).min(MAX_WAIT);
    let mut last = wanted.after;
    loop {
        let (requests, forgotten) = {
            let state = server.lock();
            let completed = state.journal.completed_after(last);
            last = completed.last().map_or(last, |request| request.number);
            let wanted: Vec<_> =
                completed.iter().filter(is_wanted).map(|request| (*request).clone()).collect();
            (wanted, state.journal.dropped())
        };
        if !requests.is_empty() || Instant::now() >= deadline {
            return Ok(Json(Received { requests, last, forgotten }));
        }
        tokio::time::sleep(LOOK).await;
    }
}
