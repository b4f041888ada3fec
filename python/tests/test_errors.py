"""Errors derive from the classes that people catch, and lists of predictions stay what they are."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

import leadscore
from leadscore import Forest, LeadscoreError, Pipeline, Prediction, Predictions

from .conftest import AS_OF, FIXTURES

PIPELINE = Pipeline.builtin("conversion")


def test_errors_are_of_the_classes_that_people_catch(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.json"
    for call in (Pipeline.load, Forest.load):
        with pytest.raises(FileNotFoundError) as caught:
            call(missing)
        assert (caught.value.filename, caught.value.errno) == (str(missing), 2)
        assert isinstance(caught.value, LeadscoreError)
        assert caught.value.code == "not_found"
    with pytest.raises(FileNotFoundError):
        PIPELINE.score_file(missing, tmp_path / "out.csv")
    with pytest.raises(OSError):
        Pipeline.load(tmp_path)
    for wrong in (lambda: Pipeline.builtin("nope"), lambda: PIPELINE.score(7), lambda: Forest.load(b"x")):
        with pytest.raises(ValueError) as other:
            wrong()
        assert isinstance(other.value, LeadscoreError)
    internal = LeadscoreError("internal", "", "broken")
    assert isinstance(internal, RuntimeError)
    for error in (
        internal,
        caught.value,
        LeadscoreError("not_found", "a", "b"),
        LeadscoreError("x", "y", "z"),
    ):
        for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(same) is type(error)
            assert (same.code, same.path, str(same)) == (error.code, error.path, str(error))
    assert all(isinstance(LeadscoreError(code, "", ""), LeadscoreError) for code in leadscore.error_codes())


def test_no_error_holds_a_whole_model() -> None:
    files = (FIXTURES / "golden").glob("xgb-*-json/model.json")
    model = max((file.read_text() for file in files), key=len)
    assert len(model) > 6_000
    broken = model[:-100]
    for call in (
        lambda: Pipeline.load(model),
        lambda: Pipeline.builtin(model),
        lambda: Pipeline.from_json(model),
        lambda: Pipeline.from_json(broken),
        lambda: Forest.load(broken),
        lambda: Forest.load(broken.encode()),
        lambda: Forest.from_json(broken),
        lambda: Pipeline.import_model(model, id=model, scale=model),
        lambda: PIPELINE.score({}, as_of=model),
        lambda: PIPELINE.score({}, zone=model),
    ):
        with pytest.raises(LeadscoreError) as caught:
            call()
        assert len(str(caught.value)) < 5_000
        assert len(repr(caught.value)) < 6_000


def test_parts_of_predictions_keep_their_table() -> None:
    found = PIPELINE.score_many(
        [{"title": "Student"}, {"title": "VP Sales"}, 7], as_of=AS_OF, errors="return"
    )
    assert isinstance(found[:2], Predictions)
    assert "<table" in found[:2]._repr_html_()
    assert isinstance(found[1], Prediction)
    best = found.sorted()
    assert isinstance(best, Predictions)
    assert best[0] is found[1]
    assert isinstance(best[-1], LeadscoreError)
    assert found.sorted(reverse=True)[-1] is found[1]
    assert isinstance(found[:2].sorted(key=lambda item: item.score), Predictions)  # type: ignore[union-attr]
    assert isinstance(found.copy(), Predictions)
