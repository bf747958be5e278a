//! The script that proposes a change on GitHub: against a real git server, with a scripted `gh`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::repository;

const BOT: &str = "bot@example.com";

/// Prints the pull requests that there are, through the filter that it is given, and notes how it was called.
const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
here=$(dirname "$0")
echo "$*" >>"$here/calls"
if [ "$1 $2" = "pr list" ]; then
    while [ "$1" != --jq ]; do shift; done
    jq -r "$2" "$here/pull-requests"
fi
"#;

struct Proposal {
    folder: TempDir,
    main: PathBuf,
}

impl Proposal {
    /// A repository, its clone, and a patch of a document.
    fn new(pull_requests: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let main = folder.path().join("clone");
        let proposal = Self { folder, main };
        git(proposal.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "origin"]);
        git(proposal.path(), &["clone", "--quiet", "origin", "clone"]);
        fs::create_dir(proposal.main.join("openapi")).unwrap();
        proposal.commit("openapi/a.json", "{}\n", "maintainer@example.com");
        git(&proposal.main, &["push", "--quiet", "origin", "HEAD:main"]);
        fs::write(proposal.main.join("openapi/a.json"), "{\"a\": 1}\n").unwrap();
        let patch = git(&proposal.main, &["diff"]);
        git(&proposal.main, &["checkout", "--quiet", "."]);
        fs::write(proposal.path().join("patch"), patch).unwrap();
        fs::write(proposal.path().join("body.md"), "The difference\n").unwrap();
        fs::write(proposal.path().join("pull-requests"), pull_requests).unwrap();
        fs::write(proposal.path().join("gh"), GH).unwrap();
        fs::set_permissions(proposal.path().join("gh"), fs::Permissions::from_mode(0o755)).unwrap();
        proposal
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn commit(&self, file: &str, text: &str, author: &str) {
        fs::write(self.main.join(file), text).unwrap();
        git(&self.main, &["add", "."]);
        let (name, email) = ("user.name=a", format!("user.email={author}"));
        git(&self.main, &["-c", name, "-c", &email, "commit", "--quiet", "--message", "x"]);
    }

    /// Pushes a commit to the branch of the proposals, and returns to where the clone was.
    fn branch_of(&self, author: &str) {
        let main = git(&self.main, &["rev-parse", "HEAD"]);
        self.commit("openapi/b.json", "{}\n", author);
        git(&self.main, &["push", "--quiet", "origin", "HEAD:spec-watch"]);
        git(&self.main, &["reset", "--quiet", "--hard", main.trim()]);
    }

    /// Proposes the patch; returns how `gh` was called.
    fn propose(&self) -> Vec<String> {
        let path = format!("{}:{}", self.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new(repository().join(".github/propose"))
            .args(["../patch", "../body.md"])
            .current_dir(&self.main)
            .env("PATH", path)
            .env("BOT", BOT)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let calls = fs::read_to_string(self.path().join("calls")).unwrap();
        calls.lines().map(str::to_owned).collect()
    }

    fn show(&self, what: &str) -> String {
        git(&self.path().join("origin"), &["show", what])
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_strangers_pull_request_is_never_taken_for_its_own() {
    let proposal = Proposal::new(r#"[{"number": 7, "isCrossRepository": true}]"#);
    let calls = proposal.propose();
    assert!(
        calls.iter().any(|call| call.starts_with("pr create --base main --head spec-watch ")),
        "{calls:?}"
    );
    assert!(!calls.iter().any(|call| call.starts_with("pr edit")), "{calls:?}");
    assert_eq!(proposal.show("spec-watch:openapi/a.json"), "{\"a\": 1}\n");
    // Whose checks run, though a workflow's own token pushed it.
    assert_eq!(calls.last().unwrap(), "workflow run ci.yml --ref spec-watch");
}

#[test]
fn its_own_pull_request_is_edited_and_its_branch_overwritten() {
    let proposal = Proposal::new(
        r#"[{"number": 7, "isCrossRepository": true}, {"number": 8, "isCrossRepository": false}]"#,
    );
    proposal.branch_of(BOT);
    let calls = proposal.propose();
    assert!(calls.contains(&"pr edit 8 --body-file ../body.md".to_owned()), "{calls:?}");
    assert_eq!(proposal.show("spec-watch:openapi/a.json"), "{\"a\": 1}\n");
}

#[test]
fn a_maintainers_commit_is_not_overwritten() {
    let proposal = Proposal::new("[]");
    proposal.branch_of("maintainer@example.com");
    let calls = proposal.propose();
    assert_eq!(proposal.show("spec-watch:openapi/b.json"), "{}\n");
    let branch = format!("spec-watch-{}", time::OffsetDateTime::now_utc().date());
    assert!(
        calls.iter().any(|call| call.starts_with(&format!("pr create --base main --head {branch} "))),
        "{calls:?}"
    );
    assert_eq!(proposal.show(&format!("{branch}:openapi/a.json")), "{\"a\": 1}\n");
}
