"""Questions to a language model: what is asked, how the answer is checked, and the result without a model."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypedDict, TypeVar, cast, overload

from leadscore import _native
from leadscore._answer import Answer, ModelFailure, Prompt, Reply, Usage
from leadscore._encode import Moment, context_json, record_json, records_json
from leadscore._errors import LeadscoreError, shown
from leadscore._pipeline import Pipeline
from leadscore._results import (
    Channel,
    ChatIntent,
    ChatReply,
    ConversionPrediction,
    Email,
    FallbackReason,
    NextAction,
    Qualification,
    RankedLead,
    TimeToClose,
)

if TYPE_CHECKING:
    # Python's own since 3.11; the type checkers bring this module with them.
    from typing_extensions import Unpack

TaskKind: TypeAlias = Literal[
    "conversion",
    "time_to_close",
    "next_action",
    "qualification",
    "ranking",
    "email",
    "chat_intent",
    "chat_reply",
]
"""The tasks there are."""

Output = TypeVar("Output")
"""What a kind of task gives."""


@dataclass(frozen=True, slots=True)
class TaskProvenance:
    """Where a result comes from: `author` is `model` or `rules`, and `reason` says why it is not a model's."""

    task: str
    version: int
    author: Literal["model", "rules"]
    model: str | None = None
    reason: FallbackReason | None = None


@dataclass(frozen=True, slots=True)
class Assisted(Generic[Output]):
    """A task's result, always complete; where it comes from; the tokens used and their cost in US dollars, if known.

    `output` is plain data, with the fields of its task: a `NextAction` for `next_action` and so on.
    """

    output: Output
    provenance: TaskProvenance
    usage: Usage | None = None
    cost: float | None = None


class _Fields(TypedDict, total=False):
    """What tasks are made of; each kind has its own of them."""

    pipeline: Pipeline | None
    lead: object
    leads: Iterable[object] | None
    as_of: Moment | None
    zone: str | tzinfo
    strict: bool
    band: float | None
    message: str | None
    conversation: Mapping[str, Any] | None
    country: str | None
    facts: Iterable[str]
    knowledge: Iterable[Mapping[str, str]] | None
    sender: Mapping[str, str] | None
    channel: Channel | None
    require: Iterable[str]
    mask: bool


