//! Writes values by their names: the words that logs, JSON and messages share.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{Environment, ErrorKind, Operation, Outcome};

macro_rules! written_by_name {
    ($($ty:ty),*) => {$(
        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

written_by_name!(Environment, ErrorKind, Operation, Outcome);
