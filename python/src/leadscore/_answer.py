"""What a model is asked, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from leadscore._results import FailureKind


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


Answer: TypeAlias = "str | Reply | None"
"""What a callable gives: the text of the answer, the answer with its usage, or None where no model was asked."""
