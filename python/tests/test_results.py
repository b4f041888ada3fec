"""What tasks give is what the types say, in the cases of every language."""

from __future__ import annotations

import json
import typing
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, is_typeddict

import pytest

from leadscore import _results

from .conftest import FIXTURES

OUTPUTS: dict[str, Any] = {
    "conversion": _results.ConversionPrediction,
    "time_to_close": _results.TimeToClose,
    "next_action": _results.NextAction,
    "qualification": _results.Qualification,
    "ranking": list[_results.RankedLead],
    "email": _results.Email,
    "chat_intent": _results.ChatIntent,
    "chat_reply": _results.ChatReply,
}


def problem(value: Any, kind: Any, path: str) -> str | None:
    """What of a value is not of a type; fields that the type does not have are a problem too."""
    if is_typeddict(kind):
        hints = typing.get_type_hints(kind)
        missing = kind.__required_keys__ - value.keys()
        unknown = value.keys() - hints.keys()
        if missing or unknown:
            return f"{path}: missing {missing}, unknown {unknown}"
        found = (problem(own, hints[name], f"{path}.{name}") for name, own in value.items())
        return next(filter(None, found), None)
    if get_origin(kind) is list:
        found = (problem(own, get_args(kind)[0], f"{path}[{at}]") for at, own in enumerate(value))
        return next(filter(None, found), None)
    if get_origin(kind) is Literal:
        return None if value in get_args(kind) else f"{path}: {value!r} is none of {get_args(kind)}"
    if get_origin(kind) in (Union, UnionType):
        problems = [problem(value, own, path) for own in get_args(kind)]
        return None if None in problems else "; ".join(map(str, problems))
    # As type checkers have it, an integer is a float, too.
    wanted = (int, float) if kind is float else kind
    return None if isinstance(value, wanted) else f"{path}: {value!r} is no {kind}"


def results() -> list[tuple[str, dict[str, Any]]]:
    cases = json.loads((FIXTURES / "conformance" / "tasks.json").read_text(encoding="utf-8"))["cases"]
    of_tasks = [case for case in cases if case["operation"] == "conclude_json" and "expected" in case]
    return [(case["name"], json.loads(case["expected"])) for case in of_tasks]


@pytest.mark.parametrize(("name", "result"), results(), ids=[name for name, _ in results()])
def test_every_result_is_of_its_type(name: str, result: dict[str, Any]) -> None:
    provenance = result["provenance"]
    assert problem(result["output"], OUTPUTS[provenance["task"]], "output") is None
    if "reason" in provenance:
        assert problem(provenance["reason"], _results.FallbackReason, "reason") is None


def test_every_kind_and_every_reason_has_a_case() -> None:
    assert {result["provenance"]["task"] for _, result in results()} == OUTPUTS.keys()
    reasons = {result["provenance"].get("reason", {}).get("kind") for _, result in results()}
    assert reasons == {None, "not_asked", "failed", "rejected"}


def test_a_problem_is_found() -> None:
    good: dict[str, Any] = {"action": "a", "rationale": "r", "priority": "high", "timeframe": "t"}
    assert problem(good, _results.NextAction, "") is None
    for value in ({}, good | {"priority": "most"}, good | {"action": 1}, good | {"more": 1}):
        assert problem(value, _results.NextAction, "") is not None
    reply = {"kind": "failed", "failure": {"kind": "timeout", "message": "m", "retry_after": "1"}}
    assert problem(reply, _results.FallbackReason, "") is not None
