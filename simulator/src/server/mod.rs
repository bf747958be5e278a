//! What is below `/_paypos/`: the pages for people, and the control interface for programs.

pub(crate) mod control;
mod desk;
mod guard;
mod page;
mod problem;
mod words;

/// Prefix of all paths that are not Paynet's.
pub const PREFIX: &str = "/_paypos";

/// Returns whether a character cannot be seen, or changes how others are shown: control characters, marks of direction,
/// and characters without a width. A terminal would obey some of them.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
