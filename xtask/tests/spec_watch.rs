//! What the scripts of the weekly watch do, run as they are with a `gh` and a `cargo` that only take notes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// A repository in which the scripts run, beside the one that they push to.
struct Runner(TempDir);

const UPDATE: &str = "Update the documents";
const NOTE: &str = "Note what changed";
const APPLY: &str = "Apply the patch";
const PUSH: &str = "Push the branch";
const PULL_REQUEST: &str = "Open or update the pull request";
const ISSUE: &str = "Open or update the issue";

/// What a `cargo` does that finds the documents changed.
const CHANGE: &str = "echo '## The difference'; echo now >openapi/a.json; echo new >openapi/b.json";

impl Runner {
    /// With a `cargo` that does this.
    fn new(cargo: &str) -> Self {
        let runner = Self(TempDir::new().unwrap());
        // It says what it was told to do, and gives what is open where it is asked.
        let gh = "case \"$*\" in *--method*) echo \"$*\" >>\"$NOTES\";; *) cat \"$OPEN\";; esac";
        for (name, script) in [("cargo", cargo), ("gh", gh)] {
            runner.write(&format!("bin/{name}"), &format!("#!/bin/bash\n{script}\n"));
        }
        for file in ["openapi/a.json", "tests/golden/calls.rs", "CHANGELOG.md", "src/lib.rs"] {
            runner.write(&format!("repository/{file}"), "as it was\n");
        }
        for (file, text) in [("open", ""), ("notes", ""), ("handover/log.txt", "")] {
            runner.write(file, text);
        }
        runner.bash(
            "chmod +x ../bin/*; git init -q --bare ../remote; git init -q -b main .; git add .
             git -c user.name=x -c user.email=x@x commit -qm x; git remote add origin ../remote; git push -q origin main",
        );
        runner
    }

