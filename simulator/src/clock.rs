//! Writes times, as machines and people read them.

use std::time::SystemTime;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serializer;

/// Serializes a time as RFC 3339, in UTC.
pub(crate) fn write_time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc_3339(*time))
}

pub(crate) fn rfc_3339(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    format!("{time:.3}")
}

/// Formats the time of day in the time zone of this process.
pub(crate) fn clock(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    TimeZone::system().to_datetime(time).strftime("%H:%M:%S").to_string()
}
