"""Leads drawn from the ranges of the built-in schema `b2b`: a server that checks them takes every one."""

import json
from pathlib import Path

import numpy as np

SCHEMA = Path(__file__).resolve().parents[2] / "crates/leadscore/src/builtin/schema-b2b.json"
# Where the schema leaves the upper end open: the middle of the values, by unit.
MIDDLE = {"USD": 3e6, "years": 8, "seconds": 180, "days": 25, "share": 0.3}
MIDDLE_COUNT = 6


def features():
    """The features of the schema, in its order."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))["features"]


def columns(count, seed):
    """`count` values of every feature, by name; whole numbers and flags are integers."""
    random = np.random.default_rng(seed)
    table = {feature["name"]: column(random, feature, count) for feature in features()}
    table["days_since_last_touch"] = np.minimum(table["days_since_last_touch"], table["days_since_first_touch"])
    table["page_views_30d"] = table["page_views_30d"] + table["website_visits_30d"]
    return table


def column(random, feature, count):
    if feature["type"] == "flag":
        return (random.random(count) < 0.35).astype(int)
    low, high = feature.get("range", [None, None])
    whole = feature.get("whole", False)
    if low is not None and high is not None:
        return random.integers(low, high + 1, count) if whole else np.round(random.uniform(low, high, count), 3)
    middle = MIDDLE.get(feature.get("unit"), MIDDLE_COUNT)
    if low is None:  # a share that may be negative, such as growth
        return np.round(random.normal(middle, 0.3, count), 3)
    spread = middle * np.exp(0.8 * random.normal(size=count))
    return low + (random.poisson(spread) if whole else np.round(spread, 1))
