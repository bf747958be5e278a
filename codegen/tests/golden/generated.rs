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
        #[derive(Clone, ::serde::Serialize)]
        #[non_exhaustive]
        pub struct AuthRequest {
            /// Id of the dealer.
            #[serde(serialize_with = "crate::property::serialize")]
            pub agent_id: ::std::string::String,
            /// Id of the dealer's user, who holds the phone.
            #[serde(serialize_with = "crate::property::serialize")]
            pub user_id: ::std::string::String,
        }
        /// Body of a successful answer of `POST /v1/agent/get_auth_key`.
        #[derive(Clone, ::serde::Serialize, Default)]
        #[non_exhaustive]
        pub struct AuthResponse {
            /// Id of the dealer.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub agent_id: ::std::option::Option<::std::string::String>,
            /// Code.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub code: ::std::option::Option<i64>,
            /// Code of the company.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub company_code: ::std::option::Option<::std::string::String>,
            /// When the key expires.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub expired_date: ::std::option::Option<::std::string::String>,
            /// Result of the inquiry whether the dealer is exempt from a fiscal cash register (ÖKC).
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub is_okc_inquiry: ::std::option::Option<bool>,
            /// Message.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub message: ::std::option::Option<::std::string::String>,
            /// Object name.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub object_name: ::std::option::Option<::std::string::String>,
            /// Key of the mobile session, for the operations that follow.
            ///
            /// A secret: left out when the answer is written as JSON.
            #[serde(skip_serializing, serialize_with = "crate::property::serialize")]
            pub session_key: ::std::option::Option<crate::Secret>,
            /// Id of the dealer's user.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub user_id: ::std::option::Option<::std::string::String>,
            /// Unique id of the user.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub user_unique_id: ::std::option::Option<::std::string::String>,
        }
        /// Body of a request to `POST /v1/softpos/check_transaction`.
        #[derive(Clone, ::serde::Serialize)]
        #[non_exhaustive]
        pub struct CheckTransactionRequest {
            /// `payment_session_id` of the document, which does not describe it.
            #[serde(serialize_with = "crate::property::serialize")]
            pub payment_session_id: ::std::string::String,
        }
        /// Body of a successful answer of `POST /v1/softpos/check_transaction`.
        #[derive(Clone, ::serde::Serialize)]
        #[non_exhaustive]
        pub struct CheckTransactionResponse {
            /// `code` of the document, which does not describe it.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub code: ::std::option::Option<i64>,
            /// `Data` of the document, which does not describe it.
            #[serde(rename = "Data", serialize_with = "crate::property::serialize")]
            pub data: ::std::vec::Vec<Transaction>,
            /// `message` of the document, which does not describe it.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub message: ::std::option::Option<::std::string::String>,
            /// `object_name` of the document, which does not describe it.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub object_name: ::std::option::Option<::std::string::String>,
        }
        /// Body of a request to `POST /v1/softpos/init_reversal_transaction`.
        #[derive(Clone, ::serde::Serialize)]
        #[non_exhaustive]
        pub struct InitReversalRequest {
            /// Callback url.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub callback_url: ::std::option::Option<::std::string::String>,
            /// Reference number.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub reference_no: ::std::option::Option<::std::string::String>,
            /// The encrypted version of the transaction ID.
            #[serde(serialize_with = "crate::property::serialize")]
            pub xact_id: ::std::string::String,
        }
        /// Body of a successful answer of `POST /v1/softpos/init_reversal_transaction`.
        #[derive(Clone, ::serde::Serialize, Default)]
        #[non_exhaustive]
        pub struct InitReversalResponse {
            /// Code.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub code: ::std::option::Option<i64>,
            /// Deeplink url.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub deeplink_url: ::std::option::Option<::std::string::String>,
            /// encryption key.
            ///
            /// A secret: left out when the answer is written as JSON.
            #[serde(skip_serializing, serialize_with = "crate::property::serialize")]
            pub encryption_key: ::std::option::Option<crate::Secret>,
            /// Message.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub message: ::std::option::Option<::std::string::String>,
            /// Object name.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub object_name: ::std::option::Option<::std::string::String>,
            /// Payment session id.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub payment_session_id: ::std::option::Option<::std::string::String>,
        }
        /// Body of a request to `POST /v1/softpos/init_sale_transaction`.
        #[derive(Clone, ::serde::Serialize)]
        #[non_exhaustive]
        pub struct InitSaleRequest {
            /// Whether the commission is added to the amount.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub add_commission: ::std::option::Option<bool>,
            /// Amount of the sale.
            #[serde(serialize_with = "crate::property::serialize")]
            pub amount: crate::Decimal,
            /// URL that PayPOS returns to.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub callback_url: ::std::option::Option<::std::string::String>,
            /// E-mail address of the card holder.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub card_holder_mail: ::std::option::Option<::std::string::String>,
            /// Phone number of the card holder.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub card_holder_phone: ::std::option::Option<::std::string::String>,
            /// Description of the sale.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub description: ::std::option::Option<::std::string::String>,
            /// Number of instalments.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub instalment: ::std::option::Option<i64>,
            /// The merchant's own reference.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub reference_no: ::std::option::Option<::std::string::String>,
            /// Id of the dealer that the sale is made for.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub selected_agent_id: ::std::option::Option<::std::string::String>,
        }
        /// Body of a successful answer of `POST /v1/softpos/init_sale_transaction`.
        #[derive(Clone, ::serde::Serialize, Default)]
        #[non_exhaustive]
        pub struct InitSaleResponse {
            /// Code.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub code: ::std::option::Option<i64>,
            /// Deeplink that opens PayPOS.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub deeplink_url: ::std::option::Option<::std::string::String>,
            /// Key of what returns to the callback URL.
            ///
            /// A secret: left out when the answer is written as JSON.
            #[serde(skip_serializing, serialize_with = "crate::property::serialize")]
            pub encryption_key: ::std::option::Option<crate::Secret>,
            /// Message.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub message: ::std::option::Option<::std::string::String>,
            /// Object name.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub object_name: ::std::option::Option<::std::string::String>,
            /// Id of the payment session.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub payment_session_id: ::std::option::Option<::std::string::String>,
        }
        /// Body of a request to `POST /v1/agent/logout`.
        #[derive(Clone, ::serde::Serialize)]
        #[non_exhaustive]
        pub struct LogoutRequest {
            /// Key of the mobile session that ends.
            #[serde(serialize_with = "crate::property::serialize")]
            pub session_key: crate::Secret,
        }
        /// Body of a successful answer of `POST /v1/agent/logout`.
        #[derive(Clone, ::serde::Serialize, Default)]
        #[non_exhaustive]
        pub struct LogoutResponse {
            /// Code.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub code: ::std::option::Option<i64>,
            /// Message.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub message: ::std::option::Option<::std::string::String>,
            /// Object name.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub object_name: ::std::option::Option<::std::string::String>,
        }
        /// Part of the bodies of `POST /v1/softpos/check_transaction`.
        #[derive(Clone, ::serde::Serialize, Default)]
        #[non_exhaustive]
        pub struct Transaction {
            /// Id of the dealer.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub agent_id: ::std::option::Option<::std::string::String>,
            /// The merchant's own reference.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub agent_reference: ::std::option::Option<::std::string::String>,
            /// Amount.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub amount: ::std::option::Option<crate::Decimal>,
            /// Authorization code of the bank.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub authorization_code: ::std::option::Option<::std::string::String>,
            /// Id of the bank.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub bank_id: ::std::option::Option<::std::string::String>,
            /// Name of the card holder.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub card_holder: ::std::option::Option<::std::string::String>,
            /// Masked card number.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub card_no: ::std::option::Option<::std::string::String>,
            /// Type of the card.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub card_type: ::std::option::Option<::std::string::String>,
            /// Code.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub code: ::std::option::Option<i64>,
            /// Commission.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub comission: ::std::option::Option<crate::Decimal>,
            /// Tax on the commission.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub comission_tax: ::std::option::Option<crate::Decimal>,
            /// Currency.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub currency: ::std::option::Option<::std::string::String>,
            /// E-mail address of the card holder.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub email: ::std::option::Option<::std::string::String>,
            /// Number of instalments.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub instalment: ::std::option::Option<i64>,
            /// Whether the transaction succeeded.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub is_succeed: ::std::option::Option<bool>,
            /// Whether 3-D Secure was used.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub is_tds: ::std::option::Option<bool>,
            /// Message.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub message: ::std::option::Option<::std::string::String>,
            /// Amount without commission.
            ///
            /// `netAmount` of the document.
            #[serde(
                rename = "netAmount",
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub net_amount: ::std::option::Option<crate::Decimal>,
            /// Note.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub note: ::std::option::Option<::std::string::String>,
            /// Object name.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub object_name: ::std::option::Option<::std::string::String>,
            /// Order id.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub order_id: ::std::option::Option<::std::string::String>,
            /// Phone number of the card holder.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub phone: ::std::option::Option<::std::string::String>,
            /// Type of the POS.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub pos_type: ::std::option::Option<i64>,
            /// Commission ratio.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub ratio: ::std::option::Option<crate::Decimal>,
            /// Reference code of the bank.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub reference_code: ::std::option::Option<::std::string::String>,
            /// Type of the transaction.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub transaction_type: ::std::option::Option<i64>,
            /// Date of the transaction.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub xact_date: ::std::option::Option<::std::string::String>,
            /// Encrypted transaction id, which a reversal asks for.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
            pub xact_id: ::std::option::Option<::std::string::String>,
            /// Transaction id.
            #[serde(
                skip_serializing_if = "crate::property::is_absent",
                serialize_with = "crate::property::serialize"
            )]
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
    #[derive(Clone, Debug)]
    /**Client for PayPOS (Paynet) API

Version: 1.0.0*/
    pub struct Client {
        pub(crate) baseurl: String,
        pub(crate) client: reqwest::Client,
        pub(crate) inner: crate::transport::Context,
    }
    impl Client {
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
        /**Create a session

Opens a mobile session for a user of the dealer.
Only servers whose IP address is registered with Paynet may call it.

Sends a `POST` request to `/v1/agent/get_auth_key`

*/
        pub async fn get_auth_key<'a>(
            &'a self,
            body: &'a types::AuthRequest,
        ) -> Result<ResponseValue<types::AuthResponse>, Error<()>> {
            let url = format!("{}/v1/agent/get_auth_key", self.baseurl,);
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
        /**End a session

Sends a `POST` request to `/v1/agent/logout`

*/
        pub async fn logout<'a>(
            &'a self,
            body: &'a types::LogoutRequest,
        ) -> Result<ResponseValue<types::LogoutResponse>, Error<()>> {
            let url = format!("{}/v1/agent/logout", self.baseurl,);
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
        /**Retrieve a payment

Sends a `POST` request to `/v1/softpos/check_transaction`

*/
        pub async fn check_transaction<'a>(
            &'a self,
            body: &'a types::CheckTransactionRequest,
        ) -> Result<ResponseValue<types::CheckTransactionResponse>, Error<()>> {
            let url = format!("{}/v1/softpos/check_transaction", self.baseurl,);
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
        /**Initiate Cancel / Refund

Sends a `POST` request to `/v1/softpos/init_reversal_transaction`

*/
        pub async fn init_reversal_transaction<'a>(
            &'a self,
            body: &'a types::InitReversalRequest,
        ) -> Result<ResponseValue<types::InitReversalResponse>, Error<()>> {
            let url = format!("{}/v1/softpos/init_reversal_transaction", self.baseurl,);
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
        /**Initialize a payment

Sends a `POST` request to `/v1/softpos/init_sale_transaction`

*/
        pub async fn init_sale_transaction<'a>(
            &'a self,
            body: &'a types::InitSaleRequest,
        ) -> Result<ResponseValue<types::InitSaleResponse>, Error<()>> {
            let url = format!("{}/v1/softpos/init_sale_transaction", self.baseurl,);
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
    }
    /// Items consumers will typically use such as the Client.
    pub mod prelude {
        #[allow(unused_imports)]
        pub use super::Client;
    }
    impl ::std::fmt::Debug for types::AuthRequest {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("AuthRequest")
                .field("agent_id", &crate::property::Shown(&self.agent_id))
                .field("user_id", &crate::property::Shown(&self.user_id))
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::AuthRequest { agent_id : "agent_id", strict, required; user_id :
        "user_id", strict, required; }
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
    impl crate::validate::Validate for types::AuthRequest {
        fn validate(&self, _: &str) -> Result<(), crate::Error> {
            self.agent_id.validate("agent_id")?;
            self.user_id.validate("user_id")?;
            Ok(())
        }
    }
    impl ::std::fmt::Debug for types::AuthResponse {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("AuthResponse")
                .field("agent_id", &crate::property::Shown(&self.agent_id))
                .field("code", &crate::property::Shown(&self.code))
                .field("company_code", &crate::property::Shown(&self.company_code))
                .field("expired_date", &crate::property::Shown(&self.expired_date))
                .field("is_okc_inquiry", &crate::property::Shown(&self.is_okc_inquiry))
                .field("message", &crate::property::Shown(&self.message))
                .field("object_name", &crate::property::Shown(&self.object_name))
                .field("session_key", &crate::property::Shown(&self.session_key))
                .field("user_id", &crate::property::Shown(&self.user_id))
                .field("user_unique_id", &crate::property::Shown(&self.user_unique_id))
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::AuthResponse { agent_id : "agent_id", tolerant, absent; code : "code",
        tolerant, absent; company_code : "company_code", tolerant, absent; expired_date :
        "expired_date", tolerant, absent; is_okc_inquiry : "is_okc_inquiry", tolerant,
        absent; message : "message", tolerant, absent; object_name : "object_name",
        tolerant, absent; session_key : "session_key", strict, absent; user_id :
        "user_id", tolerant, absent; user_unique_id : "user_unique_id", tolerant, absent;
        }
    );
    impl crate::response::Answer for types::AuthResponse {
        fn code(&self) -> Option<i64> {
            self.code
        }
    }
    impl ::std::fmt::Debug for types::CheckTransactionRequest {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("CheckTransactionRequest")
                .field(
                    "payment_session_id",
                    &crate::property::Shown(&self.payment_session_id),
                )
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::CheckTransactionRequest { payment_session_id : "payment_session_id",
        strict, required; }
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
    impl crate::validate::Validate for types::CheckTransactionRequest {
        fn validate(&self, _: &str) -> Result<(), crate::Error> {
            self.payment_session_id.validate("payment_session_id")?;
            Ok(())
        }
    }
    impl ::std::fmt::Debug for types::CheckTransactionResponse {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("CheckTransactionResponse")
                .field("code", &crate::property::Shown(&self.code))
                .field("data", &crate::property::Shown(&self.data))
                .field("message", &crate::property::Shown(&self.message))
                .field("object_name", &crate::property::Shown(&self.object_name))
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::CheckTransactionResponse { code : "code", tolerant, absent; data : "Data",
        strict, required; message : "message", tolerant, absent; object_name :
        "object_name", tolerant, absent; }
    );
    impl crate::response::Answer for types::CheckTransactionResponse {
        fn code(&self) -> Option<i64> {
            self.code
        }
    }
    impl ::std::fmt::Debug for types::InitReversalRequest {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("InitReversalRequest")
                .field("callback_url", &crate::property::Shown(&self.callback_url))
                .field("reference_no", &crate::property::Shown(&self.reference_no))
                .field("xact_id", &crate::property::Shown(&self.xact_id))
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::InitReversalRequest { callback_url : "callback_url", strict, absent;
        reference_no : "reference_no", strict, absent; xact_id : "xact_id", strict,
        required; }
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
    impl crate::validate::Validate for types::InitReversalRequest {
        fn validate(&self, _: &str) -> Result<(), crate::Error> {
            self.callback_url.validate("callback_url")?;
            self.reference_no.validate("reference_no")?;
            self.xact_id.validate("xact_id")?;
            Ok(())
        }
    }
    impl ::std::fmt::Debug for types::InitReversalResponse {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("InitReversalResponse")
                .field("code", &crate::property::Shown(&self.code))
                .field("deeplink_url", &crate::property::Shown(&self.deeplink_url))
                .field("encryption_key", &crate::property::Shown(&self.encryption_key))
                .field("message", &crate::property::Shown(&self.message))
                .field("object_name", &crate::property::Shown(&self.object_name))
                .field(
                    "payment_session_id",
                    &crate::property::Shown(&self.payment_session_id),
                )
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::InitReversalResponse { code : "code", tolerant, absent; deeplink_url :
        "deeplink_url", strict, absent; encryption_key : "encryption_key", strict,
        absent; message : "message", tolerant, absent; object_name : "object_name",
        tolerant, absent; payment_session_id : "payment_session_id", strict, absent; }
    );
    impl crate::response::Answer for types::InitReversalResponse {
        fn code(&self) -> Option<i64> {
            self.code
        }
    }
    impl ::std::fmt::Debug for types::InitSaleRequest {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("InitSaleRequest")
                .field("add_commission", &crate::property::Shown(&self.add_commission))
                .field("amount", &crate::property::Shown(&self.amount))
                .field("callback_url", &crate::property::Shown(&self.callback_url))
                .field(
                    "card_holder_mail",
                    &crate::property::Shown(&self.card_holder_mail),
                )
                .field(
                    "card_holder_phone",
                    &crate::property::Shown(&self.card_holder_phone),
                )
                .field("description", &crate::property::Shown(&self.description))
                .field("instalment", &crate::property::Shown(&self.instalment))
                .field("reference_no", &crate::property::Shown(&self.reference_no))
                .field(
                    "selected_agent_id",
                    &crate::property::Shown(&self.selected_agent_id),
                )
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::InitSaleRequest { add_commission : "add_commission", strict, absent;
        amount : "amount", strict, required; callback_url : "callback_url", strict,
        absent; card_holder_mail : "card_holder_mail", strict, absent; card_holder_phone
        : "card_holder_phone", strict, absent; description : "description", strict,
        absent; instalment : "instalment", strict, absent; reference_no : "reference_no",
        strict, absent; selected_agent_id : "selected_agent_id", strict, absent; }
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
    impl crate::validate::Validate for types::InitSaleRequest {
        fn validate(&self, _: &str) -> Result<(), crate::Error> {
            self.add_commission.validate("add_commission")?;
            self.amount.validate("amount")?;
            self.callback_url.validate("callback_url")?;
            self.card_holder_mail.validate("card_holder_mail")?;
            self.card_holder_phone.validate("card_holder_phone")?;
            self.description.validate("description")?;
            self.instalment.validate("instalment")?;
            self.reference_no.validate("reference_no")?;
            self.selected_agent_id.validate("selected_agent_id")?;
            Ok(())
        }
    }
    impl ::std::fmt::Debug for types::InitSaleResponse {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("InitSaleResponse")
                .field("code", &crate::property::Shown(&self.code))
                .field("deeplink_url", &crate::property::Shown(&self.deeplink_url))
                .field("encryption_key", &crate::property::Shown(&self.encryption_key))
                .field("message", &crate::property::Shown(&self.message))
                .field("object_name", &crate::property::Shown(&self.object_name))
                .field(
                    "payment_session_id",
                    &crate::property::Shown(&self.payment_session_id),
                )
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::InitSaleResponse { code : "code", tolerant, absent; deeplink_url :
        "deeplink_url", strict, absent; encryption_key : "encryption_key", strict,
        absent; message : "message", tolerant, absent; object_name : "object_name",
        tolerant, absent; payment_session_id : "payment_session_id", strict, absent; }
    );
    impl crate::response::Answer for types::InitSaleResponse {
        fn code(&self) -> Option<i64> {
            self.code
        }
    }
    impl ::std::fmt::Debug for types::LogoutRequest {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("LogoutRequest")
                .field("session_key", &crate::property::Shown(&self.session_key))
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::LogoutRequest { session_key : "session_key", strict, required; }
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
    impl crate::validate::Validate for types::LogoutRequest {
        fn validate(&self, _: &str) -> Result<(), crate::Error> {
            self.session_key.validate("session_key")?;
            Ok(())
        }
    }
    impl ::std::fmt::Debug for types::LogoutResponse {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("LogoutResponse")
                .field("code", &crate::property::Shown(&self.code))
                .field("message", &crate::property::Shown(&self.message))
                .field("object_name", &crate::property::Shown(&self.object_name))
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::LogoutResponse { code : "code", tolerant, absent; message : "message",
        tolerant, absent; object_name : "object_name", tolerant, absent; }
    );
    impl crate::response::Answer for types::LogoutResponse {
        fn code(&self) -> Option<i64> {
            self.code
        }
    }
    impl ::std::fmt::Debug for types::Transaction {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.debug_struct("Transaction")
                .field("agent_id", &crate::property::Shown(&self.agent_id))
                .field("agent_reference", &crate::property::Shown(&self.agent_reference))
                .field("amount", &crate::property::Shown(&self.amount))
                .field(
                    "authorization_code",
                    &crate::property::Shown(&self.authorization_code),
                )
                .field("bank_id", &crate::property::Shown(&self.bank_id))
                .field("card_holder", &crate::property::Shown(&self.card_holder))
                .field("card_no", &crate::property::Shown(&self.card_no))
                .field("card_type", &crate::property::Shown(&self.card_type))
                .field("code", &crate::property::Shown(&self.code))
                .field("comission", &crate::property::Shown(&self.comission))
                .field("comission_tax", &crate::property::Shown(&self.comission_tax))
                .field("currency", &crate::property::Shown(&self.currency))
                .field("email", &crate::property::Shown(&self.email))
                .field("instalment", &crate::property::Shown(&self.instalment))
                .field("is_succeed", &crate::property::Shown(&self.is_succeed))
                .field("is_tds", &crate::property::Shown(&self.is_tds))
                .field("message", &crate::property::Shown(&self.message))
                .field("net_amount", &crate::property::Shown(&self.net_amount))
                .field("note", &crate::property::Shown(&self.note))
                .field("object_name", &crate::property::Shown(&self.object_name))
                .field("order_id", &crate::property::Shown(&self.order_id))
                .field("phone", &crate::property::Shown(&self.phone))
                .field("pos_type", &crate::property::Shown(&self.pos_type))
                .field("ratio", &crate::property::Shown(&self.ratio))
                .field("reference_code", &crate::property::Shown(&self.reference_code))
                .field(
                    "transaction_type",
                    &crate::property::Shown(&self.transaction_type),
                )
                .field("xact_date", &crate::property::Shown(&self.xact_date))
                .field("xact_id", &crate::property::Shown(&self.xact_id))
                .field(
                    "xact_transaction_id",
                    &crate::property::Shown(&self.xact_transaction_id),
                )
                .finish_non_exhaustive()
        }
    }
    crate::property::object!(
        types::Transaction { agent_id : "agent_id", tolerant, absent; agent_reference :
        "agent_reference", tolerant, absent; amount : "amount", tolerant, absent;
        authorization_code : "authorization_code", tolerant, absent; bank_id : "bank_id",
        tolerant, absent; card_holder : "card_holder", tolerant, absent; card_no :
        "card_no", tolerant, absent; card_type : "card_type", tolerant, absent; code :
        "code", tolerant, absent; comission : "comission", tolerant, absent;
        comission_tax : "comission_tax", tolerant, absent; currency : "currency",
        tolerant, absent; email : "email", tolerant, absent; instalment : "instalment",
        tolerant, absent; is_succeed : "is_succeed", tolerant, absent; is_tds : "is_tds",
        tolerant, absent; message : "message", tolerant, absent; net_amount :
        "netAmount", tolerant, absent; note : "note", tolerant, absent; object_name :
        "object_name", tolerant, absent; order_id : "order_id", tolerant, absent; phone :
        "phone", tolerant, absent; pos_type : "pos_type", tolerant, absent; ratio :
        "ratio", tolerant, absent; reference_code : "reference_code", tolerant, absent;
        transaction_type : "transaction_type", tolerant, absent; xact_date : "xact_date",
        tolerant, absent; xact_id : "xact_id", tolerant, absent; xact_transaction_id :
        "xact_transaction_id", tolerant, absent; }
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
    use crate::transport::{Header, Operation};
    /// `POST /v1/softpos/check_transaction`
    pub(crate) const CHECK_TRANSACTION: Operation = Operation {
        name: "check_transaction",
        moves_money: false,
        headers: &[Header::SessionKey],
        properties: &[
            "Data",
            "agent_id",
            "agent_reference",
            "amount",
            "authorization_code",
            "bank_id",
            "card_holder",
            "card_no",
            "card_type",
            "code",
            "comission",
            "comission_tax",
            "currency",
            "email",
            "instalment",
            "is_succeed",
            "is_tds",
            "message",
            "netAmount",
            "note",
            "object_name",
            "order_id",
            "phone",
            "pos_type",
            "ratio",
            "reference_code",
            "transaction_type",
            "xact_date",
            "xact_id",
            "xact_transaction_id",
        ],
    };
    /// `POST /v1/agent/get_auth_key`
    pub(crate) const GET_AUTH_KEY: Operation = Operation {
        name: "get_auth_key",
        moves_money: true,
        headers: &[Header::Authorization, Header::PaynetMobile],
        properties: &[
            "agent_id",
            "code",
            "company_code",
            "expired_date",
            "is_okc_inquiry",
            "message",
            "object_name",
            "session_key",
            "user_id",
            "user_unique_id",
        ],
    };
    /// `POST /v1/softpos/init_reversal_transaction`
    pub(crate) const INIT_REVERSAL_TRANSACTION: Operation = Operation {
        name: "init_reversal_transaction",
        moves_money: true,
        headers: &[Header::SessionKey],
        properties: &[
            "code",
            "deeplink_url",
            "encryption_key",
            "message",
            "object_name",
            "payment_session_id",
        ],
    };
    /// `POST /v1/softpos/init_sale_transaction`
    pub(crate) const INIT_SALE_TRANSACTION: Operation = Operation {
        name: "init_sale_transaction",
        moves_money: true,
        headers: &[Header::SessionKey],
        properties: &[
            "code",
            "deeplink_url",
            "encryption_key",
            "message",
            "object_name",
            "payment_session_id",
        ],
    };
    /// `POST /v1/agent/logout`
    pub(crate) const LOGOUT: Operation = Operation {
        name: "logout",
        moves_money: true,
        headers: &[Header::Authorization, Header::PaynetMobile],
        properties: &["code", "message", "object_name"],
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
