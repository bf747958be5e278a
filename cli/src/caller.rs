//! Calls the chosen environment with the chosen keys, and composes the commands that call it again.

use std::{env, error::Error as _, io, path::Path};

use paypos::{
    Client, Environment, Error, ErrorKind, Outcome, PaymentSession, SecretKey, Session, SessionKey,
    types::AuthRequest,
};
use paypos_simulator::{AGENT_ID, SECRET_KEY, USER_ID};
use tokio::sync::OnceCell;

use crate::{
    arguments::{Calls, SIMULATOR_URL, SessionKeyFile, Target, User},
    console::{Console, Done, Failure, quoted},
    record::Recorder,
    recording::Command,
    secrets::{self, Secret},
};

/// The dealer's secret key, and the session key.
const SECRET: Secret =
    Secret { what: "secret key", option: "--secret-key-file", variable: "PAYPOS_SECRET_KEY" };
const SESSION: Secret =
    Secret { what: "session key", option: "--session-key-file", variable: "PAYPOS_SESSION_KEY" };

/// Calls one environment.
pub(crate) struct Caller<'a> {
    pub(crate) console: &'a Console,
    calls: &'a Calls,
    session_key_file: Option<&'a Path>,
    recorder: OnceCell<Recorder>,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(
        console: &'a Console,
        calls: &'a Calls,
        session: Option<&'a SessionKeyFile>,
    ) -> Result<Self, Failure> {
        let session_key_file = session.and_then(|session| session.session_key_file.as_deref());
        let stdin = Some(Path::new("-"));
        if calls.secret_key_file.as_deref() == stdin && session_key_file == stdin {
            return Err(Failure::usage(
                "--secret-key-file and --session-key-file cannot both be standard input",
            ));
        }
        Ok(Self { console, calls, session_key_file, recorder: OnceCell::new() })
    }

    pub(crate) fn is_simulator(&self) -> bool {
        self.calls.environment == Target::Simulator
    }

    pub(crate) fn is_production(&self) -> bool {
        self.calls.environment == Target::Production
    }

    /// Returns the name of the environment, as `--environment` has it.
    pub(crate) fn environment_name(&self) -> &'static str {
        match self.calls.environment {
            Target::Simulator => "simulator",
            Target::Sandbox => "sandbox",
            Target::Production => "production",
        }
    }

    /// Returns the `agent_id` and `user_id` to open sessions with; the simulator accepts any.
    pub(crate) fn ids(&self, user: &User) -> Result<(String, String), Failure> {
        let id = |given: &Option<String>, fixed: &str, name: &str| {
            given
                .as_deref()
                .or_else(|| self.is_simulator().then_some(fixed))
                .map(str::to_owned)
                .ok_or_else(|| Failure::usage(format!("--{name} is required")))
        };
        Ok((id(&user.agent_id, AGENT_ID, "agent-id")?, id(&user.user_id, USER_ID, "user-id")?))
    }

    /// Creates a client of the environment, through a recorder if there is to be one.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        let (client, environment) = match self.calls.environment {
            Target::Simulator => {
                let client = Client::simulator(&self.calls.simulator.simulator_url).build()?;
                (client, Environment::Sandbox)
            }
            Target::Sandbox => (Client::new(Environment::Sandbox)?, Environment::Sandbox),
            Target::Production => (Client::new(Environment::Production)?, Environment::Production),
        };
        let Some(recorder) = self.recorder().await? else { return Ok(client) };
        if self.is_simulator() {
            // A recorder would pass any key on, and only a simulator's may go to one on another machine.
            Client::builder(environment).base_url(client.base_url()).build()?;
        }
        Ok(Client::builder(environment).base_url(&recorder.url).build()?)
    }

    async fn recorder(&self) -> Result<Option<&Recorder>, Failure> {
        let Some(path) = &self.calls.record else { return Ok(None) };
        let server = match self.calls.environment {
            Target::Simulator => self.calls.simulator.simulator_url.as_str(),
            Target::Sandbox => Environment::Sandbox.base_url(),
            Target::Production => Environment::Production.base_url(),
        };
        let start = || Recorder::start(path, self.environment_name(), server);
        self.recorder.get_or_try_init(start).await.map(Some)
    }

    /// Records that a command begins. Nothing is sent if that fails.
    pub(crate) async fn begin(&self, command: Command) -> Done {
        match self.recorder().await? {
            Some(recorder) => recorder.file.begin(command),
            None => Ok(()),
        }
    }

    /// Adds to the result of a command what its recording lacks.
    pub(crate) fn recorded(&self, result: Done) -> Done {
        let Some(recorder) = self.recorder.get() else { return result };
        let Some(problem) = recorder.file.lost() else { return result };
        match result {
            Ok(()) => Err(Failure::unknown(format!("{problem}; what came after is not in it"))),
            failed => {
                self.console.warn(&problem);
                failed
            }
        }
    }

    /// Asks for confirmation on Production.
    pub(crate) async fn confirm(&self, what: &str) -> Done {
        if !self.is_production() || self.calls.yes {
            return Ok(());
        }
        if !self.console.asks() {
            return Err(Failure::usage(format!(
                "--yes is required for {what} on production without a terminal"
            )));
        }
        if self.console.confirm(&format!("Production: {what}. Continue?")).await {
            Ok(())
        } else {
            Err(Failure::usage("nothing was sent"))
        }
    }

    pub(crate) async fn secret_key(&self) -> Result<SecretKey, Failure> {
        let file = self.calls.secret_key_file.as_deref();
        let (text, source) = match secrets::read(self.console, &SECRET, file, !self.is_simulator()).await? {
            Some(read) => read,
            None if self.is_simulator() => (SECRET_KEY.to_owned(), "the simulator's".to_owned()),
            None => {
                let text = "no secret key: pass --secret-key-file FILE or set PAYPOS_SECRET_KEY";
                return Err(Failure::usage(text));
            }
        };
        if let Some(recorder) = self.recorder().await? {
            recorder.file.check_secret(&text)?;
        }
        SecretKey::new(text).map_err(|error| Failure::usage(format!("{source}: {error}")))
    }

    /// Reads the session key; `None` if none was given.
    pub(crate) async fn session_key(&self) -> Result<Option<SessionKey>, Failure> {
        let read = secrets::read(self.console, &SESSION, self.session_key_file, !self.is_simulator()).await?;
        let Some((text, source)) = read else { return Ok(None) };
        if let Some(recorder) = self.recorder().await? {
            recorder.file.check_session(&text)?;
        }
        let key = SessionKey::new(text).map_err(|error| Failure::usage(format!("{source}: {error}")))?;
        Ok(Some(key))
    }

    /// Returns a session with the given key. For the simulator, opens one if there is no key.
    pub(crate) async fn session(&self, checked: Option<&PaymentSession>) -> Result<Session, Failure> {
        let client = self.client().await?;
        match self.session_key().await? {
            Some(key) => Ok(client.session(key)),
            None if self.is_simulator() => {
                let agent = client.agent(self.secret_key().await?);
                let opened = agent.get_auth_key(AuthRequest::new(AGENT_ID, USER_ID)).await;
                Ok(opened.map_err(|error| self.failed(&error, checked))?.session)
            }
            None => Err(Failure::usage(
                "no session key: pass --session-key-file FILE or set PAYPOS_SESSION_KEY; \
                 `paypos session open --write-key FILE` opens a session",
            )),
        }
    }

    /// Composes a command that calls the same environment with the same keys.
    pub(crate) fn command(&self, words: &[impl AsRef<str>]) -> String {
        let mut command = self.dealers_command(words);
        if let Some(file) = self.session_key_file.filter(|file| *file != Path::new("-")) {
            command = format!("{command} {} {}", SESSION.option, quoted(&file.display().to_string()));
        }
        command
    }

    /// Composes a command that calls the same environment and takes no session key.
    fn dealers_command(&self, words: &[impl AsRef<str>]) -> String {
        let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
        let mut command = format!("paypos {}", words.join(" "));
        let mut add = |words: &[&str]| words.iter().for_each(|word| command = format!("{command} {word}"));
        let is_default = self.calls.simulator.simulator_url == SIMULATOR_URL
            && env::var_os("PAYPOS_SIMULATOR_URL").is_none();
        match self.calls.environment {
            Target::Simulator if is_default => {}
            Target::Simulator => add(&["--simulator-url", &quoted(&self.calls.simulator.simulator_url)]),
            Target::Sandbox => add(&["--environment", "sandbox"]),
            Target::Production => add(&["--environment", "production"]),
        }
        if let Some(file) = self.calls.secret_key_file.as_deref().filter(|file| *file != Path::new("-")) {
            add(&[SECRET.option, &quoted(&file.display().to_string())]);
        }
        if let Some(file) = &self.calls.record {
            add(&["--record", &quoted(&file.display().to_string())]);
        }
        command
    }

    /// Composes the command that checks a payment session. It says what the payment session is for, since the sale that
    /// is being reversed could be taken for its reversal.
    // Guard: commands::the_next_step_after_a_reversal_never_takes_the_sale_for_it
    // Guard: shell::every_next_step_asks_the_same_server_with_the_same_keys_for_the_same_payment
    pub(crate) fn next_check(&self, payment_session: &PaymentSession) -> String {
        let mut words = vec!["check".to_owned(), quoted(payment_session.id())];
        match payment_session.reversal_of() {
            Some(xact_id) => words.extend(["--reversal-of".to_owned(), quoted(xact_id)]),
            None => words.push("--sale".to_owned()),
        }
        let amount = payment_session.amount();
        words.extend(amount.into_iter().flat_map(|amount| ["--amount".to_owned(), amount.to_string()]));
        let reference = payment_session.reference_no();
        words.extend(reference.into_iter().flat_map(|text| ["--reference-no".to_owned(), quoted(text)]));
        words.push("--wait".to_owned());
        self.command(&words)
    }

    /// Says why a call failed, and what to type next; with the payment session that is checked, if one is.
    pub(crate) fn failed(&self, error: &Error, checked: Option<&PaymentSession>) -> Failure {
        let payment_session = checked.or(error.payment_session());
        // A check says nothing about the payment.
        if let (None, Some(recorder)) = (checked, self.recorder.get()) {
            let unreachable = recorder.unreachable().filter(|_| payment_session.is_none());
            if unreachable.is_some() || error.outcome() != Outcome::Unknown {
                recorder.file.ended();
            }
            if let Some(server) = unreachable {
                return Failure::not_reached(format!("no connection to {server}"));
            }
        }
        let check = payment_session.map(|payment_session| self.next_check(payment_session));
        let next = match (error.kind(), check) {
            (ErrorKind::Unauthorized, check) => {
                let open = self.dealers_command(&["session", "open", "--write-key", "FILE"]);
                let then = check.map(|check| format!("\nThen: {check}")).unwrap_or_default();
                Some(format!("Next: {open}{then}"))
            }
            (ErrorKind::Connect, _) if self.is_simulator() && is_refused(error) => {
                let url = quoted(&self.calls.simulator.simulator_url);
                Some(format!("Is the simulator running at {url}? In another terminal: paypos simulate"))
            }
            (_, check) => check.map(|check| format!("Next: {check}")),
        };
        Failure::call(error, checked).then(next)
    }
}

/// Returns whether nothing listens at the address.
fn is_refused(error: &Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}
