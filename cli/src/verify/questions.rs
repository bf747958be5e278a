//! Defines the questions that Paynet's documents leave undefined. The table in `openapi/README.md` is printed from them.

/// A part of the walk through the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Sessions,
    Sale,
    Decline,
    Reversal,
    Twice,
}

impl Step {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sessions => "Sessions",
            Self::Sale => "A sale",
            Self::Decline => "A decline",
            Self::Reversal => "Reversals",
            Self::Twice => "The same again",
        }
    }

    /// Describes what it does, what it costs, and what the person at the phone does.
    pub(crate) fn announcement(self) -> &'static str {
        match self {
            Self::Sessions => "Opens and ends sessions, and uses wrong keys. Costs nothing.",
            Self::Sale => "Starts a sale of 1.00. You approve it on the phone. It is reversed later.",
            Self::Decline => {
                "Starts a sale of 1.00. You use a card that is declined, and then another one. If it is paid, it is \
                 reversed later."
            }
            Self::Reversal => "Reverses what was paid. You confirm it on the phone.",
            Self::Twice => "Starts the same reversal and the same sale again. You open neither on the phone.",
        }
    }

    pub(crate) fn needs_a_phone(self) -> bool {
        self != Self::Sessions
    }
}

/// A question, and what it is about.
pub(crate) struct Question {
    /// Its name, which is also the field of the simulator's `Behavior` if there is one.
    pub(crate) id: &'static str,
    pub(crate) text: &'static str,
    /// What the crate assumes, or does.
    pub(crate) assumed: &'static str,
    /// The answers that need no change of the crate. Empty if no answer does.
    pub(crate) as_assumed: &'static [&'static str],
    pub(crate) step: Step,
    /// What another answer means for a merchant, and which function has to change.
    pub(crate) otherwise: &'static str,
    /// What was seen at Paynet, when and where. Empty until it was.
    pub(crate) seen: &'static str,
}

