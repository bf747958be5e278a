//! The processes of a test, and what a merchant's app sends them.

use std::{
    env,
    fs::{self, File, Permissions},
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use paypos::reqwest;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    time::sleep,
};

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
    postgres_with(name, "").await
}

pub(crate) async fn postgres_with(name: &str, options: &str) -> String {
    let server = env::var("PAYPOS_POSTGRES").expect("PAYPOS_POSTGRES is the URL of a database");
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&server).await.unwrap();
    for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name} {options}")]
    {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    pool.close().await;
    postgres_url(name)
}

/// The URL of a database that a test has created.
pub(crate) fn postgres_url(name: &str) -> String {
    let server = env::var("PAYPOS_POSTGRES").expect("PAYPOS_POSTGRES is the URL of a database");
    server.replace("/postgres?", &format!("/{name}?"))
}

/// Opens the `SQLite` database of a backend.
pub(crate) async fn opened(folder: &TempDir) -> sqlx::AnyPool {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", folder.path().join("backend.db").display());
    sqlx::AnyPool::connect(&url).await.unwrap()
}

/// The clock of a process, which a file sets.
pub(crate) struct Clock {
    file: PathBuf,
}

impl Clock {
    pub(crate) fn new(folder: &TempDir, offset: &str) -> Self {
        let clock = Self { file: folder.path().join("clock") };
        clock.set(offset);
        clock
    }

    /// Sets it to an offset in seconds, such as `-172800`. The monotonic clock goes on.
    pub(crate) fn set(&self, offset: &str) {
        std::fs::write(&self.file, offset).unwrap();
    }

    pub(crate) fn of(&self, setup: Setup) -> Setup {
        let library =
            ["x86_64", "aarch64"].map(|arch| format!("/usr/lib/{arch}-linux-gnu/faketime/libfaketime.so.1"));
        let library = library.into_iter().find(|path| std::fs::exists(path).unwrap());
        let library = library.expect("libfaketime, of Debian's package faketime");
        setup
            .with("LD_PRELOAD", &library)
            .with("FAKETIME_TIMESTAMP_FILE", &self.file.display().to_string())
            .with("FAKETIME_NO_CACHE", "1")
            .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .with("DONT_FAKE_MONOTONIC", "1")
    }
}

/// What is between a backend and its database.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cable {
    Whole,
    /// All connections end.
    Cut,
    /// Nothing arrives any more, and nobody says so.
    Dark,
    /// The same, on each connection after the response to such a statement.
    DarkAfter(&'static str),
}

/// Creates a database, and returns its URL through a cable, and what becomes of that.
pub(crate) async fn database_behind_a_cable(name: &str) -> (String, Arc<watch::Sender<Cable>>) {
    let url = postgres(name).await;
    let socket = Path::new(url.split("?host=").nth(1).unwrap()).join(".s.PGSQL.5432");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let cable = Arc::new(watch::Sender::new(Cable::Whole));
    let state = Arc::clone(&cable);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let (mut state, socket) = (state.subscribe(), socket.clone());
            tokio::spawn(async move {
                if *state.borrow_and_update() == Cable::Whole {
                    // Cut, while the server is restarted.
                    let Ok(mut server) = UnixStream::connect(socket).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = state.changed() => {}
                    }
                    let last = *state.borrow_and_update();
                    if let Cable::DarkAfter(last) = last {
                        let _ = copy_up_to(last, &mut client, &mut server).await;
                    }
                }
                // Held, until it is whole again.
                while *state.borrow_and_update() == Cable::Dark {
                    state.changed().await.unwrap();
                }
            });
        }
    });
    (format!("postgres://merchant@127.0.0.1:{port}/{name}?sslmode=disable"), cable)
}

