//! How an [`Environment`] is chosen by name and shown; the type itself is
//! generated from the document's `servers`.

use std::{fmt, str::FromStr};

pub use crate::generated::Environment;

use crate::Error;

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Environment {
    type Err = Error;

    /// Reads the name that `Display` writes, in upper or lower case.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other text; the
    /// error lists the names.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|environment| environment.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| {
                let names: Vec<_> =
                    Self::ALL.iter().map(|environment| environment.name().to_lowercase()).collect();
                Error::invalid_input(format!("unknown environment; give one of: {}", names.join(", ")))
            })
    }
}
