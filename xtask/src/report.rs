//! The report of an update: for a person, for a machine, for a pull request, and for the changelog.

use anyhow::{Context, Result};
use semver::Version;
use serde_json::json;

use crate::{
    diff::{Class, Difference, Release},
    store::Plan,
};

#[derive(Clone, Copy)]
pub(crate) enum Format {
    Text,
    Json,
    Markdown,
}

pub(crate) fn plan(plan: &Plan, version: &Version, format: Format) -> Result<String> {
    let files: Vec<String> = plan.changes.iter().map(|(file, _)| file.display().to_string()).collect();
    let next = next(version, &plan.differences);
    let class = plan.differences.iter().map(|difference| difference.class).max();
    Ok(match format {
        Format::Json => {
            let report = json!({
                "changed": !files.is_empty(),
                "class": class,
                "version": version.to_string(),
                "next_version": next.map(|next| next.to_string()),
                "files": files,
                "differences": plan.differences,
                "notices": plan.notices,
                "refused": null,
            });
            serde_json::to_string_pretty(&report)? + "\n"
        }
        Format::Text => text(plan, &files, version),
        Format::Markdown => markdown(plan, &files, version),
    })
}

/// A document that is refused, and why.
pub(crate) fn refused(reason: &str, format: Format) -> Result<String> {
    Ok(match format {
        Format::Json => {
            let report = json!({
                "changed": false, "class": Class::Refused, "version": null, "next_version": null,
                "files": [], "differences": [], "notices": [], "refused": reason,
            });
            serde_json::to_string_pretty(&report)? + "\n"
        }
        Format::Markdown => format!("**Refused**, and nothing was changed: {}\n", code(reason)),
        Format::Text => String::new(),
    })
}

fn text(plan: &Plan, files: &[String], version: &Version) -> String {
    let mut lines = Vec::new();
    for (heading, differences) in by_class(plan) {
        lines.push(format!("{heading}:"));
        for difference in differences {
            let Difference { what, meaning, operations, .. } = difference;
            let of = match operations.as_slice() {
                // The sentence names it.
                [one] if what.contains(one.as_str()) => String::new(),
                [] => String::new(),
                operations => format!(" ({})", operations.join(", ")),
            };
            lines.push(format!("  {what}{of}"));
            if !meaning.is_empty() {
                lines.push(format!("    {meaning}"));
            }
        }
    }
    lines.push(match (plan.differences.is_empty(), files.is_empty()) {
        (false, _) => format!("{}.", release(version, &plan.differences)),
        (true, true) => "Nothing changed.".to_owned(),
        (true, false) => "Nothing changed but the form or the source.".to_owned(),
    });
    if !files.is_empty() {
        lines.push(format!("Files: {}.", files.join(", ")));
    }
    lines.extend(plan.notices.iter().map(|notice| format!("Note: {notice}")));
    lines.join("\n") + "\n"
}

fn markdown(plan: &Plan, files: &[String], version: &Version) -> String {
    if files.is_empty() && plan.notices.is_empty() {
        return "Nothing changed.\n".to_owned();
    }
    let release = match plan.differences.as_slice() {
        [] => "In form or source alone".to_owned(),
        differences => release(version, differences),
    };
    let mut parts = vec!["## Paynet's documents changed".to_owned(), format!("{release}.")];
    for (heading, differences) in by_class(plan) {
        let items: String = differences.into_iter().map(item).collect();
        parts.push(format!("### {heading}\n\n{}", items.trim_end()));
    }
    parts.extend(plan.notices.iter().map(|notice| format!("**Note:** {}", code(notice))));
    parts.join("\n\n") + "\n"
}

/// The differences by class, the most demanding first.
fn by_class(plan: &Plan) -> Vec<(&'static str, Vec<&Difference>)> {
    let of = |class| plan.differences.iter().filter(|it| it.class == class).collect::<Vec<_>>();
    let all = HEADINGS.map(|(class, heading)| (heading, of(class)));
    all.into_iter().filter(|(_, differences)| !differences.is_empty()).collect()
}

const HEADINGS: [(Class, &str); 3] = [
    (Class::NeedsCode, "Needs hand-written code"),
    (Class::BreaksCallers, "Breaks callers"),
    (Class::Compatible, "Compatible"),
];

