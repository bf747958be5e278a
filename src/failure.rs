//! Says why the HTTP library failed, in words of our own: its errors quote what the server wrote.

use std::{error::Error as StdError, io, iter};

use crate::{
    Error,
    ErrorKind::{Configuration, Connect, Interrupted, Timeout},
};

/// Maps an error of the HTTP library.
pub(crate) fn failure(error: &reqwest::Error) -> Error {
    let (kind, detail) = if error.is_builder() {
        (Configuration, "the request could not be built with this configuration")
    } else if error.is_connect() && error.is_dns() {
        (Connect, "the server's name could not be resolved")
    } else if error.is_connect() && error.is_timeout() {
        (Connect, "no connection was established before the connect timeout")
    } else if error.is_connect() {
        (Connect, cause(error).unwrap_or("no connection could be established"))
    } else if error.is_timeout() {
        (Timeout, "no complete response before the timeout")
    } else {
        (Interrupted, "the connection failed before the response was complete")
    };
    // Only the operating system's reason is kept: the errors of the libraries below quote what the server wrote, such as
    // the names in a certificate or the debug data of HTTP/2.
    match causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(cause) => Error::new(kind, detail).caused_by(io::Error::from(cause.kind())),
        None => Error::new(kind, detail),
    }
}

/// What the TLS libraries say of a connection that was not established, by a part of it; and what it means. It is
/// compared and never shown, since it quotes the server.
// Guard: tls::a_certificate_that_is_not_the_hosts_or_not_valid_now_is_refused
const TLS_CAUSES: [(&str, &str); 10] = [
    ("No CA certificates", "no CA certificates were found on this machine"),
    ("InvalidContentType", "the server does not speak TLS at this port"),
    ("wrong version number", "the server does not speak TLS at this port"),
    ("not valid for name", "the server's certificate is for another name"),
    ("ostname mismatch", "the server's certificate is for another name"),
    ("expired", "the server's certificate has expired"),
    ("not valid yet", "the server's certificate is not valid yet"),
    ("not yet valid", "the server's certificate is not valid yet"),
    // Any other reason against a certificate.
    ("invalid peer certificate", "the server's certificate is not trusted"),
    ("certificate verify failed", "the server's certificate is not trusted"),
];

/// Says why there is no connection, or no client for one, if it is known.
pub(crate) fn cause(error: &reqwest::Error) -> Option<&'static str> {
    causes(error).find_map(|cause| {
        match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => return Some("the connection was refused"),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
                return Some("the connection was closed while it was being established");
            }
            _ => {}
        }
        let text = cause.to_string();
        TLS_CAUSES.iter().find(|(part, _)| text.contains(part)).map(|(_, cause)| *cause)
    })
}

/// The causes of an error, also those within an I/O error.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    iter::successors(error.source(), |&cause| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(within) => Some(within),
            None => cause.source(),
        }
    })
}
