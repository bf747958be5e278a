//! The arguments of the command, as its help shows them.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    time::Duration,
};

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use paypos::Decimal;

/// Default URL of `paypos simulate`.
pub(crate) const SIMULATOR_URL: &str = "http://127.0.0.1:8650";

/// Use Paynet's PayPOS from a terminal, or run a simulator of it
#[derive(Parser)]
#[command(
    name = "paypos",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes:
  0  success; for `check` and `--wait`: it succeeded, as asked
  1  rejected: Paynet refused it
  2  usage: an argument, a file or a secret is missing or unusable
  3  unknown: it may have happened; check before you retry
  4  not sent
  5  failed: declined on the phone
  6  pending: not decided yet; check again before starting another

Examples:
  paypos demo
  paypos simulate
  paypos sale 149.90 --wait
  paypos reversal XACT_ID --wait"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the simulator as a server (no account, no phone)
    #[command(after_help = "\
Examples:
  paypos simulate
  paypos simulate --phone approve
  paypos simulate --listen 0.0.0.0:8650 --public-url http://192.168.1.20:8650")]
    Simulate(Simulate),
    /// Run the whole flow against an embedded simulator
    #[command(after_help = "Examples:\n  paypos demo\n  paypos demo --phone approve")]
    Demo(Demo),
    /// Open or end a mobile session
    #[command(subcommand)]
    Session(Session),
    /// Start a sale
    #[command(after_help = "\
Examples:
  paypos sale 149.90
  paypos sale 149.90 --reference-no ORDER-1042 --wait
  paypos sale 149.90 --json --wait | jq")]
    Sale(Sale),
    /// Start a cancel or refund of a transaction
    #[command(
        after_help = "Examples:\n  paypos reversal XACT_ID --amount 149.90 --reference-no ORDER-1042-R1 --wait"
    )]
    Reversal(Reversal),
    /// Check the status of a payment session
    #[command(after_help = "\
Examples:
  paypos check PAYMENT_SESSION_ID --sale --amount 149.90 --wait && ship
  paypos check PAYMENT_SESSION_ID --reversal-of XACT_ID --amount 149.90")]
    Check(Check),
    /// Read from a recording what Paynet's documents leave undefined
    #[command(after_help = "\
Examples:
  paypos sale 1.00 --reference-no VERIFY-1 --wait --record sandbox.recording
  paypos verify sandbox.recording")]
    Verify(Verify),
    /// Act as the person at the phone (simulator only)
    #[command(subcommand)]
    Phone(Phone),
    /// Print Paynet's documents as one, for generators of clients
    #[command(after_help = "Examples:\n  paypos openapi > openapi.json")]
    Openapi,
    /// Generate shell completions
    #[command(after_help = "Examples:\n  paypos completions bash > /etc/bash_completion.d/paypos")]
    Completions { shell: clap_complete::Shell },
    /// Generate the manual page
    #[command(after_help = "Examples:\n  paypos man > paypos.1")]
    Man,
}

/// How a command prints.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Output {
    /// Print JSON, one object a line, with the API's names
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where a command calls, and with which keys.
#[derive(Args)]
pub(crate) struct Calls {
    /// Environment to call
    #[arg(long, value_enum, default_value = "simulator")]
    pub(crate) environment: Target,
    #[command(flatten)]
    pub(crate) simulator: SimulatorUrl,
    /// File with the dealer's secret key, or `-` for stdin
    #[arg(
        long,
        value_name = "FILE",
        long_help = "\
File with the dealer's secret key, or `-` for stdin

For sandbox and production, PAYPOS_SECRET_KEY is read if there is no file."
    )]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// Append each response to a recording, for `paypos verify`
    #[arg(
        long,
        value_name = "FILE",
        long_help = "\
Append each response to a recording, for `paypos verify`

The file has no keys, names or card numbers, and only you can read it. It belongs to one environment and one dealer."
    )]
    pub(crate) record: Option<PathBuf>,
    /// Never prompt
    #[arg(long)]
    pub(crate) no_input: bool,
    /// Skip confirmations
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args)]
pub(crate) struct SessionKeyFile {
    /// File with the session key, or `-` for stdin
    #[arg(
        long,
        value_name = "FILE",
        long_help = "\
File with the session key, or `-` for stdin

For sandbox and production, PAYPOS_SESSION_KEY is read if there is no file. For the simulator, a session is opened."
    )]
    pub(crate) session_key_file: Option<PathBuf>,
}

