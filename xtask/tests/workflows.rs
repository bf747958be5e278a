//! The workflows: what they may do, and what their scripts do, with a `gh` and a `cargo` that only take notes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(".github/workflows")
}

fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap()
}

fn workflow(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap()
}

/// Every step of every job, with its job.
fn steps(workflow: &Value) -> Vec<(&Value, &Value)> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_array().unwrap().iter().map(move |step| (job, step))).collect()
}

const ALL: [&str; 2] = ["ci.yml", "spec-watch.yml"];

#[test]
fn there_are_no_workflows_but_those_that_are_tested() {
    let files =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<_> = files.collect();
    files.sort();
    assert_eq!(files, ALL);
}

#[test]
fn every_action_is_pinned_by_its_commit_with_the_version_beside_it() {
    for file in ALL {
        let uses: Vec<_> =
            text(file).lines().filter_map(|line| Some(line.split_once("uses: ")?.1.to_owned())).collect();
        assert!(!uses.is_empty());
        assert_eq!(
            uses.len(),
            steps(&workflow(file)).iter().filter(|(_, step)| step.get("uses").is_some()).count()
        );
        for uses in uses {
            let (action, version) = uses.split_once(" # v").unwrap_or_else(|| panic!("{uses}"));
            let commit = action.split_once('@').unwrap().1;
            assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{uses}");
            assert!(action.starts_with("actions/") && version.split('.').count() == 3, "{uses}");
        }
    }
}

