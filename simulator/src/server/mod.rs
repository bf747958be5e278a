//! Runs the simulator as a server for any language. Below `/_paypos/` it has a control interface and pages for people;
//! a built-in dealer needs no setup; connections, times and sizes are bounded.

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

use crate::{Behavior, Policy, ReceivedRequest, Sale, Simulator, connections::Limits, ledger, state::State};

/// Name of the built-in dealer.
pub const DEALER: &str = crate::state::DEALER;
/// The secret key of [`DEALER`].
pub const SECRET_KEY: &str = "sck_simulator";
/// An `agent_id` to use with the built-in dealer; any other is accepted as well.
pub const AGENT_ID: &str = "simulator";
/// A `user_id` to use with the built-in dealer; any other is accepted as well.
pub const USER_ID: &str = "simulator";

/// Prefix of all paths that are not Paynet's.
pub const PREFIX: &str = "/_paypos";

/// Maximum number of connections, and the time for each part of a request and its response.
const LIMITS: Limits = Limits { connections: 20_000, time: Some(Duration::from_secs(10)) };

/// Maximum number of dealers. None is dropped, and all share what is kept.
const MAX_DEALERS: usize = 100;

/// Is called with the text of a request; see [`Options::log`].
pub type Log = dyn Fn(&str) + Send + Sync;

/// Configures [`start`].
pub struct Options {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The URL at which phones reach the server, such as `http://192.168.1.20:8650`: `http` or `https`, a host and no
    /// path. `None` if it is the address.
    pub public_url: Option<String>,
    /// Host names that a request may be for, such as a service's in a compose network. `localhost`, IP addresses and
    /// the public URL's host are always allowed.
    pub hosts: Vec<String>,
    /// How the phone decides.
    pub phone: Policy,
    /// How long the phone takes to decide, unless a person does.
    pub after: Duration,
    /// What it does where Paynet's documents leave it undefined.
    pub behavior: Behavior,
    /// Is called for each request to an operation, after its response: with the time, the dealer, the method, the path
    /// and the status in a line, and each violation in another. No secret is among them. It must not block.
    pub log: Option<Box<Log>>,
}

impl Default for Options {
    /// A free port on 127.0.0.1, [`Policy::Ask`], and what the crate `paypos` assumes.
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: None,
            hosts: Vec::new(),
            phone: Policy::Ask,
            after: Duration::ZERO,
            behavior: Behavior::default(),
            log: None,
        }
    }
}

/// What the handlers of requests share.
pub(crate) struct Shared {
    state: Arc<State>,
    /// Without a trailing slash.
    public_url: Option<String>,
    /// Host names that a request may have.
    hosts: Vec<String>,
}

/// Initial dealers and sales, deserialized from what `GET /_paypos/seed` returned.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    #[serde(default)]
    dealers: Vec<SeedDealer>,
    #[serde(default)]
    sales: Vec<SeedSale>,
    /// Number of sales that were dropped before.
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
/// If it cannot listen on the address, with the operating system's kind of error. With `InvalidInput`, if the public
/// URL, or a dealer or sale of the seed cannot be used; the message names it.
pub async fn start(options: Options, seed: Seed) -> io::Result<Simulator> {
    let unusable = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
    let mut builder = Simulator::builder()
        .listen(options.listen)
        .phone(options.phone)
        .phone_after(options.after)
        .behavior(options.behavior);
    let public_url = options.public_url.as_deref().map(public_url).transpose().map_err(unusable)?;
    let host = public_url.as_ref().and_then(Url::host_str).map(str::to_owned);
    let shared = Arc::new(Shared {
        state: Arc::clone(&builder.state),
        public_url: public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
        hosts: options.hosts.into_iter().chain(host).collect(),
    });
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

/// Returns whether a character cannot be seen, or changes how others are shown: control characters, marks of direction,
/// and characters without a width. A terminal would obey some of them.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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
    /// Adds a dealer. Returns `false` if the name or the key is already taken.
    fn add_dealer(&self, name: &str, secret_key: String) -> Result<bool, String> {
        let key = SecretKey::new(secret_key).map_err(|error| error.to_string())?;
        Ok(self.state.add_dealer(name, key.expose()))
    }
}

/// Returns the secret key of a dealer that is added without one.
fn secret_key_of(dealer: &str) -> String {
    format!("sck_{dealer}")
}

/// Describes a request in a line, with its violations on further lines.
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
    let repeats = request
        .repeats()
        .map(|number| format!("a copy of request {number}: the client may have sent it twice"));
    let notes = request.violations().iter().chain(&repeats);
    notes.fold(line, |lines, note| format!("{lines}\n  {note}"))
}

/// Formats a time as RFC 3339, in UTC.
fn timestamp(time: std::time::SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    format!("{time:.3}")
}

/// Formats the time of day in the time zone of this process.
fn clock(time: std::time::SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    TimeZone::system().to_datetime(time).strftime("%H:%M:%S").to_string()
}
