"""Known traffic, and all numbers of it computed again: from what this client sent, got and measured, and from the model files."""

import json
import math
import os
import socket
import time
from collections import Counter, defaultdict
from datetime import datetime, timezone
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

URL, KEY, TOKEN = os.environ["LEADSCORE_URL"], os.environ["LEADSCORE_KEY"], os.environ["LEADSCORE_TOKEN"]
ROOT = Path(__file__).parents[3]
MODELS = ROOT / "crates/leadscore/src/builtin"
SAMPLE = json.loads((ROOT / "docs/examples/sample_request_1.json").read_text())
HEAT_PATHS = {
    "/api/v1/score-lead", "/api/v1/recommendation", "/api/v1/get-personalized-email", "/api/v1/send-test-email",
    "/api/v1/upload-leads", "/api/v1/metrics", "/api/v1/feature-importance",
}  # fmt: skip

session = requests.Session()
# What was sent: by method, template and status; the seconds of each, as this client measured them.
calls: Counter = Counter()
seconds: dict = defaultdict(float)
heat_requests, heat_seconds = 0, 0.0


def call(method, template, wanted=200, **more):
    global heat_requests, heat_seconds
    path = template
    for name, value in more.pop("path", {}).items():
        path = path.replace("{" + name + "}", str(value))
    signed = template.startswith("/api/lead-scoring")
    headers = {"authorization": f"Bearer {TOKEN}"} if signed else {"x-api-key": KEY}
    began = time.perf_counter()
    response = session.request(method, URL + path, headers=headers, timeout=30, **more)
    took = time.perf_counter() - began
    assert response.status_code == wanted, f"{method} {path}: {response.status_code} {response.text}"
    calls[method, template, str(wanted)] += 1
    seconds[method, template] += took
    if template in HEAT_PATHS or (method, template) == ("GET", "/api/v1/leads"):
        heat_requests, heat_seconds = heat_requests + 1, heat_seconds + took
    return response.json() if response.headers["content-type"].startswith("application/json") else response.text


def same(what, found, wanted, tolerance=1e-9):
    equal = math.isclose(found, wanted, rel_tol=tolerance, abs_tol=tolerance) if isinstance(wanted, float) else found == wanted
    assert equal, f"{what}: {found}, and it should be {wanted}"


# --- what the heat model said: every time it scored, and the last class before an outcome
scored: list = []
last: dict = {}
judged: dict = {}
known: dict = {}


def heat(name, **more):
    return {"name": name, "email": f"{name}@acme.example", "source": "website", "region": "US", **more}


def score(body):
    answer = call("POST", "/api/v1/score-lead", json=body)
    same("probabilities", sum(answer["probabilities"].values()), 1.0)
    best = max(answer["probabilities"].items(), key=lambda own: own[1])
    same("class and confidence", (answer["heat_score"], answer["confidence"]), best)
    note(body["email"], answer["lead_id"], answer["heat_score"], answer["confidence"])
    return answer


def note(email, lead_id, heat_score, confidence):
    scored.append((heat_score, confidence))
    last[email], known[email] = heat_score, lead_id


def ended(email, outcome):
    call("POST", "/api/v1/leads/{lead}/outcome", path={"lead": known[email]}, json={"outcome": outcome})
    judged[email] = (last[email], outcome)


people = [
    heat(f"p{i}", role=("Director", "Developer", "CEO")[i % 3], page_views=3 * i, recency_days=(25, 3, 0)[i % 3],
         time_spent=40 * i, prior_course_interest=("low", "high")[i % 2], last_touch=("email_open", "demo_request")[i % 2])
    for i in range(12)
]  # fmt: skip
for person in people:
    score(person)
rows = "name,email,role,page_views,recency_days\n" + "".join(
    f"u{i},{'broken' if i == 2 else f'u{i}@acme.example'},CEO,{10 * i},{i}\n" for i in range(5)
)
upload = call("POST", "/api/v1/upload-leads", files={"file": ("leads.csv", rows, "text/csv")})
same("upload", (upload["total_leads"], upload["processed"], upload["failed"]), (5, 4, 1))
for number, row in zip((0, 1, 3, 4), [own for own in upload["results"] if own["status"] == "processed"], strict=True):
    note(f"u{number}@acme.example", row["lead_id"], row["heat_score"], row["confidence"])
