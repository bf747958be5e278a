//! How an [`Environment`] is read from its name; the type itself is generated from the documents' `servers`.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

pub use crate::generated::Environment;

use crate::Error;

impl FromStr for Environment {
    type Err = Error;

    /// Parses the name that `Display` writes, ignoring case.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other text; the error lists the names.
    ///
    /// ```
    /// # use paypos::Environment;
    /// assert_eq!("sandbox".parse::<Environment>()?, Environment::Sandbox);
    /// # Ok::<(), paypos::Error>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.iter().copied();
        all.find(|environment| environment.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|known| known.as_str().to_lowercase()).collect();
            Error::invalid_input(format!("unknown environment; expected one of: {}", names.join(", ")))
        })
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
