//! Sessions, and the operations that need one.

use std::sync::Arc;

use crate::{
    Client, Error, Handoff, SessionKey,
    generated::{operations, wire},
    transport::{self, Credential, Operation},
    types,
    wait::{PaymentSession, Wait},
};

/// A mobile session on a [`Client`](crate::Client): calls with its session key.
///
/// Cheap to create, to clone and to keep by the thousand: all sessions share the
/// client's connections. A session belongs to its client's environment.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) client: Client,
    pub(crate) key: Arc<SessionKey>,
}

impl Session {
    fn api(&self, operation: &'static Operation) -> wire::Client {
        self.client.api(operation, Credential::SessionKey(Arc::clone(&self.key)))
    }

    /// The session's key: for the merchant's app, which creates a session from it, and for
    /// [`Agent::logout`](crate::Agent::logout).
    #[must_use]
    pub fn key(&self) -> &SessionKey {
        &self.key
    }

    /// Initiates a sale: `POST /v1/softpos/init_sale_transaction`.
    ///
    /// Returns what opens the PayPOS app. **`Ok` is not a payment yet**: the
    /// phone finishes it, and [`wait_for`](Self::wait_for) reports the result.
    /// The request is sent at most once.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for an `amount`
    /// that is not positive or has more than two decimals, or a `callback_url` as at
    /// [`init_reversal_transaction`](Self::init_reversal_transaction). After that as there.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as all of reqwest does.
    pub async fn init_sale_transaction(&self, request: types::InitSaleRequest) -> Result<Handoff, Error> {
        let api = self.api(&operations::INIT_SALE_TRANSACTION);
        transport::call(&api, &request, api.init_sale_transaction(&request), Ok).await
    }

    /// Initiates a cancel or refund: `POST /v1/softpos/init_reversal_transaction`.
    ///
    /// Paynet checks whether the transaction may be reversed, and returns what
    /// opens the PayPOS app. **`Ok` is not a refund yet**: the phone finishes it.
    /// The request is sent at most once.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a
    /// blank `xact_id`, or a `callback_url` that is not an absolute URL, has a space or a
    /// control character in it, or whose scheme runs, reads or shows content instead of opening an app.
    /// After that every kind but `Configuration` may come: [`Error::outcome`] tells what it
    /// means for the money.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as all of reqwest does.
    pub async fn init_reversal_transaction(
        &self,
        request: types::InitReversalRequest,
    ) -> Result<Handoff, Error> {
        let api = self.api(&operations::INIT_REVERSAL_TRANSACTION);
        let handoff = transport::call(&api, &request, api.init_reversal_transaction(&request), Ok).await?;
        Ok(Handoff { reverses: Some(request.xact_id), ..handoff })
    }

    /// The transactions of a payment session: `data` of the answer of `POST /v1/softpos/check_transaction`,
    /// empty where there are none.
    ///
    /// Moves no money. The answer's `code` is passed through: Paynet documents no values.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a blank
    /// `payment_session_id`. After that every kind but `Configuration` may come;
    /// [`BadResponse`](crate::ErrorKind::BadResponse) also for an answer without the list.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as all of reqwest does.
    pub async fn check_transaction(
        &self,
        request: types::CheckTransactionRequest,
    ) -> Result<types::CheckTransactionResponse, Error> {
        let api = self.api(&operations::CHECK_TRANSACTION);
        transport::call(&api, &request, api.check_transaction(&request), Ok).await
    }

    /// Waits until the phone has finished a payment session, by asking
    /// [`check_transaction`](Self::check_transaction) again and again; see [`Wait`].
    ///
    /// Takes a handoff, or a [`PaymentSession`] from what was kept of one.
    pub fn wait_for(&self, payment_session: impl Into<PaymentSession>) -> Wait {
        Wait::new(self.clone(), payment_session.into())
    }
}
