//! The client, and what may be configured of it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use reqwest::{Proxy, redirect, retry};
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    Agent, Environment, Error, Operation, SecretKey, Session, SessionKey,
    failure::cause,
    generated::wire,
    session::Key,
    transport::{self, Context, Credential, NO_SERVER, Server},
};

const HTTPS: bool = cfg!(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"));

/// A PayPOS client: one environment, one connection pool.
///
/// Create one per process and clone it freely; clones share the pool. Create a [`Session`] for each mobile session.
///
/// # Runtimes
/// Use a client on one tokio runtime only. Pooled connections belong to the runtime that opened them; a call from
/// another runtime may time out while the first is idle (it is never sent late).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), paypos::Error> {
/// use paypos::{Client, Environment};
///
/// let client = Client::new(Environment::Sandbox)?;
/// assert_eq!(client.environment(), Environment::Sandbox);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub(crate) server: Arc<Server>,
}

impl Client {
    /// Creates a client for `environment` with default settings.
    ///
    /// # Errors
    /// See [`ClientBuilder::build`].
    pub fn new(environment: Environment) -> Result<Self, Error> {
        Self::builder(environment).build()
    }

    /// Returns a builder for a client of a simulator, which may run on another machine: in a compose network, or as a
    /// service of CI.
    ///
    /// Unlike [`base_url`](ClientBuilder::base_url), it allows plain `http` to any host but Paynet's. Beyond loopback, it sends
    /// only keys that a simulator issued, because they are not encrypted on the way. The client's environment is
    /// [`Sandbox`](Environment::Sandbox).
    ///
    /// ```
    /// # use paypos::Client;
    /// # fn main() -> Result<(), paypos::Error> {
    /// let client = Client::simulator("http://paypos:8650").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn simulator(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder { is_simulator: true, ..Self::builder(Environment::Sandbox).base_url(url) }
    }

    /// Returns a builder for a client of `environment`. There is no default environment: production must be named.
    ///
    /// ```
    /// # use paypos::{Client, Environment};
    /// # fn main() -> Result<(), paypos::Error> {
    /// let client = Client::builder(Environment::Sandbox)
    ///     .base_url("http://127.0.0.1:8650") // a simulator's
    ///     .timeout(std::time::Duration::from_secs(10))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(environment: Environment) -> ClientBuilder {
        let http = reqwest::Client::builder()
            // Guard: guarantees::an_idle_connection_is_dropped_before_usual_servers_drop_it
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            // Guard: responses::no_compression_is_requested_and_a_compressed_body_is_capped_when_decoded
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        // Not reqwest's own choice, which follows from what any crate of the application has compiled in.
        #[cfg(feature = "native-tls")]
        let http = http.tls_backend_native();
        #[cfg(all(not(feature = "native-tls"), any(feature = "rustls", feature = "rustls-no-provider")))]
        let http = http.tls_backend_rustls();
        ClientBuilder {
            environment,
            is_simulator: false,
            base_url: None,
            connect_timeout: None,
            timeout: DEFAULT_TIMEOUT,
            http,
        }
    }

    /// Returns a session that authenticates with `key` and shares this client's connections.
    ///
    /// ```
    /// # use paypos::{Client, Error, SessionKey};
    /// # fn example(client: &Client, key: String) -> Result<(), Error> {
    /// let session = client.session(SessionKey::new(key)?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn session(&self, key: SessionKey) -> Session {
        Session { client: self.clone(), key: Key::Given(Arc::new(key)) }
    }

    /// Returns an agent that authenticates with the dealer's secret key, to open and end sessions. For servers only.
    ///
    /// ```
    /// # use paypos::{Client, Error, SecretKey};
    /// # fn example(client: &Client, key: String) -> Result<(), Error> {
    /// let agent = client.agent(SecretKey::new(key)?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn agent(&self, key: SecretKey) -> Agent {
        Agent { client: self.clone(), key: Arc::new(key) }
    }

    /// Returns the environment that the client was built for.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.server.environment
    }

    /// Returns the base URL that the client calls, without a trailing slash.
    ///
    /// ```
    /// # use paypos::{Client, Environment};
    /// # fn main() -> Result<(), paypos::Error> {
    /// let client = Client::builder(Environment::Sandbox).base_url("http://127.0.0.1:8650/").build()?;
    /// assert_eq!(client.base_url(), "http://127.0.0.1:8650");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.server.base_url
    }

    /// The generated client for one call, on these connections.
    pub(crate) fn api(&self, operation: Operation, credential: Credential) -> wire::Client {
        let context = Context { server: Arc::clone(&self.server), operation, credential };
        wire::Client::new_with_client(NO_SERVER, self.http.clone(), context)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("environment", &self.environment())
            .field("base_url", &self.server.base_url)
            .finish_non_exhaustive()
    }
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20);
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many checks of waits are in flight at most, however many waits a client has.
// Guard: waits::five_thousand_waits_take_few_connections_and_each_is_still_checked
const CHECKS_IN_FLIGHT: usize = 64;

