"""A sale and its reversal from Python's standard library, at `paypos simulate`: python3 flow.py [URL]"""
import json, sys, time, urllib.request

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8650"
DEALER = {"Authorization": "Basic sck_simulator", "PaynetMobile": "2"}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        """Follows none: the keys would go to whatever it names."""


# Through no proxy: the simulator is on loopback.
http = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def call(path, body, headers={}):
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    with http.open(request, timeout=20) as response:
        return json.load(response)


opened = call("/v1/agent/get_auth_key", {"agent_id": "11111", "user_id": "test"}, DEALER)
session = {"Session-Key": opened["session_key"]}


def finished(handoff, amount, request):
    """Stands in for the person at the phone, waits, and compares what was done with what was asked for."""
    print("open", handoff["deeplink_url"])
    id = handoff["payment_session_id"]
    call(f"/_paypos/payments/{id}/decide", {"decision": "approve"})
    for _ in range(60):
        data = call("/v1/softpos/check_transaction", {"payment_session_id": id}, session)["Data"]
        done = [one for one in data if one.get("is_succeed") is True and one["xact_id"] != request.get("xact_id")]
        if [(one["amount"], one["agent_reference"]) for one in done] == [(amount, request["reference_no"])]:
            return done[0]["xact_id"]
        if done:
            sys.exit("not what was asked for: look it up in Paynet's panel")
        time.sleep(1)
    sys.exit("not decided; check again before starting another")


sale = {"amount": 149.90, "reference_no": "ORDER-1042"}
xact_id = finished(call("/v1/softpos/init_sale_transaction", sale, session), 149.90, sale)
reversal = {"xact_id": xact_id, "reference_no": "ORDER-1042-R1"}
finished(call("/v1/softpos/init_reversal_transaction", reversal, session), 149.90, reversal)
call("/v1/agent/logout", {"session_key": opened["session_key"]}, DEALER)
print("sold and reversed", xact_id)
