//! Keeps other web pages out, since a browser on this machine may have any page open.

use http::{
    HeaderMap, Method,
    header::{HOST, HeaderName, ORIGIN},
};
use url::{Host, Url};

/// Refuses a request whose `Host` is not one of the server's, which prevents DNS rebinding.
// Guard: safety::a_host_that_is_a_name_of_somebody_else_is_refused
pub(crate) fn check_host(headers: &HeaderMap, hosts: &[String]) -> Result<(), String> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let url = Url::parse(&format!("http://{host}")).ok();
    let name = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let is_loopback = name == "localhost" || name.ends_with(".localhost");
    let is_address = matches!(url.as_ref().and_then(Url::host), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    if is_address || is_loopback || hosts.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(format!(
        "the Host is neither localhost nor an IP address, and not one that this server was given; start it with \
         `--host {name}` if it is known by that name, such as a service's in a compose network"
    ))
}

/// Refuses a request that changes something and that another site's page may have made.
// Guard: safety::another_sites_page_cannot_change_anything
// Guard: browser::the_keyboard_alone_decides_and_its_focus_is_seen
pub(crate) fn check_site(
    method: &Method,
    headers: &HeaderMap,
    public_url: Option<&str>,
) -> Result<(), &'static str> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let header = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(HOST).unwrap_or_default();
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