/// Less than the keep-alive of usual servers, so that calls seldom meet a connection at its end.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Builder for a [`Client`]. [`build`](Self::build) validates the configuration.
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    environment: Environment,
    is_simulator: bool,
    base_url: Option<String>,
    connect_timeout: Option<Duration>,
    timeout: Duration,
    http: reqwest::ClientBuilder,
}

impl ClientBuilder {
    /// Sets the base URL, for example a simulator's.
    ///
    /// It must be an absolute `https` URL, or an `http` URL with a loopback host. User names, queries, fragments and
    /// another environment's host are rejected. Plain `http` bypasses proxies, and `localhost` always means 127.0.0.1 or
    /// `[::1]`. Defaults to the environment's own.
    ///
    /// ```
    /// # use paypos::{Client, Environment, ErrorKind};
    /// let other = Client::builder(Environment::Sandbox).base_url(Environment::Production.base_url()).build();
    /// assert_eq!(other.unwrap_err().kind(), ErrorKind::Configuration); // its keys would go there
    /// ```
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the timeout for establishing a connection: name resolution, TCP, proxy and TLS.
    ///
    /// It must be shorter than [`timeout`](Self::timeout), so that "not connected" can be told apart from "sent".
    /// Defaults to 5 s or half the timeout, whichever is shorter.
    ///
    /// ```
    /// # use paypos::{Client, Environment};
    /// # use std::time::Duration;
    /// # fn main() -> Result<(), paypos::Error> {
    /// let patient = Client::builder(Environment::Sandbox)
    ///     .connect_timeout(Duration::from_secs(10))
    ///     .timeout(Duration::from_secs(40))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = Some(limit);
        self
    }

    /// Sets the timeout for a whole call, up to the last byte of the response. Defaults to 20 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Configures the underlying HTTP client: root certificates, client certificates, a proxy, a resolver.
    ///
    /// `configure` runs immediately. Its builder requests no compression and closes connections idle for 30 s. The
    /// crate's guarantees are applied afterwards and cannot be overridden: no redirects, no retries, both timeouts,
    /// `https`, verified certificates, no logging of payloads, and no proxy from environment variables. A preconfigured
    /// TLS backend is your responsibility. Headers and cookies that you add are sent with every call.
    ///
    /// ```
    /// # use paypos::{Client, Environment, Error, reqwest};
    /// # fn example(pem: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    /// let root = reqwest::Certificate::from_pem(pem)?;
    /// let client = Client::builder(Environment::Sandbox).http(|http| http.tls_certs_merge([root])).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http(mut self, configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        self.http = configure(self.http);
        self
    }

    /// Validates the configuration and builds the client. Opens no connection.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) if the base URL is not allowed (see
    /// [`base_url`](Self::base_url)), a timeout is zero, the connect timeout is not shorter than the timeout, no TLS
    /// feature is enabled for `https`, or TLS cannot be set up: no CA store, or no crypto provider while the feature
    /// `rustls-no-provider` is enabled without `rustls`, whichever TLS backend is used.
    pub fn build(self) -> Result<Client, Error> {
        let base_url = match &self.base_url {
            Some(url) => checked_base_url(url, &self)?,
            None => self.environment.base_url().to_owned(),
        };
        let https = base_url.starts_with("https:");
        let is_remote = !Url::parse(&base_url).is_ok_and(|url| is_loopback(&url));
        if https && !HTTPS {
            return Err(Error::configuration(
                "an https environment needs TLS; enable the feature `rustls`, `native-tls` or \
                 `rustls-no-provider` of paypos",
            ));
        }
        let connect_timeout = self.connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT.min(self.timeout / 2));
        // Guard: guarantees::timeouts_that_cannot_hold_are_refused
        if connect_timeout.is_zero() || connect_timeout >= self.timeout {
            return Err(Error::configuration(
                "timeouts must be greater than zero, and the connect timeout shorter than the overall timeout",
            ));
        }
        // Whatever the backend: one that is set through `http` cannot be seen, and reqwest panics without a provider.
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(Error::configuration(
                "no rustls crypto provider is installed; call its `install_default` before building a client, \
                 or enable the feature `rustls` of paypos",
            ));
        }

        let http = self
            .http
            // One that matches nothing, so that those of environment variables are not looked for.
            .proxy(Proxy::custom(|_| None::<Url>))
            // Guard: sent_once::no_redirect_is_followed_and_the_key_goes_nowhere_else
            .redirect(redirect::Policy::none())
            .default_headers(transport::headers())
            // And no copy of a request is kept for a retry.
            // Guard: sent_once::a_stream_that_http2_refuses_cancels_or_drops_is_sent_once
            .retry(retry::never().max_retries_per_request(0))
            // Guard: guarantees::a_connection_may_take_five_seconds_or_half_of_a_short_timeout
            .connect_timeout(connect_timeout)
            // Guard: guarantees::a_call_may_take_twenty_seconds_by_tokios_clock
            .timeout(self.timeout)
            // Guard: guarantees::functions_for_http_run_in_their_order_and_cannot_undo_the_headers
            .https_only(https)
            // Guard: secrets::verbose_connections_cannot_be_turned_on
            .connection_verbose(false);
        #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
        // Guard: tls::verification_cannot_be_turned_off
        let http = http.tls_danger_accept_invalid_certs(false).tls_danger_accept_invalid_hostnames(false);
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        // Guard: guarantees::no_key_log_of_tls_is_written
        let http = http.tls_sslkeylogfile(false);
        // Plain HTTP stays on this machine, whatever a resolver returns, or goes to a simulator; and through no proxy. It
        // needs no CA store, and must not fail for the lack of one.
        let loopback = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
        // Guard: guarantees::plain_http_stays_on_this_machine_whatever_proxy_or_resolver_is_chosen
        let http = if https { http } else { http.no_proxy().resolve_to_addrs("localhost", &loopback) };
        #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
        // Guard: never_sent::a_host_without_ca_certificates_is_an_error_and_no_panic
        let http = if https { http } else { http.tls_certs_only([]) };
        let http = http.build().map_err(|error| {
            let cause = cause(&error).unwrap_or("see the source error");
            Error::configuration(format!("the HTTP client could not be set up; {cause}"))
                .caused_by(error.without_url())
        })?;
        let url = |operation: &Operation| Url::parse(&format!("{base_url}{}", operation.path()));
        let urls = Operation::ALL.iter().map(url).collect::<Result<_, _>>();
        let urls = urls.map_err(|_| Error::configuration("paths cannot be appended to the base URL"))?;
        let checks = Semaphore::new(CHECKS_IN_FLIGHT);
        let server = Server {
            environment: self.environment,
            base_url,
            urls,
            timeout: self.timeout,
            checks,
            is_remote_simulator: self.is_simulator && is_remote,
        };
        Ok(Client { http, server: Arc::new(server) })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// The URL without a trailing slash. The error does not quote it, as it may hold a password.