pub(crate) const QUESTIONS: &[Question] = &[
    Question {
        id: "amount_unit",
        text: "Is an `amount` lira or kuruş? In what currency?",
        assumed: "sends the caller's digits, two decimals at most; the examples take them for lira",
        as_assumed: &["lira"],
        step: Step::Sale,
        otherwise: "Every amount is charged at a hundredth. Multiply by 100 before `InitSaleRequest::new`, and divide \
                    what `Transaction::amount` returns; the examples and `paypos sale` have to change.",
        seen: "",
    },
    Question {
        id: "wrong_secret_key",
        text: "Which status does an unknown secret key get?",
        assumed: "401 and 403 are `Unauthorized`",
        as_assumed: &["401", "403"],
        step: Step::Sessions,
        otherwise: "A wrong secret key is `Refused`, and its message is all that tells. `ErrorKind` in src/error.rs has \
                    to learn the code.",
        seen: "",
    },
    Question {
        id: "wrong_session",
        text: "Which status does an unknown session key get?",
        assumed: "401 and 403 are `Unauthorized`, and end a wait",
        as_assumed: &["401", "403"],
        step: Step::Sessions,
        otherwise: "A wait with a wrong key goes on until its timeout, and nobody renews the session. \
                    `Wait` in src/wait.rs and `ErrorKind` in src/error.rs have to learn the code.",
        seen: "",
    },
    Question {
        id: "ended_session",
        text: "Which status does a session key get that has ended?",
        assumed: "401 and 403 are `Unauthorized`, and end a wait; after any other status a wait goes on",
        as_assumed: &["401", "403"],
        step: Step::Sessions,
        otherwise: "Code that renews a session on `Unauthorized` never does. `ErrorKind` in src/error.rs has to learn \
                    the code.",
        seen: "",
    },
    Question {
        id: "second_session",
        text: "Does a second session of the same user end the first, or is it refused?",
        assumed: "several processes have a session each for the same terminal",
        as_assumed: &["both are open"],
        step: Step::Sessions,
        otherwise: "Two processes with the same `user_id` cannot both have a session. Give each process its own \
                    `user_id`.",
        seen: "",
    },
    Question {
        id: "session_key",
        text: "What is the format and length of a session key?",
        assumed: "accepts 1 to 4096 visible ASCII characters",
        as_assumed: &[],
        step: Step::Sessions,
        otherwise: "",
        seen: "",
    },
    Question {
        id: "expired_date",
        text: "What is the format of `expired_date`, and how long does a session live?",
        assumed: "passes it through as text, also a number",
        as_assumed: &[],
        step: Step::Sessions,
        otherwise: "",
        seen: "",
    },
    Question {
        id: "refusal_status",
        text: "Which status does any other refusal get, such as of an unknown payment session?",
        assumed: "400, 404, 409 and 422 are `Refused`; with 200 nothing is taken for a refusal",
        as_assumed: &["400", "404", "409", "422"],
        step: Step::Sessions,
        otherwise: "A refusal is still an error, but its outcome is `Unknown`, so nobody may start the payment again \
                    without looking it up. src/response.rs has to learn the status.",
        seen: "",
    },
    Question {
        id: "refusal_form",
        text: "Do refusals have the form of the documents, or that of Paynet's general documentation \
                   (`type`, `message`, `code`, `result_code`)?",
        assumed: "reads both forms",
        as_assumed: &["documented", "general"],
        step: Step::Sessions,
        otherwise: "`Error::code` and `server_message` are `None`. src/error.rs has to read the form.",
        seen: "",
    },
    Question {
        id: "retry_after",
        text: "Has a refusal a `Retry-After`?",
        assumed: "reads it if it comes",
        as_assumed: &[],
        step: Step::Sessions,
        otherwise: "",
        seen: "",
    },
    Question {
        id: "http_version",
        text: "Which version of HTTP does Paynet speak?",
        assumed: "speaks HTTP/1.1 or HTTP/2, as TLS negotiates",
        as_assumed: &[],
        step: Step::Sessions,
        otherwise: "",
        seen: "",
    },
    Question {
        id: "keep_alive",
        text: "Does a connection stay open between two requests?",
        assumed: "uses it again if it does",
        as_assumed: &[],
        step: Step::Sessions,
        otherwise: "",
        seen: "",
    },
    Question {
        id: "tls",
        text: "Which versions of TLS does Paynet speak?",
        assumed: "speaks 1.2 and 1.3",
        as_assumed: &["1.2 and 1.3", "1.2", "1.3", "none"],
        step: Step::Sessions,
        otherwise: "No connection is possible, or none was at that moment: try again.",
        seen: "",
    },
    Question {
        id: "success_code",
        text: "What is the `code` of a success?",
        assumed: "passes it through; a success is HTTP 200 with the essentials of the operation",
        as_assumed: &["0", "100", "absent"],
        step: Step::Sale,
        otherwise: "Nothing changes, unless a failure has HTTP 200 as well: look at the evidence.",
        seen: "",
    },
    Question {
        id: "deeplink_url",
        text: "What scheme has a deeplink?",
        assumed: "passes the deeplink through, if its scheme does not run, read or show content",
        as_assumed: &[],
        step: Step::Sale,
        otherwise: "",
        seen: "",
    },
    Question {
        id: "encryption_key",
        text: "What is the form of an `encryption_key`?",
        assumed: "returns the key, and decrypts nothing",
        as_assumed: &[],
        step: Step::Sale,
        otherwise: "",
        seen: "",
    },
    Question {
        id: "other_session",
        text: "May another session key of the same dealer check a payment session? Every restart depends on it.",
        assumed: "a stored `PaymentSession` is checked with whichever session is at hand",
        as_assumed: &["accepted"],
        step: Step::Sale,
        otherwise: "After a restart or a renewed session, no payment can be checked. Store the session key with the \
                    `PaymentSession`, encrypted; `Session::wait_for` in src/session.rs has to say so.",
        seen: "",
    },
    Question {
        id: "before_decision",
        text: "What does a check return before the phone has decided?",
        assumed: "`wait_for` polls again after an empty list, null, a refusal, or a transaction without `is_succeed`",
        as_assumed: &["empty list", "null", "refusal", "undecided transaction"],
        step: Step::Sale,
        otherwise: "A payment could be decided before it is. `decide` in src/wait.rs has to change before anybody waits.",
        seen: "",
    },
    Question {
        id: "appears",
        text: "When does a transaction appear?",
        assumed: "`wait_for` polls until it does",
        as_assumed: &["at once", "later"],
        step: Step::Sale,
        otherwise: "A wait ends as `Pending`, though the phone says paid. Use a longer `Wait::timeout`.",
        seen: "",
    },
    Question {
        id: "changes",
        text: "Does a listed transaction change afterwards?",
        assumed: "the first one that succeeded decides",
        as_assumed: &["no"],
        step: Step::Sale,
        otherwise: "What a wait returns may be out of date: check again before it is stored. Look at the evidence for what changed.",
        seen: "",
    },
    Question {
        id: "sale_decision",
        text: "What does the crate decide of a sale that is paid?",
        assumed: "that it succeeded",
        as_assumed: &["succeeded"],
        step: Step::Sale,
        otherwise: "A sale that is paid is not told as paid. `decide` in src/wait.rs has to change; the other differences say why.",
        seen: "",
    },
    Question {
        id: "listed_amount",
        text: "In what unit and type is the `amount` of a transaction?",
        assumed: "compares it with the requested amount",
        as_assumed: &["as requested"],
        step: Step::Sale,
        otherwise: "A comparison of amounts, as the examples make it, holds back every payment. \
                    `Transaction::amount` has to be converted in src/property.rs.",
        seen: "",
    },
    Question {
        id: "property_types",
        text: "Have the properties of a transaction the documented types?",
        assumed: "reads numbers as text as well, but no boolean",
        as_assumed: &["documented"],
        step: Step::Sale,
        otherwise: "What cannot be read is `None`, and an `is_succeed` that is no boolean decides nothing. src/property.rs \
                    has to read it.",
        seen: "",
    },
    Question {
        id: "sale_reference",
        text: "Does a transaction return the `reference_no` as `agent_reference`?",
        assumed: "compares it where it is returned",
        as_assumed: &["own", "absent"],
        step: Step::Sale,
        otherwise: "A comparison of references, as the examples make it, holds back every payment. Leave it out.",
        seen: "",
    },
    Question {
        id: "sale_type",
        text: "What is the `transaction_type` of a sale?",
        assumed: "1, or 3 for a pre-authorization; a reversal is never one of them",
        as_assumed: &["1"],
        step: Step::Sale,
        otherwise: "A sale is told from its reversal by its `xact_id` and its reference only. `may_be_reversal` in \
                    src/wait.rs has to learn the type.",
        seen: "",
    },
    Question {
        id: "after_decline",
        text: "May the phone try another card in the same payment session?",
        assumed: "`after_decline` waits on; without it, a decline ends a wait",
        as_assumed: &["another card", "ended"],
        step: Step::Decline,
        otherwise: "A decline could be reported though the sale is paid. Wait with `Wait::after_decline` only.",
        seen: "",
    },
    Question {
        id: "reversal_lists",
        text: "Which transactions does the payment session of a reversal list? Is an `xact_id` written the same way \
                   each time?",
        assumed: "the reversal is listed, and the sale that it reverses never decides",
        as_assumed: &["reversal", "reversal and sale", "reversal and sale with another xact_id"],
        step: Step::Reversal,
        otherwise: "A reversal stays `Pending` for ever, though it happened. `decide` in src/wait.rs has to change.",
        seen: "",
    },
    Question {
        id: "reversal_type",
        text: "What is the `transaction_type` of a reversal?",
        assumed: "not that of a sale",
        as_assumed: &["own", "absent"],
        step: Step::Reversal,
        otherwise: "A reversal is taken for its sale, and stays `Pending`. `may_be_reversal` in src/wait.rs has to \
                    change.",
        seen: "",
    },
    Question {
        id: "reversal_reference",
        text: "What is the `agent_reference` of a reversal?",
        assumed: "the `reference_no` of its own request, or none",
        as_assumed: &["own", "absent"],
        step: Step::Reversal,
        otherwise: "A reversal with a `reference_no` of its own is taken for its sale, and stays `Pending`. \
                    `may_be_reversal` in src/wait.rs has to change.",
        seen: "",
    },
    Question {
        id: "reversal_decision",
        text: "What does the crate decide of a reversal, before and after it happens?",
        assumed: "nothing before, and then that it succeeded",
        as_assumed: &["succeeded"],
        step: Step::Reversal,
        otherwise: "A reversal that happened is not told as done, or one that did not is. Do not trust a wait for a \
                    reversal until `decide` in src/wait.rs has changed; the other differences say why.",
        seen: "",
    },
    Question {
        id: "second_reversal",
        text: "May a reversal be initiated twice?",
        assumed: "never sends a request twice, and leaves the second to Paynet to refuse",
        as_assumed: &["refused", "the same payment session"],
        step: Step::Twice,
        otherwise: "Paynet does not protect from a second refund: remember which sale was reversed, before you send.",
        seen: "",
    },
    Question {
        id: "same_reference",
        text: "May a `reference_no` be used twice?",
        assumed: "never sends a request twice; a reference is unique by the caller's care",
        as_assumed: &["accepted", "refused", "the same payment session"],
        step: Step::Twice,
        otherwise: "",
        seen: "",
    },
];

/// Returns the table of `openapi/README.md`.
pub(crate) fn table() -> String {
    let rows = QUESTIONS.iter().map(|question| {
        format!("| `{}` | {} | {} | {} |", question.id, question.text, question.assumed, question.seen)
    });
    let head = "| id | question | what the crate does | seen |\n|---|---|---|---|".to_owned();
    std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}

impl Question {
    pub(crate) fn of(id: &str) -> Option<&'static Self> {
        QUESTIONS.iter().find(|question| question.id == id)
    }

    /// Returns whether an answer needs no change of the crate.
    pub(crate) fn is_as_assumed(&self, answer: &str) -> bool {
        self.as_assumed.is_empty() || self.as_assumed.contains(&answer)
    }
}
