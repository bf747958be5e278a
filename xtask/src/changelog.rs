//! The entry of CHANGELOG.md that follows from the differences.

use anyhow::{Context, Result};
use semver::Version;

use crate::{judge::Difference, report};

const UNRELEASED: &str = "## Unreleased\n";

/// The changelog with an entry for the differences, at the top of what is not released yet.
pub(crate) fn with(
    changelog: &str,
    differences: &[Difference],
    version: &Version,
    today: &str,
) -> Result<String> {
    let mut entry =
        format!("\n{}: Paynet's documents as of {today}.\n\n", report::release(version, differences));
    for difference in differences {
        entry.push_str(&report::item(difference));
    }
    if let Some((head, rest)) = changelog.split_once(UNRELEASED) {
        return Ok(format!("{head}{UNRELEASED}{entry}{rest}"));
    }
    let first = changelog.find("## ").context("CHANGELOG.md has no `## ` heading; restore it from git")?;
    let (head, rest) = changelog.split_at(first);
    Ok(format!("{head}{UNRELEASED}{entry}\n{rest}"))
}
