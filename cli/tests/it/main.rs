//! The command and its server, as users of any language meet them.

mod browser;
mod commands;
mod control;
mod languages;
mod load;
mod pages;
mod prompts;
mod safety;
mod shell;
mod verify;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
};

use paypos::reqwest;
use serde_json::{Value, json};

/// The command, with nothing of the environment that would change what it does.
fn paypos(arguments: &[&str]) -> Command {
    let mut command = Command::new("env");
    // A test may be run where signals are ignored.
    command.args(["--default-signal", env!("CARGO_BIN_EXE_paypos")]).args(arguments).stdin(Stdio::null());
    for variable in ["PAYPOS_SECRET_KEY", "PAYPOS_SESSION_KEY", "PAYPOS_SIMULATOR_URL"] {
        command.env_remove(variable);
    }
    command
}

/// Runs the command against a server.
fn at(url: &str, arguments: &[&str]) -> Output {
    paypos(arguments).env("PAYPOS_SIMULATOR_URL", url).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The last object that `--json` prints, which has the result.
fn object(output: &Output) -> Value {
    let last = stdout(output).lines().last().unwrap_or_else(|| panic!("nothing was printed: {output:?}"));
    serde_json::from_str(last).unwrap()
}

/// What a shell makes of the command after `Next: `, without the word `paypos`.
fn next_command(output: &Output) -> Vec<String> {
    let printed = format!("{}{}", stdout(output), stderr(output));
    let (_, line) = printed.split_once("Next: ").unwrap_or_else(|| panic!("no next step: {printed}"));
    let words =
        Command::new("sh").args(["-c", &format!("printf '%s\\n' {}", line.lines().next().unwrap())]).output();
    let words: Vec<_> = stdout(&words.unwrap()).lines().map(str::to_owned).collect();
    assert_eq!(words[0], "paypos");
    words[1..].to_vec()
}

/// A running `paypos simulate`; it ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let all = [&["simulate", "--listen", "127.0.0.1:0", "--json"], arguments].concat();
        let mut child = paypos(&all).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { child, url: ready["url"].as_str().unwrap().to_owned() }
    }

    fn at(&self, path: &str) -> String {
        format!("{}/_paypos/{path}", self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn http() -> reqwest::Client {
    // As the command does: reqwest has none here, and is refused a second one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn with_json(request: reqwest::RequestBuilder, body: &Value) -> reqwest::RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

async fn post(url: String, body: Value) -> (u16, Value) {
    send(with_json(http().post(url), &body)).await
}

async fn get(url: String) -> Value {
    let (status, body) = send(http().get(&url)).await;
    assert_eq!(status, 200, "{url}: {body}");
    body
}

/// Opens a session of a dealer, by its secret key.
async fn session_key(server: &Server, secret_key: &str) -> String {
    let request = http()
        .post(format!("{}/v1/agent/get_auth_key", server.url))
        .header("authorization", format!("Basic {secret_key}"))
        .header("paynetmobile", "2");
    let (status, body) = send(with_json(request, &json!({ "agent_id": "a", "user_id": "u" }))).await;
    assert_eq!(status, 200, "{body}");
    body["session_key"].as_str().unwrap().to_owned()
}

/// Calls an operation of a session.
async fn call(server: &Server, session_key: &str, operation: &str, body: &Value) -> (u16, Value) {
    let request =
        http().post(format!("{}/v1/softpos/{operation}", server.url)).header("session-key", session_key);
    send(with_json(request, body)).await
}

/// Initiates a sale; returns its `payment_session_id`.
async fn sale(server: &Server, session_key: &str, body: &Value) -> String {
    let (status, handoff) = call(server, session_key, "init_sale_transaction", body).await;
    assert_eq!(status, 200, "{handoff}");
    handoff["payment_session_id"].as_str().unwrap().to_owned()
}
