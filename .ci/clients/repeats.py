"""A client that sends a POST again, and says nothing: python3 repeats.py URL SESSION_KEY"""
import json, sys, urllib.request

import httplib2

url, key = sys.argv[1:]
JSON = {"content-type": "application/json"}


def control(path, body=None):
    """Calls the control interface of the simulator."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_paypos/{path}", data, JSON)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


since = control("requests")["last"]
control("faults", {"operation": "init_sale_transaction", "drop": True, "when": "after"})
http = httplib2.Http()
headers = {**JSON, "Session-Key": key}
response, _ = http.request(f"{url}/v1/softpos/init_sale_transaction", "POST", '{"amount": 7}', headers)
assert response.status == 200, response
received = control(f"requests?after={since}")["requests"]
assert len(received) == 2 and received[1]["repeats"] == received[0]["number"], received
paid_for = [payment for payment in control("payments")["payments"] if payment["amount"] == 7]
assert len(paid_for) == 2, paid_for
print("httplib2 saw one 200, and there are two payments")
