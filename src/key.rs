//! The two credentials: a dealer's secret key for servers, and session keys for sessions.

use crate::{Error, Secret};

/// Accepts a key of visible ASCII, which a header carries unchanged. The error does not quote it.
fn checked(what: &str, key: String, right: &str) -> Result<Secret, Error> {
    let (length, most) = (key.len(), SessionKey::MAX_LENGTH);
    let key = Secret::from(key);
    let problem = match key.expose().find(|c: char| !c.is_ascii_graphic()) {
        _ if !(1..=most).contains(&length) => format!("is {length} bytes long, and not 1 to {most}"),
        Some(at) => format!("has a space, a control character or one beyond ASCII at byte {at}"),
        None => return Ok(key),
    };
    Err(Error::invalid_input(format!("the {what} {problem}; {right}")))
}

/// The key of a mobile session: `Session-Key` of the document.
///
/// `Debug` prints `[redacted]`, there is no `Display`, and the memory is wiped
/// on drop; the copy in the HTTP library's buffers, while a call runs, is not.
#[derive(Debug)]
pub struct SessionKey(pub(crate) Secret);

impl SessionKey {
    /// The longest key that is accepted, in bytes: what fits a header of any
    /// common server. Paynet documents no length.
    pub const MAX_LENGTH: usize = 4096;

    /// Accepts a key of 1 to [`MAX_LENGTH`](Self::MAX_LENGTH) visible ASCII
    /// characters, which are what a header carries unchanged.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else; the
    /// error tells what is wrong without quoting the key.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        checked("session key", key.into(), "give the key just as `get_auth_key` returned it").map(Self)
    }

    /// The key itself, for the merchant's app. Search for this name to find where secrets leave their wrapping.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<&SessionKey> for Secret {
    fn from(key: &SessionKey) -> Self {
        key.0.clone()
    }
}

/// A dealer's secret key, `sck_…`: what follows `Basic ` in the document's `Authorization`.
///
/// For servers only: it opens sessions in the dealer's name. Paynet accepts it only from
/// registered addresses. Redacted and wiped like a [`SessionKey`].
#[derive(Debug)]
pub struct SecretKey(pub(crate) Secret);

impl SecretKey {
    /// Accepts a key of 1 to 4096 visible ASCII characters, without the word `Basic`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else; the
    /// error tells what is wrong without quoting the key.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        checked("secret key", key.into(), "give the dealer's key alone, `sck_…`, without `Basic`").map(Self)
    }

    /// The key itself. Search for this name to find where secrets leave their wrapping.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}
