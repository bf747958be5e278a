//! Polls a payment session until the phone has finished it.

use std::{fmt, future::IntoFuture, pin::Pin, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    Decision, Error, PaymentSession, Session,
    types::{CheckTransactionRequest, CheckTransactionResponse},
};

/// A wait for the phone, returned by [`Session::wait_for`]; `.await` it.
///
/// Polls [`check_transaction`](Session::check_transaction) immediately, then once per interval, and once more at the
/// timeout. Polling moves no money, so it continues after any error that may pass, even a refusal (the transaction may
/// not have appeared yet), and respects `Retry-After`. Drop the future to cancel; that loses nothing.
///
/// ```
/// # use paypos::{Decision, Error, Handoff, Session};
/// # use std::time::Duration;
/// # async fn example(session: &Session, handoff: &Handoff) -> Result<(), Error> {
/// let decision = session
///     .wait_for(handoff)
///     .timeout(Duration::from_secs(120))
///     .on_check(|check| println!("checked: {check:?}"))
///     .await?;
/// match decision {
///     Decision::Succeeded(sale) => println!("paid: {:?}", sale.xact_id),
///     Decision::Differs(difference) => println!("look it up in Paynet's panel: {difference}"),
///     Decision::Failed(_) => println!("declined; check once more before starting another sale"),
///     Decision::Pending => println!("still pending; check again before starting another sale"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Waiting for many
/// One client holds thousands of waits. Their checks are spread in time, slow down to every second interval after a
/// minute, and at most 64 are in flight, so that few connections are open. Keep the waits in a
/// [`JoinSet`](https://docs.rs/tokio/latest/tokio/task/struct.JoinSet.html); after a restart, wait again for what was
/// stored:
///
/// ```
/// # use paypos::{Decision, PaymentSession, Session};
/// # use std::future::IntoFuture;
/// # use tokio::task::JoinSet;
/// # async fn example(session: &Session, stored: Vec<String>) -> Result<(), Box<dyn std::error::Error>> {
/// let mut waits = JoinSet::new();
/// for json in stored {
///     let payment_session: PaymentSession = serde_json::from_str(&json)?;
///     let wait = session.wait_for(payment_session.clone()).into_future();
///     waits.spawn(async move { (payment_session, wait.await) });
/// }
/// while let Some(ended) = waits.join_next().await {
///     match ended? {
///         (payment_session, Ok(decision)) => println!("{}: {decision:?}", payment_session.id()),
///         (payment_session, Err(error)) => println!("{}: wait again later: {error}", payment_session.id()),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Returns an error that retrying cannot fix, or else the error of the last check before the timeout. Its outcome is
/// always [`Unknown`](crate::Outcome::Unknown): it says nothing about the payment. After
/// [`Unauthorized`](crate::ErrorKind::Unauthorized) (the session has expired), open a new session and wait again for the
/// same [`PaymentSession`]; a session of [`Agent::session`](crate::Agent::session) opens the new one itself.
///
/// # Panics
/// If called outside a tokio runtime.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait {
    session: Session,
    payment_session: PaymentSession,
    interval: Duration,
    timeout: Duration,
    after_decline: bool,
    on_check: Box<OnCheck>,
}

type OnCheck = dyn FnMut(&Result<CheckTransactionResponse, Error>) + Send;

impl Wait {
    /// The shortest interval between two checks.
    pub const MIN_INTERVAL: Duration = Duration::from_millis(100);

    pub(crate) fn new(session: Session, payment_session: PaymentSession) -> Self {
        Self {
            session,
            payment_session,
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(300),
            after_decline: false,
            on_check: Box::new(|_| ()),
        }
    }

