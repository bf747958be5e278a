//! Waits for the phone, which no operation does.

use std::{fmt, future::IntoFuture, pin::Pin, time::Duration};

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    Error, ErrorKind, Session,
    types::{CheckTransactionRequest, Transaction},
};

const FOREVER: Duration = Duration::from_hours(24 * 365);

/// What the phone decided on a payment session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Decision {
    /// A transaction succeeded: its `is_succeed` is true. The money has moved.
    Succeeded(Box<Transaction>),
    /// There are transactions, and none of them succeeded: this is the last one.
    ///
    /// Paynet does not document whether the phone may try again in the same payment session.
    Failed(Box<Transaction>),
    /// Nothing, before the deadline: the phone may still finish it, so check again before
    /// initiating another.
    Nothing,
}

/// A wait for the phone, made by [`Session::wait_for`]: `.await` it.
///
/// It asks [`check_transaction`](Session::check_transaction) at once, and then again at each
/// interval until the phone has decided or the deadline has passed. As that moves no money,
/// it is asked again after any error but those that would not change: `InvalidInput`,
/// `Configuration`, `Unauthorized` and `Rejected`; after `RateLimited`, not before Paynet allows it.
/// Drop the future to cancel it.
///
/// ```no_run
/// # use paypos::{Decision, Error, Handoff, Session};
/// # use std::time::Duration;
/// # async fn example(session: &Session, handoff: &Handoff) -> Result<(), Error> {
/// let decision = session
///     .wait_for(&handoff.payment_session_id)
///     .deadline(Duration::from_secs(120))
///     .on_check(|check| println!("checked: {check:?}"))
///     .await?;
/// if let Decision::Succeeded(transaction) = decision {
///     println!("paid {:?}", transaction.amount);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// An error that would not change; or, where the deadline has passed, the one of the last check, if that failed.
#[must_use = "nothing is waited for until it is awaited"]
pub struct Wait {
    session: Session,
    payment_session_id: String,
    interval: Duration,
    deadline: Duration,
    on_check: Box<OnCheck>,
}

type OnCheck = dyn FnMut(&Result<Vec<Transaction>, Error>) + Send;

impl Wait {
    pub(crate) fn new(session: Session, payment_session_id: String) -> Self {
        Self {
            session,
            payment_session_id,
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

    /// The most time for the whole wait. By default 5 min.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Is told of each check as it ends.
    pub fn on_check(
        mut self,
        on_check: impl FnMut(&Result<Vec<Transaction>, Error>) + Send + 'static,
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
        // A deadline beyond what the clock can say is as good as none.
        let deadline = Instant::now().checked_add(self.deadline).unwrap_or_else(|| Instant::now() + FOREVER);
        let mut last = Ok(Decision::Nothing);
        loop {
            let request = CheckTransactionRequest::new(&self.payment_session_id);
            let Ok(checked) = timeout_at(deadline, self.session.check_transaction(request)).await else {
                return last;
            };
            (self.on_check)(&checked);
            let mut pause = self.interval;
            last = match checked {
                Ok(transactions) => match decided(transactions) {
                    Decision::Nothing => Ok(Decision::Nothing),
                    decision => return Ok(decision),
                },
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => {
                    pause = pause.max(error.retry_after().unwrap_or_default());
                    Err(error)
                }
            };
            let next = Instant::now().checked_add(pause).filter(|next| *next < deadline);
            let Some(next) = next else {
                sleep_until(deadline).await;
                return last;
            };
            sleep_until(next).await;
        }
    }
}

fn decided(transactions: Vec<Transaction>) -> Decision {
    let mut decision = Decision::Nothing;
    for transaction in transactions {
        match transaction.is_succeed {
            Some(true) => return Decision::Succeeded(Box::new(transaction)),
            Some(false) => decision = Decision::Failed(Box::new(transaction)),
            None => {}
        }
    }
    decision
}

/// Whether asking again would give the same.
fn is_final(error: &Error) -> bool {
    use ErrorKind::{Configuration, InvalidInput, Rejected, Unauthorized};
    matches!(error.kind(), InvalidInput | Configuration | Unauthorized | Rejected)
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
        f.debug_struct("Wait")
            .field("interval", &self.interval)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
