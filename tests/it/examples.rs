//! The examples, run as a newcomer runs them.

use std::process::Command;

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
            format!("A sale of {amount} is initiated; the app opens http://127"),
            format!("The check reports: paid, {amount} TRY."),
            "the app opens http://127".to_owned(),
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