#[derive(Args, Clone)]
pub(crate) struct SimulatorUrl {
    /// URL of the running simulator
    #[arg(long, value_name = "URL", env = "PAYPOS_SIMULATOR_URL", hide_env_values = true, default_value = SIMULATOR_URL)]
    pub(crate) simulator_url: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    Simulator,
    Sandbox,
    Production,
}

#[derive(Args)]
pub(crate) struct Simulate {
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8650", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// URL at which phones reach it; used in deeplinks
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Name at which it is reached; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// Sales to begin with, saved from `/_paypos/sales`
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// How the phone decides
    #[arg(long, value_enum, default_value = "ask")]
    pub(crate) phone: Policy,
    /// Delay before the phone decides
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    pub(crate) phone_delay: Duration,
    /// Behave like Paynet, as recorded with `--record`
    #[arg(long, value_name = "FILE")]
    pub(crate) like: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The recording, made with `--record`
    #[arg(value_name = "FILE")]
    pub(crate) recording: Option<PathBuf>,
    /// Print the report as Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Print the questions as a Markdown table
    #[arg(long)]
    pub(crate) questions: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How the simulated phone decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Policy {
    /// Wait for a person
    Ask,
    /// Approve everything
    Approve,
    /// Decline everything
    Decline,
    /// Never decide
    Never,
    /// Decline .05, .51, .55; .68 late; .91 never; else approve
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
    /// Ask you to approve, or approve automatically
    #[arg(
        long,
        value_enum,
        default_value = "ask",
        long_help = "\
Ask you to approve, or approve automatically (the default without a terminal)"
    )]
    pub(crate) phone: DemoPhone,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoPhone {
    Ask,
    Approve,
}

#[derive(Subcommand)]
pub(crate) enum Session {
    /// Open a session with the dealer's secret key
    #[command(after_help = "\
Examples:
  paypos session open --environment sandbox --agent-id 11111 --user-id till-7 --write-key session.key")]
    Open(OpenSession),
    /// End a session
    #[command(after_help = "Examples:\n  paypos session end --session-key-file session.key")]
    End(EndSession),
}

/// Who a session is opened for.
#[derive(Args)]
pub(crate) struct User {
    /// Id of the dealer
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) agent_id: Option<String>,
    /// Id of the dealer's user (the person with the phone)
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) user_id: Option<String>,
}

#[derive(Args)]
pub(crate) struct OpenSession {
    #[command(flatten)]
    pub(crate) user: User,
    /// Write the session key to a new file only you can read
    #[arg(long, value_name = "FILE")]
    pub(crate) write_key: Option<PathBuf>,
    /// Print the session key too
    #[arg(long)]
    pub(crate) show_secrets: bool,
    #[command(flatten)]
    pub(crate) calls: Calls,
}

#[derive(Args)]
pub(crate) struct EndSession {
    #[command(flatten)]
    pub(crate) session: SessionKeyFile,
    #[command(flatten)]
    pub(crate) calls: Calls,
}

#[derive(Args)]
pub(crate) struct Sale {
    /// Amount, such as 149.90
    #[arg(value_parser = amount, allow_negative_numbers = true)]
    pub(crate) amount: Decimal,
    /// Add the commission to the amount
    #[arg(long, value_name = "BOOL")]
    pub(crate) add_commission: Option<bool>,
    /// Number of instalments
    #[arg(long, value_name = "NUMBER")]
    pub(crate) instalment: Option<i64>,
    /// Phone number of the card holder
    #[arg(long, value_name = "PHONE")]
    pub(crate) card_holder_phone: Option<String>,
    /// E-mail address of the card holder
    #[arg(long, value_name = "MAIL")]
    pub(crate) card_holder_mail: Option<String>,
    /// Description of the sale
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Id of the dealer on whose behalf it is
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) selected_agent_id: Option<String>,
    #[command(flatten)]
    pub(crate) initiate: Initiate,
}

#[derive(Args)]
pub(crate) struct Reversal {
    /// The `xact_id` of the sale
    #[arg(value_parser = id)]
    pub(crate) xact_id: String,
    /// The amount of the sale, which the reversal must have
    #[arg(long, value_parser = amount)]
    pub(crate) amount: Option<Decimal>,
    #[command(flatten)]
    pub(crate) initiate: Initiate,
}

