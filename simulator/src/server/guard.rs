//! What keeps other web pages out: a browser on this machine may be on any of them.

use std::net::IpAddr;

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request,
    header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN},
};
use url::Url;

/// Refuses a request for a host that is not the server's: a name that somebody else may let point to this machine, and
/// whose pages a browser takes for the server's own.
pub(crate) fn check_host(headers: &HeaderMap, hosts: &[String]) -> Result<(), String> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = Url::parse(&format!("http://{host}")).ok();
    let name = name.as_ref().and_then(Url::host_str).unwrap_or_default();
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if is_address || name == "localhost" || hosts.iter().any(|own| own == name) {
        return Ok(());
    }
    Err(format!(
        "the Host is neither localhost nor an IP address, and not one that this server was given; start it with \
         `--host {name}` if it is known by that name"
    ))
}

/// Refuses a request that another site's page may have made; returns why.
pub(crate) fn check_site(request: &Request<Bytes>, public_url: Option<&str>) -> Result<(), &'static str> {
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(HOST).unwrap_or_default();
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    let site = header(HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err("another site asks for it");
    }
    let is_own = |origin: &str| {
        let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
        authority == host || public_url.is_some_and(|url| url == origin)
    };
    if header(ORIGIN).is_some_and(|origin| !is_own(origin)) {
        return Err("another origin asks for it");
    }
    Ok(())
}

/// Whether a body is of this media type.
pub(crate) fn is_of_type(request: &Request<Bytes>, expected: &str) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}
