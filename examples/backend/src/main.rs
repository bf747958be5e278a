//! A merchant's backend for PayPOS that loses no payment: configuration, start and shutdown. Its README describes the
//! states and the calls.

mod orders;
mod routes;
mod store;
mod worker;

use std::{
    collections::HashMap,
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use paypos::{Agent, Client, Environment, SecretKey, Session, types::AuthRequest};
use paypos_simulator::{SECRET_KEY, Simulator};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing_subscriber::EnvFilter;

use crate::store::Store;

/// What the requests and the waits share.
struct Backend {
    store: Store,
    agent: Agent,
    agent_id: String,
    /// The session of each terminal that was needed.
    sessions: Mutex<HashMap<String, Session>>,
    terminals: Vec<String>,
    callback_url: Option<String>,
    limits: Limits,
    /// Cancelled by a signal. Waits end immediately, which loses nothing.
    stop: CancellationToken,
    waits: TaskTracker,
    /// The backend stops only when these are finished, since each response of Paynet comes once.
    initiations: TaskTracker,
}

impl Backend {
    /// Returns the session of a terminal, which opens itself when it is needed.
    fn session(&self, terminal: &str) -> Session {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || self.agent.session(AuthRequest::new(&self.agent_id, terminal));
        sessions.entry(terminal.to_owned()).or_insert_with(new).clone()
    }

    async fn end_sessions(&self) {
        let sessions = std::mem::take(&mut *self.sessions.lock().unwrap_or_else(PoisonError::into_inner));
        for (terminal, session) in sessions {
            match self.agent.end(&session).await {
                Ok(()) => tracing::info!(terminal, "session ended"),
                Err(error) => tracing::warn!(terminal, %error, "session not ended"),
            }
        }
    }
}

struct Limits {
    /// How long the phone has to finish a payment.
    payment_within: Duration,
    /// How often a payment is checked after that.
    look_again: Duration,
    /// How long one call to Paynet may take.
    paynet_timeout: Duration,
}

/// The configuration, from the environment.
struct Config {
    listen: String,
    database_url: String,
    /// `None`: a simulator.
    paynet: Option<(Environment, SecretKey)>,
    simulator_url: Option<String>,
    agent_id: String,
    terminals: Vec<String>,
    callback_url: Option<String>,
    limits: Limits,
    shutdown_within: Duration,
}

impl Config {
    /// Reads all variables. The errors name each variable that is missing or unusable, and what is expected.
    fn read() -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let environment = text("PAYPOS_ENVIRONMENT").filter(|name| name != "simulator");
        let environment = environment.map(|name| name.parse::<Environment>()).transpose();
        let is_simulator = matches!(environment, Ok(None));
        let mut value = |name: &str, of_simulator: &str, expected: &str| {
            let value = text(name).or_else(|| is_simulator.then(|| of_simulator.to_owned()));
            if value.is_none() {
                problems.push(format!("{name} is missing; expected {expected}"));
            }
            value
        };
        let agent_id = value("PAYPOS_AGENT_ID", "simulator", "the dealer's agent_id");
        let terminals =
            value("TERMINALS", "till-1,till-2", "the user_id of each terminal, such as till-1,till-2");
        let names = terminals.iter().flat_map(|names| names.split(',')).map(str::trim);
        let terminals = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let secret_key = value("PAYPOS_SECRET_KEY", SECRET_KEY, "the dealer's secret key");
        let mut paynet = None;
        match (environment, secret_key.map(SecretKey::new)) {
            (Err(error), _) => problems.push(format!("PAYPOS_ENVIRONMENT: {error}, or simulator")),
            (Ok(Some(_)), Some(Err(error))) => problems.push(format!("PAYPOS_SECRET_KEY: {error}")),
            (Ok(Some(environment)), Some(Ok(key))) => paynet = Some((environment, key)),
            // Anybody who reaches the simulator's page approves its payments.
            (Ok(None), Some(Ok(key))) if key.expose() != SECRET_KEY => problems.push(
                "PAYPOS_SECRET_KEY: it is not the simulator's, which is called without PAYPOS_ENVIRONMENT; expected \
                 PAYPOS_ENVIRONMENT=sandbox or production with it"
                    .to_owned(),
            ),
            (Ok(Some(_)), None) | (Ok(None), _) => {}
        }
        let callback_url = text("CALLBACK_URL");
        if callback_url.as_ref().is_some_and(|url| !paypos::opens_app(url)) {
            problems
                .push("CALLBACK_URL: expected a URL that opens the app, such as myshop://paid".to_owned());
        }
        let mut seconds = |name: &str, default: u64| {
            let value = text(name).map_or(Some(default), |value| value.parse().ok());
            Duration::from_secs(value.filter(|value| (1..=86_400).contains(value)).unwrap_or_else(|| {
                problems.push(format!("{name}: expected 1 to 86400 whole seconds, such as {default}"));
                default
            }))
        };
        let config = Self {
            listen: text("LISTEN").unwrap_or("127.0.0.1:8080".to_owned()),
            database_url: text("DATABASE_URL").unwrap_or("sqlite://paypos-backend.db?mode=rwc".to_owned()),
            paynet,
            simulator_url: text("PAYPOS_SIMULATOR_URL"),
            agent_id: agent_id.unwrap_or_default(),
            terminals,
            callback_url,
            limits: Limits {
                payment_within: seconds("PAYMENT_WITHIN", 15 * 60),
                look_again: seconds("LOOK_AGAIN", 60 * 60),
                paynet_timeout: seconds("PAYNET_TIMEOUT", 20),
            },
            shutdown_within: seconds("SHUTDOWN_WITHIN", 60),
        };
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Returns the time in milliseconds since 1970.
fn now() -> i64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or(EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A full disk below the log would end a task: by default, what cannot be written is reported by `eprintln!`.
    log.with_ansi(io::stderr().is_terminal()).log_internal_errors(false).init();
    let config = match Config::read() {
        Ok(config) => config,
        Err(problems) => {
            for problem in problems {
                eprintln!("error: {problem}");
            }
            return ExitCode::from(2);
        }
    };
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), String> {
    let (client, agent, _simulator) = paynet(&config).await?;
    let environment = config.paynet.as_ref().map_or("simulator", |(environment, _)| environment.as_str());
    // Longer than all calls of an initiation or a wait, so a process that holds a lease for longer is dead.
    let lease = 8 * config.limits.paynet_timeout;
    let database = Store::open(&config.database_url, environment, lease).await;
    let listener = TcpListener::bind(&config.listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={}: {error}", config.listen))?;
    let backend = Arc::new(Backend {
        store: database.map_err(|problem| format!("DATABASE_URL: {problem}"))?,
        agent,
        agent_id: config.agent_id,
        sessions: Mutex::default(),
        terminals: config.terminals,
        callback_url: config.callback_url,
        limits: config.limits,
        stop: CancellationToken::new(),
        waits: TaskTracker::new(),
        initiations: TaskTracker::new(),
    });
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let line = format!("listening on http://{address}, with the {environment} at {}", client.base_url());
    // A closed pipe is no reason to stop.
    let _ = writeln!(io::stdout(), "{line}");

    let stop = backend.stop.clone();
    stop_on_signal(&stop)?;
    let worker = tokio::spawn(worker::run(Arc::clone(&backend)));
    let server = axum::serve(listener, routes::router(Arc::clone(&backend)))
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());
    stop.cancelled().await;
    tracing::info!("stopping: what is in flight is finished");
    backend.initiations.close();
    backend.waits.close();
    let finished = timeout(config.shutdown_within, async {
        let _ = worker.await;
        tokio::join!(backend.initiations.wait(), backend.waits.wait());
        // Without a limit, a client that does not read its response would delay the end of the sessions.
        let _ = timeout(Duration::from_secs(2), server).await;
        backend.end_sessions().await;
    });
    finished.await.map_err(|_| {
        let left = backend.initiations.len();
        format!("SHUTDOWN_WITHIN is over; {left} requests to Paynet are not finished")
    })
}

/// Returns a client of Paynet and the dealer's agent; or of a simulator, started here if there is no URL of one.
async fn paynet(config: &Config) -> Result<(Client, Agent, Option<Simulator>), String> {
    let failed = |error: paypos::Error| error.to_string();
    if let Some((environment, key)) = &config.paynet {
        let client =
            Client::builder(*environment).timeout(config.limits.paynet_timeout).build().map_err(failed)?;
        return Ok((client.clone(), client.agent(key.clone()), None));
    }
    let mut simulator = None;
    let url = if let Some(url) = &config.simulator_url {
        url.clone()
    } else {
        let started = Simulator::start().await;
        simulator.insert(started.map_err(|error| format!("the simulator: {error}"))?).url().to_owned()
    };
    let client = Client::simulator(url).timeout(config.limits.paynet_timeout).build();
    let client = client.map_err(|error| format!("PAYPOS_SIMULATOR_URL: {error}"))?;
    let agent = client.agent(SecretKey::new(SECRET_KEY).map_err(failed)?);
    Ok((client, agent, simulator))
}

fn stop_on_signal(stop: &CancellationToken) -> Result<(), String> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind).map_err(|error| format!("signals: {error}"))?;
        let stop = stop.clone();
        tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(())
}
