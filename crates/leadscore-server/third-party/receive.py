"""A receiver of webhooks that knows Stripe's and Standard Webhooks' own libraries for Python, and nothing else of ours."""

import json
import os
import queue
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe
from standardwebhooks.webhooks import Webhook

URL, KEY = os.environ["LEADSCORE_URL"], os.environ["LEADSCORE_KEY"]
taken = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        taken.put((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def call(path, body):
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def verifies(headers, body, secret):
    """Whether both libraries take a delivery; they must agree."""
    headers = {name.lower(): value for name, value in headers.items()}
    try:
        event = stripe.Webhook.construct_event(body, headers["x-qualifier-signature"], secret)
        by_stripe = event["event"] == headers["x-qualifier-event"]
    except stripe.SignatureVerificationError:
        by_stripe = False
    try:
        by_standard = Webhook(secret).verify(body, headers)["event"] == headers["x-qualifier-event"]
    except Exception:
        by_standard = False
    assert by_stripe == by_standard, (by_stripe, by_standard, headers)
    return by_stripe


server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
hook = call(
    "/api/webhooks",
    {"url": f"http://127.0.0.1:{server.server_port}/hook", "events": ["lead.qualified", "lead.scored"]},
)
lead = {"email": "zoe@acme.example", "company": "Acme Corp"}
call("/api/qualify", lead)
headers, body = taken.get(timeout=30)
other = "whsec_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
assert verifies(headers, body, hook["secret"]), (headers, body)
assert not verifies(headers, body.replace(b"acme", b"evil"), hook["secret"])
assert not verifies(headers, body + b" ", hook["secret"])
assert not verifies(headers, body, other)
late = {name: "1742034600" if name.lower() == "webhook-timestamp" else value for name, value in headers.items()}
late = {name: value.replace(headers["webhook-timestamp"], "1742034600") for name, value in late.items()}
assert not verifies(late, body, hook["secret"])
# With a new secret, receivers of both verify.
rotated = call(f"/api/webhooks/{hook['id']}/rotate", {})
call("/api/qualify", lead)
headers, body = taken.get(timeout=30)
assert verifies(headers, body, hook["secret"]) and verifies(headers, body, rotated["secret"])
assert not verifies(headers, body, other)
print(f"stripe {stripe.VERSION} and standardwebhooks for Python took 2 deliveries and refused 5 others", file=sys.stderr)
