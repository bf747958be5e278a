//! Opens payment sessions at Paynet, and waits for the phone.

use std::{sync::Arc, time::Duration};

use paypos::{
    Decision, Error, ErrorKind, Handoff, Outcome, PaymentSession, Session,
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
    let mut initiated = send(backend, &session, &claimed).await;
    if let Err(error) = &initiated
        && is_refused_session(error)
        && error.outcome() == Outcome::Rejected
        && let Ok(renewed) = backend.sessions.renew(&claimed.terminal, &session).await
    {
        initiated = send(backend, &renewed, &claimed).await;
    }
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
    let Some(payment_session) = payment.payment_session.clone() else {
        record(backend, payment, Payment::abandoned).await;
        return;
    };
    match backend.stop.run_until_cancelled(wait(backend, &payment, &payment_session)).await {
        Some(looked) => {
            record(backend, payment, |payment| payment.looked_at(&looked, now(), &backend.limits)).await;
        }
        // Ends the lease, so that another process waits for it immediately.
        None => drop(backend.store.replace(&payment, &payment).await),
    }
}

/// Waits for a part of the payment's time, or checks once if its time is over.
async fn wait(
    backend: &Backend,
    payment: &Payment,
    payment_session: &PaymentSession,
) -> Result<Decision, String> {
    let session = backend.sessions.get(&payment.terminal).await?;
    let left = payment.ends_at(&backend.limits) - now();
    let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
    let mut wait =
        session.wait_for(payment_session.clone()).timeout(left.min(2 * backend.limits.paynet_timeout));
    if payment.is_declined {
        wait = wait.after_decline();
    }
    let looked = match wait.await {
        Err(error) if is_refused_session(&error) => {
            let renewed = backend.sessions.renew(&payment.terminal, &session).await?;
            renewed.decision(payment_session).await
        }
        looked => looked,
    };
    looked.map_err(|error| error.to_string())
}

fn is_refused_session(error: &Error) -> bool {
    error.kind() == ErrorKind::Unauthorized
}

/// Writes the next state of a payment, and tries until it is written. If somebody else has changed the payment, `step`
/// is applied to the changed one.
async fn record(backend: &Backend, mut before: Payment, step: impl Fn(&Payment) -> Payment) -> Payment {
    loop {
        let next = step(&before);
        match try_record(backend, &before, &next).await {
            Ok(None) => return next,
            Ok(Some(changed)) => before = changed,
            Err(error) => {
                tracing::error!(reference_no = before.reference_no(), %error, "not written yet");
                sleep(POLL).await;
            }
        }
    }
}

/// Replaces a payment. Returns `None` if it was written, and otherwise the payment as somebody else has changed it.
async fn try_record(backend: &Backend, before: &Payment, next: &Payment) -> sqlx::Result<Option<Payment>> {
    if backend.store.replace(before, next).await? {
        if next.state != before.state {
            tracing::info!(reference_no = next.reference_no(), state = %next.state, "changed");
        }
        return Ok(None);
    }
    backend.store.get(&before.reference, before.kind, before.attempt).await
}
