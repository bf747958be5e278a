//! The processes of a test, and what a merchant's app sends them.

use std::{
    env,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use paypos::reqwest;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

pub(crate) fn http() -> reqwest::Client {
    // No kept connection, which a server may close as the next request is sent.
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
    client.timeout(Duration::from_mins(2)).build().unwrap()
}

/// The status and the JSON of a response.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Result<(u16, Value), reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

pub(crate) fn with_json(request: reqwest::RequestBuilder, body: &Value) -> reqwest::RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

/// A process that is killed with its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `paypos simulate`.
pub(crate) struct Paynet {
    _process: Process,
    pub(crate) url: String,
    http: reqwest::Client,
}

impl Paynet {
    pub(crate) fn start() -> Self {
        static COMMAND: OnceLock<PathBuf> = OnceLock::new();
        let command = COMMAND.get_or_init(|| {
            let built = Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--package", "paypos-cli"])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .env("CARGO_NET_OFFLINE", "true")
                .status();
            assert!(built.unwrap().success());
            Path::new(env!("CARGO_BIN_EXE_paypos-backend")).with_file_name("paypos")
        });
        let mut child = Command::new(command)
            .args(["simulate", "--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let ready: Value = serde_json::from_str(&first_line(&mut child)).unwrap();
        Self { _process: Process(child), url: ready["url"].as_str().unwrap().to_owned(), http: http() }
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}/_paypos/{path}", self.url));
        let (status, response) = send(with_json(request, &body)).await.unwrap();
        assert_eq!(status, 200, "{path} {body}: {response}");
        response
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    pub(crate) async fn withdraw_faults(&self) {
        let request = self.http.delete(format!("{}/_paypos/faults", self.url));
        assert_eq!(send(request).await.unwrap().0, 200);
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        send(self.http.get(format!("{}/_paypos/{path}", self.url))).await.unwrap().1
    }

    /// The payment sessions that it has opened.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let payments = self.get("payments").await;
        assert_eq!(payments["forgotten"], 0);
        payments["payments"].as_array().unwrap().clone()
    }

    /// Those for a `reference_no`.
    pub(crate) async fn opened_for(&self, reference_no: &str) -> Vec<Value> {
        self.ledger().await.into_iter().filter(|payment| payment["reference_no"] == reference_no).collect()
    }

    pub(crate) async fn decide(&self, payment: &Value, decision: &str) {
        let id = payment["payment_session_id"].as_str().unwrap();
        self.control(&format!("payments/{id}/decide"), json!({ "decision": decision })).await;
    }

    /// Approves what was declined, as with another card.
    pub(crate) async fn another_card(&self, payment: &Value) {
        let id = payment["payment_session_id"].as_str().unwrap();
        let page = self.http.post(format!("{}/_paypos/phone/{id}", self.url));
        let form = page.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(send(form.body("decision=another-card")).await.unwrap().0, 200);
    }

    pub(crate) async fn requests(&self, operation: &str) -> usize {
        let requests = self.get("requests").await;
        let all = requests["requests"].as_array().unwrap().iter();
        all.filter(|request| request["path"].as_str().unwrap().ends_with(operation)).count()
    }
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line
}

/// Creates a database for one test, since a backend waits for every payment in its database. Returns its URL.
pub(crate) async fn postgres(name: &str) -> String {
    let server = env::var("PAYPOS_POSTGRES").expect("PAYPOS_POSTGRES is the URL of a database");
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&server).await.unwrap();
    for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    pool.close().await;
    server.replace("/postgres?", &format!("/{name}?"))
}

/// How a backend is started.
#[derive(Clone)]
pub(crate) struct Setup {
    variables: Vec<(String, String)>,
    log: PathBuf,
    /// The largest file that it can write, in blocks of 512 bytes.
    largest_file: Option<u32>,
}

impl Setup {
    /// With an `SQLite` file in a folder, and times that suit a test.
    pub(crate) fn new(folder: &TempDir, simulator: &Paynet) -> Self {
        let database = folder.path().join("backend.db");
        Self { variables: Vec::new(), log: folder.path().join("log"), largest_file: None }
            .with("DATABASE_URL", &format!("sqlite://{}?mode=rwc", database.display()))
            .with("PAYPOS_SIMULATOR_URL", &simulator.url)
            .with("LISTEN", "127.0.0.1:0")
            .with("PAYNET_TIMEOUT", "2")
            .with("PAYMENT_WITHIN", "30")
            .with("LOOK_AGAIN", "1")
            .with("SHUTDOWN_WITHIN", "20")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// On a disk that is full after so many blocks of 512 bytes.
    pub(crate) fn on_a_small_disk(mut self, blocks: u32) -> Self {
        self.largest_file = Some(blocks);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Runs one that is expected to end by itself.
    pub(crate) fn run(&self) -> Output {
        let mut limited = Command::new("timeout");
        let command = self.command();
        limited.arg("20").arg(command.get_program()).args(command.get_args()).output().unwrap()
    }

    fn command(&self) -> Command {
        // A test may be run where signals are ignored.
        let mut command = Command::new("sh");
        let limit = self.largest_file.map(|blocks| format!("trap '' XFSZ; ulimit -f {blocks}; "));
        command.args(["-c", &format!("{}exec \"$@\"", limit.unwrap_or_default()), "sh"]);
        command.args(["env", "--ignore-environment", "--default-signal=INT,TERM,HUP,PIPE"]);
        command.args(self.variables.iter().map(|(name, value)| format!("{name}={value}")));
        command.arg(env!("CARGO_BIN_EXE_paypos-backend")).stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&self) -> Backend {
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let mut child = self.command().stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let line = first_line(&mut child);
        let url = line.strip_prefix("listening on ").and_then(|rest| rest.split(',').next());
        let url = url.unwrap_or_else(|| panic!("it does not start: {}", self.log())).to_owned();
        Backend { process: Process(child), url, http: http() }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

/// A running backend.
pub(crate) struct Backend {
    process: Process,
    pub(crate) url: String,
    http: reqwest::Client,
}

impl Backend {
    pub(crate) fn request(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        with_json(self.http.post(format!("{}{path}", self.url)), body)
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        send(self.request(path, &body)).await.unwrap()
    }

    pub(crate) async fn sale(&self, reference: &str, amount: &str) -> (u16, Value) {
        let body = json!({ "terminal": "till-1", "amount": amount });
        self.post(&format!("/orders/{reference}/sale"), body).await
    }

    pub(crate) async fn refund(&self, reference: &str) -> (u16, Value) {
        self.post(&format!("/orders/{reference}/refund"), json!({ "terminal": "till-1" })).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        send(self.http.get(format!("{}{path}", self.url))).await.unwrap()
    }

    /// The sale or the refund of an order, once it is in a state.
    pub(crate) async fn until(&self, reference: &str, kind: &str, state: &str) -> Value {
        let started = Instant::now();
        loop {
            let (_, order) = self.get(&format!("/orders/{reference}?wait=1")).await;
            if order[kind]["state"] == state {
                return order[kind].clone();
            }
            assert!(started.elapsed() < Duration::from_mins(1), "{reference} is not {state}: {order}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Ends it as an orchestrator does, and returns its exit status.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let killed = Command::new("kill").arg(self.pid().to_string()).status();
        assert!(killed.unwrap().success());
        self.process.0.wait().unwrap().code()
    }

    /// Ends it as a power failure does.
    pub(crate) fn kill(self) {
        drop(self.process);
    }
}
