"""Questions to a language model, with a callable in the model's place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from leadscore import (
    Assisted,
    ChatIntent,
    LeadscoreError,
    ModelFailure,
    NextAction,
    Pipeline,
    Prompt,
    RankedLead,
    Ranking,
    Reply,
    Task,
    Usage,
    assist,
    rank,
)

if TYPE_CHECKING:
    from typing_extensions import assert_type

PIPELINE = Pipeline.builtin("conversion")
LEAD = {"id": "l-1", "title": "VP Sales", "name": "Ann Lee", "email": "ann@acme.example"}
GOOD = '{"action":"Call the VP Sales","rationale":"They decide.","priority":"high","timeframe":"Today"}'
TASK = Task("next_action", pipeline=PIPELINE, lead=LEAD, as_of="2026-11-22")


def refused(work: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(LeadscoreError) as caught:
        work()
    return caught.value.code, caught.value.path


def failing(error: Exception) -> Callable[[Prompt], str]:
    def ask(_: Prompt) -> str:
        raise error

    return ask


def test_an_answer_is_taken_with_its_usage_and_cost() -> None:
    def ask(prompt: Prompt) -> Reply:
        assert "VP Sales" in prompt.user
        assert prompt.schema["type"] == "object"
        return Reply(GOOD, model="gpt-4o-mini", usage=Usage(600, 40))

    asked = assist(TASK, ask)
    assert asked.output["action"] == "Call the VP Sales"
    assert (asked.provenance.author, asked.provenance.model) == ("model", "gpt-4o-mini")
    assert (asked.usage, asked.cost, asked.provenance.reason) == (Usage(600, 40), 0.000114, None)


def test_an_async_call_is_awaited() -> None:
    async def ask(prompt: Prompt) -> str:
        await asyncio.sleep(0)
        return GOOD

    async def both() -> list[Assisted[NextAction]]:
        return await asyncio.gather(assist(TASK, ask), assist(TASK, ask))

    assert [asked.provenance.author for asked in asyncio.run(both())] == ["model", "model"]

    async def late(prompt: Prompt) -> str:
        await asyncio.sleep(60)
        return GOOD

    async def impatient(prompt: Prompt) -> str:
        return await asyncio.wait_for(late(prompt), 0.01)

    async def one() -> Assisted[NextAction]:
        return await assist(TASK, impatient)

    reason = asyncio.run(one()).provenance.reason
    assert reason is not None
    assert reason["kind"] == "failed"
    assert reason["failure"]["kind"] == "timeout"

    async def cancelled() -> None:
        job = asyncio.ensure_future(assist(TASK, late))
        await asyncio.sleep(0)
        job.cancel()
        await job

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


@pytest.mark.parametrize("answer", [None, "Sure!", GOOD.replace("They", "Marcus Miller"), Reply("")])
def test_what_is_no_good_answer_is_by_the_rules(answer: str | Reply | None) -> None:
    asked = assist(TASK, lambda prompt: answer)
    assert asked.provenance.author == "rules"
    assert asked.output["action"]
    assert asked.provenance.reason is not None


def test_a_model_that_may_not_be_asked() -> None:
    assert TASK.over_budget().provenance.reason == {"kind": "not_asked", "why": "over_budget"}


class StatusError(Exception):
    """As the SDKs raise it."""

    def __init__(self, name: str, status: object, headers: dict[str, str] | None = None) -> None:
        super().__init__("key sk-secret")
        setattr(self, name, status)
        self.response = type("Response", (), {"headers": headers or {}})()


class APITimeoutError(Exception):
    """As the SDKs raise it."""


class APIConnectionError(Exception):
    """As the SDKs raise it."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StatusError("status_code", 429, {"retry-after": "2.5"}), "rate_limited"),
        (StatusError("code", 403), "unauthorized"),
        (StatusError("status", 404), "unknown_model"),
        (StatusError("status_code", 529), "unavailable"),
        (APITimeoutError(), "timeout"),
        (APIConnectionError(), "connection"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError(), "connection"),
        (ModelFailure("refused", "no"), "refused"),
        (ModelFailure(402, usage=Usage(3, 0)), "no_credit"),
    ],
)
def test_failures_of_the_call_are_the_reason(error: Exception, kind: str) -> None:
    asked = assist(TASK, failing(error))
    reason = asked.provenance.reason
    assert reason is not None
    assert reason["kind"] == "failed"
    assert reason["failure"]["kind"] == kind
    assert reason["failure"].get("retry_after") == (2.5 if kind == "rate_limited" else None)
    assert "sk-secret" not in json.dumps(reason)
    assert asked.usage == (Usage(3, 0) if kind == "no_credit" else None)


