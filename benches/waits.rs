//! Waits on one client, by the hundred and by the thousand, against a server that takes 30 ms: how many connections, how
//! much memory, and how long each wait goes without a check. Run by `cargo bench --bench waits`; it reads /proc.

use std::{
    env, fs,
    future::IntoFuture,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use paypos::{Client, Environment, PaymentSession, Session, SessionKey};
use tokio::{runtime::Runtime, task::JoinSet};

#[path = "../tests/limits/slow_server.rs"]
mod slow_server;

const INTERVAL: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(20);

/// The sockets and the memory of this process.
fn sockets() -> usize {
    let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
    files
        .filter(|file| fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:")))
        .count()
}

fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Waits for this many at once; returns the longest time that one of them went without a check.
async fn wait_for_many(session: &Session, many: usize, checks: &Arc<AtomicUsize>) -> Duration {
    let longest = Arc::new(Mutex::new(Duration::ZERO));
    let mut waits = JoinSet::new();
    for number in 0..many {
        let (checks, longest) = (Arc::clone(checks), Arc::clone(&longest));
        let mut last = Instant::now();
        let wait = session
            .wait_for(PaymentSession::sale(format!("ps-{number}")).unwrap())
            .interval(INTERVAL)
            .timeout(TIMEOUT)
            .on_check(move |_| {
                checks.fetch_add(1, Ordering::Relaxed);
                let now = Instant::now();
                let mut longest = longest.lock().unwrap();
                *longest = (*longest).max(now - last);
                last = now;
            });
        waits.spawn(wait.into_future());
    }
    waits.join_all().await;
    *longest.lock().unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn main() {
    if env::args().any(|argument| argument == "--serve") {
        runtime().block_on(async {
            let (address, _) = slow_server::serve(Duration::from_millis(30)).await;
            println!("{address}");
            std::future::pending::<()>().await;
        });
    }
    // `cargo test --benches` only runs it.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    // In a process of its own, so that its memory and sockets are not counted.
    let mut server =
        Command::new(env::current_exe().unwrap()).arg("--serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    for many in [100, 1_000, 5_000] {
        let runtime = runtime();
        let client = Client::builder(Environment::Sandbox)
            .base_url(format!("http://{}", address.trim()))
            .build()
            .unwrap();
        let session = client.session(SessionKey::new("k").unwrap());
        let (sockets_before, memory_before) = (sockets(), memory());
        let (most_sockets, most_memory) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let checks = Arc::new(AtomicUsize::new(0));
        let done = AtomicUsize::new(0);
        let longest = thread::scope(|scope| {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) == 0 {
                    most_sockets.fetch_max(sockets(), Ordering::Relaxed);
                    most_memory.fetch_max(memory(), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(50));
                }
            });
            let longest = runtime.block_on(wait_for_many(&session, many, &checks));
            done.store(1, Ordering::Relaxed);
            longest
        });
        println!(
            "{many:>5} waits: {:>4} connections, {:>3} MiB, {:>5} checks/s, no wait without a check for more than {:.2} intervals",
            most_sockets.into_inner() - sockets_before,
            (most_memory.into_inner() - memory_before).div_ceil(1 << 20),
            checks.load(Ordering::Relaxed) / usize::try_from(TIMEOUT.as_secs()).unwrap(),
            longest.as_secs_f64() / INTERVAL.as_secs_f64(),
        );
    }
    let _ = server.kill();
    let _ = server.wait();
}
