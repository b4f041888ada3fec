"""Records in, predictions out."""

from __future__ import annotations

import collections
import dataclasses
import enum
import json
import pickle
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from leadscore import (
    Activity,
    Forest,
    Lead,
    LeadscoreError,
    Pipeline,
    Prediction,
    Predictions,
    Reason,
    _native,
)

from .conftest import AS_OF, FIXTURES

CONVERSION = Pipeline.builtin("conversion")
RECORD: dict[str, Any] = {"id": "L-1", "company": "Acme", "title": "VP Sales", "created_at": "2026-11-01"}


def error_of(call: Any) -> LeadscoreError:
    with pytest.raises(LeadscoreError) as caught:
        call()
    return caught.value


def test_a_prediction_adds_up_and_keeps_every_field_of_its_json() -> None:
    text = CONVERSION._native.score_json(json.dumps(RECORD), json.dumps({"as_of": AS_OF}))
    fields = json.loads(text)
    prediction = CONVERSION.score(RECORD, as_of=AS_OF)
    why = prediction.explanation
    assert why.baseline is not None
    total = why.baseline + sum(item.points for item in why.contributions) + why.rest
    assert abs(total - prediction.score) <= 1e-9
    assert prediction.tier in {tier.tier for tier in CONVERSION.tiers}
    assert prediction.reasons == why.reasons
    assert isinstance(prediction.reasons[0], Reason)
    as_dict = json.loads(json.dumps(prediction.to_dict()))

    def covered(whole: Any, part: Any) -> bool:
        if isinstance(part, dict):
            return all(
                covered(whole["class_name" if key == "class" else key], value) for key, value in part.items()
            )
        if isinstance(part, list):
            return len(whole) == len(part) and all(map(covered, whole, part))
        return bool(whole == part)

    assert covered(as_dict, fields)
    with pytest.raises(dataclasses.FrozenInstanceError):
        prediction.score = 3.0  # type: ignore[misc]


def test_every_prediction_of_the_cases_can_be_read() -> None:
    count = 0
    for name in ("builtins", "records"):
        for case in json.loads((FIXTURES / "conformance" / f"{name}.json").read_text())["cases"]:
            if case["operation"] not in ("score_json", "score_many_json") or "expected" not in case:
                continue
            of = case["pipeline"]
            pipeline = Pipeline.builtin(of["builtin"]) if "builtin" in of else Pipeline.from_json(of["json"])
            context = json.loads(case["arguments"][1])
            options = {
                "as_of": context["as_of"],
                "zone": context.get("zone", "UTC"),
                "strict": context.get("mode") == "strict",
                "reasons": context.get("reasons", 5),
            }
            expected = json.loads(case["expected"])
            brief = context.get("detail") == "brief"
            leads = json.loads(case["arguments"][0])
            single = case["operation"] == "score_json"
            try:
                found = pipeline.score_many(
                    [leads] if single else leads, brief=brief, errors="return", **options
                )
            except LeadscoreError:
                continue
            for one, wanted in zip(found, [expected] if single else expected, strict=True):
                count += 1
                if "error" in wanted:
                    assert isinstance(one, LeadscoreError)
                    assert one.code == wanted["error"]["code"]
                    continue
                assert isinstance(one, Prediction)
                assert (one.lead_id, one.score, one.tier) == (
                    wanted["lead_id"],
                    wanted["score"],
                    wanted["tier"],
                )
                assert one.probability == wanted.get("probability")
                assert len(one.explanation.contributions) == len(wanted["explanation"]["contributions"])
                assert one._repr_html_().startswith("<div")
    assert count > 100


