//! The examples, run as a newcomer runs them.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use paypos::reqwest;

fn example(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--example", name, "--"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_remove("PAYPOS_SESSION_KEY").env("CARGO_NET_OFFLINE", "true");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn checkout_tells_the_whole_flow_with_the_amount_as_it_was_typed() {
    for (arguments, amount) in [(vec![], "149.90"), (vec!["1000.10"], "1000.10")] {
        let output = example("checkout").args(arguments).output().unwrap();
        let stdout = text(&output.stdout);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let told: Vec<_> = stdout.lines().map(|line| line.split('.').next().unwrap()).collect();
        assert_eq!(told, ["1", "2", "3", "4", "5", "6", "7", "8"], "{stdout}");
        for says in [
            format!("A sale of {amount} is initiated; the app opens paypos-simulator://"),
            format!("The check reports: paid, {amount} TRY."),
            "the app opens paypos-simulator://".to_owned(),
            format!("The check reports: reversed, {amount}."),
            "SessionKey([redacted])".to_owned(),
        ] {
            assert!(stdout.contains(&says), "{says}: {stdout}");
        }
        assert!(!stdout.contains("simulated-session"), "{stdout}");
    }
    let output = example("checkout").arg("1.005").output().unwrap();
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("`amount` has more than two decimal places"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn checkout_says_what_is_wrong_with_an_amount_that_is_none() {
    let output = example("checkout").arg("a lot").output().unwrap();
    assert!(!output.status.success());
    assert_eq!(text(&output.stderr), "error: give the amount of the sale, such as 89.50\n");
}

/// Ends the server also where an assertion fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The example backend, and the two requests that it prints.
fn backend(argument: &str) -> (Server, impl Iterator<Item = String>, [(String, String); 2]) {
    // The built binary, since killing `cargo run` would leave the server behind.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", "axum_backend"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_NET_OFFLINE", "true")
        .status()
        .unwrap();
    assert!(built.success());
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join("examples/axum_backend");
    let mut server = Server(Command::new(binary).arg(argument).stdout(Stdio::piped()).spawn().unwrap());

    // Kept open to the end, since the server writes more.
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let commands: Vec<_> = lines.by_ref().filter(|line| line.contains("curl")).take(2).collect();
    let requests = [request_of(&commands[0]), request_of(&commands[1])];
    (server, lines, requests)
}

#[tokio::test]
async fn axum_backend_keeps_the_handoff_though_its_own_caller_hung_up() {
    let (_server, _lines, [(url, body), _]) = backend("--slow");
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let head = format!(
        "POST /terminals/till-1/reversals HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut caller = std::net::TcpStream::connect(&address).unwrap();
    std::io::Write::write_all(&mut caller, head.as_bytes()).unwrap();
    // The request is with Paynet, which answers after 2 s.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    drop(caller);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..600 {
        let answer = http.get(format!("http://{address}/reversals/ORDER-1042")).send().await.unwrap();
        if answer.status() == 200 {
            let body = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
            assert!(body.contains("paypos-simulator://"), "{body}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the handoff is lost");
}

#[tokio::test]
async fn axum_backend_answers_its_app_by_outcome() {
    let (_server, _lines, [(url, known), (_, unknown)]) = backend("--unreliable");
    let post = |url: String, body: String| async move {
        let request = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post(url)
            .header("content-type", "application/json")
            .body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body: serde_json::Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        (status, body)
    };

    let (status, body) = post(url.clone(), known.clone()).await;
    assert_eq!((status, &body["what_to_do"]), (502, &"check the transaction before trying again".into()));
    let (status, body) = post(url.clone(), known.clone()).await;
    assert_eq!(status, 200);
    assert!(body["deeplink_url"].as_str().unwrap().starts_with("paypos-simulator://"), "{body}");
    assert_eq!(body.get("encryption_key"), None);
    let (status, body) = post(url.clone(), unknown).await;
    assert_eq!((status, &body["what_to_do"]), (409, &"do not try again".into()));
    let (status, _) = post(url.clone(), r#"{"xact_id": " ", "reference_no": "r"}"#.to_owned()).await;
    assert_eq!(status, 400);
    let (status, _) = post(url.replace("till-1", "till-9"), known).await;
    assert_eq!(status, 404);
}

/// The URL and the body of a printed `curl` command.
fn request_of(command: &str) -> (String, String) {
    let url = command.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let body = command.split("-d '").nth(1).unwrap().trim_end_matches('\'');
    (url.to_owned(), body.to_owned())
}
