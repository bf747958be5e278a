//! The configuration, from the environment.

use std::{env, net::IpAddr, time::Duration};

use paypos::{Environment, SecretKey};
use paypos_simulator::SECRET_KEY;

use crate::{guard::Tokens, orders::Limits};

pub(crate) struct Config {
    pub(crate) listen: String,
    pub(crate) database_url: String,
    /// `None`: a simulator.
    pub(crate) paynet: Option<(Environment, SecretKey)>,
    pub(crate) simulator_url: Option<String>,
    pub(crate) agent_id: String,
    pub(crate) terminals: Vec<String>,
    pub(crate) callback_url: Option<String>,
    pub(crate) tokens: Tokens,
    pub(crate) limits: Limits,
    pub(crate) shutdown_within: Duration,
}

impl Config {
    /// Reads all variables. The errors name each variable that is missing or unusable, and what is expected.
    pub(crate) fn read() -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let environment = text("PAYPOS_ENVIRONMENT").filter(|name| name != "simulator");
        let environment = environment.map(|name| name.parse::<Environment>()).transpose();
        let is_simulator = matches!(environment, Ok(None));
        let mut value = |name: &str, of_simulator: &str, expected: &str| {
            // Without the environment, it is not known whether they are missing.
            let value = text(name).or_else(|| is_simulator.then(|| of_simulator.to_owned()));
            if value.is_none() && environment.is_ok() {
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
            // Guard: crash::a_key_of_paynets_is_never_used_with_a_simulator
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
        let listen = text("LISTEN").unwrap_or("127.0.0.1:8080".to_owned());
        let tokens = Tokens::read(text("APP_TOKEN"), text("OPERATOR_TOKEN"), is_loopback(&listen));
        let tokens = tokens.map_err(|found| problems.extend(found)).unwrap_or_default();
        let mut seconds = |name: &str, default: u64| {
            let value = text(name).map_or(Some(default), |value| value.parse().ok());
            Duration::from_secs(value.filter(|value| (1..=86_400).contains(value)).unwrap_or_else(|| {
                problems.push(format!("{name}: expected 1 to 86400 whole seconds, such as {default}"));
                default
            }))
        };
        let config = Self {
            listen,
            database_url: text("DATABASE_URL").unwrap_or("sqlite://paypos-backend.db?mode=rwc".to_owned()),
            paynet,
            simulator_url: text("PAYPOS_SIMULATOR_URL"),
            agent_id: agent_id.unwrap_or_default(),
            terminals,
            callback_url,
            tokens,
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

/// A variable that is set to something, without the quotes and the CR that some readers of `.env` files leave.
fn text(name: &str) -> Option<String> {
    let value = env::var(name).ok()?;
    let value = value.trim();
    let unquoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    Some(unquoted.unwrap_or(value).to_owned()).filter(|value| !value.is_empty())
}

/// Whether nobody but this machine can reach an address to listen on.
fn is_loopback(listen: &str) -> bool {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