for person in people[:2]:
    advice = call("POST", "/api/v1/recommendation", json=person)
    note(person["email"], advice["lead_id"], last[person["email"]], advice["confidence"])
emails = 3
for person in people[:emails]:
    call("POST", "/api/v1/get-personalized-email", json=person)
    # The answer does not repeat the score; the same lead has the same.
    note(person["email"], known[person["email"]], *next(own for own in scored[people.index(person) :]))
call("POST", "/api/v1/send-test-email", json={"to_email": "me@acme.example", "lead_data": {"name": "Me"}})
call("POST", "/api/v1/score-lead", wanted=400, json={"name": "No address"})
call("GET", "/api/v1/leads", params={"limit": 5})
call("GET", "/api/v1/leads/{lead}", wanted=404, path={"lead": "nobody"})
for at, person in enumerate(people):
    if at != 5:
        ended(person["email"], "converted" if at % 4 < 2 else "lost")
# What comes after the outcome does not count for it.
for person in people[:3]:
    score(person | {"page_views": 90, "recency_days": 0})


def check_heat():
    requests_before, seconds_before = heat_requests, heat_seconds
    found = call("GET", "/api/v1/metrics")
    system, words, model = found["system_metrics"], found["rag_metrics"], found["model_metrics"]
    same("total_requests", system["total_requests"], requests_before)
    same("error_rate", (system["error_rate"], system["success_rate"]), (0.0, 1.0))
    mean = 1e3 * seconds_before / requests_before
    assert 0 < system["avg_latency_ms"] < mean, f"{system['avg_latency_ms']} ms, and this client measured {mean}"
    same("rag_metrics", tuple(words.values()), (emails, 0.0, 0.0, 0.0))
    same("total_predictions", model["total_predictions"], len(scored))
    same("avg_confidence", model["avg_confidence"], sum(own for _, own in scored) / len(scored))
    classes = Counter(own for own, _ in scored)
    for name in ("hot", "warm", "cold"):
        same(f"share of {name}", model["heat_score_distribution"][name], classes[name] / len(scored))
    counted = [own for own in judged.values() if own[0] in ("hot", "cold")]
    right = [own for own in counted if own in (("hot", "converted"), ("cold", "lost"))]
    assert counted, "no lead is judged, so nothing is shown"
    same("accuracy", model["accuracy"], len(right) / len(counted))
    return model


before = check_heat()
assert len({own for own, _ in scored}) > 1, "all leads have one class, so nothing is shown"
# One outcome turned round changes the accuracy, and nothing else of the model.
turned = next(email for email, own in judged.items() if own[0] in ("hot", "cold") and last[email] == own[0])
call("POST", "/api/v1/leads/{lead}/outcome", path={"lead": known[turned]},
     json={"outcome": "lost" if judged[turned][1] == "converted" else "converted"})  # fmt: skip
# The later word counts, for the class that was the last one at its time.
judged[turned] = (last[turned], "lost" if judged[turned][1] == "converted" else "converted")
after = check_heat()
assert after["accuracy"] != before["accuracy"], "an outcome that was turned round changes no accuracy"
same("all else", {**after, "accuracy": None}, {**before, "accuracy": None})
# One input of a lead changes its score.
first = score(people[3])
second = score(people[3] | {"recency_days": 25, "prior_course_interest": "low"})
assert first["probabilities"] != second["probabilities"], "what a lead did changes nothing"
check_heat()


# --- importances, from the model files
def forest(name):
    return json.loads((MODELS / f"{name}.json").read_text())["scorer"]


def gains(model):
    of = defaultdict(list)
    for tree in model["trees"]:
        splits = [own for own in tree["features"] if own >= 0]
        for feature, gain in zip(splits, tree["gain"], strict=True):
            of[model["features"][feature]["name"]].append(gain)
    return of


def shares(values):
    return {name: value / sum(values.values()) for name, value in values.items() if value > 0}


def compare(what, found, wanted):
    assert found == sorted(found, key=lambda own: -own[1]), f"{what}: not the most important first"
    assert found, f"{what}: nothing was found"
    assert not set(wanted) - {name for name, _ in found}, f"{what}: a feature is left out"
    for name, value in found:
        same(f"{what} of {name}", value, wanted.get(name, 0.0), 1e-6)


model = forest("heat")
found = call("GET", "/api/v1/feature-importance")["feature_importance"]
compare("total gain", [(own["feature"], own["importance"]) for own in found],
        shares({name: sum(own) for name, own in gains(model).items()}))  # fmt: skip