#[test]
fn permissions_are_the_least_and_what_runs_fetched_text_has_none_to_write() {
    for (file, permissions) in [("ci.yml", r#"{"contents":"read"}"#), ("spec-watch.yml", "{}")] {
        assert_eq!(workflow(file)["permissions"].to_string(), permissions);
    }
    let jobs = &workflow("spec-watch.yml")["jobs"];
    for (job, permissions) in [
        ("update", r#"{"contents":"read"}"#),
        ("pull-request", r#"{"contents":"write","pull-requests":"write"}"#),
        ("issue", r#"{"issues":"write"}"#),
    ] {
        assert_eq!(jobs[job]["permissions"].to_string(), permissions);
    }
    for file in ALL {
        for (job, step) in steps(&workflow(file)) {
            let run = step["run"].as_str().unwrap_or_default();
            let writes = job["permissions"].to_string().contains("write");
            assert!(!writes || !["cargo", "rustup", ".ci/"].iter().any(|word| run.contains(word)), "{run}");
            if step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@")) {
                assert_eq!(step["with"]["persist-credentials"], false);
            }
        }
    }
}

#[test]
fn no_script_has_an_expression_in_it_that_another_could_write() {
    for file in ALL {
        for (job, step) in steps(&workflow(file)) {
            assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
            for (name, value) in job["env"].as_object().into_iter().flatten() {
                let value = value.as_str().unwrap();
                let safe = ["${{ github.token }}", "${{ github.repository }}"].contains(&value);
                assert!(safe || !value.contains("${{"), "{name}: {value}");
            }
        }
    }
}

#[test]
fn the_checks_of_a_change_are_those_of_the_repository_and_the_watch_is_weekly() {
    let ci = workflow("ci.yml");
    assert!(steps(&ci).iter().any(|(_, step)| step["run"] == ".ci/run"));
    assert!(ci["on"].get("pull_request").is_some() && ci["on"]["push"]["branches"][0] == "main");
    let cron = workflow("spec-watch.yml")["on"]["schedule"][0]["cron"].as_str().unwrap().to_owned();
    let fields: Vec<_> = cron.split(' ').collect();
    assert!(
        matches!(fields[..], [minute, hour, "*", "*", day] if [minute, hour, day].iter().all(|it| it.parse::<u8>().is_ok()))
    );
}

/// A repository in which the scripts run, beside the one that they push to.
struct Runner(TempDir);

impl Runner {
    /// With a `cargo` that does this.
    fn new(cargo: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let runner = Self(folder);
        for (name, script) in [
            ("cargo", cargo),
            // It says what it was told, and gives the number of an issue or pull request that is open.
            ("gh", "echo \"$@\" >>\"$NOTES\"; case \"$2\" in list) cat \"$OPEN\";; esac"),
        ] {
            runner.write(&format!("bin/{name}"), &format!("#!/bin/bash\n{script}\n"));
            runner.bash(&format!("chmod +x bin/{name}"), ".");
        }
        for file in ["openapi/a.json", "tests/golden/calls.rs", "CHANGELOG.md", "src/lib.rs"] {
            runner.write(&format!("repository/{file}"), "as it was\n");
        }
        runner.write("open", "");
        runner.write("notes", "");
        let set_up = "git init -q -b main . && git -c user.name=x -c user.email=x@x add . && \
                      git -c user.name=x -c user.email=x@x commit -qm x && git init -q --bare ../remote";
        runner.bash(set_up, "repository");
        runner
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        fs::write(self.path(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_default()
    }

    #[track_caller]
    fn bash(&self, script: &str, folder: &str) -> String {
        let output = self.command(script, folder);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, script: &str, folder: &str) -> Output {
        let at = |file: &str| self.path(file).into_os_string();
        let bin = [self.path("bin").into_os_string(), std::env::var_os("PATH").unwrap()].join(":".as_ref());
        Command::new("bash")
            .args(["-e", "-c", script])
            .current_dir(self.path(folder))
            .env("PATH", bin)
            .env("RUNNER_TEMP", self.0.path())
            .env("GITHUB_OUTPUT", at("output"))
            .env("NOTES", at("notes"))
            .env("OPEN", at("open"))
            .env("GH_REPO", "owner/repository")
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_RUN_ID", "7")
            .env("TITLE", "A title")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("url.{}.insteadOf", self.path("remote").display()))
            .env("GIT_CONFIG_VALUE_0", "https://github.com/owner/repository.git")
            .output()
            .unwrap()
    }

    /// Runs the step of that name.
    fn step(&self, name: &str) -> Output {
        let workflow = workflow("spec-watch.yml");
        let steps = steps(&workflow);
        let (_, step) = steps.iter().find(|(_, step)| step["name"] == name).unwrap();
        self.command(step["run"].as_str().unwrap(), "repository")
    }
}

const UPDATE: &str = "Update, build and test";
const CHANGE: &str = "echo '## The difference'; echo now >openapi/a.json; echo new >openapi/b.json";

#[test]
fn an_update_is_changed_unchanged_or_failed_and_what_it_said_is_kept() {
    for (cargo, result, log) in [
        ("case $1 in xtask) echo 'Nothing changed.';; esac", "unchanged", ""),
        (&format!("case $1 in xtask) {CHANGE};; *) echo tested;; esac"), "changed", "tested\n"),
        (&format!("case $1 in xtask) {CHANGE};; *) echo broken; exit 101;; esac"), "failed", "broken\n"),
        ("echo 'no network' >&2; exit 2", "failed", "no network\n"),
    ] {
        let runner = Runner::new(cargo);
        let output = runner.step(UPDATE);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(runner.read("output"), format!("result={result}\n"));
        assert_eq!(runner.read("out/log.txt"), log);
        let has_patch = runner.read("out/change.patch").contains("openapi/b.json");
        assert_eq!(has_patch, cargo.contains(CHANGE));
    }
}

const PULL_REQUEST: &str = "Open the pull request, or bring it up to date";

/// What an update with this change leaves, in a repository as it was before.
fn after_update(change: &str) -> Runner {
    let runner = Runner::new("true");
    runner.write("out/difference.md", "## The difference $(touch hacked) `touch hacked`\n");
    let script =
        format!("{change}; git add -A; git diff --cached --binary >../out/change.patch; git reset -q --hard");
    runner.bash(&script, "repository");
    runner
}

#[test]
fn a_change_becomes_one_pull_request_with_the_difference() {
    let runner = after_update(CHANGE);
    for (open, asked) in [("", "pr create --head spec-watch --title A title"), ("12\n", "pr edit 12")] {
        runner.write("open", open);
        runner.write("notes", "");
        let output = runner.step(PULL_REQUEST);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let body = runner.path("out/body.md");
        assert!(
            runner.read("notes").contains(&format!("{asked} --body-file {}\n", body.display())),
            "{}",
            runner.read("notes")
        );
        let body = runner.read("out/body.md");
        assert!(body.starts_with("## The difference $(touch hacked)"), "{body}");
        assert!(body.contains("https://github.com/owner/repository/actions/runs/7"), "{body}");
        assert_eq!(runner.bash("git -C ../remote show spec-watch:openapi/a.json", "repository"), "now\n");
        assert_eq!(runner.bash("git -C ../remote show spec-watch:openapi/b.json", "repository"), "new\n");
        runner.bash("git switch -q main; git branch -q -D spec-watch", "repository");
    }
    assert!(!runner.path("repository/hacked").exists());
}

#[test]
fn a_change_of_other_files_becomes_no_pull_request() {
    for change in [
        "echo x >src/lib.rs",
        "mkdir -p .github; echo x >.github/x.yml",
        "echo x >openapi/a.json; echo x >build.rs",
    ] {
        let runner = after_update(change);
        let output = runner.step(PULL_REQUEST);
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("files that no update writes"));
        assert_eq!(runner.read("notes"), "");
        assert_eq!(runner.bash("git -C ../remote branch", "repository"), "");
    }
}

#[test]
fn a_failure_becomes_one_issue_with_the_log_which_stays_a_block() {
    for (open, asked) in [("", "issue create --title A title"), ("5\n", "issue edit 5")] {
        let runner = Runner::new("true");
        runner.write("open", open);
        runner.write("out/log.txt", "```\n@all $(touch hacked)\n");
        let output = runner.step("Open the issue, or bring it up to date");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(runner.read("notes").contains(asked), "{}", runner.read("notes"));
        let body = runner.read("out/body.md");
        assert!(body.ends_with("/actions/runs/7:\n\n    ```\n    @all $(touch hacked)\n"), "{body}");
        assert!(!runner.path("repository/hacked").exists());
    }
    // The job may have died before it left anything.
    let runner = Runner::new("true");
    assert!(runner.step("Open the issue, or bring it up to date").status.success());
}
