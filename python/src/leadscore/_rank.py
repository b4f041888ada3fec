"""Rankings of more leads than one question has room for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, TypeAlias, overload

from leadscore import _native
from leadscore._answer import Answer, Prompt
from leadscore._encode import Moment
from leadscore._pipeline import Pipeline
from leadscore._results import RankedLead
from leadscore._task import Assisted, Task, assist

_Part: TypeAlias = Assisted[list[RankedLead]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Leads in the order in which to work through them, and the results of the questions that it is made of."""

    leads: list[RankedLead]
    parts: list[Assisted[list[RankedLead]]]


def merge_rankings(parts: Iterable[Assisted[list[RankedLead]]]) -> Ranking:
    """One ranking of the results of `Task.ranking_parts`.

    The order within each is kept, and of their next leads the one with the higher score comes first.
    """
    own = list(parts)
    merged = _native.merge_rankings_json(json.dumps([part.output for part in own]))
    return Ranking(json.loads(merged), own)


@overload
def rank(
    pipeline: Pipeline,
    leads: Iterable[object],
    ask: Callable[[Prompt], Awaitable[Answer]],
    *,
    as_of: Moment | None = None,
    zone: str | tzinfo = "UTC",
    strict: bool = False,
    mask: bool = False,
) -> Coroutine[Any, Any, Ranking]: ...


@overload
def rank(
    pipeline: Pipeline,
    leads: Iterable[object],
    ask: Callable[[Prompt], Answer],
    *,
    as_of: Moment | None = None,
    zone: str | tzinfo = "UTC",
    strict: bool = False,
    mask: bool = False,
) -> Ranking: ...


def rank(
    pipeline: Pipeline,
    leads: Iterable[object],
    ask: Callable[[Prompt], Any],
    *,
    as_of: Moment | None = None,
    zone: str | tzinfo = "UTC",
    strict: bool = False,
    mask: bool = False,
) -> Any:
    """Any number of leads, each with its own id, in the order in which to work through them.

    A model is asked about at most 20 leads at a time, one question after another, as `assist` asks: with an async
    function, `await rank(...)`. Where it has no good answer about some leads, those are in the order of their scores.

    >>> from leadscore import Pipeline, rank
    >>> leads = [{"id": number, "email_open_count": number} for number in range(30)]
    >>> ranking = rank(Pipeline.builtin("conversion"), leads, lambda prompt: None, as_of="2026-11-22")
    >>> len(ranking.leads), len(ranking.parts), ranking.leads[0]["rank"]
    (30, 2, 1)
    """
    tasks = Task.ranking_parts(pipeline, leads, as_of=as_of, zone=zone, strict=strict, mask=mask)
    parts: list[_Part] = []
    for at, task in enumerate(tasks):
        part: Any = assist(task, ask)
        if inspect.isawaitable(part):
            return _finish(parts, part, tasks[at + 1 :], ask)
        parts.append(part)
    return merge_rankings(parts)


async def _finish(
    parts: list[_Part],
    next_part: Awaitable[_Part],
    tasks: Sequence[Task[list[RankedLead]]],
    ask: Callable[[Prompt], Any],
) -> Ranking:
    parts.append(await next_part)
    for task in tasks:
        part: Any = assist(task, ask)
        parts.append(await part if inspect.isawaitable(part) else part)
    return merge_rankings(parts)