    /// Sets the longest pause between two checks in the first minute; after it, the pause is up to twice as long. Pauses
    /// vary by a fifth, so that many waits spread in time. Defaults to 2 s, and is at least
    /// [`MIN_INTERVAL`](Self::MIN_INTERVAL).
    ///
    /// ```
    /// # use paypos::{Decision, Error, Handoff, Session};
    /// # use std::time::Duration;
    /// # async fn example(session: &Session, handoff: &Handoff) -> Result<(), Error> {
    /// let decision = session.wait_for(handoff).interval(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets how long to keep checking. Defaults to 5 minutes.
    ///
    /// The last check begins at the timeout, and may take up to the client's own timeout. With more waits than checks in
    /// flight it may have to queue for as long before; if its turn does not come, the wait ends as the check before it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Waits on after a decline, until the timeout, for the customer to try another card. Without it, a decline ends the
    /// wait as [`Decision::Failed`].
    ///
    /// Whether Paynet's phone may try again in the same payment session is undocumented.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Decimal, Decision, Environment, types::InitSaleRequest};
    /// # use paypos_simulator::Simulator;
    /// # use std::{sync::Arc, time::Duration};
    /// # let simulator = Arc::new(Simulator::start().await?);
    /// # let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    /// # let session = client.session(simulator.issue_session());
    /// # let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE)).await?;
    /// # let id = handoff.payment_session().id().to_owned();
    /// # simulator.phone().decline(&id)?;
    /// # let phone = simulator.clone();
    /// # let another_card = move || {
    /// #     let _ = phone.phone().try_again(&id).and_then(|()| phone.phone().approve(&id));
    /// # };
    /// let wait = session.wait_for(&handoff).interval(Duration::from_millis(100)).after_decline();
    /// let decision = wait.on_check(move |_| another_card()).await?;
    /// assert!(matches!(decision, Decision::Succeeded(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn after_decline(mut self) -> Self {
        self.after_decline = true;
        self
    }

    /// Calls `on_check` with the result of each check.
    pub fn on_check(
        mut self,
        on_check: impl FnMut(&Result<CheckTransactionResponse, Error>) + Send + 'static,
    ) -> Self {
        self.on_check = Box::new(on_check);
        self
    }

    // Guard: wait::transient_errors_do_not_end_a_wait
    // Guard: wait::no_check_is_sooner_than_paynet_allows
    // Guard: wait::a_wait_checks_each_interval_and_half_as_often_after_a_minute
    // Guard: waits::waits_for_a_server_that_stalls_end_all_the_same
    async fn run(mut self) -> Result<Decision, Error> {
        if self.interval < Self::MIN_INTERVAL {
            let problem = "the interval of a wait is too short; expected at least 100 ms";
            return Err(Error::invalid_input(problem));
        }
        let started = Instant::now();
        let deadline = started + self.timeout.min(FAR);
        let server = Arc::clone(&self.session.client.server);
        let mut last = Ok(Decision::Pending);
        loop {
            let request = CheckTransactionRequest::new(self.payment_session.id());
            let Ok(permit) = timeout_at(deadline + server.timeout.min(FAR), server.checks.acquire()).await
            else {
                return last;
            };
            let checked = self.session.check_transaction(request).await;
            drop(permit);
            (self.on_check)(&checked);
            let mut retry_after = Duration::ZERO;
            last = match checked.map(|response| self.payment_session.decide(response.data)) {
                Ok(Decision::Pending) => Ok(Decision::Pending),
                Ok(failed @ Decision::Failed(_)) if self.after_decline => Ok(failed),
                Ok(decision) => return Ok(decision),
                Err(error) if !error.is_safe_to_retry() => return Err(error),
                Err(error) => {
                    retry_after = error.retry_after().unwrap_or_default();
                    Err(error)
                }
            };
            let now = Instant::now();
            if now >= deadline {
                return last;
            }
            let slowdown = if now - started < SLOWER_AFTER { 1.0 } else { 2.0 };
            let pause = self.interval.min(FAR).mul_f64(slowdown * (0.8 + 0.2 * fastrand::f64()));
            sleep_until((now + pause.max(retry_after).min(FAR)).min(deadline)).await;
        }
    }
}

/// When a wait slows down: most people have paid by then.
const SLOWER_AFTER: Duration = Duration::from_secs(60);

/// A year: longer than any wait, and short enough to add to an instant.
const FAR: Duration = Duration::from_secs(31_536_000);

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
            .field("payment_session", &self.payment_session)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
