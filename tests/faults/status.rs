//! F: status codes.

use std::time::Duration;

use paypos::{
    Error,
    ErrorKind::{self, BadResponse, RateLimited, Rejected, Server, Timeout, Unauthorized},
    Outcome,
};

use super::{
    Bed, refusal,
    support::{
        canary::TEXT,
        server::{self, answer, reply, reply_and_keep, success_for},
    },
};

/// This status, with the documented refusal as its body.
async fn refused(status: &str, kind: ErrorKind, outcome: Outcome) -> Error {
    let error = Bed::plain().await.fails(reply_and_keep(answer(status, refusal())), kind, outcome).await;
    assert_eq!(error.status(), status[..3].parse().ok());
    assert_eq!(
        (error.code(), error.object_name(), error.vendor_message()),
        (Some(77), Some(TEXT), Some(TEXT))
    );
    error
}

/// A refusal with a body that is not the documented one.
async fn refused_by_status_alone(body: &str) {
    let script = reply_and_keep(answer("400 Bad Request", body));
    let error = Bed::plain().await.fails(script, Rejected, Outcome::Rejected).await;
    assert_eq!((error.status(), error.code(), error.vendor_message()), (Some(400), None, None));
}

/// Decided: the document says 200, and another 2xx is not a success, whatever its body.
#[tokio::test]
async fn f01_another_2xx_with_the_body_of_a_success_is_a_bad_response() {
    for status in ["201 Created", "202 Accepted", "206 Partial Content"] {
        let body = success_for(&server::Request { head: String::new(), body: Vec::new() });
        let script = reply_and_keep(answer(status, body.to_string()));
        let error = Bed::plain().await.fails(script, BadResponse, Outcome::Unknown).await;
        assert_eq!(error.status(), status[..3].parse().ok());
    }
}

/// A redirect to another server: nothing arrives there.
async fn not_followed(status: &str, scheme: &str) {
    let elsewhere = server::Server::plain().await;
    let location = format!("{scheme}://127.0.0.1:{}/{TEXT}", elsewhere.port);
    let head = format!("HTTP/1.1 {status}\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let error = Bed::plain().await.fails(reply_and_keep(head), BadResponse, Outcome::Unknown).await;
    assert_eq!(error.status(), status[..3].parse().ok());
    assert_eq!((elsewhere.connections(), elsewhere.posts()), (0, 0));
}

#[tokio::test]
async fn f02_301_to_another_origin_is_not_followed() {
    not_followed("301 Moved Permanently", "http").await;
}

#[tokio::test]
async fn f03_302_to_another_origin_is_not_followed() {
    not_followed("302 Found", "http").await;
}

#[tokio::test]
async fn f04_303_to_another_origin_is_not_followed() {
    not_followed("303 See Other", "http").await;
}

#[tokio::test]
async fn f05_307_to_another_origin_is_not_followed() {
    not_followed("307 Temporary Redirect", "http").await;
}

#[tokio::test]
async fn f06_308_to_another_origin_is_not_followed() {
    not_followed("308 Permanent Redirect", "http").await;
}

#[tokio::test]
async fn f07_a_redirect_to_the_same_origin_is_not_followed() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let head = format!("HTTP/1.1 {status}\r\nlocation: /{TEXT}\r\ncontent-length: 0\r\n\r\n");
        // `fails` counts the POSTs: one.
        Bed::plain().await.fails(reply_and_keep(head), BadResponse, Outcome::Unknown).await;
    }
}

