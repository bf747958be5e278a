#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error};
#[allow(unused_imports)]
use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
    /// Body of a request to `POST /v1/agent/get_auth_key` (`#/components/schemas/AuthRequest`).
    #[derive(::serde::Serialize, Clone)]
    #[non_exhaustive]
    pub struct AuthRequest {
        ///Id of the dealer.
        pub agent_id: ::std::string::String,
        ///Id of the dealer's user, who holds the phone.
        pub user_id: ::std::string::String,
    }
    /// Body of a successful answer of `POST /v1/agent/get_auth_key` (`#/components/schemas/AuthResponse`).
    #[derive(::serde::Deserialize, Clone, Default)]
    #[non_exhaustive]
    pub struct AuthResponse {
        ///Id of the dealer.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub agent_id: ::std::option::Option<::std::string::String>,
        ///Code.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<i64>,
        ///Code of the company.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub company_code: ::std::option::Option<::std::string::String>,
        ///When the key expires.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub expired_date: ::std::option::Option<::std::string::String>,
        ///Result of the inquiry whether the dealer is exempt from a fiscal cash register (ÖKC).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub is_okc_inquiry: ::std::option::Option<bool>,
        ///Message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///Object name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub object_name: ::std::option::Option<::std::string::String>,
        ///Key of the mobile session, for the operations that follow.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub session_key: ::std::option::Option<crate::Secret>,
        ///Id of the dealer's user.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub user_id: ::std::option::Option<::std::string::String>,
        ///Unique id of the user.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub user_unique_id: ::std::option::Option<::std::string::String>,
    }
    /// Body of a request to `POST /v1/softpos/check_transaction` (`#/components/schemas/CheckTransactionRequest`).
    #[derive(::serde::Serialize, Clone)]
    #[non_exhaustive]
    pub struct CheckTransactionRequest {
        ///Id of the payment session, from the answer that initialized it.
        pub payment_session_id: ::std::string::String,
    }
    /// Body of a successful answer of `POST /v1/softpos/check_transaction` (`#/components/schemas/CheckTransactionResponse`).
    #[derive(::serde::Deserialize, Clone)]
    #[non_exhaustive]
    pub struct CheckTransactionResponse {
        ///Code.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<i64>,
        ///Transactions of the payment session.
        #[serde(rename = "Data")]
        pub data: ::std::vec::Vec<Transaction>,
        ///Message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///Object name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub object_name: ::std::option::Option<::std::string::String>,
    }
    ///`ErrorResponse`
    #[derive(::serde::Deserialize, Clone, Default)]
    #[non_exhaustive]
    pub struct ErrorResponse {
        ///Code.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<i64>,
        ///Message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///Object name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub object_name: ::std::option::Option<::std::string::String>,
    }
    /// Body of a request to `POST /v1/softpos/init_reversal_transaction` (`#/components/schemas/InitReversalRequest`).
    #[derive(::serde::Serialize, Clone)]
    #[non_exhaustive]
    pub struct InitReversalRequest {
        ///Callback url.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub callback_url: ::std::option::Option<::std::string::String>,
        ///Reference number.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub reference_no: ::std::option::Option<::std::string::String>,
        ///The encrypted version of the transaction ID.
        pub xact_id: ::std::string::String,
    }
    /// Body of a successful answer of `POST /v1/softpos/init_reversal_transaction` (`#/components/schemas/InitReversalResponse`).
    #[derive(::serde::Deserialize, Clone, Default)]
    #[non_exhaustive]
    pub struct InitReversalResponse {
        ///Code.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<i64>,
        ///Deeplink url.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub deeplink_url: ::std::option::Option<::std::string::String>,
        ///encryption key.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub encryption_key: ::std::option::Option<crate::Secret>,
        ///Message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///Object name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub object_name: ::std::option::Option<::std::string::String>,
        ///Payment session id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub payment_session_id: ::std::option::Option<::std::string::String>,
    }
    /// Body of a request to `POST /v1/softpos/init_sale_transaction` (`#/components/schemas/InitSaleRequest`).
    #[derive(::serde::Serialize, Clone)]
    #[non_exhaustive]
    pub struct InitSaleRequest {
        ///Whether the commission is added to the amount.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub add_commission: ::std::option::Option<bool>,
        ///Amount of the sale.
        #[serde(with = "crate::decimal")]
        pub amount: crate::Decimal,
        ///URL that PayPOS returns to.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub callback_url: ::std::option::Option<::std::string::String>,
        ///E-mail address of the card holder.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub card_holder_mail: ::std::option::Option<::std::string::String>,
        ///Phone number of the card holder.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub card_holder_phone: ::std::option::Option<::std::string::String>,
        ///Description of the sale.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub description: ::std::option::Option<::std::string::String>,
        ///Number of instalments.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub instalment: ::std::option::Option<i64>,
        ///The merchant's own reference.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub reference_no: ::std::option::Option<::std::string::String>,
        ///Id of the dealer that the sale is made for.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub selected_agent_id: ::std::option::Option<::std::string::String>,
    }
    /// Body of a successful answer of `POST /v1/softpos/init_sale_transaction` (`#/components/schemas/InitSaleResponse`).
    #[derive(::serde::Deserialize, Clone, Default)]
    #[non_exhaustive]
    pub struct InitSaleResponse {
        ///Code.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<i64>,
        ///Deeplink that opens PayPOS.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub deeplink_url: ::std::option::Option<::std::string::String>,
        ///Key of what returns to the callback URL.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub encryption_key: ::std::option::Option<crate::Secret>,
        ///Message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///Object name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub object_name: ::std::option::Option<::std::string::String>,
        ///Id of the payment session.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub payment_session_id: ::std::option::Option<::std::string::String>,
    }
    /// Body of a request to `POST /v1/agent/logout` (`#/components/schemas/LogoutRequest`).
    #[derive(::serde::Serialize, Clone)]
    #[non_exhaustive]
    pub struct LogoutRequest {
        ///Key of the mobile session that ends.
        pub session_key: crate::Secret,
    }
    /// Body of a successful answer of `POST /v1/agent/logout` (`#/components/schemas/LogoutResponse`).
    #[derive(::serde::Deserialize, Clone, Default)]
    #[non_exhaustive]
    pub struct LogoutResponse {
        ///Code.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<i64>,
        ///Message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///Object name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub object_name: ::std::option::Option<::std::string::String>,
    }
    ///`Transaction`
    #[derive(::serde::Deserialize, Clone, Default)]
    #[non_exhaustive]
    pub struct Transaction {
        ///Id of the dealer.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub agent_id: ::std::option::Option<::std::string::String>,
        ///The merchant's own reference.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub agent_reference: ::std::option::Option<::std::string::String>,
        ///Amount.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        #[serde(default, with = "crate::decimal::option")]
        pub amount: ::std::option::Option<crate::Decimal>,
        ///Authorization code of the bank.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub authorization_code: ::std::option::Option<::std::string::String>,
        ///Id of the bank.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub bank_id: ::std::option::Option<::std::string::String>,
        ///Name of the card holder.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub card_holder: ::std::option::Option<::std::string::String>,
        ///Masked card number.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub card_no: ::std::option::Option<::std::string::String>,
        ///Type of the card.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub card_type: ::std::option::Option<::std::string::String>,
        ///Code.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<i64>,
        ///Commission.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        #[serde(default, with = "crate::decimal::option")]
        pub comission: ::std::option::Option<crate::Decimal>,
        ///Tax on the commission.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        #[serde(default, with = "crate::decimal::option")]
        pub comission_tax: ::std::option::Option<crate::Decimal>,
        ///Currency.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub currency: ::std::option::Option<::std::string::String>,
        ///E-mail address of the card holder.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub email: ::std::option::Option<::std::string::String>,
        ///Number of instalments.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub instalment: ::std::option::Option<i64>,
        ///Whether the transaction succeeded.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub is_succeed: ::std::option::Option<bool>,
        ///Whether 3-D Secure was used.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub is_tds: ::std::option::Option<bool>,
        ///Message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        ///Amount without commission.
        #[serde(
            rename = "netAmount",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        #[serde(default, with = "crate::decimal::option")]
        pub net_amount: ::std::option::Option<crate::Decimal>,
        ///Note.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub note: ::std::option::Option<::std::string::String>,
        ///Object name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub object_name: ::std::option::Option<::std::string::String>,
        ///Order id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub order_id: ::std::option::Option<::std::string::String>,
        ///Phone number of the card holder.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub phone: ::std::option::Option<::std::string::String>,
        ///Type of the POS.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub pos_type: ::std::option::Option<i64>,
        ///Commission ratio.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        #[serde(default, with = "crate::decimal::option")]
        pub ratio: ::std::option::Option<crate::Decimal>,
        ///Reference code of the bank.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub reference_code: ::std::option::Option<::std::string::String>,
        ///Type of the transaction.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub transaction_type: ::std::option::Option<i64>,
        ///Date of the transaction.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub xact_date: ::std::option::Option<::std::string::String>,
        ///Encrypted transaction id, which a reversal asks for.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub xact_id: ::std::option::Option<::std::string::String>,
        ///Transaction id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
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
/// Which of Paynet's servers a client talks to; there is no default.
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
    /// Every environment, in the document's order.
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
/// Of a request, `new` takes what is required, in the document's order, and each optional
/// property has a setter. `Debug` shows numbers and truth values, and of anything else only
/// whether it is there. An amount keeps its digits in JSON text; a `serde_json::Value`
/// in between would make a float of it.
pub mod public {
    pub use super::types::{
        AuthRequest, CheckTransactionRequest, InitReversalRequest, InitSaleRequest,
        LogoutRequest, AuthResponse, CheckTransactionResponse, LogoutResponse,
        Transaction,
    };
}
impl TryFrom<types::InitReversalResponse> for crate::Handoff {
    type Error = crate::Error;
    fn try_from(answer: types::InitReversalResponse) -> Result<Self, crate::Error> {
        Self::read(answer.payment_session_id, answer.deeplink_url, answer.encryption_key)
            .map_err(|wrong| crate::Error::bad_response(
                wrong,
                crate::error::Said {
                    object_name: answer.object_name,
                    code: answer.code,
                    message: answer.message,
                },
            ))
    }
}
impl TryFrom<types::InitSaleResponse> for crate::Handoff {
    type Error = crate::Error;
    fn try_from(answer: types::InitSaleResponse) -> Result<Self, crate::Error> {
        Self::read(answer.payment_session_id, answer.deeplink_url, answer.encryption_key)
            .map_err(|wrong| crate::Error::bad_response(
                wrong,
                crate::error::Said {
                    object_name: answer.object_name,
                    code: answer.code,
                    message: answer.message,
                },
            ))
    }
}
impl types::AuthRequest {
    /// A request with what is required: `agent_id`, `user_id`.
    ///
    /// When the request is sent, it is refused as `InvalidInput` if `agent_id` is blank, or if `user_id` is blank.
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
impl crate::check::Check for types::AuthRequest {
    fn check(&self) -> Result<(), crate::Error> {
        crate::check::not_blank("agent_id", &self.agent_id)?;
        crate::check::not_blank("user_id", &self.user_id)?;
        Ok(())
    }
}
impl types::CheckTransactionRequest {
    /// A request with what is required: `payment_session_id`.
    ///
    /// When the request is sent, it is refused as `InvalidInput` if `payment_session_id` is blank.
    #[must_use]
    pub fn new(payment_session_id: impl Into<::std::string::String>) -> Self {
        Self {
            payment_session_id: payment_session_id.into(),
        }
    }
}
impl crate::check::Check for types::CheckTransactionRequest {
    fn check(&self) -> Result<(), crate::Error> {
        crate::check::not_blank("payment_session_id", &self.payment_session_id)?;
        Ok(())
    }
}
impl types::InitReversalRequest {
    /// A request with what is required: `xact_id`.
    ///
    /// When the request is sent, it is refused as `InvalidInput` if `xact_id` is blank.
    #[must_use]
    pub fn new(xact_id: impl Into<::std::string::String>) -> Self {
        Self {
            xact_id: xact_id.into(),
            callback_url: Default::default(),
            reference_no: Default::default(),
        }
    }
    /// Sets the optional property `callback_url`. Callback url.
    ///
    /// When the request is sent, it is refused as `InvalidInput` if `callback_url` is not an absolute URL, has a space or a control character in it, or has the scheme `javascript`, `data`, `file` or `blob`.
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
impl crate::check::Check for types::InitReversalRequest {
    fn check(&self) -> Result<(), crate::Error> {
        crate::check::app_url("callback_url", self.callback_url.as_deref())?;
        crate::check::not_blank("xact_id", &self.xact_id)?;
        Ok(())
    }
}
impl types::InitSaleRequest {
    /// A request with what is required: `amount`.
    ///
    /// When the request is sent, it is refused as `InvalidInput` if `amount` is not positive or has more than two decimals.
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
    ///
    /// When the request is sent, it is refused as `InvalidInput` if `callback_url` is not an absolute URL, has a space or a control character in it, or has the scheme `javascript`, `data`, `file` or `blob`.
    #[must_use]
    pub fn callback_url(mut self, value: impl Into<::std::string::String>) -> Self {
        self.callback_url = Some(value.into());
        self
    }
    /// Sets the optional property `card_holder_mail`. E-mail address of the card holder.
    #[must_use]
    pub fn card_holder_mail(mut self, value: impl Into<::std::string::String>) -> Self {
        self.card_holder_mail = Some(value.into());
        self
    }
    /// Sets the optional property `card_holder_phone`. Phone number of the card holder.
    #[must_use]
    pub fn card_holder_phone(mut self, value: impl Into<::std::string::String>) -> Self {
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
    pub fn selected_agent_id(mut self, value: impl Into<::std::string::String>) -> Self {
        self.selected_agent_id = Some(value.into());
        self
    }
}
impl crate::check::Check for types::InitSaleRequest {
    fn check(&self) -> Result<(), crate::Error> {
        crate::check::app_url("callback_url", self.callback_url.as_deref())?;
        crate::check::amount("amount", Some(self.amount))?;
        Ok(())
    }
}
impl types::LogoutRequest {
    /// A request with what is required: `session_key`.
    ///
    /// When the request is sent, it is refused as `InvalidInput` if `session_key` is blank.
    #[must_use]
    pub fn new(session_key: impl Into<crate::Secret>) -> Self {
        Self {
            session_key: session_key.into(),
        }
    }
}
impl crate::check::Check for types::LogoutRequest {
    fn check(&self) -> Result<(), crate::Error> {
        crate::check::not_blank("session_key", self.session_key.expose())?;
        Ok(())
    }
}
impl ::std::fmt::Debug for types::AuthRequest {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("AuthRequest")
            .field("agent_id", &crate::secret::Redacted)
            .field("user_id", &crate::secret::Redacted)
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::AuthResponse {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("AuthResponse")
            .field("agent_id", &self.agent_id.as_ref().map(|_| crate::secret::Redacted))
            .field("code", &self.code)
            .field(
                "company_code",
                &self.company_code.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "expired_date",
                &self.expired_date.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("is_okc_inquiry", &self.is_okc_inquiry)
            .field("message", &self.message.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "object_name",
                &self.object_name.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "session_key",
                &self.session_key.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("user_id", &self.user_id.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "user_unique_id",
                &self.user_unique_id.as_ref().map(|_| crate::secret::Redacted),
            )
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::CheckTransactionRequest {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("CheckTransactionRequest")
            .field("payment_session_id", &crate::secret::Redacted)
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::CheckTransactionResponse {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("CheckTransactionResponse")
            .field("code", &self.code)
            .field("data", &self.data)
            .field("message", &self.message.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "object_name",
                &self.object_name.as_ref().map(|_| crate::secret::Redacted),
            )
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::InitReversalRequest {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("InitReversalRequest")
            .field(
                "callback_url",
                &self.callback_url.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "reference_no",
                &self.reference_no.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("xact_id", &crate::secret::Redacted)
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::InitReversalResponse {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("InitReversalResponse")
            .field("code", &self.code)
            .field(
                "deeplink_url",
                &self.deeplink_url.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "encryption_key",
                &self.encryption_key.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("message", &self.message.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "object_name",
                &self.object_name.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "payment_session_id",
                &self.payment_session_id.as_ref().map(|_| crate::secret::Redacted),
            )
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::InitSaleRequest {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("InitSaleRequest")
            .field("add_commission", &self.add_commission)
            .field("amount", &self.amount)
            .field(
                "callback_url",
                &self.callback_url.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "card_holder_mail",
                &self.card_holder_mail.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "card_holder_phone",
                &self.card_holder_phone.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "description",
                &self.description.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("instalment", &self.instalment)
            .field(
                "reference_no",
                &self.reference_no.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "selected_agent_id",
                &self.selected_agent_id.as_ref().map(|_| crate::secret::Redacted),
            )
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::InitSaleResponse {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("InitSaleResponse")
            .field("code", &self.code)
            .field(
                "deeplink_url",
                &self.deeplink_url.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "encryption_key",
                &self.encryption_key.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("message", &self.message.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "object_name",
                &self.object_name.as_ref().map(|_| crate::secret::Redacted),
            )
            .field(
                "payment_session_id",
                &self.payment_session_id.as_ref().map(|_| crate::secret::Redacted),
            )
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::LogoutRequest {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("LogoutRequest")
            .field("session_key", &crate::secret::Redacted)
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::LogoutResponse {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("LogoutResponse")
            .field("code", &self.code)
            .field("message", &self.message.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "object_name",
                &self.object_name.as_ref().map(|_| crate::secret::Redacted),
            )
            .finish_non_exhaustive()
    }
}
impl ::std::fmt::Debug for types::Transaction {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.debug_struct("Transaction")
            .field("agent_id", &self.agent_id.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "agent_reference",
                &self.agent_reference.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("amount", &self.amount)
            .field(
                "authorization_code",
                &self.authorization_code.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("bank_id", &self.bank_id.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "card_holder",
                &self.card_holder.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("card_no", &self.card_no.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "card_type",
                &self.card_type.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("code", &self.code)
            .field("comission", &self.comission)
            .field("comission_tax", &self.comission_tax)
            .field("currency", &self.currency.as_ref().map(|_| crate::secret::Redacted))
            .field("email", &self.email.as_ref().map(|_| crate::secret::Redacted))
            .field("instalment", &self.instalment)
            .field("is_succeed", &self.is_succeed)
            .field("is_tds", &self.is_tds)
            .field("message", &self.message.as_ref().map(|_| crate::secret::Redacted))
            .field("net_amount", &self.net_amount)
            .field("note", &self.note.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "object_name",
                &self.object_name.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("order_id", &self.order_id.as_ref().map(|_| crate::secret::Redacted))
            .field("phone", &self.phone.as_ref().map(|_| crate::secret::Redacted))
            .field("pos_type", &self.pos_type)
            .field("ratio", &self.ratio)
            .field(
                "reference_code",
                &self.reference_code.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("transaction_type", &self.transaction_type)
            .field(
                "xact_date",
                &self.xact_date.as_ref().map(|_| crate::secret::Redacted),
            )
            .field("xact_id", &self.xact_id.as_ref().map(|_| crate::secret::Redacted))
            .field(
                "xact_transaction_id",
                &self.xact_transaction_id.as_ref().map(|_| crate::secret::Redacted),
            )
            .finish_non_exhaustive()
    }
}
use crate::transport::Answer as ResponseValue;
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
    /// `POST /v1/agent/get_auth_key`
    pub(crate) const GET_AUTH_KEY: Operation = Operation {
        name: "get_auth_key",
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
    /// `POST /v1/agent/logout`
    pub(crate) const LOGOUT: Operation = Operation {
        name: "logout",
        headers: &[Header::Authorization, Header::PaynetMobile],
        properties: &["code", "message", "object_name"],
    };
    /// `POST /v1/softpos/check_transaction`
    pub(crate) const CHECK_TRANSACTION: Operation = Operation {
        name: "check_transaction",
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
    /// `POST /v1/softpos/init_reversal_transaction`
    pub(crate) const INIT_REVERSAL_TRANSACTION: Operation = Operation {
        name: "init_reversal_transaction",
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
    /// Every operation.
    pub(crate) const ALL: &[Operation] = &[
        GET_AUTH_KEY,
        LOGOUT,
        CHECK_TRANSACTION,
        INIT_REVERSAL_TRANSACTION,
        INIT_SALE_TRANSACTION,
    ];
}
