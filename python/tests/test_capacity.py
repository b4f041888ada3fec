"""Who is within a capacity, and tiers by rank over lists longer than what crosses at once."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadscore import Capacity, GroupStanding, LeadscoreError, Pipeline, Standing, Tie

RANKS = Pipeline.from_json(
    """{"format":1,"id":"ranks","schema":{"features":[
{"name":"visits","type":"number","source":{"from":"attribute","name":"visits"}}]},
"scorer":{"kind":"scorecard","unit":"points","base":0,"range":[0,100],
"groups":[{"code":"g","rules":[{"code":"visits","points":"visits"}]}]},"scale":{"kind":"points"},
"tiers":{"on":"rank","bounds":[{"tier":"TODAY","top":1},{"tier":"WEEK","top":"50 %"},{"tier":"LATER"}]}}"""
)
AS_OF = "2026-11-22"


def test_the_best_of_each_owner_are_in() -> None:
    ranking = Capacity("1/owner").rank(
        [60.0, 80, np.float64(60), None, math.nan], ["ana", "ben", "ana", "ana", ""]
    )
    assert ranking.leads[:3] == (Standing(1, True, True), Standing(1, True, False), Standing(2, False, True))
    assert ranking.leads[3] == ranking.leads[4] == Standing(None, False, False)
    assert ranking.groups[0] == GroupStanding("ana", 2, 1, Tie(60.0, (0,), (2,)))
    assert ranking.groups[2] == GroupStanding(None, 0, 0, None)
    assert [lead.within for lead in Capacity(2).rank(np.array([1.0, 3.0, 2.0])).leads] == [False, True, True]
    assert Capacity("40") == Capacity(40)
    assert str(Capacity("10 %")) == "10 %"


@pytest.mark.parametrize(
    ("capacity", "scores", "groups", "path"),
    [
        ("0", [], None, "capacity"),
        ("101 %", [], None, "capacity"),
        (1.5, [], None, "capacity"),
        (True, [], None, "capacity"),
        ("1", [1.0], ["ana"], "groups"),
        ("1/owner", [1.0], None, "groups"),
        ("1/owner", [1.0], [object()], "groups"),
        ("1", ["much"], None, "scores"),
        ("1", [math.inf], None, "scores"),
    ],
)
def test_mistakes_are_told(capacity: Any, scores: Any, groups: Any, path: str) -> None:
    with pytest.raises(LeadscoreError) as found:
        Capacity(capacity).rank(scores, groups)
    assert (found.value.code, found.value.path) == ("invalid_context", path)


def test_tiers_by_rank_are_those_of_the_whole_list() -> None:
    leads = [{"visits": number * 7919 % 9973 / 100} for number in range(9000)]
    scored = RANKS.score_many(leads, as_of=AS_OF, brief=True)
    assert Counter(one.tier for one in scored) == {"TODAY": 1, "WEEK": 4499, "LATER": 4500}
    tiers = np.array([one.tier for one in scored])
    matrix = RANKS.score_matrix(RANKS.feature_matrix(leads, as_of=AS_OF))
    assert (matrix.tier == tiers).all()


def test_a_lead_alone_has_no_tier_and_that_is_said() -> None:
    alone = RANKS.score({"visits": 5}, as_of=AS_OF)
    assert (alone.tier, alone.action) == (None, None)
    assert "scored alone" in alone.warnings[0]


def test_a_file_says_who_is_in(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("lead_id,visits,owner\na,5,ana\nb,5,ana\nc,1,ben\n")
    out = tmp_path / "out.csv"
    summary = RANKS.score_file(tmp_path / "leads.csv", out, as_of=AS_OF, capacity="1/owner")
    assert summary.capacity is not None
    groups = [(group.group, group.leads, group.within) for group in summary.capacity.groups]
    assert groups == [("ana", 2, 1), ("ben", 1, 1)]
    tie = summary.capacity.groups[0].tie
    assert tie is not None
    assert (tie.rows_within, tie.rows_beyond) == ((1,), (2,))
    assert "capacity_rank,within_capacity,capacity_tied" in out.read_text()
    assert RANKS.score_file(tmp_path / "leads.csv", out, as_of=AS_OF).capacity is None
