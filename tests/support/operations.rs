//! Every operation of the documents, for tests that hold for all of them.

use futures::future::BoxFuture;
use paypos::{Agent, Client, Error, SecretKey, Session, SessionKey};
use serde_json::Value;

use super::canary::{KEY, SECRET_KEY};

pub use calls::ALL;

/// The table itself, which follows from the documents.
#[allow(
    clippy::all,
    clippy::pedantic,
    unused_imports,
    reason = "it is generated, and needs what documents have"
)]
mod calls {
    use std::future::Ready;

    use futures::future::FutureExt;
    use paypos::{Agent, Decimal, Error, Secret, Session, SessionKey, types};
    use serde_json::Value;

    use super::{Operation, agent, object, session, shown, sized};
    use crate::support::canary::{ENCRYPTION_KEY, HARD, KEY, TEXT};

    include!("../golden/calls.rs");
}

/// What a call came to: what it answered, as `Debug` shows it.
pub type Called = BoxFuture<'static, Result<String, Error>>;

pub struct Operation {
    pub name: &'static str,
    /// Calls it with planted credentials and no more than it requires.
    pub minimal: fn(&Client) -> Called,
    /// Calls it with every property that there is.
    pub full: fn(&Client) -> Called,
    /// A successful answer with every property, in which secrets and texts are planted.
    pub success: fn() -> Value,
    /// The properties of the answer that the corrected document requires.
    pub requires: &'static [&'static str],
}

impl Operation {
    pub fn named(name: &str) -> &'static Self {
        ALL.iter().find(|operation| operation.name == name).unwrap()
    }

    /// The properties of the answer without which it is none; what is beside the required ones, no document says.
    pub fn needs(&self) -> Vec<&'static str> {
        const HANDOFF: [&str; 3] = ["payment_session_id", "deeplink_url", "encryption_key"];
        let success = (self.success)();
        let mut needs = self.requires.to_vec();
        if HANDOFF.iter().all(|property| success.get(property).is_some()) {
            needs.extend(HANDOFF);
        }
        if self.name == "get_auth_key" {
            needs.push("session_key");
        }
        needs.sort_unstable();
        needs.dedup();
        needs
    }
}

pub fn agent(client: &Client) -> Agent {
    client.agent(SecretKey::new(SECRET_KEY).unwrap())
}

pub fn session(client: &Client) -> Session {
    client.session(SessionKey::new(KEY).unwrap())
}

fn shown<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<String, Error> {
    result.map(|answer| format!("{answer:?} {answer:#?}"))
}

fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
    properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// As much of the text, again and again, as there is room for.
fn sized(text: &str, least: usize, most: usize) -> String {
    let length = text.chars().count().max(least).min(most);
    text.chars().cycle().take(length).collect()
}
