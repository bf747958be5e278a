//! Keys and amounts of a caller: each is sent as it is, or refused before anything is sent.
#![no_main]

#[allow(dead_code)]
mod server;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use paypos::{Decimal, ErrorKind, SecretKey, SessionKey, types::InitSaleRequest};
use serde::Deserialize;
use serde_json::Number;

use server::Server;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

#[derive(Deserialize)]
struct Sent {
    amount: Number,
}

fuzz_target!(|text: &str| {
    let is_key = (1..=4096).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    for error in [SessionKey::new(text).map(drop), SecretKey::new(text).map(drop)] {
        assert_eq!(error.is_ok(), is_key);
        if let Err(error) = error {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
    let unusable = SessionKey::new(format!("{text} canary")).unwrap_err();
    assert!(!format!("{unusable} {unusable:?}").contains("canary"));
    let Ok(amount) = text.parse::<Decimal>() else { return };
    *SERVER.request.lock().unwrap() = None;
    let error = SERVER
        .runtime
        .block_on(SERVER.session.init_sale_transaction(InitSaleRequest::new(amount)))
        .unwrap_err();
    let sent = SERVER.request.lock().unwrap().take();
    let is_amount = amount > Decimal::ZERO && amount.scale() <= 2 && amount.mantissa() < 10_i128.pow(15);
    match sent {
        Some(sent) => {
            let sent: Sent = serde_json::from_slice(&sent).unwrap();
            assert_eq!(sent.amount.to_string(), amount.to_string());
            assert!(is_amount, "{amount} was sent");
        }
        None => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!is_amount, "{amount}: {error}");
        }
    }
});
