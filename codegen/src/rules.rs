//! What the documents do not say: the operations that the hand-written code calls, and every rule by which what callers
//! see deviates from what the documents state. Each rule says why, and which document or form needs it.
//!
//! The rules that make OpenAPI of a document are in [`repair`](crate::repair).

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::{Value, json};

use crate::{
    Document, DocumentError,
    json::pointer,
    model::{Api, Field, Header, Operation, Sides, Ty},
};

/// The words for types that the vendor's documents and frameworks use, in lower case, with JSON's own.
pub(crate) const TYPE_WORDS: [(&str, &[&str]); 6] = [
    ("array", &["array", "list"]),
    ("boolean", &["boolean", "bool"]),
    ("integer", &["integer", "int", "int32", "int64", "long", "short", "byte", "biginteger"]),
    ("number", &["number", "decimal", "bigdecimal", "double", "float", "money"]),
    ("object", &["object"]),
    (
        "string",
        &[
            "string", "text", "char", "date", "datetime", "date-time", "time", "timestamp", "guid", "uuid",
            "enum",
        ],
    ),
];

/// Names that the generated client or the table of operations has for itself.
const RESERVED: [&str; 9] =
    ["all", "api_version", "baseurl", "client", "exec", "inner", "new", "new_with_client", "pre"];

/// Names of the methods that every request has, its own or a trait's. A setter with such a name would hide the method.
// Guard: pipeline::a_setter_is_named_unlike_the_methods_that_every_request_has
const METHODS: [&str; 26] = [
    "as_mut", "as_ref", "borrow", "borrow_mut", "clone", "clone_from", "clone_into", "default",
    "deserialize", "eq", "fmt", "fmt_redacted", "from", "from_properties", "into", "is_absent", "ne", "new",
    "read", "serialize", "to_owned", "try_from", "try_into", "type_id", "validate", "write",
];

/// What a human knows of an operation that the hand-written code calls.
struct Known {
    /// The name: the last segment of its path.
    name: &'static str,
    /// What the names of its bodies begin with.
    stem: &'static str,
    /// Whether it moves money: an error of any other says nothing of a payment.
    moves_money: bool,
    /// Whether its response opens a payment session: it is read as the hand-written `Opened`.
    returns_handoff: bool,
    /// The properties without which its request means nothing.
    request: Properties,
    /// The properties without which its response means nothing.
    response: Properties,
    /// The properties that the code reads from a response, and that may be missing; `Data.code` is that of an item.
    reads: Properties,
}

/// Properties, each with the type in JSON that the hand-written code takes it for.
type Properties = &'static [(&'static str, &'static str)];

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
        reads: &[],
    },
    Known {
        name: "check_transaction",
        stem: "CheckTransaction",
        moves_money: false,
        returns_handoff: false,
        request: &[("payment_session_id", "string")],
        response: &[("Data", "array")],
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
        reads: ENVELOPE,
    },
    Known {
        name: "init_reversal_transaction",
        stem: "InitReversal",
        moves_money: true,
        returns_handoff: true,
        request: &[("xact_id", "string")],
        response: HANDOFF,
        reads: ENVELOPE,
    },
];

fn known(name: &str) -> Option<&'static Known> {
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
pub(crate) fn moves_money(name: &str, operation: &Operation) -> Option<bool> {
    match known(name) {
        Some(known) => Some(known.moves_money),
        None => (operation.method == "get").then_some(false),
    }
}

pub(crate) fn returns_handoff(name: &str) -> bool {
    known(name).is_some_and(|known| known.returns_handoff)
}

/// Whether the generated client, or the table of operations, has a name for itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// The header that the transport injects, if one of this name is. Credentials belong to a session or an agent, not to
/// each call, and `PaynetMobile` has one value.
pub(crate) fn injected(name: &str, scheme: Option<&str>) -> Option<Header> {
    match (name.to_lowercase().as_str(), scheme) {
        ("authorization", None) => Some(Header::Basic),
        ("authorization", Some(_)) => Some(Header::Bearer),
        ("paynetmobile", _) => Some(Header::PaynetMobile),
        ("session-key", _) => Some(Header::SessionKey),
        _ => None,
    }
}

/// Refuses another value of `PaynetMobile` than the transport sends.
pub(crate) fn check_value(
    document: &Document,
    operation: &str,
    header: Header,
    parameter: &Value,
) -> Result<(), DocumentError> {
    let values = &parameter["schema"]["enum"];
    let has_two = |values: &Vec<Value>| values.contains(&json!("2")) || values.contains(&json!(2));
    if header != Header::PaynetMobile || values.as_array().is_none_or(has_two) {
        return Ok(());
    }
    let problem = format!("the header PaynetMobile is one of {values}");
    Err(document.error(operation, problem, "expected 2 among them, which src/transport.rs sends"))
}

