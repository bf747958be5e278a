//! A simulator with what the command adds to it: fixed credentials, a phone that may decide automatically, and
//! the faults as they were asked for.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    Decimal, SecretKey,
    simulator::{PaymentSession, Sale, Simulator},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{arguments::Policy, control};

/// The dealer that needs no setting up.
pub(crate) const DEALER: &str = "simulator";
pub(crate) const SECRET_KEY: &str = "sck_simulator";
pub(crate) const AGENT_ID: &str = "simulator";
pub(crate) const USER_ID: &str = "simulator";

/// All paths that Paynet has not.
pub(crate) const PREFIX: &str = "/_paypos";

/// How late an amount of `.68` is approved.
const LATE: Duration = Duration::from_secs(10);

/// Connections at once, and the time for the head of a request and for its body.
const MAX_CONNECTIONS: usize = 20_000;
const READING: Duration = Duration::from_secs(10);

/// Decisions that are still to come.
const MAX_LATER: usize = 10_000;

/// Dealers, of which none is ever forgotten.
pub(crate) const MAX_DEALERS: usize = 1_000;

/// How a playground is started.
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<String>,
    pub(crate) phone: Policy,
    pub(crate) after: Duration,
}

/// What the handlers of requests share.
pub(crate) struct Playground {
    simulator: OnceLock<Weak<Simulator>>,
    /// As given; without it, the simulator's own URL.
    pub(crate) public_url: Option<String>,
    phone: Policy,
    after: Duration,
    phones: Mutex<HashMap<String, Policy>>,
    /// The faults as they were asked for, by number.
    faults: Mutex<BTreeMap<u64, Value>>,
    later: AtomicUsize,
}