@pytest.mark.parametrize(
    "error",
    [KeyError("a defect"), StatusError("code", 7), StatusError("status", "x"), StatusError("code", True)],
)
def test_other_errors_are_the_callers(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        assist(TASK, failing(error))
    assert caught.value is error


def test_details_go_out_as_placeholders() -> None:
    masked = Task("next_action", pipeline=PIPELINE, lead=LEAD, as_of="2026-11-22", mask=True)
    assert "Ann" not in masked.prompt().user
    assert "[EMAIL_1]" in masked.prompt().user
    asked = assist(masked, lambda prompt: GOOD.replace("the VP Sales", "[NAME_1]"))
    assert asked.output["action"] == "Call Ann Lee"


def test_a_chat_goes_on() -> None:
    first = Task("chat_reply", message="How much is the oak desk?", country="GB").conclude()
    assert first.output["reply"].get("asks") == "name"
    task = Task(
        "chat_reply",
        message="I'm Ann Smith",
        conversation=first.output["conversation"],
        facts=["The oak desk costs 420 euros."],
    )
    assert task.conclude().output["captured"] == {"name": "Ann Smith"}
    assert Task("chat_intent", message="Not interested").conclude().output["intent"] == "COLD"


def test_results_have_the_type_of_their_kind() -> None:
    intent = Task("chat_intent", message="Hi").conclude()
    ranking = Task("ranking", pipeline=PIPELINE, leads=[LEAD]).conclude()
    parts = Task.ranking_parts(PIPELINE, [LEAD])
    if TYPE_CHECKING:
        assert_type(assist(TASK, lambda prompt: None), Assisted[NextAction])
        assert_type(intent, Assisted[ChatIntent])
        assert_type(ranking.output[0]["rank"], int)
        assert_type(parts, list[Task[list[RankedLead]]])
        assert_type(rank(PIPELINE, [LEAD], lambda prompt: ""), Ranking)
    assert intent.output["intent"] == "NEUTRAL"
    assert ranking.output[0]["rank"] == len(parts)


def test_every_kind_is_made_of_its_fields() -> None:
    qualify = Pipeline.builtin("qualify")
    tasks: list[Task[Any]] = [
        Task("conversion", pipeline=PIPELINE, lead=LEAD, band=0.1),
        Task("time_to_close", pipeline=PIPELINE, lead=LEAD, zone="Europe/Berlin"),
        Task("qualification", pipeline=qualify, lead=LEAD),
        Task("ranking", pipeline=PIPELINE, leads=[LEAD, {"id": 2}], mask=True),
    ]
    for task in tasks:
        assert task.conclude().provenance.author == "rules"
        assert task.prompt().task in repr(task)
    request = json.dumps({"task": "next_action", "lead": LEAD, "as_of": "2026-11-22"})
    assert Task.from_json(request, PIPELINE).prompt() == TASK.prompt()


def test_what_is_no_task_is_refused() -> None:
    wrong: Any = Task
    at = {"pipeline": PIPELINE, "as_of": "2026-11-22"}
    for work, code, path in [
        (lambda: wrong("horoscope"), "invalid_task", "task"),
        (lambda: wrong(7), "invalid_task", "task"),
        (lambda: wrong("next_action", lead=LEAD), "invalid_task", ""),
        (lambda: wrong("next_action", **at), "invalid_context", ""),
        (lambda: wrong("next_action", lead=LEAD, pipeline="conversion"), "invalid_task", "pipeline"),
        (lambda: wrong("next_action", lead=5, **at), "invalid_lead", "lead"),
        (lambda: wrong("next_action", lead={"a": {1}}, **at), "invalid_lead", "lead.a"),
        (lambda: wrong("next_action", lead=LEAD, band=0.5, **at), "invalid_task", ""),
        (lambda: wrong("conversion", lead=LEAD, band=2, **at), "invalid_task", "band"),
        (lambda: wrong("conversion", lead=LEAD, band=float("nan"), **at), "invalid_task", "band"),
        (lambda: wrong("ranking", leads=[LEAD, LEAD], **at), "invalid_task", "leads[1]"),
        (lambda: wrong("ranking", leads=[LEAD, 5], **at), "invalid_lead", "leads[1]"),
        (lambda: wrong("chat_intent", message=7), "invalid_task", "message"),
        (
            lambda: wrong("chat_reply", message="Hi", conversation={"messages": {1}}),
            "invalid_task",
            "conversation",
        ),
        (lambda: TASK.conclude(Reply("x", cost=-1)), "invalid_task", "cost"),
        (lambda: TASK.conclude(ModelFailure(700)), "invalid_task", "failure.status"),
        (lambda: wrong.conclude(TASK, 7), "invalid_task", ""),
        (lambda: wrong.conclude(TASK, object()), "invalid_task", ""),
    ]:
        assert refused(work) == (code, path)
    for text in ("\ud800", "a\udfff"):
        assert refused(lambda text=text: TASK.conclude(text))[0] in ("invalid_json", "invalid_task")
