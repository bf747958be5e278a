//! Many at once, on one process.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use paypos::{Client, Environment, Session, SessionKey, types};
use serde_json::json;

use crate::{Server, call, get, http, send, session_key, with_json};

/// The resident memory of a process, in MiB.
fn memory(server: &Server) -> u64 {
    of_status(server, "VmRSS:")
}

/// The most that it ever was.
fn peak(server: &Server) -> u64 {
    of_status(server, "VmHWM:")
}

fn of_status(server: &Server, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Calls of a session, on connections that are kept.
fn calls(server: &Server, key: &str) -> Session {
    let client = Client::builder(Environment::Sandbox).base_url(&server.url).build().unwrap();
    client.session(SessionKey::new(key).unwrap())
}

async fn check_unknown(session: &Session) {
    session.check_transaction(types::CheckTransactionRequest::new("unknown")).await.unwrap_err();
}

/// How long a call takes, in the middle of many.
async fn typical_call(session: &Session) -> Duration {
    let mut times = Vec::new();
    for _ in 0..301 {
        let started = Instant::now();
        check_unknown(session).await;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    times[150]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_polls_of_a_long_journal_cost_the_calls_of_others_nothing() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let session = calls(&server, &key);
    for _ in 0..100 {
        futures::future::join_all((0..100).map(|_| check_unknown(&session))).await;
    }
    let without = typical_call(&session).await;
    let before = memory(&server);
    // Half of them wait for what never comes, and half for what is far ahead.
    let polls: Vec<_> = (0..100)
        .map(|poll| {
            let wanted = if poll % 2 == 0 { "accepted=false" } else { "after=1000000" };
            tokio::spawn(get(server.at(&format!("requests?{wanted}&wait=60s"))))
        })
        .collect();
    // Until all of them wait.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let with = typical_call(&session).await;
    println!(
        "a call takes {without:?}, and with a hundred polls {with:?}; memory {before}, {} MiB",
        memory(&server)
    );
    // If each looked at all again, a call would take a thousand times as long.
    assert!(with < 10 * without, "{with:?}, without polls {without:?}");
    assert!(memory(&server) < before + 64, "{} MiB, before {before}", memory(&server));
    assert!(polls.iter().all(|poll| !poll.is_finished()));
    // And the poll still sees what it waits for.
    call(&server, &key, "init_sale_transaction", &json!({})).await;
    let broken = call(&server, &key, "init_sale_transaction", &json!({ "amount": "much" })).await;
    assert_eq!(broken.0, 400);
    for (number, poll) in polls.into_iter().enumerate().filter(|(number, _)| number % 2 == 0) {
        let seen = poll.await.unwrap();
        assert_eq!(seen["requests"].as_array().unwrap().len(), 1, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute; .ci/run --all runs it"]
async fn memory_is_bounded_however_it_is_filled() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let url = format!("{}/v1/softpos/init_sale_transaction", server.url);
    let client = http();
    let started = Instant::now();
    let said = |what: &str| {
        let (memory, peak) = (memory(&server), peak(&server));
        println!("{what}: {memory} MiB, at most {peak} MiB; after {:?}", started.elapsed());
    };

    // Headers: of 60 kB each, and of more than is read.
    for (length, expected) in [(60_000, 400), (300_000, 431)] {
        for _ in 0..20 {
            let large = || client.post(&url).header("x-large", "x".repeat(length)).send();
            for response in futures::future::join_all((0..50).map(|_| large())).await {
                assert_eq!(response.unwrap().status(), expected);
            }
        }
    }
    said("headers");

    // Faults that were carried out.
    let fault = json!({ "status": 503, "body": "x".repeat(60_000) });
    for _ in 0..500 {
        assert_eq!(send(with_json(client.post(server.at("faults")), &fault)).await.0, 200);
        assert_eq!(send(client.post(&url)).await.0, 503);
    }
    said("faults");

    // Bodies that are nested as deep as is read, and a journal full of them.
    let deep = format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120));
    let deep = format!("[{}]", vec![deep; 1_000].join(","));
    for _ in 0..33 {
        send(client.post(&url).header("session-key", &key).body(deep.clone())).await;
    }
    said("deep bodies");

    // Readers that begin to read, and stop.
    let cut_off = (0..4).map(|_| {
        let address = address.clone();
        tokio::task::spawn_blocking(move || {
            let mut connection = TcpStream::connect(&address).unwrap();
            // More than sockets hold.
            let requests = "GET /_paypos/requests HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(4);
            connection.write_all(requests.as_bytes()).unwrap();
            let mut response = vec![0; 1];
            connection.read_exact(&mut [0]).unwrap();
            // Longer than a piece of a response may wait for its reader.
            std::thread::sleep(Duration::from_secs(40));
            connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let _ = connection.read_to_end(&mut response);
            let head = String::from_utf8_lossy(&response[..response.len().min(1_000)]).to_lowercase();
            let (_, length) = head.split_once("content-length: ").unwrap();
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            assert!(
                length > 10_000_000 && response.len() < 4 * length,
                "{} of {length} were sent",
                response.len()
            );
        })
    });
    futures::future::join_all(cut_off).await.into_iter().for_each(Result::unwrap);
    said("readers that stop");
    let journal = get(server.at("requests?after=1000000")).await;
    assert!(journal["forgotten"].as_u64().unwrap() > 0, "what was forgotten is said");

    assert!(peak(&server) < 400, "{} MiB", peak(&server));
}