/// Copies up to the response to a statement; then holds the two.
async fn copy_up_to(last: &str, client: &mut TcpStream, server: &mut UnixStream) -> std::io::Result<()> {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.split(), server.split());
    let statements = async {
        let mut bytes = [0; 4096];
        let mut was_last = false;
        while !was_last {
            let length = from_client.read(&mut bytes).await?;
            if length == 0 {
                return Ok(());
            }
            was_last = bytes[..length].windows(last.len()).any(|word| word == last.as_bytes());
            to_server.write_all(&bytes[..length]).await?;
        }
        std::future::pending().await
    };
    tokio::select! {
        ended = statements => ended,
        ended = tokio::io::copy(&mut from_server, &mut to_client) => ended.map(drop),
    }
}

/// pgbouncer, which passes each transaction to one of three connections, and has a certificate.
pub(crate) struct Pgbouncer {
    _process: Process,
    folder: TempDir,
    port: u16,
}

impl Pgbouncer {
    pub(crate) fn start(certificate_for: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().display();
        let made = rcgen::generate_simple_self_signed([certificate_for.to_owned()]).unwrap();
        fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = postgres_url("");
        let server = url.split("?host=").nth(1).unwrap();
        let settings = format!(
            "[databases]
             * = host={server} user=merchant
             [pgbouncer]
             listen_addr = 127.0.0.1
             listen_port = {port}
             unix_socket_dir =
             auth_type = any
             pool_mode = transaction
             default_pool_size = 3
             min_pool_size = 3
             ignore_startup_parameters = extra_float_digits
             client_tls_sslmode = require
             client_tls_key_file = {files}/key.pem
             client_tls_cert_file = {files}/certificate.pem
             "
        );
        fs::write(folder.path().join("settings"), settings.replace("             ", "")).unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let settings = folder.path().join("settings");
        let mut command = Command::new("pgbouncer");
        // It refuses to be root.
        if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
            command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "pgbouncer"]);
        }
        command.arg(settings);
        let process = Process(command.arg("--quiet").spawn().unwrap());
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "pgbouncer does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { _process: process, folder, port }
    }

    /// Its own certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The URL of a database behind it, for a client that trusts a certificate.
    pub(crate) fn url(&self, database: &str, trusted: &Path) -> String {
        let (port, trusted) = (self.port, trusted.display());
        format!("postgres://merchant@localhost:{port}/{database}?sslmode=verify-full&sslrootcert={trusted}")
    }
}

/// How a backend is started.
#[derive(Clone)]
pub(crate) struct Setup {
    variables: Vec<(String, String)>,
    log: PathBuf,
}

impl Setup {
    /// With an `SQLite` file in a folder, and times that suit a test.
    pub(crate) fn new(folder: &TempDir, simulator: &Paynet) -> Self {
        let database = folder.path().join("backend.db");
        Self { variables: Vec::new(), log: folder.path().join("log") }
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
        // A write beyond a limit is an error, as on a full disk.
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
        command.args(["env", "--ignore-environment", "--default-signal=INT,TERM,HUP,PIPE"]);
        command.args(self.variables.iter().map(|(name, value)| format!("{name}={value}")));
        command.arg(env!("CARGO_BIN_EXE_paypos-backend")).stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&self) -> Backend {
        self.try_start().unwrap_or_else(|| panic!("it does not start: {}", self.log()))
    }

    /// Starts one, as often as an orchestrator does: its database may be away.
    pub(crate) fn start_again(&self) -> Backend {
        (0..20).find_map(|_| self.try_start()).unwrap_or_else(|| panic!("it does not start: {}", self.log()))
    }

    fn try_start(&self) -> Option<Backend> {
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let mut child = self.command().stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let line = first_line(&mut child);
        let url = line.strip_prefix("listening on ")?.split(',').next()?.to_owned();
        Some(Backend { process: Process(child), url, http: http() })
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

    /// Fills the disk: from now on, no file of it has more than so many bytes. `unlimited` ends that.
    pub(crate) fn limit_files(&self, bytes: &str) {
        let limit = format!("--fsize={bytes}:unlimited");
        let limited = Command::new("prlimit").args(["--pid", &self.pid().to_string(), &limit]).status();
        assert!(limited.unwrap().success());
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
