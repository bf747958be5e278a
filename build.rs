//! Generates the typed client from Paynet's document into `OUT_DIR`.

mod codegen;

use std::{env, fs, path::Path};

const DOCUMENT: &str = "openapi/refund-cancel.json";

fn main() {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    println!("cargo::rerun-if-changed=codegen");
    let generated = codegen::Document::read(Path::new(DOCUMENT)).and_then(codegen::generate);
    match generated {
        Ok(code) => {
            let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
            fs::write(Path::new(&out).join("generated.rs"), code).expect("OUT_DIR is writable");
        }
        Err(unusable) => println!("cargo::error={unusable}"),
    }
}
