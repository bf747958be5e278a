//! Every operation of the documents, for tests that hold for all of them.

use futures::future::{BoxFuture, FutureExt};
use paypos::{
    Agent, Client, Decimal, Error, Handoff, SecretKey, Session, SessionKey,
    types::{AuthRequest, CheckTransactionRequest, InitReversalRequest, InitSaleRequest, LogoutRequest},
};
use serde_json::{Value, json};

use super::canary::{ENCRYPTION_KEY, KEY, SECRET_KEY, TEXT};

/// What a call came to: what it answered, as `Debug` shows it.
pub type Called = BoxFuture<'static, Result<String, Error>>;

pub struct Operation {
    pub name: &'static str,
    /// Calls it with planted credentials and no more than it requires.
    pub minimal: fn(&Client) -> Called,
    /// Calls it with every property that there is.
    pub full: fn(&Client) -> Called,
    /// A successful answer, in which secrets and texts are planted.
    pub success: fn() -> Value,
    /// The properties of the answer without which it is none, with their type.
    pub needs: &'static [&'static str],
}

pub const ALL: [Operation; 5] = [
    Operation {
        name: "get_auth_key",
        minimal: |client| get_auth_key(client, AuthRequest::new("an-agent", "a-user")),
        full: |client| get_auth_key(client, AuthRequest::new("an-agent", "a-user")),
        success: || {
            json!({
                "session_key": KEY, "expired_date": TEXT, "agent_id": TEXT, "company_code": TEXT, "user_id": TEXT,
                "user_unique_id": TEXT, "is_okc_inquiry": true, "object_name": TEXT, "code": 0, "message": TEXT,
            })
        },
        needs: &["session_key"],
    },
    Operation {
        name: "logout",
        minimal: |client| logout(client, LogoutRequest::new(&SessionKey::new(KEY).unwrap())),
        full: |client| logout(client, LogoutRequest::new(KEY)),
        success: || json!({ "object_name": TEXT, "code": 0, "message": TEXT }),
        needs: &[],
    },
    Operation {
        name: "init_sale_transaction",
        minimal: |client| sale(client, InitSaleRequest::new(Decimal::new(14990, 2))),
        full: |client| {
            let request = InitSaleRequest::new(Decimal::new(14990, 2))
                .add_commission(true)
                .instalment(3)
                .card_holder_phone(TEXT)
                .card_holder_mail(TEXT)
                .description(TEXT)
                .reference_no(TEXT)
                .selected_agent_id(TEXT)
                .callback_url("myshop://paypos/done");
            sale(client, request)
        },
        success: handoff,
        needs: &["payment_session_id", "deeplink_url", "encryption_key"],
    },
    Operation {
        name: "init_reversal_transaction",
        minimal: |client| reversal(client, InitReversalRequest::new("an-encrypted-id")),
        full: |client| {
            let request = InitReversalRequest::new("an-encrypted-id")
                .reference_no("ORDER-1042 \"ş\" \u{2028} \u{0}")
                .callback_url("myshop://paypos/done");
            reversal(client, request)
        },
        success: handoff,
        needs: &["payment_session_id", "deeplink_url", "encryption_key"],
    },
    Operation {
        name: "check_transaction",
        minimal: |client| check(client, CheckTransactionRequest::new("ps-1")),
        full: |client| check(client, CheckTransactionRequest::new("ps-1")),
        success: || {
            json!({
                "Data": [{ "amount": 149.5, "is_succeed": true, "card_no": TEXT, "card_holder": TEXT, "phone": TEXT,
                    "email": TEXT, "note": TEXT, "message": TEXT, "xact_id": TEXT }],
                "object_name": TEXT, "code": 0, "message": TEXT,
            })
        },
        needs: &["Data"],
    },
];

pub fn agent(client: &Client) -> Agent {
    client.agent(SecretKey::new(SECRET_KEY).unwrap())
}

pub fn session(client: &Client) -> Session {
    client.session(SessionKey::new(KEY).unwrap())
}

fn handoff() -> Value {
    json!({
        "payment_session_id": TEXT,
        "deeplink_url": format!("paynet://{TEXT}"),
        "encryption_key": ENCRYPTION_KEY,
        "object_name": TEXT,
        "code": 0,
        "message": TEXT,
    })
}

fn shown<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<String, Error> {
    result.map(|answer| format!("{answer:?} {answer:#?}"))
}

fn get_auth_key(client: &Client, request: AuthRequest) -> Called {
    let agent = agent(client);
    async move { shown(agent.get_auth_key(request).await) }.boxed()
}

fn logout(client: &Client, request: LogoutRequest) -> Called {
    let agent = agent(client);
    async move { shown(agent.logout(request).await) }.boxed()
}

fn sale(client: &Client, request: InitSaleRequest) -> Called {
    let session = session(client);
    async move { shown::<Handoff>(session.init_sale_transaction(request).await) }.boxed()
}

fn reversal(client: &Client, request: InitReversalRequest) -> Called {
    let session = session(client);
    async move { shown::<Handoff>(session.init_reversal_transaction(request).await) }.boxed()
}

fn check(client: &Client, request: CheckTransactionRequest) -> Called {
    let session = session(client);
    async move { shown(session.check_transaction(request).await) }.boxed()
}
