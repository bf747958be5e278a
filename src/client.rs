//! The client, and what may be configured of it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use reqwest::{redirect, retry};
use url::Url;

use crate::{
    Agent, Environment, Error, SecretKey, Session, SessionKey,
    generated::{operations, wire},
    transport::{Context, Credential, Operation, Server},
};

const HTTPS: bool = cfg!(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"));

/// A client of PayPOS: one environment, one connection pool.
///
/// Build one for the process and clone it freely; clones share the pool.
/// Open a [`Session`] for each mobile session.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: Arc<Server>,
}

impl Client {
    /// A client of the environment, with the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn new(environment: Environment) -> Result<Self, Error> {
        Self::builder(environment).build()
    }

    /// Starts to configure a client of the environment.
    pub fn builder(environment: Environment) -> ClientBuilder {
        ClientBuilder {
            environment,
            base_url: None,
            connect_timeout: None,
            timeout: DEFAULT_TIMEOUT,
            http: reqwest::Client::builder()
                .pool_idle_timeout(POOL_IDLE_TIMEOUT)
                .no_proxy()
                .no_gzip()
                .no_brotli()
                .no_zstd()
                .no_deflate(),
        }
    }

    /// A session with this key, on this client's connections.
    #[must_use]
    pub fn session(&self, key: SessionKey) -> Session {
        Session { client: self.clone(), key: Arc::new(key) }
    }

    /// A dealer with the secret key, on this client's connections: for servers, to open and end sessions.
    #[must_use]
    pub fn agent(&self, key: SecretKey) -> Agent {
        Agent { client: self.clone(), key: Arc::new(key) }
    }

    /// The environment that the client was built for.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.server.environment
    }

    /// The generated client for one call, on these connections.
    pub(crate) fn api(&self, operation: &'static Operation, credential: Credential) -> wire::Client {
        let context = Context { server: Arc::clone(&self.server), operation, credential };
        wire::Client::new_with_client("", self.http.clone(), context)
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

/// Less than the keep-alive of usual servers, so that calls seldom meet a connection at its end.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Configures a [`Client`]; [`build`](Self::build) checks all of it.
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    environment: Environment,
    base_url: Option<String>,
    connect_timeout: Option<Duration>,
    timeout: Duration,
    http: reqwest::ClientBuilder,
}

