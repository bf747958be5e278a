"""What the transactions of a payment session mean, as the Rust crate decides it: `python3 decide.py CASES` holds this
file to the cases in a folder, such as tests/cases."""
import json, pathlib, re, sys
from decimal import Decimal, InvalidOperation

TWICE = object()


def read(body):
    """Reads JSON: numbers keep their digits, and what is there twice with two values contradicts itself."""

    def members(pairs):
        found = {}
        for name, value in pairs:
            found[name] = value if name not in found or found[name] == value else TWICE
        return found

    return json.loads(body, parse_float=Decimal, parse_constant=lambda _: None, object_pairs_hook=members)


def number(value):
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        return None
    if isinstance(value, str) and not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", value, re.ASCII):
        return None
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return None
    return exact if len(exact.as_tuple().digits) <= 28 and -28 <= exact.as_tuple().exponent <= 28 else None


def letters(id):
    """The same however the rest of an id is encoded."""
    return "".join(c for c in re.sub(r"%..", "", id) if c.isalnum()).lower()


def reference(asked, transaction):
    listed = transaction.get("agent_reference")
    asked, listed = (asked.get("reference_no") or "").strip(), listed.strip() if isinstance(listed, str) else ""
    if not asked or not listed or asked == listed:
        return "as asked"
    return "unreadable" if "\ufffd" in listed else "another"


def is_of_sale(asked, transaction):
    """Whether a transaction in the list of a reversal is, or might be, the sale that it reverses."""
    id = transaction.get("xact_id")
    if not isinstance(id, (str, int)) or "\ufffd" in str(id):
        return True
    kind = number(transaction.get("transaction_type"))
    return kind in (1, 3) or reference(asked, transaction) == "another" or letters(str(id)) == letters(asked["reversal_of"])


def decide(asked, check):
    """Returns succeeded, differs, failed or pending, and the transactions that decided."""
    if not isinstance(check, dict) or not isinstance(check.get("Data"), list):
        raise ValueError("the check has no list")
    listed = [one if isinstance(one, dict) else {} for one in check["Data"]]
    is_reversal = asked["kind"] == "reversal"
    is_unreadable = lambda one: "xact_id" not in one and not isinstance(one.get("is_succeed"), bool)
    may_be_it = [one for one in listed if not is_reversal or is_unreadable(one) or not is_of_sale(asked, one)]
    is_open = not listed or is_reversal and any("xact_id" not in one for one in listed)
    done = [one for one in may_be_it if one.get("is_succeed") is True]
    undecided = [one for one in may_be_it if not isinstance(one.get("is_succeed"), bool)]
    if not done:
        return ("pending", []) if is_open or undecided or not may_be_it else ("failed", may_be_it)
    kind, amount = number(done[0].get("transaction_type")), asked.get("amount")
    is_as_asked = (
        len(done) == 1
        and not undecided
        and (is_reversal or kind in (None, 1))
        and (amount is None or number(done[0].get("amount")) == Decimal(amount))
        and reference(asked, done[0]) == "as asked"
    )
    return ("succeeded", done) if is_as_asked else ("differs", may_be_it)


def held_to(path):
    """Returns what is wrong with a case. One whose JSON Python cannot read must not be decided."""
    head, response = path.read_bytes().split(b"\n\n", 1)
    lines = [line.split(": ", 1) for line in head.decode().splitlines() if not line.startswith("#")]
    expected, body = dict(lines), response.split(b"\n\n", 1)[1][:-1]
    if "asked" not in expected or "HTTP/1.1 200" not in response.decode(errors="replace"):
        return None
    try:
        check = read(body)
    except ValueError:
        return None
    try:
        decision, transactions = decide(json.loads(expected["asked"]), check)
    except ValueError:
        decision, transactions = None, []
    if decision != expected.get("decision") or len(transactions) != int(expected.get("transactions", len(transactions))):
        return f"{path.name}: {decision}, {len(transactions)} transactions"
    held_to.count += 1


if __name__ == "__main__":
    held_to.count = 0
    wrong = [problem for path in sorted(pathlib.Path(sys.argv[1]).glob("*.http")) if (problem := held_to(path))]
    print("\n".join(wrong) or f"as {held_to.count} cases have it")
    sys.exit(bool(wrong))
