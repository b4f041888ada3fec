"""Scores of included pipelines, worked out by hand from their rules: what the cases of all languages expect."""

from __future__ import annotations

import json
import math

import pytest

from .conftest import FIXTURES

CASES = json.loads((FIXTURES / "conformance" / "builtins.json").read_text(encoding="utf-8"))["cases"]
BASE = -1.73
# Known company, title and telephone number; a company address, a vice president, a company of middle size.
PROFILE = 0.2 + 0.2 + 0.1 + 0.25 + 0.4 + 0.15
DAYS_SINCE_CREATED = 52 + 9.5 / 24


def score_of(log_odds: float) -> float:
    return 100 / (1 + math.exp(-log_odds))


def half_life(days: float) -> float:
    return float(0.5 ** (days / 7))


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ("conversion: empty", score_of(BASE)),
        # 7 opens and 3 clicks of 12 e-mails; the last activity was a day ago.
        (
            "conversion: flat",
            score_of(BASE + PROFILE + 7 * 0.05 + 3 * 0.12 + 0.4 * half_life(1) + 0.2 + 0.25),
        ),
        # An open, a click, a view, a form, a meeting and a call on five channels, three of them in the last day. The
        # second meeting is a millisecond too late, an open has the same id twice, and the stated counts give way.
        (
            "conversion: kitchen sink",
            score_of(BASE + PROFILE + 0.05 + 0.12 + 0.03 + 0.2 + 0.3 + 0.15 + 0.2 + 0.4 + 0.25),
        ),
        ("conversion-compat: empty", 100 * 0.15),
        # Company and title known, a company address, C-level, a name of eight characters.
        ("conversion-compat: unicode", 100 * (0.15 + 0.08 + 0.08 + 0.10 + 0.15 + 0.03)),
        # 1.0859 before the limits.
        (
            "conversion-compat: flat",
            100 * min(0.99, 0.15 + 0.20 + 0.10 + 0.12 + 0.05 + 0.25 + 0.15 * half_life(1) + 0.18),
        ),
        # A lead score of 62.5, active a day ago, 22 activities, 58 % opened.
        ("priority: flat", 62.5 / 2 + 20 + 15 + 15),
        # Three clicks; recency 91 of 100; engagement 28 of 100, 27.5 before it is rounded.
        ("lead-score: flat", (10 + 10 + 5) + 3 * 10 + round(0.2 * 91) + round(0.15 * 28)),
        # A day ago, 25 pages, high interest, the website, 7 minutes, a demo asked for; of 10.5 points.
        (
            "heat-rules: heat",
            100 / 10.5 * (3 * 29 / 30 + 3 * 25 / 50 + 2 + 1 + 0.5 * 420 / 1200 + 1),
        ),
        # Fit 80 (SaaS, 1,250 people, senior, Germany), intent 55 (demo, ASAP), budget 78 (and its size), urgency 80.
        ("qualify: flat", math.floor(0.35 * 80 + 0.30 * 55 + 0.20 * 78 + 0.15 * 80)),
        # Intent cold, all three contact details, captured 52 days and nine and a half hours ago.
        ("capture: flat", 10 + 10 + 10 + 5 + 15 * half_life(DAYS_SINCE_CREATED)),
    ],
)
def test_the_expected_scores_are_those_of_the_rules(case: str, wanted: float) -> None:
    expected = next(own["expected"] for own in CASES if own["name"] == case)
    assert math.isclose(json.loads(expected)["score"], wanted, rel_tol=1e-12)