/// The dealers and sales to begin with.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seed {
    #[serde(default)]
    pub(crate) dealers: Vec<SeedDealer>,
    #[serde(default)]
    pub(crate) sales: Vec<SeedSale>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedDealer {
    pub(crate) dealer: String,
    /// By default `sck_` and the dealer's name.
    #[serde(skip_serializing)]
    pub(crate) secret_key: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedSale {
    pub(crate) dealer: String,
    pub(crate) xact_id: String,
    pub(crate) amount: Box<RawValue>,
    #[serde(default)]
    pub(crate) reversed: bool,
}

/// Writes an amount as a JSON number with its digits.
pub(crate) fn digits(amount: Decimal) -> Option<Box<RawValue>> {
    RawValue::from_string(amount.to_string()).ok()
}

/// Reads an amount from a JSON number, or from its text.
pub(crate) fn amount(json: &RawValue) -> Option<Decimal> {
    json.get().trim_matches('"').parse().ok().filter(|amount| *amount > Decimal::ZERO)
}

impl Playground {
    /// Starts the simulator; it stops when it is dropped.
    pub(crate) async fn start(options: Options, seed: Seed) -> Result<(Arc<Simulator>, Arc<Self>), String> {
        let playground = Arc::new(Self {
            simulator: OnceLock::new(),
            public_url: options.public_url.map(|url| url.trim_end_matches('/').to_owned()),
            phone: options.phone,
            after: options.after,
            phones: Mutex::default(),
            faults: Mutex::default(),
            later: AtomicUsize::new(0),
        });
        let (answering, deciding) = (Arc::clone(&playground), Arc::clone(&playground));
        let deeplinks = format!("{}{PREFIX}/phone/", playground.public_url.as_deref().unwrap_or_default());
        let simulator = Simulator::builder()
            .listen(options.listen)
            .deeplinks(deeplinks)
            .limits(MAX_CONNECTIONS, READING)
            .serve(format!("{PREFIX}/"), move |request| control::answer(Arc::clone(&answering), request))
            .on_payment(move |payment| deciding.decide_by_policy(&payment))
            .start()
            .await
            .map_err(|error: io::Error| format!("cannot listen on {}: {error}", options.listen))?;
        let simulator = Arc::new(simulator);
        let _ = playground.simulator.set(Arc::downgrade(&simulator));
        playground.add_dealer(DEALER, SECRET_KEY.to_owned())?;
        for SeedDealer { dealer, secret_key } in seed.dealers {
            let secret_key = secret_key.unwrap_or_else(|| secret_key_of(&dealer));
            if !playground.add_dealer(&dealer, secret_key)? {
                return Err(format!("the seed's dealer {dealer}, or its secret key, is there twice"));
            }
        }
        for sale in seed.sales {
            let amount = amount(&sale.amount)
                .ok_or_else(|| format!("the seed's sale {} has no positive amount", sale.xact_id))?;
            let mut restored = Sale::new(sale.xact_id, sale.dealer, amount);
            restored.reversed = sale.reversed;
            simulator.restore_sale(restored);
        }
        Ok((simulator, playground))
    }

    /// The simulator, as long as it runs.
    pub(crate) fn simulator(&self) -> Option<Arc<Simulator>> {
        self.simulator.get()?.upgrade()
    }

    /// Adds a dealer; returns whether its name and its key were free.
    pub(crate) fn add_dealer(&self, name: &str, secret_key: String) -> Result<bool, String> {
        let key = SecretKey::new(secret_key).map_err(|error| error.to_string())?;
        Ok(self.simulator().is_some_and(|simulator| simulator.add_dealer_as(name, &key)))
    }

    pub(crate) fn is_dealer(&self, name: &str) -> bool {
        self.simulator().is_some_and(|simulator| simulator.dealers().iter().any(|dealer| dealer == name))
    }

    pub(crate) fn set_phone(&self, dealer: String, policy: Policy) {
        lock(&self.phones).insert(dealer, policy);
    }

    pub(crate) fn forget(&self, dealer: &str) {
        lock(&self.phones).remove(dealer);
        if let Some(simulator) = self.simulator() {
            simulator.reset_dealer(dealer);
        }
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, BTreeMap<u64, Value>> {
        lock(&self.faults)
    }

    fn decide_by_policy(self: &Arc<Self>, payment: &PaymentSession) {
        let policy = lock(&self.phones).get(&payment.dealer).copied().unwrap_or(self.phone);
        let (decision, after) = match policy {
            Policy::Ask | Policy::Never => return,
            Policy::Approve => (Decision::Approve, self.after),
            Policy::Decline => (Decision::Decline, self.after),
            Policy::ByAmount => match cents(payment.request.amount.unwrap_or_default()) {
                5 | 51 | 55 => (Decision::Decline, self.after),
                68 => (Decision::Approve, self.after.max(LATE)),
                91 => return,
                _ => (Decision::Approve, self.after),
            },
        };
        // With more decisions to come than are kept, it waits for a person.
        let _ = self.decide(&payment.id, decision, after);
    }

    /// Does at the phone what was decided, now or later.
    pub(crate) fn decide(
        self: &Arc<Self>,
        id: &str,
        decision: Decision,
        after: Duration,
    ) -> Result<(), Undecidable> {
        if after.is_zero() {
            return self.decide_now(id, decision);
        }
        if self.later.fetch_add(1, Ordering::Relaxed) >= MAX_LATER {
            self.later.fetch_sub(1, Ordering::Relaxed);
            return Err(Undecidable::TooMany);
        }
        let (playground, id) = (Arc::clone(self), id.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            playground.later.fetch_sub(1, Ordering::Relaxed);
            let _ = playground.decide_now(&id, decision);
        });
        Ok(())
    }

    fn decide_now(&self, id: &str, decision: Decision) -> Result<(), Undecidable> {
        let simulator = self.simulator().ok_or(Undecidable::NotWaiting)?;
        let phone = simulator.phone();
        match decision {
            Decision::Approve => phone.approve(id),
            Decision::Decline => phone.decline(id),
            Decision::Leave => Ok(()),
            Decision::DeclineThenApprove => {
                phone.decline(id).and_then(|()| phone.try_again(id)).and_then(|()| phone.approve(id))
            }
        }
        .map_err(|_| Undecidable::NotWaiting)
    }
}

/// What a person does at the phone.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    Approve,
    Decline,
    /// The app is left, and nothing is decided.
    Leave,
    DeclineThenApprove,
}

/// Why nothing can be decided.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undecidable {
    NotWaiting,
    TooMany,
}

/// The secret key of a dealer that was given none.
pub(crate) fn secret_key_of(dealer: &str) -> String {
    format!("sck_{dealer}")
}

fn cents(amount: Decimal) -> i64 {
    let cents = (amount.fract() * Decimal::ONE_HUNDRED).trunc();
    i64::try_from(cents).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
