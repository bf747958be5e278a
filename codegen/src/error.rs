//! Why a document cannot be used.

use std::fmt;

/// Why no client can be generated from a document: where, the problem, and what was expected.
#[derive(Clone, Debug)]
pub struct DocumentError {
    /// The file or page that holds the document.
    pub file: String,
    /// A JSON pointer into the document; empty for the document as a whole.
    pub pointer: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right, or what to do.
    pub expected: String,
}

impl fmt::Display for DocumentError {
    /// One line, since cargo prints no more of a build script's error. What it quotes of a document is cut.
    // Guard: pipeline::a_document_that_cannot_be_used_is_refused_in_one_line
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 300;
        let Self { file, pointer, problem, expected } = self;
        let mut cut: String = problem.chars().take(LONGEST).collect();
        if cut.len() < problem.len() {
            cut.push('…');
        }
        let place = if pointer.is_empty() { String::new() } else { format!("at {pointer}: ") };
        let line = format!("{file}: {place}{cut}; {expected}");
        f.write_str(&line.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl std::error::Error for DocumentError {}