#[derive(Args)]
pub(crate) struct Initiate {
    /// Your reference for the transaction; keep it unique
    #[arg(long, value_name = "TEXT", value_parser = id)]
    pub(crate) reference_no: Option<String>,
    /// URL that returns to your app
    #[arg(long, value_name = "URL")]
    pub(crate) callback_url: Option<String>,
    /// Print the encryption key too
    #[arg(long)]
    pub(crate) show_secrets: bool,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    #[command(flatten)]
    pub(crate) session: SessionKeyFile,
    #[command(flatten)]
    pub(crate) calls: Calls,
}

#[derive(Args)]
pub(crate) struct Waiting {
    /// Wait until the phone has decided
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "2m")]
    pub(crate) timeout: Duration,
}

#[derive(Args)]
#[command(group = ArgGroup::new("kind").required(true).args(["sale", "reversal_of"]))]
pub(crate) struct Check {
    /// Id of the payment session
    #[arg(value_parser = id)]
    pub(crate) payment_session_id: String,
    /// The payment session is a sale's
    #[arg(long)]
    pub(crate) sale: bool,
    /// The payment session is a reversal's; the sale's `xact_id`
    #[arg(long, value_name = "XACT_ID", value_parser = id)]
    pub(crate) reversal_of: Option<String>,
    /// The amount that was asked for
    #[arg(long, value_parser = amount)]
    pub(crate) amount: Option<Decimal>,
    /// The reference that was given
    #[arg(long, value_name = "TEXT", value_parser = id)]
    pub(crate) reference_no: Option<String>,
    /// The amount that the phone showed, for the recording
    #[arg(long, value_parser = amount, requires = "record", requires = "amount")]
    pub(crate) shown: Option<Decimal>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    #[command(flatten)]
    pub(crate) session: SessionKeyFile,
    #[command(flatten)]
    pub(crate) calls: Calls,
}

#[derive(Subcommand)]
pub(crate) enum Phone {
    /// Approve a pending payment
    #[command(after_help = "Examples:\n  paypos phone approve")]
    Approve(Which),
    /// Decline a pending payment
    #[command(after_help = "Examples:\n  paypos phone decline")]
    Decline(Which),
    /// Leave a pending payment undecided
    #[command(after_help = "Examples:\n  paypos phone leave")]
    Leave(Which),
}

impl Phone {
    pub(crate) fn which(&self) -> &Which {
        match self {
            Self::Approve(which) | Self::Decline(which) | Self::Leave(which) => which,
        }
    }
}

#[derive(Args)]
pub(crate) struct Which {
    /// Id of the payment session [default: the newest pending]
    #[arg(value_parser = id)]
    pub(crate) payment_session_id: Option<String>,
    #[command(flatten)]
    pub(crate) simulator: SimulatorUrl,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Reads `500ms`, `3s` or `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: Option<u32> = text[..text.len() - unit.len()].parse().ok();
    match (number.map(u64::from), unit) {
        (Some(number), "ms") => Ok(Duration::from_millis(number)),
        (Some(number), "s") => Ok(Duration::from_secs(number)),
        (Some(number), "m") => Ok(Duration::from_secs(60 * number)),
        _ => Err("expected a number with a unit, such as 500ms, 3s or 2m".to_owned()),
    }
}

/// Reads an amount as JSON writes numbers, with two decimals at most, and loses none of its digits.
fn amount(text: &str) -> Result<Decimal, String> {
    let problem = |what: &str| Err(format!("{what}; expected an amount such as 149.90, with a point"));
    if text.contains(',') {
        return problem("a comma is not a decimal point");
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole.strip_prefix('-').unwrap_or(whole))
        || !digits(decimals)
        || whole.len() > 1 && whole.starts_with('0')
    {
        return problem("not a number");
    }
    if decimals.len() > 2 {
        return problem("more than two decimals");
    }
    match Decimal::from_str_exact(text) {
        Ok(amount) if amount.mantissa() >= 10_i128.pow(15) => problem("more than 15 digits"),
        Ok(amount) if amount > Decimal::ZERO => Ok(amount),
        Ok(_) => problem("not positive"),
        Err(_) => problem("more than 15 digits"),
    }
}

/// Reads an id or a reference: a variable that is not set is none, and would be taken for any other.
fn id(text: &str) -> Result<String, String> {
    if text.contains(char::is_alphanumeric) {
        return Ok(text.to_owned());
    }
    Err("has no letter or digit; expected an id or a reference".to_owned())
}

/// Reads an address to listen on, by number or by name.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| "expected an address and a port, such as 127.0.0.1:8650 or localhost:8650".to_owned())
}
