/// The server that a client calls. There is no default: production must be named explicitly.
///
/// Generated from the documents' `servers`; the variants are named after their descriptions. Written as its
/// name, and read ignoring case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Returns the URL of the server, without a trailing slash: `url` of the documents' `servers`.
    #[must_use]
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Production => "https://api.paynet.com.tr",
            Self::Sandbox => "https://pts-api.paynet.com.tr",
        }
    }
    /// Returns the variant's name, which `Display` and `Serialize` write and `FromStr` parses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Sandbox => "Sandbox",
        }
    }
}
/// Request and response types, generated from Paynet's documents.
///
/// `new` takes the required properties in alphabetical order; each optional property has a setter, and is a
/// public field for values that are `Option`s already. Requests are validated when sent: required strings must
/// not be blank, ids and references must have a letter or digit, `*_url` properties must be URLs that can open an
/// app, and decimals are amounts, which must be positive with at most two decimal places and 15 digits. `Debug`
/// prints numbers and booleans and redacts the rest.
///
/// All types implement `Serialize` and `Deserialize`; secrets in responses are not serialized. A request
/// refuses a property that it does not know. A non-essential response property that cannot be parsed is
/// treated as absent. Amounts keep their digits in JSON text, but not in a `serde_json::Value`, which converts
/// them to floats. As a part of another type, where serde buffers it, a number has at most 15 digits; one with
/// more is refused. In formats that are not for people, such as MessagePack, an object is its JSON.
pub mod types {
    /// Request body of `POST /v1/agent/get_auth_key`.
    #[derive(Clone, PartialEq)]
    #[non_exhaustive]
    pub struct AuthRequest {
        /// Id of the dealer.
        pub agent_id: ::std::string::String,
        /// Id of the dealer's user, who holds the phone.
        pub user_id: ::std::string::String,
    }
    crate::object::object!(
        AuthRequest, request { agent_id : "agent_id", required, true, true; user_id :
        "user_id", required, true, true; }
    );
    impl AuthRequest {
        /// Creates a request from its required properties: `agent_id`, `user_id`.
        #[must_use]
        pub fn new(
            agent_id: impl ::core::convert::Into<::std::string::String>,
            user_id: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            Self {
                agent_id: ::core::convert::Into::into(agent_id),
                user_id: ::core::convert::Into::into(user_id),
            }
        }
    }
    /// Response body of `POST /v1/agent/get_auth_key`.
    #[derive(Clone, PartialEq, Default)]
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
        /// Secret: not serialized.
        pub session_key: ::std::option::Option<crate::Secret>,
        /// Id of the dealer's user.
        pub user_id: ::std::option::Option<::std::string::String>,
        /// Unique id of the user.
        pub user_unique_id: ::std::option::Option<::std::string::String>,
    }
    crate::object::object!(
        AuthResponse, response { agent_id : "agent_id", lenient, false, true; code :
        "code", lenient, false, true; company_code : "company_code", lenient, false,
        true; expired_date : "expired_date", lenient, false, true; is_okc_inquiry :
        "is_okc_inquiry", lenient, false, true; message : "message", lenient, false,
        true; object_name : "object_name", lenient, false, true; session_key :
        "session_key", optional, false, false; user_id : "user_id", lenient, false, true;
        user_unique_id : "user_unique_id", lenient, false, true; }
    );
    /// Request body of `POST /v1/softpos/check_transaction`.
    #[derive(Clone, PartialEq)]
    #[non_exhaustive]
    pub struct CheckTransactionRequest {
        /// Not described by Paynet.
        pub payment_session_id: ::std::string::String,
    }
    crate::object::object!(
        CheckTransactionRequest, request { payment_session_id : "payment_session_id",
        required, true, true; }
    );
    impl CheckTransactionRequest {
        /// Creates a request from its required properties: `payment_session_id`.
        #[must_use]
        pub fn new(
            payment_session_id: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            Self {
                payment_session_id: ::core::convert::Into::into(payment_session_id),
            }
        }
    }
    /// Response body of `POST /v1/softpos/check_transaction`.
    #[derive(Clone, PartialEq, Default)]
    #[non_exhaustive]
    pub struct CheckTransactionResponse {
        /// Not described by Paynet.
        pub code: ::std::option::Option<i64>,
        /// Not described by Paynet.
        pub data: ::std::vec::Vec<Transaction>,
        /// Not described by Paynet.
        pub message: ::std::option::Option<::std::string::String>,
        /// Not described by Paynet.
        pub object_name: ::std::option::Option<::std::string::String>,
    }
    crate::object::object!(
        CheckTransactionResponse, response { code : "code", lenient, false, true; data :
        "Data", required, true, true; message : "message", lenient, false, true;
        object_name : "object_name", lenient, false, true; }
    );
    /// Request body of `POST /v1/softpos/init_reversal_transaction`.
    #[derive(Clone, PartialEq)]
    #[non_exhaustive]
    pub struct InitReversalRequest {
        /// Callback url.
        pub callback_url: ::std::option::Option<::std::string::String>,
        /// Reference number.
        pub reference_no: ::std::option::Option<::std::string::String>,
        /// The encrypted version of the transaction ID.
        pub xact_id: ::std::string::String,
    }
    crate::object::object!(
        InitReversalRequest, request { callback_url : "callback_url", optional, false,
        true; reference_no : "reference_no", optional, false, true; xact_id : "xact_id",
        required, true, true; }
    );
    impl InitReversalRequest {
        /// Creates a request from its required properties: `xact_id`.
        #[must_use]
        pub fn new(xact_id: impl ::core::convert::Into<::std::string::String>) -> Self {
            Self {
                xact_id: ::core::convert::Into::into(xact_id),
                callback_url: ::core::default::Default::default(),
                reference_no: ::core::default::Default::default(),
            }
        }
        /// Sets `callback_url`. Callback url.
        #[must_use]
        pub fn callback_url(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.callback_url = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
        /// Sets `reference_no`. Reference number.
        #[must_use]
        pub fn reference_no(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.reference_no = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
    }
    /// Request body of `POST /v1/softpos/init_sale_transaction`.
    #[derive(Clone, PartialEq)]
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
    crate::object::object!(
        InitSaleRequest, request { add_commission : "add_commission", optional, false,
        true; amount : "amount", required, true, true; callback_url : "callback_url",
        optional, false, true; card_holder_mail : "card_holder_mail", optional, false,
        true; card_holder_phone : "card_holder_phone", optional, false, true; description
        : "description", optional, false, true; instalment : "instalment", optional,
        false, true; reference_no : "reference_no", optional, false, true;
        selected_agent_id : "selected_agent_id", optional, false, true; }
    );
    impl InitSaleRequest {
        /// Creates a request from its required properties: `amount`.
        #[must_use]
        pub fn new(amount: crate::Decimal) -> Self {
            Self {
                amount: amount,
                add_commission: ::core::default::Default::default(),
                callback_url: ::core::default::Default::default(),
                card_holder_mail: ::core::default::Default::default(),
                card_holder_phone: ::core::default::Default::default(),
                description: ::core::default::Default::default(),
                instalment: ::core::default::Default::default(),
                reference_no: ::core::default::Default::default(),
                selected_agent_id: ::core::default::Default::default(),
            }
        }
        /// Sets `add_commission`. Whether the commission is added to the amount.
        #[must_use]
        pub fn add_commission(mut self, value: bool) -> Self {
            self.add_commission = ::core::option::Option::Some(value);
            self
        }
        /// Sets `callback_url`. URL that PayPOS returns to.
        #[must_use]
        pub fn callback_url(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.callback_url = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
        /// Sets `card_holder_mail`. E-mail address of the card holder.
        #[must_use]
        pub fn card_holder_mail(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.card_holder_mail = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
        /// Sets `card_holder_phone`. Phone number of the card holder.
        #[must_use]
        pub fn card_holder_phone(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.card_holder_phone = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
        /// Sets `description`. Description of the sale.
        #[must_use]
        pub fn description(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.description = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
        /// Sets `instalment`. Number of instalments.
        #[must_use]
        pub fn instalment(mut self, value: i64) -> Self {
            self.instalment = ::core::option::Option::Some(value);
            self
        }
        /// Sets `reference_no`. The merchant's own reference.
        #[must_use]
        pub fn reference_no(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.reference_no = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
        /// Sets `selected_agent_id`. Id of the dealer that the sale is made for.
        #[must_use]
        pub fn selected_agent_id(
            mut self,
            value: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            self.selected_agent_id = ::core::option::Option::Some(
                ::core::convert::Into::into(value),
            );
            self
        }
    }
    /// Request body of `POST /v1/agent/logout`.
    #[derive(Clone, PartialEq)]
    #[non_exhaustive]
    pub struct LogoutRequest {
        /// Key of the mobile session that ends.
        pub session_key: crate::Secret,
    }
    crate::object::object!(
        LogoutRequest, request { session_key : "session_key", required, true, true; }
    );
    impl LogoutRequest {
        /// Creates a request from its required properties: `session_key`.
        #[must_use]
        pub fn new(session_key: impl ::core::convert::Into<crate::Secret>) -> Self {
            Self {
                session_key: ::core::convert::Into::into(session_key),
            }
        }
    }
    /// Response body of `POST /v1/agent/logout`.
    #[derive(Clone, PartialEq, Default)]
    #[non_exhaustive]
    pub struct LogoutResponse {
        /// Code.
        pub code: ::std::option::Option<i64>,
        /// Message.
        pub message: ::std::option::Option<::std::string::String>,
        /// Object name.
        pub object_name: ::std::option::Option<::std::string::String>,
    }
    crate::object::object!(
        LogoutResponse, response { code : "code", lenient, false, true; message :
        "message", lenient, false, true; object_name : "object_name", lenient, false,
        true; }
    );
    /// Used by `POST /v1/softpos/check_transaction`.
    #[derive(Clone, PartialEq, Default)]
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
    crate::object::object!(
        Transaction, response { agent_id : "agent_id", lenient, false, true;
        agent_reference : "agent_reference", lenient, false, true; amount : "amount",
        lenient, false, true; authorization_code : "authorization_code", lenient, false,
        true; bank_id : "bank_id", lenient, false, true; card_holder : "card_holder",
        lenient, false, true; card_no : "card_no", lenient, false, true; card_type :
        "card_type", lenient, false, true; code : "code", lenient, false, true; comission
        : "comission", lenient, false, true; comission_tax : "comission_tax", lenient,
        false, true; currency : "currency", lenient, false, true; email : "email",
        lenient, false, true; instalment : "instalment", lenient, false, true; is_succeed
        : "is_succeed", lenient, false, true; is_tds : "is_tds", lenient, false, true;
        message : "message", lenient, false, true; net_amount : "netAmount", lenient,
        false, true; note : "note", lenient, false, true; object_name : "object_name",
        lenient, false, true; order_id : "order_id", lenient, false, true; phone :
        "phone", lenient, false, true; pos_type : "pos_type", lenient, false, true; ratio
        : "ratio", lenient, false, true; reference_code : "reference_code", lenient,
        false, true; transaction_type : "transaction_type", lenient, false, true;
        xact_date : "xact_date", lenient, false, true; xact_id : "xact_id", lenient,
        false, true; xact_transaction_id : "xact_transaction_id", lenient, false, true; }
    );
}
/// What progenitor generates.
pub(crate) mod wire {
    /// Has the methods read responses by the hand-written type.
    mod progenitor_client {
        pub use ::progenitor_client::*;
        pub use crate::response::Response as ResponseValue;
    }
    #[allow(unused_imports)]
    pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
    #[allow(unused_imports)]
    use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
    /// Types used as operation parameters and responses.
    #[allow(clippy::all)]
    pub mod types {
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
    #[derive(Clone, Debug)]
    /**Client for PayPOS

Version: 1*/
    pub struct Client {
        pub(crate) baseurl: String,
        pub(crate) client: reqwest::Client,
        pub(crate) inner: crate::transport::Context,
    }
    impl Client {
        /// Create a new client.
        ///
        /// `baseurl` is the base URL provided to the internal
        /// `reqwest::Client`, and should include a scheme and hostname,
        /// as well as port and a path stem if applicable.
        pub fn new(baseurl: &str, inner: crate::transport::Context) -> Self {
            #[cfg(not(target_arch = "wasm32"))]
            let client = {
                let dur = ::std::time::Duration::from_secs(15u64);
                reqwest::ClientBuilder::new().connect_timeout(dur).timeout(dur)
            };
            #[cfg(target_arch = "wasm32")]
            let client = reqwest::ClientBuilder::new();
            Self::new_with_client(baseurl, client.build().unwrap(), inner)
        }
        /// Construct a new client with an existing `reqwest::Client`,
        /// allowing more control over its configuration.
        ///
        /// `baseurl` is the base URL provided to the internal
        /// `reqwest::Client`, and should include a scheme and hostname,
        /// as well as port and a path stem if applicable.
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
            "1"
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
        /**Sends a `POST` request to `/0`

*/
        pub async fn check_transaction<'a>(
            &'a self,
            body: &'a crate::types::CheckTransactionRequest,
        ) -> Result<ResponseValue<crate::types::CheckTransactionResponse>, Error<()>> {
            let url = format!("{}/0", self.baseurl,);
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(Self::api_version()),
                );
            #[allow(unused_mut)]
            let mut request = self
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .headers(header_map)
                .build()?;
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
        /**Sends a `POST` request to `/1`

*/
        pub async fn get_auth_key<'a>(
            &'a self,
            body: &'a crate::types::AuthRequest,
        ) -> Result<ResponseValue<crate::types::AuthResponse>, Error<()>> {
            let url = format!("{}/1", self.baseurl,);
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(Self::api_version()),
                );
            #[allow(unused_mut)]
            let mut request = self
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .headers(header_map)
                .build()?;
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
        /**Sends a `POST` request to `/2`

*/
        pub async fn init_reversal_transaction<'a>(
            &'a self,
            body: &'a crate::types::InitReversalRequest,
        ) -> Result<ResponseValue<crate::handoff::Opened>, Error<()>> {
            let url = format!("{}/2", self.baseurl,);
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(Self::api_version()),
                );
            #[allow(unused_mut)]
            let mut request = self
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .headers(header_map)
                .build()?;
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
        /**Sends a `POST` request to `/3`

*/
        pub async fn init_sale_transaction<'a>(
            &'a self,
            body: &'a crate::types::InitSaleRequest,
        ) -> Result<ResponseValue<crate::handoff::Opened>, Error<()>> {
            let url = format!("{}/3", self.baseurl,);
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(Self::api_version()),
                );
            #[allow(unused_mut)]
            let mut request = self
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .headers(header_map)
                .build()?;
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
        /**Sends a `POST` request to `/4`

*/
        pub async fn logout<'a>(
            &'a self,
            body: &'a crate::types::LogoutRequest,
        ) -> Result<ResponseValue<crate::types::LogoutResponse>, Error<()>> {
            let url = format!("{}/4", self.baseurl,);
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(Self::api_version()),
                );
            #[allow(unused_mut)]
            let mut request = self
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .headers(header_map)
                .build()?;
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
    }
    /// Items consumers will typically use such as the Client.
    pub mod prelude {
        #[allow(unused_imports)]
        pub use super::Client;
    }
}
/// Paynet's documents as one OpenAPI 3.0 document, in JSON: joined, repaired where they are not OpenAPI, and
/// with all that they state, for other generators and validators.
pub const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/document.json"));
/// An operation of the documents. Written as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST /v1/softpos/check_transaction`
    CheckTransaction,
    /// `POST /v1/agent/get_auth_key`
    GetAuthKey,
    /// `POST /v1/softpos/init_reversal_transaction`
    InitReversalTransaction,
    /// `POST /v1/softpos/init_sale_transaction`
    InitSaleTransaction,
    /// `POST /v1/agent/logout`
    Logout,
}
impl Operation {
    /// Every operation, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::CheckTransaction,
        Self::GetAuthKey,
        Self::InitReversalTransaction,
        Self::InitSaleTransaction,
        Self::Logout,
    ];
    /// Returns the name of the operation's method, such as `init_sale_transaction`, which `Display` and
    /// `Serialize` write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CheckTransaction => "check_transaction",
            Self::GetAuthKey => "get_auth_key",
            Self::InitReversalTransaction => "init_reversal_transaction",
            Self::InitSaleTransaction => "init_sale_transaction",
            Self::Logout => "logout",
        }
    }
    /// The path, with its placeholders.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::CheckTransaction => "/v1/softpos/check_transaction",
            Self::GetAuthKey => "/v1/agent/get_auth_key",
            Self::InitReversalTransaction => "/v1/softpos/init_reversal_transaction",
            Self::InitSaleTransaction => "/v1/softpos/init_sale_transaction",
            Self::Logout => "/v1/agent/logout",
        }
    }
    /// Whether a call has values in its path or its query.
    pub(crate) const fn has_parameters(self) -> bool {
        match self {
            Self::CheckTransaction => false,
            Self::GetAuthKey => false,
            Self::InitReversalTransaction => false,
            Self::InitSaleTransaction => false,
            Self::Logout => false,
        }
    }
    /// Whether a call moves money; `None` if nobody has said so yet.
    pub(crate) const fn moves_money(self) -> Option<bool> {
        match self {
            Self::CheckTransaction => Some(false),
            Self::GetAuthKey => Some(false),
            Self::InitReversalTransaction => Some(true),
            Self::InitSaleTransaction => Some(true),
            Self::Logout => Some(false),
        }
    }
    /// The headers that the transport injects.
    pub(crate) const fn headers(self) -> &'static [crate::transport::Header] {
        match self {
            Self::CheckTransaction => &[crate::transport::Header::SessionKey],
            Self::GetAuthKey => {
                &[
                    crate::transport::Header::Basic,
                    crate::transport::Header::PaynetMobile,
                ]
            }
            Self::InitReversalTransaction => &[crate::transport::Header::SessionKey],
            Self::InitSaleTransaction => &[crate::transport::Header::SessionKey],
            Self::Logout => {
                &[
                    crate::transport::Header::Basic,
                    crate::transport::Header::PaynetMobile,
                ]
            }
        }
    }
}
