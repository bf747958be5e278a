//! Opens payment sessions at Paynet, waits for the phone, and records what comes of it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use paypos::{
    Decision, Error, Handoff, PaymentSession, Session,
    types::{InitReversalRequest, InitSaleRequest},
};
use tokio::time::{Instant, sleep};

use crate::{
    Backend,
    orders::{Payment, payment_session_of},
    store::{By, stays},
};

/// How often the database is asked for due payments, and how long after a write that failed.
const POLL: Duration = Duration::from_millis(250);

/// Sends a claimed payment to Paynet once, and records the response.
pub(crate) async fn initiate(
    backend: &Backend,
    session: Session,
    claimed: Payment,
) -> (Payment, Option<Error>) {
    let initiated = send(backend, &session, &claimed).await;
    backend.terminals.responded(&claimed.terminal, &initiated);
    // The id is out before anything else that can fail.
    if let Some(obtained) = payment_session_of(&initiated) {
        tracing::info!(reference_no = claimed.reference_no(), id = obtained.id(), "payment session opened");
    }
    let now = backend.clock.now();
    let payment = record(backend, claimed, By::Backend, |payment| payment.initiated(&initiated, now)).await;
    (payment, initiated.err())
}

async fn send(backend: &Backend, session: &Session, payment: &Payment) -> Result<Handoff, Error> {
    let reference_no = payment.reference_no();
    if let Some(sale) = &payment.reversal_of {
        let mut request = InitReversalRequest::new(sale).reference_no(reference_no);
        request.callback_url.clone_from(&backend.callback_url);
        session.init_reversal_transaction(request).await
    } else {
        let mut request = InitSaleRequest::new(payment.amount).reference_no(reference_no);
        request.callback_url.clone_from(&backend.callback_url);
        session.init_sale_transaction(request).await
    }
}

/// Waits for pending payments, until the backend stops.
pub(crate) async fn run(backend: Arc<Backend>) {
    while !backend.stop.is_cancelled() {
        if let Err(error) = round(&backend).await {
            tracing::error!(%error, "due payments cannot be read");
        }
        backend.stop.run_until_cancelled(sleep(POLL)).await;
    }
}

async fn round(backend: &Arc<Backend>) -> sqlx::Result<()> {
    backend.clock.set(backend.store.now().await?);
    for read in backend.store.lease(backend.limits.look_again).await? {
        match read {
            Ok(payment) => {
                let backend_of_wait = Arc::clone(backend);
                backend.waits.spawn(async move { look_at(&backend_of_wait, payment).await });
            }
            Err(row) => {
                let (reference, error) = (row.reference, row.problem);
                tracing::error!(reference, %error, "a payment cannot be read");
            }
        }
    }
    backend.health.round_finished();
    Ok(())
}

async fn look_at(backend: &Backend, payment: Payment) {
    let Some(payment_session) = payment.asked() else {
        record(backend, payment, By::Backend, Payment::abandoned).await;
        return;
    };
    let left = backend.clock.left(&payment, &backend.limits).min(2 * backend.limits.paynet_timeout);
    let wait = wait(backend, &payment, &payment_session, left);
    let Some((looked, asked)) = backend.stop.run_until_cancelled(wait).await else {
        // Ends the lease, so that another process waits for it immediately.
        drop(backend.store.replace(&payment, &payment, By::Backend).await);
        return;
    };
    let looked = looked.map_err(|error| error.to_string());
    let moment = backend.clock.moment(&payment, asked, &backend.limits);
    let (reference, kind, attempt) = payment.key();
    let next =
        record(backend, payment, By::Backend, |payment| payment.looked_at(&looked, moment, &backend.limits));
    // Guard: day::an_attempt_that_was_released_too_early_is_checked_before_and_beside_the_next_one
    if next.await.is_open() && attempt > 1 {
        // The phone may still have the deeplink of an attempt before it.
        if let Err(problem) = look_at_earlier(backend, &reference, kind).await {
            tracing::warn!(reference, problem, "an attempt before it cannot be checked");
        }
    }
}

