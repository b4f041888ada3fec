"""How frames are read: names, refusals, what is said of it, and one bad lead among good ones."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from leadscore import LeadscoreError, LeadscoreWarning, Pipeline

from .conftest import AS_OF

PIPELINE = Pipeline.builtin("conversion")
EVENTS = pl.DataFrame(
    {"lead_id": ["a", "b", "b"], "kind": ["meeting", "email_open", "call"], "at": ["2026-11-20"] * 3}
)
# Counts the words of a name.
NAMED = """{"format": 1, "id": "named", "scale": {"kind": "points"}, "tiers": "hot-warm-cold",
  "schema": {"features": [
    {"name": "words", "type": "number", "source": {"from": "attribute", "name": "name", "as": "word_count"}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 20, "range": [0, 100], "groups": [
    {"code": "name", "rules": [
      {"code": "words", "points": {"product": [10, "words"]}, "range": [0, 50], "text": "{words:word|words}"}]}]}}"""
KINDS = {"pandas": lambda df: df.to_pandas(), "polars": lambda df: df, "pyarrow": lambda df: df.to_arrow()}


def column(frame: Any, name: str) -> list[Any]:
    return pl.DataFrame(frame)[name].to_list()


@pytest.mark.parametrize("kind", KINDS)
def test_columns_have_the_names_that_files_may_have(kind: str) -> None:
    exact = pl.DataFrame(
        {"title": ["VP Sales", "Student"], "company": ["Acme", None], "email": ["a@x.example", None]}
    )
    loose = KINDS[kind](exact.rename({"title": "Job Title", "company": "Company Name", "email": "E-mail"}))
    wanted = column(PIPELINE.score_frame(exact, as_of=AS_OF), "score")
    with pytest.warns(LeadscoreWarning, match="`Company Name` as company") as told:
        assert column(PIPELINE.score_frame(loose, as_of=AS_OF), "score") == wanted
    assert told[0].filename == __file__
    own = KINDS[kind](exact.rename({"title": "rolle"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = PIPELINE.score_frame(own, as_of=AS_OF, columns={"title": "rolle"})
    assert column(found, "score") == wanted
    for columns in ({"nonsense": "rolle"}, {"title": "nowhere"}):
        with pytest.raises(LeadscoreError):
            PIPELINE.score_frame(own, as_of=AS_OF, columns=columns)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_and_a_last_name_make_a_name_as_in_files(kind: str, tmp_path: Path) -> None:
    pipeline = Pipeline.from_json(NAMED)
    first, last = ["Ada", "", None, " Grace Brewster "], ["Lovelace", "Turing", None, "Hopper"]
    rows = pl.DataFrame({"Surname": last, "city": ["Bath"] * 4, "First Name": first})
    with pytest.warns(LeadscoreWarning, match="reading `First Name` and `Surname` as name"):
        features = pipeline.features_frame(KINDS[kind](rows), as_of=AS_OF)
    words = [None if word is None or word != word else word for word in column(features, "words")]
    assert words == [2.0, 1.0, None, 3.0]
    with pytest.warns(LeadscoreWarning, match="as name"):
        scores = column(pipeline.score_frame(KINDS[kind](rows), as_of=AS_OF), "score")
    rows.write_csv(tmp_path / "leads.csv")
    pipeline.score_file(tmp_path / "leads.csv", tmp_path / "out.csv", as_of=AS_OF)
    assert pl.read_csv(tmp_path / "out.csv")["score"].to_list() == pytest.approx(scores)
    assert len(set(scores)) == 4
    # The column that is called so may be the id.
    named = KINDS[kind](rows.with_columns(name=pl.Series(["a", "b", "c", "d"])))
    with pytest.warns(LeadscoreWarning, match="as name"):
        found = pipeline.score_frame(named, as_of=AS_OF, on="name")
    assert column(found, "score") == scores
    # One of them is enough, and a name of its own is better than both.
    with pytest.warns(LeadscoreWarning, match="reading `Surname` as name"):
        alone = pipeline.features_frame(KINDS[kind](rows.select("Surname")), as_of=AS_OF)
    assert column(alone, "words")[0] == 1
    whole = rows.with_columns(name=pl.lit("one two three four"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(column(pipeline.features_frame(KINDS[kind](whole), as_of=AS_OF), "words")) == {4.0}


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_that_says_nothing_is_refused(kind: str) -> None:
    nothing = KINDS[kind](pl.DataFrame({"x": [1, 2], "y": ["a", "b"]}))
    for call in (PIPELINE.score_frame, PIPELINE.features_frame):
        with pytest.raises(LeadscoreError, match="nothing that `conversion` weighs") as caught:
            call(nothing, as_of=AS_OF)
        assert (caught.value.code, caught.value.path) == ("worthless_result", "leads")
    empty = KINDS[kind](pl.DataFrame({"title": [None, ""]}, schema={"title": pl.String}))
    with pytest.raises(LeadscoreError, match="no lead has a value"):
        PIPELINE.score_frame(empty, as_of=AS_OF)
    model = Pipeline.builtin("b2b")
    few = KINDS[kind](pl.DataFrame({"company_revenue": [1e6, 2e6]}))
    with pytest.raises(LeadscoreError, match="lacks 49 of the 50 columns of the model"):
        model.score_frame(few, as_of=AS_OF)
    assert len(column(model.score_frame(few, as_of=AS_OF, allow_worthless=True), "score")) == 2
    # Activities may be all there is.
    leads = KINDS[kind](pl.DataFrame({"lead_id": ["a", "b"]}))
    assert len(column(PIPELINE.score_frame(leads, activities=EVENTS, as_of=AS_OF), "score")) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_could_not_be_used_is_said(kind: str) -> None:
    heat = Pipeline.builtin("heat")
    rows = {
        "page_views": ["3", "many", "-2"],
        "recency_days": [3.0, 4.0, -1.0],
        "prior_course_interest": ["high"] * 3,
    }
    leads = KINDS[kind](pl.DataFrame(rows))
    records = pl.DataFrame(rows).to_dicts()
    wanted = heat.score_many(records, as_of=AS_OF)
    with pytest.warns(LeadscoreWarning) as told:
        found = heat.score_frame(leads, as_of=AS_OF, allow_worthless=True)
    text = str(told[0].message)
    assert "cannot read `many`" in text
    assert "(2 of 3 rows, the first is 1)" in text
    assert "-1 lies outside" in text
    assert "(1 of 3 rows, the first is 2)" in text
    assert column(found, "score") == [item.score for item in wanted]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = heat.score_frame(leads, as_of=AS_OF, report=True, allow_worthless=True)
    assert column(report, "missing") == [
        ", ".join(missing.name for missing in item.missing) or None for item in wanted
    ]
    assert column(report, "warnings") == ["; ".join(item.warnings) or None for item in wanted]


@pytest.mark.parametrize("kind", KINDS)
def test_one_bad_lead_is_its_own_error(kind: str) -> None:
    heat = Pipeline.builtin("heat")
    rows = {
        "recency_days": [3.0, -4.0, 5.0],
        "page_views": [1.0, 2.0, 3.0],
        "prior_course_interest": ["high"] * 3,
    }
    leads = KINDS[kind](pl.DataFrame(rows))
    options: dict[str, Any] = {"as_of": AS_OF, "strict": True, "allow_worthless": True}
    with pytest.raises(LeadscoreError) as caught:
        heat.score_frame(leads, **options)
    wanted = heat.score_many(pl.DataFrame(rows).to_dicts(), as_of=AS_OF, strict=True, errors="return")
    found = heat.score_frame(leads, errors="return", reasons=1, **options)
    assert column(found, "error") == [
        str(item) if isinstance(item, LeadscoreError) else None for item in wanted
    ]
    assert str(caught.value) == column(found, "error")[1]
    for name in ("score", "tier", "reason_1"):
        assert column(found, name)[1] is None or column(found, name)[1] != column(found, name)[1]
    assert [column(found, "score")[at] for at in (0, 2)] == [wanted[0].score, wanted[2].score]  # type: ignore[union-attr]


def test_cells_that_no_table_holds_are_errors_of_their_lead() -> None:
    titles = ["VP Sales", "\ud800", ["list"], 7, "Student"]
    counts = [1, 2, 3, 10**400, 5]
    df = pd.DataFrame(
        {"title": pd.Series(titles, dtype=object), "lead_score": pd.Series(counts, dtype=object)}
    )
    with pytest.raises(LeadscoreError, match="lone surrogate") as caught:
        PIPELINE.score_frame(df, as_of=AS_OF)
    assert caught.value.path == "leads[1].title"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeadscoreWarning)
        found = PIPELINE.score_frame(df, as_of=AS_OF, errors="return")
    errors = list(found["error"])
    assert errors[1].startswith("leads[1].title: the text holds a lone surrogate")
    assert errors[2].startswith("leads[2].title: wants a text")
    assert [error is None or error != error for error in errors] == [True, False, False, True, True]
    records = df.to_dict("records")
    wanted = PIPELINE.score_many(records, as_of=AS_OF, errors="return")
    for score, item in zip(found["score"], wanted, strict=True):
        assert np.isnan(score) if isinstance(item, LeadscoreError) else score == item.score
    assert [item.path for item in wanted if isinstance(item, LeadscoreError)] == [
        "leads[1].title",
        "leads[2].title",
    ]


def test_a_named_index_is_the_id_with_and_without_other_columns() -> None:
    index = pd.Index(["a", "b", "c"], name="lead_id")
    wanted = PIPELINE.score_frame(pl.DataFrame({"lead_id": ["a", "b", "c"]}), activities=EVENTS, as_of=AS_OF)[
        "score"
    ]
    for leads in (pd.DataFrame(index=index), pd.DataFrame({"other": [1, 2, 3]}, index=index)):
        found = PIPELINE.score_frame(leads, activities=EVENTS, as_of=AS_OF)
        assert list(found["score"]) == wanted.to_list()
        assert found.index.equals(index)
    events = EVENTS.to_pandas().set_index("lead_id")
    renamed = pd.DataFrame({"x": [1, 2, 3]}, index=index.rename("customer"))
    assert list(PIPELINE.score_frame(renamed, activities=events, as_of=AS_OF)["score"]) == wanted.to_list()
    titled = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["VP Sales", "Student"], name="title"))
    scores = PIPELINE.score_many([{"title": "VP Sales"}, {"title": "Student"}], as_of=AS_OF)
    assert list(PIPELINE.score_frame(titled, as_of=AS_OF)["score"]) == [item.score for item in scores]


def test_frames_and_matrices_of_features_agree() -> None:
    conversion = PIPELINE.features_frame(pl.DataFrame({"title": ["VP Sales", "Student"]}), as_of=AS_OF)
    wanted = PIPELINE.score_many([{"title": "VP Sales"}, {"title": "Student"}], as_of=AS_OF)
    for frame in (conversion, conversion.to_pandas(), conversion.to_arrow()):
        assert list(PIPELINE.score_matrix(frame).score) == [item.score for item in wanted]
    model = Pipeline.builtin("b2b")
    rng = np.random.default_rng(0)
    own = {name: np.floor(rng.random(50) * 3) - 1 for name in model.attributes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeadscoreWarning)
        scores = model.score_frame(pl.DataFrame(own), as_of=AS_OF)["score"].to_list()
        for frame in (pl.DataFrame(own), pd.DataFrame(own), pa.table(own)):
            assert list(model.score_matrix(frame).score) == scores


def test_progress_is_told_and_may_end_the_work() -> None:
    model = Pipeline.builtin("b2b")
    df = pl.DataFrame({name: [1.0] * 3000 for name in model.attributes})
    told: list[tuple[int, int]] = []
    model.score_frame(df, as_of=AS_OF, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3000, 3000)
    told.clear()
    model.score_many([{}] * 5000, as_of=AS_OF, progress=lambda done, total: told.append((done, total)))
    assert told == [(4096, 5000), (5000, 5000)]
    with pytest.raises(ZeroDivisionError):
        model.score_frame(df, as_of=AS_OF, progress=lambda done, total: 1 / 0)


def test_beside_an_event_loop() -> None:
    import asyncio

    df = pl.DataFrame({"title": ["VP Sales"] * 100})
    told: list[tuple[int, int]] = []

    async def both() -> tuple[Any, Any]:
        frame = PIPELINE.score_frame_async(df, as_of=AS_OF, progress=lambda *own: told.append(own))
        many = PIPELINE.score_many_async(df.to_dicts(), as_of=AS_OF)
        return await asyncio.gather(frame, many)

    frame, many = asyncio.run(both())
    assert frame["score"].to_list() == [item.score for item in many]
    assert told[-1] == (100, 100)

    async def cancelled() -> None:
        task = asyncio.create_task(PIPELINE.score_many_async([{"title": "VP"}] * 200_000, as_of=AS_OF))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
