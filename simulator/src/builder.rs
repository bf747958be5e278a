//! Configures and starts a simulator.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch};
use url::Url;

use crate::{
    Behavior, PREFIX, Policy, ReceivedRequest, Seed, Simulator, http,
    operations::{Log, Operations},
    server::control::{self, Server},
    simulator::{Settings, Shared, State},
};

/// Configures a [`Simulator`]; made by [`Simulator::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct SimulatorBuilder {
    listen: SocketAddr,
    public_url: Option<String>,
    hosts: Vec<String>,
    settings: Settings,
    seed: Seed,
    log: Option<Box<Log>>,
}

impl Simulator {
    /// Starts a simulator on a free port of 127.0.0.1 and the current tokio runtime.
    ///
    /// # Errors
    /// If 127.0.0.1 has no free port.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            public_url: None,
            hosts: Vec::new(),
            settings: Settings::default(),
            seed: Seed::default(),
            log: None,
        }
    }
}

impl SimulatorBuilder {
    /// Sets the address to listen on. Defaults to a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets the URL at which phones reach the simulator, such as `http://192.168.1.20:8650`: `http` or `https`, a host
    /// and no path. Defaults to the one that a request is for.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Allows a host name that requests may be for, such as a service's in a compose network. `localhost`, IP addresses
    /// and the public URL's host are always allowed.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Sets how the phone decides. Defaults to [`Policy::Ask`]: [`Phone`](crate::Phone) decides, or a person on its page.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Decimal, Decision, types::InitSaleRequest};
    /// use paypos_simulator::{Policy, Simulator};
    ///
    /// let simulator = Simulator::builder().phone(Policy::Approve).start().await?;
    /// # let session = Client::simulator(simulator.url()).build()?.session(simulator.issue_session());
    /// let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE)).await?;
    /// assert!(matches!(session.wait_for(&handoff).await?, Decision::Succeeded(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn phone(mut self, policy: Policy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// Sets the delay before the phone decides by its policy. Defaults to none.
    pub fn phone_after(mut self, delay: Duration) -> Self {
        self.settings.after = delay;
        self
    }

    /// Sets what the simulator does where Paynet's documents leave it undefined. Defaults to what the crate `paypos`
    /// assumes.
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.settings.behavior = behavior;
        self
    }

    /// Sets the sales to begin with. Defaults to none.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Sets what is called for each request to an operation, after its response. It must not block.
    pub fn log(mut self, log: impl Fn(&ReceivedRequest) + Send + Sync + 'static) -> Self {
        self.log = Some(Box::new(log));
        self
    }

    /// Starts the simulator on the current tokio runtime.
    ///
    /// # Errors
    /// If it cannot listen on the address, with the operating system's kind of error. With `InvalidInput`, if the public
    /// URL or a sale of the seed cannot be used; the message names it.
    pub async fn start(self) -> io::Result<Simulator> {
        let unusable = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
        let public_url = self.public_url.as_deref().map(public_url).transpose().map_err(unusable)?;
        let mut state = State::new(self.settings);
        for sale in self.seed.sales {
            let id = sale.xact_id.clone();
            if !state.ledger.add_sale(sale) {
                return Err(unusable(format!("the seed's sale {id} is there twice")));
            }
        }
        let listening = TcpListener::bind(self.listen).await;
        let listener = listening.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen on {}: {error}", self.listen))
        })?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::from(state));
        let host = public_url.as_ref().and_then(Url::host_str).map(str::to_owned);
        let public_url = public_url.map(|url| url.as_str().trim_end_matches('/').to_owned());
        let deeplinks = format!("{}{PREFIX}/phone/", public_url.as_deref().unwrap_or_default());
        let operations = Operations::new(&shared, deeplinks, self.log)?.router();
        let hosts = self.hosts.into_iter().chain(host).collect();
        let server = Server { shared: Arc::clone(&shared), public_url, hosts };
        let (stop, stopped) = watch::channel(());
        let server = tokio::spawn(http::serve(listener, control::router(server, operations), stopped));
        Ok(Simulator { url, shared, stop, server })
    }
}

/// Reads a public URL, to which the paths of the pages are added.
fn public_url(text: &str) -> Result<Url, String> {
    let problem = "expected one such as http://192.168.1.20:8650";
    let url = Url::parse(text).map_err(|_| format!("the public URL is not an absolute URL; {problem}"))?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_plain {
        return Err(format!("the public URL is not http or https with only a host; {problem}"));
    }
    Ok(url)
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").field("listen", &self.listen).finish_non_exhaustive()
    }
}