same("sum of shares", sum(own["importance"] for own in found), 1.0)
# The b2b API tells the gain itself, not shares.
model = forest("b2b")
found = call("GET", "/api/v1/model/importance")
compare("mean gain", list(found["importance"].items()),
        {name: sum(own) / len(own) for name, own in gains(model).items()})  # fmt: skip
same("top_10", [tuple(own) for own in found["top_10"]], list(found["importance"].items())[:10])


def largest(rule):
    """The most that a rule can give or take, by its own text; a product has a range."""
    if "range" in rule:
        return max(map(abs, rule["range"]))
    points = rule["points"]
    if isinstance(points, dict) and "map" in points:
        return max(abs(own) for own in [*points["map"].values(), points["else"]])
    return abs(points) if isinstance(points, (int, float)) else None


rules = {}
for group in json.loads((MODELS / "conversion.json").read_text())["scorer"]["groups"]:
    for rule in group["rules"]:
        rules[rule["code"]] = largest(rule)
found = call("GET", "/api/lead-scoring/{configId}/ml/feature-importance", path={"configId": 1})["importance"]
names = {"Meetings": "meetings", "Email Clicks": "clicks", "Company": "company", "Phone Number": "phone"}
own = {names[one["name"]]: one["importance"] for one in found if one["name"] in names}
same("rules that were found", set(own), set(names.values()))
same("sum of importances", sum(one["importance"] for one in found), 1.0)
for name, value in own.items():
    same(f"importance of {name} beside phone", value / own["phone"], rules[name] / rules["phone"], 1e-6)


# --- scores of the b2b model, tree by tree
def walk(tree, row):
    at, split = 0, tree["features"]

    def end(of):
        return of + 1 if split[of] < 0 else end(end(of + 1))

    while split[at] >= 0:
        at = at + 1 if row[split[at]] < tree["values"][at] else end(at + 1)
    return tree["values"][at]


def expected(features):
    row = [float(features[own["name"]]) for own in model["features"]]
    return 1 / (1 + math.exp(-(model["base"][0] + sum(walk(tree, row) for tree in model["trees"]))))


raw, buckets, tiers, batches = [], [], Counter(), []


def note_b2b(answer, features):
    own = answer["score"]
    same("raw_score", own["raw_score"], expected(features), 1e-5)
    same("bucket", own["bucket"], min(5, max(1, round(4 * own["raw_score"] + 1))))
    same("tier", own["tier"], "EDCBA"[own["bucket"] - 1])
    raw.append(own["raw_score"])
    buckets.append(own["bucket"])
    tiers[own["tier"]] += 1


def variants(count):
    for at in range(count):
        yield SAMPLE["features"] | {
            "days_since_last_touch": 30.0 * at, "total_touchpoints": 1 + 4 * at, "budget_confirmed": at % 2,
            "decision_maker_contacted": at % 2, "pricing_page_visits": 3 * at, "bounce_rate": 0.1 + 0.1 * (at % 8),
        }  # fmt: skip


for features in variants(6):
    note_b2b(call("POST", "/api/v1/score", json={"lead_id": "one", "features": features}), features)
assert len(set(raw)) > 1, "what a lead did changes nothing"
for size in (1, 4, 9):
    batch = list(variants(size))
    answers = call("POST", "/api/v1/score/batch", json=[{"lead_id": str(at), "features": own} for at, own in enumerate(batch)])
    for answer, features in zip(answers, batch, strict=True):
        note_b2b(answer, features)
    batches.append(size)
broken = {"lead_id": "x", "features": {name: own for name, own in SAMPLE["features"].items() if name != "company_revenue"}}
call("POST", "/api/v1/score", wanted=422, json=broken)

# --- predictions and what became of them
made, said = Counter(), {}
for at in range(1, 7):
    lead = {"id": at}
    for kind, template in (("CONVERSION", "predict"), ("TIME_TO_CLOSE", "predict-time"), ("SCORE", "predict-score")):
        answer = call("POST", "/api/lead-scoring/leads/{id}/ml/" + template, path=lead, json={})["prediction"]
        made[kind] += 1
        if kind == "SCORE":
            same("scoreBreakdown", sum(answer["scoreBreakdown"].values()), answer["predictedScore"])
        elif at <= 4:
            said[answer["predictionId"]] = (kind, at % 2 == 0)