def test_all_kinds_of_records_give_the_same() -> None:
    @dataclasses.dataclass
    class Own:
        id: str
        company: str
        title: str
        created_at: date

    Tuple = collections.namedtuple("Tuple", ["id", "company", "title", "created_at"])

    class Model:
        def model_dump(self) -> dict[str, Any]:
            return dict(RECORD)

    wanted = CONVERSION.score(RECORD, as_of=AS_OF)
    attributes = {key: value for key, value in RECORD.items() if key != "id"}
    same: list[object] = [
        Own("L-1", "Acme", "VP Sales", date(2026, 11, 1)),
        Tuple("L-1", "Acme", "VP Sales", "2026-11-01"),
        Model(),
        Lead("L-1", attributes),
        collections.OrderedDict(RECORD),
        {
            **RECORD,
            "phone": None,
            "employees": float("nan"),
            "x": pd.NA,
            "y": pd.NaT,
            "z": np.datetime64("NaT"),
        },
        {**RECORD, "created_at": np.datetime64("2026-11-01")},
        {**RECORD, "created_at": pd.Timestamp("2026-11-01")},
        {"id": "L-1", "attributes": attributes, "activities": []},
    ]
    for lead in same:
        assert CONVERSION.score(lead, as_of=AS_OF) == wanted
    assert list(CONVERSION.score_many(same, as_of=AS_OF)) == [wanted] * len(same)
    assert CONVERSION.score({**RECORD, "id": uuid.UUID(int=7)}, as_of=AS_OF).lead_id == str(uuid.UUID(int=7))


def test_numbers_of_every_kind() -> None:
    class Count(enum.IntEnum):
        SEVEN = 7

    class Word(enum.Enum):
        VP = "VP Sales"

    wanted = CONVERSION.score({"lead_score": 7}, as_of=AS_OF)
    for seven in (7.0, np.int64(7), np.float32(7), np.float64(7), Decimal("7.00"), Count.SEVEN, np.uint8(7)):
        assert CONVERSION.score({"lead_score": seven}, as_of=AS_OF) == wanted
    assert CONVERSION.score({"in_sequence": np.bool_(True)}, as_of=AS_OF) == CONVERSION.score(
        {"in_sequence": True}, as_of=AS_OF
    )
    by_text = CONVERSION.score({"title": "VP Sales"}, as_of=AS_OF)
    assert CONVERSION.score({"title": Word.VP}, as_of=AS_OF) == by_text
    # Infinity and a number beyond all floats cannot be used, and that is said.
    for beyond in (float("inf"), 10**400, 10**5000, Decimal("1e999")):
        warned = CONVERSION.score({"sequence_step": beyond}, as_of=AS_OF)
        assert any("`inf`" in warning for warning in warned.warnings)
    # A whole number as a float is an id as well.
    assert CONVERSION.score({"id": 7.0}, as_of=AS_OF).lead_id == "7"


def test_times_with_and_without_a_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    local = datetime(2026, 11, 20, 0, 30)

    def opened(at: object, zone: Any = "UTC") -> Prediction:
        return CONVERSION.score(
            Lead("x", {}, [Activity("email_open", at)]),  # type: ignore[arg-type]
            as_of=AS_OF,
            zone=zone,
        )

    zoned = local.replace(tzinfo=berlin)
    assert opened(local, berlin) == opened(zoned, "Europe/Berlin")
    assert (
        opened(local, "UTC").to_dict()["explanation"]
        == opened(local.replace(tzinfo=timezone.utc)).to_dict()["explanation"]
    )
    odd = timezone(timedelta(hours=5, minutes=30))
    assert opened(zoned) == opened(zoned.astimezone(odd)) == opened(pd.Timestamp(zoned))
    assert opened(np.datetime64("2026-11-20T00:30:00.000000001")) == opened(local)
    when = datetime(2026, 11, 22, 9, 30, tzinfo=timezone.utc)
    moments = [AS_OF, when, when.astimezone(berlin), int(when.timestamp() * 1000), pd.Timestamp(when)]
    moments += [
        np.datetime64("2026-11-22T09:30"),
        np.int64(when.timestamp() * 1000),
        when.replace(tzinfo=None),
    ]
    assert len({CONVERSION.score(RECORD, as_of=moment).provenance.as_of for moment in moments}) == 1
    at_midnight = CONVERSION.score(RECORD, as_of=date(2026, 11, 22), zone=berlin).provenance
    assert (at_midnight.as_of, at_midnight.zone) == ("2026-11-21T23:00:00Z", "Europe/Berlin")
    today = datetime.now(timezone.utc).date().isoformat()
    assert CONVERSION.score(RECORD).provenance.as_of >= today


def test_many_are_as_one_by_one_with_any_number_of_threads() -> None:
    leads = [{**RECORD, "id": str(at), "lead_score": at % 100} for at in range(1000)]
    wanted = [CONVERSION.score(lead, as_of=AS_OF) for lead in leads]
    for threads in (None, 1, 3, 8):
        found = CONVERSION.score_many((lead for lead in leads), as_of=AS_OF, threads=threads)
        assert isinstance(found, Predictions)
        assert list(found) == wanted
    brief = CONVERSION.score_many(leads[:3], as_of=AS_OF, brief=True)
    assert [item.score for item in brief] == [item.score for item in wanted[:3]]
    assert not brief[0].explanation.contributions
    assert list(CONVERSION.score_many([], as_of=AS_OF)) == []


