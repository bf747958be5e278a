//! The command `paypos`: payments from a terminal, and a simulator of PayPOS for any language.

mod arguments;
mod console;
mod demo;
mod flow;
mod phone;
mod secrets;
mod simulate;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use console::{Console, Failure};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console::new(&arguments.common);
    let result = match arguments.command {
        Command::Simulate(options) => simulate::run(&console, options).await,
        Command::Demo(options) => demo::run(&console, &options).await,
        Command::Session(command) => flow::session(&console, &arguments.common, command).await,
        Command::Sale(options) => flow::sale(&console, &arguments.common, options).await,
        Command::Reversal(options) => flow::reversal(&console, &arguments.common, options).await,
        Command::Check(options) => flow::check(&console, &arguments.common, options).await,
        Command::Phone(command) => phone::run(&console, &arguments.common, command).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "paypos", &mut std::io::stdout());
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.failed(&failure);
            failure.exit_code()
        }
    }
}

/// What a command returns.
type Done = Result<(), Failure>;
