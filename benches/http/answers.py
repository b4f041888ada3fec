"""Checks that a server answers as the API's description says, before it is measured."""

import http.client
import json
import math
import uuid

# XGBoost adds up in single precision, so the last digits may differ.
TOLERANCE = 1e-6
TIERS = {5: "A", 4: "B", 3: "C", 2: "D", 1: "E"}


def is_ready(port):
    try:
        return call(port, "GET", "/health/ready", timeout=2)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def check(port, key, work, constant):
    """What is wrong with the answers, or nothing. A server of constants owes no scores and no ids of its own."""
    expected = json.loads((work / "expected.json").read_text(encoding="utf-8"))
    singles = (work / "single.jsonl").read_text(encoding="utf-8").splitlines()
    batches = (work / "batch.jsonl").read_text(encoding="utf-8").splitlines()
    for wrong_key in (None, "another key"):
        status, body = call(port, "POST", "/api/v1/score", singles[0], wrong_key)
        if (status, body) != (401, {"detail": "Invalid or missing API key"}):
            return f"with the key {wrong_key} it answers {status} {body}"
    incomplete = json.loads(singles[0])
    del incomplete["features"]["company_revenue"]
    status, body = call(port, "POST", "/api/v1/score", json.dumps(incomplete), key)
    if status != 422:
        return f"without a required feature it answers {status} {body}"

    seen = set()
    for path, bodies in (("/api/v1/score", singles), ("/api/v1/score/batch", batches)):
        for posted in bodies:
            status, body = call(port, "POST", path, posted, key)
            if status != 200:
                return f"{path} answers {status} {body}"
            single = path == "/api/v1/score"
            posted = [json.loads(posted)] if single else json.loads(posted)
            answered = [body] if single else body
            if [lead["lead_id"] for lead in posted] != [lead.get("lead_id") for lead in answered]:
                return f"{path} answers other leads than it was asked for, or in another order"
            for answer in answered:
                wrong = wrong_shape(answer) or (not constant and wrong_score(answer, expected, seen))
                if wrong:
                    return f"{path} answers {answer}: {wrong}"
    return None


def wrong_shape(answer):
    if set(answer) != {"request_id", "model", "lead_id", "score"}:
        return "other fields than the four"
    if set(answer["model"]) != {"name", "version"} or set(answer["score"]) != {"raw_score", "bucket", "tier"}:
        return "other fields of the model or the score"
    if uuid.UUID(answer["request_id"]).version != 4:
        return "the id of the request is no UUID of version 4"
    return None


def wrong_score(answer, expected, seen):
    if answer["request_id"] in seen:
        return "the id of the request was there before"
    seen.add(answer["request_id"])
    score, chance = answer["score"], expected[answer["lead_id"]]
    if not math.isclose(score["raw_score"], chance, rel_tol=0, abs_tol=TOLERANCE):
        return f"XGBoost says {chance}"
    bucket = min(max(round(4 * score["raw_score"] + 1), 1), 5)
    if (score["bucket"], score["tier"]) != (bucket, TIERS[bucket]):
        return f"the bucket is {bucket}"
    return None


def call(port, method, path, body=None, key=None, timeout=30):
    """Status and body, read as JSON where it says so."""
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        json_given = (response.headers.get("Content-Type") or "").startswith("application/json")
        return response.status, json.loads(content) if json_given else content.decode()
    finally:
        connection.close()
