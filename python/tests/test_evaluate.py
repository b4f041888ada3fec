"""Pipelines measured on leads whose outcome is known."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import leadscore
from leadscore import LeadscoreError, Pipeline, evaluate

from .conftest import ROOT, shared_data

LEADS = ROOT / "examples" / "past_leads.csv"
LOG = ROOT / "examples" / "activities.csv"
AS_OF = "2026-11-20T12:00:00Z"


def measured(leads: Any = LEADS, **options: Any) -> leadscore.Evaluation:
    given = {"target": "won", "activities": LOG, "as_of": AS_OF, "draws": 50}
    return evaluate(leads, Pipeline.builtin("conversion"), **{**given, **options})


def test_a_file_is_measured() -> None:
    found = measured(segments=["source"], top=["10 %", 12])
    assert (found.leads, found.won, found.won_values, found.lost_values) == (60, 37, ("yes",), ("no",))
    own = found.pipelines[0]
    assert found.measures is own.measures
    assert own.measures.auc.low is not None
    assert own.measures.auc.high is not None
    assert own.measures.auc.low < own.measures.auc.value < own.measures.auc.high
    assert float(own.measures.auc) == own.measures.auc.value
    assert own.measures.log_loss is not None
    assert own.without_probability is None
    assert [(top.top, top.leads) for top in own.top] == [("10 %", 6), ("12", 12)]
    assert sum(tier.leads for tier in own.tiers) == 60
    assert sum(step.won + step.lost for step in own.histogram) == 60
    assert own.roc[0] == (0.0, 0.0)
    assert own.roc[-1] == (1.0, 1.0)
    assert {group.value for group in own.segments[0].groups} >= {None, "referral"}
    assert own.features[0].mean_points >= own.features[1].mean_points > 0
    assert len(own.dependence) == 6
    assert own.pipeline.basis == "rules"
    assert own.difference is None


def test_pipelines_are_compared_with_the_first(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    pipelines = [Pipeline.builtin(name) for name in ("conversion", "priority")]
    found = evaluate(LEADS, pipelines, target="won", activities=LOG, as_of=AS_OF, draws=50, report=page)
    first, second = found.pipelines
    assert second.difference is not None
    assert second.without_probability is not None
    apart = second.measures.auc.value - first.measures.auc.value
    assert second.difference.auc.value == pytest.approx(apart, abs=1e-15)
    assert page.read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_a_frame_is_measured_like_its_file(kind: str) -> None:
    frame: Any
    if kind == "pandas":
        frame = pd.read_csv(LEADS)
    elif kind == "polars":
        frame = pl.read_csv(LEADS)
    else:
        frame = pa.Table.from_pandas(pd.read_csv(LEADS))
    found, wanted = measured(frame), measured()
    assert found.source == "frame.csv"
    assert found.pipelines == wanted.pipelines


def test_values_that_mean_won_may_be_given() -> None:
    frame = pd.DataFrame({"company": ["A", None, "B", None], "stage": [3, 1, 3, 2]})
    pipeline = Pipeline.builtin("conversion")
    options: dict[str, Any] = {"target": "stage", "as_of": AS_OF, "allow_worthless": True}
    found = evaluate(frame, pipeline, positive=3, **options)
    assert (found.won, found.won_values, found.lost_values) == (2, ("3",), ("1", "2"))
    assert any("won is `3` (2 rows" in note for note in found.notes)
    with pytest.raises(LeadscoreError, match="which of its values means won is not known") as refused:
        evaluate(frame, pipeline, **options)
    assert (refused.value.code, refused.value.path) == ("invalid_context", "positive")


def test_mistakes_are_told() -> None:
    pipeline: Any = Pipeline.builtin("conversion")
    for own, path in [([], "pipeline"), ([pipeline, "heat"], "pipeline[1]")]:
        with pytest.raises(LeadscoreError) as refused:
            evaluate(LEADS, own, target="won")
        assert (refused.value.code, refused.value.path) == ("invalid_context", path)
    with pytest.raises(LeadscoreError) as refused:
        evaluate({"company": "A"}, pipeline, target="won")
    assert refused.value.code == "invalid_lead"
    with pytest.raises(LeadscoreError) as refused:
        measured(target="company")
    assert refused.value.code in ("invalid_context", "worthless_result")
    with pytest.raises(LeadscoreError) as refused:
        measured(target="phone")
    assert refused.value.code == "worthless_result"


@pytest.mark.third_party
def test_measures_are_those_of_scikit_learn(tmp_path: Path) -> None:
    from sklearn import metrics

    text = gzip.decompress((shared_data() / "x_education" / "Leads.csv.gz").read_bytes()).decode("utf-8-sig")
    leads = tmp_path / "leads.csv"
    leads.write_text(text, encoding="utf-8", newline="")
    rows = list(csv.DictReader(text.splitlines()))
    examples = ROOT / "examples"
    rules = Pipeline.load(examples / "x_education.json")
    model = Pipeline.import_model(
        examples / "x_education.ubj", schema=(examples / "x_education.json").read_text(), id="xgb"
    )
    options: dict[str, Any] = {"as_of": AS_OF, "map": examples / "x_education.map.json"}
    found = evaluate(leads, [rules, model], target="Converted", draws=20, segments=["Lead Origin"], **options)
    won = np.array([int(row["Converted"]) for row in rows])
    for pipeline, own in zip([rules, model], found.pipelines, strict=True):
        out = tmp_path / f"{pipeline.id}.csv"
        pipeline.score_file(leads, out, **options)
        with out.open(encoding="utf-8", newline="") as file:
            scores = np.array([float(row["score"]) for row in csv.DictReader(file)])
        chance = scores / 100
        measures = own.measures
        assert measures.log_loss is not None
        assert measures.brier is not None
        false, true, _ = metrics.roc_curve(won, scores, drop_intermediate=False)
        for value, wanted in [
            (measures.auc, metrics.roc_auc_score(won, scores)),
            (measures.average_precision, metrics.average_precision_score(won, scores)),
            (measures.ks, float(np.max(true - false))),
            (measures.log_loss, metrics.log_loss(won, np.clip(chance, 1e-15, 1 - 1e-15))),
            (measures.brier, metrics.brier_score_loss(won, chance)),
        ]:
            assert value.value == pytest.approx(wanted, abs=1e-12)
        # Each point of the curve that is drawn is one of scikit-learn's.
        points = {(round(x, 9), round(y, 9)) for x, y in zip(false, true, strict=True)}
        assert len(own.roc) <= 200
        assert all((round(x, 9), round(y, 9)) in points for x, y in own.roc)
        origins = np.array([row["Lead Origin"] for row in rows])
        for group in own.segments[0].groups:
            members = origins == group.value
            assert (group.leads, group.won) == (members.sum(), won[members].sum())
            if group.auc is not None:
                assert group.auc.value == pytest.approx(
                    metrics.roc_auc_score(won[members], scores[members]), abs=1e-12
                )
