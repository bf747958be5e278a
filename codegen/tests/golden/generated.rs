/// The server that a client calls. There is no default: production must be named explicitly.
///
/// Generated from the document's `servers`; the variants are named by
/// their descriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `https://api.paynet.com.tr`
    Production,
    /// `https://pts-api.paynet.com.tr`
    Sandbox,
}
impl Environment {
    /// Every environment, in alphabetical order.
    pub const ALL: &'static [Self] = &[Self::Production, Self::Sandbox];
    /// The URL of the server, without a trailing slash: `url` of the document's `servers`.
    #[must_use]
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Production => "https://api.paynet.com.tr",
            Self::Sandbox => "https://pts-api.paynet.com.tr",
        }
    }
    /// The variant's name, which `Display` writes and `FromStr` reads.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Sandbox => "Sandbox",
        }
    }
}
/// The types of the documents: requests and answers, generated from their schemas.
///
/// The `new` of a request takes what is required, in alphabetical order, and each optional
/// property has a setter. A request is validated when it is sent: a required text must not be
/// blank, a `*_url` must be able to open an app, and an amount must be positive, with two
/// decimals at most. `Debug` shows numbers and truth values, and of anything else only
/// whether it is there.
///
/// All types can be read from JSON and written as JSON; a secret in an answer is left out. What
/// is not essential in an answer is read as far as it can be, and is absent otherwise. An
/// amount keeps its digits in JSON text, but not in a `serde_json::Value`, which makes a
/// float of it.
pub mod types {
    pub use super::wire::types::{
        AuthRequest, AuthResponse, CheckTransactionRequest, CheckTransactionResponse,
        InitReversalRequest, InitSaleRequest, LogoutRequest, LogoutResponse, Transaction,
    };
}
/// What progenitor generates, with adjusted types.
pub(crate) mod wire {
    use crate::response::Response as ResponseValue;
    #[allow(unused_imports)]
    use types::*;
    #[allow(unused_imports)]
    pub use progenitor_client::{ByteStream, ClientInfo, Error};
    #[allow(unused_imports)]
    use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
    /// Types used as operation parameters and responses.
    #[allow(clippy::all)]
    pub mod types {
        /// Body of a request to `POST /v1/agent/get_auth_key`.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct AuthRequest {
            /// Id of the dealer.
            pub agent_id: ::std::string::String,
            /// Id of the dealer's user, who holds the phone.
            pub user_id: ::std::string::String,
        }
        /// Body of a successful answer of `POST /v1/agent/get_auth_key`.
        #[derive(Clone, Default)]
        #[non_exhaustive]
        pub struct AuthResponse {
            /// Id of the dealer.
            pub agent_id: ::std::option::Option<::std::string::String>,
            /// Code.
            pub code: ::std::option::Option<i64>,
            /// Code of the company.
            pub company_code: ::std::option::Option<::std::string::String>,
            /// When the key expires.
            pub expired_date: ::std::option::Option<::std::string::String>,
            /// Result of the inquiry whether the dealer is exempt from a fiscal cash register (ÖKC).
            pub is_okc_inquiry: ::std::option::Option<bool>,
            /// Message.
            pub message: ::std::option::Option<::std::string::String>,
            /// Object name.
            pub object_name: ::std::option::Option<::std::string::String>,
            /// Key of the mobile session, for the operations that follow.
            ///
            /// A secret: left out when the answer is written as JSON.
            pub session_key: ::std::option::Option<crate::Secret>,
            /// Id of the dealer's user.
            pub user_id: ::std::option::Option<::std::string::String>,
            /// Unique id of the user.
            pub user_unique_id: ::std::option::Option<::std::string::String>,
        }
        /// Body of a request to `POST /v1/softpos/check_transaction`.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct CheckTransactionRequest {
            /// `payment_session_id` of the document, which does not describe it.
            pub payment_session_id: ::std::string::String,
        }
        /// Body of a successful answer of `POST /v1/softpos/check_transaction`.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct CheckTransactionResponse {
            /// `code` of the document, which does not describe it.
            pub code: ::std::option::Option<i64>,
            /// `Data` of the document, which does not describe it.
            pub data: ::std::vec::Vec<Transaction>,
            /// `message` of the document, which does not describe it.
            pub message: ::std::option::Option<::std::string::String>,
            /// `object_name` of the document, which does not describe it.
            pub object_name: ::std::option::Option<::std::string::String>,
        }
        /// Body of a request to `POST /v1/softpos/init_reversal_transaction`.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct InitReversalRequest {
            /// Callback url.
            pub callback_url: ::std::option::Option<::std::string::String>,
            /// Reference number.
            pub reference_no: ::std::option::Option<::std::string::String>,
            /// The encrypted version of the transaction ID.
            pub xact_id: ::std::string::String,
        }
        /// Body of a request to `POST /v1/softpos/init_sale_transaction`.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct InitSaleRequest {
            /// Whether the commission is added to the amount.
            pub add_commission: ::std::option::Option<bool>,
            /// Amount of the sale.
            pub amount: crate::Decimal,
            /// URL that PayPOS returns to.
            pub callback_url: ::std::option::Option<::std::string::String>,
            /// E-mail address of the card holder.
            pub card_holder_mail: ::std::option::Option<::std::string::String>,
            /// Phone number of the card holder.
            pub card_holder_phone: ::std::option::Option<::std::string::String>,
            /// Description of the sale.
            pub description: ::std::option::Option<::std::string::String>,
            /// Number of instalments.
            pub instalment: ::std::option::Option<i64>,
            /// The merchant's own reference.
            pub reference_no: ::std::option::Option<::std::string::String>,
            /// Id of the dealer that the sale is made for.
            pub selected_agent_id: ::std::option::Option<::std::string::String>,
        }
        /// Body of a request to `POST /v1/agent/logout`.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct LogoutRequest {
            /// Key of the mobile session that ends.
            pub session_key: crate::Secret,
        }
        /// Body of a successful answer of `POST /v1/agent/logout`.
        #[derive(Clone, Default)]
        #[non_exhaustive]
        pub struct LogoutResponse {
            /// Code.
            pub code: ::std::option::Option<i64>,
            /// Message.
            pub message: ::std::option::Option<::std::string::String>,
            /// Object name.
            pub object_name: ::std::option::Option<::std::string::String>,
        }
        /// Part of the bodies of `POST /v1/softpos/check_transaction`.
        #[derive(Clone, Default)]
        #[non_exhaustive]
        pub struct Transaction {
            /// Id of the dealer.
            pub agent_id: ::std::option::Option<::std::string::String>,
            /// The merchant's own reference.
            pub agent_reference: ::std::option::Option<::std::string::String>,
            /// Amount.
            pub amount: ::std::option::Option<crate::Decimal>,
            /// Authorization code of the bank.
            pub authorization_code: ::std::option::Option<::std::string::String>,
            /// Id of the bank.
            pub bank_id: ::std::option::Option<::std::string::String>,
            /// Name of the card holder.
            pub card_holder: ::std::option::Option<::std::string::String>,
            /// Masked card number.
            pub card_no: ::std::option::Option<::std::string::String>,
            /// Type of the card.
            pub card_type: ::std::option::Option<::std::string::String>,
            /// Code.
            pub code: ::std::option::Option<i64>,
            /// Commission.
            pub comission: ::std::option::Option<crate::Decimal>,
            /// Tax on the commission.
            pub comission_tax: ::std::option::Option<crate::Decimal>,
            /// Currency.
            pub currency: ::std::option::Option<::std::string::String>,
            /// E-mail address of the card holder.
            pub email: ::std::option::Option<::std::string::String>,
            /// Number of instalments.
            pub instalment: ::std::option::Option<i64>,
            /// Whether the transaction succeeded.
            pub is_succeed: ::std::option::Option<bool>,
            /// Whether 3-D Secure was used.
            pub is_tds: ::std::option::Option<bool>,
            /// Message.
            pub message: ::std::option::Option<::std::string::String>,
            /// Amount without commission.
            ///
            /// `netAmount` of the document.
            pub net_amount: ::std::option::Option<crate::Decimal>,
            /// Note.
            pub note: ::std::option::Option<::std::string::String>,
            /// Object name.
            pub object_name: ::std::option::Option<::std::string::String>,
            /// Order id.
            pub order_id: ::std::option::Option<::std::string::String>,
            /// Phone number of the card holder.
            pub phone: ::std::option::Option<::std::string::String>,
            /// Type of the POS.
            pub pos_type: ::std::option::Option<i64>,
            /// Commission ratio.
            pub ratio: ::std::option::Option<crate::Decimal>,
            /// Reference code of the bank.
            pub reference_code: ::std::option::Option<::std::string::String>,
            /// Type of the transaction.
            pub transaction_type: ::std::option::Option<i64>,
            /// Date of the transaction.
            pub xact_date: ::std::option::Option<::std::string::String>,
            /// Encrypted transaction id, which a reversal asks for.
            pub xact_id: ::std::option::Option<::std::string::String>,
            /// Transaction id.
            pub xact_transaction_id: ::std::option::Option<::std::string::String>,
        }
        /// Error types.
        pub mod error {
            /// Error from a `TryFrom` or `FromStr` implementation.
            pub struct ConversionError(::std::borrow::Cow<'static, str>);
            impl ::std::error::Error for ConversionError {}
            impl ::std::fmt::Display for ConversionError {
                fn fmt(
                    &self,
                    f: &mut ::std::fmt::Formatter<'_>,
                ) -> Result<(), ::std::fmt::Error> {
                    ::std::fmt::Display::fmt(&self.0, f)
                }
            }
            impl ::std::fmt::Debug for ConversionError {
                fn fmt(
                    &self,
                    f: &mut ::std::fmt::Formatter<'_>,
                ) -> Result<(), ::std::fmt::Error> {
                    ::std::fmt::Debug::fmt(&self.0, f)
                }
            }
            impl From<&'static str> for ConversionError {
                fn from(value: &'static str) -> Self {
                    Self(value.into())
                }
            }
            impl From<String> for ConversionError {
                fn from(value: String) -> Self {
                    Self(value.into())
                }
            }
        }
    }
    /**Client for PayPOS (Paynet) API

Version: 1.0.0*/
    pub struct Client {
        pub(crate) baseurl: String,
        pub(crate) client: reqwest::Client,
        pub(crate) inner: crate::transport::Context,
    }
    impl Client {
        pub fn new_with_client(
            baseurl: &str,
            client: reqwest::Client,
            inner: crate::transport::Context,
        ) -> Self {
            Self {
                baseurl: baseurl.to_string(),
                client,
                inner,
            }
        }
    }
    impl ClientInfo<crate::transport::Context> for Client {
        fn api_version() -> &'static str {
            "1.0.0"
        }
        fn baseurl(&self) -> &str {
            self.baseurl.as_str()
        }
        fn client(&self) -> &reqwest::Client {
            &self.client
        }
        fn inner(&self) -> &crate::transport::Context {
            &self.inner
        }
    }
    const _: () = {
        #[allow(dead_code)]
        fn assert_client_hooks()
        where
            Client: ClientHooks<crate::transport::Context>,
        {}
    };
    #[allow(clippy::all)]
    impl Client {
        pub async fn get_auth_key<'a>(
            &'a self,
            body: &'a types::AuthRequest,
        ) -> Result<ResponseValue<types::AuthResponse>, Error<()>> {
            let url = self.inner.server.urls[self.inner.operation.index].clone();
            #[allow(unused_mut)]
            let mut request = self.client.post(url).json(&body).build()?;
            let info = OperationInfo {
                operation_id: "get_auth_key",
            };
            self.pre(&mut request, &info).await?;
            let result = self.exec(request, &info).await;
            self.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
        pub async fn logout<'a>(
            &'a self,
            body: &'a types::LogoutRequest,
        ) -> Result<ResponseValue<types::LogoutResponse>, Error<()>> {
            let url = self.inner.server.urls[self.inner.operation.index].clone();
            #[allow(unused_mut)]
            let mut request = self.client.post(url).json(&body).build()?;
            let info = OperationInfo {
                operation_id: "logout",
            };
            self.pre(&mut request, &info).await?;
            let result = self.exec(request, &info).await;
            self.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
        pub async fn check_transaction<'a>(
            &'a self,
            body: &'a types::CheckTransactionRequest,
        ) -> Result<ResponseValue<types::CheckTransactionResponse>, Error<()>> {
            let url = self.inner.server.urls[self.inner.operation.index].clone();
            #[allow(unused_mut)]
            let mut request = self.client.post(url).json(&body).build()?;
            let info = OperationInfo {
                operation_id: "check_transaction",
            };
            self.pre(&mut request, &info).await?;
            let result = self.exec(request, &info).await;
            self.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
        pub async fn init_reversal_transaction<'a>(
            &'a self,
            body: &'a types::InitReversalRequest,
        ) -> Result<ResponseValue<crate::Handoff>, Error<()>> {
            let url = self.inner.server.urls[self.inner.operation.index].clone();
            #[allow(unused_mut)]
            let mut request = self.client.post(url).json(&body).build()?;
            let info = OperationInfo {
                operation_id: "init_reversal_transaction",
            };
            self.pre(&mut request, &info).await?;
            let result = self.exec(request, &info).await;
            self.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
        pub async fn init_sale_transaction<'a>(
            &'a self,
            body: &'a types::InitSaleRequest,
        ) -> Result<ResponseValue<crate::Handoff>, Error<()>> {
            let url = self.inner.server.urls[self.inner.operation.index].clone();
            #[allow(unused_mut)]
            let mut request = self.client.post(url).json(&body).build()?;
            let info = OperationInfo {
                operation_id: "init_sale_transaction",
            };
            self.pre(&mut request, &info).await?;
            let result = self.exec(request, &info).await;
            self.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
    }
    /// Items consumers will typically use such as the Client.
    pub mod prelude {
        #[allow(unused_imports)]
        pub use super::Client;
    }
    crate::property::object!(
        AuthRequest { agent_id : "agent_id", required, true; user_id : "user_id",
        required, true; }
    );
    impl types::AuthRequest {
        /// A request with what is required: `agent_id`, `user_id`.
        #[must_use]
        pub fn new(
            agent_id: impl Into<::std::string::String>,
            user_id: impl Into<::std::string::String>,
        ) -> Self {
            Self {
                agent_id: agent_id.into(),
                user_id: user_id.into(),
            }
        }
    }
    crate::property::object!(
        AuthResponse { agent_id : "agent_id", tolerant, true; code : "code", tolerant,
        true; company_code : "company_code", tolerant, true; expired_date :
        "expired_date", tolerant, true; is_okc_inquiry : "is_okc_inquiry", tolerant,
        true; message : "message", tolerant, true; object_name : "object_name", tolerant,
        true; session_key : "session_key", optional, false; user_id : "user_id",
        tolerant, true; user_unique_id : "user_unique_id", tolerant, true; }
    );
    crate::property::object!(
        CheckTransactionRequest { payment_session_id : "payment_session_id", required,
        true; }
    );
    impl types::CheckTransactionRequest {
        /// A request with what is required: `payment_session_id`.
        #[must_use]
        pub fn new(payment_session_id: impl Into<::std::string::String>) -> Self {
            Self {
                payment_session_id: payment_session_id.into(),
            }
        }
    }
    crate::property::object!(
        CheckTransactionResponse { code : "code", tolerant, true; data : "Data",
        required, true; message : "message", tolerant, true; object_name : "object_name",
        tolerant, true; }
    );
    crate::property::object!(
        InitReversalRequest { callback_url : "callback_url", optional, true; reference_no
        : "reference_no", optional, true; xact_id : "xact_id", required, true; }
    );
    impl types::InitReversalRequest {
        /// A request with what is required: `xact_id`.
        #[must_use]
        pub fn new(xact_id: impl Into<::std::string::String>) -> Self {
            Self {
                xact_id: xact_id.into(),
                callback_url: Default::default(),
                reference_no: Default::default(),
            }
        }
        /// Sets the optional property `callback_url`. Callback url.
        #[must_use]
        pub fn callback_url(mut self, value: impl Into<::std::string::String>) -> Self {
            self.callback_url = Some(value.into());
            self
        }
        /// Sets the optional property `reference_no`. Reference number.
        #[must_use]
        pub fn reference_no(mut self, value: impl Into<::std::string::String>) -> Self {
            self.reference_no = Some(value.into());
            self
        }
    }
    crate::property::object!(
        InitSaleRequest { add_commission : "add_commission", optional, true; amount :
        "amount", required, true; callback_url : "callback_url", optional, true;
        card_holder_mail : "card_holder_mail", optional, true; card_holder_phone :
        "card_holder_phone", optional, true; description : "description", optional, true;
        instalment : "instalment", optional, true; reference_no : "reference_no",
        optional, true; selected_agent_id : "selected_agent_id", optional, true; }
    );
    impl types::InitSaleRequest {
        /// A request with what is required: `amount`.
        #[must_use]
        pub fn new(amount: impl Into<crate::Decimal>) -> Self {
            Self {
                amount: amount.into(),
                add_commission: Default::default(),
                callback_url: Default::default(),
                card_holder_mail: Default::default(),
                card_holder_phone: Default::default(),
                description: Default::default(),
                instalment: Default::default(),
                reference_no: Default::default(),
                selected_agent_id: Default::default(),
            }
        }
        /// Sets the optional property `add_commission`. Whether the commission is added to the amount.
        #[must_use]
        pub fn add_commission(mut self, value: impl Into<bool>) -> Self {
            self.add_commission = Some(value.into());
            self
        }
        /// Sets the optional property `callback_url`. URL that PayPOS returns to.
        #[must_use]
        pub fn callback_url(mut self, value: impl Into<::std::string::String>) -> Self {
            self.callback_url = Some(value.into());
            self
        }
        /// Sets the optional property `card_holder_mail`. E-mail address of the card holder.
        #[must_use]
        pub fn card_holder_mail(
            mut self,
            value: impl Into<::std::string::String>,
        ) -> Self {
            self.card_holder_mail = Some(value.into());
            self
        }
        /// Sets the optional property `card_holder_phone`. Phone number of the card holder.
        #[must_use]
        pub fn card_holder_phone(
            mut self,
            value: impl Into<::std::string::String>,
        ) -> Self {
            self.card_holder_phone = Some(value.into());
            self
        }
        /// Sets the optional property `description`. Description of the sale.
        #[must_use]
        pub fn description(mut self, value: impl Into<::std::string::String>) -> Self {
            self.description = Some(value.into());
            self
        }
        /// Sets the optional property `instalment`. Number of instalments.
        #[must_use]
        pub fn instalment(mut self, value: impl Into<i64>) -> Self {
            self.instalment = Some(value.into());
            self
        }
        /// Sets the optional property `reference_no`. The merchant's own reference.
        #[must_use]
        pub fn reference_no(mut self, value: impl Into<::std::string::String>) -> Self {
            self.reference_no = Some(value.into());
            self
        }
        /// Sets the optional property `selected_agent_id`. Id of the dealer that the sale is made for.
        #[must_use]
        pub fn selected_agent_id(
            mut self,
            value: impl Into<::std::string::String>,
        ) -> Self {
            self.selected_agent_id = Some(value.into());
            self
        }
    }
    crate::property::object!(
        LogoutRequest { session_key : "session_key", required, true; }
    );
    impl types::LogoutRequest {
        /// A request with what is required: `session_key`.
        #[must_use]
        pub fn new(session_key: impl Into<crate::Secret>) -> Self {
            Self {
                session_key: session_key.into(),
            }
        }
    }
    crate::property::object!(
        LogoutResponse { code : "code", tolerant, true; message : "message", tolerant,
        true; object_name : "object_name", tolerant, true; }
    );
    crate::property::object!(
        Transaction { agent_id : "agent_id", tolerant, true; agent_reference :
        "agent_reference", tolerant, true; amount : "amount", tolerant, true;
        authorization_code : "authorization_code", tolerant, true; bank_id : "bank_id",
        tolerant, true; card_holder : "card_holder", tolerant, true; card_no : "card_no",
        tolerant, true; card_type : "card_type", tolerant, true; code : "code", tolerant,
        true; comission : "comission", tolerant, true; comission_tax : "comission_tax",
        tolerant, true; currency : "currency", tolerant, true; email : "email", tolerant,
        true; instalment : "instalment", tolerant, true; is_succeed : "is_succeed",
        tolerant, true; is_tds : "is_tds", tolerant, true; message : "message", tolerant,
        true; net_amount : "netAmount", tolerant, true; note : "note", tolerant, true;
        object_name : "object_name", tolerant, true; order_id : "order_id", tolerant,
        true; phone : "phone", tolerant, true; pos_type : "pos_type", tolerant, true;
        ratio : "ratio", tolerant, true; reference_code : "reference_code", tolerant,
        true; transaction_type : "transaction_type", tolerant, true; xact_date :
        "xact_date", tolerant, true; xact_id : "xact_id", tolerant, true;
        xact_transaction_id : "xact_transaction_id", tolerant, true; }
    );
}
/// The documents as they are stored, which the simulator judges by.
pub(crate) const DOCUMENTS: &[&str] = &[
    include_str!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/", "openapi/create-session.json")
    ),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", "openapi/end-session.json")),
    include_str!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/", "openapi/initialize-payment.json")
    ),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", "openapi/refund-cancel.json")),
    include_str!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/", "openapi/retrieve-payment.json")
    ),
];
/// The document's operations, with what the transport needs to know of each.
pub(crate) mod operations {
    use crate::transport::Operation;
    /// `POST /v1/softpos/check_transaction`
    pub(crate) const CHECK_TRANSACTION: Operation = Operation {
        name: "check_transaction",
        index: 0usize,
        path: "/v1/softpos/check_transaction",
        moves_money: false,
        headers: &["session-key"],
    };
    /// `POST /v1/agent/get_auth_key`
    pub(crate) const GET_AUTH_KEY: Operation = Operation {
        name: "get_auth_key",
        index: 1usize,
        path: "/v1/agent/get_auth_key",
        moves_money: true,
        headers: &["authorization", "paynetmobile"],
    };
    /// `POST /v1/softpos/init_reversal_transaction`
    pub(crate) const INIT_REVERSAL_TRANSACTION: Operation = Operation {
        name: "init_reversal_transaction",
        index: 2usize,
        path: "/v1/softpos/init_reversal_transaction",
        moves_money: true,
        headers: &["session-key"],
    };
    /// `POST /v1/softpos/init_sale_transaction`
    pub(crate) const INIT_SALE_TRANSACTION: Operation = Operation {
        name: "init_sale_transaction",
        index: 3usize,
        path: "/v1/softpos/init_sale_transaction",
        moves_money: true,
        headers: &["session-key"],
    };
    /// `POST /v1/agent/logout`
    pub(crate) const LOGOUT: Operation = Operation {
        name: "logout",
        index: 4usize,
        path: "/v1/agent/logout",
        moves_money: true,
        headers: &["authorization", "paynetmobile"],
    };
    /// Every operation.
    pub(crate) const ALL: &[Operation] = &[
        CHECK_TRANSACTION,
        GET_AUTH_KEY,
        INIT_REVERSAL_TRANSACTION,
        INIT_SALE_TRANSACTION,
        LOGOUT,
    ];
}