class Task(Generic[Output]):
    """Exactly one question about leads or to a chat; immutable.

    Tasks about leads want a pipeline, a lead (`ranking`: leads) and a moment, which is now if you do not say;
    `email` also wants `knowledge`, documents of `name` and `text`, and a `sender` of `name`, `company`, `address` and
    `unsubscribe`; `chat_intent` and `chat_reply` want a message. With `mask=True` e-mail and web addresses, telephone
    numbers and names of persons go out as placeholders, and are put back in the answer.

    >>> from leadscore import Pipeline, Task, assist
    >>> pipeline = Pipeline.builtin("conversion")
    >>> task = Task("next_action", pipeline=pipeline, lead={"id": "L-1", "title": "VP Sales"}, as_of="2026-11-22")
    >>> task.prompt().max_output_tokens
    500
    >>> def ask(prompt):  # your SDK's call, with prompt.system, prompt.user and prompt.schema
    ...     why = '"rationale": "They decide.", "priority": "high", "timeframe": "Today"'
    ...     return '{"action": "Call the VP Sales", ' + why + "}"
    >>> result = assist(task, ask)
    >>> result.output["action"], result.provenance.author
    ('Call the VP Sales', 'model')
    """

    __slots__ = ("_native",)

    @overload
    def __init__(
        self: Task[ConversionPrediction], kind: Literal["conversion"], **fields: Unpack[_Fields]
    ) -> None: ...
    @overload
    def __init__(
        self: Task[TimeToClose], kind: Literal["time_to_close"], **fields: Unpack[_Fields]
    ) -> None: ...
    @overload
    def __init__(self: Task[NextAction], kind: Literal["next_action"], **fields: Unpack[_Fields]) -> None: ...
    @overload
    def __init__(
        self: Task[Qualification], kind: Literal["qualification"], **fields: Unpack[_Fields]
    ) -> None: ...
    @overload
    def __init__(
        self: Task[list[RankedLead]], kind: Literal["ranking"], **fields: Unpack[_Fields]
    ) -> None: ...
    @overload
    def __init__(self: Task[Email], kind: Literal["email"], **fields: Unpack[_Fields]) -> None: ...
    @overload
    def __init__(self: Task[ChatIntent], kind: Literal["chat_intent"], **fields: Unpack[_Fields]) -> None: ...
    @overload
    def __init__(self: Task[ChatReply], kind: Literal["chat_reply"], **fields: Unpack[_Fields]) -> None: ...
    @overload
    def __init__(self: Task[Any], kind: TaskKind, **fields: Unpack[_Fields]) -> None: ...
    def __init__(
        self,
        kind: TaskKind,
        *,
        pipeline: Pipeline | None = None,
        lead: object = None,
        leads: Iterable[object] | None = None,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        band: float | None = None,
        message: str | None = None,
        conversation: Mapping[str, Any] | None = None,
        country: str | None = None,
        facts: Iterable[str] = (),
        knowledge: Iterable[Mapping[str, str]] | None = None,
        sender: Mapping[str, str] | None = None,
        channel: Channel | None = None,
        require: Iterable[str] = (),
        mask: bool = False,
    ) -> None:
        fields: dict[str, object] = {"task": kind, "message": message, "conversation": conversation}
        fields["country"] = country
        fields |= {"sender": sender, "channel": channel}
        fields["knowledge"] = None if knowledge is None else list(knowledge)
        for name, texts_of in (("facts", list(facts)), ("require", list(require))):
            if texts_of:
                fields[name] = texts_of
        if band is not None:
            fields["band"] = band
        if mask:
            fields["mask"] = True
        texts = {name: _text(value, name) for name, value in fields.items() if value is not None}
        if lead is not None:
            texts["lead"] = record_json(lead, "lead")
        if leads is not None:
            texts["leads"], refused = records_json(leads)
            for error in refused.values():
                raise error
        if lead is not None or leads is not None:
            options = json.loads(context_json(as_of, zone, strict=strict))
            texts |= {name: json.dumps(options[name]) for name in ("as_of", "zone", "mode")}
        request = ",".join([f'"{name}":{text}' for name, text in texts.items()])
        self._native = Task._from_json("{" + request + "}", pipeline)

    @classmethod
    def from_json(cls, request: str, pipeline: Pipeline | None = None) -> Task[Any]:
        """The task of a request in JSON, which is the same in every language."""
        own = cls.__new__(cls)
        own._native = cls._from_json(request, pipeline)
        return own

    @classmethod
    def ranking_parts(
        cls,
        pipeline: Pipeline,
        leads: Iterable[object],
        *,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        mask: bool = False,
    ) -> list[Task[list[RankedLead]]]:
        """The questions of a ranking of any number of leads, each with its own id.

        Each question is about at most 20 leads of similar score, the best first. `rank` asks them one after another;
        to ask several at once, conclude each yourself and give the results to `merge_rankings`.
        """
        records, refused = records_json(leads)
        for error in refused.values():
            raise error
        options = json.loads(context_json(as_of, zone, strict=strict))
        fields: dict[str, object] = {"task": "ranking", "mask": mask}
        fields |= {name: options[name] for name in ("as_of", "zone", "mode")}
        request = f'{_text(fields, "")[:-1]},"leads":{records}}}'
        if not isinstance(pipeline, Pipeline):
            raise LeadscoreError("invalid_task", "pipeline", f"wants a Pipeline, found {shown(pipeline)}")
        parts: list[str] = json.loads(pipeline._native.ranking_parts_json(request))
        return [cls.from_json(part, pipeline) for part in parts]

    @staticmethod
    def _from_json(request: str, pipeline: Pipeline | None) -> _native.Task:
        if pipeline is not None and not isinstance(pipeline, Pipeline):
            raise LeadscoreError("invalid_task", "pipeline", f"wants a Pipeline, found {shown(pipeline)}")
        return _native.Task.from_json(request, None if pipeline is None else pipeline._native)

    def prompt(self) -> Prompt:
        """What a model is asked."""
        fields = json.loads(self._native.prompt_json())
        return Prompt(**{**fields, "schema": json.loads(fields["schema"])})

    def conclude(self, answer: Answer | ModelFailure = None) -> Assisted[Output]:
        """The result from what came of asking: the answer if it passes every check, else that of the rules."""
        return self._conclude(_outcome(answer))

    def over_budget(self) -> Assisted[Output]:
        """The result where a model was not asked because the call could have exceeded a budget."""
        return self._conclude('{"not_asked":"over_budget"}')

    def _conclude(self, outcome: str) -> Assisted[Output]:
        fields = json.loads(self._native.conclude_json(outcome))
        usage = fields.get("usage")
        return Assisted(
            fields["output"],
            TaskProvenance(**fields["provenance"]),
            None if usage is None else Usage(**usage),
            fields.get("cost"),
        )

    def __repr__(self) -> str:
        return f"Task({self.prompt().task!r})"


