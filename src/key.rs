//! The two credentials: a dealer's secret key for servers, and session keys for sessions.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use crate::{Error, Secret};

/// Accepts a key of visible ASCII characters, which a header carries unchanged. The error does not quote it.
// Guard: input::a_key_is_visible_ascii_of_bounded_length
fn checked(what: &str, key: String, expected: &str) -> Result<Secret, Error> {
    let (length, most) = (key.len(), SessionKey::MAX_LENGTH);
    let key = Secret::from(key);
    let problem = match key.expose().find(|c: char| !c.is_ascii_graphic()) {
        _ if !(1..=most).contains(&length) => format!("is {length} bytes long; expected 1 to {most}"),
        Some(at) => format!("contains a space, control or non-ASCII character at byte {at}"),
        None => return Ok(key),
    };
    Err(Error::invalid_input(format!("the {what} {problem}; {expected}")))
}

/// The key of a mobile session, sent as the `Session-Key` header.
///
/// `Debug` prints `[redacted]`, there is no `Display`, and the memory is wiped on drop. The HTTP library's copies, in
/// requests and in the buffers of its connections, are not wiped.
///
/// ```
/// # use paypos::SessionKey;
/// #[derive(serde::Deserialize)]
/// struct Config {
///     session_key: SessionKey,
/// }
/// let config: Config = serde_json::from_str(r#"{"session_key": "mbl_pcs_xxxxxxxxxxxxx"}"#)?;
/// assert_eq!(format!("{:?}", config.session_key), "SessionKey([redacted])");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKey(pub(crate) Secret);

impl SessionKey {
    /// The maximum length of a key in bytes, chosen to fit the header limits of common servers. Paynet documents none.
    pub const MAX_LENGTH: usize = 4096;

    /// Creates a key from 1 to [`MAX_LENGTH`](Self::MAX_LENGTH) visible ASCII characters, which headers transmit
    /// unchanged.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) otherwise. The error describes the problem without quoting the
    /// key.
    ///
    /// ```
    /// # use paypos::SessionKey;
    /// assert!(SessionKey::new("mbl_pcs_xxxxxxxxxxxxx").is_ok());
    /// assert!(!SessionKey::new("a secret with blanks").unwrap_err().to_string().contains("secret"));
    /// ```
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        checked("session key", key.into(), "pass the key exactly as `get_auth_key` returned it").map(Self)
    }
}

impl From<&SessionKey> for Secret {
    fn from(key: &SessionKey) -> Self {
        key.0.clone()
    }
}

/// A dealer's secret key (`sck_…`), sent as `Authorization: Basic sck_…`.
///
/// For servers only: it opens sessions on the dealer's behalf, and Paynet accepts it only from registered IP addresses.
/// It is redacted and wiped like a [`SessionKey`].
///
/// ```
/// # use paypos::SecretKey;
/// let key: SecretKey = "sck_xxx".parse()?;
/// assert_eq!(format!("{key:?}"), "SecretKey([redacted])");
/// # Ok::<(), paypos::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey(pub(crate) Secret);

impl SecretKey {
    /// Creates a key from 1 to 4096 visible ASCII characters, without the word `Basic`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) otherwise. The error describes the problem without quoting the
    /// key.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        checked("secret key", key.into(), "pass only the dealer's key (`sck_…`), without `Basic`").map(Self)
    }
}

macro_rules! key {
    ($($key:ident),*) => {$(
        impl $key {
            /// Returns the secret value. The name is meant to be easy to search for.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl FromStr for $key {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $key {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $key {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(Secret::deserialize(deserializer)?.expose()).map_err(de::Error::custom)
            }
        }
    )*};
}

key!(SessionKey, SecretKey);
