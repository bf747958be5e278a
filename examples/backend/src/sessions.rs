//! Keeps a session for each terminal: opens it when it is needed, and renews it when Paynet refuses it. Session keys are
//! in memory only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use paypos::{
    Agent, Session,
    types::{AuthRequest, LogoutRequest},
};
use tokio::{sync, time::timeout};

pub(crate) struct Sessions {
    agent: Agent,
    agent_id: String,
    /// How long to wait for another task that is opening the same session.
    patience: Duration,
    by_terminal: Mutex<HashMap<String, Slot>>,
}

/// Locked while the session is being opened, so that no second one is opened.
type Slot = Arc<sync::Mutex<Option<Session>>>;

impl Sessions {
    pub(crate) fn new(agent: Agent, agent_id: String, patience: Duration) -> Self {
        Self { agent, agent_id, patience, by_terminal: Mutex::default() }
    }

    /// Returns the terminal's session. Opens one if there is none.
    pub(crate) async fn get(&self, terminal: &str) -> Result<Session, String> {
        self.get_instead_of(terminal, None).await
    }

    /// Returns a session to use instead of one that Paynet refused.
    pub(crate) async fn renew(&self, terminal: &str, refused: &Session) -> Result<Session, String> {
        self.get_instead_of(terminal, Some(refused)).await
    }

    async fn get_instead_of(&self, terminal: &str, refused: Option<&Session>) -> Result<Session, String> {
        let slot = Arc::clone(self.slots().entry(terminal.to_owned()).or_default());
        let Ok(mut slot) = timeout(self.patience, slot.lock()).await else {
            return Err(format!("the session of {terminal} is still being opened"));
        };
        match &*slot {
            Some(session) if refused.is_none_or(|refused| refused.key() != session.key()) => {
                Ok(session.clone())
            }
            _ => {
                let opened = self.agent.get_auth_key(AuthRequest::new(&self.agent_id, terminal)).await;
                let opened = opened.map_err(|error| format!("no session for {terminal}: {error}"))?;
                tracing::info!(terminal, "session opened");
                Ok(slot.insert(opened.session).clone())
            }
        }
    }

    /// Ends all sessions.
    pub(crate) async fn end(&self) {
        let slots: Vec<_> = self.slots().drain().collect();
        for (terminal, slot) in slots {
            let Some(session) = slot.lock().await.take() else { continue };
            match self.agent.logout(LogoutRequest::new(session.key())).await {
                Ok(_) => tracing::info!(terminal, "session ended"),
                Err(error) => tracing::warn!(terminal, %error, "session not ended"),
            }
        }
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.by_terminal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
