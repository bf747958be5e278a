//! Serves what is below `/_paypos/`: the pages for people, and the control interface for programs.

mod faults;
mod pages;
mod payments;
mod requests;
mod settings;

use std::sync::{Arc, MutexGuard};

use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, Request, State},
    middleware::{self, Next},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{any, get, patch, post, put},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PREFIX, guard, page, problem::Problem, words::Words};
use crate::{
    http::Unread,
    simulator::{Shared, State as Known},
};

/// What the handlers of requests share.
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    /// Without a trailing slash.
    pub(crate) public_url: Option<String>,
    /// Host names that a request may have.
    pub(crate) hosts: Vec<String>,
}

impl Server {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.shared.lock()
    }
}

type Of = State<Arc<Server>>;
type Result<T> = std::result::Result<T, Problem>;

/// Returns a router of the operations, the pages and the control interface, with their guards.
pub(crate) fn router(server: Server, operations: Router) -> Router {
    let server = Arc::new(server);
    let at = |path: &str| format!("{PREFIX}{path}");
    let to_the_desk = || async { Redirect::to(&format!("{PREFIX}/")) };
    let own = Router::new()
        .route("/", get(to_the_desk))
        .route(PREFIX, get(to_the_desk))
        .route("/favicon.ico", get(StatusCode::NO_CONTENT))
        .route(&at("/"), get(pages::desk))
        .route(&at("/phone/{id}"), get(pages::phone).post(pages::press))
        .route(&at("/page.css"), get(|| async { of_type("text/css", include_str!("../page.css")) }))
        .route(&at("/page.js"), get(|| async { of_type("text/javascript", include_str!("../page.js")) }))
        .route(&at("/health"), get(|| async { axum::Json(json!({ "status": "ok" })) }))
        .route(&at("/openapi.json"), get(openapi))
        .route(&at("/payments"), get(payments::list))
        .route(&at("/payments/{id}/decide"), post(payments::decide))
        .route(&at("/payments/{id}/transactions"), patch(payments::set_transactions))
        .route(&at("/sales"), get(payments::sales).post(payments::add_sale))
        .route(&at("/requests"), get(requests::list))
        .route(&at("/faults"), get(faults::list).post(faults::add).delete(faults::withdraw))
        .route(&at("/phone"), put(settings::set_phone))
        .route(&at("/behavior"), get(settings::behavior).put(settings::set_behavior))
        .route(&at("/sessions/expire"), post(settings::expire_sessions))
        .route(&at("/reset"), post(settings::reset))
        .route(&at("/dealers"), any(async || Problem::one_dealer(StatusCode::GONE)))
        .route(&at("/{*rest}"), any(async || Problem::nothing_here()))
        .layer(middleware::from_fn_with_state(Arc::clone(&server), around))
        .with_state(Arc::clone(&server));
    own.fallback_service(operations).layer(middleware::from_fn_with_state(server, admit))
}

/// Refuses a request whose `Host` is not one of the server's.
async fn admit(State(server): Of, request: Request, next: Next) -> Response {
    match guard::check_host(request.headers(), &server.hosts) {
        Ok(()) => next.run(request).await,
        Err(problem) => refused(request.headers(), &Problem::new(StatusCode::FORBIDDEN, problem)),
    }
}

/// Wraps every route below `/_paypos/`: refuses cross-site requests, renders problems as a page or as JSON, and sets the
/// security headers.
// Guard: control::a_request_that_names_a_dealer_is_refused_with_advice
async fn around(State(server): Of, request: Request, next: Next) -> Response {
    let asked = request.headers().clone();
    let checked = guard::check_site(request.method(), &asked, server.public_url.as_deref());
    let mut response = match (checked, request.extensions().get::<Unread>()) {
        (Err(problem), _) => Problem::another_site(problem).into_response(),
        (_, Some(unread)) => {
            let (status, problem) = unread.problem();
            Problem::new(status, problem).into_response()
        }
        (Ok(()), None) => next.run(request).await,
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.extensions_mut().insert(Problem::wrong_method());
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = refused(&asked, &problem);
        response.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Renders a problem as a page if the request accepts HTML, and as JSON otherwise.
fn refused(asked: &HeaderMap, problem: &Problem) -> Response {
    let accepted = asked.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") {
        let page = page::problem(Words::preferred(asked), problem);
        return (problem.status, Html(page.into_string())).into_response();
    }
    (problem.status, axum::Json(json!({ "error": problem.text }))).into_response()
}

fn of_type(media_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}

/// A JSON body. The form of another site cannot send one.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
struct Json<T>(T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
struct Query<T>(T);

#[derive(FromRequest)]
#[from_request(via(axum::Form), rejection(Problem))]
struct Form<T>(T);

/// What has no parameter, so that one that is given is a mistake.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Returns the joined document. Its first server is this simulator, which generated clients call by default.
async fn openapi(State(server): Of, headers: HeaderMap) -> Result<Json<Value>> {
    let mut document: Value = serde_json::from_str(paypos::DOCUMENT)
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let url = server.public_url.clone().unwrap_or_else(|| format!("http://{host}"));
    if let Some(servers) = document["servers"].as_array_mut() {
        servers.insert(0, json!({ "url": url, "description": "Simulator" }));
    }
    Ok(Json(document))
}
