//! What the maintainers of `paypos` run.

mod diff;
mod json;
mod page;
mod plan;
mod report;
mod sources;
mod store;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Result, anyhow};
use clap::{Args, Parser, Subcommand};

use plan::Plan;
use store::Store;

/// What the maintainers of paypos run.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Xtask {
    /// Compares Paynet's pages with the stored documents.
    #[command(subcommand)]
    Spec(Spec),
}

#[derive(Subcommand)]
enum Spec {
    /// Reads pages, stores the documents on them, and reports what the difference means.
    ///
    /// Exits with 0 when it is done, changed or not, and with 2 when a page cannot be used: the others are stored.
    Update(Pages),
    /// Does the same without writing.
    ///
    /// Exits with 0 when nothing has changed, with 1 when something has, and with 2 as `update`.
    Check(Pages),
    /// Writes what follows from the stored documents: the golden file, and the table in openapi/README.md.
    Regenerate,
}

#[derive(Args)]
struct Pages {
    /// Pages as Paynet publishes them, or bare documents: files, https URLs, or `-` for standard
    /// input. Without any, the pages in openapi/sources.toml.
    #[arg(value_name = "PAGE")]
    given: Vec<String>,
    /// Prints the report for a program.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Prints the report for a pull request.
    #[arg(long)]
    markdown: bool,
}

fn main() -> ExitCode {
    let Xtask::Spec(command) = Xtask::parse();
    match run(&command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", report::visible(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

/// Prints a report; that nobody reads it to its end is no failure.
fn print(text: &str) -> Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow!("standard output cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}

fn run(command: &Spec) -> Result<ExitCode> {
    let mut store = Store::open()?;
    let (pages, writes) = match command {
        Spec::Regenerate => {
            let changes = store.regenerated()?;
            store.write(&changes)?;
            for (file, _) in changes {
                print(&format!("regenerated {}\n", file.display()))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Spec::Update(pages) => (pages, true),
        Spec::Check(pages) => (pages, false),
    };
    let given = match pages.given.as_slice() {
        [] => store.sources.pages(),
        given => given.to_vec(),
    };
    let Plan { changes, report } = store.plan(page::read_all(&given), pages.given.is_empty())?;
    if writes {
        store.write(&changes)?;
    }
    let text = match (pages.json, pages.markdown) {
        (true, _) => report.json()?,
        (_, true) => report.markdown(),
        _ => report.text(),
    };
    print(&report::visible(&text))?;
    for reason in &report.refused {
        eprintln!("error: {}", report::visible(reason));
    }
    Ok(match (report.refused.is_empty(), writes || changes.is_empty()) {
        (false, _) => ExitCode::from(2),
        (true, true) => ExitCode::SUCCESS,
        (true, false) => ExitCode::from(1),
    })
}
