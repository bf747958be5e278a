//! What the maintainers of `paypos` run.

#[path = "../../codegen/mod.rs"]
mod codegen;

fn main() {}
