//! Who may call the backend: the merchant's app and operators, each with a token of its own.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use paypos::Secret;
use subtle::ConstantTimeEq;

use crate::responses::Problem;

/// The least length of a token.
const MIN_TOKEN: usize = 20;

/// What callers show as `Authorization: Bearer`. Without tokens, only this machine can call.
#[derive(Default)]
pub(crate) struct Tokens(Option<Pair>);

struct Pair {
    app: Secret,
    operator: Secret,
}

/// Who calls.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Caller {
    App,
    Operator,
}

impl Tokens {
    /// Reads both tokens, which only a backend on loopback may do without.
    pub(crate) fn read(
        app: Option<String>,
        operator: Option<String>,
        is_loopback: bool,
    ) -> Result<Self, Vec<String>> {
        let long = "20 or more characters, such as the output of `openssl rand -hex 24`";
        let mut problems = Vec::new();
        for (name, token) in [("APP_TOKEN", &app), ("OPERATOR_TOKEN", &operator)] {
            if token.as_ref().is_some_and(|token| token.len() < MIN_TOKEN) {
                problems.push(format!("{name}: expected {long}"));
            }
        }
        let pair = match (app, operator) {
            (Some(app), Some(operator)) if app == operator => {
                problems.push("OPERATOR_TOKEN: expected another one than APP_TOKEN".to_owned());
                None
            }
            (Some(app), Some(operator)) => Some(Pair { app: app.into(), operator: operator.into() }),
            (None, None) if is_loopback => None,
            _ => {
                let both = "LISTEN: beyond this machine, expected APP_TOKEN and OPERATOR_TOKEN";
                let pair = "APP_TOKEN and OPERATOR_TOKEN: expected both, or none";
                problems.push(format!("{}, each {long}", if is_loopback { pair } else { both }));
                None
            }
        };
        if problems.is_empty() { Ok(Self(pair)) } else { Err(problems) }
    }

    /// Returns who calls. An operator may do what an app may.
    // Guard: day::apps_and_operators_have_tokens_of_their_own
    pub(crate) fn caller(&self, uri: &Uri, headers: &HeaderMap) -> Result<Caller, Problem> {
        let Some(Pair { app, operator }) = &self.0 else {
            // A page of another site may have its own name lead to this machine.
            return if is_this_machine(uri, headers) {
                Ok(Caller::Operator)
            } else {
                Err(Problem::new(StatusCode::FORBIDDEN, "Host: expected localhost or 127.0.0.1"))
            };
        };
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|shown| shown.strip_prefix("Bearer ")).unwrap_or_default();
        let is_same =
            |shown: &str, token: &Secret| bool::from(shown.as_bytes().ct_eq(token.expose().as_bytes()));
        match () {
            () if is_same(shown, operator) => Ok(Caller::Operator),
            () if is_same(shown, app) => Ok(Caller::App),
            () => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "expected `Authorization: Bearer` with APP_TOKEN or OPERATOR_TOKEN",
            )),
        }
    }
}

// Guard: day::a_page_of_another_site_reaches_nothing
fn is_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or(uri.authority().map(axum::http::uri::Authority::as_str)).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}