/// Applies the rules. `places` has the schema of each type.
pub(crate) fn apply(
    api: &mut Api,
    document: &Document,
    places: &mut BTreeMap<String, String>,
) -> Result<(), DocumentError> {
    end_types_within_themselves(api);
    part_requests_from_responses(api, document, places)?;
    require_essentials(api, document, places)?;
    mark_secrets(api, document, places)?;
    name_setters(api, document, places)?;
    // Callers have a `Handoff` in the place of some responses.
    let seen = api.operations.iter().flat_map(|(name, operation)| {
        let response = operation.response.as_ref().filter(|_| !returns_handoff(name));
        operation.request.iter().chain(response)
    });
    let seen = api.reach(seen);
    api.types.iter_mut().for_each(|(name, ty)| ty.public = seen.contains(name));
    Ok(())
}

/// A type within itself has no end: the part that leads back is passed on as untyped JSON. No present document has one.
fn end_types_within_themselves(api: &mut Api) {
    let contained: BTreeMap<String, BTreeSet<String>> =
        api.types.keys().map(|name| (name.clone(), api.reach([name]))).collect();
    for (name, ty) in &mut api.types {
        for field in ty.fields.values_mut() {
            field.ty.refer(&|part| contained[part].contains(name).then_some(Ty::Any));
        }
    }
}

/// What is sent and what is read differ: a caller neither sets what is `readOnly` nor sends `null`, and a response may lack
/// what is `writeOnly`, or have `null`. A type of both becomes two where that matters. The reversal's `callback_url` is
/// nullable, and so is every text that .NET's generators write.
fn part_requests_from_responses(
    api: &mut Api,
    document: &Document,
    places: &mut BTreeMap<String, String>,
) -> Result<(), DocumentError> {
    let requests = api.reach(api.operations.values().filter_map(|operation| operation.request.as_ref()));
    let responses = api.reach(api.operations.values().filter_map(|operation| operation.response.as_ref()));
    let has_two_sides = |(property, field): (&String, &Field)| {
        let Sides { nullable, read_only, write_only } = field.sides;
        read_only || write_only || is_secret(property) || nullable && field.required
    };
    let both: Vec<_> = requests.intersection(&responses).collect();
    let mut parted: BTreeSet<String> = BTreeSet::new();
    loop {
        let differs = |name: &&&String| {
            let ty = &api.types[**name];
            !parted.contains(**name)
                && (ty.fields.iter().any(has_two_sides) || ty.parts().any(|part| parted.contains(part)))
        };
        let more: Vec<String> = both.iter().filter(differs).map(|name| (*name).clone()).collect();
        if more.is_empty() {
            break;
        }
        parted.extend(more);
    }
    let of_response = |name: &str| format!("{name}Response");
    for name in &parted {
        let (new, place) = (of_response(name), places[name].clone());
        if api.types.contains_key(&new) {
            let problem = format!(
                "`{name}` is sent and read, and `{new}`, as what is read of it would be named, is there already"
            );
            return Err(document.error(&place, problem, "expected a schema for each"));
        }
        api.types.insert(new.clone(), api.types[name].clone());
        places.insert(new, place);
    }
    let new = |name: &str| parted.contains(name).then(|| Ty::Object(of_response(name)));
    for (name, ty) in &mut api.types {
        ty.request = requests.contains(name);
        for field in ty.fields.values_mut().filter(|_| !ty.request) {
            field.ty.refer(&new);
        }
        ty.fields.retain(|_, field| {
            let Sides { nullable, read_only, write_only } = std::mem::take(&mut field.sides);
            field.required &= ty.request || !nullable;
            if ty.request { !read_only } else { !write_only }
        });
    }
    Ok(())
}

