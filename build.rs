//! Generates the typed client from Paynet's documents into `OUT_DIR`.

use std::{env, fs, path::Path};

use paypos_codegen::{Document, generate};

fn main() {
    println!("cargo::rerun-if-changed=openapi");
    match Document::read_all(Path::new("openapi")).and_then(|documents| generate(&documents)) {
        Ok(generated) => {
            let out = env::var_os("OUT_DIR").unwrap_or_default();
            let out = Path::new(&out);
            for (file, text) in
                [("generated.rs", generated.code), ("document.json", generated.document.to_string())]
            {
                if let Err(error) = fs::write(out.join(file), text) {
                    println!("cargo::error=the generated code cannot be written: {error}");
                }
            }
        }
        Err(error) => println!("cargo::error={error}"),
    }
}
