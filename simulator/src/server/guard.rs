//! What keeps other web pages out: a browser on this machine may be on any of them.

use std::net::IpAddr;

use bytes::Bytes;
use http::{
    Method, Request,
    header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN},
};
use url::Url;

/// Refuses a request that another site's page may have made; returns why.
pub(crate) fn check(request: &Request<Bytes>, public_url: Option<&str>) -> Result<(), &'static str> {
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(HOST).unwrap_or_default();
    if !is_own_host(host, public_url) {
        return Err("the Host is neither loopback, an IP address, nor the public URL's");
    }
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

/// Whether a host is not a name that somebody else may let point to this machine.
fn is_own_host(host: &str, public_url: Option<&str>) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}")) else { return false };
    let Some(name) = url.host_str() else { return false };
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let public = public_url.and_then(|url| Url::parse(url).ok());
    is_address || name == "localhost" || public.is_some_and(|public| public.host_str() == Some(name))
}

/// Whether a body is of this media type.
pub(crate) fn is_of_type(request: &Request<Bytes>, expected: &str) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}
