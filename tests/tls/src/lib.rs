//! Has no code: its tests build `paypos` with each of its TLS features.
