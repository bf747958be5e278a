//! Waits for the phone, which no operation does.

use std::{fmt, future::IntoFuture, pin::Pin, time::Duration};

use tokio::time::{Instant, sleep_until};

use crate::{
    Error,
    ErrorKind::{Configuration, InvalidInput, Unauthorized},
    Handoff, Session,
    types::{CheckTransactionRequest, CheckTransactionResponse, Transaction},
};

/// A payment session to wait for, and what it is for: the success of a reversal must not be read from
/// the sale that it reverses.
#[derive(Clone)]
pub struct PaymentSession {
    id: String,
    /// The `xact_id` that is being reversed.
    reverses: Option<String>,
}

impl PaymentSession {
    /// The payment session of a sale, by its `payment_session_id`.
    pub fn sale(payment_session_id: impl Into<String>) -> Self {
        Self { id: payment_session_id.into(), reverses: None }
    }

    /// The payment session of a reversal, by its `payment_session_id`, and the `xact_id` that is being reversed.
    pub fn reversal(payment_session_id: impl Into<String>, xact_id: impl Into<String>) -> Self {
        Self { id: payment_session_id.into(), reverses: Some(xact_id.into()) }
    }
}

impl From<&Handoff> for PaymentSession {
    fn from(handoff: &Handoff) -> Self {
        Self { id: handoff.payment_session_id.clone(), reverses: handoff.reverses.clone() }
    }
}

impl fmt::Debug for PaymentSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.reverses.is_some() { "reversal" } else { "sale" };
        f.debug_struct("PaymentSession").field("of", &what).finish_non_exhaustive()
    }
}

/// What the phone decided on a payment session.
///
/// Paynet leaves open which transactions the payment session of a reversal lists. If the sale that is being
/// reversed is among them, it never decides: it is recognized by its `xact_id`. Whether Paynet writes an
/// encrypted `xact_id` the same way each time is **unverified**; if it does not, the sale could be taken
/// for the reversal. A transaction of a reversal without an `xact_id` does not decide either.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Decision {
    /// The transactions whose `is_succeed` is true: one, or more if Paynet has carried out more.
    Succeeded(Vec<Transaction>),
    /// There are transactions, and of each `is_succeed` is false.
    ///
    /// Paynet does not document whether the phone may try again in the same payment
    /// session: check once more before initiating another.
    Failed(Vec<Transaction>),
    /// Nothing, before the deadline: the phone may still finish it, so check again before
    /// initiating another.
    Pending,
}

/// A wait for the phone, made by [`Session::wait_for`]: `.await` it.
///
/// It polls [`check_transaction`](Session::check_transaction) at once, after each
/// interval, and for the last time at the deadline. Polling moves no money, so every error is
/// retried except those that would not change (`InvalidInput`, `Configuration` and
/// `Unauthorized`), and never sooner than a `Retry-After` allows: a refusal may mean that the
/// transaction has not appeared yet. Drop the future to cancel.
///
/// ```no_run
/// # use paypos::{Decision, Error, Handoff, Session};
/// # use std::time::Duration;
/// # async fn example(session: &Session, handoff: &Handoff) -> Result<(), Error> {
/// let decision = session
///     .wait_for(handoff)
///     .deadline(Duration::from_secs(120))
///     .on_check(|check| println!("checked: {check:?}"))
///     .await?;
/// if let Decision::Succeeded(transactions) = decision {
///     println!("paid {:?}", transactions.iter().map(|paid| paid.amount).collect::<Vec<_>>());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// An error that would not change; or, if no further check may begin before the deadline, the
/// error of the last one. Its outcome is [`Unknown`](crate::Outcome::Unknown), whatever its kind,
/// except for `InvalidInput` and `Configuration`: it tells nothing of the payment. Check again
/// before initiating another.
///
/// # Panics
/// Outside of a tokio runtime, as all of reqwest does.
#[must_use = "pending is waited for until it is awaited"]
pub struct Wait {
    session: Session,
    payment_session: PaymentSession,
    interval: Duration,
    deadline: Duration,
    on_check: Box<OnCheck>,
}

type OnCheck = dyn FnMut(&Result<CheckTransactionResponse, Error>) + Send;

impl Wait {
    pub(crate) fn new(session: Session, payment_session: PaymentSession) -> Self {
        Self {
            session,
            payment_session,
            interval: Duration::from_secs(2),
            deadline: Duration::from_mins(5),
            on_check: Box::new(|_| ()),
        }
    }

    /// The time from one check to the next. By default 2 s.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The time after which no check begins; the last one may take as long as a call may. By default 5 min.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Is told of each check as it ends.
    pub fn on_check(
        mut self,
        on_check: impl FnMut(&Result<CheckTransactionResponse, Error>) + Send + 'static,
    ) -> Self {
        self.on_check = Box::new(on_check);
        self
    }

    async fn run(mut self) -> Result<Decision, Error> {
        if self.interval.is_zero() {
            return Err(Error::invalid_input(
                "the interval of a wait is zero; give the time between two checks",
            ));
        }
        let deadline = after(self.deadline);
        loop {
            let request = CheckTransactionRequest::new(&self.payment_session.id);
            let checked = self.session.check_transaction(request).await;
            (self.on_check)(&checked);
            let (not_before, last) = match checked {
                Ok(answer) => match decided(answer.data, self.payment_session.reverses.as_deref()) {
                    Decision::Pending => (Duration::ZERO, Ok(Decision::Pending)),
                    decision => return Ok(decision),
                },
                // Asking again would give the same.
                Err(error) if matches!(error.kind(), InvalidInput | Configuration | Unauthorized) => {
                    return Err(error);
                }
                Err(error) => (error.retry_after().unwrap_or_default(), Err(error)),
            };
            if Instant::now() >= deadline || after(not_before) > deadline {
                return last;
            }
            sleep_until(after(self.interval.max(not_before)).min(deadline)).await;
        }
    }
}

/// `now + duration`, capped far in the future.
fn after(duration: Duration) -> Instant {
    Instant::now() + duration.min(Duration::from_hours(8760))
}

fn decided(mut transactions: Vec<Transaction>, reverses: Option<&str>) -> Decision {
    if let Some(sale) = reverses {
        transactions.retain(|transaction| transaction.xact_id.as_deref() != Some(sale));
        // What cannot be told from the sale leaves it open.
        if transactions.iter().any(|transaction| transaction.xact_id.is_none()) {
            return Decision::Pending;
        }
    }
    let (succeeded, others): (Vec<_>, Vec<_>) =
        transactions.into_iter().partition(|transaction| transaction.is_succeed == Some(true));
    if !succeeded.is_empty() {
        Decision::Succeeded(succeeded)
    } else if !others.is_empty() && others.iter().all(|other| other.is_succeed == Some(false)) {
        Decision::Failed(others)
    } else {
        Decision::Pending
    }
}

impl IntoFuture for Wait {
    type Output = Result<Decision, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}
