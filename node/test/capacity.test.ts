import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Capacity, Pipeline } from 'leadscore';
import { refused } from './support.js';

// What is wrong by its type too.
type Any = any;

const ranks = Pipeline.fromJSON(
  `{"format":1,"id":"ranks","schema":{"features":[
{"name":"visits","type":"number","source":{"from":"attribute","name":"visits"}}]},
"scorer":{"kind":"scorecard","unit":"points","base":0,"range":[0,100],
"groups":[{"code":"g","rules":[{"code":"visits","points":"visits"}]}]},"scale":{"kind":"points"},
"tiers":{"on":"rank","bounds":[{"tier":"TODAY","top":1},{"tier":"WEEK","top":"50 %"},{"tier":"LATER"}]}}`,
);
const as_of = '2026-11-22';

test('the best of each owner are in', () => {
  const ranking = new Capacity('1/owner').rank([60, 80, 60, null, Number.NaN], ['ana', 'ben', 'ana', 'ana', undefined]);
  assert.deepEqual(ranking.leads.map((lead) => lead.within), [true, true, false, false, false]);
  assert.deepEqual(ranking.groups[0], {
    group: 'ana',
    leads: 2,
    within: 1,
    tie: { score: 60, within: [0], beyond: [2] },
  });
  assert.deepEqual(new Capacity(2).rank(new Float64Array([1, 3, 2])).leads.map((lead) => lead.rank), [3, 1, 2]);
  assert.equal(String(new Capacity('10 %')), '10 %');
});

test('mistakes are told', () => {
  for (const capacity of ['0', '101 %', 1.5, true, undefined] as Any[]) {
    assert.throws(() => new Capacity(capacity), refused('invalid_context'));
  }
  assert.throws(() => new Capacity('1').rank([1], ['ana']), refused('invalid_context'));
  assert.throws(() => new Capacity('1/owner').rank([1]), refused('invalid_context'));
  assert.throws(() => new Capacity('1').rank(['much'] as Any), refused('invalid_context'));
  assert.throws(() => new Capacity('1').rank([Infinity]), refused('invalid_context'));
});

test('tiers by rank are those of the whole list', async () => {
  const leads = Array.from({ length: 3000 }, (_, at) => ({ visits: ((at * 7919) % 9973) / 100 }));
  const tiers = ranks.scoreMany(leads, { as_of }).map((one) => (one.error ? 'refused' : one.tier));
  const count = (name: string) => tiers.filter((tier) => tier === name).length;
  assert.deepEqual([count('TODAY'), count('WEEK'), count('LATER')], [1, 1499, 1500]);
  const later = await ranks.scoreManyAsync(leads, { as_of });
  assert.deepEqual(later.map((one) => (one.error ? 'refused' : one.tier)), tiers);
  const names = ranks.describe().tiers.map((tier) => tier.tier);
  const matrix = ranks.scoreMatrix(ranks.featureMatrix(leads, { as_of }));
  assert.deepEqual([...matrix.tiers].map((at) => names[at]), tiers);
});

test('a lead alone has no tier and that is said', () => {
  const alone = ranks.score({ visits: 5 }, { as_of });
  assert.deepEqual([alone.tier, alone.action], [null, null]);
  assert.match(alone.warnings[0] ?? '', /scored alone/);
});

test('a file says who is in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leadscore-'));
  try {
    const [input, output] = [join(folder, 'leads.csv'), join(folder, 'out.csv')];
    writeFileSync(input, 'lead_id,visits,owner\na,5,ana\nb,5,ana\nc,1,ben\n');
    const { capacity } = ranks.scoreFile({ input, output, as_of, capacity: new Capacity('1/owner') });
    assert.deepEqual(capacity?.groups[0], {
      group: 'ana',
      leads: 2,
      within: 1,
      tie: { score: 5, rows_within: [1], rows_beyond: [2] },
    });
    assert.match(readFileSync(output, 'utf8'), /capacity_rank,within_capacity,capacity_tied/);
    assert.equal(ranks.scoreFile({ input, output, as_of }).capacity, undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
