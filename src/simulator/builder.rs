//! How a simulator is started: where it listens, and what else it serves.

use std::{
    fmt,
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::{net::TcpListener, sync::watch};

use super::{PaymentSession, Simulator, answer, judge::Judge, server, state::State};

/// Answers the requests for paths under a prefix.
pub(super) type Handler =
    dyn Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Response<Bytes>> + Send>> + Send + Sync;

/// Is told of each payment session as it is opened.
pub(super) type OnPayment = dyn Fn(PaymentSession) + Send + Sync;

/// Configures a [`Simulator`]; made by [`Simulator::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct SimulatorBuilder {
    listen: SocketAddr,
    deeplinks: String,
    pub(super) limits: Limits,
    pub(super) served: Option<(String, Box<Handler>)>,
    pub(super) on_payment: Option<Box<OnPayment>>,
}

/// What a server that others can reach bounds.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) connections: usize,
    /// For the head of a request, and for its body.
    pub(super) reading: Option<Duration>,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            deeplinks: "paypos-simulator://".to_owned(),
            limits: Limits { connections: usize::MAX, reading: None },
            served: None,
            on_payment: None,
        }
    }
}

impl SimulatorBuilder {
    /// The address to listen on. By default a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// What each `deeplink_url` begins with; the `payment_session_id` follows. A path is below the simulator's
    /// own URL. By default `paypos-simulator://`.
    pub fn deeplinks(mut self, prefix: impl Into<String>) -> Self {
        self.deeplinks = prefix.into();
        self
    }

    /// The most connections at once, and the most time for the head of a request and for its body. By
    /// default neither is bounded.
    pub fn limits(mut self, connections: usize, reading: Duration) -> Self {
        self.limits = Limits { connections, reading: Some(reading) };
        self
    }

    /// Answers the requests for paths under a prefix by this function; their bodies have 1 MiB at most. They
    /// are not in [`requests`](Simulator::requests), and no fault is for them.
    pub fn serve<F>(
        mut self,
        prefix: impl Into<String>,
        answer: impl Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Response<Bytes>> + Send + 'static,
    {
        self.served = Some((prefix.into(), Box::new(move |request| Box::pin(answer(request)))));
        self
    }

    /// Is told of each payment session as it is opened, and may have the phone decide it.
    pub fn on_payment(mut self, told: impl Fn(PaymentSession) + Send + Sync + 'static) -> Self {
        self.on_payment = Some(Box::new(told));
        self
    }

    /// Starts the simulator on the current tokio runtime.
    ///
    /// # Errors
    /// If it cannot listen on the address.
    pub async fn start(self) -> io::Result<Simulator> {
        let listener = TcpListener::bind(self.listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let deeplinks = if self.deeplinks.starts_with('/') {
            format!("{url}{}", self.deeplinks)
        } else {
            self.deeplinks.clone()
        };
        let state = Arc::new(State::default());
        let (stop, stopped) = watch::channel(());
        let judge = Judge::new().map_err(io::Error::other)?;
        let limits = self.limits;
        let router = answer::router(judge, Arc::clone(&state), deeplinks, self);
        let server = tokio::spawn(server::serve(listener, router, limits, stopped));
        Ok(Simulator { url, state, stop, server })
    }
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").field("listen", &self.listen).finish_non_exhaustive()
    }
}