    /// After an update with this change, in a repository as it was before.
    fn after_update(change: &str) -> Self {
        let runner = Self::new("true");
        runner.write("handover/difference.md", "## The difference $(touch hacked) `touch hacked`\n");
        runner.bash(&format!(
            "{change}; git add -A; git diff --cached --binary >../handover/spec.patch; git reset -q --hard"
        ));
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
    fn bash(&self, script: &str) -> String {
        let output = self.run(script);
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a script as GitHub does, in the repository.
    fn run(&self, script: &str) -> Output {
        let path = [self.path("bin").into_os_string(), std::env::var_os("PATH").unwrap()].join(":".as_ref());
        Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(self.path("repository"))
            .env("PATH", path)
            .env("RUNNER_TEMP", self.0.path())
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("NOTES", self.path("notes"))
            .env("OPEN", self.path("open"))
            .env("GITHUB_REPOSITORY", "owner/repository")
            .env("GITHUB_REPOSITORY_OWNER", "owner")
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_RUN_ID", "7")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap()
    }

    fn step(&self, name: &str) -> Output {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows/spec-watch.yml");
        let workflow: Value = serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let jobs = workflow["jobs"].as_object().unwrap().values();
        let mut steps = jobs.flat_map(|job| job["steps"].as_array().unwrap());
        let step = steps.find(|step| step["name"] == name).unwrap();
        self.run(step["run"].as_str().unwrap())
    }

    #[track_caller]
    fn passes(&self, name: &str) {
        let output = self.step(name);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_an_update_changes_is_handed_over_with_what_it_said() {
    let runner = Runner::new(CHANGE);
    runner.passes(UPDATE);
    runner.passes(NOTE);
    assert_eq!(runner.read("handover/difference.md"), "## The difference\n");
    assert_eq!(runner.read("output"), "changed=true\n");
    assert!(runner.read("handover/spec.patch").contains("openapi/b.json"));
}

#[test]
fn an_update_without_a_change_hands_nothing_over() {
    let runner = Runner::new("echo 'Nothing changed.'");
    runner.passes(UPDATE);
    runner.passes(NOTE);
    assert_eq!((runner.read("output").as_str(), runner.read("handover/spec.patch").as_str()), ("", ""));
}

#[test]
fn an_update_that_fails_or_strays_ends_the_job_and_its_log_says_why() {
    let runner = Runner::new("echo 'error: no network' >&2; exit 2");
    assert!(!runner.step(UPDATE).status.success());
    assert_eq!(runner.read("handover/log.txt"), "error: no network\n");
    let runner = Runner::new("echo x >src/lib.rs");
    runner.passes(UPDATE);
    assert!(!runner.step(NOTE).status.success());
    assert!(runner.read("handover/log.txt").contains("src/lib.rs"));
    assert_eq!(runner.read("output"), "");
}

#[test]
fn a_change_becomes_one_pull_request_with_the_difference() {
    let runner = Runner::after_update(CHANGE);
    for (open, asked) in [
        ("", "--method POST repos/owner/repository/pulls "),
        ("12\n", "--method PATCH repos/owner/repository/pulls/12 "),
    ] {
        runner.write("open", open);
        runner.write("notes", "");
        for step in [APPLY, PUSH, PULL_REQUEST] {
            runner.passes(step);
        }
        assert!(runner.read("notes").contains(asked), "{}", runner.read("notes"));
        let body = runner.read("body.md");
        assert!(body.ends_with("## The difference $(touch hacked) `touch hacked`\n"), "{body}");
        assert!(body.contains("https://github.com/owner/repository/actions/runs/7"), "{body}");
        assert_eq!(runner.bash("git -C ../remote show spec-watch:openapi/a.json"), "now\n");
        assert_eq!(runner.bash("git -C ../remote show spec-watch:openapi/b.json"), "new\n");
        // The next week begins with what is on main.
        runner.bash("git checkout -q -f -B main origin/main");
    }
    assert!(!runner.path("repository/hacked").exists());
}

#[test]
fn a_change_of_other_files_becomes_no_pull_request() {
    for change in [
        "echo x >src/lib.rs",
        "mkdir -p .github; echo x >.github/x.yml",
        "echo x >openapi/a.json; echo x >build.rs",
        "ln -s /etc/passwd openapi/c.json",
        "git mv src/lib.rs openapi/lib.rs",
    ] {
        let runner = Runner::after_update(change);
        let output = runner.step(APPLY);
        assert!(!output.status.success(), "{change}");
        assert!(
            String::from_utf8_lossy(&output.stdout)
                .contains("::error::The patch changes what is not its own.")
        );
    }
}

#[test]
fn the_work_of_others_on_the_branch_is_not_overwritten() {
    let runner = Runner::after_update(CHANGE);
    runner.bash(
        "git -c user.name=x -c user.email=x@x commit -q --allow-empty -m theirs; git push -q origin HEAD:spec-watch
         git checkout -q -f -B main origin/main",
    );
    runner.passes(APPLY);
    let output = runner.step(PUSH);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Somebody else has committed to spec-watch"));
    assert_eq!(runner.bash("git -C ../remote log -1 --format=%s spec-watch"), "theirs\n");
}

#[test]
fn a_failure_becomes_one_issue_with_the_log_which_stays_a_block() {
    for (open, asked) in [
        ("", "--method POST repos/owner/repository/issues "),
        ("5\n", "--method PATCH repos/owner/repository/issues/5 "),
    ] {
        let runner = Runner::new("true");
        runner.write("open", open);
        runner.write("handover/log.txt", "```\n@all $(touch hacked)\n");
        runner.passes(ISSUE);
        assert!(runner.read("notes").contains(asked), "{}", runner.read("notes"));
        let body = runner.read("body.md");
        assert!(body.ends_with("````\n```\n@all $(touch hacked)\n````\n"), "{body}");
        assert!(!runner.path("repository/hacked").exists());
    }
    // The job may have died before it left anything.
    let runner = Runner::new("true");
    fs::remove_dir_all(runner.path("handover")).unwrap();
    runner.passes(ISSUE);
}
