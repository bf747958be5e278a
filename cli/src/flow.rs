//! The operations, from opening a session to the decision of the phone.

use std::time::{Duration, Instant};

use paypos::{
    Client, Decision, Environment, Handoff, PaymentSession, SecretKey, Session, SessionKey,
    types::{AuthRequest, InitReversalRequest, InitSaleRequest, LogoutRequest, Transaction},
};
use serde::Serialize;

use paypos_simulator::server::{AGENT_ID, SECRET_KEY, USER_ID};

use crate::{
    Done,
    arguments::{self, Common, Initiate, Target, Waiting},
    console::{Console, Failure, next_check, printable, quoted},
    secrets,
};

/// The client of the chosen environment.
fn client(common: &Common) -> Result<Client, Failure> {
    Ok(match common.environment {
        Target::Simulator => Client::builder(Environment::Sandbox).base_url(&common.simulator_url).build()?,
        Target::Sandbox => Client::new(Environment::Sandbox)?,
        Target::Production => Client::new(Environment::Production)?,
    })
}

/// Nobody moves money on Production by mistake.
fn confirm(console: &Console, common: &Common, what: &str) -> Done {
    if common.environment != Target::Production || common.yes {
        return Ok(());
    }
    if !console.asks() {
        return Err(Failure::usage(format!("{what} on Production needs --yes where nobody can be asked")));
    }
    if console.confirm(&format!("{what} on Production, with real money?")) {
        Ok(())
    } else {
        Err(Failure::usage("nothing was sent"))
    }
}

fn secret_key(console: &Console, common: &Common) -> Result<SecretKey, Failure> {
    let ask = common.environment != Target::Simulator;
    let file = common.secret_key_file.as_deref();
    let key = secrets::read(console, "secret key", file, "PAYPOS_SECRET_KEY", ask)?;
    let key = key.or_else(|| (!ask).then(|| SECRET_KEY.to_owned())).ok_or_else(|| {
        Failure::usage("give the dealer's secret key: --secret-key-file FILE, or set PAYPOS_SECRET_KEY")
    })?;
    Ok(SecretKey::new(key)?)
}

/// The session with the key that was given. The simulator's needs none: one is opened.
async fn open_session(console: &Console, common: &Common) -> Result<Session, Failure> {
    let client = client(common)?;
    let ask = common.environment != Target::Simulator;
    let file = common.session_key_file.as_deref();
    match secrets::read(console, "session key", file, "PAYPOS_SESSION_KEY", ask)? {
        Some(key) => Ok(client.session(SessionKey::new(key)?)),
        None if ask => Err(Failure::usage(
            "give the session key: --session-key-file FILE, or set PAYPOS_SESSION_KEY; \
             `paypos session open --write-key FILE` opens a session",
        )),
        None => {
            let agent = client.agent(secret_key(console, common)?);
            Ok(agent.get_auth_key(AuthRequest::new(AGENT_ID, USER_ID)).await?.session)
        }
    }
}

pub(crate) async fn session(console: &Console, common: &Common, command: arguments::Session) -> Done {
    match command {
        arguments::Session::Open { agent_id, user_id, write_key } => {
            confirm(console, common, "open a session")?;
            let fixed = |id: &str| (common.environment == Target::Simulator).then(|| id.to_owned());
            let missing = |name: &str| Failure::usage(format!("give --{name}"));
            let agent_id = agent_id.or_else(|| fixed(AGENT_ID)).ok_or_else(|| missing("agent-id"))?;
            let user_id = user_id.or_else(|| fixed(USER_ID)).ok_or_else(|| missing("user-id"))?;
            let agent = client(common)?.agent(secret_key(console, common)?);
            let opened = agent.get_auth_key(AuthRequest::new(agent_id, user_id)).await?;
            let key = opened.session.key().expose();
            if let Some(path) = &write_key {
                secrets::write(path, key)?;
                console.say(format!("The session is open; its key is in {}.", path.display()));
            } else {
                console.say(
                    "The session is open. Its key is not shown: use --write-key FILE or --show-secrets.",
                );
            }
            if console.show_secrets {
                console.say(format!("session_key: {key}"));
            }
            console.object(&Opened {
                session_key: console.show_secrets.then_some(key),
                details: &opened.details,
            });
            Ok(())
        }
        arguments::Session::Close => {
            confirm(console, common, "close a session")?;
            let file = common.session_key_file.as_deref();
            let key = secrets::read(console, "session key", file, "PAYPOS_SESSION_KEY", true)?
                .ok_or_else(|| Failure::usage("give the session key: --session-key-file FILE"))?;
            let agent = client(common)?.agent(secret_key(console, common)?);
            let answer = agent.logout(LogoutRequest::new(&SessionKey::new(key)?)).await?;
            console.say("The session is closed.");
            console.object(&answer);
            Ok(())
        }
    }
}

/// What `--json` prints of a session that was opened.
#[derive(Serialize)]
struct Opened<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<&'a str>,
    #[serde(flatten)]
    details: &'a paypos::types::AuthResponse,
}

