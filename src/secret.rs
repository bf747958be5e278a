//! Text that must not be printed.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

/// What `Debug` prints instead of a value.
pub(crate) const REDACTED: &str = "[redacted]";

/// A secret exchanged with Paynet, such as the `encryption_key` of a [`Handoff`](crate::Handoff).
///
/// `Debug` prints `[redacted]`, there is no `Display` and no `Serialize`, and the memory is wiped on drop. Copies that
/// you make of [`expose`](Self::expose) are your responsibility. Two secrets are compared in a time that depends on
/// their length only.
///
/// ```
/// # use paypos::Secret;
/// let secret = Secret::from("not for logs");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "not for logs");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns the secret value. The name is meant to be easy to search for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let differing = self.0.bytes().zip(other.0.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
        self.0.len() == other.0.len() && differing == 0
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    /// Reads a string. The error quotes nothing of what was there instead.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer);
        text.map(Self::from).map_err(|_| de::Error::custom("a secret is not a string; expected a string"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
