//! The simulator as a server for any language: with a control interface and pages for people below `/_paypos/`,
//! credentials that need no setting up, and bounds for whoever can reach it.

mod control;
mod guard;
mod page;

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use paypos::{Decimal, SecretKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use url::Url;

use crate::{Policy, Sale, Simulator, builder::Served, connections::Limits, ledger, state::State};

/// The dealer that needs no setting up.
pub const DEALER: &str = "simulator";
/// The secret key of [`DEALER`].
pub const SECRET_KEY: &str = "sck_simulator";
/// The `agent_id` that is shown to those who need one; any is taken.
pub const AGENT_ID: &str = "simulator";
/// The `user_id` that is shown to those who need one; any is taken.
pub const USER_ID: &str = "simulator";

/// What all paths begin with that Paynet has not.
pub const PREFIX: &str = "/_paypos";

/// Connections at once, and the time for the head of a request and for its body.
const LIMITS: Limits = Limits { connections: 20_000, reading: Some(Duration::from_secs(10)) };

/// Dealers, of which none is ever forgotten.
const MAX_DEALERS: usize = 1_000;

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The URL by which a phone reaches it, if not by the address.
    pub public_url: Option<String>,
    /// Names by which it is reached, besides `localhost`, IP addresses and the public URL's.
    pub hosts: Vec<String>,
    /// What the phone does by itself.
    pub phone: Policy,
    /// How long the phone takes, where it decides by itself.
    pub after: Duration,
}

/// What the handlers of requests share.
pub(crate) struct Playground {
    state: Arc<State>,
    /// As given; without it, the server's own URL.
    public_url: Option<String>,
    /// The faults as they were asked for, by number.
    faults: Mutex<BTreeMap<u64, Value>>,
}

/// The dealers and sales to begin with. Read from JSON.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    #[serde(default)]
    dealers: Vec<SeedDealer>,
    #[serde(default)]
    sales: Vec<SeedSale>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SeedDealer {
    dealer: String,
    /// By default `sck_` and the dealer's name.
    #[serde(skip_serializing)]
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

/// Reads a positive amount.
fn amount(json: &RawValue) -> Option<Decimal> {
    ledger::amount(json).filter(|amount| *amount > Decimal::ZERO)
}

/// Starts a simulator with its control interface and its pages; it stops when it is dropped.
///
/// # Errors
/// If it cannot listen on the address, or the seed has a dealer or a key twice, or no positive amount.
pub async fn start(options: Options, seed: Seed) -> io::Result<Simulator> {
    let unusable = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
    let mut builder =
        Simulator::builder().listen(options.listen).phone(options.phone).phone_after(options.after);
    let playground = Arc::new(Playground {
        state: Arc::clone(&builder.state),
        public_url: options.public_url.map(|url| url.trim_end_matches('/').to_owned()),
        faults: Mutex::default(),
    });
    playground.add_dealer(DEALER, SECRET_KEY.to_owned()).map_err(unusable)?;
    for SeedDealer { dealer, secret_key } in seed.dealers {
        let secret_key = secret_key.unwrap_or_else(|| secret_key_of(&dealer));
        if !playground.add_dealer(&dealer, secret_key).map_err(unusable)? {
            return Err(unusable(format!("the seed's dealer {dealer}, or its secret key, is there twice")));
        }
    }
    for sale in seed.sales {
        let amount = amount(&sale.amount)
            .ok_or_else(|| unusable(format!("the seed's sale {} has no positive amount", sale.xact_id)))?;
        let mut restored = Sale::new(sale.xact_id, sale.dealer, amount);
        restored.reversed = sale.reversed;
        let id = restored.xact_id.clone();
        if !builder.state.restore_sale(restored) {
            return Err(unusable(format!("the seed's sale {id} is there twice")));
        }
    }
    builder.deeplinks = format!("{}{PREFIX}/phone/", playground.public_url.as_deref().unwrap_or_default());
    builder.limits = LIMITS;
    let public = playground.public_url.as_deref().and_then(|url| Url::parse(url).ok());
    let public = public.as_ref().and_then(Url::host_str).map(str::to_owned);
    let hosts: Vec<_> = options.hosts.into_iter().chain(public).collect();
    builder.served = Some(Served {
        admit: Box::new(move |headers| guard::check_host(headers, &hosts)),
        has: |path| matches!(path, "/" | "/favicon.ico" | PREFIX) || path.starts_with("/_paypos/"),
        answer: Box::new(move |request| Box::pin(control::answer(Arc::clone(&playground), request))),
    });
    let listening = builder.start().await;
    listening.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {}: {error}", options.listen))
    })
}

impl Playground {
    /// Adds a dealer; returns whether its name and its key were free.
    fn add_dealer(&self, name: &str, secret_key: String) -> Result<bool, String> {
        let key = SecretKey::new(secret_key).map_err(|error| error.to_string())?;
        Ok(self.state.add_dealer(name, key.expose()))
    }

    fn is_dealer(&self, name: &str) -> bool {
        self.state.dealers().iter().any(|dealer| dealer == name)
    }

    fn faults(&self) -> MutexGuard<'_, BTreeMap<u64, Value>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The secret key of a dealer that was given none.
fn secret_key_of(dealer: &str) -> String {
    format!("sck_{dealer}")
}
