//! Pages of documentation: what is found on one is what is stored of it.
#![no_main]
#![allow(dead_code)]

#[path = "../../xtask/src/json.rs"]
mod json;
#[path = "../../xtask/src/page.rs"]
mod page;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let mut pages = page::Pages::default();
    if let Err(error) = pages.add("page.md", text) {
        assert!(error.to_string().starts_with("page.md"), "{error}");
    }
    for found in pages.found {
        let stored: Value = serde_json::from_str(&found.text).unwrap();
        assert_eq!(stored, found.document.json);
        assert!(text.contains(stored["openapi"].as_str().unwrap()));
    }
});
