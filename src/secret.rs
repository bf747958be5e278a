//! Text that must not be printed.

use std::fmt;

use zeroize::Zeroizing;

/// What `Debug` prints instead of a value.
pub(crate) const REDACTED: &str = "[redacted]";

/// A secret from or for Paynet, such as the `encryption_key` of a [`Handoff`](crate::Handoff).
///
/// `Debug` prints `[redacted]`, there is no `Display` and no `Serialize`, and the memory is
/// wiped on drop. Copies of [`expose`](Self::expose) are the caller's responsibility.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself. Search for this name to find where secrets leave their wrapping.
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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
