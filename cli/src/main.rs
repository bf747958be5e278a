//! The command `paypos`: payments from a terminal, and a simulator of PayPOS for any language.

mod arguments;
mod caller;
mod console;
mod demo;
mod flow;
mod phone;
mod record;
mod recording;
mod secrets;
mod shape;
mod signals;
mod simulate;
mod verify;

use std::{env, process::ExitCode};

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Calls, Command, Initiate, Session, SessionKeyFile};
use caller::Caller;
use console::{Console, Done, Failure, written};

#[tokio::main]
async fn main() -> ExitCode {
    // Refused only where another is installed, which would do as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => return misused(&error),
    };
    match command {
        Command::Simulate(options) => {
            let console = Console::new(options.output.json, true);
            ended(&console, simulate::run(&console, options).await)
        }
        Command::Demo(options) => {
            let console = Console::new(options.output.json, false);
            ended(&console, demo::run(&console, &options).await)
        }
        Command::Session(Session::Open(options)) => {
            called(&options.calls, None, async |caller| flow::open(caller, &options).await).await
        }
        Command::Session(Session::End(options)) => {
            called(&options.calls, Some(&options.session), flow::end).await
        }
        Command::Sale(options) => {
            let Initiate { calls, session, .. } = &options.initiate;
            called(calls, Some(session), async |caller| flow::sale(caller, &options).await).await
        }
        Command::Reversal(options) => {
            let Initiate { calls, session, .. } = &options.initiate;
            called(calls, Some(session), async |caller| flow::reversal(caller, &options).await).await
        }
        Command::Check(options) => {
            let session = Some(&options.session);
            called(&options.calls, session, async |caller| flow::check(caller, &options).await).await
        }
        Command::Verify(options) => {
            let console = Console::new(options.output.json, true);
            ended(&console, verify::run(&console, &options))
        }
        Command::Phone(command) => {
            let console = Console::new(command.which().output.json, true);
            ended(&console, phone::run(&console, command).await)
        }
        Command::Openapi => printed(paypos::DOCUMENT),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "paypos", &mut text);
            printed(&String::from_utf8_lossy(&text))
        }
        Command::Man => {
            let mut text = Vec::new();
            // A buffer takes all that is written.
            let _ = clap_mangen::Man::new(Arguments::command()).render(&mut text);
            printed(&String::from_utf8_lossy(&text))
        }
    }
}

/// Runs a command that calls the API until it ends, or until a signal.
async fn called(
    calls: &Calls,
    session: Option<&SessionKeyFile>,
    command: impl AsyncFnOnce(&Caller<'_>) -> Done,
) -> ExitCode {
    let console = Console::new(calls.output.json, calls.no_input);
    let caller = match Caller::new(&console, calls, session) {
        Ok(caller) => caller,
        Err(failure) => return ended(&console, Err(failure)),
    };
    let result = match signals::first() {
        Err(failure) => Err(failure),
        Ok(signal) => tokio::select! {
            // A signal that came while a key was typed is heard before anything is sent with it.
            biased;
            signal = signal => Err(console.interrupted(signal)),
            result = command(&caller) => result,
        },
    };
    ended(&console, caller.recorded(result))
}

fn ended(console: &Console, result: Done) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.failed(&failure);
            failure.exit_code()
        }
    }
}

/// Prints a text that can be printed again. A closed pipe is not a failure.
fn printed(text: &str) -> ExitCode {
    let console = Console::new(false, true);
    match written(text.trim_end()) {
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        result => ended(&console, result.map_err(Failure::without_what_was_lost)),
    }
}

/// Prints help, or the error in the arguments.
fn misused(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return printed(&error.render().to_string());
    }
    if env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
        let console = Console::new(true, true);
        return ended(&console, Err(Failure::usage(text)));
    }
    let _ = error.print();
    ExitCode::from(2)
}
