//! The commands, their exit codes, and what they print.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{Server, at, next_command, object, paypos, post, stderr, stdout};

#[test]
fn help_is_as_it_was_reviewed() {
    trycmd::TestCases::new().default_bin_path(env!("CARGO_BIN_EXE_paypos")).case("tests/cmd/help.trycmd");
}

#[test]
fn every_exit_code_is_what_the_money_allows() {
    let approving = Server::start(&["--phone", "approve"]);
    let asking = Server::start(&[]);
    let declining = Server::start(&["--phone", "decline"]);
    let waited = ["sale", "1.00", "--wait", "--timeout", "1s"];
    for (url, arguments, code, says) in [
        (&approving.url, waited.as_slice(), 0, "The sale of 1.00 succeeded."),
        (&approving.url, &["reversal", "unknown"], 1, "Paynet refused it"),
        (&approving.url, &["sale", "0"], 2, "not positive; expected an amount such as 149.90"),
        (&approving.url, &["sale", "a lot"], 2, "invalid value 'a lot'"),
        (&"http://127.0.0.1:9".to_owned(), waited.as_slice(), 4, "In another terminal: paypos simulate"),
        (&declining.url, waited.as_slice(), 5, "the sale was declined on the phone"),
        (&asking.url, waited.as_slice(), 6, "not decided yet"),
    ] {
        let output = at(url, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {output:?}");
        let printed = format!("{}{}", stdout(&output), stderr(&output));
        assert!(printed.contains(says), "{printed}");
    }
}

#[tokio::test]
async fn a_lost_response_is_unknown_and_a_check_does_not_ship_it() {
    let server = Server::start(&["--phone", "decline"]);
    let fault = json!({ "operation": "init_sale_transaction", "drop": true });
    assert_eq!(post(server.at("faults"), fault).await.0, 200);
    let lost = at(&server.url, &["sale", "1.00", "--json"]);
    assert_eq!(lost.status.code(), Some(3));
    let error = object(&lost);
    assert_eq!((&error["outcome"], &error["kind"]), (&json!("Unknown"), &json!("Interrupted")));

    let handoff = object(&at(&server.url, &["sale", "2.00", "--json"]));
    let id = handoff["payment_session_id"].as_str().unwrap();
    let checked = at(&server.url, &["check", id, "--sale", "--wait", "--timeout", "1s", "--json"]);
    assert_eq!(checked.status.code(), Some(5), "`paypos check --wait && ship` ships nothing");
    assert_eq!(object(&checked)["decision"], "failed");
    assert_eq!(
        at(&server.url, &["check", "unknown", "--sale"]).status.code(),
        Some(3),
        "a check tells nothing of the money"
    );
}

#[test]
fn a_sale_is_reversed_and_its_own_success_is_not_taken_for_the_reversals() {
    let server = Server::start(&["--phone", "approve"]);
    let sold = object(&at(&server.url, &["sale", "149.90", "--wait", "--json", "--reference-no", "R-1"]));
    assert_eq!(sold["decision"], "succeeded");
    assert_eq!(sold["Data"][0]["agent_reference"], "R-1");
    let text = at(&server.url, &["sale", "149.90", "--wait", "--json"]);
    assert!(stdout(&text).contains(r#""amount":149.90"#), "the digits that it has: {text:?}");
    let xact_id = sold["Data"][0]["xact_id"].as_str().unwrap();
    let handoff = object(&at(&server.url, &["reversal", xact_id, "--json"]));
    let id = handoff["payment_session_id"].as_str().unwrap();
    let checked = at(&server.url, &["check", id, "--reversal-of", xact_id, "--wait"]);
    assert_eq!(checked.status.code(), Some(0));
    assert!(stdout(&checked).contains("The reversal of 149.90 succeeded."), "{checked:?}");
    assert_eq!(at(&server.url, &["reversal", xact_id]).status.code(), Some(1), "it is reversed already");
}

/// The next step after a reversal, typed as printed, checks a reversal: not the sale that it lists as well.
#[tokio::test]
async fn the_next_step_after_a_reversal_never_takes_the_sale_for_it() {
    let server = Server::start(&[]);
    let (_, sale) = post(server.at("sales"), json!({ "amount": 149.9 })).await;
    let xact_id = sale["xact_id"].as_str().unwrap();
    let of = ["--reversal-of".to_owned(), xact_id.to_owned()];
    let waited = ["reversal", xact_id, "--wait", "--timeout", "10ms"];
    for (arguments, code) in [(&waited[..2], 0), (&waited, 6)] {
        let output = at(&server.url, arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let next = next_command(&output);
        assert!(next.windows(2).any(|words| words == of), "{next:?}");
        // And so does what the check prints.
        let next: Vec<_> = next.iter().map(String::as_str).chain(["--timeout", "10ms"]).collect();
        let checked = at(&server.url, &next);
        assert_eq!(checked.status.code(), Some(6), "{checked:?}");
        assert!(next_command(&checked).windows(2).any(|words| words == of), "{checked:?}");
    }
    // An id that is all that is left of the response.
    let body = json!({ "payment_session_id": "left" }).to_string();
    let fault = json!({ "operation": "init_reversal_transaction", "status": 200, "body": body });
    assert_eq!(post(server.at("faults"), fault).await.0, 200);
    let output = at(&server.url, &waited);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(next_command(&output).windows(2).any(|words| words == of), "{output:?}");
}

#[test]
fn a_payment_session_is_printed_before_the_wait_that_may_fail() {
    let server = Server::start(&[]);
    let mut child = paypos(&["sale", "149.90", "--wait", "--json"])
        .env("PAYPOS_SIMULATOR_URL", &server.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // It waits still, and is killed.
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    let handoff: Value = serde_json::from_str(&line).unwrap();
    assert!(handoff["payment_session_id"].is_string() && handoff["deeplink_url"].is_string(), "{handoff}");
}

#[test]
fn an_error_object_has_the_payment_session_that_the_command_has() {
    let server = Server::start(&[]);
    let unknown = at(&server.url, &["check", "ps-unknown", "--sale", "--json"]);
    assert_eq!(unknown.status.code(), Some(3), "a check says nothing of the money");
    assert_eq!(object(&unknown)["payment_session_id"], "ps-unknown");
    // Nor does the session that a check could not open.
    let nowhere = at("http://127.0.0.1:9", &["check", "ps-1", "--sale", "--json"]);
    assert_eq!(nowhere.status.code(), Some(3), "{nowhere:?}");
    assert_eq!(object(&nowhere)["payment_session_id"], "ps-1");
    let sale = at("http://127.0.0.1:9", &["sale", "1.00", "--json"]);
    assert_eq!(sale.status.code(), Some(4), "nothing was sent: {sale:?}");
}

#[test]
fn a_session_key_goes_into_a_file_of_its_owner_and_is_printed_if_asked_for_alone() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let path = file.to_str().unwrap();
    let opened = at(&server.url, &["session", "open", "--write-key", path, "--json"]);
    assert_eq!(opened.status.code(), Some(0), "{opened:?}");
    assert!(object(&opened).get("session_key").is_none());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = fs::read_to_string(&file).unwrap().trim().to_owned();
    assert!(!stdout(&opened).contains(&key));
    let again = at(&server.url, &["session", "open", "--write-key", path]);
    assert_eq!(again.status.code(), Some(2), "no file is written over");

    let sold = at(&server.url, &["sale", "1.00", "--session-key-file", path, "--json"]);
    assert!(object(&sold).get("encryption_key").is_none());
    let sold = at(&server.url, &["sale", "1.00", "--session-key-file", path, "--json", "--show-secrets"]);
    assert!(object(&sold)["encryption_key"].is_string());
    let shown = object(&at(&server.url, &["session", "open", "--json", "--show-secrets"]));
    assert!(shown["session_key"].is_string());
    let closed = at(&server.url, &["session", "end", "--session-key-file", path]);
    assert_eq!(closed.status.code(), Some(0), "{closed:?}");
    let refused = at(&server.url, &["sale", "1.00", "--session-key-file", path, "--json"]);
    assert_eq!((refused.status.code(), object(&refused)["status"].as_u64()), (Some(1), Some(401)));
}

#[test]
fn paynet_is_not_called_without_a_key_and_production_not_without_yes() {
    for (arguments, says) in [
        (["sale", "1.00", "--environment", "sandbox"].as_slice(), "--session-key-file"),
        (
            &["session", "open", "--environment", "sandbox", "--agent-id", "a", "--user-id", "u"],
            "--secret-key-file",
        ),
        (&["session", "open", "--environment", "sandbox"], "--agent-id"),
        (
            &["sale", "1.00", "--environment", "production", "--no-input"],
            "--yes is required for a sale of 1.00",
        ),
        (&["reversal", "x", "--environment", "production"], "--yes is required for a reversal of x"),
        (&["phone", "approve", "--environment", "sandbox"], "unexpected argument '--environment'"),
    ] {
        let output = paypos(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(stderr(&output).contains(says), "{output:?}");
    }
    // With --yes, the next thing that is missing is the key: nothing is sent.
    let output = paypos(&["sale", "1.00", "--environment", "production", "--yes"]).output().unwrap();
    assert!(stderr(&output).contains("--session-key-file"), "{output:?}");
}

#[test]
fn the_phone_decides_what_was_opened_last_or_what_is_named() {
    let server = Server::start(&[]);
    let ids: Vec<String> = (0..3)
        .map(|_| object(&at(&server.url, &["sale", "1.00", "--json"])))
        .map(|handoff| handoff["payment_session_id"].as_str().unwrap().to_owned())
        .collect();
    assert!(stdout(&at(&server.url, &["phone", "approve"])).contains(&format!("{} is approved.", ids[2])));
    assert!(
        stdout(&at(&server.url, &["phone", "decline", &ids[0]]))
            .contains(&format!("{} is declined.", ids[0]))
    );
    assert_eq!(object(&at(&server.url, &["phone", "leave", "--json"]))["state"], "waiting");
    assert_eq!(at(&server.url, &["phone", "approve", &ids[0]]).status.code(), Some(2), "it was decided");
    assert_eq!(at(&server.url, &["phone", "approve", "../health"]).status.code(), Some(2), "no path");
    let codes: Vec<_> =
        ids.iter().map(|id| at(&server.url, &["check", id, "--sale"]).status.code()).collect();
    assert_eq!(codes, [Some(5), Some(6), Some(0)]);
}

/// As in a small container.
#[test]
fn a_machine_without_certificates_can_use_the_simulator() {
    let server = Server::start(&[]);
    for arguments in [["sale", "1.00"].as_slice(), &["phone", "approve"]] {
        let output = paypos(arguments)
            .env("PAYPOS_SIMULATOR_URL", &server.url)
            .env("SSL_CERT_FILE", "/nonexistent")
            .env("SSL_CERT_DIR", "/nonexistent")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let nobody = paypos(&["phone", "approve", "--simulator-url", "http://127.0.0.1:9"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(4), "as of a sale: {nobody:?}");
}

#[test]
fn the_demo_ends_by_itself_where_nobody_can_be_asked() {
    let output = paypos(&["demo"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for part in
        ["Agent::get_auth_key", "paypos sale 149.90", "/_paypos/phone/", "paypos reversal", "Done: a sale"]
    {
        assert!(stdout(&output).contains(part), "{part}");
    }
    assert!(!stdout(&output).contains('\x1b'), "no colours but on a terminal");
    assert_eq!(object(&paypos(&["demo", "--json"]).output().unwrap())["decision"], "succeeded");
}

#[test]
fn a_server_ends_by_a_signal_and_by_nothing_else() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut server = Server::start(&[]);
        let pid = server.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
    }
    let taken = Server::start(&[]);
    let address = taken.url.strip_prefix("http://").unwrap();
    let output = paypos(&["simulate", "--listen", address]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot listen on"), "{output:?}");
    assert!(stderr(&output).contains("pass --listen with another port"), "{output:?}");
}

#[test]
fn amounts_decide_where_that_is_asked_for() {
    let server = Server::start(&["--phone", "by-amount"]);
    for (amount, code) in [("1.00", 0), ("1.05", 5), ("1.51", 5), ("1.55", 5), ("1.91", 6), ("1.68", 6)] {
        let output = at(&server.url, &["sale", amount, "--wait", "--timeout", "1s"]);
        assert_eq!(output.status.code(), Some(code), "{amount}");
    }
}

#[test]
fn completions_the_manual_page_and_the_document_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = paypos(&["completions", shell]).output().unwrap();
        assert!(output.status.success() && stdout(&output).contains("paypos"), "{shell}");
    }
    let page = paypos(&["man"]).output().unwrap();
    assert!(stdout(&page).contains(".TH paypos 1"), "{page:?}");
    let document = paypos(&["openapi"]).output().unwrap();
    assert_eq!(stdout(&document).trim_end(), paypos::DOCUMENT.trim_end());
}