impl ClientBuilder {
    /// Another server than the environment's own, such as a simulator: an
    /// absolute `https` URL, or an `http` one whose host is loopback, without
    /// user name, query or fragment, and not on another environment's host. Plain
    /// `http` goes through no proxy, and `localhost` is 127.0.0.1 or `[::1]`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The limit for establishing one connection: name resolution, TCP, proxy and TLS.
    ///
    /// Must be shorter than the [`timeout`](Self::timeout), to tell what was not sent from what was. By default 5 s, or half the timeout where that is less.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = Some(limit);
        self
    }

    /// The limit for a whole call, from its start to the last byte of the answer. By default 20 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Configures the underlying HTTP client: roots, client certificates, a proxy, a resolver.
    ///
    /// The function is called at once. It receives a builder of [`reqwest`](crate::reqwest) that ignores
    /// the proxies in environment variables, requests no compression, and
    /// closes connections that were idle for 30 s.
    /// What this crate guarantees is set afterwards and cannot be undone:
    /// no redirects, no retries, both timeouts, `https`, verified certificates,
    /// no logging of what is sent. A TLS backend that it brings along preconfigured is
    /// the caller's own, and headers and cookies that it adds are sent with every call.
    pub fn http(mut self, configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        self.http = configure(self.http);
        self
    }

    /// Checks the configuration and builds the client. Connects to nothing.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) for a base URL that is not as
    /// [`base_url`](Self::base_url) requires, a timeout of zero, a connect timeout that is not
    /// shorter than the timeout, `https` without a TLS feature of this crate, or TLS that
    /// cannot be set up: no crypto provider with `rustls-no-provider`, or no CA store.
    pub fn build(self) -> Result<Client, Error> {
        let base_url = match &self.base_url {
            Some(url) => checked_base_url(url, self.environment)?,
            None => self.environment.base_url().to_owned(),
        };
        let https = base_url.starts_with("https:");
        if https && !HTTPS {
            return Err(Error::configuration(
                "an https environment needs TLS; enable the feature `rustls`, `native-tls` or \
                 `rustls-no-provider` of paypos",
            ));
        }
        let connect_timeout = self.connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT.min(self.timeout / 2));
        if connect_timeout.is_zero() || connect_timeout >= self.timeout {
            return Err(Error::configuration(
                "the timeouts must be above zero, and the connect timeout shorter than the timeout",
            ));
        }
        #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(Error::configuration(
                "no rustls crypto provider is installed; call `install_default` of one before building a \
                 client, or enable the feature `rustls` of paypos",
            ));
        }

        let http = self
            .http
            .redirect(redirect::Policy::none())
            // And no copy of a request is kept for a retry.
            .retry(retry::never().max_retries_per_request(0))
            .connect_timeout(connect_timeout)
            .timeout(self.timeout)
            .https_only(https)
            .connection_verbose(false);
        #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
        let http = http.tls_danger_accept_invalid_certs(false).tls_danger_accept_invalid_hostnames(false);
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        let http = http.tls_sslkeylogfile(false);
        // Plain HTTP stays on this machine: through no proxy, and whatever a resolver answers. It needs no CA
        // store, and must not fail for the lack of one.
        let loopback = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
        let http = if https { http } else { http.no_proxy().resolve_to_addrs("localhost", &loopback) };
        #[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
        let http = if https { http } else { http.tls_certs_only([]) };
        let http = http.build().map_err(|error| {
            Error::configuration("the HTTP client cannot be set up; its source has the reason")
                .with_source(error.without_url())
        })?;
        // Parsed once, and not for each call.
        let url = |operation: &Operation| Url::parse(&format!("{base_url}{}", operation.path));
        let urls = operations::ALL.iter().map(url).collect::<Result<_, _>>();
        let urls = urls.map_err(|_| Error::configuration("the base URL cannot be followed by a path"))?;
        Ok(Client { http, server: Arc::new(Server { environment: self.environment, base_url, urls }) })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// The URL without a trailing slash. The error does not quote it, as it may hold a password.
fn checked_base_url(text: &str, environment: Environment) -> Result<String, Error> {
    let wrong = match Url::parse(text) {
        _ if text.contains(|c: char| c == ' ' || c == '\\' || c.is_control()) => {
            "has a space, a backslash or a control character in it"
        }
        Err(_) => "is not an absolute URL",
        Ok(url) if !matches!(url.scheme(), "https" | "http") => "is neither https nor http",
        Ok(url) if url.scheme() == "http" && !is_loopback(&url) => "is http to another host than loopback",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "has a user name or password",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "has a query or a fragment",
        Ok(url) if url.as_str().parse::<http::Uri>().is_err() => "is not a URL that HTTP can call",
        Ok(url) if is_of_another(&url, environment) => "has the host of another environment",
        Ok(url) => return Ok(url.as_str().trim_end_matches('/').to_owned()),
    };
    Err(Error::configuration(format!(
        "the base URL {wrong}; give one such as `https://pay.example.com`, or `http://127.0.0.1:8080` on loopback"
    )))
}

/// Whether the URL is another environment's server: its keys would go there.
fn is_of_another(url: &Url, environment: Environment) -> bool {
    let is_of = |environment: &Environment| {
        Url::parse(environment.base_url()).is_ok_and(|server| server.host() == url.host())
    };
    Environment::ALL.iter().any(is_of) && !is_of(&environment)
}

fn is_loopback(url: &Url) -> bool {
    let is_address = |host: &str| host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    url.host_str().is_some_and(|host| host == "localhost" || is_address(host.trim_matches(['[', ']'])))
}
