//! A merchant's backend for PayPOS that loses no payment: start and shutdown. Its README describes the states and the
//! calls.

mod clock;
mod config;
mod guard;
mod health;
mod operators;
mod orders;
mod responses;
mod routes;
mod server;
mod store;
mod terminals;
mod waiters;
mod worker;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use paypos::{Agent, Client, SecretKey};
use paypos_simulator::{SECRET_KEY, Simulator};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing_subscriber::EnvFilter;

use crate::{
    clock::Clock,
    config::Config,
    guard::Tokens,
    health::Health,
    orders::{Limits, Payment, State},
    store::Store,
    terminals::Terminals,
    waiters::Waiters,
};

/// What the requests and the waits share.
struct Backend {
    store: Store,
    clock: Clock,
    terminals: Terminals,
    waiters: Waiters,
    health: Health,
    tokens: Tokens,
    callback_url: Option<String>,
    limits: Limits,
    /// Cancelled by a signal. Waits end immediately, which loses nothing.
    stop: CancellationToken,
    waits: TaskTracker,
    /// The backend stops only when these are finished, since each response of Paynet comes once.
    initiations: TaskTracker,
}

impl Backend {
    /// Tells everybody here of a change that was written.
    fn changed(&self, before: &Payment, next: &Payment) {
        if before.state != next.state {
            tracing::info!(reference_no = next.reference_no(), state = %next.state, "changed");
            if matches!(next.state, State::Paid | State::Refunded | State::Declined) {
                self.health.decided(next);
            }
        }
        if next.due_at.is_none() {
            self.clock.forget(next);
        }
        self.waiters.wake(&next.reference);
    }
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
    let store = Store::open(&config.database_url, environment, lease).await;
    let store = store.map_err(|problem| format!("DATABASE_URL: {problem}"))?;
    let now = store.now().await.map_err(|error| format!("DATABASE_URL: {error}"))?;
    let listener = TcpListener::bind(&config.listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={}: {error}", config.listen))?;
    let backend = Arc::new(Backend {
        store,
        clock: Clock::new(now),
        terminals: Terminals::new(agent, config.agent_id, config.terminals),
        waiters: Waiters::default(),
        health: Health::new(),
        tokens: config.tokens,
        callback_url: config.callback_url,
        limits: config.limits,
        stop: CancellationToken::new(),
        waits: TaskTracker::new(),
        initiations: TaskTracker::new(),
    });
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let which = if config.paynet.is_none() && config.simulator_url.is_none() {
        "its own simulator"
    } else {
        environment
    };
    let line = format!("listening on http://{address}, with {which} at {}", client.base_url());
    // A closed pipe is no reason to stop.
    let _ = writeln!(io::stdout(), "{line}");

    let stop = backend.stop.clone();
    stop_on_signal(&stop)?;
    back_up_on_signal(&backend)?;
    let worker = tokio::spawn(worker::run(Arc::clone(&backend)));
    let watcher = tokio::spawn(waiters::watch_others(Arc::clone(&backend)));
    let server = tokio::spawn(server::serve(listener, routes::router(Arc::clone(&backend)), stop.clone()));
    stop.cancelled().await;
    tracing::info!("stopping: what is in flight is finished");
    backend.initiations.close();
    backend.waits.close();
    // Guard: crash::a_shutdown_finishes_what_is_in_flight_and_ends_the_sessions
    let finished = timeout(config.shutdown_within, async {
        let _ = tokio::join!(worker, watcher);
        tokio::join!(backend.initiations.wait(), backend.waits.wait());
        // Without a limit, a client that does not read its response would delay the end of the sessions.
        let _ = timeout(Duration::from_secs(2), server).await;
        backend.terminals.end_sessions().await;
        backend.store.close().await;
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

/// Writes a copy of the database whenever SIGUSR1 comes.
fn back_up_on_signal(backend: &Arc<Backend>) -> Result<(), String> {
    let mut signals = signal(SignalKind::user_defined1()).map_err(|error| format!("signals: {error}"))?;
    let backend = Arc::clone(backend);
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            match backend.store.back_up().await {
                Ok(path) => tracing::info!(path = %path.display(), "backed up"),
                Err(problem) => tracing::error!(problem, "not backed up"),
            }
        }
    });
    Ok(())
}