/// A sale without an amount, a logout without a session key and a handoff without what opens PayPOS mean nothing, and a
/// response without its list is not one that there are no transactions; the documents leave all optional. What the
/// hand-written code reads must be there.
fn require_essentials(
    api: &mut Api,
    document: &Document,
    places: &BTreeMap<String, String>,
) -> Result<(), DocumentError> {
    for (name, operation) in api.operations.clone() {
        let Some(known) = known(&name) else { continue };
        for (body, properties, required) in [
            (&operation.request, known.request, true),
            (&operation.response, known.response, true),
            (&operation.response, known.reads, false),
        ] {
            for (path, expected) in properties {
                let (outer, property) = path.split_once('.').unwrap_or(("", path));
                let item = || api.types.get(body.as_ref()?)?.fields.get(outer)?.ty.object();
                let ty = if outer.is_empty() { body.clone() } else { item().map(str::to_owned) };
                let place = ty.as_ref().or(body.as_ref()).and_then(|ty| places.get(ty));
                let fields = ty.and_then(|ty| api.types.get_mut(&ty)).map(|ty| &mut ty.fields);
                let field = fields.and_then(|fields| fields.get_mut(property));
                let needs = format!("`{name}` needs `{path}`");
                let problem = match field.map(|field| (field.ty.in_json(), field)) {
                    Some((ty, field)) if ty == *expected => {
                        field.required |= required;
                        field.essential = true;
                        continue;
                    }
                    Some((ty, _)) => format!("{needs} as {expected}, and its type is {ty}"),
                    None => format!("{needs}{}", whereabouts(api, &operation, body.as_ref(), property)),
                };
                let own = || pointer("/paths", &[&operation.path, &operation.method]);
                let place = place.cloned().unwrap_or_else(own);
                return Err(document.error(
                    &place,
                    problem,
                    "expected the property with that type; or change the hand-written code, and `OPERATIONS` in \
                     codegen/src/rules.rs",
                ));
            }
        }
    }
    Ok(())
}

/// Where a document has a property that is not where it is needed.
fn whereabouts(api: &Api, operation: &Operation, body: Option<&String>, property: &str) -> String {
    if let Some(parameter) = operation.parameters.iter().find(|parameter| parameter.name == property) {
        return format!(" in its body, and the document has it in the {}", parameter.location);
    }
    let fields = body.and_then(|body| api.types.get(body)).map(|ty| &ty.fields);
    let has_it = |(_, field): &(&String, &Field)| {
        field.ty.object().is_some_and(|ty| api.types[ty].fields.contains_key(property))
    };
    match fields.into_iter().flatten().find(has_it) {
        Some((within, _)) => format!(", which the document has within `{within}`"),
        None => ", which the document no longer defines".to_owned(),
    }
}

/// The documents do not mark secrets; by name, `*_key`, `*secret*` and `*token*` are. All that is text within an object
/// that is sent is secret, if the object is.
// Guard: contract::responses_and_requests_can_be_stored_without_secrets
fn mark_secrets(
    api: &mut Api,
    document: &Document,
    places: &BTreeMap<String, String>,
) -> Result<(), DocumentError> {
    let sent = api.types.values().filter(|ty| ty.request).flat_map(|ty| &ty.fields);
    let secret = sent.filter(|(property, _)| is_secret(property));
    let whole: Vec<_> = secret.filter_map(|(_, field)| field.ty.object().map(str::to_owned)).collect();
    let whole = api.reach(&whole);
    for (name, ty) in &mut api.types {
        for (property, field) in &mut ty.fields {
            if !(is_secret(property) || field.ty == Ty::Text && whole.contains(name)) {
                continue;
            }
            let now = match &field.ty {
                Ty::Text | Ty::Secret => Ty::Secret,
                // Whether there is one, or how many.
                Ty::Boolean | Ty::Integer => continue,
                // In a response, the digits of a number are text, and any other JSON is passed on untyped.
                Ty::Number if !ty.request => Ty::Secret,
                _ if !ty.request => Ty::Any,
                Ty::Object(_) => continue,
                Ty::List(items) if **items == Ty::Text => Ty::List(Box::new(Ty::Secret)),
                Ty::List(items) if items.object().is_some() => continue,
                _ => {
                    return Err(document.error(
                        &pointer(&places[name], &["properties", property]),
                        "its name marks it as a secret, and it is neither text nor an object or a list of texts",
                        "expected {\"type\": \"string\"}, which can be redacted and wiped",
                    ));
                }
            };
            (field.ty, field.secret) = (now, true);
        }
    }
    Ok(())
}

fn is_secret(property: &str) -> bool {
    let property = property.to_snake_case();
    property.ends_with("_key") || property.contains("secret") || property.contains("token")
}

/// A setter has another name than the methods that every request has, and no two have the same.
fn name_setters(
    api: &mut Api,
    document: &Document,
    places: &BTreeMap<String, String>,
) -> Result<(), DocumentError> {
    for (name, ty) in &mut api.types {
        let mut taken = BTreeSet::new();
        for field in ty.fields.values_mut() {
            if ty.request && METHODS.contains(&field.name.as_str()) {
                field.name.push('_');
            }
            if !taken.insert(field.name.clone()) {
                return Err(document.error(
                    &places[name],
                    format!("`{name}` would have two members of the name `{}`", field.name),
                    "expected properties that differ in more than case and punctuation",
                ));
            }
        }
    }
    Ok(())
}