#[tokio::test]
async fn f08_a_redirect_from_https_to_http_is_not_followed() {
    let elsewhere = server::Server::plain().await;
    let bed = Bed::tls(&super::Authority::new()).await;
    let location = format!("http://127.0.0.1:{}/{TEXT}", elsewhere.port);
    let head =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    bed.fails(reply_and_keep(head), BadResponse, Outcome::Unknown).await;
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn f10_the_documented_refusal_is_rejected_with_all_it_says() {
    refused("400 Bad Request", Rejected, Outcome::Rejected).await;
}

#[tokio::test]
async fn f11_a_code_that_nobody_knows_is_kept_as_it_is() {
    for code in [i64::MIN, -1, 0, 1, 4711, i64::MAX] {
        let script = reply_and_keep(answer("400 Bad Request", format!("{{\"code\": {code}}}")));
        let error = Bed::plain().await.fails(script, Rejected, Outcome::Rejected).await;
        assert_eq!(error.code(), Some(code));
    }
}

#[tokio::test]
async fn f12_a_refusal_in_html_is_rejected_by_its_status() {
    refused_by_status_alone(&format!("<html><body>{TEXT}</body></html>")).await;
}

#[tokio::test]
async fn f13_a_refusal_without_a_body_is_rejected_by_its_status() {
    refused_by_status_alone("").await;
}

#[tokio::test]
async fn f14_401_is_unauthorized() {
    refused("401 Unauthorized", Unauthorized, Outcome::Rejected).await;
}

#[tokio::test]
async fn f15_403_is_unauthorized() {
    refused("403 Forbidden", Unauthorized, Outcome::Rejected).await;
}

#[tokio::test]
async fn f16_404_is_rejected() {
    refused("404 Not Found", Rejected, Outcome::Rejected).await;
}

#[tokio::test]
async fn f18_408_is_unknown() {
    refused("408 Request Timeout", Timeout, Outcome::Unknown).await;
}

#[tokio::test]
async fn f19_409_is_rejected_and_never_sent_again() {
    refused("409 Conflict", Rejected, Outcome::Rejected).await;
}

/// A refusal with a `Retry-After`, at a time that the server says.
async fn retry_after(status: &str, value: &str, kind: ErrorKind, outcome: Outcome) -> Option<Duration> {
    let head = format!(
        "HTTP/1.1 {status}\r\ndate: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: {value}\r\ncontent-length: 0\r\n\r\n"
    );
    Bed::plain().await.fails(reply_and_keep(head), kind, outcome).await.retry_after()
}

#[tokio::test]
async fn f20_429_with_seconds_is_rate_limited() {
    let delay = retry_after("429 Too Many Requests", "17", RateLimited, Outcome::Rejected).await;
    assert_eq!(delay, Some(Duration::from_secs(17)));
}

/// The server's own `Date` is the clock that is injected.
#[tokio::test]
async fn f21_429_with_a_date_is_rate_limited_by_the_servers_clock() {
    for (date, delay) in [
        ("Wed, 21 Oct 2026 07:28:45 GMT", Duration::from_secs(45)),
        ("Wed, 21 Oct 2026 07:27:00 GMT", Duration::ZERO),
    ] {
        let read = retry_after("429 Too Many Requests", date, RateLimited, Outcome::Rejected).await;
        assert_eq!(read, Some(delay));
    }
    for nonsense in [TEXT, "-1", "1.5", "99999999999999999999999"] {
        let read = retry_after("429 Too Many Requests", nonsense, RateLimited, Outcome::Rejected).await;
        assert_eq!(read, None);
    }
}

#[tokio::test]
async fn f23_500_is_unknown() {
    refused("500 Internal Server Error", Server, Outcome::Unknown).await;
}

#[tokio::test]
async fn f24_502_in_html_is_unknown_and_shows_none_of_it() {
    let page = answer("502 Bad Gateway", format!("<html>{TEXT}</html>"));
    let error = Bed::plain().await.fails(reply(page), Server, Outcome::Unknown).await;
    assert_eq!(error.status(), Some(502));
}

#[tokio::test]
async fn f25_503_with_a_retry_after_is_unknown_with_a_hint() {
    let delay = retry_after("503 Service Unavailable", "5", Server, Outcome::Unknown).await;
    assert_eq!(delay, Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn f26_504_is_unknown() {
    refused("504 Gateway Timeout", Server, Outcome::Unknown).await;
}
