//! `paypos simulate`: the simulator as a server.

use std::{
    fs,
    io::{self, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::mpsc,
    thread,
};

use paypos_simulator::{AGENT_ID, PREFIX, ReceivedRequest, SECRET_KEY, Seed, Simulator, USER_ID};
use serde_json::json;

use crate::{
    arguments::Simulate,
    console::{Console, Done, Failure, printable},
    secrets, signals, verify,
};

/// Maximum number of lines that wait for the terminal.
const LINES: usize = 1_000;

pub(crate) async fn run(console: &Console, options: Simulate) -> Done {
    let mut simulator = Simulator::builder()
        .listen(options.listen)
        .phone(options.phone.into())
        .phone_after(options.phone_delay);
    if let Some(path) = &options.seed {
        simulator = simulator.seed(read_seed(path)?);
    }
    if let Some(path) = &options.like {
        simulator = simulator.behavior(verify::read_behavior(path)?);
    }
    if let Some(url) = &options.public_url {
        simulator = simulator.public_url(url);
    }
    for host in options.host {
        simulator = simulator.host(host);
    }
    if !console.json {
        simulator = simulator.log(log());
    }
    let stopped = signals::first()?;
    if !options.listen.ip().is_loopback() {
        console.warn(&format!(
            "anyone who can reach {} can read and change everything in this simulator; it has no password",
            options.listen
        ));
        if options.public_url.is_none() {
            console.warn("pass --public-url so that deeplinks work on the phone");
        }
    }
    let simulator = simulator.start().await.map_err(|error| {
        let is_taken = error.kind() == io::ErrorKind::AddrInUse;
        let hint = if is_taken { "; pass --listen with another port, or 0 for a free one" } else { "" };
        Failure::usage(format!("{error}{hint}"))
    })?;
    let url = callable(simulator.url());
    console.headline(&format!("PayPOS simulator listening on {}", simulator.url()));
    console.say(format!(
        "Credentials: Authorization `Basic {SECRET_KEY}`, agent_id `{AGENT_ID}`, user_id `{USER_ID}`"
    ));
    let shown = options.public_url.as_deref().unwrap_or(&url).trim_end_matches('/');
    console.say(format!("Pending payments and received requests: {shown}{PREFIX}/"));
    let default = url == "http://127.0.0.1:8650";
    let option = if default { String::new() } else { format!(" --simulator-url {url}") };
    console.say(format!("Next, in another terminal: paypos sale 149.90 --wait{option}"));
    console.object(&json!({
        "url": url, "secret_key": SECRET_KEY, "agent_id": AGENT_ID, "user_id": USER_ID,
    }))?;
    stopped.await;
    Ok(())
}

fn read_seed(path: &Path) -> Result<Seed, Failure> {
    let name = path.display();
    let bytes = fs::read(path)
        .map_err(|error| Failure::usage(format!("the seed cannot be read from {name}: {error}")))?;
    serde_json::from_str(&secrets::text(&bytes).unwrap_or_default())
        .map_err(|error| Failure::usage(format!("{name} is not a valid seed file: {error}")))
}

/// Returns a URL that this machine can call for the address that is listened on, which may be unspecified.
fn callable(url: &str) -> String {
    let address = url.strip_prefix("http://").and_then(|address| address.parse::<SocketAddr>().ok());
    match address {
        Some(SocketAddr::V4(address)) if address.ip().is_unspecified() => {
            format!("http://{}:{}", Ipv4Addr::LOCALHOST, address.port())
        }
        Some(SocketAddr::V6(address)) if address.ip().is_unspecified() => {
            format!("http://[{}]:{}", Ipv6Addr::LOCALHOST, address.port())
        }
        _ => url.to_owned(),
    }
}

/// Prints a line for each request. A separate thread prints, so a slow terminal does not delay requests.
fn log() -> impl Fn(&ReceivedRequest) + Send + Sync {
    let (lines, printed) = mpsc::sync_channel::<String>(LINES);
    thread::spawn(move || {
        for line in printed {
            let lines: Vec<_> = line.lines().map(printable).collect();
            let _ = writeln!(io::stdout(), "{}", lines.join("\n"));
        }
    });
    move |request| {
        // A line that does not fit is dropped; the journal has the request.
        let _ = lines.try_send(request.to_string());
    }
}
