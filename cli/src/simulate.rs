//! `paypos simulate`: the simulator as a server.

use std::fs;

use crate::{
    Done,
    arguments::Simulate,
    console::{Console, Failure},
};
use paypos_simulator::server::{self, AGENT_ID, Options, PREFIX, SECRET_KEY, Seed, USER_ID};
use serde_json::json;

pub(crate) async fn run(console: &Console, options: Simulate) -> Done {
    let seed = match &options.seed {
        None => Seed::default(),
        Some(path) => {
            let name = path.display();
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("the seed cannot be read from {name}: {error}")))?;
            serde_json::from_str(&text)
                .map_err(|error| Failure::usage(format!("{name} is not a seed: {error}")))?
        }
    };
    let stopped = stopped()?;
    if !options.listen.ip().is_loopback() {
        console.warn(&format!(
            "whoever reaches {} can use this simulator, and read and change all of it: it has no password",
            options.listen
        ));
        if options.public_url.is_none() {
            console.warn("give --public-url, the URL by which the phone reaches it");
        }
    }
    let simulator = server::start(
        Options {
            listen: options.listen,
            public_url: options.public_url,
            hosts: options.host,
            phone: options.phone.into(),
            after: options.after,
        },
        seed,
    )
    .await
    .map_err(|error| Failure::usage(error.to_string()))?;
    let url = simulator.url();
    console.headline(&format!("The simulator of PayPOS listens on {url}"));
    console.say(format!(
        "Credentials: Authorization `Basic {SECRET_KEY}`, agent_id `{AGENT_ID}`, user_id `{USER_ID}`"
    ));
    console.say(format!("The phone, and what was received: {url}{PREFIX}/"));
    let default = url == "http://127.0.0.1:8650";
    let option = if default { String::new() } else { format!(" --simulator-url {url}") };
    console.say(format!("Next, in another terminal: paypos sale 149.90 --wait{option}"));
    console.object(&json!({
        "url": url, "secret_key": SECRET_KEY, "agent_id": AGENT_ID, "user_id": USER_ID,
    }));
    stopped.await;
    Ok(())
}

/// Ends by SIGINT or SIGTERM.
#[cfg(unix)]
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind| signal(kind).map_err(|error| Failure::usage(format!("no signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends by Ctrl-C.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the counterpart of the other")]
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