/// A difference as an item of a Markdown list.
fn item(difference: &Difference) -> String {
    let Difference { what, meaning, operations, .. } = difference;
    let operations: Vec<_> = operations.iter().map(|name| format!("`{name}`")).collect();
    let of = if operations.is_empty() { String::new() } else { format!(" ({})", operations.join(", ")) };
    let meaning = if meaning.is_empty() { String::new() } else { format!(": {meaning}") };
    format!("- {}\n", inert(&format!("{what}{of}{meaning}")))
}

/// A sentence as Markdown in which only code is marked up: names in it are the document's own,
/// and may contain anything.
fn inert(sentence: &str) -> String {
    // What looks like the end of code may be something else.
    if sentence.contains("``") || sentence.matches('`').count() % 2 == 1 {
        return code(sentence);
    }
    let sentence = sentence.replace(char::is_control, " ");
    let parts = sentence.split('`').enumerate().map(|(i, part)| match i % 2 {
        0 => part.replace(['<', '>', '@', '[', ']', '#', '!', '\\', '*', '~', '|', '&'], "·"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

/// The release that the differences require, in words.
fn release(version: &Version, differences: &[Difference]) -> String {
    let what = match differences.iter().map(|difference| difference.release).max() {
        None | Some(Release::None) => return format!("No release needed, {version} stays"),
        Some(Release::Patch) => "callers see no difference",
        Some(Release::Addition) => "callers see additions only",
        Some(Release::Breaking) => "callers may have to follow",
    };
    match next(version, differences) {
        Some(next) => format!("The next version is {next}, as {what}"),
        None => format!("{version} stays, as {what}"),
    }
}

fn next(version: &Version, differences: &[Difference]) -> Option<Version> {
    next_after(version, differences.iter().map(|difference| difference.release).max()?)
}

/// The version that follows by Cargo's rules, by which the left-most number that is not 0 tells what breaks.
fn next_after(version: &Version, release: Release) -> Option<Version> {
    let Version { major, minor, patch, .. } = *version;
    Some(match (release, major, minor) {
        (Release::None, ..) => return None,
        (Release::Breaking, 0, 1..) => Version::new(0, minor + 1, 0),
        (Release::Breaking, 1.., _) => Version::new(major + 1, 0, 0),
        (Release::Addition, 1.., _) => Version::new(major, minor + 1, 0),
        _ => Version::new(major, minor, patch + 1),
    })
}

/// The changelog with an entry for the differences, at the top of what is not released yet.
pub(crate) fn changelog(
    changelog: &str,
    differences: &[Difference],
    version: &Version,
    today: &str,
) -> Result<String> {
    const UNRELEASED: &str = "## Unreleased\n";
    let mut entry = format!("\n{}: Paynet's documents as of {today}.\n\n", release(version, differences));
    entry.extend(differences.iter().filter(|difference| difference.release > Release::None).map(item));
    if let Some((head, rest)) = changelog.split_once(UNRELEASED) {
        return Ok(format!("{head}{UNRELEASED}{entry}{rest}"));
    }
    let first = changelog.find("## ").context("CHANGELOG.md has no `## ` heading; restore it from git")?;
    let (head, rest) = changelog.split_at(first);
    Ok(format!("{head}{UNRELEASED}{entry}\n{rest}"))
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    use super::{Release, inert, next_after};

    #[test]
    fn a_sentence_with_the_documents_own_names_does_nothing_in_markdown() {
        for (sentence, expected) in [
            ("`/a_b` is `<i>`: c_d", "`/a_b` is `<i>`: c_d"),
            ("<img> ![x](y) @all \\` `x", "·img· ··x·(y) ·all ·` `x"),
            // Three backticks begin no code that one ends.
            ("`` `<img>`: x", "`'' '<img>': x`"),
            ("a ` <img>\n# x", "`a ' <img> # x`"),
        ] {
            assert_eq!(inert(sentence), expected);
        }
    }

    #[test]
    fn the_next_version_follows_by_the_rules_of_cargo() {
        for (version, patch, addition, breaking) in [
            ("0.0.3", "0.0.4", "0.0.4", "0.0.4"),
            ("0.1.2", "0.1.3", "0.1.3", "0.2.0"),
            ("1.2.3", "1.2.4", "1.3.0", "2.0.0"),
        ] {
            let next = |release| next_after(&version.parse().unwrap(), release).map(|next| next.to_string());
            assert_eq!(next(Release::None), None);
            assert_eq!(next(Release::Patch).as_deref(), Some(patch));
            assert_eq!(next(Release::Addition).as_deref(), Some(addition));
            assert_eq!(next(Release::Breaking).as_deref(), Some(breaking));
        }
    }
}
