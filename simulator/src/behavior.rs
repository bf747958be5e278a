//! Defines what the simulator does where Paynet's documents leave it undefined: questions with their plausible answers.
//!
//! The first answer of each question is what the crate `paypos` assumes. `paypos verify` finds out Paynet's. A question is
//! here if a verdict or a caller's code depends on its answer.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use http::StatusCode;
use serde::{Deserialize, Serialize};

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $first:ident = $first_word:literal $(, $other:ident = $word:literal)* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
            #[non_exhaustive]
            pub enum $name {
                #[doc = concat!("`", $first_word, "`, which the crate `paypos` assumes.")]
                #[default]
                #[serde(rename = $first_word)]
                $first,
                $(
                    #[doc = concat!("`", $word, "`.")]
                    #[serde(rename = $word)]
                    $other,
                )*
            }

            impl $name {
                const WORDS: &'static [&'static str] = &[$first_word $(, $word)*];
                const OTHERS: &'static [Self] = &[$(Self::$other),*];
            }
        )*
    };
}

macro_rules! questions {
    ($($(#[$doc:meta])* $question:ident: $answers:ident,)*) => {
        /// Selects an answer for each question that Paynet's documents leave undefined; see
        /// [`Simulator::behave`](crate::Simulator::behave).
        ///
        /// Each field defaults to what the crate `paypos` assumes. In JSON, a missing field has its default, and an
        /// unknown field or answer is an error that lists the known ones.
        #[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct Behavior {
            $($(#[$doc])* pub $question: $answers,)*
        }

        impl Behavior {
            /// Lists the questions with their answers, as JSON has them. The first answer is the default.
            pub const QUESTIONS: &'static [(&'static str, &'static [&'static str])] =
                &[$((stringify!($question), $answers::WORDS)),*];

            /// Returns all behaviors in which exactly one answer differs from the default.
            #[must_use]
            pub fn each_difference() -> Vec<Self> {
                let mut all = Vec::new();
                $(all.extend($answers::OTHERS.iter().map(|other| Self { $question: *other, ..Self::default() }));)*
                all
            }
        }
    };
}

answers! {
    /// The status for a credential that is refused.
    CredentialStatus { Unauthorized = "401", Forbidden = "403", BadRequest = "400", Ok = "200" }
    /// Whether another session of the dealer may check a payment session.
    OtherSession { Accepted = "accepted", Refused = "refused" }
    /// What becomes of two sessions of a user.
    SecondSession { Both = "both are open", EndsFirst = "the first has ended", Refused = "refused" }
    /// The status for any other refusal of a request that conforms to the documents.
    RefusalStatus { BadRequest = "400", NotFound = "404", Conflict = "409", Ok = "200" }
    /// The form of a refusal: that of the documents, or of Paynet's general documentation.
    RefusalForm { Documented = "documented", General = "general" }
    /// What a check returns before the phone has decided.
    BeforeDecision { Empty = "empty list", Null = "null", Refused = "refusal", Undecided = "undecided transaction" }
    /// When a transaction is listed, after the phone has decided.
    Appears { AtOnce = "at once", Later = "later" }
    /// The unit of an amount in a request.
    AmountUnit { Lira = "lira", Kurus = "kurus" }
    /// The amount of a transaction, for a requested 1.00.
    ListedAmount { AsRequested = "as requested", Kurus = "hundredfold", Comma = "text with a comma" }
    /// The amount of a sale with a commission or instalments.
    Commission { Same = "the same", Added = "another" }
    /// The JSON types of a transaction's numbers and booleans.
    PropertyTypes { Documented = "documented", Texts = "text" }
    /// The `agent_reference` of a sale.
    SaleReference { Own = "own", Absent = "absent", Other = "other" }
    /// The `transaction_type` of a sale.
    SaleType { Sale = "1", Absent = "absent" }
    /// Whether the phone may try another card in the same payment session.
    AfterDecline { AnotherCard = "another card", Ended = "ended" }
    /// What the payment session of a reversal lists.
    ReversalLists {
        Reversal = "reversal",
        SaleToo = "reversal and sale",
        SaleRewritten = "reversal and sale with another xact_id",
        SaleOnly = "sale",
    }
    /// The `transaction_type` of a reversal.
    ReversalType { Own = "own", Sale = "of a sale", Absent = "absent" }
    /// The `agent_reference` of a reversal.
    ReversalReference { Own = "own", Sale = "of the sale", Absent = "absent" }
    /// Whether something may be done twice.
    Twice { Refused = "refused", Accepted = "accepted", Same = "the same payment session" }
    /// Whether a `reference_no` may be used twice.
    SameReference { Accepted = "accepted", Refused = "refused", Same = "the same payment session" }
}

questions! {
    /// The status for an unknown session key or secret key.
    wrong_session: CredentialStatus,
    /// The status for a session that has ended or expired.
    ended_session: CredentialStatus,
    /// What becomes of two sessions of a user.
    second_session: SecondSession,
    /// Whether another session of the dealer may check a payment session.
    other_session: OtherSession,
    /// The status for any other refusal of a request that conforms to the documents.
    refusal_status: RefusalStatus,
    /// The form of a refusal.
    refusal_form: RefusalForm,
    /// What a check returns before the phone has decided.
    before_decision: BeforeDecision,
    /// When a transaction is listed, after the phone has decided.
    appears: Appears,
    /// The unit of an amount in a request, which the phone shows.
    amount_unit: AmountUnit,
    /// The amount of a transaction.
    listed_amount: ListedAmount,
    /// The amount of a sale with a commission or instalments: as requested, or 2 % more.
    commission: Commission,
    /// The JSON types of a transaction's numbers and booleans.
    property_types: PropertyTypes,
    /// The `agent_reference` of a sale.
    sale_reference: SaleReference,
    /// The `transaction_type` of a sale.
    sale_type: SaleType,
    /// Whether the phone may try another card in the same payment session.
    after_decline: AfterDecline,
    /// What the payment session of a reversal lists.
    reversal_lists: ReversalLists,
    /// The `transaction_type` of a reversal.
    reversal_type: ReversalType,
    /// The `agent_reference` of a reversal.
    reversal_reference: ReversalReference,
    /// Whether a sale that was reversed may be reversed again.
    second_reversal: Twice,
    /// Whether a `reference_no` may be used again.
    same_reference: SameReference,
}

impl CredentialStatus {
    pub(crate) fn code(self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Ok => StatusCode::OK,
        }
    }
}

impl RefusalStatus {
    pub(crate) fn code(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Ok => StatusCode::OK,
        }
    }
}

/// Returns an id or key that no simulator has issued before, in this process or in another, and that nobody guesses.
// Guard: safety::keys_and_ids_of_another_simulator_are_refused
pub(crate) fn issue(what: &str) -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("simulated-{what}-{:016x}{:016x}", half(), half())
}
