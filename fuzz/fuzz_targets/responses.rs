//! Responses, near those of `tests/cases`, against a strict reader: nothing succeeds that it does not find, and nothing
//! is refused that may have happened.
#![no_main]

#[allow(dead_code)]
mod server;

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use paypos::{Decimal, Decision, Error, Outcome, PaymentSession, types::InitSaleRequest};
use serde::Deserialize;
use serde_json::{Number, Value};

use server::{KEY, Server};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// What a response to a check says, if it is as documented to the letter. serde refuses members that are there twice.
#[derive(Deserialize)]
struct Check {
    #[serde(rename = "Data")]
    data: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    is_succeed: bool,
    xact_id: String,
    amount: Number,
    agent_reference: Option<String>,
    transaction_type: Option<i64>,
}

impl Transaction {
    fn is_as_asked(&self, amount: Decimal) -> bool {
        self.amount.to_string().parse() == Ok(amount)
            && self
                .agent_reference
                .as_deref()
                .is_none_or(|reference| ["", "ORDER-1042"].contains(&reference.trim()))
            && self.transaction_type.is_none_or(|kind| kind == 1 || kind == 3)
    }
}

/// A case: what was asked, the head, and the body, after empty lines. Returns whether it is a check, the status and the
/// body.
fn parts(case: &[u8]) -> Option<(bool, u16, &[u8])> {
    let split = |text: &[u8]| text.windows(2).position(|pair| pair == b"\n\n");
    let asked = split(case)?;
    let (asked, rest) = (&case[..asked], &case[asked + 2..]);
    let head = split(rest)?;
    let (head, body) = (str::from_utf8(&rest[..head]).ok()?, &rest[head + 2..]);
    let status = head.split(' ').nth(1)?.trim().parse().ok()?;
    // Those without a body, or before it, are HTTP's.
    let is_final = (200..600).contains(&status) && ![204, 304].contains(&status);
    is_final.then_some((
        !asked.starts_with(b"call:") && !asked.windows(6).any(|line| line == b"\ncall:"),
        status,
        body,
    ))
}

fn says_little(error: &Error) {
    let said = format!("{error} {error:?}");
    assert!(!said.contains(KEY), "{said}");
    assert!(!said.contains('\n') && said.len() < 2000, "{said}");
}

fuzz_target!(|case: &[u8]| -> Corpus {
    let Some((is_check, status, body)) = parts(case) else { return Corpus::Reject };
    *SERVER.response.lock().unwrap() = (status, body.to_vec());
    let amount = Decimal::new(14990, 2);
    if is_check {
        let asked = PaymentSession::sale("PS-1").unwrap().with_amount(amount).unwrap();
        let asked = asked.with_reference_no("ORDER-1042").unwrap();
        let decision = SERVER.runtime.block_on(SERVER.session.decision(&asked));
        let is_success = matches!(decision, Ok(Decision::Succeeded(_)));
        assert!(!is_success || status == 200);
        if let Err(error) = &decision {
            assert_eq!(error.outcome(), Outcome::Unknown);
            says_little(error);
        }
        if let Ok(Check { data }) = serde_json::from_slice(body) {
            let succeeded: Vec<_> = data.iter().filter(|transaction| transaction.is_succeed).collect();
            let one = matches!(&succeeded[..], [one] if one.is_as_asked(amount) && !one.xact_id.is_empty());
            assert!(one || !is_success, "{decision:?}");
        }
    } else {
        let request = InitSaleRequest::new(amount).reference_no("ORDER-1042");
        match SERVER.runtime.block_on(SERVER.session.init_sale_transaction(request)) {
            Ok(handoff) => {
                assert_eq!(status, 200);
                assert!(!handoff.payment_session().id().is_empty());
            }
            Err(error) => {
                says_little(&error);
                let is_refusal = (400..500).contains(&status) && error.payment_session().is_none();
                assert!(error.outcome() == Outcome::Unknown || is_refusal, "{error:?}");
                if let Ok(Value::Object(said)) = serde_json::from_slice(body) {
                    let names_a_payment = said.get("payment_session_id").is_some_and(|id| !id.is_null());
                    assert!(error.outcome() == Outcome::Unknown || !names_a_payment, "{error:?}");
                }
            }
        }
    }
    Corpus::Keep
});
