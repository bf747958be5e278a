//! The simulator as a server for any language: with a control interface and pages for people below `/_paypos/`,
//! credentials that need no setting up, and bounds for whoever can reach it.

mod control;
mod guard;
mod masked;
mod page;
mod problem;
mod slices;
mod words;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use paypos::{Decimal, SecretKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use crate::{Policy, ReceivedRequest, Sale, Simulator, connections::Limits, ledger, state::State};

/// The dealer that needs no setting up.
pub const DEALER: &str = crate::state::DEALER;
/// The secret key of [`DEALER`].
pub const SECRET_KEY: &str = "sck_simulator";
/// The `agent_id` that is shown to those who need one; any is taken.
pub const AGENT_ID: &str = "simulator";
/// The `user_id` that is shown to those who need one; any is taken.
pub const USER_ID: &str = "simulator";

/// What all paths begin with that Paynet has not.
pub const PREFIX: &str = "/_paypos";

/// Connections at once, and the time for each part of a request and of its answer.
const LIMITS: Limits = Limits { connections: 20_000, time: Some(Duration::from_secs(10)) };

/// Dealers, of which none is ever forgotten.
const MAX_DEALERS: usize = 1_000;

/// Is called with a text.
pub type Log = dyn Fn(&str) + Send + Sync;

/// How a server is started.
pub struct Options {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The URL by which a phone reaches it, if not by the address: `http` or `https`, a host, and no path.
    pub public_url: Option<String>,
    /// Names by which it is reached, in addition to `localhost`, IP addresses and the public URL's.
    pub hosts: Vec<String>,
    /// What the phone does by itself.
    pub phone: Policy,
    /// How long the phone takes if it decides by itself.
    pub after: Duration,
    /// The HTTP status of what a session is refused with that has ended or expired: from 400 to 499.
    pub session_status: u16,
    /// Is called with a text for each request of an operation that was answered.
    pub log: Option<Box<Log>>,
}

impl Default for Options {
    /// A free port of 127.0.0.1, a phone that asks, and 400 for sessions that are no more.
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: None,
            hosts: Vec::new(),
            phone: Policy::Ask,
            after: Duration::ZERO,
            session_status: 400,
            log: None,
        }
    }
}

/// What the handlers of requests share.
pub(crate) struct Shared {
    state: Arc<State>,
    /// Without a slash at its end.
    public_url: Option<String>,
    /// The names that a request may be for.
    hosts: Vec<String>,
}

/// The dealers and sales to begin with. Read from JSON.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    #[serde(default)]
    dealers: Vec<SeedDealer>,
    #[serde(default)]
    sales: Vec<SeedSale>,
    /// How many sales had been forgotten before these.
    #[serde(default)]
    forgotten: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SeedDealer {
    dealer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SeedSale {
    dealer: String,
    xact_id: String,
    amount: Box<RawValue>,
    #[serde(default)]
    reversed: bool,
}

/// Reads a positive amount, from a JSON number or its text.
fn amount(json: &RawValue) -> Option<Decimal> {
    ledger::amount(json).filter(|amount| *amount > Decimal::ZERO)
}

/// Starts a server. It stops when the simulator is dropped.
///
/// # Errors
/// If it cannot listen on the address, the public URL or the status cannot be used, or the seed's dealers or sales
/// cannot be taken; what is wrong is said.
pub async fn start(options: Options, seed: Seed) -> io::Result<Simulator> {
    let unusable = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
    let mut builder =
        Simulator::builder().listen(options.listen).phone(options.phone).phone_after(options.after);
    let public_url = options.public_url.as_deref().map(public_url).transpose().map_err(unusable)?;
    if !(400..500).contains(&options.session_status) {
        return Err(unusable("the status for sessions that are no more is not from 400 to 499".to_owned()));
    }
    let host = public_url.as_ref().and_then(Url::host_str).map(str::to_owned);
    let shared = Arc::new(Shared {
        state: Arc::clone(&builder.state),
        public_url: public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
        hosts: options.hosts.into_iter().chain(host).collect(),
    });
    shared.state.set(|settings| settings.session_status = options.session_status);
    shared.add_dealer(DEALER, SECRET_KEY.to_owned()).map_err(unusable)?;
    for SeedDealer { dealer, secret_key } in seed.dealers {
        let secret_key = secret_key.unwrap_or_else(|| secret_key_of(&dealer));
        if !shared.add_dealer(&dealer, secret_key).map_err(unusable)? {
            return Err(unusable(format!("the seed's dealer {dealer}, or its secret key, is there twice")));
        }
    }
    for sale in seed.sales {
        let amount = amount(&sale.amount)
            .ok_or_else(|| unusable(format!("the seed's sale {} has no positive amount", sale.xact_id)))?;
        if !shared.state.is_dealer(&sale.dealer) {
            return Err(unusable(format!("the seed's sale {} is of an unknown dealer", sale.xact_id)));
        }
        let mut restored = Sale::new(sale.xact_id, sale.dealer, amount);
        restored.reversed = sale.reversed;
        let id = restored.xact_id.clone();
        if !shared.state.restore_sale(restored) {
            return Err(unusable(format!("the seed's sale {id} is there twice")));
        }
    }
    builder.deeplinks = format!("{}{PREFIX}/phone/", shared.public_url.as_deref().unwrap_or_default());
    builder.limits = LIMITS;
    builder.log = options.log.map(|log| -> Box<crate::operations::Log> {
        Box::new(move |request: &ReceivedRequest| log(&logged(request)))
    });
    builder.wrap = Some(Box::new(move |operations, flight| control::router(shared, operations, flight)));
    let listening = builder.start().await;
    listening.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {}: {error}", options.listen))
    })
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
        return Err(format!("the public URL is not http or https with a host alone; {problem}"));
    }
    Ok(url)
}

impl Shared {
    /// Adds a dealer; returns whether its name and its key were free.
    fn add_dealer(&self, name: &str, secret_key: String) -> Result<bool, String> {
        let key = SecretKey::new(secret_key).map_err(|error| error.to_string())?;
        Ok(self.state.add_dealer(name, key.expose()))
    }
}

/// The secret key of a dealer that was given none.
fn secret_key_of(dealer: &str) -> String {
    format!("sck_{dealer}")
}

/// A request in a line, and below it what breaks the documents.
fn logged(request: &ReceivedRequest) -> String {
    let status =
        request.response().map_or_else(|| "no response".to_owned(), |(status, _)| status.to_string());
    let line = format!(
        "{} {} {} {} {status}",
        clock(request.received()),
        request.dealer().unwrap_or("-"),
        request.method(),
        crate::conformance::shown_path(request.path()),
    );
    request.violations().iter().fold(line, |lines, violation| format!("{lines}\n  {violation}"))
}

/// A time as machines read it.
fn timestamp(time: std::time::SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    format!("{time:.3}")
}

/// The time of day, where this process runs.
fn clock(time: std::time::SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    TimeZone::system().to_datetime(time).strftime("%H:%M:%S").to_string()
}