def test_a_lead_that_cannot_be_read_is_named_by_its_place() -> None:
    leads: list[Any] = [dict(RECORD) for _ in range(600)]
    leads[300] = 7
    leads[555] = {"tags": ["a"]}
    leads[599] = {"tags": b"bytes"}
    found = CONVERSION.score_many(leads, as_of=AS_OF, errors="return")
    refused = {at: item for at, item in enumerate(found) if isinstance(item, LeadscoreError)}
    assert {at: item.path for at, item in refused.items()} == {
        300: "leads[300]",
        555: "leads[555].tags",
        599: "leads[599].tags",
    }
    for threads in (1, 4):
        error = error_of(
            lambda threads=threads: CONVERSION.score_many(leads[:590], as_of=AS_OF, threads=threads)
        )
        assert (error.code, error.path) == ("invalid_lead", "leads[300]")
    error = error_of(lambda: CONVERSION.feature_matrix(leads[301:590], as_of=AS_OF))
    assert error.path == "leads[254].tags"
    assert error_of(lambda: CONVERSION.features(leads[299:302], as_of=AS_OF)).path == "leads[1]"


@pytest.mark.parametrize(
    ("lead", "code", "path"),
    [
        (None, "invalid_lead", ""),
        (7, "invalid_lead", ""),
        ("text", "invalid_lead", ""),
        (b"bytes", "invalid_lead", ""),
        ([], "invalid_lead", ""),
        ({"company": b"Acme"}, "invalid_lead", "company"),
        ({"company": object()}, "invalid_lead", "company"),
        ({"company": {"name": "Acme"}}, "invalid_lead", "company"),
        ({"company": ["Acme"]}, "invalid_lead", "company"),
        ({"company": 1j}, "invalid_lead", "company"),
        ({"company": "\ud800"}, "invalid_lead", "company"),
        ({(1, 2): 3}, "invalid_lead", ""),
        ({"activities": [{"kind": "x", "at": "soon"}]}, "invalid_lead", "activities[0].at"),
        ({"activities": [{"kind": "x", "at": b"soon"}]}, "invalid_lead", "activities[0].at"),
        ({"activities": {}}, "invalid_lead", "activities"),
        ({"id": 1.5}, "invalid_lead", "id"),
        ({"created_at": timedelta(1)}, "invalid_lead", "created_at"),
    ],
)
def test_bad_leads(lead: object, code: str, path: str) -> None:
    error = error_of(lambda: CONVERSION.score(lead, as_of=AS_OF))
    assert (error.code, error.path) == (code, path)


