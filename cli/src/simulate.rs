//! `paypos simulate`: the simulator as a server.

use std::fs;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Done,
    arguments::Simulate,
    console::{Console, Failure},
    playground::{AGENT_ID, Options, PREFIX, Playground, SECRET_KEY, Seed, USER_ID},
};

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
    let stop = |kind| signal(kind).map_err(|error| Failure::usage(format!("no signals: {error}")));
    let (mut interrupt, mut terminate) = (stop(SignalKind::interrupt())?, stop(SignalKind::terminate())?);
    if !options.listen.ip().is_loopback() {
        console.warn(&format!(
            "whoever reaches {} can use this simulator, and read and change all of it: it has no password",
            options.listen
        ));
        if options.public_url.is_none() {
            console.warn("give --public-url, the URL by which the phone reaches it");
        }
    }
    let (simulator, _playground) = Playground::start(
        Options {
            listen: options.listen,
            public_url: options.public_url,
            phone: options.phone,
            after: options.after,
        },
        seed,
    )
    .await
    .map_err(Failure::Usage)?;
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
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
