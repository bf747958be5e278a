//! What the maintainers of `paypos` run.

mod diff;
mod page;
mod report;
mod snapshot;
mod sources;
mod statements;
mod store;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Result, anyhow};
use clap::{Args, Parser, Subcommand};

use report::Format;
use store::Store;

/// What the maintainers of paypos run.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Xtask {
    /// Keeps Paynet's documents, and all that follows from them.
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
    /// Prints each operation of the stored documents, and which corrections touch it, and why.
    Explain,
    /// Writes what follows from the stored documents: the golden file, and the table in openapi/README.md.
    Regenerate,
}

#[derive(Args)]
struct Pages {
    /// Pages as Paynet publishes them, or bare documents: files, https URLs, or `-` for standard
    /// input. Without any, the pages in openapi/sources.toml.
    #[arg(value_name = "PAGE")]
    given: Vec<String>,
    /// For machines.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// For a pull request.
    #[arg(long)]
    markdown: bool,
}

impl Pages {
    fn format(&self) -> Format {
        match (self.json, self.markdown) {
            (true, _) => Format::Json,
            (_, true) => Format::Markdown,
            _ => Format::Text,
        }
    }
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
    let store = Store::open()?;
    let (pages, writes) = match command {
        Spec::Explain => {
            print(&store.snapshot()?.explain()?)?;
            return Ok(ExitCode::SUCCESS);
        }
        Spec::Regenerate => {
            let changes = store.regenerated()?;
            Store::write(store.root(), &changes)?;
            for (file, _) in changes {
                print(&format!("regenerated {}\n", file.display()))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Spec::Update(pages) => (pages, true),
        Spec::Check(pages) => (pages, false),
    };
    let given = match pages.given.as_slice() {
        [] => store.sources().pages(),
        given => given.to_vec(),
    };
    let (root, version) = (store.root().to_owned(), store.version()?);
    let plan = store.plan(page::read_all(&given), pages.given.is_empty())?;
    if writes {
        Store::write(&root, &plan.changes)?;
    }
    print(&report::visible(&report::plan(&plan, &version, pages.format())?))?;
    for reason in &plan.refused {
        eprintln!("error: {}", report::visible(reason));
    }
    Ok(match (plan.refused.is_empty(), writes || plan.changes.is_empty()) {
        (false, _) => ExitCode::from(2),
        (true, true) => ExitCode::SUCCESS,
        (true, false) => ExitCode::from(1),
    })
}
