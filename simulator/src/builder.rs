//! Configures and starts a simulator.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    Behavior, Policy, Simulator,
    conformance::Conformance,
    connections::{self, Limits},
    flight::Flight,
    operations::{self, Log},
    state::State,
};

/// Adds routes to the router of the operations.
type Wrap = dyn FnOnce(Router, Flight) -> Router + Send;

/// Configures a [`Simulator`]; made by [`Simulator::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct SimulatorBuilder {
    listen: SocketAddr,
    pub(crate) deeplinks: String,
    pub(crate) limits: Limits,
    pub(crate) wrap: Option<Box<Wrap>>,
    pub(crate) log: Option<Box<Log>>,
    pub(crate) state: Arc<State>,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            deeplinks: "paypos-simulator://".to_owned(),
            limits: Limits { connections: usize::MAX, time: None },
            wrap: None,
            log: None,
            state: Arc::default(),
        }
    }
}

impl SimulatorBuilder {
    /// Sets the address to listen on. Defaults to a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets how the phone decides. Defaults to [`Policy::Ask`]: [`Phone`](crate::Phone) decides.
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

    /// Sets the delay before the phone decides by its policy. Defaults to none.
    pub fn phone_after(self, delay: Duration) -> Self {
        self.state.phones().after = delay;
        self
    }

    /// Sets what the simulator does where Paynet's documents leave it undefined. Defaults to what the crate `paypos`
    /// assumes.
    pub fn behavior(self, behavior: Behavior) -> Self {
        self.state.behave(|all| *all = behavior);
        self
    }

    /// Starts the simulator on the current tokio runtime.
    ///
    /// # Errors
    /// If it cannot listen on the address.
    pub async fn start(self) -> io::Result<Simulator> {
        let listener = TcpListener::bind(self.listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = watch::channel(());
        let conformance = Conformance::to_the_documents().map_err(io::Error::other)?;
        let (state, limits) = (self.state, self.limits);
        let flight = Flight::new(limits.time);
        let mut router = operations::router(operations::Server {
            conformance,
            state: Arc::clone(&state),
            deeplinks: self.deeplinks,
            flight: flight.clone(),
            log: self.log,
        });
        if let Some(wrap) = self.wrap {
            router = wrap(router, flight);
        }
        let server = tokio::spawn(connections::serve(listener, router, limits, stopped));
        Ok(Simulator { url, state, stop, server })
    }
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").field("listen", &self.listen).finish_non_exhaustive()
    }
}
