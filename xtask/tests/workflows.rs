//! The workflows of `.github/workflows`: what they run, and what they may do
//! while they run it.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Workflow {
    permissions: Option<Permissions>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    permissions: Option<Permissions>,
    uses: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    uses: Option<String>,
    run: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    #[serde(default)]
    with: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Permissions {
    /// `read-all` or `write-all`.
    All(String),
    Each(BTreeMap<String, String>),
}

impl Permissions {
    fn can_write(&self) -> bool {
        match self {
            Permissions::All(access) => access != "read-all",
            Permissions::Each(scopes) => scopes.values().any(|access| access != "read" && access != "none"),
        }
    }
}

impl Workflow {
    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.jobs.values().flat_map(|job| &job.steps)
    }

    fn scripts(&self) -> impl Iterator<Item = &str> {
        self.steps().filter_map(|step| step.run.as_deref())
    }

    fn uses(&self) -> impl Iterator<Item = &str> {
        let jobs = self.jobs.values().filter_map(|job| job.uses.as_deref());
        jobs.chain(self.steps().filter_map(|step| step.uses.as_deref()))
    }

    fn env(&self) -> impl Iterator<Item = (&String, &Value)> {
        let jobs = self.jobs.values().flat_map(|job| &job.env);
        self.env.iter().chain(jobs).chain(self.steps().flat_map(|step| &step.env))
    }
}

impl Job {
    fn runs_cargo(&self) -> bool {
        let mut scripts = self.steps.iter().filter_map(|step| step.run.as_deref());
        scripts.any(|script| script.contains("cargo") || script.contains(".ci/run"))
    }
}

/// Every workflow, and its text, by the name of its file.
fn workflows() -> BTreeMap<String, (Workflow, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let workflows: BTreeMap<_, _> = files
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            let workflow = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, (workflow, text))
        })
        .collect();
    assert!(workflows.contains_key("ci.yml") && workflows.contains_key("spec-watch.yml"));
    workflows
}

/// Whether `line` is `uses: <reference> # v<version>`.
fn names_a_version(line: &str, reference: &str) -> bool {
    line.trim_start_matches([' ', '-'])
        .strip_prefix("uses: ")
        .and_then(|rest| rest.strip_prefix(reference)?.strip_prefix(" # v"))
        .is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()))
}

#[test]
fn every_action_is_pinned_by_its_commit_and_names_its_version() {
    for (name, (workflow, text)) in workflows() {
        for reference in workflow.uses() {
            let commit = reference.split_once('@').map_or("", |(_, commit)| commit);
            let pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(pinned, "{name}: {reference} is no commit");

            // The parser drops comments, so the version is looked up in the text.
            let mut lines = text.lines().filter(|line| line.contains(reference)).peekable();
            assert!(lines.peek().is_some(), "{name}: {reference} is not on one line");
            for line in lines {
                assert!(names_a_version(line, reference), "{name}: no version at {line}");
            }
        }
    }
}

#[test]
fn every_workflow_may_at_most_read_the_contents_unless_a_job_says_more() {
    for (name, (workflow, _)) in workflows() {
        let Some(Permissions::Each(scopes)) = workflow.permissions else {
            panic!("{name}: no list of permissions");
        };
        for (scope, access) in scopes {
            assert!(scope == "contents" && access == "read", "{name}: {scope}: {access}");
        }
    }
}

#[test]
fn no_expression_stands_in_a_script() {
    for (name, (workflow, _)) in workflows() {
        for script in workflow.scripts() {
            assert!(!script.contains("${{"), "{name}: an expression in\n{script}");
        }
    }
}

#[test]
fn the_only_expression_in_an_environment_is_the_token() {
    for (name, (workflow, _)) in workflows() {
        for (variable, value) in workflow.env() {
            let expression = value.as_str().is_some_and(|value| value.contains("${{"));
            assert!(!expression || value == "${{ github.token }}", "{name}: {variable}: {value}");
        }
    }
}

#[test]
fn a_job_that_runs_cargo_can_write_nothing() {
    let workflows = workflows();
    assert!(workflows["ci.yml"].0.jobs["ci"].runs_cargo());
    assert!(workflows["spec-watch.yml"].0.jobs["update"].runs_cargo());
    for (name, (workflow, _)) in &workflows {
        for (id, job) in workflow.jobs.iter().filter(|(_, job)| job.runs_cargo()) {
            // Without either, the repository's settings decide.
            let permissions = job.permissions.as_ref().or(workflow.permissions.as_ref());
            assert!(permissions.is_some_and(|given| !given.can_write()), "{name}: {id} can write");
        }
    }
}

#[test]
fn no_checkout_leaves_its_token_on_the_disk() {
    for (name, (workflow, _)) in workflows() {
        for step in workflow.steps() {
            if step.uses.as_deref().is_some_and(|uses| uses.starts_with("actions/checkout@")) {
                let persist = step.with.get("persist-credentials");
                assert_eq!(persist, Some(&Value::Bool(false)), "{name}: persist-credentials");
            }
        }
    }
}

#[test]
fn ci_runs_what_must_hold_before_a_change_lands() {
    let (ci, _) = &workflows()["ci.yml"];
    assert!(ci.scripts().any(|script| script.trim() == ".ci/run"));
}
