//! Many at once, on one process.

use std::{fs, net::TcpStream, time::Duration};

use paypos::{Client, Decimal, Environment, SecretKey, types};
use serde_json::json;

use crate::{Server, get, post};

const SUITES: usize = 16;

/// The resident memory of a process, in MiB.
fn memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// One suite: its own dealer, a fault now and then, and all that it sees is its own.
async fn suite(server: &Server, number: usize, payments: usize) {
    let name = format!("suite-{number}");
    let (status, added) = post(server.at("dealers"), json!({ "dealer": name })).await;
    assert_eq!(status, 200);
    let client = Client::builder(Environment::Sandbox).base_url(&server.url).build().unwrap();
    let agent = client.agent(SecretKey::new(added["secret_key"].as_str().unwrap()).unwrap());
    let session = agent.get_auth_key(types::AuthRequest::new("a", "u")).await.unwrap().session;
    for payment in 0..payments {
        let faulty = payment % 50 == number;
        if faulty {
            let fault = json!({ "dealer": name, "operation": "init_sale_transaction", "status": 503 });
            assert_eq!(post(server.at("faults"), fault).await.0, 200);
        }
        let reference = format!("{name}-{payment}");
        let request = types::InitSaleRequest::new(Decimal::ONE).reference_no(&reference);
        match session.init_sale_transaction(request).await {
            Err(error) if faulty => assert_eq!(error.status(), Some(503)),
            Err(error) => panic!("a fault of another suite: {error}"),
            Ok(_) if faulty => panic!("the fault went elsewhere"),
            Ok(handoff) => {
                let request = types::CheckTransactionRequest::new(handoff.payment_session_id);
                let checked = session.check_transaction(request).await.unwrap();
                assert_eq!(checked.data[0].agent_reference.as_deref(), Some(reference.as_str()));
            }
        }
    }
    let seen = get(server.at(&format!("payments?dealer={name}"))).await;
    let seen = seen["payments"].as_array().unwrap();
    assert_eq!(seen.len(), payments - (0..payments).filter(|payment| payment % 50 == number).count());
    assert!(seen.iter().all(|payment| payment["dealer"] == name.as_str()));
}

async fn suites(payments: usize) {
    let server = Server::start(&["--phone", "approve"]);
    let each = payments / SUITES;
    futures::future::join_all((0..SUITES).map(|number| suite(&server, number, each))).await;
    println!("{SUITES} suites, {} payments: {} MiB", each * SUITES, memory(&server));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_suites_share_a_process_and_see_nothing_of_one_another() {
    suites(10_000).await;
}

/// What a minute of a thousand requests a second leaves behind.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute, or more on a slow machine"]
async fn sixty_thousand_requests_leave_memory_flat() {
    let server = Server::start(&[]);
    let client = Client::builder(Environment::Sandbox).base_url(&server.url).build().unwrap();
    let agent = client.agent(SecretKey::new("sck_simulator").unwrap());
    let session = agent.get_auth_key(types::AuthRequest::new("a", "u")).await.unwrap().session;
    let payment = || session.check_transaction(types::CheckTransactionRequest::new("unknown"));
    let mut halves = Vec::new();
    let started = std::time::Instant::now();
    for half in 0..2 {
        for second in 0..30 {
            futures::future::join_all((0..1_000).map(|_| payment())).await;
            tokio::time::sleep_until((started + Duration::from_secs(30 * half + second)).into()).await;
        }
        halves.push(memory(&server));
    }
    println!("60,000 requests in {} s: {halves:?} MiB", started.elapsed().as_secs());
    assert!(halves[1] <= halves[0] + 8, "{halves:?}");
}

#[test]
#[ignore = "needs 20,000 file descriptors"]
fn ten_thousand_idle_connections_keep_nobody_out() {
    rlimit::increase_nofile_limit(20_000).unwrap();
    let server = Server::start(&[]);
    let address = server.url.strip_prefix("http://").unwrap();
    let idle: Vec<_> = (0..10_000).map(|_| TcpStream::connect(address).unwrap()).collect();
    let output = crate::at(&server.url, &["sale", "1.00", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    println!("{} idle connections: {} MiB", idle.len(), memory(&server));
}
