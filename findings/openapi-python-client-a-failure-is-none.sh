#!/usr/bin/env bash
# openapi-python-client 0.29.1, httpx 0.28.1 (PyPI).
#
# A document has a 200 and a 400 for an operation. The generated `sync` returns the object of a 200, and that of a 400;
# for any other status it returns None, and raises nothing: for a 503, for a gateway's page, and for a 201 with the body
# of a 200. `raise_on_unexpected_status` is off by default.
#
# One would have guessed: a status that the document does not have is an error, as in clients of other languages.
# It matters to whoever starts a payment: `if result is None` cannot tell "nothing happened" from "it may have".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet openapi-python-client==0.29.1 httpx==0.28.1
cat >document.json <<'JSON'
{
  "openapi": "3.0.3",
  "info": { "title": "Sales", "version": "1" },
  "paths": {
    "/sale": {
      "post": {
        "operationId": "sale",
        "responses": {
          "200": { "description": "Begun", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Sale" } } } },
          "400": { "description": "Refused", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refusal" } } } }
        }
      }
    }
  },
  "components": {
    "schemas": {
      "Sale": { "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } },
      "Refusal": { "type": "object", "required": ["message"], "properties": { "message": { "type": "string" } } }
    }
  }
}
JSON
python/bin/openapi-python-client generate --path document.json --meta none --output-path sales >log 2>&1
cat >call.py <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from sales import Client
from sales.api.default import sale


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Client(base_url=f"http://127.0.0.1:{server.server_port}")
for server.status, server.body in [
    (200, b'{"id":"1"}'),
    (400, b'{"message":"no"}'),
    (201, b'{"id":"1"}'),
    (503, b'{"message":"down"}'),
]:
    print(server.status, type(sale.sync(client=client)).__name__)
PY
seen=$(python/bin/python call.py)
echo "$seen"
expected='200 Sale
400 Refusal
201 NoneType
503 NoneType'
if [[ $seen != "$expected" ]]; then
    echo 'this has changed' >&2
    exit 1
fi