// Guard: input::a_base_url_is_https_or_http_on_loopback_with_nothing_else_in_it
fn checked_base_url(text: &str, builder: &ClientBuilder) -> Result<String, Error> {
    let &ClientBuilder { environment, is_simulator, .. } = builder;
    let problem = match Url::parse(text) {
        _ if text.contains(|c: char| c == ' ' || c == '\\' || c.is_control()) => {
            "contains a space, backslash or control character"
        }
        Err(_) => "is not an absolute URL",
        Ok(url) if !matches!(url.scheme(), "https" | "http") => "is neither https nor http",
        Ok(url) if url.scheme() == "http" && !is_simulator && !is_loopback(&url) => {
            "uses http with a host that is not loopback; for a simulator's, use `Client::simulator`"
        }
        Ok(url) if is_simulator && is_paynets(&url, |_| true) => "is Paynet's, and no simulator's",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "has a user name or password",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "has a query or a fragment",
        Ok(url) if url.as_str().parse::<http::Uri>().is_err() => "cannot be used for HTTP",
        Ok(url) if is_paynets(&url, |of| of != environment) && !is_paynets(&url, |of| of == environment) => {
            "points to another environment's host"
        }
        Ok(url) => return Ok(url.as_str().trim_end_matches('/').to_owned()),
    };
    Err(Error::configuration(format!(
        "the base URL {problem}; expected one such as `https://pay.example.com`, or `http://127.0.0.1:8080` on loopback"
    )))
}

/// Whether the URL is the server of an environment that is meant: its keys would go there. To DNS, a name with a dot at
/// its end is the same.
fn is_paynets(url: &Url, is_meant: impl Fn(Environment) -> bool) -> bool {
    let host = url.host_str().map(|host| host.trim_end_matches('.'));
    Environment::ALL.iter().any(|environment| {
        is_meant(*environment)
            && Url::parse(environment.base_url()).is_ok_and(|server| server.host_str() == host)
    })
}

fn is_loopback(url: &Url) -> bool {
    let is_address = |host: &str| host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    url.host_str().is_some_and(|host| host == "localhost" || is_address(host.trim_matches(['[', ']'])))
}
