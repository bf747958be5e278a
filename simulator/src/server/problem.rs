//! Errors of the control interface and the pages.

use std::borrow::Cow;

use axum::{
    extract::rejection::{FormRejection, JsonRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::NoPendingPayment;

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

    fn in_turkish(self, text: &'static str) -> Self {
        Self { turkish: Some(text), ..self }
    }

    pub(crate) fn unknown_payment() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown payment session").in_turkish("Bu ödeme bulunamadı.")
    }

    /// Answers what was meant for one of several dealers.
    pub(crate) fn one_dealer(status: StatusCode) -> Self {
        Self::new(status, "a simulator is one dealer; start one for each suite, on a port of its own")
            .in_turkish("Bir simülatör tek bayidir; her test için ayrı bir simülatör başlatın.")
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

    /// Says why an extractor refused a request.
    fn unreadable(status: StatusCode, text: String) -> Self {
        let is_of_a_dealer = text.contains("unknown field `dealer`");
        if is_of_a_dealer { Self::one_dealer(StatusCode::BAD_REQUEST) } else { Self::new(status, text) }
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

impl From<NoPendingPayment> for Problem {
    fn from(why: NoPendingPayment) -> Self {
        Self::new(StatusCode::CONFLICT, why.to_string()).in_turkish("Bu ödeme zaten sonuçlandı.")
    }
}

macro_rules! unreadable {
    ($($rejection:ty),*) => {$(
        impl From<$rejection> for Problem {
            fn from(rejection: $rejection) -> Self {
                Self::unreadable(rejection.status(), rejection.body_text())
            }
        }
    )*};
}

unreadable!(FormRejection, JsonRejection, QueryRejection);
