"""The flow by the client that openapi-python-client generates: python3 flow.py PACKAGE URL"""
import importlib, json, sys, urllib.request

package, url = sys.argv[1:]


def own(module):
    return importlib.import_module(f"{package}.{module}")


models = own("models")
client = own("client").AuthenticatedClient(
    base_url=url, raise_on_unexpected_status=True, token="sck_simulator", prefix="Basic"
)


def call(tag, operation, body, **headers):
    response = own(f"api.{tag}.{operation}").sync_detailed(client=client, body=body, **headers)
    return response.status_code, response.parsed


dealer = {"paynet_mobile": "2"}
status, opened = call("authorize", "get_auth_key", models.AuthRequest(agent_id="1", user_id="u"), **dealer)
assert status == 200, status
session = {"session_key": opened.session_key}


def approved(handoff):
    """Approves at the simulated phone; returns what the check lists."""
    decide = f"{url}/_paypos/payments/{handoff.payment_session_id}/decide"
    request = urllib.request.Request(decide, json.dumps({"decision": "approve"}).encode(), {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=20).close()
    body = models.CheckTransactionRequest(payment_session_id=handoff.payment_session_id)
    status, checked = call("soft_pos", "check_transaction", body, **session)
    assert status == 200, status
    return checked.data[0]


status, handoff = call("soft_pos", "init_sale_transaction", models.InitSaleRequest(amount=149.9), **session)
assert status == 200, status
sold = approved(handoff)
assert (sold.is_succeed, sold.amount) == (True, 149.9), sold
body = models.InitReversalRequest(xact_id=sold.xact_id, callback_url=None)
status, handoff = call("soft_pos", "init_reversal_transaction", body, **session)
assert status == 200, status
assert approved(handoff).is_succeed is True
status, refused = call("soft_pos", "init_reversal_transaction", body, **session)
assert (status, refused.code) == (400, 9008), refused
status, _ = call("agent", "logout", models.LogoutBody(session_key=opened.session_key), **dealer)
assert status == 200, status
print("sold and reversed by openapi-python-client")
