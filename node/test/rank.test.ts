import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ModelFailure, Pipeline, type Prompt, type Ranking, Task, assist, mergeRankings, rank } from 'leadscore';
import { refused } from './support.js';

// What is wrong by its type too.
type Any = any;

const pipeline = Pipeline.builtin('conversion');
const leads = Array.from({ length: 45 }, (_, at) => ({ id: `l-${at}`, title: ['', 'Manager', 'CEO'][at % 3] ?? '' }));
const fields = { pipeline, leads, as_of: '2026-11-22' };

/** Puts the leads of a question the other way round. */
function backwards(prompt: Prompt): string {
  const numbers = [...prompt.user.matchAll(/"lead":(\d+)/g)].map((found) => Number(found[1]));
  return JSON.stringify({ ranking: numbers.reverse().map((lead) => ({ lead, reason: 'It suits us.' })) });
}

const ids = (ranking: Ranking) => ranking.leads.map((lead) => lead.lead_id);

test('many leads are ranked in parts', async () => {
  let count = 0;
  const ranking = await rank(fields, async (prompt) => {
    count += 1;
    return { text: backwards(prompt), model: 'gpt-4o-mini' };
  });
  assert.deepEqual([count, ranking.parts.map((part) => part.output.length)], [3, [20, 20, 5]]);
  assert.deepEqual(ids(ranking).sort(), leads.map((lead) => lead.id).sort());
  assert.deepEqual(ranking.leads.map((lead) => lead.rank), leads.map((_, at) => at + 1));
  const byRules = await rank(fields, () => null);
  const scores = byRules.leads.map((lead) => lead.score);
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a));
  // Within each part the model's order is kept.
  const last = ranking.parts[2]?.output.map((lead) => lead.lead_id) ?? [];
  assert.equal(ranking.parts[2]?.provenance.author, 'model');
  assert.deepEqual(last, byRules.parts[2]?.output.map((lead) => lead.lead_id).reverse());
  assert.deepEqual(ids(ranking).filter((id) => last.includes(id)), last);
  // Asked all at once it is the same.
  const parts = Task.rankingParts(fields).map((task) => assist(task, backwards));
  assert.deepEqual(ids(mergeRankings(await Promise.all(parts))), ids(ranking));
});

test('where the model fails the scores decide', async () => {
  let count = 0;
  const { parts } = await rank(fields, (prompt) => {
    count += 1;
    if (count === 1) {
      throw new ModelFailure(503, 'busy');
    }
    return count === 2 ? 'Sure!' : backwards(prompt);
  });
  assert.deepEqual(parts.map((part) => part.provenance.reason?.kind), ['failed', 'rejected', undefined]);
  const defect = new TypeError('a defect');
  await assert.rejects(rank(fields, () => Promise.reject(defect)), (thrown) => thrown === defect);
});

test('what cannot be ranked is refused before anybody is asked', async () => {
  const ask = () => assert.fail('it was asked');
  const wrong: [Any, string, string][] = [
    [{ ...fields, leads: [] }, 'invalid_task', 'leads'],
    [{ ...fields, leads: [...leads, leads[0]] }, 'invalid_task', 'leads[45]'],
    [{ ...fields, leads: [...leads, { title: 'CEO' }] }, 'invalid_task', 'leads[45]'],
    [{ ...fields, leads: [...leads, 5] }, 'invalid_lead', 'leads[45]'],
    [{ ...fields, leads: 'abc' }, 'invalid_task', 'leads'],
    [{ ...fields, pipeline: 'conversion' }, 'invalid_task', 'pipeline'],
    [{ ...fields, band: 0.1 }, 'invalid_task', ''],
    [undefined, 'invalid_task', ''],
  ];
  for (const [own, code, path] of wrong) {
    await assert.rejects(rank(own, ask), refused(code, path));
  }
  for (const parts of [undefined, 'abc', [7], [{ output: [{}] }]] as Any[]) {
    assert.throws(() => mergeRankings(parts), refused('invalid_task'));
  }
  assert.deepEqual(mergeRankings([]), { leads: [], parts: [] });
});

test('details go out as placeholders', async () => {
  const own = [{ id: 'l-1', name: 'Ann Lee' }, { id: 'l-2' }];
  await rank({ ...fields, leads: own, mask: true }, (prompt) => {
    assert.ok(prompt.user.includes('[NAME_1]') && !prompt.user.includes('Ann'), prompt.user);
    return null;
  });
});
