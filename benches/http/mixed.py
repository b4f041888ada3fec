#!/usr/bin/env python3
"""Sends requests of all five APIs for some minutes, and watches the answers and the memory:

    mixed.py PATH/TO/leadscore [--minutes 10] [--rate 200]

It starts the server on an empty SQLite store, with keys of the largest plan, since every key has limits of its own. A webhook
receives what the server tells. It fails at the first answer that is not good, if not every batch is completed and told, or if
the memory in the last quarter of the time is more than a twentieth above that in the third, by medians: until then the page
caches of the connections fill. It wants nothing but Python.
"""

import argparse
import hashlib
import hmac
import http.client
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from load import free_port, memory

APP_SECRET = "app secret of the soak"
# Each key may score 100 heat leads a minute.
KEYS = 40
WORKERS = 12
MOST_GROWTH = 1.05
PIECES = 20
START_LIMIT_S = 30
LEADS = 2_000
BATCH_LIMIT_S = 60
SAMPLE = json.loads((Path(__file__).parents[2] / "docs/examples/sample_request_1.json").read_text(encoding="utf-8"))
WORDS = ["We want to buy 50 seats, what is the price?", "What is it about?", "Maybe later, tell me more.", "Not interested."]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("leadscore", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    args = parser.parse_args()
    leadscore = str(args.leadscore.resolve())
    with tempfile.TemporaryDirectory(prefix="leadscore-mixed-") as data, Receiver() as receiver:
        place = ["--data", data]
        create = [leadscore, "keys", "create", *place, "--plan", "enterprise", "--scopes", "score,read,write"]
        keys = [output([*create, "--name", f"soak {at}"]) for at in range(KEYS)]
        token = output([leadscore, "keys", "token", *place, "--tenant", "default", "--ttl", "24h"])
        port = free_port()
        settings = {"LEADSCORE_WHATSAPP_APP_SECRET": APP_SECRET, "LEADSCORE_ALLOW_INSECURE_WEBHOOKS": "true",
                    "LEADSCORE_WEBHOOK_ALLOWLIST": "127.0.0.1/32", "LOG_LEVEL": "warn"}
        server = subprocess.Popen([leadscore, "serve", "--listen", f"127.0.0.1:{port}", *place],
                                  env=os.environ | settings, stdin=subprocess.DEVNULL)
        try:
            soak(Calls(port, keys, token), receiver, server.pid, args)
        finally:
            server.terminate()
            server.wait(30)


def soak(calls, receiver, pid, args):
    calls.wait_until_ready()
    hook = {"url": f"http://127.0.0.1:{receiver.port}/", "events": ["lead.qualified", "batch.completed"]}
    calls.send("POST", "/api/webhooks", "bearer", hook, 201)
    began, end = time.monotonic(), time.monotonic() + args.minutes * 60
    pause = WORKERS / args.rate
    workers = [threading.Thread(target=calls.work, args=(seed, pause, end), daemon=True) for seed in range(WORKERS)]
    for worker in workers:
        worker.start()
    sizes = []
    for piece in range(1, PIECES + 1):
        time.sleep(max(0, began + piece * args.minutes * 60 / PIECES - time.monotonic()))
        if calls.problem:
            sys.exit(calls.problem)
        sizes.append(memory(pid)["rss_mib"])
        print(f"{time.monotonic() - began:5.0f} s: {sum(calls.counts.values()):,} requests, {sizes[-1]:.1f} MiB", flush=True)
    for worker in workers:
        worker.join()
    if calls.problem:
        sys.exit(calls.problem)
    waited = time.monotonic()
    while (missing := calls.batches - receiver.batches) and time.monotonic() - waited < BATCH_LIMIT_S:
        time.sleep(0.2)
    print("requests: " + ", ".join(f"{name} {count:,}" for name, count in sorted(calls.counts.items())))
    print(f"batches: {len(calls.batches):,}, told as completed: {len(calls.batches & receiver.batches):,}; events of leads: {receiver.leads:,}")
    if missing:
        sys.exit(f"{len(missing)} batches were not told as completed, such as {sorted(missing)[0]}")
    early, late = (statistics.median(sizes[at:at + PIECES // 4]) for at in (PIECES // 2, PIECES * 3 // 4))
    total = sum(calls.counts.values())
    print(f"{total:,} requests in {args.minutes:g} min, none failed; memory {early:.1f} MiB in the third quarter, {late:.1f} MiB in the last")
    if late > MOST_GROWTH * early:
        sys.exit("the memory grows")


class Calls:
    """Requests of all APIs, by several workers."""

    def __init__(self, port, keys, token):
        self.port, self.token = port, token
        self.keys = itertools.cycle(keys)
        self.lock = threading.Lock()
        self.local = threading.local()
        self.counts, self.batches, self.problem = Counter(), set(), None

    def wait_until_ready(self):
        since = time.monotonic()
        while time.monotonic() - since < START_LIMIT_S:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        sys.exit("the server does not get ready")

    def work(self, seed, pause, end):
        draw = random.Random(seed)
        # Each operation with its weight.
        mix = [(self.b2b, 40), (self.heat, 15), (self.qualify, 12), (self.chat, 12), (self.whatsapp, 5), (self.activity, 5),
               (self.predict, 5), (self.capture, 3), (self.ranked, 1), (self.analytics, 1), (self.batch, 1)]
        operations, weights = zip(*mix)
        try:
            due = time.monotonic()
            while time.monotonic() < end and not self.problem:
                draw.choices(operations, weights)[0](draw)
                due = max(due + pause, time.monotonic() - 1)
                time.sleep(max(0, due - time.monotonic()))
        except Exception as error:  # whatever it is, the soak has failed
            self.problem = self.problem or f"{type(error).__name__}: {error}"

    def send(self, method, path, credential, body=None, wanted=200, headers=None):
        with self.lock:
            key = next(self.keys)
        headers = dict(headers or {})
        if credential == "key":
            headers["X-API-Key"] = key
        elif credential != "none":
            headers["Authorization"] = f"Bearer {self.token if credential == 'token' else key}"
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        text = response.read()
        with self.lock:
            self.counts[f"{method} {re.sub('/(lead|leads)/[^/?]+', '/lead/{id}', path.split('?')[0])}"] += 1
        if response.status != wanted:
            raise RuntimeError(f"{method} {path} answers {response.status}: {text[:300]!r}")
        return json.loads(text) if text else None

    def b2b(self, draw):
        features = SAMPLE["features"] | {"website_visits_30d": draw.randrange(40)}
        self.send("POST", "/api/v1/score", "key", {"lead_id": f"b2b-{draw.randrange(LEADS)}", "features": features})

    def heat(self, draw):
        at = draw.randrange(LEADS)
        self.send("POST", "/api/v1/score-lead", "key", {"name": f"Lead {at}", "email": f"lead{at}@soak.example",
                                                       "role": "Manager", "page_views": draw.randrange(40)})

    def qualify(self, draw):
        at = draw.randrange(LEADS)
        self.send("POST", "/api/qualify", "bearer", {"email": f"lead{at}@soak.example", "company": f"Company {at % 50}",
                                                    "message": draw.choice(WORDS)})

    def chat(self, draw):
        self.send("POST", "/api/v1/chat/respond", "key", {"message": draw.choice(WORDS), "source": "website",
                                                         "user_id": f"web-{draw.randrange(LEADS)}"})

    def whatsapp(self, draw):
        number = f"1555{draw.randrange(LEADS):07}"  # no telephone has it
        message = {"from": number, "id": f"wamid.{draw.getrandbits(96):x}", "timestamp": str(int(time.time())),
                   "type": "text", "text": {"body": draw.choice(WORDS)}}
        value = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "1", "phone_number_id": "1"},
                 "contacts": [{"profile": {"name": "Ana"}, "wa_id": number}], "messages": [message]}
        body = json.dumps({"object": "whatsapp_business_account",
                           "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}).encode()
        signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        self.send("POST", "/api/v1/webhook/whatsapp", "none", body, headers={"X-Hub-Signature-256": f"sha256={signature}"})

    def lead(self, draw):
        """The id of a lead that is there."""
        at = draw.randrange(LEADS)
        body = {"name": f"Lead {at}", "email": f"lead{at}@soak.example", "source": "website"}
        return self.send("POST", "/api/v1/lead/", "key", body)["id"]

    def capture(self, draw):
        self.send("GET", f"/api/v1/lead/{self.lead(draw)}", "key")

    def activity(self, draw):
        activity = {"id": f"{draw.getrandbits(96):x}", "kind": draw.choice(["email_open", "page_view", "meeting"]),
                    "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        self.send("POST", f"/api/v1/leads/{self.lead(draw)}/activities", "key", {"activities": [activity]})

    def predict(self, draw):
        self.send("POST", f"/api/lead-scoring/leads/{1 + draw.randrange(20)}/ml/predict-score", "token")

    def ranked(self, draw):
        self.send("GET", "/api/lead-scoring/1/ml/top-leads?n=10", "token")

    def analytics(self, draw):
        self.send("GET", f"/api/analytics?period=7d&group_by={draw.choice(['hour', 'day'])}", "bearer")
        self.send("GET", "/api/v1/analytics/summary", "key")
        self.send("GET", "/api/v1/metrics", "key")

    def batch(self, draw):
        # Twenty may be under way at once; a slow machine gets no more than it can do.
        if draw.random() < 0.7:
            return
        leads = [{"email": f"batch{draw.randrange(LEADS)}@soak.example", "company": "Batch Company"} for _ in range(20)]
        made = self.send("POST", "/api/batch/qualify", "bearer", {"leads": leads}, 202)
        with self.lock:
            self.batches.add(made["batch_id"])


class Receiver:
    """Takes webhooks, and remembers which batches were completed."""

    def __init__(self):
        own = self
        self.batches, self.leads = set(), 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if event["event"] == "batch.completed":
                    own.batches.add(event["data"]["batch_id"])
                else:
                    own.leads += 1
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def output(command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"{command[1:3]}: {ran.stderr}")
    return ran.stdout.strip()


if __name__ == "__main__":
    main()