def test_bad_arguments_of_every_kind() -> None:
    cyclic: dict[str, Any] = {"id": "a"}
    cyclic["self"] = cyclic
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert error_of(lambda: CONVERSION.score(cyclic, as_of=AS_OF)).code == "invalid_lead"
    assert error_of(lambda: CONVERSION.score({"x": deep}, as_of=AS_OF)).code == "invalid_lead"
    score = lambda **options: error_of(lambda: CONVERSION.score(RECORD, **options))  # noqa: E731
    assert score(as_of="soon").path == "as_of"
    assert score(as_of=True).path == "as_of"
    assert score(as_of=2**70).path == "as_of"
    assert score(as_of=1.5).path == "as_of"
    assert score(as_of=pd.NaT).path == "as_of"
    assert score(as_of=AS_OF, zone="Mars/Base").path == "zone"
    assert score(as_of=AS_OF, zone=timezone(timedelta(hours=1))).path == "zone"
    assert score(as_of=AS_OF, zone="\ud800").code == "invalid_json"
    assert score(as_of=AS_OF, reasons=-1).path == "reasons"
    assert score(as_of=AS_OF, reasons=2**80).path == "reasons"
    assert score(as_of=AS_OF, reasons="many").path == "reasons"
    many = lambda leads, **options: error_of(  # noqa: E731
        lambda: CONVERSION.score_many(leads, as_of=AS_OF, **options)
    )
    for leads in (None, 7, "text", b"bytes", RECORD, pd.DataFrame()):
        assert (many(leads).code, many(leads).path) == ("invalid_lead", "leads")
    assert many([RECORD], threads=-1).path == "threads"
    assert many([RECORD], threads="two").path == "threads"
    assert many([RECORD], errors="ignore").path == "errors"
    for text in (None, 7, b"{}", "\ud800", "{"):
        assert error_of(lambda text=text: Pipeline.from_json(text)).code == "invalid_json"
        assert error_of(lambda text=text: Forest.from_json(text)).code == "invalid_json"
    assert error_of(lambda: Pipeline.builtin("nope")).code == "unknown_name"
    for data in (None, 7, "text", [1], b"", b"\xff" * 100):
        assert error_of(lambda data=data: Forest.from_bytes(data)).code in {
            "invalid_model",
            "unsupported_model",
        }


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    CONVERSION.save(path)
    assert Pipeline.load(path) == CONVERSION
    assert Pipeline.load(str(path)).content_hash == CONVERSION.content_hash
    missing = tmp_path / "missing.json"
    for load in (Pipeline.load, Forest.load, lambda path: Pipeline.import_model(path, id="x")):
        error = error_of(lambda load=load: load(missing))
        assert (error.code, error.path) == ("not_found", str(missing))
        assert str(error).startswith(str(missing))
        for odd in (None, 7, b"x", "a\0b", "\ud800"):
            assert error_of(lambda load=load, odd=odd: load(odd)).code in {
                "io",
                "invalid_model",
                "unsupported_model",
            }
    path.write_bytes(b"\xff\xfe")
    assert error_of(lambda: Pipeline.load(path)).code == "invalid_json"
    assert error_of(lambda: CONVERSION.save(tmp_path)).code == "io"
    (tmp_path / "leads.csv").write_text("lead_id,company,title\n1,Acme,VP\n2,,Student\n")
    summary = CONVERSION.score_file(tmp_path / "leads.csv", tmp_path / "out.csv", as_of=AS_OF)
    assert (summary.scored, summary.rejected) == (2, 0)
    assert sum(tier.leads for tier in summary.tiers) == 2
    assert (tmp_path / "out.csv").read_text().count("\n") == 3
    millis = CONVERSION.score_file(
        tmp_path / "leads.csv",
        tmp_path / "out.jsonl",
        as_of=1795339800000,
        format="jsonl",
        zone="Europe/Berlin",
    )
    assert millis.scored == 2
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert first["provenance"]["as_of"] == AS_OF
    error = error_of(lambda: CONVERSION.score_file(missing, tmp_path / "out.csv", as_of=AS_OF))
    assert error.code == "not_found"
    assert str(missing) in str(error)


def test_what_a_pipeline_is() -> None:
    assert "b2b" in Pipeline.builtin_names()
    b2b = Pipeline.builtin("b2b")
    assert b2b.model is not None
    assert b2b.model.is_stub
    assert (len(b2b.columns), b2b.id, b2b.reads_activities) == (50, "b2b", False)
    assert b2b.columns[0].type == "number"
    assert Pipeline.builtin("heat").classes == ("cold", "warm", "hot")
    assert repr(b2b).startswith("<leadscore.Pipeline 'b2b'")
    assert CONVERSION != b2b
    assert len({CONVERSION, Pipeline.builtin("conversion")}) == 1
    shares = b2b.importance("gain")
    assert abs(sum(item.importance for item in shares) - 1) < 1e-9
    assert error_of(lambda: CONVERSION.importance("gain")).code == "contributions_unsupported"
    matrix = CONVERSION.feature_matrix([RECORD, {"title": "CEO"}], as_of=AS_OF)
    assert sum(item.importance for item in CONVERSION.importance("leads", matrix)) == pytest.approx(1)
    features = CONVERSION.features(RECORD, as_of=AS_OF)
    assert features["has_title"] is True
    assert CONVERSION.features([RECORD], as_of=AS_OF) == [features]
    scores = CONVERSION.score_matrix(matrix)
    assert scores.score[0] == CONVERSION.score(RECORD, as_of=AS_OF).score
    assert scores.tier[0] == CONVERSION.score(RECORD, as_of=AS_OF).tier


