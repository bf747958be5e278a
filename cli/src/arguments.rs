//! The arguments of the command, as its help shows them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use paypos::Decimal;

/// Paynet's PayPOS from a terminal, and a simulator of it for any language.
///
/// Exit codes: 0 done, 1 rejected, 2 usage, 3 unknown (check before you retry), 4 not sent, 5 declined,
/// 6 undecided.
#[derive(Parser)]
#[command(name = "paypos", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Common {
    /// The server to call.
    #[arg(long, global = true, value_enum, default_value = "simulator")]
    pub(crate) environment: Target,
    /// Where `paypos simulate` is.
    #[arg(long, global = true, env = "PAYPOS_SIMULATOR_URL", default_value = "http://127.0.0.1:8650")]
    pub(crate) simulator_url: String,
    /// Print JSON, one object a line, with the API's property names.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Ask nothing.
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// Confirm that Production is meant.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Print session keys and encryption keys too.
    #[arg(long, global = true)]
    pub(crate) show_secrets: bool,
    /// The dealer's secret key: a file, or `-` for standard input. Or set `PAYPOS_SECRET_KEY`.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// The session key: a file, or `-` for standard input. Or set `PAYPOS_SESSION_KEY`.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) session_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    Simulator,
    Sandbox,
    Production,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the simulator as a server: no account, no phone.
    Simulate(Simulate),
    /// Walk through the whole flow on an embedded simulator: sale, check, reversal, check.
    Demo(Demo),
    /// Open or close a mobile session.
    #[command(subcommand)]
    Session(Session),
    /// Initiate a sale.
    Sale(Sale),
    /// Initiate a cancel or refund of a transaction.
    Reversal(Reversal),
    /// Check what the phone has done with a payment session.
    Check(Check),
    /// Do what a person does at the phone. The simulator only.
    #[command(subcommand)]
    Phone(Phone),
    /// Print the completions for a shell.
    Completions { shell: clap_complete::Shell },
}

#[derive(Args)]
pub(crate) struct Simulate {
    /// The address to listen on; port 0 is a free one.
    #[arg(long, default_value = "127.0.0.1:8650")]
    pub(crate) listen: SocketAddr,
    /// The URL by which phones and browsers reach it, for deeplinks.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Dealers and sales to begin with: what `GET /_paypos/seed` returned.
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// A name by which it is reached, such as a service's in a compose network; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// What the phone does without a person; `by-amount` decides by the cents.
    #[arg(long, value_enum, default_value = "ask")]
    pub(crate) phone: Policy,
    /// How long the phone takes.
    #[arg(long, value_parser = duration, default_value = "0s")]
    pub(crate) after: Duration,
    /// The HTTP status of what a session is refused with that has ended or expired, such as 401.
    #[arg(long, value_name = "STATUS", default_value = "400", value_parser = clap::value_parser!(u16).range(400..500))]
    pub(crate) session_status: u16,
}

/// What the phone does with a payment session automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Policy {
    /// A person decides.
    Ask,
    /// It approves.
    Approve,
    /// It declines.
    Decline,
    /// Nobody ever decides.
    Never,
    /// `.05`, `.51` and `.55` are declined, `.68` is approved late, `.91` never; anything else is approved.
    ByAmount,
}

impl From<Policy> for paypos_simulator::Policy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Ask => Self::Ask,
            Policy::Approve => Self::Approve,
            Policy::Decline => Self::Decline,
            Policy::Never => Self::Never,
            Policy::ByAmount => Self::ByAmount,
        }
    }
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Who is at the phone. Without a terminal, nobody is asked.
    #[arg(long, value_enum, default_value = "ask")]
    pub(crate) phone: DemoPhone,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoPhone {
    Ask,
    Approve,
}

#[derive(Subcommand)]
pub(crate) enum Session {
    /// Open a session with the dealer's secret key.
    Open {
        /// Id of the dealer.
        #[arg(long)]
        agent_id: Option<String>,
        /// Id of the dealer's user, who holds the phone.
        #[arg(long)]
        user_id: Option<String>,
        /// Write the session key to a new file that only you can read.
        #[arg(long, value_name = "FILE")]
        write_key: Option<PathBuf>,
    },
    /// Close a session.
    Close,
}

#[derive(Args)]
pub(crate) struct Sale {
    /// Such as 149.90.
    pub(crate) amount: Decimal,
    #[command(flatten)]
    pub(crate) initiate: Initiate,
}

#[derive(Args)]
pub(crate) struct Reversal {
    /// The `xact_id` of the sale.
    pub(crate) xact_id: String,
    #[command(flatten)]
    pub(crate) initiate: Initiate,
}

#[derive(Args)]
pub(crate) struct Initiate {
    /// Your reference; make it unique, to find the transaction if an answer is lost.
    #[arg(long)]
    pub(crate) reference_no: Option<String>,
    /// The URL that opens your app again.
    #[arg(long)]
    pub(crate) callback_url: Option<String>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

#[derive(Args)]
pub(crate) struct Waiting {
    /// Wait until the phone has decided.
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait.
    #[arg(long, value_parser = duration, default_value = "2m")]
    pub(crate) deadline: Duration,
}

#[derive(Args)]
pub(crate) struct Check {
    pub(crate) payment_session_id: String,
    /// The `xact_id` that is being reversed, if the payment session is a reversal's.
    #[arg(long, value_name = "XACT_ID")]
    pub(crate) reversal_of: Option<String>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

#[derive(Subcommand)]
pub(crate) enum Phone {
    /// Approve what waits for the phone.
    Approve(Which),
    /// Decline it.
    Decline(Which),
    /// Leave it undecided.
    Leave(Which),
}

#[derive(Args)]
pub(crate) struct Which {
    /// The payment session; by default the one that was opened last and waits.
    pub(crate) payment_session_id: Option<String>,
    /// The dealer whose payment session it is.
    #[arg(long, value_name = "NAME", default_value = paypos_simulator::server::DEALER)]
    pub(crate) dealer: String,
}

/// Reads `500ms`, `3s` or `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: Option<u32> = text[..text.len() - unit.len()].parse().ok();
    match (number.map(u64::from), unit) {
        (Some(number), "ms") => Ok(Duration::from_millis(number)),
        (Some(number), "s") => Ok(Duration::from_secs(number)),
        (Some(number), "m") => Ok(Duration::from_secs(60 * number)),
        _ => Err("give a whole number with a unit, such as 500ms, 3s or 2m".to_owned()),
    }
}
