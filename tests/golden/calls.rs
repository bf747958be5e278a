// Made of the documents by `cargo xtask spec renew`.

/// The operations as they are before `Agent` and `Session` have methods for them. A method of the
/// type itself goes before one of a trait.
#[allow(
    dead_code,
    reason = "of an operation that has its method, nothing here is called"
)]
trait Unwritten {
    fn get_auth_key(&self, _: types::AuthRequest) -> Ready<Result<String, Error>> {
        panic!("the documents have `get_auth_key`; add `Agent::get_auth_key`")
    }
    fn logout(&self, _: types::LogoutRequest) -> Ready<Result<String, Error>> {
        panic!("the documents have `logout`; add `Agent::logout`")
    }
    fn check_transaction(
        &self,
        _: types::CheckTransactionRequest,
    ) -> Ready<Result<String, Error>> {
        panic!(
            "the documents have `check_transaction`; add `Session::check_transaction`"
        )
    }
    fn init_reversal_transaction(
        &self,
        _: types::InitReversalRequest,
    ) -> Ready<Result<String, Error>> {
        panic!(
            "the documents have `init_reversal_transaction`; add `Session::init_reversal_transaction`"
        )
    }
    fn init_sale_transaction(
        &self,
        _: types::InitSaleRequest,
    ) -> Ready<Result<String, Error>> {
        panic!(
            "the documents have `init_sale_transaction`; add `Session::init_sale_transaction`"
        )
    }
}
impl Unwritten for Agent {}
impl Unwritten for Session {}
pub const ALL: &[Operation] = &[
    Operation {
        name: "get_auth_key",
        minimal: |client| {
            let agent = agent(client);
            let request = types::AuthRequest::new(TEXT, TEXT);
            async move { shown(agent.get_auth_key(request).await) }.boxed()
        },
        full: |client| {
            let agent = agent(client);
            let request = types::AuthRequest::new(HARD, HARD);
            async move { shown(agent.get_auth_key(request).await) }.boxed()
        },
        success: || object([
            ("agent_id", Value::from(TEXT)),
            ("code", Value::from(3)),
            ("company_code", Value::from(TEXT)),
            ("expired_date", Value::from(TEXT)),
            ("is_okc_inquiry", Value::from(true)),
            ("message", Value::from(TEXT)),
            ("object_name", Value::from(TEXT)),
            ("session_key", Value::from(KEY)),
            ("user_id", Value::from(TEXT)),
            ("user_unique_id", Value::from(TEXT)),
        ]),
        requires: &[],
    },
    Operation {
        name: "logout",
        minimal: |client| {
            let agent = agent(client);
            let request = types::LogoutRequest::new(&SessionKey::new(KEY).unwrap());
            async move { shown(agent.logout(request).await) }.boxed()
        },
        full: |client| {
            let agent = agent(client);
            let request = types::LogoutRequest::new(KEY);
            async move { shown(agent.logout(request).await) }.boxed()
        },
        success: || object([
            ("code", Value::from(3)),
            ("message", Value::from(TEXT)),
            ("object_name", Value::from(TEXT)),
        ]),
        requires: &[],
    },
    Operation {
        name: "check_transaction",
        minimal: |client| {
            let session = session(client);
            let request = types::CheckTransactionRequest::new(TEXT);
            async move { shown(session.check_transaction(request).await) }.boxed()
        },
        full: |client| {
            let session = session(client);
            let request = types::CheckTransactionRequest::new(HARD);
            async move { shown(session.check_transaction(request).await) }.boxed()
        },
        success: || object([
            (
                "Data",
                Value::from_iter([
                    object([
                        ("agent_id", Value::from(TEXT)),
                        ("agent_reference", Value::from(TEXT)),
                        ("amount", Value::from(149.90)),
                        ("authorization_code", Value::from(TEXT)),
                        ("bank_id", Value::from(TEXT)),
                        ("card_holder", Value::from(TEXT)),
                        ("card_no", Value::from(TEXT)),
                        ("card_type", Value::from(TEXT)),
                        ("code", Value::from(3)),
                        ("comission", Value::from(149.90)),
                        ("comission_tax", Value::from(149.90)),
                        ("currency", Value::from(TEXT)),
                        ("email", Value::from(TEXT)),
                        ("instalment", Value::from(3)),
                        ("is_succeed", Value::from(true)),
                        ("is_tds", Value::from(true)),
                        ("message", Value::from(TEXT)),
                        ("netAmount", Value::from(149.90)),
                        ("note", Value::from(TEXT)),
                        ("object_name", Value::from(TEXT)),
                        ("order_id", Value::from(TEXT)),
                        ("phone", Value::from(TEXT)),
                        ("pos_type", Value::from(3)),
                        ("ratio", Value::from(149.90)),
                        ("reference_code", Value::from(TEXT)),
                        ("transaction_type", Value::from(3)),
                        ("xact_date", Value::from(TEXT)),
                        ("xact_id", Value::from(TEXT)),
                        ("xact_transaction_id", Value::from(TEXT)),
                    ]),
                ]),
            ),
            ("code", Value::from(3)),
            ("message", Value::from(TEXT)),
            ("object_name", Value::from(TEXT)),
        ]),
        requires: &["Data"],
    },
    Operation {
        name: "init_reversal_transaction",
        minimal: |client| {
            let session = session(client);
            let request = types::InitReversalRequest::new(TEXT);
            async move { shown(session.init_reversal_transaction(request).await) }
                .boxed()
        },
        full: |client| {
            let session = session(client);
            let request = types::InitReversalRequest::new(HARD)
                .callback_url("myshop://paypos/done")
                .reference_no(HARD);
            async move { shown(session.init_reversal_transaction(request).await) }
                .boxed()
        },
        success: || object([
            ("code", Value::from(3)),
            ("deeplink_url", Value::from(format!("paynet://{TEXT}"))),
            ("encryption_key", Value::from(ENCRYPTION_KEY)),
            ("message", Value::from(TEXT)),
            ("object_name", Value::from(TEXT)),
            ("payment_session_id", Value::from(TEXT)),
        ]),
        requires: &[],
    },
    Operation {
        name: "init_sale_transaction",
        minimal: |client| {
            let session = session(client);
            let request = types::InitSaleRequest::new(Decimal::new(14990, 2));
            async move { shown(session.init_sale_transaction(request).await) }.boxed()
        },
        full: |client| {
            let session = session(client);
            let request = types::InitSaleRequest::new(Decimal::new(14990, 2))
                .add_commission(true)
                .callback_url("myshop://paypos/done")
                .card_holder_mail(HARD)
                .card_holder_phone(HARD)
                .description(HARD)
                .instalment(3)
                .reference_no(HARD)
                .selected_agent_id(HARD);
            async move { shown(session.init_sale_transaction(request).await) }.boxed()
        },
        success: || object([
            ("code", Value::from(3)),
            ("deeplink_url", Value::from(format!("paynet://{TEXT}"))),
            ("encryption_key", Value::from(ENCRYPTION_KEY)),
            ("message", Value::from(TEXT)),
            ("object_name", Value::from(TEXT)),
            ("payment_session_id", Value::from(TEXT)),
        ]),
        requires: &[],
    },
];
