"""What Stripe's and Standard Webhooks' own libraries for Python say of signatures."""

import datetime
import json
import sys
import time

import stripe
from standardwebhooks.webhooks import Webhook

cases = json.loads(sys.argv[1])
checked = []


def said(verifier, case, verify):
    try:
        verify()
        accepted = True
    except Exception:
        accepted = False
    checked.append({"verifier": verifier, "name": case["name"], "said": accepted, "accepted": case["accepted"]})


for case in cases["timestamped"]:
    headers, body = case["headers"], case["body"]
    said(
        "stripe",
        case,
        lambda: stripe.WebhookSignature.verify_header(body, headers["x-qualifier-signature"], case["secret"], tolerance=300),
    )
    said("standardwebhooks", case, lambda: Webhook(case["secret"]).verify(body.encode(), headers))

first = cases["timestamped"][0]
secret, body, now = first["secret"], first["body"], int(time.time())
at = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
signature = stripe.WebhookSignature._compute_signature(f"{now}.{body}", secret)
signed = {"stripe": f"t={now},v1={signature}", "standard": Webhook(secret).sign("msg_1", at, body), "time": now}
print(json.dumps({"checked": checked, "signed": signed}))
