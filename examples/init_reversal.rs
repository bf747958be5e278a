//! Initiates a cancel or refund, and shows the deeplink as a QR code for a phone to scan.
//!
//! Without arguments it plays the whole of it against an embedded simulator:
//!
//! ```console
//! $ cargo run --example init_reversal
//! ```
//!
//! Against Paynet's Sandbox, with a session key and a transaction of your own:
//!
//! ```console
//! $ PAYPOS_SESSION_KEY=… cargo run --example init_reversal -- --environment sandbox --xact-id …
//! ```

use std::{
    env,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use paypos::{
    Client, Environment, Error, ErrorKind, Handoff, Outcome, Session, SessionKey, simulator::Simulator,
    types::InitReversalRequest,
};
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

const KEY_VARIABLE: &str = "PAYPOS_SESSION_KEY";

/// Initiate a cancel or refund of a `PayPOS` transaction.
#[derive(Parser)]
struct Arguments {
    /// Paynet's environment, with the session key in `PAYPOS_SESSION_KEY`; without it, an embedded simulator.
    #[arg(long, value_name = "sandbox|production", requires = "xact_id")]
    environment: Option<Environment>,
    /// The encrypted id of the transaction to reverse.
    #[arg(long, requires = "environment")]
    xact_id: Option<String>,
    /// Your own reference for the reversal. By default one of the present time.
    #[arg(long)]
    reference_no: Option<String>,
    /// The URL that `PayPOS` returns to, such as `myshop://paypos/done`.
    #[arg(long)]
    callback_url: Option<String>,
    /// Print the encryption key too.
    #[arg(long)]
    show_encryption_key: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match initiate(&arguments).await {
        Ok(handoff) => {
            show(&handoff, arguments.show_encryption_key);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {}", failure.sentence);
            ExitCode::from(failure.code)
        }
    }
}

async fn initiate(arguments: &Arguments) -> Result<Handoff, Failure> {
    if let Some(environment) = arguments.environment {
        let key = env::var(KEY_VARIABLE).map_err(|_| {
            Failure::usage(format!(
                "{KEY_VARIABLE} is not set; put the session key there that Paynet's create-session operation answered"
            ))
        })?;
        let session = Client::new(environment)?.session(SessionKey::new(key)?);
        println!("Initiating the reversal at {environment} ({}).", environment.base_url());
        reverse(&session, arguments.xact_id.clone().unwrap_or_default(), arguments).await
    } else {
        let simulator = Simulator::start()
            .await
            .map_err(|error| Failure { sentence: format!("the simulator cannot start: {error}"), code: 1 })?;
        let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
        let session = client.session(simulator.issue_session());
        println!("Initiating the reversal at an embedded simulator ({}).", simulator.url());
        let handoff = reverse(&session, simulator.add_transaction(), arguments).await?;
        simulator.shutdown().await;
        Ok(handoff)
    }
}

async fn reverse(session: &Session, xact_id: String, arguments: &Arguments) -> Result<Handoff, Failure> {
    // Unique, to find the transaction if the answer is lost.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let reference_no = arguments.reference_no.clone().unwrap_or_else(|| format!("REVERSAL-{now}"));
    let mut request = InitReversalRequest::new(xact_id).reference_no(reference_no);
    if let Some(callback_url) = &arguments.callback_url {
        request = request.callback_url(callback_url);
    }
    Ok(session.init_reversal_transaction(request).await?)
}

fn show(handoff: &Handoff, show_encryption_key: bool) {
    println!();
    println!("payment session  {}", handoff.payment_session_id);
    println!("deeplink         {}", handoff.deeplink_url);
    if show_encryption_key {
        println!("encryption key   {}", handoff.encryption_key.expose());
    } else {
        println!("encryption key   {:?} (--show-encryption-key prints it)", handoff.encryption_key);
    }
    println!();
    match QrCode::with_error_correction_level(handoff.deeplink_url.as_str(), EcLevel::L) {
        // Swapped, since most terminals are dark and a code is dark on light.
        Ok(code) => println!(
            "{}",
            code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build()
        ),
        Err(error) => println!("(no QR code: {error})"),
    }
    println!("Scan it with the phone that has PayPOS. This is not a refund yet: the phone finishes it.");
}

/// What to tell the person at the terminal, and the exit code: 2 for what they can fix by typing.
struct Failure {
    sentence: String,
    code: u8,
}

impl Failure {
    fn usage(sentence: String) -> Self {
        Self { sentence, code: 2 }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.kind() == ErrorKind::InvalidInput {
            return Self::usage(error.to_string());
        }
        let advice = match error.outcome() {
            Outcome::NotSent => "Fix that, then run it again.".to_owned(),
            Outcome::Rejected => {
                format!("Paynet wrote: {}", error.vendor_message().unwrap_or("nothing").escape_debug())
            }
            Outcome::Unknown => "Look at the transaction at Paynet before you run it again.".to_owned(),
        };
        Self { sentence: format!("{error}. {advice}"), code: 1 }
    }
}
