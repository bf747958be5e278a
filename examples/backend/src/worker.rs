//! Opens payment sessions at Paynet, and waits for the phone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use paypos::{
    Decision, Error, Handoff, PaymentSession, Session,
    types::{InitReversalRequest, InitSaleRequest},
};
use tokio::time::sleep;

use crate::{
    Backend, now,
    orders::{Payment, payment_session_of},
};

/// How often the database is asked for due payments.
const POLL: Duration = Duration::from_millis(250);

/// Sends a claimed payment to Paynet once, and records the response.
pub(crate) async fn initiate(
    backend: &Backend,
    session: Session,
    claimed: Payment,
) -> (Payment, Option<Error>) {
    let initiated = send(backend, &session, &claimed).await;
    // The id is out before anything else that can fail.
    if let Some(obtained) = payment_session_of(&initiated) {
        tracing::info!(reference_no = claimed.reference_no(), id = obtained.id(), "payment session opened");
    }
    let payment = record(backend, claimed, |payment| payment.initiated(&initiated)).await;
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
        match backend.store.lease().await {
            Ok(due) => {
                for payment in due {
                    let backend_of_wait = Arc::clone(&backend);
                    backend.waits.spawn(async move { look_at(&backend_of_wait, payment).await });
                }
            }
            Err(error) => tracing::error!(%error, "due payments cannot be read"),
        }
        backend.stop.run_until_cancelled(sleep(POLL)).await;
    }
}

async fn look_at(backend: &Backend, payment: Payment) {
    let Some(payment_session) = payment.asked() else {
        record(backend, payment, Payment::abandoned).await;
        return;
    };
    match backend.stop.run_until_cancelled(wait(backend, &payment, &payment_session)).await {
        Some((looked, asked_at)) => {
            record(backend, payment, |payment| payment.looked_at(&looked, asked_at, &backend.limits)).await;
        }
        // Ends the lease, so that another process waits for it immediately.
        None => drop(backend.store.replace(&payment, &payment).await),
    }
}

/// Waits for a part of the payment's time, or checks once if its time is over. Also returns a time at which Paynet had
/// not been asked yet for what it returned: the process may be paused before it, and the database be gone after it.
async fn wait(
    backend: &Backend,
    payment: &Payment,
    payment_session: &PaymentSession,
) -> (Result<Decision, String>, i64) {
    let asked_at = Arc::new(AtomicI64::new(now()));
    let last_ended = AtomicI64::new(now());
    let left = payment.ends_at(&backend.limits) - now();
    let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
    let session = backend.session(&payment.terminal);
    let mut wait =
        session.wait_for(payment_session).timeout(left.min(2 * backend.limits.paynet_timeout)).on_check({
            let asked_at = Arc::clone(&asked_at);
            // A check began after the one before it had ended.
            move |_| asked_at.store(last_ended.swap(now(), Ordering::SeqCst), Ordering::SeqCst)
        });
    if payment.is_declined {
        wait = wait.after_decline();
    }
    let looked = wait.await.map_err(|error| error.to_string());
    (looked, asked_at.load(Ordering::SeqCst))
}

/// Writes the next state of a payment, and tries until it is written. If somebody else has changed the payment, `step`
/// is applied to the changed one. If its row is gone, it is written as one that needs attention.
async fn record(backend: &Backend, mut before: Payment, step: impl Fn(&Payment) -> Payment) -> Payment {
    loop {
        let next = step(&before);
        match try_record(backend, &before, &next).await {
            Ok(Recorded::Written) => return next,
            Ok(Recorded::Changed(changed)) => before = *changed,
            Ok(Recorded::Gone(restored)) => {
                let reference_no = restored.reference_no();
                tracing::error!(reference_no, "the row of a payment was gone, and is written again");
                return *restored;
            }
            Err(error) => {
                tracing::error!(reference_no = before.reference_no(), %error, "not written yet");
                sleep(POLL).await;
            }
        }
    }
}

/// What became of a write.
enum Recorded {
    Written,
    /// As somebody else has changed it.
    Changed(Box<Payment>),
    /// As it was written again.
    Gone(Box<Payment>),
}

async fn try_record(backend: &Backend, before: &Payment, next: &Payment) -> sqlx::Result<Recorded> {
    if backend.store.replace(before, next).await? {
        if next.state != before.state {
            tracing::info!(reference_no = next.reference_no(), state = %next.state, "changed");
        }
        return Ok(Recorded::Written);
    }
    if let Some(changed) = backend.store.get(&before.reference, before.kind, before.attempt).await? {
        return Ok(Recorded::Changed(Box::new(changed)));
    }
    let restored = next.restored();
    backend.store.restore(&restored).await?;
    backend.store.replace(&restored, &restored).await?;
    Ok(Recorded::Gone(Box::new(restored)))
}
