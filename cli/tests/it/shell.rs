//! What a shell, a pipe, a disk and a signal do to the command: nothing obtained is lost, and none of it is exit 0.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::{Server, at, get, http, next_command, object, paypos, post, send, stderr, stdout, with_json};

/// Runs the command at a server, with this standard output.
fn into(server: &Server, arguments: &[&str], out: impl Into<Stdio>) -> Output {
    let mut command = paypos(arguments);
    command.env("PAYPOS_SIMULATOR_URL", &server.url).stdout(out).stderr(Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

fn full() -> fs::File {
    fs::OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// A pipe that nobody reads.
fn closed() -> io::PipeWriter {
    io::pipe().unwrap().1
}

#[tokio::test]
async fn a_full_disk_and_a_closed_pipe_lose_nothing_and_do_not_exit_with_0() {
    let server = Server::start(&["--phone", "approve"]);
    let mut sales = Vec::new();
    for _ in 0..2 {
        let (_, sale) = post(server.at("sales"), json!({ "amount": 1 })).await;
        sales.push(sale["xact_id"].as_str().unwrap().to_owned());
    }
    let checked = object(&at(&server.url, &["sale", "1.00", "--json"]));
    let id = checked["payment_session_id"].as_str().unwrap();
    for arguments in [
        ["sale", "1.00"].as_slice(),
        &["sale", "1.00", "--json"],
        &["sale", "1.00", "--json", "--wait"],
        &["reversal", &sales[0], "--wait"],
        &["reversal", &sales[1], "--wait", "--json"],
        &["check", id, "--sale"],
        &["check", id, "--sale", "--json"],
        &["session", "open", "--json", "--show-secrets"],
        &["session", "open", "--show-secrets"],
    ] {
        let is_reversal = arguments[0] == "reversal";
        let full = into(&server, arguments, full());
        // A sale is reversed once.
        let closed = (!is_reversal).then(|| into(&server, arguments, closed()));
        for output in [Some(full), closed].into_iter().flatten() {
            assert_eq!(output.status.code(), Some(3), "{arguments:?}: {output:?}");
            let error = stderr(&output);
            assert!(error.contains("standard output cannot be written"), "{arguments:?}: {error}");
            let obtained = match arguments[0] {
                "session" => "simulated-session-",
                "check" => "succe",
                _ => "simulated-payment-session-",
            };
            assert!(error.contains(obtained), "{arguments:?}: {error}");
        }
    }
    let asking = Server::start(&[]);
    at(&asking.url, &["sale", "1.00"]);
    assert_eq!(into(&asking, &["phone", "leave"], full()).status.code(), Some(3));
    for arguments in [
        ["completions", "zsh"].as_slice(),
        &["man"],
        &["openapi"],
        &["--help"],
        &["sale", "--help"],
        &["--version"],
    ] {
        assert_eq!(into(&server, arguments, closed()).status.code(), Some(0), "{arguments:?}");
        let output = into(&server, arguments, full());
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {output:?}");
        assert!(stderr(&output).lines().count() < 3, "{output:?}");
    }
}

/// A sale that waits; its handoff has been read.
fn waiting_sale(server: &Server, command: Command) -> (Child, BufReader<std::process::ChildStdout>, Value) {
    let mut command = command;
    let mut child = command.env("PAYPOS_SIMULATOR_URL", &server.url).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (child, out, serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}")))
}

#[test]
fn a_signal_ends_a_wait_and_what_is_known_is_said() {
    let server = Server::start(&[]);
    for signal in ["INT", "TERM", "HUP"] {
        let (mut child, mut out, handoff) =
            waiting_sale(&server, paypos(&["sale", "149.90", "--wait", "--json"]));
        assert!(handoff["deeplink_url"].is_string(), "{handoff}");
        let kill = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(6), "{signal}");
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let ended: Value = serde_json::from_str(&line).unwrap();
        let known = (&ended["payment_session_id"], &ended["decision"]);
        assert_eq!(known, (&handoff["payment_session_id"], &json!("pending")), "{signal}");
    }
}

#[test]
fn a_signal_ends_a_wait_of_the_process_with_the_number_1() {
    let isolated = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork"]).args(arguments).stdin(Stdio::null());
        command
    };
    if !isolated(&["true"]).status().is_ok_and(|status| status.success()) {
        let _ = writeln!(io::stderr(), "unshare is not there or not allowed: no process has the number 1");
        return;
    }
    let server = Server::start(&[]);
    let command = isolated(&[env!("CARGO_BIN_EXE_paypos"), "sale", "149.90", "--wait", "--json"]);
    let (mut child, mut out, handoff) = waiting_sale(&server, command);
    // unshare itself hands no signal on.
    let parent = child.id().to_string();
    assert!(Command::new("pkill").args(["-TERM", "-P", &parent]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(6));
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ended: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ended["payment_session_id"], handoff["payment_session_id"]);
}

/// As `nohup` has it.
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_ignored() {
    let server = Server::start(&[]);
    let mut command = Command::new("sh");
    let sale = format!("trap '' HUP; exec {} sale 149.90 --wait --json", env!("CARGO_BIN_EXE_paypos"));
    command.args(["-c", &sale]).stdin(Stdio::null());
    let (mut child, _out, _) = waiting_sale(&server, command);
    let id = child.id().to_string();
    let kill = |signal: &str| assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    kill("-HUP");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it waits on");
    kill("-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(6));
}

#[tokio::test]
async fn a_signal_during_a_request_leaves_it_open_and_before_one_says_so() {
    let server = Server::start(&[]);
    let slow = json!({ "operation": "init_sale_transaction", "delay_ms": 60_000 });
    assert_eq!(post(server.at("faults"), slow).await.0, 200);
    let child = paypos(&["sale", "149.90", "--json"])
        .env("PAYPOS_SIMULATOR_URL", &server.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while get(server.at("payments")).await["payments"] == json!([]) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(object(&output)["outcome"], "Unknown");
}

#[test]
fn a_wait_that_fails_keeps_the_payment_session() {
    let server = Server::start(&[]);
    let mut command = paypos(&["sale", "149.90", "--wait", "--timeout", "1s", "--json"]);
    command.stderr(Stdio::piped());
    let (child, mut out, handoff) = waiting_sale(&server, command);
    drop(server);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ended: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&ended["payment_session_id"], &ended["outcome"]),
        (&handoff["payment_session_id"], &json!("Unknown"))
    );
}

/// A script that reads only JSON and exit codes, is killed in the middle, and goes on from what it had read.
#[test]
fn a_script_that_is_killed_goes_on_from_what_it_has_read() {
    let server = Server::start(&[]);
    let (mut child, _, handoff) = waiting_sale(&server, paypos(&["sale", "149.90", "--wait", "--json"]));
    child.kill().unwrap();
    child.wait().unwrap();
    let id = handoff["payment_session_id"].as_str().unwrap();
    let check = ["check", id, "--sale", "--amount", "149.90", "--wait", "--timeout", "1s", "--json"];
    let pending = at(&server.url, &check);
    assert_eq!((pending.status.code(), &object(&pending)["decision"]), (Some(6), &json!("pending")));
    assert_eq!(at(&server.url, &["phone", "approve", id, "--json"]).status.code(), Some(0));
    let paid = at(&server.url, &check);
    assert_eq!(paid.status.code(), Some(0), "{paid:?}");
    let xact_id = object(&paid)["Data"][0]["xact_id"].as_str().unwrap().to_owned();
    let handoff = object(&at(&server.url, &["reversal", &xact_id, "--json"]));
    assert_eq!(handoff["reversal_of"], xact_id.as_str());
    let id = handoff["payment_session_id"].as_str().unwrap();
    assert_eq!(at(&server.url, &["phone", "approve"]).status.code(), Some(0));
    let reversed = at(&server.url, &["check", id, "--reversal-of", &xact_id, "--json"]);
    assert_eq!((reversed.status.code(), &object(&reversed)["decision"]), (Some(0), &json!("succeeded")));
}

/// Each next step that is printed is typed as it is, without the environment that it was printed in.
#[tokio::test]
async fn every_next_step_asks_the_same_server_with_the_same_keys_for_the_same_payment() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = crate::session_key(&server, "sck_simulator").await;
    let (secret, session) = (file("a secret", "sck_simulator"), file("a session", &key));
    let sale = ["sale", "149.90", "--reference-no", "ORDER 1042", "--timeout", "10ms"];
    let with = |keys: &[&'static str], files: &[&str]| -> Vec<String> {
        let url = ["--simulator-url", &server.url].map(str::to_owned);
        let keys = keys.iter().zip(files).flat_map(|(key, file)| [(*key).to_owned(), (*file).to_owned()]);
        url.into_iter().chain(keys).collect()
    };
    for keys in [with(&["--session-key-file"], &[&session]), with(&["--secret-key-file"], &[&secret])] {
        for wait in [None, Some("--wait")] {
            let keys = keys.iter().map(String::as_str);
            let arguments: Vec<_> = sale.into_iter().chain(wait).chain(keys).collect();
            let output = paypos(&arguments).output().unwrap();
            assert_eq!(output.status.code(), Some(if wait.is_some() { 6 } else { 0 }), "{output:?}");
            let next = next_command(&output);
            for words in
                [["--amount", "149.90"], ["--reference-no", "ORDER 1042"], ["--simulator-url", &server.url]]
            {
                assert!(next.windows(2).any(|own| own == words), "{words:?}: {next:?}");
            }
            let next: Vec<_> = next.iter().map(String::as_str).chain(["--timeout", "10ms"]).collect();
            let checked = paypos(&next).output().unwrap();
            assert_eq!(checked.status.code(), Some(6), "it is the dealer's own: {next:?}: {checked:?}");
        }
    }
    // And so does what undoes a sale.
    let approving = Server::start(&["--phone", "approve"]);
    let secret = file("another secret", "sck_simulator");
    let keys = ["--simulator-url", &approving.url, "--secret-key-file", &secret];
    let sold = paypos(&[&["sale", "149.90", "--wait"], &keys[..]].concat()).output().unwrap();
    let undo = stdout(&sold).replace("To undo it: ", "Next: ");
    let undo = next_command(&Output { stdout: undo.into_bytes(), ..sold });
    assert_eq!(undo[0], "reversal");
    let undo: Vec<_> = undo.iter().map(String::as_str).collect();
    assert_eq!(paypos(&undo).output().unwrap().status.code(), Some(0), "{undo:?}");
    // A session that is no more: another is opened, and what was waited for is checked by it.
    let expired = Server::start(&[]);
    let session = file("ended", &crate::session_key(&expired, "sck_simulator").await);
    assert_eq!(post(expired.at("sessions/expire"), json!({})).await.0, 200);
    let arguments =
        ["check", "ps-1", "--sale", "--simulator-url", &expired.url, "--session-key-file", &session];
    let output = paypos(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let again = folder.path().join("again").to_str().unwrap().to_owned();
    let open: Vec<_> = next_command(&output).into_iter().map(|word| word.replace("FILE", &again)).collect();
    let open: Vec<_> = open.iter().map(String::as_str).collect();
    assert_eq!(paypos(&open).output().unwrap().status.code(), Some(0), "{open:?}");
    assert!(stderr(&output).contains("Then: paypos check ps-1 --sale --wait --simulator-url"), "{output:?}");
}

#[tokio::test]
async fn a_success_of_something_else_is_not_exit_0() {
    let server = Server::start(&[]);
    for (properties, problem) in [
        (json!({ "amount": 0.01 }), "149.90 was asked for, and 0.01 succeeded"),
        (
            json!({ "amount": "149,90" }),
            "149.90 was asked for, and the amount that succeeded is missing or cannot be read",
        ),
        (
            json!({ "amount": "149.90 TRY" }),
            "149.90 was asked for, and the amount that succeeded is missing or cannot be read",
        ),
        (
            json!({ "amount": null }),
            "149.90 was asked for, and the amount that succeeded is missing or cannot be read",
        ),
        (json!({ "agent_reference": "ORDER-1" }), "a transaction with another reference succeeded"),
        (json!({ "is_succeed": true }), "2 transactions succeeded, and one was asked for"),
    ] {
        let sold = object(&at(&server.url, &["sale", "149.90", "--reference-no", "ORDER-1042", "--json"]));
        let id = sold["payment_session_id"].as_str().unwrap();
        let set = http().patch(server.at(&format!("payments/{id}/transactions")));
        assert_eq!(send(with_json(set, &json!({ "properties": properties }))).await.0, 200);
        let decide = json!({ "decision": "decline-then-approve" });
        assert_eq!(post(server.at(&format!("payments/{id}/decide")), decide).await.0, 200);
        let asked = ["check", id, "--sale", "--amount", "149.90", "--reference-no", "ORDER-1042"];
        let output = at(&server.url, &asked);
        assert_eq!(output.status.code(), Some(3), "`&& ship` ships nothing: {output:?}");
        assert!(stderr(&output).contains(problem), "{output:?}");
        let output = at(&server.url, &[&asked[..], &["--json"]].concat());
        assert_eq!(output.status.code(), Some(3));
        let shown = at(&server.url, &asked);
        let shown = stdout(&shown);
        assert!(!shown.contains("To undo it") && shown.contains("A transaction"), "{shown}");
        let printed = object(&output);
        assert!(printed["problem"].as_str().unwrap().starts_with(problem), "{printed}");
        assert_eq!(printed["decision"], "differs");
    }
}

#[tokio::test]
async fn a_success_whose_amount_nobody_gave_says_that_it_was_not_compared() {
    let server = Server::start(&["--phone", "approve"]);
    let sold = object(&at(&server.url, &["sale", "149.90", "--json"]));
    let id = sold["payment_session_id"].as_str().unwrap();
    let output = at(&server.url, &["check", id, "--sale"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(stderr(&output).contains("the amount of 149.90 was not compared"), "{output:?}");
    let output = at(&server.url, &["check", id, "--sale", "--amount", "149.90"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{output:?}");
    // The printed next step compares it.
    assert!(stdout(&output).contains("--amount 149.90 --wait"), "{output:?}");
}

#[tokio::test]
async fn a_key_file_that_others_can_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "sck_simulator").unwrap();
    for (mode, is_named) in [(0o644, true), (0o640, true), (0o600, false), (0o400, false)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let output = at(&server.url, &["session", "open", "--secret-key-file", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(stderr(&output).contains("others can read it"), is_named, "{mode:o}: {output:?}");
    }
}

#[tokio::test]
async fn an_id_that_identifies_nothing_is_refused_and_sends_nothing() {
    let server = Server::start(&[]);
    for empty in ["", " ", "--", "\t"] {
        for arguments in [
            ["check", empty, "--sale"].as_slice(),
            &["check", "PS-1", "--reversal-of", empty, "--wait"],
            &["check", "PS-1", "--sale", "--reference-no", empty],
            &["sale", "1.00", "--reference-no", empty],
            &["sale", "1.00", "--selected-agent-id", empty],
            &["reversal", empty],
            &["session", "open", "--agent-id", empty],
            &["session", "open", "--user-id", empty],
            &["phone", "approve", empty],
        ] {
            let output = at(&server.url, arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        }
    }
    assert_eq!(get(server.at("requests")).await["requests"], json!([]));
}

#[tokio::test]
async fn a_key_file_that_cannot_be_made_opens_no_session() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "mine").unwrap();
    for path in [file.to_str().unwrap(), "/nonexistent/key"] {
        let output = at(&server.url, &["session", "open", "--write-key", path]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(get(server.at("requests")).await["requests"], json!([]));
    // A session that is refused leaves no file that would block the next try.
    let secret = folder.path().join("secret");
    fs::write(&secret, "sck_unknown").unwrap();
    let new = folder.path().join("new");
    let arguments = [
        "session",
        "open",
        "--secret-key-file",
        secret.to_str().unwrap(),
        "--write-key",
        new.to_str().unwrap(),
    ];
    assert_eq!(at(&server.url, &arguments).status.code(), Some(1));
    assert!(!new.exists());
}

#[test]
fn a_key_is_read_as_editors_and_shells_write_it_and_named_by_where_it_comes_from() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let path = file.to_str().unwrap();
    let open = |path: &str| at(&server.url, &["session", "open", "--secret-key-file", path]);
    let utf_16 =
        |text: &str| [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    for bytes in [
        b"sck_simulator".to_vec(),
        b"sck_simulator\r\n".to_vec(),
        b"\xef\xbb\xbfsck_simulator\n".to_vec(),
        b" \tsck_simulator \n\n".to_vec(),
        utf_16("sck_simulator\r\n"),
    ] {
        fs::write(&file, &bytes).unwrap();
        assert_eq!(open(path).status.code(), Some(0), "{bytes:?}");
    }
    for bytes in [b"two words".to_vec(), b"\xffkey".to_vec(), Vec::new()] {
        fs::write(&file, &bytes).unwrap();
        let output = open(path);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(stderr(&output).contains(&format!("--secret-key-file {path}: ")), "{output:?}");
        assert!(!stderr(&output).contains("two words"), "{output:?}");
    }
    let both = ["session", "end", "--secret-key-file", "-", "--session-key-file", "-"];
    assert!(stderr(&at(&server.url, &both)).contains("cannot both be standard input"));
    let mut child = paypos(&["session", "open", "--secret-key-file", "-"])
        .env("PAYPOS_SIMULATOR_URL", &server.url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"sck_simulator\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[tokio::test]
async fn keys_of_the_environment_are_for_paynet_and_never_sent_to_a_simulator() {
    let server = Server::start(&[]);
    for (variable, value) in [("PAYPOS_SECRET_KEY", "sck_live_1"), ("PAYPOS_SESSION_KEY", "live-session")] {
        let mut command = paypos(&["sale", "1.00"]);
        let output = command.env("PAYPOS_SIMULATOR_URL", &server.url).env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(stderr(&output).contains(&format!("{variable} is not sent to the simulator")), "{output:?}");
        let mut command = paypos(&["sale", "1.00"]);
        let output = command.env("PAYPOS_SIMULATOR_URL", &server.url).env(variable, "").output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "set to nothing is not set");
    }
    assert_eq!(get(server.at("requests?accepted=false")).await["requests"], json!([]));
    let output = paypos(&["sale", "1.00", "--environment", "sandbox"])
        .env("PAYPOS_SESSION_KEY", "two words")
        .output()
        .unwrap();
    assert!(stderr(&output).contains("PAYPOS_SESSION_KEY: "), "{output:?}");
}

#[test]
fn an_amount_has_the_form_of_json_or_is_refused_with_an_example() {
    let server = Server::start(&[]);
    for amount in ["149.90", "1", "0.01", "149.9", "9999999999999.99"] {
        let output = at(&server.url, &["sale", amount, "--json"]);
        assert_eq!(output.status.code(), Some(0), "{amount}: {output:?}");
    }
    for amount in [
        "149,90",
        "1.000,50",
        "1.000",
        "149.905",
        "1e3",
        "1_000",
        "5.",
        ".5",
        "-5",
        "0",
        "01",
        "",
        "٣",
        "1 000",
        "+1",
        "79228162514264337593543950.33",
        "10000000000000.01",
    ] {
        let output = at(&server.url, &["sale", "--", amount]);
        assert_eq!(output.status.code(), Some(2), "{amount}: {output:?}");
        assert!(stderr(&output).contains("such as 149.90, with a point"), "{amount}: {output:?}");
    }
}

#[test]
fn an_error_of_usage_is_an_object_too() {
    for arguments in [
        ["sale", "abc", "--json"].as_slice(),
        &["frobnicate", "--json"],
        &["sale", "--json"],
        &["check", "x", "--json"],
    ] {
        let output = paypos(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert_eq!((&object(&output)["kind"], stderr(&output)), (&json!("Usage"), ""), "{arguments:?}");
    }
    assert!(stderr(&paypos(&["check", "x"]).output().unwrap()).contains("--sale"), "a check is told what of");
}

#[tokio::test]
async fn each_property_of_a_sale_is_an_option() {
    let server = Server::start(&[]);
    let options = [
        ("add-commission", "true"),
        ("instalment", "3"),
        ("card-holder-phone", "5550000000"),
        ("card-holder-mail", "a@example.com"),
        ("description", "Two hats"),
        ("selected-agent-id", "22222"),
        ("reference-no", "ORDER-1042"),
        ("callback-url", "myshop://done"),
    ];
    let options: Vec<_> =
        options.iter().flat_map(|(name, value)| [format!("--{name}"), (*value).to_owned()]).collect();
    let arguments: Vec<_> =
        ["sale", "149.90"].into_iter().chain(options.iter().map(String::as_str)).collect();
    assert_eq!(at(&server.url, &arguments).status.code(), Some(0));
    let sent = get(server.at("requests")).await["requests"][1]["body"].clone();
    let expected = json!({
        "amount": 149.9,
        "add_commission": true,
        "instalment": 3,
        "card_holder_phone": "5550000000",
        "card_holder_mail": "a@example.com",
        "description": "Two hats",
        "selected_agent_id": "22222",
        "reference_no": "ORDER-1042",
        "callback_url": "myshop://done",
    });
    assert_eq!(sent, expected);
}

#[test]
fn the_printed_commands_can_be_typed_and_each_request_is_a_line() {
    let start = |arguments: &[&str]| {
        let mut child = paypos(&[&["simulate"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        (child, out.lines().map_while(Result::ok))
    };
    for (listen, shown) in [("0.0.0.0:0", "127.0.0.1"), ("[::]:0", "[::1]"), ("localhost:0", "")] {
        let (mut child, mut lines) = start(&["--listen", listen]);
        let lines: Vec<_> = lines.by_ref().take(4).collect();
        assert!(lines[3].starts_with("Next, in another terminal: paypos sale 149.90 --wait"), "{lines:?}");
        assert!(lines[3].contains(shown) && lines[2].contains(shown), "{lines:?}");
        let url = lines[3].split_once("--simulator-url ").unwrap().1;
        let output = paypos(&["sale", "1.00", "--simulator-url", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (mut child, mut lines) = start(&["--listen", "127.0.0.1:0", "--public-url", "http://pay.example:1/"]);
    let head: Vec<_> = lines.by_ref().take(4).collect();
    assert!(head[2].ends_with("http://pay.example:1/_paypos/"), "{head:?}");
    let url = head[3].split_once("--simulator-url ").unwrap().1;
    assert_eq!(at(url, &["sale", "1.00"]).status.code(), Some(0));
    assert_eq!(at(url, &["check", "unknown", "--sale"]).status.code(), Some(3));
    let requests: Vec<_> = lines.take(4).collect();
    assert!(requests[0].ends_with(" POST /v1/agent/get_auth_key 200"), "{requests:?}");
    assert!(requests[3].ends_with(" POST /v1/softpos/check_transaction 400"), "{requests:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    for wrong in [
        ["--listen", "8650"],
        ["--listen", ":8650"],
        ["--public-url", "192.168.1.20:8650"],
        ["--public-url", "http://h/path"],
        ["--public-url", "javascript:alert(1)"],
        ["--like", "/nowhere/verify.json"],
    ] {
        let output = paypos(&[&["simulate"], &wrong[..]].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {output:?}");
    }
}

#[tokio::test]
async fn nothing_that_a_server_writes_acts_on_a_terminal() {
    let server = Server::start(&[]);
    let evil = "\u{1b}[2J\u{202e}\u{7}";
    let body = json!({ "payment_session_id": format!("ps{evil}"), "deeplink_url": "paypos://x", "encryption_key": "k",
        "code": 0, "message": evil, "object_name": evil });
    let fault = json!({ "operation": "init_sale_transaction", "status": 200, "body": body.to_string() });
    assert_eq!(post(server.at("faults"), fault).await.0, 200);
    let refused = json!({ "operation": "init_sale_transaction", "status": 400,
        "body": json!({ "code": 9, "message": evil }).to_string() });
    assert_eq!(post(server.at("faults"), refused).await.0, 200);
    for _ in 0..2 {
        let output = at(&server.url, &["sale", "1.00"]);
        let shown = format!("{}{}", stdout(&output), stderr(&output));
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown:?}");
    }
}