@overload
def assist(
    task: Task[Output], ask: Callable[[Prompt], Awaitable[Answer]]
) -> Coroutine[Any, Any, Assisted[Output]]: ...


@overload
def assist(task: Task[Output], ask: Callable[[Prompt], Answer]) -> Assisted[Output]: ...


def assist(task: Task[Any], ask: Callable[[Prompt], Any]) -> Any:
    """Asks once and concludes: `assist(task, ask)` with a function, `await assist(task, ask)` with an async one.

    Time-outs, broken connections and errors with an HTTP status, as the vendors' SDKs raise them, become the reason
    of a result by the rules, named by their class alone. All other exceptions are yours and are raised.
    """
    try:
        answer = ask(task.prompt())
    except Exception as error:
        return task.conclude(_failure_or_raise(error))
    return _finish(task, answer) if inspect.isawaitable(answer) else task.conclude(answer)


async def _finish(task: Task[Output], answer: Awaitable[Answer]) -> Assisted[Output]:
    try:
        found = await answer
    except Exception as error:
        return task.conclude(_failure_or_raise(error))
    return task.conclude(found)


def _failure_or_raise(error: Exception) -> ModelFailure:
    """What an exception says of a call, as far as it is one that every client may have."""
    if isinstance(error, ModelFailure):
        return error
    # Messages of the SDKs can hold parts of keys and addresses.
    name = type(error).__name__
    for attribute in ("status_code", "status", "code"):
        status = getattr(error, attribute, None)
        if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599:
            return ModelFailure(status, name, retry_after=_retry_after(error))
    # The builtin ones, and those of the HTTP clients: `ConnectTimeout`, `APIConnectionError`, httpx's `TransportError`.
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if any("Timeout" in kind for kind in kinds):
        return ModelFailure("timeout", name)
    if any("Connect" in kind or kind == "TransportError" for kind in kinds):
        return ModelFailure("connection", name)
    raise error


def _retry_after(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None)
    try:
        seconds = float(cast("Mapping[str, str]", headers)["retry-after"])
    except (KeyError, TypeError, ValueError):
        return None
    return seconds if 0 <= seconds < 1e6 else None


def _outcome(answer: object) -> str:
    fields: dict[str, Any]
    match answer:
        case None:
            return "null"
        case str():
            fields = {"reply": answer}
        case Reply():
            fields = {"reply": answer.text, "model": answer.model, "cost": answer.cost}
            fields["usage"] = None if answer.usage is None else asdict(answer.usage)
        case ModelFailure():
            usage = None if answer.usage is None else asdict(answer.usage)
            own = {"kind": answer.kind, "status": answer.status, "message": answer.message}
            fields = {"failure": own | {"retry_after": answer.retry_after, "usage": usage}}
        case _:
            raise LeadscoreError(
                "invalid_task", "", f"wants a text, a Reply, a ModelFailure or None, found {shown(answer)}"
            )
    return _text(fields, "")


def _text(value: object, path: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise LeadscoreError("invalid_task", path, f"cannot be written as JSON: {error}") from None
