#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error};
#[allow(unused_imports)]
use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
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
    #[derive(::serde::Serialize, Clone, Debug)]
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
/// The request types, generated from the document's schemas: `new` takes what
/// the document requires, in its order, and each optional property has a setter.
pub mod requests {
    pub use super::types::InitReversalRequest;
}
impl types::InitReversalRequest {
    /// A request with what the document requires: `xact_id`.
    ///
    /// When the request is sent, a blank text here is refused as `InvalidInput`.
    #[must_use]
    pub fn new(xact_id: impl Into<::std::string::String>) -> Self {
        Self {
            xact_id: xact_id.into(),
            callback_url: Default::default(),
            reference_no: Default::default(),
        }
    }
    /// Sets the optional property `callback_url`. Callback url. Refused as `InvalidInput` when it is sent: what is not an absolute URL, has a space or a control character in it, or has the scheme `javascript`, `data`, `file` or `blob`.
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
use crate::transport::Answer as ResponseValue;
/// The documents as published, which the simulator judges by.
pub(crate) const DOCUMENTS: &[&str] = &[
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", "openapi/refund-cancel.json")),
];
/// The document's operations, with what the transport needs to know of each.
pub(crate) mod operations {
    use crate::transport::Operation;
    /// `POST /v1/softpos/init_reversal_transaction`
    pub(crate) const INIT_REVERSAL_TRANSACTION: Operation = Operation {
        name: "init_reversal_transaction",
        needs_session_key: true,
        answer: &[
            "code",
            "deeplink_url",
            "encryption_key",
            "message",
            "object_name",
            "payment_session_id",
        ],
    };
    /// Every operation.
    pub(crate) const ALL: &[Operation] = &[INIT_REVERSAL_TRANSACTION];
}
