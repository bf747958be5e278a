//! The README's own lines, by a shell.

use std::process::Command;

use serde_json::Value;
use tempfile::tempdir;

use crate::world::{Paynet, Setup};

const README: &str = include_str!("../../README.md");

/// Runs the next line of the README that begins so, against a backend.
fn curl(lines: &mut impl Iterator<Item = &'static str>, begins: &str, url: &str) -> Value {
    let line = lines.next().unwrap();
    assert!(line.starts_with(begins), "{line}");
    let line =
        line.replace("localhost:8080", url.strip_prefix("http://").unwrap()).replace("wait=25", "wait=2");
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {output:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_the_readme_do_what_it_says() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let mut lines =
        README.lines().filter_map(|line| line.strip_prefix("$ ")).filter(|line| line.starts_with("curl"));
    let url = backend.url.clone();

    let sale = curl(&mut lines, "curl -s localhost:8080/orders/ORDER-1042/sale ", &url);
    assert!(sale["deeplink_url"].is_string(), "{sale}");
    paynet.decide(&sale, "approve").await;
    backend.until("ORDER-1042", "sale", "paid").await;
    let order = curl(&mut lines, "curl -s 'localhost:8080/orders/ORDER-1042?wait=", &url);
    assert_eq!(order["sale"]["state"], "paid");
    let refund = curl(&mut lines, "curl -s localhost:8080/orders/ORDER-1042/refund ", &url);
    assert_eq!((&refund["state"], &refund["kind"]), (&"pending".into(), &"refund".into()));
    let attention = curl(&mut lines, "curl -s localhost:8080/attention", &url);
    assert_eq!(attention["payments"], Value::Array(Vec::new()));
    // Here the sale is paid; what needs attention is in the other tests.
    let refused = curl(&mut lines, "curl -s localhost:8080/orders/ORDER-1042/sale/resolve ", &url);
    assert_eq!(refused["error"], "it is paid, which needs no attention");
    assert_eq!(lines.next(), None);
}

#[test]
fn the_readme_has_each_variable_with_its_default() {
    let config = include_str!("../../src/config.rs");
    for (name, default) in [
        ("PAYMENT_WITHIN", "15 * 60"),
        ("LOOK_AGAIN", "60 * 60"),
        ("PAYNET_TIMEOUT", "20"),
        ("SHUTDOWN_WITHIN", "60"),
    ] {
        let seconds: u64 = default.split(" * ").map(|factor| factor.parse::<u64>().unwrap()).product();
        assert!(config.contains(&format!("seconds(\"{name}\", {default})")), "{name}");
        assert!(README.contains(&format!("| `{name}` | {seconds} |")), "{name}");
    }
    let variables = config
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.len() > 4 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    for variable in variables {
        assert!(README.contains(&format!("`{variable}`")), "{variable}");
    }
}
