//! The generated code, kept for review.

use std::path::Path;

use paypos_codegen::{Document, generate};

#[test]
fn the_generated_code_is_the_golden_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    let code = generate(&Document::read_all(&folder).unwrap()).unwrap().code;
    if code != include_str!("golden/generated.rs") {
        std::fs::write("/tmp/generated.rs", &code).unwrap();
        panic!("codegen/tests/golden/generated.rs is stale: run `cargo xtask spec regenerate`, and read the difference");
    }
}
