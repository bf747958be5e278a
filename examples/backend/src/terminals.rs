//! The session of each terminal.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use paypos::{Agent, Error, ErrorKind, Session, types::AuthRequest};
use tokio::time::Instant;

/// How old a session becomes. What Paynet's `expired_date` means is not documented.
const MAX_AGE: Duration = Duration::from_hours(8);
/// After how many refusals in a row another session is tried, once.
const MAX_REFUSALS: u32 = 3;

pub(crate) struct Terminals {
    agent: Agent,
    agent_id: String,
    names: Vec<String>,
    /// Those that were needed.
    sessions: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    session: Session,
    since: Instant,
    refusals: u32,
}

impl Terminals {
    pub(crate) fn new(agent: Agent, agent_id: String, names: Vec<String>) -> Self {
        Self { agent, agent_id, names, sessions: Mutex::default() }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the session of a terminal, which opens itself when it is needed.
    pub(crate) fn session(&self, terminal: &str) -> Session {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, kept| kept.since.elapsed() < MAX_AGE);
        let kept = sessions.entry(terminal.to_owned()).or_insert_with(|| self.new_session(terminal));
        kept.session.clone()
    }

    fn new_session(&self, terminal: &str) -> Kept {
        let session = self.agent.session(AuthRequest::new(&self.agent_id, terminal));
        Kept { session, since: Instant::now(), refusals: 0 }
    }

    /// Takes note of a response: an ended session may be refused with another status than the 401 after which a session
    /// opens itself again.
    pub(crate) fn responded<T>(&self, terminal: &str, response: &Result<T, Error>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kept) = sessions.get_mut(terminal) else { return };
        match response {
            Ok(_) => kept.refusals = 0,
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::Unauthorized) => {
                kept.refusals += 1;
                if kept.refusals == MAX_REFUSALS {
                    tracing::warn!(terminal, "refused again and again: another session is opened");
                    *kept = Kept { refusals: MAX_REFUSALS, ..self.new_session(terminal) };
                }
            }
            Err(_) => {}
        }
    }

    pub(crate) async fn end_sessions(&self) {
        let sessions = std::mem::take(&mut *self.sessions.lock().unwrap_or_else(PoisonError::into_inner));
        for (terminal, Kept { session, .. }) in sessions {
            match self.agent.end(&session).await {
                Ok(()) => tracing::info!(terminal, "session ended"),
                Err(error) => tracing::warn!(terminal, %error, "session not ended"),
            }
        }
    }
}
