"""Frames in and out."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore import LeadscoreError, Pipeline

from .conftest import AS_OF

# What frames say of unusable values is in test_frame_reading.py.
pytestmark = pytest.mark.filterwarnings("ignore::leadscore.LeadscoreWarning")

NAMES = Pipeline.builtin_names()
PIPELINES = {name: Pipeline.builtin(name) for name in NAMES}

TEXTS = st.sampled_from(
    [
        "",
        "  ",
        "yes",
        "No",
        "1",
        "7.5",
        "VP Sales",
        "Acme GmbH",
        "ann@corp.example",
        "high",
        "ＣＥＯ",
        "2026-11-01",
    ]
)
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 0.5, -3.0, 1e300, 250.0]),
    st.floats(allow_nan=True, allow_infinity=True),
)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1))

COLUMNS = {
    pl.String: TEXTS,
    pl.Categorical: TEXTS,
    pl.Float64: NUMBERS,
    pl.Float32: st.floats(width=32),
    pl.Int64: st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 50),
    pl.UInt8: st.integers(0, 255),
    pl.Boolean: st.booleans(),
    pl.Datetime("us"): TIMES,
    pl.Datetime("ms", "Europe/Berlin"): TIMES.map(
        lambda time: time.replace(microsecond=0, tzinfo=timezone.utc).astimezone(ZoneInfo("Europe/Berlin"))
    ),
    pl.Date: TIMES.map(datetime.date),
}


@st.composite
def frames(draw: Any) -> tuple[str, pl.DataFrame]:
    """A pipeline, and a frame with some of the attributes it reads, each in some type."""
    name = draw(st.sampled_from(NAMES))
    rows = draw(st.integers(0, 12))
    attributes = PIPELINES[name].attributes
    chosen = draw(st.lists(st.sampled_from(attributes), min_size=1, max_size=12, unique=True))
    columns: dict[str, pl.Series] = {"other": pl.Series([[1]] * rows, dtype=pl.List(pl.Int64))}
    for attribute in chosen:
        kind = draw(st.sampled_from(list(COLUMNS)))
        values = draw(st.lists(st.none() | COLUMNS[kind], min_size=rows, max_size=rows))
        columns[attribute] = pl.Series(values, dtype=kind, strict=False)
    return name, pl.DataFrame(columns)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(frames(), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_a_frame_is_scored_as_its_records(drawn: tuple[str, pl.DataFrame], zone: str) -> None:
    name, df = drawn
    pipeline = PIPELINES[name]
    records = df.drop("other").to_dicts()
    wanted = pipeline.score_many(records, as_of=AS_OF, zone=zone, reasons=2, brief=True)
    kept = df.drop("other")
    for frame in (df, kept.to_arrow(), pl.concat([df[:1], df[1:]], rechunk=False)):
        for explain in (0, 2):
            scores = pipeline.score_frame(
                frame, as_of=AS_OF, zone=zone, reasons=explain, allow_worthless=True
            )
            found = pl.DataFrame(scores)
            assert found["score"].to_list() == [item.score for item in wanted]
            assert found["probability"].to_list() == [item.probability for item in wanted]
            assert found["tier"].to_list() == [item.tier for item in wanted]
            assert found["action"].to_list() == [item.action for item in wanted]
        for place in (0, 1):
            reasons = [item.reasons[place] if len(item.reasons) > place else None for item in wanted]
            assert found[f"reason_{place + 1}"].to_list() == [one and one.text for one in reasons]
            assert found[f"points_{place + 1}"].to_list() == [one and one.points for one in reasons]
    matrix = pipeline.feature_matrix(records, as_of=AS_OF, zone=zone)
    assert_features(
        pipeline, pipeline.features_frame(df, as_of=AS_OF, zone=zone, allow_worthless=True), matrix
    )


def assert_features(pipeline: Pipeline, found: pl.DataFrame, matrix: Any) -> None:
    assert found.columns == [column.name for column in pipeline.columns]
    for place, column in enumerate(pipeline.columns):
        values = [None if math.isnan(value) else value for value in matrix[:, place].tolist()]
        if column.type == "flag":
            values = [None if value is None else value == 1 for value in values]
        elif column.type == "category":
            values = [None if value is None else column.levels[int(value)] for value in values]
        assert found[column.name].to_list() == values


LEADS = pl.DataFrame(
    {
        "lead_id": [7, 8, 9, 7],
        "company": ["Acme", None, "Beta", "Acme"],
        "title": ["VP Sales", "Student", None, "VP Sales"],
        "when": ["2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z", "2026-10-01", "2026-11-01"],
    }
)
EVENTS = pl.DataFrame(
    {
        "lead_id": [7, 7, 8, 9, 9, 99],
        "kind": ["email_open", "meeting", "email_open", "form_submit", "form_submit", "call"],
        "at": [datetime(2026, 11, 20, 10), datetime(2026, 10, 30), *[datetime(2026, 11, 21, 8)] * 4],
        "id": ["a", "b", "c", "d", "d", "e"],
        "page": ["/pricing", None, None, "/demo", "/demo", None],
        "seconds": [1.5, None, float("nan"), 2.0, 2.0, None],
        "payload": [[1]] * 6,
    }
)


def record(row: dict[str, Any]) -> dict[str, Any]:
    events = []
    for event in EVENTS.drop("payload").to_dicts():
        if event.pop("lead_id") == row["lead_id"]:
            own = {key: event.pop(key) for key in ("kind", "at", "id")}
            events.append({**own, "properties": event})
    return {
        "id": row["lead_id"],
        "attributes": {"company": row["company"], "title": row["title"]},
        "activities": events,
    }


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow", "text ids", "float ids"])
def test_activities_are_those_of_the_records(kind: str, zone: str) -> None:
    pipeline = PIPELINES["conversion"]
    wanted = [pipeline.score(record(row), as_of=row["when"], zone=zone) for row in LEADS.to_dicts()]
    leads, events = LEADS, EVENTS
    if kind == "text ids":
        leads = LEADS.with_columns(pl.col("lead_id").cast(pl.String))
        events = EVENTS.with_columns(pl.col("lead_id").cast(pl.String).cast(pl.Categorical))
    if kind == "float ids":
        events = EVENTS.with_columns(pl.col("lead_id").cast(pl.Float64))
    convert = {"pandas": lambda df: df.to_pandas(), "pyarrow": lambda df: df.to_arrow()}.get(
        kind, lambda df: df
    )
    leads, events = convert(leads), convert(events)
    for explain in (0, 1):
        found = pipeline.score_frame(
            leads, activities=events, on="lead_id", as_of="when", zone=zone, reasons=explain, threads=2
        )
        assert type(found) is type(leads)
        assert np.array_equal(np.asarray(found["score"]), [item.score for item in wanted])
    assert len({item.score for item in wanted}) > 2
    features = pipeline.features_frame(leads, activities=events, as_of="when", zone=zone)
    single = pipeline.features(record(LEADS.row(0, named=True)), as_of=AS_OF, zone=zone)
    assert pl.DataFrame(features).row(0, named=True) == {
        name: value for name, value in single.items() if name in {column.name for column in pipeline.columns}
    }


def test_the_moment_may_be_a_column_of_any_time() -> None:
    pipeline = PIPELINES["conversion"]
    moments = [
        datetime(2026, 11, 22, 9, 30),
        datetime(2026, 11, 1),
        datetime(2026, 10, 1),
        datetime(2026, 9, 1),
    ]
    df = LEADS.with_columns(created_at=pl.lit("2026-10-15"), when=pl.Series(moments))
    base = pipeline.score_frame(df, as_of="when")["score"].to_list()
    assert len(set(base)) > 1
    millis = df.with_columns(when=pl.col("when").dt.timestamp("ms"))
    assert pipeline.score_frame(millis, as_of="when")["score"].to_list() == base
    zoned = df.with_columns(when=pl.col("when").dt.replace_time_zone("UTC"))
    assert pipeline.score_frame(zoned, as_of="when", zone="Asia/Tokyo")["score"].to_list() == base
    for bad in ([None] * 4, ["soon"] * 4, [1.5] * 4, [True] * 4):
        with pytest.raises(LeadscoreError) as caught:
            pipeline.score_frame(df.with_columns(when=pl.Series(bad)), as_of="when")
        assert (caught.value.code, caught.value.path) == ("invalid_context", "leads[0].when")


def test_categories_missing_values_and_the_index_of_pandas() -> None:
    pipeline = PIPELINES["conversion"]
    df = pd.DataFrame(
        {
            "title": pd.Categorical(["VP", None, "Student"]),
            "company": ["Acme", np.nan, None],
            "lead_score": pd.array([50, None, 7], dtype="Int64"),
            "mixed": [1, "a", object()],
            3: [1, 2, 3],
        },
        index=["x", "y", "z"],
    )
    found = pipeline.score_frame(df, as_of=AS_OF)
    assert list(found.index) == ["x", "y", "z"]
    records = [
        {"title": "VP", "company": "Acme", "lead_score": 50},
        {},
        {"title": "Student", "lead_score": 7},
    ]
    assert list(found["score"]) == [item.score for item in pipeline.score_many(records, as_of=AS_OF)]
    assert list(found["tier"].cat.categories) == [tier.tier for tier in pipeline.tiers]
    nothing = pipeline.score_frame(
        df[["mixed"]].drop(columns="mixed").assign(other=1), as_of=AS_OF, allow_worthless=True
    )
    assert list(nothing["score"]) == [pipeline.score({}, as_of=AS_OF).score] * 3
    rules = PIPELINES["qualify"].score_frame(df[["title"]], as_of=AS_OF, allow_worthless=True)
    assert rules["probability"].isna().all()


def test_empty_frames_and_many_batches() -> None:
    pipeline = PIPELINES["b2b"]
    empty = pl.DataFrame({"company_revenue": pl.Series([], dtype=pl.Float64)})
    assert pipeline.score_frame(empty).shape == (0, 4)
    assert pipeline.features_frame(empty).shape == (0, 50)
    assert pipeline.score_frame(empty.to_arrow()).num_rows == 0
    assert len(pipeline.score_frame(empty.to_pandas())) == 0
    values = np.random.default_rng(3).normal(size=10_000)
    table = pa.table({"company_revenue": pa.chunked_array([values[:7], values[7:3000], values[3000:]])})
    whole = pl.DataFrame({"company_revenue": values})
    wanted = pipeline.score_frame(whole, as_of=AS_OF, allow_worthless=True)["score"].to_list()
    for threads in (1, 2, 5):
        found = pipeline.score_frame(table, as_of=AS_OF, threads=threads, allow_worthless=True)
        assert found["score"].to_pylist() == wanted


def test_the_frame_path_is_the_matrix_path() -> None:
    pipeline = PIPELINES["b2b"]
    rng = np.random.default_rng(5)
    matrix = np.where(rng.random((5000, 50)) < 0.1, np.nan, np.floor(rng.random((5000, 50)) * 2))
    df = pl.DataFrame({name: matrix[:, at] for at, name in enumerate(pipeline.attributes)})
    features = pipeline.feature_matrix(df.fill_nan(None).to_dicts(), as_of=AS_OF)
    assert np.array_equal(
        pipeline.score_frame(df, as_of=AS_OF)["score"], pipeline.score_matrix(features).score
    )


def test_strict_refuses_and_names_the_first_row() -> None:
    pipeline = PIPELINES["b2b"]
    good = {name: [1.0] * 9000 for name in pipeline.attributes}
    assert pipeline.score_frame(pl.DataFrame(good), as_of=AS_OF, strict=True).height == 9000
    for row in (0, 3000, 8999):
        bad = dict(good)
        for at in range(row, 9000, 500):
            bad["company_revenue"] = [*bad["company_revenue"][:at], -5.0, *bad["company_revenue"][at + 1 :]]
        for threads in (1, 4):
            with pytest.raises(LeadscoreError) as caught:
                pipeline.score_frame(pl.DataFrame(bad), as_of=AS_OF, strict=True, threads=threads)
            path = f"leads[{row}].attributes.company_revenue"
            assert (caught.value.code, caught.value.path) == ("invalid_feature", path)


def test_bad_frames() -> None:
    pipeline = PIPELINES["conversion"]

    def refused(leads: Any, **options: Any) -> tuple[str, str]:
        with pytest.raises(LeadscoreError) as caught:
            pipeline.score_frame(leads, **options)
        return caught.value.code, caught.value.path

    for leads in (None, 7, "text", [{}], {"a": [1]}, LEADS.lazy(), np.zeros((2, 2))):
        assert refused(leads) == ("invalid_lead", "leads")
    assert refused(pl.DataFrame({"company": [["a"]]})) == ("invalid_lead", "company")
    assert refused(pl.DataFrame({"company": [b"a"]})) == ("invalid_lead", "company")
    assert refused(pl.DataFrame({"created_at": [timedelta(1)]})) == ("invalid_lead", "created_at")
    twice = pa.table([pa.array(["a"]), pa.array(["b"])], names=["company", "company"])
    assert refused(twice) == ("invalid_lead", "leads")
    assert refused(LEADS, reasons=-1)[1] == "reasons"
    assert refused(LEADS, reasons="all")[1] == "reasons"
    assert refused(LEADS, threads="all")[1] == "threads"
    assert refused(LEADS, as_of="soon")[1] == "as_of"
    assert refused(LEADS, activities=7) == ("invalid_lead", "activities")
    assert refused(LEADS, activities=EVENTS.drop("kind")) == ("invalid_lead", "activities")
    assert refused(LEADS, activities=EVENTS, on="nothing") == ("invalid_lead", "activities")
    assert refused(LEADS, activities=EVENTS.rename({"lead_id": "who"}), on="who") == ("invalid_lead", "leads")
    assert refused(LEADS.with_columns(lead_id=None), activities=EVENTS) == ("invalid_lead", "leads[0]")
    for column, value in (("kind", None), ("at", None), ("at", "soon"), ("lead_id", None)):
        bad = EVENTS.with_columns(pl.lit(value).alias(column))
        assert refused(LEADS, activities=bad) == ("invalid_lead", f"activities[0].{column}")
    huge = pa.table({"created_at": pa.array([2**62], type=pa.timestamp("s"))})
    assert refused(huge) == ("invalid_lead", "leads[0].created_at")


def test_dates_of_every_unit() -> None:
    pipeline = PIPELINES["conversion"]
    day = date(2026, 11, 1)
    wanted = pipeline.score({"created_at": day}, as_of=AS_OF).score
    times = [
        pa.array([day], type=pa.date32()),
        pa.array([day], type=pa.date64()),
        *[pa.array([datetime(2026, 11, 1)], type=pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")],
        pa.array([datetime(2026, 11, 1)], type=pa.timestamp("us", "UTC")),
        pa.array(["2026-11-01"], type=pa.large_string()),
        pa.array(["2026-11-01"], type=pa.string_view()),
        pa.array(["2026-11-01"]).dictionary_encode(),
        pa.array([day], type=pa.date32()).dictionary_encode(),
    ]
    for array in times:
        found = pipeline.score_frame(pa.table({"created_at": array}), as_of=AS_OF)
        assert found["score"].to_pylist() == [wanted], array.type
    decimals = pa.table({"lead_score": pa.array([7], type=pa.decimal128(10, 2))})
    seven = pipeline.score({"lead_score": 7}, as_of=AS_OF).score
    found = pipeline.score_frame(decimals, as_of=AS_OF, allow_worthless=True)
    assert found["score"].to_pylist() == [seven]
