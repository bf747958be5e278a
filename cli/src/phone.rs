//! `paypos phone`: what a person does at the phone, by the simulator's own interface.

use paypos::reqwest;
use paypos_simulator::server::PREFIX;
use serde_json::{Value, json};

use crate::{
    Done,
    arguments::{Common, Phone, Target, Which},
    console::{Console, Failure, printable},
};

pub(crate) async fn run(console: &Console, common: &Common, command: Phone) -> Done {
    if common.environment != Target::Simulator {
        return Err(Failure::usage("only the simulator has a phone that a command can use"));
    }
    let (decision, Which { payment_session_id, dealer }) = match command {
        Phone::Approve(which) => ("approve", which),
        Phone::Decline(which) => ("decline", which),
        Phone::Leave(which) => ("leave", which),
    };
    let base = format!("{}{PREFIX}", common.simulator_url.trim_end_matches('/'));
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(std::time::Duration::from_secs(20))
        .build()
        .map_err(|error| Failure::usage(format!("no HTTP client: {error}")))?;
    let id = if let Some(id) = payment_session_id {
        id
    } else {
        let waiting = http.get(format!("{base}/payments?state=waiting"));
        let waiting = called(waiting.query(&[("dealer", &dealer)])).await?;
        let last = waiting["payments"].as_array().and_then(|waiting| waiting.last());
        let id = last.and_then(|payment| payment["payment_session_id"].as_str());
        id.ok_or_else(|| Failure::usage("nothing waits for the phone"))?.to_owned()
    };
    let mut url =
        reqwest::Url::parse(&base).map_err(|_| Failure::usage("the simulator's URL is not a URL"))?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(["payments", &id, "decide"]);
    }
    let body = json!({ "dealer": dealer, "decision": decision }).to_string();
    let payment = called(http.post(url).header("content-type", "application/json").body(body)).await?;
    console.say(format!(
        "{} is {}.",
        printable(payment["payment_session_id"].as_str().unwrap_or_default()),
        payment["state"].as_str().unwrap_or_default()
    ));
    console.object(&payment);
    Ok(())
}

async fn called(request: reqwest::RequestBuilder) -> Result<Value, Failure> {
    let unreachable = |error: reqwest::Error| {
        Failure::usage(format!(
            "the simulator cannot be reached ({}); in another terminal: paypos simulate",
            error.without_url()
        ))
    };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let text = response.text().await.map_err(unreachable)?;
    let json: Value = serde_json::from_str(&text)
        .map_err(|_| Failure::usage("there is no simulator of this command at the URL"))?;
    if status.is_success() {
        return Ok(json);
    }
    Err(Failure::usage(printable(json["error"].as_str().unwrap_or("the simulator refused it"))))
}
