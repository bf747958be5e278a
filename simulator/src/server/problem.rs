//! Errors of the control interface and the pages.

use std::borrow::Cow;

use axum::{
    extract::rejection::{FormRejection, JsonRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::phone::Undecidable;

/// A status, and a text that says what is wrong and what would be right.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) text: Cow<'static, str>,
    /// The text in Turkish; `None` if only programs meet it.
    pub(crate) turkish: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self { status, text: text.into(), turkish: None }
    }

    pub(crate) fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    pub(crate) fn in_turkish(self, text: &'static str) -> Self {
        Self { turkish: Some(text), ..self }
    }

    pub(crate) fn unknown_payment() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown payment session").in_turkish("Bu ödeme bulunamadı.")
    }

    pub(crate) fn unknown_dealer() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown dealer; add it by `POST /_paypos/dealers`")
            .in_turkish("Bu bayi tanımlı değil.")
    }

    pub(crate) fn nothing_here() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing here; see the README for what there is")
            .in_turkish("Burada bir şey yok.")
    }

    pub(crate) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "the method is another; `Allow` lists what is possible")
            .in_turkish("Bu adres bu yöntemle çağrılamaz.")
    }

    pub(crate) fn another_site(text: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, text).in_turkish("Bu istek başka bir siteden geliyor.")
    }
}

/// Carries the problem to the middleware, which knows whether a page or JSON is wanted.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Undecidable> for Problem {
    fn from(why: Undecidable) -> Self {
        match why {
            Undecidable::NotWaiting => Self::new(
                StatusCode::CONFLICT,
                "the payment session does not wait for the phone, or its sale has been reversed",
            )
            .in_turkish("Bu ödeme zaten sonuçlandı."),
            Undecidable::TooMany => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too many decisions are still to come")
                    .in_turkish("Bekleyen karar sayısı çok fazla.")
            }
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the body must be JSON, with `content-type: application/json`",
            ),
            // That a value does not fit is no other mistake than that it is no JSON.
            rejection => Self::bad(rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad(rejection.body_text())
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        match rejection {
            FormRejection::InvalidFormContentType(_) => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the page sends a form")
            }
            rejection => Self::bad(rejection.body_text()),
        }
    }
}
