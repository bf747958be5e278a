"""A sale and its reversal from Python's standard library, at `paypos simulate`: python3 flow.py [URL]"""
import json, sys, time, urllib.request
from decide import decide, read

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8650"
DEALER = {"Authorization": "Basic sck_simulator", "PaynetMobile": "2"}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        """Follows none: the keys would go to whatever it names."""


# Through no proxy: the simulator is on loopback.
http = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def call(path, body, headers={}):
    headers = {"Content-Type": "application/json", **headers}
    # An amount is written with its own digits, and never as a float.
    body = body if isinstance(body, str) else json.dumps(body)
    request = urllib.request.Request(URL + path, body.encode(), headers)
    with http.open(request, timeout=20) as response:
        return read(response.read())


opened = call("/v1/agent/get_auth_key", {"agent_id": "11111", "user_id": "test"}, DEALER)
session = {"Session-Key": opened["session_key"]}


def finished(handoff, asked):
    """Stands in for the person at the phone, and waits until what was asked for has happened."""
    print("open", handoff["deeplink_url"])
    id = handoff["payment_session_id"]
    call(f"/_paypos/payments/{id}/decide", {"decision": "approve"})
    for _ in range(60):
        check = call("/v1/softpos/check_transaction", {"payment_session_id": id}, session)
        decision, transactions = decide(asked, check)
        if decision == "succeeded":
            return transactions[0]["xact_id"]
        if decision != "pending":
            sys.exit(f"{decision}: look it up in Paynet's panel before anything else")
        time.sleep(1)
    sys.exit("not decided; check again before starting another")


sale = '{"amount": 149.90, "reference_no": "ORDER-1042"}'
asked = {"kind": "sale", "amount": "149.90", "reference_no": "ORDER-1042"}
xact_id = finished(call("/v1/softpos/init_sale_transaction", sale, session), asked)
reversal = {"xact_id": xact_id, "reference_no": "ORDER-1042-R1"}
asked = {"kind": "reversal", "reversal_of": xact_id, "amount": "149.90", "reference_no": "ORDER-1042-R1"}
finished(call("/v1/softpos/init_reversal_transaction", reversal, session), asked)
call("/v1/agent/logout", {"session_key": opened["session_key"]}, DEALER)
print("sold and reversed", xact_id)
