//! Decides what the transactions of a payment session mean. This is the only place that compares what succeeded with
//! what was asked for.
//!
//! In doubt, nothing has succeeded: a comparison with a side that is missing or cannot be read is no match.

use std::fmt;

use serde::Serialize;

use crate::{PaymentSession, types::Transaction};

/// How a payment session ended.
///
/// # Reversals
/// Paynet does not document which transactions a reversal's payment session lists. The original sale never decides its
/// reversal. It is recognized by its `xact_id`, regardless of case, punctuation and one percent-encoding; by a
/// `transaction_type` of a sale (1) or a pre-authorization (3); and by an `agent_reference` other than the
/// `reference_no` of the reversal, if both are known. While nothing else is listed, or a transaction without an
/// `xact_id` might be the reversal, the decision is `Pending`. **Unverified:** if Paynet encrypts the same `xact_id`
/// differently each time, and returns neither of the other two, the sale would be mistaken for the reversal.
///
/// # What it does not say
/// - The **unit** of an amount cannot be compared: a sale of 100 kuruş in the place of 100 lira succeeds, and lists the
///   amount that was requested. Look at the phone once, with a sale of 1.00.
/// - What happened **afterwards**: a sale that was refunded since is still listed as a success.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Decision {
    /// What was asked for has happened: one transaction succeeded, of the kind that was asked for as far as Paynet
    /// states it, with the amount that was asked for, and with the reference that was asked for or none.
    ///
    /// For a payment session of which you stored only the id, nobody knows the amount and the reference, and they are
    /// not compared.
    Succeeded(Box<Transaction>),
    /// Something succeeded, but not what was asked for, or not only. Its `Display` says how it differs. Deliver nothing,
    /// and look it up in Paynet's panel: money may have moved.
    Differs(Difference),
    /// The transactions, all of which failed. Never empty.
    ///
    /// Paynet does not document whether the customer may try another card in the same payment session: check once more
    /// before starting another sale, or wait with [`after_decline`](crate::Wait::after_decline).
    Failed(Vec<Transaction>),
    /// Not decided. It may still be completed: check again before starting another.
    Pending,
}

impl Decision {
    /// Returns the transactions that decided; none if it is pending.
    ///
    /// ```
    /// # use paypos::Decision;
    /// assert!(Decision::Pending.transactions().is_empty());
    /// ```
    #[must_use]
    pub fn transactions(&self) -> &[Transaction] {
        match self {
            Self::Succeeded(transaction) => std::slice::from_ref(&**transaction),
            Self::Differs(difference) => difference.transactions(),
            Self::Failed(transactions) => transactions,
            Self::Pending => &[],
        }
    }
}

/// How a success differs from what was asked for. `Display` is one line for a cashier or a log, without Paynet's text.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use paypos::{Client, Decimal, Decision, types::InitSaleRequest};
/// # use paypos_simulator::{Simulator, behavior::ListedAmount};
/// # let simulator = Simulator::start().await?;
/// # simulator.behave(|behavior| behavior.listed_amount = ListedAmount::Kurus);
/// # let session = Client::simulator(simulator.url()).build()?.session(simulator.issue_session());
/// # let handoff = session.init_sale_transaction(InitSaleRequest::new("149.90".parse()?)).await?;
/// # simulator.phone().approve(handoff.payment_session().id())?;
/// # let decision = session.wait_for(&handoff).await?;
/// let Decision::Differs(difference) = decision else { panic!("{decision:?}") };
/// assert!(difference.to_string().starts_with("149.90 was asked for, and 14990 succeeded"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Serialize)]
pub struct Difference {
    transactions: Vec<Transaction>,
    problem: String,
}

impl Difference {
    /// Returns all transactions of the payment session that are not known to be another's. Never empty.
    #[must_use]
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Difference")
            .field("problem", &self.problem)
            .field("transactions", &self.transactions)
            .finish()
    }
}

/// The `transaction_type` of a sale and of a pre-authorization, by Paynet's general documentation.
const SALE: i64 = 1;
const PRE_AUTHORIZATION: i64 = 3;

impl PaymentSession {
    /// Decides by the transactions that a check has listed, as [`Session::decision`](crate::Session::decision) does after
    /// it has checked.
    ///
    /// ```
    /// use paypos::{Decision, PaymentSession, types::Transaction};
    ///
    /// let payment_session = PaymentSession::sale("ps-1")?.with_amount("149.90".parse()?)?;
    /// let listed: Vec<Transaction> = serde_json::from_str(r#"[{"is_succeed": true, "amount": 149.90}]"#)?;
    /// assert!(matches!(payment_session.decide(listed), Decision::Succeeded(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn decide(&self, listed: Vec<Transaction>) -> Decision {
        decide(listed, self)
    }
}

