"""Rankings of many leads, with a callable in the model's place."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from leadscore import (
    LeadscoreError,
    ModelFailure,
    Pipeline,
    Prompt,
    Ranking,
    Reply,
    Task,
    assist,
    merge_rankings,
    rank,
)

PIPELINE = Pipeline.builtin("conversion")
LEADS = [{"id": f"l-{number}", "title": ["", "Manager", "CEO"][number % 3]} for number in range(45)]


def backwards(prompt: Prompt) -> str:
    """Puts the leads of a question the other way round, as far as their scores are alike."""
    numbers = [int(number) for number in re.findall(r'"lead":(\d+)', prompt.user)]
    places = [{"lead": number, "reason": "It suits us."} for number in reversed(numbers)]
    return json.dumps({"ranking": places})


def ranked(ranking: Ranking) -> list[str]:
    assert [lead["rank"] for lead in ranking.leads] == list(range(1, len(LEADS) + 1))
    return [lead["lead_id"] for lead in ranking.leads]


def test_many_leads_are_ranked_in_parts() -> None:
    prompts: list[Prompt] = []

    def ask(prompt: Prompt) -> Reply:
        prompts.append(prompt)
        return Reply(backwards(prompt), model="gpt-4o-mini")

    ranking = rank(PIPELINE, LEADS, ask, as_of="2026-11-22")
    assert [len(part.output) for part in ranking.parts] == [20, 20, 5]
    assert len(prompts) == 3
    assert sorted(ranked(ranking)) == sorted(lead["id"] for lead in LEADS)
    by_rules = rank(PIPELINE, LEADS, lambda prompt: None, as_of="2026-11-22")
    scores = [lead["score"] for lead in by_rules.leads]
    assert scores == sorted(scores, reverse=True)
    # Within each part the model's order is kept: the first of the last part was its last.
    last = ranking.parts[-1]
    assert last.provenance.author == "model"
    ids = [lead["lead_id"] for lead in last.output]
    assert ids == [lead["lead_id"] for lead in by_rules.parts[-1].output][::-1]
    assert [own for own in ranked(ranking) if own in ids] == ids


def test_async_and_at_once() -> None:
    async def ask(prompt: Prompt) -> str:
        await asyncio.sleep(0)
        return backwards(prompt)

    async def both() -> tuple[Ranking, Ranking]:
        one = await rank(PIPELINE, LEADS, ask, as_of="2026-11-22")
        tasks = Task.ranking_parts(PIPELINE, LEADS, as_of="2026-11-22")
        return one, merge_rankings(await asyncio.gather(*[assist(task, ask) for task in tasks]))

    one, other = asyncio.run(both())
    assert one == other == rank(PIPELINE, LEADS, backwards, as_of="2026-11-22")


def test_where_the_model_fails_the_scores_decide() -> None:
    answers: list[Callable[[Prompt], str]] = [backwards, lambda prompt: "Sure!", backwards]

    def ask(prompt: Prompt) -> str:
        return answers.pop(0)(prompt)

    authors = [part.provenance.author for part in rank(PIPELINE, LEADS, ask, as_of="2026-11-22").parts]
    assert authors == ["model", "rules", "model"]

    def fails(prompt: Prompt) -> str:
        raise ModelFailure(503, "busy")

    reason = rank(PIPELINE, LEADS, fails, as_of="2026-11-22").parts[0].provenance.reason
    assert reason is not None
    assert reason["kind"] == "failed"

    def defect(prompt: Prompt) -> str:
        raise KeyError("a defect")

    with pytest.raises(KeyError):
        rank(PIPELINE, LEADS, defect, as_of="2026-11-22")


@pytest.mark.parametrize("leads", [[], [*LEADS, LEADS[0]], [*LEADS, {"title": "CEO"}], [*LEADS, 5]])
def test_what_cannot_be_ranked_is_refused_before_anybody_is_asked(leads: list[Any]) -> None:
    def ask(prompt: Prompt) -> str:
        pytest.fail("it was asked")

    with pytest.raises(LeadscoreError) as caught:
        rank(PIPELINE, leads, ask, as_of="2026-11-22")
    assert caught.value.path == ("leads[45]" if leads else "leads")
    wrong: Any = rank
    with pytest.raises(LeadscoreError):
        wrong("conversion", LEADS, ask)


def test_details_go_out_as_placeholders() -> None:
    leads = [{"id": "l-1", "name": "Ann Lee"}, {"id": "l-2"}]
    prompts: list[str] = []

    def ask(prompt: Prompt) -> str:
        prompts.append(prompt.user)
        return backwards(prompt)

    rank(PIPELINE, leads, ask, as_of="2026-11-22", mask=True)
    assert "[NAME_1]" in prompts[0]
    assert "Ann" not in prompts[0]
