//! Generates the typed client from Paynet's documents into `OUT_DIR`.

mod codegen;

use std::{env, fs, path::Path};

const DOCUMENTS: &str = "openapi";

fn main() {
    println!("cargo::rerun-if-changed={DOCUMENTS}");
    println!("cargo::rerun-if-changed=codegen");
    // What progenitor panics on becomes a message, and its backtrace helps nobody.
    std::panic::set_hook(Box::new(|_| {}));
    let generated =
        codegen::Document::read_all(Path::new(DOCUMENTS)).and_then(|documents| codegen::generate(&documents));
    match generated {
        Ok(code) => {
            let out = env::var_os("OUT_DIR").unwrap_or_default();
            if let Err(error) = fs::write(Path::new(&out).join("generated.rs"), code) {
                println!("cargo::error=the generated code cannot be written: {error}");
            }
        }
        Err(unusable) => println!("cargo::error={unusable}"),
    }
}
