//! What is asked at a terminal: a pseudo-terminal, here.

use rexpect::session::{PtySession, spawn_command};

use crate::{Server, paypos};

const TIMEOUT: Option<u64> = Some(20_000);

fn at_a_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> PtySession {
    // The pseudo-terminal is its standard input and output.
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_paypos"));
    command.args(arguments).envs(paypos(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    for variable in ["PAYPOS_SECRET_KEY", "PAYPOS_SESSION_KEY", "NO_COLOR"] {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied());
    spawn_command(command, TIMEOUT).unwrap()
}

#[test]
fn a_key_is_asked_for_without_echo() {
    let mut terminal = at_a_terminal(&["sale", "1.00", "--environment", "sandbox"], &[]);
    terminal.exp_string("session key:").unwrap();
    terminal.send_line("a key with spaces").unwrap();
    let rest = terminal.exp_eof().unwrap();
    assert!(rest.contains("the session key contains a space"), "{rest}");
    assert!(!rest.contains("a key with spaces"), "{rest}");
}

#[test]
fn production_asks_and_no_is_the_answer_unless_yes_is_given() {
    for answer in ["", "n", "what"] {
        let mut terminal = at_a_terminal(&["sale", "1.00", "--environment", "production"], &[]);
        terminal.exp_string("a sale of 1.00 on Production, with real money? [y/N]").unwrap();
        terminal.send_line(answer).unwrap();
        let rest = terminal.exp_eof().unwrap();
        assert!(rest.contains("nothing was sent"), "{rest}");
    }
    let mut terminal = at_a_terminal(&["sale", "1.00", "--environment", "production"], &[]);
    terminal.exp_string("[y/N]").unwrap();
    terminal.send_line("y").unwrap();
    terminal.exp_string("session key:").unwrap();
}

#[test]
fn a_terminal_has_colours_a_qr_code_and_a_line_that_counts_the_wait() {
    let server = Server::start(&["--phone", "approve", "--after", "3s"]);
    let url = [("PAYPOS_SIMULATOR_URL", server.url.as_str())];
    let mut terminal = at_a_terminal(&["sale", "1.00", "--wait"], &url);
    terminal.exp_string("waiting for the phone, 1 s").unwrap();
    terminal.exp_string("The sale of 1.00 succeeded.").unwrap();
    let shown = at_a_terminal(&["demo", "--phone", "approve"], &[]).exp_eof().unwrap();
    // It reads bytes as characters: this is a full block.
    assert!(shown.contains("\x1b[1m") && shown.contains("\u{e2}\u{96}\u{88}"), "{shown}");
    let plain = at_a_terminal(&["demo", "--phone", "approve"], &[("NO_COLOR", "1")]).exp_eof().unwrap();
    assert!(!plain.contains("\x1b[1m"), "{plain}");
}
