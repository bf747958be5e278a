//! What is asked at a terminal: a pseudo-terminal, here.

use rexpect::session::{PtySession, spawn_command};

use crate::{Server, paypos};

const TIMEOUT: Option<u64> = Some(20_000);

pub(crate) fn at_a_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> PtySession {
    // The pseudo-terminal is its standard input and output.
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_paypos"));
    command.args(arguments).envs(paypos(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    for variable in ["PAYPOS_SECRET_KEY", "PAYPOS_SESSION_KEY", "NO_COLOR", "COLUMNS"] {
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
        terminal.exp_string("Production: a sale of 1.00. Continue? [y/N]").unwrap();
        terminal.send_line(answer).unwrap();
        let rest = terminal.exp_eof().unwrap();
        assert!(rest.contains("nothing was sent"), "{rest}");
    }
    let mut terminal = at_a_terminal(&["sale", "1.00", "--environment", "production"], &[]);
    terminal.exp_string("[y/N]").unwrap();
    terminal.send_line("y").unwrap();
    terminal.exp_string("session key:").unwrap();
}

/// Runs the command at a terminal; also returns its process id.
fn with_its_id(arguments: &[&str]) -> (PtySession, String) {
    let mut command = std::process::Command::new("sh");
    command
        .args([
            "-c",
            "echo process $$; exec env --default-signal \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_paypos"),
        ])
        .args(arguments);
    for variable in ["PAYPOS_SECRET_KEY", "PAYPOS_SESSION_KEY"] {
        command.env_remove(variable);
    }
    let mut terminal = spawn_command(command, TIMEOUT).unwrap();
    let (_, line) = terminal.exp_regex("process [0-9]+").unwrap();
    let id = line.split(' ').nth(1).unwrap().to_owned();
    (terminal, id)
}

#[test]
fn a_signal_at_a_prompt_ends_it_and_sends_nothing() {
    let send = |signal: &str, id: &str| {
        let sent = std::process::Command::new("kill").args([&format!("-{signal}"), id]).status();
        assert!(sent.unwrap().success());
    };
    for signal in ["INT", "TERM", "HUP"] {
        let (mut terminal, id) = with_its_id(&["sale", "1.00", "--environment", "production"]);
        terminal.exp_string("Continue? [y/N]").unwrap();
        send(signal, &id);
        let rest = terminal.exp_eof().unwrap();
        assert!(rest.contains("interrupted; nothing was sent"), "{signal}: {rest}");
    }
    // The line of a key is read to its end, and nothing is sent with it.
    let (mut terminal, id) = with_its_id(&["sale", "1.00", "--environment", "sandbox"]);
    terminal.exp_string("session key:").unwrap();
    send("INT", &id);
    std::thread::sleep(std::time::Duration::from_millis(300));
    terminal.send_line("mbl_pcs_x").unwrap();
    let rest = terminal.exp_eof().unwrap();
    assert!(rest.contains("interrupted; nothing was sent"), "{rest}");
}

#[test]
fn a_terminal_has_colours_a_qr_code_and_a_line_that_counts_the_wait() {
    let server = Server::start(&["--phone", "approve", "--phone-delay", "3s"]);
    let url = [("PAYPOS_SIMULATOR_URL", server.url.as_str())];
    let mut terminal = at_a_terminal(&["sale", "1.00", "--wait"], &url);
    terminal.exp_string("waiting for the phone, 1 s").unwrap();
    terminal.exp_string("The sale of 1.00 succeeded.").unwrap();
    let demo = |variables: &[(&str, &str)]| {
        let shown = at_a_terminal(&["demo", "--phone", "approve"], variables).exp_eof().unwrap();
        // The pseudo-terminal is read byte by byte.
        String::from_utf8(shown.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()).unwrap()
    };
    let shown = demo(&[("COLUMNS", "100"), ("TERM", "xterm")]);
    assert!(shown.contains("\x1b[1m"), "{shown}");
    // What a camera sees, and a reader of codes that is not ours makes of it: black on white, whatever the terminal's own
    // colors are.
    let drawn: Vec<Vec<char>> = shown
        .lines()
        .filter_map(|line| {
            Some(line.split_once("\x1b[30;107m")?.1.split_once("\x1b[0m")?.0.chars().collect())
        })
        .collect();
    let code = &drawn[..drawn.len() / 2];
    let (width, height) = (code[0].len() * 4, code.len() * 8);
    let mut seen = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let is_dark = match code[y / 8][x / 4] {
            '█' => true,
            '▀' => y % 8 < 4,
            '▄' => y % 8 >= 4,
            _ => false,
        };
        if is_dark { 0 } else { 255 }
    });
    let (_, url) = seen.detect_grids().remove(0).decode().unwrap();
    assert!(shown.contains(&format!("a browser): {url}\r")), "{url}: {shown}");
    // No code where it does not fit, and nothing but text where that was asked for.
    assert!(!demo(&[("COLUMNS", "30"), ("TERM", "xterm")]).contains('█'));
    for plain in [[("NO_COLOR", "1"), ("COLUMNS", "100")], [("TERM", "dumb"), ("COLUMNS", "100")]] {
        let shown = demo(&plain);
        assert!(!shown.contains("\x1b[1m") && !shown.contains('█'), "{shown}");
        assert!(plain[0].0 == "NO_COLOR" || !shown.contains('\x1b'), "{shown}");
    }
}

#[test]
fn help_is_as_wide_as_the_terminal() {
    let shown = at_a_terminal(&["sale", "--help"], &[("COLUMNS", "60")]).exp_eof().unwrap();
    assert!(shown.lines().all(|line| line.trim_end().len() <= 60), "{shown}");
}
