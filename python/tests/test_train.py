"""Pipelines learned from past leads."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import leadscore
from leadscore import LeadscoreError, LeadscoreWarning, Pipeline, train

from .conftest import ROOT

AS_OF = "2026-11-22"


def past_leads(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """Made-up leads: more visits, a fair and a meeting are better."""
    rng = np.random.default_rng(seed)
    visits = rng.integers(0, 20, rows)
    source = rng.choice(["Ads", "Fair", "Web"], rows)
    met = rng.random(rows) < 0.3
    margin = 0.15 * (visits - 10) + np.where(source == "Fair", 1.0, -0.5) + met
    days = pd.Timestamp("2026-10-01") + pd.to_timedelta(rng.integers(0, 30, rows), unit="D")
    return pd.DataFrame(
        {
            "Visits": np.where(rng.random(rows) < 0.05, np.nan, visits),
            "Source": source,
            "Met": met,
            "First contact": days,
            "Outcome": np.where(rng.random(rows) < 1 / (1 + np.exp(-margin)), "Won", "Lost"),
        }
    )


def learned(leads: Any, **options: Any) -> leadscore.Trained:
    return train(leads, **{"target": "Outcome", "as_of": AS_OF, "rounds": 40, **options})


def test_a_file_becomes_a_pipeline_with_a_report(tmp_path: Path) -> None:
    past, own = tmp_path / "past.csv", tmp_path / "own.json"
    leads = past_leads()
    leads.to_csv(past, index=False)
    told: list[tuple[int, int, int, float]] = []
    found = learned(past, output=own, progress=lambda *step: told.append(step))
    report = found.report
    assert (report.leads, report.won) == (400, int((leads["Outcome"] == "Won").sum()))
    assert report.pipeline == found.pipeline.id == "own"
    assert report.content_hash == found.pipeline.content_hash == Pipeline.load(own).content_hash
    auc = report.out_of_fold.auc
    assert auc.low is not None
    assert auc.high is not None
    assert 0.6 < auc.low < auc.value < auc.high < 0.9
    assert 0.4 < report.out_of_fold.log_loss < 0.68
    assert report.out_of_fold.lift_10 > 1.3
    assert report.columns == {
        "visits": "Visits",
        "source": "Source",
        "met": "Met",
        "first_contact": "First contact",
    }
    assert report.left_out == {"Outcome": "the target"}
    assert sum(fold.leads for fold in report.folds) == sum(tier.leads for tier in report.tiers) == 400
    assert report.tiers[0].tier == "HOT"
    assert report.calibration in report.log_losses
    assert told[0][:3] == (1, 5, 1)
    assert {step[0] for step in told} == {1, 2, 3, 4, 5}
    assert repr(found).startswith("<leadscore.Trained 'own': ")
    assert "of 400 leads won" in repr(found)
    assert str(found).startswith("own: learned from 400 leads")
    assert "Outcome: the target" in str(found)
    assert pickle.loads(pickle.dumps(found)) == found
    lead = {"Visits": 19, "Source": "Fair", "Met": True, "First contact": "2026-10-03"}
    prediction = found.pipeline.score(lead, as_of=AS_OF)
    assert prediction.probability is not None
    assert prediction.probability > 0.8
    assert prediction.reasons


def test_frames_give_what_the_file_gives(tmp_path: Path) -> None:
    past = tmp_path / "past.csv"
    leads = past_leads()
    leads.to_csv(past, index=False)
    wanted = learned(past).pipeline.content_hash
    typed = leads.astype({"Source": "category", "Met": "boolean", "Outcome": "string"})
    for frame in (leads, typed, pl.from_pandas(leads), pa.Table.from_pandas(leads)):
        assert learned(frame).pipeline.content_hash == wanted


def test_options_are_those_of_the_command(tmp_path: Path) -> None:
    past = tmp_path / "past.csv"
    past_leads().to_csv(past, index=False)
    own = tmp_path / "own.json"
    options = {"drop": "Met", "monotone": {"visits": "rising"}, "capture": [0.4, 0.7], "seed": 3}
    found = learned(past, calibration="beta", folds=3, pipeline_id="mine", name="Mine", **options)
    args = [
        "leadscore",
        "train",
        str(past),
        "-t",
        "Outcome",
        "-o",
        str(own),
        "--as-of",
        AS_OF,
        "--drop",
        "Met",
    ]
    args += ["--monotone", "visits=rising", "--capture", "0.4,0.7", "--seed", "3", "--calibration", "beta"]
    args += ["--folds", "3", "--rounds", "40", "--pipeline-id", "mine", "--name", "Mine"]
    assert leadscore._native.run_command(args) == 0
    assert Pipeline.load(own).content_hash == found.pipeline.content_hash
    assert len(found.report.folds) == 3
    assert found.pipeline.name == "Mine"
    # Values that mean missing are as if they were not there.
    leads = past_leads()
    odd = leads.fillna({"Visits": 999.0})
    assert learned(odd, missing={"Visits": 999}).report.out_of_fold == learned(leads).report.out_of_fold


def test_a_log_is_learned_from_as_of_moments_of_lives() -> None:
    leads, log = ROOT / "examples" / "past_leads.csv", ROOT / "examples" / "activities.csv"
    options: dict[str, Any] = {
        "id": "lead_id",
        "as_of": "2026-11-20",
        "rounds": 5,
        "drop": ["won", "email", "name"],
    }
    lives = {"horizon": 30, "every": 10, "start": "created_at", "won_by": "meeting"}
    found = train(leads, activities=log, **lives, **options)
    report = found.report
    assert report.moments is not None
    assert (report.moments.horizon_days, report.moments.every_days) == (30, 10)
    assert report.moments.leads <= 60 < report.leads
    assert report.without_outcome is None
    assert "moments of" in str(found)
    assert found.pipeline.reads_activities
    same = train(pl.read_csv(leads), activities=pl.read_csv(log), **lives, **options)
    assert same.pipeline.content_hash == found.pipeline.content_hash
    with pytest.raises(LeadscoreError) as refused:
        train(leads, activities=42, **lives, **options)
    assert refused.value.path == "activities"


def test_leads_of_their_own_stop_it() -> None:
    leads, later = past_leads(), past_leads(300, 2)
    report = learned(leads, valid=later, drop="Met").report
    assert (report.leads, sum(tier.leads for tier in report.tiers)) == (400, 300)
    assert all(fold.leads == 300 for fold in report.folds)
    assert report.out_of_fold != learned(leads, drop="Met").report.out_of_fold
    with pytest.raises(LeadscoreError) as refused:
        learned(leads, valid=later.drop(columns="Outcome"))
    assert refused.value.path == "valid.target"
    with pytest.raises(LeadscoreError) as refused:
        learned(leads, valid=later[later["Outcome"] == "Won"])
    assert refused.value.path.startswith("valid")


def test_what_nobody_should_miss_is_a_warning() -> None:
    leads = past_leads()
    leads["Verdict"] = np.where(leads["Outcome"] == "Won", 200.0, 100.0) + np.arange(400) % 90
    with pytest.warns(LeadscoreWarning, match="`Verdict` looks like the answer"):
        found = learned(leads)
    assert found.report.leaks[0].columns == ("Verdict",)
    assert found.warnings
    assert "Verdict: " in str(found)
    leads = past_leads()
    leads["Outcome"] = np.random.default_rng(6).permutation(leads["Outcome"])
    with pytest.warns(LeadscoreWarning, match="cannot be told from chance"):
        learned(leads)


def test_what_cannot_be_learned_from_says_why() -> None:
    leads = past_leads(100)
    for options, code, path in [
        ({"target": "Outcom"}, "invalid_context", "target"),
        ({"target": None}, "invalid_context", "target"),
        ({"won_by": "meeting"}, "invalid_context", "won_by"),
        ({"target": "Source"}, "invalid_context", "positive"),
        ({"drop": ["Visit"]}, "invalid_context", "drop"),
        ({"folds": 1}, "invalid_context", "folds"),
        ({"rounds": 0}, "invalid_context", "rounds"),
        ({"rounds": "many"}, "invalid_context", "options"),
        ({"calibration": "plat"}, "invalid_context", "calibration"),
        ({"monotone": {"visits": "up"}}, "invalid_context", "monotone"),
        ({"monotone": {"visit": "rising"}}, "unknown_name", "monotone"),
        ({"capture": [0.8, 0.5]}, "invalid_context", "tiers"),
        ({"capture": [0.5], "precision": [0.5]}, "invalid_context", "precision"),
    ]:
        with pytest.raises(LeadscoreError) as refused:
            learned(leads, **options)
        assert (refused.value.code, refused.value.path) == (code, path), options
    with pytest.raises(LeadscoreError) as refused:
        learned(leads[leads["Outcome"] == "Won"])
    assert refused.value.code in ("invalid_context", "invalid_matrix")
    with pytest.raises(LeadscoreError) as refused:
        learned(leads[["Outcome"]])
    assert refused.value.path == "leads"
    with pytest.raises(LeadscoreError, match="wants a frame"):
        learned(42)
    with pytest.raises(FileNotFoundError):
        learned("none.csv")


def test_what_progress_raises_ends_the_work() -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learned(past_leads(), progress=stop)


def test_rows_of_a_matrix_are_checked() -> None:
    feature = {"name": "a", "type": "number", "source": {"from": "attribute"}}
    schema = json.dumps({"features": [feature]})

    def refused(labels: list[float], **more: Any) -> str:
        rows: Any = {"values": np.ones((2, 1)), "labels": np.array(labels), "weights": None, **more}
        with pytest.raises(LeadscoreError) as error:
            leadscore._native.train_matrix(schema, rows, "{}", AS_OF, "UTC")
        return error.value.path

    assert refused([1.0]) == "labels"
    assert refused([1.0, np.nan]) == "labels[1]"
    assert refused([1.0, 0.0]) == "labels"
    assert refused([1.0, 0.0], weights=np.array([1.0, -1.0])) == "weights[1]"
    assert refused([1.0, 0.0], values=np.array([[1.0], [np.inf]])) == "rows[1]"
    assert refused([1.0, 0.0], values=np.ones((2, 2))) == ""


def test_rows_count_by_a_column() -> None:
    leads = past_leads()
    won = leads["Outcome"] == "Won"
    plain = learned(leads).report
    found = learned(leads.assign(weight=np.where(won, 1.0, 4.0)), weight="weight")
    total = int(won.sum()) + 4.0 * int((~won).sum())
    assert plain.weights is None
    assert found.report.weights == leadscore.RowWeights("weight", 0, total, won.sum() / total)
    assert (found.report.leads, found.report.won) == (400, won.sum())
    assert found.report.columns == plain.columns
    # What weighs nothing is not there.
    halved = leads.assign(weight=np.where(np.arange(400) % 2 == 0, 0, 1))
    found = learned(halved, weight="weight")
    assert found.report.weights == leadscore.RowWeights("weight", 200, 200.0, won[1::2].mean())
    assert found.pipeline.to_json() == learned(leads[1::2]).pipeline.to_json()
    with pytest.raises(LeadscoreError, match=r"row 3: wants a number from 0 up, found `-1\.0`") as raised:
        learned(leads.assign(weight=np.where(np.arange(400) == 2, -1.0, 1.0)), weight="weight")
    assert (raised.value.code, raised.value.path) == ("invalid_context", "weight")


def test_records_of_json_give_what_a_table_gives_also_by_other_names(tmp_path: Path) -> None:
    leads = past_leads().assign(**{"First contact": lambda own: own["First contact"].dt.strftime("%Y-%m-%d")})
    table, records, mapping = tmp_path / "past.csv", tmp_path / "past.jsonl", tmp_path / "map.json"
    leads.to_csv(table, index=False)
    leads.to_json(records, orient="records", lines=True)
    found = learned(table)
    assert learned(records).pipeline.to_json() == found.pipeline.to_json()
    mapping.write_text('{"format": 1, "attributes": {"page views": "Visits"}}')
    named = learned(records, map=mapping)
    renamed = learned(leads.rename(columns={"Visits": "page views"}))
    assert named.pipeline.to_json() == renamed.pipeline.to_json()
    assert named.report.columns["page_views"] == "Visits"
