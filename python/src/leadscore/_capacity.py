"""Who is in, where only so many leads can be worked on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

from leadscore import _native
from leadscore._errors import LeadscoreError, shown


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a lead stands in its group: its rank from 1 (none without a score), and whether it is in.

    `tied` says that equal leads stand on both sides of the cut; the earlier ones of the list are in.
    """

    rank: int | None
    within: bool
    tied: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """Leads with one score, by their positions in the list from 0: those in, and those left out."""

    score: float
    within: tuple[int, ...]
    beyond: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """What came of a group: how many leads have a rank, and how many of them are in.

    The group is None for leads without one, and where the capacity is for the whole list.
    """

    group: str | None
    leads: int
    within: int
    tie: Tie | None


@dataclass(frozen=True, slots=True)
class CapacityRanking:
    """Every lead in the order of the list, and the groups by name."""

    leads: tuple[Standing, ...]
    groups: tuple[GroupStanding, ...]


class Capacity:
    """How many leads can be worked on: `40`, `10 %` (rounded up), or `40/owner` for each value of a column.

    >>> from leadscore import Capacity
    >>> ranking = Capacity("1/owner").rank([60.0, 80.0, 60.0, None], ["ana", "ben", "ana", "ana"])
    >>> [lead.within for lead in ranking.leads]
    [True, True, False, False]
    >>> ranking.groups[0].tie
    Tie(score=60.0, within=(0,), beyond=(2,))
    """

    __slots__ = ("_text",)

    def __init__(self, capacity: str | int) -> None:
        if isinstance(capacity, bool) or not isinstance(capacity, (str, int)):
            message = f"wants a text such as '40/owner' or a number of leads, found {shown(capacity)}"
            raise LeadscoreError("invalid_context", "capacity", message)
        self._text = str(capacity)
        _rank(self._text, [], [])

    def rank(
        self, scores: Iterable[float | None], groups: Iterable[str | None] | None = None
    ) -> CapacityRanking:
        """Ranks the leads of a list by score, the best first, and of equal scores the earlier one first.

        A score of None or NaN takes no place: that of a lead which was refused, or ruled out
        (`None if p.disqualified else p.score`). `groups` are the values of the column, one for each lead; leads
        without one are a group of their own.
        """
        return _rank(self._text, [_number(score) for score in scores], [] if groups is None else list(groups))

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Capacity({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Capacity) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def _number(score: float | None) -> float | None:
    try:
        number = math.nan if score is None else float(score)
    except (TypeError, ValueError):
        raise LeadscoreError("invalid_context", "scores", f"wants numbers, found {shown(score)}") from None
    if math.isinf(number):
        raise LeadscoreError("invalid_context", "scores", "a score is not finite")
    return None if math.isnan(number) else number


def _rank(capacity: str, scores: list[float | None], groups: list[str | None]) -> CapacityRanking:
    try:
        request = json.dumps({"capacity": capacity, "scores": scores, "groups": groups})
    except TypeError as error:
        raise LeadscoreError("invalid_context", "groups", f"wants texts: {error}") from None
    ranking = json.loads(_native.rank_capacity_json(request))
    leads = tuple([Standing(**lead) for lead in ranking["leads"]])
    return CapacityRanking(leads, tuple([_group(group) for group in ranking["groups"]]))


def _group(own: dict[str, object]) -> GroupStanding:
    tie = own["tie"]
    if isinstance(tie, dict):
        tie = Tie(tie["score"], tuple(tie["within"]), tuple(tie["beyond"]))
    return GroupStanding(own["group"], own["leads"], own["within"], tie)  # type: ignore[arg-type]
