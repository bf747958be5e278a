//! What the hand-written code knows of each operation.

use heck::ToUpperCamelCase;

/// An operation that the hand-written code calls.
pub(crate) struct Known {
    /// The name: the last segment of its path.
    name: &'static str,
    /// What the names of its bodies begin with, as Paynet's own documents name them.
    stem: &'static str,
    /// Whether it moves money: an error of any other says nothing of a payment.
    moves_money: bool,
    /// Whether its response opens a payment session: it is read as the hand-written `Opened`.
    pub(crate) returns_handoff: bool,
    /// The properties without which its request means nothing.
    pub(crate) request: Properties,
    /// The properties without which its response means nothing.
    pub(crate) response: Properties,
    /// The properties that the code reads from a request that it is given, and that may be missing.
    pub(crate) sends: Properties,
    /// The properties that the code reads from a response, and that may be missing; `Data.code` is that of an item.
    pub(crate) reads: Properties,
}

/// Properties with their types in JSON.
pub(crate) type Properties = &'static [(&'static str, &'static str)];

const ENVELOPE: Properties = &[("object_name", "string"), ("code", "integer"), ("message", "string")];

const HANDOFF: Properties =
    &[("payment_session_id", "string"), ("deeplink_url", "string"), ("encryption_key", "string")];

/// The operations that the hand-written code calls. Any other needs no row to be generated. Unless it is a GET, nobody
/// knows whether it moves money; and the names of its types give way to those of the operations above it.
const OPERATIONS: &[Known] = &[
    Known {
        name: "get_auth_key",
        stem: "Auth",
        moves_money: false,
        returns_handoff: false,
        request: &[("agent_id", "string"), ("user_id", "string")],
        response: &[],
        sends: &[],
        // The key is left out where the response is stored, and so cannot be required where that is read again.
        reads: &[("session_key", "string"), ENVELOPE[0], ENVELOPE[1], ENVELOPE[2]],
    },
    Known {
        name: "logout",
        stem: "Logout",
        moves_money: false,
        returns_handoff: false,
        request: &[("session_key", "string")],
        response: &[],
        sends: &[],
        reads: &[],
    },
    Known {
        name: "check_transaction",
        stem: "CheckTransaction",
        moves_money: false,
        returns_handoff: false,
        request: &[("payment_session_id", "string")],
        response: &[("Data", "array")],
        sends: &[],
        reads: &[
            ("Data.is_succeed", "boolean"),
            ("Data.xact_id", "string"),
            ("Data.transaction_type", "integer"),
            ("Data.agent_reference", "string"),
            ("Data.amount", "number"),
            // Only in words, to explain another amount.
            ("Data.currency", "string"),
            ("Data.instalment", "integer"),
            ("Data.ratio", "number"),
            ("Data.comission", "number"),
            ("Data.netAmount", "number"),
        ],
    },
    Known {
        name: "init_sale_transaction",
        stem: "InitSale",
        moves_money: true,
        returns_handoff: true,
        request: &[("amount", "number")],
        response: HANDOFF,
        sends: &[("reference_no", "string")],
        reads: ENVELOPE,
    },
    Known {
        name: "init_reversal_transaction",
        stem: "InitReversal",
        moves_money: true,
        returns_handoff: true,
        request: &[("xact_id", "string")],
        response: HANDOFF,
        sends: &[("reference_no", "string")],
        reads: ENVELOPE,
    },
];

pub(crate) fn known(name: &str) -> Option<&'static Known> {
    OPERATIONS.iter().find(|known| known.name == name)
}

/// The place of an operation in the table; after all of them, if it has no row.
pub(crate) fn rank(name: &str) -> usize {
    OPERATIONS.iter().position(|known| known.name == name).unwrap_or(usize::MAX)
}

/// What the names of an operation's bodies begin with.
pub(crate) fn stem(name: &str) -> String {
    known(name).map_or_else(|| name.to_upper_camel_case(), |known| known.stem.to_owned())
}

/// Whether an operation moves money; `None` if nobody has said so: nothing then says that it may be repeated.
pub(crate) fn moves_money(name: &str, method: &str) -> Option<bool> {
    match known(name) {
        Some(known) => Some(known.moves_money),
        None if method == "get" => Some(false),
        None => None,
    }
}
