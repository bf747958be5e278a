//! `paypos phone`: what a person does at the phone, by the simulator's own interface.

use std::time::Duration;

use paypos::reqwest;
use paypos_simulator::PREFIX;
use serde_json::{Value, json};

use crate::{
    arguments::Phone,
    console::{Console, Done, Failure, printable},
};

pub(crate) async fn run(console: &Console, command: Phone) -> Done {
    let decision = match command {
        Phone::Approve(_) => "approve",
        Phone::Decline(_) => "decline",
        Phone::Leave(_) => "leave",
    };
    let which = command.which();
    let url = which.simulator.simulator_url.trim_end_matches('/');
    let mut at = reqwest::Url::parse(&format!("{url}{PREFIX}/payments"))
        .map_err(|_| Failure::usage("--simulator-url is not a valid URL"))?;
    // Plain http needs no certificates, which a small container has not.
    let mut http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20));
    if at.scheme() == "http" {
        http = http.tls_certs_only([]);
    }
    let http = http.build().map_err(|error| Failure::usage(format!("no HTTP client: {error}")))?;
    let id = if let Some(id) = &which.payment_session_id {
        id.clone()
    } else {
        let waiting = http.get(at.clone()).query(&[("state", "waiting")]);
        let waiting = called(waiting).await?;
        let last = waiting["payments"].as_array().and_then(|waiting| waiting.last());
        let id = last.and_then(|payment| payment["payment_session_id"].as_str());
        id.ok_or_else(|| Failure::usage("no payment is waiting for the phone"))?.to_owned()
    };
    if let Ok(mut segments) = at.path_segments_mut() {
        segments.extend([id.as_str(), "decide"]);
    }
    let body = json!({ "decision": decision }).to_string();
    let payment = called(http.post(at).header("content-type", "application/json").body(body)).await?;
    let shown = |name: &str| printable(payment[name].as_str().unwrap_or_default());
    console.result(format!("{} is {}.", shown("payment_session_id"), shown("state")))?;
    console.object(&payment)
}

async fn called(request: reqwest::RequestBuilder) -> Result<Value, Failure> {
    let unreachable = |error: reqwest::Error| {
        let why = if error.is_connect() { "no connection" } else { "no response" };
        Failure::not_reached(format!("{why} to the simulator; start it with `paypos simulate`"))
    };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let text = response.text().await.map_err(unreachable)?;
    let json: Value = serde_json::from_str(&text)
        .map_err(|_| Failure::usage("no `paypos simulate` is running at this URL"))?;
    if status.is_success() {
        return Ok(json);
    }
    Err(Failure::usage(printable(json["error"].as_str().unwrap_or("the simulator refused it"))))
}