/// Checks the attempts that nothing is said to have come of, once each. Returns one of which something has.
pub(crate) async fn look_at_earlier(
    backend: &Backend,
    reference: &str,
    kind: crate::orders::Kind,
) -> Result<Option<Payment>, String> {
    let attempts = backend.store.attempts(reference, kind).await.map_err(|error| error.to_string())?;
    for payment in attempts.into_iter().filter(Payment::may_be_posted_again) {
        let Some(payment_session) = payment.asked() else { continue };
        let (looked, asked) = wait(backend, &payment, &payment_session, Duration::ZERO).await;
        let looked = Ok(looked.map_err(|error| error.to_string())?);
        let moment = backend.clock.moment(&payment, asked, &backend.limits);
        // It is looked at again even if it was not due any more.
        let step = |payment: &Payment| payment.due_again(moment).looked_at(&looked, moment, &backend.limits);
        let next = record(backend, payment, By::Backend, step).await;
        if !next.may_be_posted_again() {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

/// Waits for the phone, or checks once if there is no time. Also returns a moment at which Paynet had not been asked yet
/// for what it returned: the process may be paused before it, and the database be gone after it.
// Guard: crash::a_look_from_before_a_pause_is_not_judged_by_the_clock_after_it
async fn wait(
    backend: &Backend,
    payment: &Payment,
    payment_session: &PaymentSession,
    within: Duration,
) -> (Result<Decision, Error>, Instant) {
    let began = Instant::now();
    // When the last check began, at the earliest, and when it ended.
    let checks = Arc::new(Mutex::new((began, began)));
    let session = backend.terminals.session(&payment.terminal);
    let mut wait = session.wait_for(payment_session).timeout(within).on_check({
        let checks = Arc::clone(&checks);
        // A check began after the one before it had ended.
        move |_| {
            let mut checks = checks.lock().unwrap_or_else(PoisonError::into_inner);
            *checks = (checks.1, Instant::now());
        }
    });
    if payment.is_declined {
        wait = wait.after_decline();
    }
    let looked = wait.await;
    backend.terminals.responded(&payment.terminal, &looked);
    let (asked, _) = *checks.lock().unwrap_or_else(PoisonError::into_inner);
    (looked, asked)
}

/// Writes the next state of a payment, and tries until it is written. If somebody else has changed the payment, `step`
/// is applied to the changed one. If its row is gone, it is written as one that needs attention.
// Guard: torture::nothing_is_lost_on_postgresql_by_two_processes_that_are_killed
// Guard: crash::a_row_that_is_gone_is_written_again_and_its_deeplink_is_not_handed_out
async fn record(
    backend: &Backend,
    mut before: Payment,
    by: By,
    step: impl Fn(&Payment) -> Payment,
) -> Payment {
    let (mut is_refused, mut failing) = (false, None);
    loop {
        let next = step(&before);
        let next = if is_refused { before.unstorable(&next) } else { next };
        match try_record(backend, &before, &next, by).await {
            Ok(Recorded::Written(written)) => {
                backend.changed(&before, &written);
                return *written;
            }
            Ok(Recorded::Changed(changed)) => before = *changed,
            Err(error) => {
                tracing::error!(reference_no = before.reference_no(), %error, "not written yet");
                is_refused = stays(&error);
                if !is_refused {
                    failing.get_or_insert_with(|| backend.health.failing());
                    sleep(POLL).await;
                }
            }
        }
    }
}

/// What became of a write.
enum Recorded {
    Written(Box<Payment>),
    /// Nothing: somebody else has changed it so.
    Changed(Box<Payment>),
}

async fn try_record(backend: &Backend, before: &Payment, next: &Payment, by: By) -> sqlx::Result<Recorded> {
    if backend.store.replace(before, next, by).await? {
        return Ok(Recorded::Written(Box::new(next.clone())));
    }
    match backend.store.get(&before.key()).await? {
        // By this process, which was not told of its commit.
        // Guard: crash::a_commit_that_the_database_acknowledges_too_late_is_read_and_not_judged
        Some(changed) if changed.is_written_as(next) => Ok(Recorded::Written(Box::new(changed))),
        Some(changed) => Ok(Recorded::Changed(Box::new(changed))),
        None => {
            let restored = next.restored();
            backend.store.restore(before).await?;
            backend.store.replace(before, &restored, by).await?;
            let reference_no = restored.reference_no();
            tracing::error!(reference_no, "the row of a payment was gone, and is written again");
            Ok(Recorded::Written(Box::new(restored)))
        }
    }
}