for number, (_, was_accurate) in said.items():
    call("POST", "/api/lead-scoring/predictions/{id}/validate", path={"id": number}, json={"wasAccurate": was_accurate})


def check_accuracy():
    found = call("GET", "/api/lead-scoring/{configId}/ml/accuracy", path={"configId": 1})
    right = sum(own for _, own in said.values())
    same("totalPredictions", found["totalPredictions"], sum(made.values()))
    same("accuracy", (found["validatedCount"], found["accurateCount"], found["accuracy"]), (len(said), right, right / len(said)))
    for kind in ("CONVERSION", "TIME_TO_CLOSE"):
        own = [was for other, was in said.values() if other == kind]
        same(kind, found["byType"][kind], {"total": len(own), "accurate": sum(own), "accuracy": sum(own) / len(own)})


check_accuracy()
number, (kind, was) = next(iter(said.items()))
call("POST", "/api/lead-scoring/predictions/{id}/validate", path={"id": number}, json={"wasAccurate": not was})
said[number] = (kind, not was)
check_accuracy()

# --- /status
status = call("GET", "/status")
info = call("GET", "/api/v1/model/info")
same("model", (status["model"]["version"], status["model"]["n_features"]), (info["version"], len(info["features"])))
same("n_features", info["n_features"], len(SAMPLE["features"]))
same("hostname", status["environment"]["hostname"], socket.gethostname())
same("store", (status["status"], status["store"]["available"]), ("operational", True))
told = datetime.fromisoformat(status["timestamp"]).replace(tzinfo=timezone.utc)
assert abs((datetime.now(timezone.utc) - told).total_seconds()) < 5, status["timestamp"]
time.sleep(0.5)
later = call("GET", "/status")
assert 0.5 <= later["uptime_seconds"] - status["uptime_seconds"] < 5, (later, status)

# --- /metrics
session.close()
text = call("GET", "/metrics")
# It is counted when it is answered, so it does not have itself.
calls["GET", "/metrics", "200"] -= 1
samples = {}
for family in text_string_to_metric_families(text):
    for sample in family.samples:
        samples[sample.name, tuple(sorted(sample.labels.items()))] = sample.value


def value(name, **labels):
    return samples.get((name, tuple(sorted(labels.items()))), 0.0)


found = Counter()
for (name, labels), count in samples.items():
    if name == "http_requests_total" and count > 0:
        own = dict(labels)
        found[own["method"], own["endpoint"], own["status"]] += int(count)
same("http_requests_total", dict(found), {key: count for key, count in calls.items() if count > 0})
for (method, template), spent in seconds.items():
    if template == "/metrics":
        continue
    labels = {"method": method, "endpoint": template}
    counted = sum(count for (own, other, _), count in calls.items() if (own, other) == (method, template))
    same(f"count of {template}", value("http_request_duration_seconds_count", **labels), float(counted))
    took = value("http_request_duration_seconds_sum", **labels)
    assert 0 < took < spent, f"{method} {template}: {took} s, and this client measured {spent}"
local = {"endpoint_provider": "local"}
for tier in "ABCDE":
    same(f"tier {tier}", value("model_predictions_total", tier=tier, **local), float(tiers[tier]))
same("errors", value("model_prediction_errors_total", error_type="invalid_input", **local), 1.0)
for name, values in (("model_prediction_raw_scores", raw), ("model_prediction_buckets", buckets)):
    same(name, value(name + "_count", **local), float(len(values)))
    same(name, value(name + "_sum", **local), float(sum(values)))
    bounds = [float(dict(labels)["le"]) for own, labels in samples if own == name + "_bucket"]
    for bound in bounds:
        text = next(dict(labels)["le"] for own, labels in samples if own == name + "_bucket" and float(dict(labels)["le"]) == bound)
        same(f"{name} up to {bound}", value(name + "_bucket", le=text, **local), float(sum(own <= bound for own in values)))
same("model_batch_size", (value("model_batch_size_count"), value("model_batch_size_sum")), (float(len(batches)), float(sum(batches))))
spent = seconds["POST", "/api/v1/score"] + seconds["POST", "/api/v1/score/batch"]
assert 0 < value("model_prediction_latency_seconds_sum", **local) < spent
same("scored", value("model_prediction_latency_seconds_count", **local), float(len(raw)))
print(f"{sum(calls.values())} requests; {len(scored)} heat scores, {len(raw)} b2b scores, {len(said)} judged predictions")