def test_your_own_model() -> None:
    path = FIXTURES / "golden" / "xgb-3.2.0-binary-ubj" / "model.ubj"
    pipeline = Pipeline.import_model(path, id="mine", tiers="hot-warm-cold")
    assert pipeline == Pipeline.import_model(path.read_bytes(), id="mine", tiers="hot-warm-cold")
    assert Pipeline.from_json(pipeline.to_json()) == pipeline
    scaled = Pipeline.import_model(
        FIXTURES / "golden" / "xgb-2.1.4-gamma-ubj" / "model.ubj",
        id="mine",
        scale={"kind": "linear", "from": np.float64(0), "to": 10},
    )
    assert scaled.score({}, as_of=AS_OF).probability is None
    error = error_of(
        lambda: Pipeline.import_model(FIXTURES / "golden" / "xgb-2.1.4-gamma-ubj" / "model.ubj", id="m")
    )
    assert error.code == "scale_required"
    assert error_of(lambda: Pipeline.import_model(path, id="m", scale={"kind": object()})).path == "options"


def test_predictions_show_themselves() -> None:
    nasty = {"id": "<script>", "title": "VP <b>", "company": "&"}
    prediction = CONVERSION.score(nasty, as_of=AS_OF)
    html = prediction._repr_html_()
    assert "<svg" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    many = CONVERSION.score_many([nasty] * 60 + [7], as_of=AS_OF, errors="return")
    table = many._repr_html_()
    assert table.count("<tr>") == 51
    assert "and 11 more" in table
    assert "<script>" not in table
    assert "<svg" not in CONVERSION.score_many([nasty], as_of=AS_OF, brief=True)[0]._repr_html_()


def test_native_errors_are_the_class_of_the_package() -> None:
    error = error_of(lambda: _native.Pipeline.builtin("x"))
    assert isinstance(error, LeadscoreError)
    assert str(LeadscoreError("io", "a.json", "gone")) == "a.json: gone"


def test_strict_mode_tells_all_issues() -> None:
    pipeline = Pipeline.builtin("b2b")
    lead = {"company_employee_count": -5}
    one = error_of(lambda: pipeline.score(lead, as_of=AS_OF, strict=True))
    assert len(one.issues) > 20
    assert (one.issues[0].code, one.issues[0].path) == (one.code, one.path)
    bad = next(issue for issue in one.issues if issue.feature == "company_employee_count")
    assert (bad.code, bad.found, bad.path) == ("invalid_feature", "-5", "attributes.company_employee_count")
    many = pipeline.score_many([lead] * 3, as_of=AS_OF, strict=True, errors="return")
    listed = error_of(lambda: pipeline.features([lead], as_of=AS_OF, strict=True))
    for index, error in ((2, many[2]), (0, listed)):
        assert isinstance(error, LeadscoreError)
        assert [issue.path for issue in error.issues] == [f"leads[{index}].{own.path}" for own in one.issues]
    assert pickle.loads(pickle.dumps(one)).issues == one.issues
    assert error_of(lambda: pipeline.score(7, as_of=AS_OF)).issues == ()


def test_every_lead_may_have_a_moment_of_its_own() -> None:
    leads = [{**RECORD, "created_at": "2026-10-15"} for _ in range(5000)]
    times = [date(2026, 11, 1) + timedelta(at % 20) for at in range(5000)]
    one = {time: CONVERSION.score(leads[0], as_of=time) for time in set(times)}
    assert list(CONVERSION.score_many(iter(leads), as_of=iter(times))) == [one[time] for time in times]
    found = CONVERSION.feature_matrix(leads, as_of=np.array(times, dtype="datetime64[D]"))
    assert np.array_equal(found[4999], CONVERSION.feature_matrix(leads[:1], as_of=times[4999])[0], True)
    features = CONVERSION.features(leads[:3], as_of=times[:3])
    assert features == [CONVERSION.features(leads[0], as_of=time) for time in times[:3]]
    for count in (4999, 5001):
        error = error_of(lambda count=count: CONVERSION.score_many(leads, as_of=[AS_OF] * count))
        assert (error.code, error.path) == ("invalid_context", "as_of")
    assert error_of(lambda: CONVERSION.score_many(leads[:2], as_of=[AS_OF, None])).path == "as_of[1]"
    assert error_of(lambda: CONVERSION.score(RECORD, as_of=[AS_OF])).path == "as_of"
    assert error_of(lambda: CONVERSION.features(RECORD, as_of=[AS_OF])).path == "as_of"
