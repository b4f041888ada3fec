"""Known qualifications, and /api/analytics computed again: from what this client sent and got, and from nothing else."""

import itertools
import os
from collections import Counter
from datetime import datetime, timedelta, timezone
from math import floor
from zoneinfo import ZoneInfo

import requests

URL, KEY = os.environ["LEADSCORE_URL"], os.environ["LEADSCORE_KEY"]
session = requests.Session()
session.headers["authorization"] = f"Bearer {KEY}"
# The latest answer for each lead, and the leads that converted.
latest: dict = {}
converted: set = set()
sent = 0


def call(method, path, wanted=200, **more):
    response = session.request(method, URL + path, timeout=30, **more)
    assert response.status_code == wanted, f"{method} {path}: {response.status_code} {response.text}"
    return response.json()


def same(what, found, wanted):
    equal = abs(found - wanted) < 1e-9 if isinstance(wanted, float) and found is not None else found == wanted
    assert equal, f"{what}: {found}, and it should be {wanted}"


def qualify(body):
    global sent
    sent += 1
    answer = call("POST", "/api/qualify", json=body)
    # The score is the weighted sum of its own factors, and the tier that of the document.
    own = answer["scoring_breakdown"]
    points = 35 * own["company_fit"] + 30 * own["intent_signal"] + 20 * own["budget_indicator"] + 15 * own["urgency"]
    same("score", answer["score"], max(0, min(100, floor(points + answer["model_adjustment"] + 1e-9))))
    tier = "HOT" if answer["score"] >= 80 else "WARM" if answer["score"] >= 50 else "COLD"
    same("tier", answer["tier"], tier)
    latest[answer["id"]] = answer
    return answer


def start_of(group_by, moment, zone):
    local = moment.astimezone(ZoneInfo(zone))
    if group_by == "hour":
        offset = "Z" if zone == "UTC" else local.isoformat()[-6:]
        return local.strftime("%Y-%m-%dT%H:00:00") + offset
    day = local.date()
    if group_by == "week":
        day -= timedelta(days=day.weekday())
    return str(day.replace(day=1) if group_by == "month" else day)


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else None


def check(group_by="day", period="30d", zone="UTC", defaults=False):
    query = {} if defaults else {"group_by": group_by, "period": period, "zone": zone}
    found = call("GET", "/api/analytics", params=query)
    leads = list(latest.values())
    tiers = Counter(own["tier"] for own in leads)
    same("period", found["period"], period)
    same("total_leads", found["total_leads"], len(leads))
    same("by_tier", found["by_tier"], {tier: tiers[tier] for tier in ("HOT", "WARM", "COLD")})
    same("avg_score", found["avg_score"], mean(own["score"] for own in leads))
    took = mean(own["processing_time_ms"] for own in leads)
    same("avg_processing_time_ms", found["avg_processing_time_ms"], None if took is None else floor(took + 0.5))
    same("conversion_rate", found["conversion_rate"], mean(float(own["id"] in converted) for own in leads))
    buckets: dict = {}
    for own in leads:
        moment = datetime.fromisoformat(own["created_at"]).astimezone(timezone.utc)
        buckets.setdefault(start_of(group_by, moment, zone), Counter())[own["tier"].lower()] += 1
    wanted = [
        {"date": date, "leads": sum(own.values()), **{tier: own[tier] for tier in ("hot", "warm", "cold")}}
        for date, own in sorted(buckets.items())
    ]
    same(f"daily_breakdown by {group_by} in {zone}", found["daily_breakdown"], wanted)
    same("sum of the buckets", sum(own["leads"] for own in found["daily_breakdown"]), found["total_leads"])


def lead(name, **more):
    return {"email": f"{name}@acme.example", "company": "Acme", "source": "api", **more}


check(defaults=True)
WORDS = (
    "We are just curious and want information.",
    "Our 80-person sales team is looking for a tool, we need pricing this quarter.",
    "We need a demo today: the budget is approved, the manual work is a problem, and we compare vendors. Our team decides this week.",
)
for at, words in enumerate(WORDS * 4):
    known = {"industry": ("saas", "retail")[at % 2], "employees": 200, "revenue_usd": 3_000_000, "country": "US", "title": "CEO"}
    qualify(lead(f"p{at}", message=words, **({"metadata": known} if at % 3 else {})))
assert len({own["tier"] for own in latest.values()}) == 3, "not all tiers are there, so nothing is shown"
check(defaults=True)
# Again is the same lead, with what was said of it last.
before = latest[next(iter(latest))]
again = qualify(lead("p0", message=WORDS[2], metadata={"industry": "saas", "title": "CEO", "country": "US"}))
same("id", again["id"], before["id"])
assert again["tier"] != before["tier"], "the words of a lead change nothing"
for number, own in enumerate(list(latest)):
    if number % 3 == 0:
        call("POST", f"/api/v1/leads/{own}/outcome", json={"outcome": "converted"})
        converted.add(own)
    elif number % 3 == 1:
        call("POST", f"/api/v1/leads/{own}/outcome", json={"outcome": "lost"})
# A later word replaces an earlier one.
turned = next(iter(converted))
call("POST", f"/api/v1/leads/{turned}/outcome", json={"outcome": "lost"})
converted.discard(turned)
# What is refused counts nowhere.
call("POST", "/api/qualify", wanted=400, json={"company": "Acme"})
zones = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Auckland")
for group_by, (period, zone) in itertools.product(("hour", "day", "week", "month"), zip(("7d", "30d", "90d", "all"), zones, strict=True)):
    check(group_by, period, zone)
# A lead that is erased was never there.
gone = next(iter(latest))
response = session.delete(f"{URL}/api/v1/leads/{gone}", timeout=30)
assert response.ok, response.text
del latest[gone]
check(defaults=True)
print(f"{sent} qualifications of {len(latest) + 1} leads, {len(converted)} of them converted")
