//! The formats that a merchant may store a value in.

use serde::{Serialize, de::DeserializeOwned};

/// Writes a value in a format and reads it again; `None` if it was refused to be written.
pub type Stored<T> = Option<Result<T, String>>;

fn told<T, E: std::fmt::Display>(read: Result<T, E>) -> Result<T, String> {
    read.map_err(|error| error.to_string())
}

/// Stores a value in each of eight formats.
pub fn in_each<T: Serialize + DeserializeOwned>(value: &T) -> [(&'static str, Stored<T>); 8] {
    [
        ("JSON", serde_json::to_string(value).ok().map(|text| told(serde_json::from_str(&text)))),
        ("MessagePack", rmp_serde::to_vec(value).ok().map(|bytes| told(rmp_serde::from_slice(&bytes)))),
        (
            "MessagePack with names",
            rmp_serde::to_vec_named(value).ok().map(|bytes| told(rmp_serde::from_slice(&bytes))),
        ),
        ("CBOR", {
            let mut bytes = Vec::new();
            let written = ciborium::into_writer(value, &mut bytes).ok();
            written.map(|()| told(ciborium::from_reader(bytes.as_slice())))
        }),
        ("YAML", serde_saphyr::to_string(value).ok().map(|text| told(serde_saphyr::from_str(&text)))),
        ("TOML", toml::to_string(value).ok().map(|text| told(toml::from_str(&text)))),
        ("postcard", postcard::to_stdvec(value).ok().map(|bytes| told(postcard::from_bytes(&bytes)))),
        ("bincode", bincode::serialize(value).ok().map(|bytes| told(bincode::deserialize(&bytes)))),
    ]
}
