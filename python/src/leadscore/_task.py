"""Questions to a language model: what is asked, how the answer is checked, and the result without a model."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import tzinfo
from typing import Any, Literal, TypeAlias, cast, overload

from leadscore import _native
from leadscore._encode import Moment, context_json, record_json, records_json
from leadscore._errors import LeadscoreError, shown
from leadscore._pipeline import Pipeline

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

FailureKind: TypeAlias = Literal[
    "timeout",
    "connection",
    "rate_limited",
    "unavailable",
    "no_credit",
    "unauthorized",
    "unknown_model",
    "bad_request",
    "refused",
    "truncated",
    "bad_response",
    "cancelled",
]
"""Why there is no answer of a model."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked. All that comes from a lead is in `user`, never in `system`.

    `schema` is the JSON Schema of the answer, which the vendors' structured outputs take as it is. That of `email` is
    `{"type": "string"}`: the answer is plain text, and a vendor that wants an object is sent no schema.
    """

    task: str
    version: int
    system: str
    user: str
    schema: dict[str, Any]
    max_output_tokens: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call; the cached ones are among the input, hidden reasoning is output."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer, with the model's name and the tokens where they are known.

    The cost in US dollars is worked out from them where it is not given and the model's price is known.
    """

    text: str
    model: str | None = None
    usage: Usage | None = None
    cost: float | None = None


class ModelFailure(Exception):  # noqa: N818
    """There is no answer, by a kind or an HTTP status; the result then is that of the rules.

    The message is kept in the result, so it must hold no secret.
    """

    kind: FailureKind | None
    status: int | None
    message: str
    retry_after: float | None
    usage: Usage | None

    def __init__(
        self,
        kind: FailureKind | int,
        message: str = "",
        *,
        retry_after: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(kind, message)
        self.kind = None if isinstance(kind, int) else kind
        self.status = kind if isinstance(kind, int) else None
        self.message = message
        self.retry_after = retry_after
        self.usage = usage


@dataclass(frozen=True, slots=True)
class TaskProvenance:
    """Where a result comes from: `author` is `model` or `rules`, and `reason` says why it is not a model's."""

    task: str
    version: int
    author: Literal["model", "rules"]
    model: str | None = None
    reason: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Assisted:
    """A task's result, always complete; where it comes from; the tokens used and their cost in US dollars, if known.

    `output` is plain data, with the fields of its task.
    """

    output: Any
    provenance: TaskProvenance
    usage: Usage | None = None
    cost: float | None = None


Answer: TypeAlias = "str | Reply | None"
"""What a callable gives: the text of the answer, the answer with its usage, or None where no model was asked."""


class Task:
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
        channel: Literal["email", "whatsapp", "instagram"] | None = None,
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
    def from_json(cls, request: str, pipeline: Pipeline | None = None) -> Task:
        """The task of a request in JSON, which is the same in every language."""
        own = cls.__new__(cls)
        own._native = cls._from_json(request, pipeline)
        return own

    @staticmethod
    def _from_json(request: str, pipeline: Pipeline | None) -> _native.Task:
        if pipeline is not None and not isinstance(pipeline, Pipeline):
            raise LeadscoreError("invalid_task", "pipeline", f"wants a Pipeline, found {shown(pipeline)}")
        return _native.Task.from_json(request, None if pipeline is None else pipeline._native)

    def prompt(self) -> Prompt:
        """What a model is asked."""
        fields = json.loads(self._native.prompt_json())
        return Prompt(**{**fields, "schema": json.loads(fields["schema"])})

    def conclude(self, answer: Answer | ModelFailure = None) -> Assisted:
        """The result from what came of asking: the answer if it passes every check, else that of the rules."""
        return self._conclude(_outcome(answer))

    def over_budget(self) -> Assisted:
        """The result where a model was not asked because the call could have exceeded a budget."""
        return self._conclude('{"not_asked":"over_budget"}')

    def _conclude(self, outcome: str) -> Assisted:
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
def assist(task: Task, ask: Callable[[Prompt], Awaitable[Answer]]) -> Coroutine[Any, Any, Assisted]: ...


@overload
def assist(task: Task, ask: Callable[[Prompt], Answer]) -> Assisted: ...


def assist(task: Task, ask: Callable[[Prompt], Any]) -> Any:
    """Asks once and concludes: `assist(task, ask)` with a function, `await assist(task, ask)` with an async one.

    Time-outs, broken connections and errors with an HTTP status, as the vendors' SDKs raise them, become the reason
    of a result by the rules, named by their class alone. All other exceptions are yours and are raised.
    """
    try:
        answer = ask(task.prompt())
    except Exception as error:
        return task.conclude(_failure_or_raise(error))
    return _finish(task, answer) if inspect.isawaitable(answer) else task.conclude(answer)


async def _finish(task: Task, answer: Awaitable[Answer]) -> Assisted:
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