fn decide(mut transactions: Vec<Transaction>, payment_session: &PaymentSession) -> Decision {
    let mut is_open = transactions.is_empty();
    if let Some(sale) = payment_session.reversal_of() {
        // A transaction without an id might be the sale, so it decides nothing; nor does one that is the sale, or says
        // so. One without an id and a verdict stays: it might be a second reversal.
        is_open |= transactions.iter().any(|transaction| transaction.xact_id.is_none());
        transactions.retain(|transaction| {
            let is_unreadable = transaction.xact_id.is_none() && transaction.is_succeed.is_none();
            is_unreadable || may_be_reversal(transaction, sale, payment_session)
        });
    }
    let is = |verdict: Option<bool>| move |transaction: &&Transaction| transaction.is_succeed == verdict;
    let succeeded = transactions.iter().filter(is(Some(true))).count();
    let undecided = transactions.iter().filter(is(None)).count();
    if succeeded > 0 {
        return match difference(&transactions, succeeded, undecided, payment_session) {
            Some(problem) => Decision::Differs(Difference { transactions, problem }),
            None => match transactions.into_iter().find(|one| one.is_succeed == Some(true)) {
                Some(only) => Decision::Succeeded(Box::new(only)),
                None => Decision::Pending,
            },
        };
    }
    if is_open || undecided > 0 || transactions.is_empty() {
        Decision::Pending
    } else {
        Decision::Failed(transactions)
    }
}

/// Says how what succeeded differs from what was asked for; `None` if it does not.
// Guard: cases/sale-
// Guard: cases/differs-
// Guard: cases/reversal-
// Guard: money::a_merchant_who_believes_outcomes_and_decisions_is_never_wrong_about_the_money
// Guard: behavior::no_verdict_is_wrong_whatever_differs
fn difference(
    transactions: &[Transaction],
    succeeded: usize,
    undecided: usize,
    asked: &PaymentSession,
) -> Option<String> {
    if succeeded > 1 {
        return Some(format!("{succeeded} transactions succeeded, and one was asked for"));
    }
    if undecided > 0 {
        return Some("one transaction succeeded, and what became of another cannot be read".to_owned());
    }
    let only = transactions.iter().find(|transaction| transaction.is_succeed == Some(true))?;
    let listed = only.amount.map(|amount| amount.to_string());
    let problem = match (only.transaction_type, asked.amount()) {
        (Some(other), _) if asked.reversal_of().is_none() && other != SALE => format!(
            "a sale was asked for, and a transaction of type {other} succeeded (a sale's is assumed to be {SALE})"
        ),
        (_, Some(amount)) if only.amount != Some(amount) => match listed {
            Some(listed) => format!("{amount} was asked for, and {listed} succeeded"),
            None => {
                format!("{amount} was asked for, and the amount that succeeded is missing or cannot be read")
            }
        },
        _ => match reference(asked.reference_no(), only) {
            Reference::AsAsked => return None,
            Reference::Another => "a transaction with another reference succeeded".to_owned(),
            Reference::Unreadable => "a transaction succeeded whose reference cannot be read".to_owned(),
        },
    };
    Some(format!("{problem}{}", what_is_known(only)))
}

/// What may explain another amount: only numbers, and a currency by its code.
fn what_is_known(transaction: &Transaction) -> String {
    let is_code = |code: &&String| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let known = [
        transaction.currency.as_ref().filter(is_code).map(|code| format!("currency {code}")),
        transaction.instalment.filter(|count| *count > 1).map(|count| format!("{count} instalments")),
        transaction.ratio.filter(|ratio| !ratio.is_zero()).map(|ratio| format!("ratio {ratio}")),
        transaction.comission.filter(|fee| !fee.is_zero()).map(|fee| format!("commission {fee}")),
        transaction.net_amount.map(|net| format!("net amount {net}")),
    ];
    let known: Vec<_> = known.into_iter().flatten().collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}

/// How the reference of a transaction compares with the one that was asked for.
enum Reference {
    /// The same, or one of them is not known.
    AsAsked,
    Another,
    Unreadable,
}

fn reference(asked: Option<&str>, transaction: &Transaction) -> Reference {
    let listed = transaction.agent_reference.as_deref().map(str::trim).filter(|listed| !listed.is_empty());
    match (asked, listed) {
        (Some(asked), Some(listed)) if asked.trim() == listed => Reference::AsAsked,
        (Some(_), Some(listed)) if listed.contains(char::REPLACEMENT_CHARACTER) => Reference::Unreadable,
        (Some(_), Some(_)) => Reference::Another,
        _ => Reference::AsAsked,
    }
}

/// Whether a transaction can be the reversal of a sale, and is not known to be the sale itself.
// Guard: cases/reversal-pending-
fn may_be_reversal(transaction: &Transaction, sale: &str, asked: &PaymentSession) -> bool {
    let Some(xact_id) = &transaction.xact_id else { return false };
    let is_sale = matches!(transaction.transaction_type, Some(SALE | PRE_AUTHORIZATION));
    let is_anothers = matches!(reference(asked.reference_no(), transaction), Reference::Another);
    !is_sale && !is_anothers && letters(xact_id) != letters(sale)
}

/// The letters and digits of an id in lower case, which are the same however the rest of it is encoded.
fn letters(id: &str) -> String {
    // What follows a `%` is a character that is neither.
    let parts = id.split('%').enumerate();
    let plain = parts.map(|(at, part)| if at == 0 { part } else { part.get(2..).unwrap_or_default() });
    plain.flat_map(str::chars).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
