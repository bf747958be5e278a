//! What the maintainers of `paypos` run.

#[allow(dead_code, reason = "nothing calls it but its tests, until there are commands")]
mod calls;
#[path = "../../codegen/mod.rs"]
mod codegen;

fn main() {}
