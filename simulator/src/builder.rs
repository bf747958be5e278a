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
use http::{HeaderMap, Request, Response};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    Policy, Simulator, answer,
    connections::{self, Limits},
    judge::Judge,
    state::State,
};

/// What is served besides the operations.
pub(crate) struct Served {
    /// Whether a request is let in, by its headers; why not.
    pub(crate) admit: Box<Admit>,
    /// Whether a path is one of these.
    pub(crate) has: fn(&str) -> bool,
    /// Answers the requests for such paths.
    pub(crate) answer: Box<Handler>,
}

type Admit = dyn Fn(&HeaderMap) -> Result<(), String> + Send + Sync;

type Handler = dyn Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Response<Bytes>> + Send>> + Send + Sync;

/// Configures a [`Simulator`]; made by [`Simulator::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct SimulatorBuilder {
    listen: SocketAddr,
    pub(crate) deeplinks: String,
    pub(crate) limits: Limits,
    pub(crate) served: Option<Served>,
    pub(crate) state: Arc<State>,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            deeplinks: "paypos-simulator://".to_owned(),
            limits: Limits { connections: usize::MAX, reading: None },
            served: None,
            state: Arc::default(),
        }
    }
}

impl SimulatorBuilder {
    /// The address to listen on. By default a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// What the phone does by itself. By default nothing: [`Phone`](crate::Phone) decides.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Decimal, Decision, Environment, types::InitSaleRequest};
    /// use paypos_simulator::{Policy, Simulator};
    ///
    /// let simulator = Simulator::builder().phone(Policy::Approve).start().await?;
    /// # let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    /// # let session = client.session(simulator.issue_session());
    /// let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE)).await?;
    /// assert!(matches!(session.wait_for(&handoff).await?, Decision::Succeeded(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn phone(self, policy: Policy) -> Self {
        self.state.phones().policy = policy;
        self
    }

    /// How long the phone takes, where it decides by itself. By default no time.
    pub fn phone_after(self, delay: Duration) -> Self {
        self.state.phones().after = delay;
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
        let (stop, stopped) = watch::channel(());
        let judge = Judge::of_the_documents().map_err(io::Error::other)?;
        let (state, limits) = (self.state, self.limits);
        let router = answer::router(answer::Server {
            judge,
            state: Arc::clone(&state),
            deeplinks,
            reading: limits.reading,
            served: self.served,
        });
        let server = tokio::spawn(connections::serve(listener, router, limits, stopped));
        Ok(Simulator { url, state, stop, server })
    }
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").field("listen", &self.listen).finish_non_exhaustive()
    }
}