pub(crate) async fn sale(console: &Console, common: &Common, options: arguments::Sale) -> Done {
    confirm(console, common, &format!("a sale of {}", options.amount))?;
    let session = open_session(console, common).await?;
    let Initiate { reference_no, callback_url, waiting } = options.initiate;
    let mut request = InitSaleRequest::new(options.amount);
    (request.reference_no, request.callback_url) = (reference_no, callback_url);
    let handoff = session.init_sale_transaction(request).await?;
    finish(console, &session, &handoff, &waiting).await
}

pub(crate) async fn reversal(console: &Console, common: &Common, options: arguments::Reversal) -> Done {
    confirm(console, common, &format!("a reversal of {}", options.xact_id))?;
    let session = open_session(console, common).await?;
    let Initiate { reference_no, callback_url, waiting } = options.initiate;
    let mut request = InitReversalRequest::new(&options.xact_id);
    (request.reference_no, request.callback_url) = (reference_no, callback_url);
    let handoff = session.init_reversal_transaction(request).await?;
    finish(console, &session, &handoff, &waiting).await
}

/// Shows a handoff, and waits for the phone if that was asked for.
async fn finish(console: &Console, session: &Session, handoff: &Handoff, waiting: &Waiting) -> Done {
    let (id, payment_session) = (&handoff.payment_session_id, handoff.payment_session());
    console.deeplink(&handoff.deeplink_url);
    console.say(format!("payment_session_id: {}", printable(id)));
    if console.show_secrets {
        console.say(format!("encryption_key: {}", printable(handoff.encryption_key.expose())));
    }
    // It is out before the wait, which may fail.
    console.object(&Answer {
        payment_session_id: id,
        deeplink_url: Some(&handoff.deeplink_url),
        encryption_key: console.show_secrets.then(|| handoff.encryption_key.expose()),
        code: handoff.code,
        message: handoff.message.as_deref(),
        object_name: handoff.object_name.as_deref(),
        decision: None,
        data: None,
    });
    if !waiting.wait {
        console.say(format!(
            "This is not a payment yet: the phone finishes it.\n{}",
            next_check(&payment_session)
        ));
        return Ok(());
    }
    let decision = wait(console, session, &payment_session, waiting.deadline).await?;
    tell(console, &payment_session, decision)
}

pub(crate) async fn check(console: &Console, common: &Common, options: arguments::Check) -> Done {
    let id = &options.payment_session_id;
    let payment_session = match &options.reversal_of {
        Some(xact_id) => PaymentSession::reversal(id, xact_id),
        None => PaymentSession::sale(id),
    };
    let session = open_session(console, common).await.map_err(|failure| failure.of(&payment_session))?;
    let deadline = if options.waiting.wait { options.waiting.deadline } else { Duration::ZERO };
    let decision = wait(console, &session, &payment_session, deadline).await?;
    tell(console, &payment_session, decision)
}

/// Waits for the phone, and counts the seconds.
pub(crate) async fn wait(
    console: &Console,
    session: &Session,
    payment_session: &PaymentSession,
    deadline: Duration,
) -> Result<Decision, Failure> {
    let started = Instant::now();
    let counting = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            console.progress(&format!("waiting for the phone, {} s", started.elapsed().as_secs()));
        }
    };
    let waiting =
        session.wait_for(payment_session.clone()).interval(Duration::from_secs(1)).timeout(deadline);
    let decision = tokio::select! {
        decision = waiting.into_future() => decision,
        () = counting => unreachable!("it counts for ever"),
    };
    console.progress("");
    decision.map_err(|error| Failure::from(error).of(payment_session))
}

/// What `--json` prints of a payment session, by the document's names.
#[derive(Default, Serialize)]
struct Answer<'a> {
    payment_session_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deeplink_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'static str>,
    #[serde(rename = "Data", skip_serializing_if = "Option::is_none")]
    data: Option<Vec<Transaction>>,
}

/// Tells what the phone decided.
fn tell(console: &Console, payment_session: &PaymentSession, decision: Decision) -> Done {
    let is_reversal = payment_session.reversal_of().is_some();
    let what = if is_reversal { "reversal" } else { "sale" };
    let (name, data, result) = match decision {
        Decision::Succeeded(transactions) => ("succeeded", transactions, Ok(())),
        Decision::Failed(transactions) => {
            let text = format!("the phone declined the {what}; check once more before initiating another");
            ("failed", transactions, Err(Failure::Declined(text)))
        }
        Decision::Pending => {
            let text = format!(
                "the phone has not decided yet; check again before initiating another\n{}",
                next_check(payment_session)
            );
            ("pending", Vec::new(), Err(Failure::Undecided(text)))
        }
    };
    if result.is_ok() {
        for transaction in &data {
            let amount = transaction.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
            console.say(format!("The {what}{amount} succeeded."));
            if let Some(xact_id) = transaction.xact_id.as_deref().filter(|_| !is_reversal) {
                console.say(format!("xact_id: {}", printable(xact_id)));
                console.say(format!("To undo it: paypos reversal {} --wait", quoted(xact_id)));
            }
        }
    }
    console.object(&Answer {
        payment_session_id: payment_session.id(),
        decision: Some(name),
        data: Some(data),
        ..Answer::default()
    });
    result
}
