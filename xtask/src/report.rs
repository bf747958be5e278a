//! The report of an update: for a person, for a machine, for a pull request, and for the changelog.

use anyhow::{Context, Result};
use paypos_codegen::is_unseen;
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
    let class = plan.differences.iter().map(|difference| difference.class).max();
    Ok(match format {
        Format::Json => {
            let report = json!({
                "changed": !files.is_empty(),
                "class": if plan.refused.is_empty() { class } else { Some(Class::Refused) },
                "version": version.to_string(),
                "next_version": next(plan, version).map(|next| next.to_string()),
                "files": files,
                "differences": plan.differences,
                "notices": plan.notices,
                "refused": plan.refused,
            });
            serde_json::to_string_pretty(&report)? + "\n"
        }
        Format::Text => text(plan, &files, version),
        Format::Markdown => markdown(plan, &files, version),
    })
}

/// A text that shows each of its characters: lines stay, and what is not seen is replaced.
pub(crate) fn visible(text: &str) -> String {
    text.replace(|c: char| is_unseen(c) && c != '\n', "\u{fffd}")
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
    lines.extend(match (plan.differences.is_empty(), files.is_empty()) {
        (false, _) => Some(format!("{}.", release(plan, version))),
        // What is refused is told on standard error.
        (true, true) if !plan.refused.is_empty() => None,
        (true, true) => Some("Nothing changed.".to_owned()),
        (true, false) => Some("Nothing changed but the form or the source.".to_owned()),
    });
    if !files.is_empty() {
        lines.push(format!("Files: {}.", files.join(", ")));
    }
    lines.extend(plan.notices.iter().map(|notice| format!("Note: {notice}")));
    lines.push(String::new());
    lines.join("\n")
}

fn markdown(plan: &Plan, files: &[String], version: &Version) -> String {
    let mut parts: Vec<_> =
        plan.refused.iter().map(|reason| format!("**Refused:** {}", code(reason))).collect();
    if files.is_empty() {
        parts.push("Nothing changed.".to_owned());
    } else {
        let release = match plan.differences.as_slice() {
            [] => "In form or source alone".to_owned(),
            _ => release(plan, version),
        };
        parts.extend(["## Paynet's documents changed".to_owned(), format!("{release}.")]);
    }
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

/// The release that the differences require, with what is not released yet, in words.
fn release(plan: &Plan, version: &Version) -> String {
    let what = words(&plan.differences);
    match next(plan, version) {
        Some(next) if plan.unreleased > required(&plan.differences) => {
            format!("The next version is {next}, as what was unreleased before requires; of this, {what}")
        }
        Some(next) => format!("The next version is {next}, as {what}"),
        None => format!("No release needed, {version} stays"),
    }
}

fn words(differences: &[Difference]) -> &'static str {
    match required(differences) {
        None | Some(Release::None) => "callers see nothing",
        Some(Release::Patch) => "callers see no difference",
        Some(Release::Addition) => "callers see additions only",
        Some(Release::Breaking) => {
            "callers may have to follow: `cargo check --workspace --all-targets` tells where"
        }
    }
}

fn required(differences: &[Difference]) -> Option<Release> {
    differences.iter().map(|difference| difference.release).max()
}

/// The version of the next release, if these differences require one.
fn next(plan: &Plan, version: &Version) -> Option<Version> {
    let own = required(&plan.differences).filter(|own| *own > Release::None)?;
    next_after(version, plan.unreleased.map_or(own, |unreleased| unreleased.max(own)))
}

/// What the part of the changelog that is not released yet requires, by its words.
pub(crate) fn unreleased(changelog: &str) -> Option<Release> {
    let (_, rest) = changelog.split_once(UNRELEASED)?;
    let section = rest.split("\n## ").next().unwrap_or_default().to_lowercase();
    Some(if section.contains("breaking") || section.contains("may have to follow") {
        Release::Breaking
    } else if section.contains("additions only") || section.contains("new ") {
        Release::Addition
    } else {
        Release::Patch
    })
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

const UNRELEASED: &str = "## Unreleased\n";

/// The changelog with an entry for the differences, at the top of what is not released yet.
pub(crate) fn changelog(changelog: &str, differences: &[Difference], today: &str) -> Result<String> {
    let mut entry = format!("\nPaynet's documents as of {today}: {}.\n\n", words(differences));
    entry.extend(differences.iter().filter(|difference| difference.release > Release::None).map(item));
    let entry = visible(&entry);
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
