import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { LeadscoreError, Pipeline, type TrainOptions, type TrainProgress, trainFile, trainFileAsync } from 'leadscore';
import { ROOT } from './support.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'leadscore-test-'));
const INPUT = join(FOLDER, 'past.csv');
after(() => rmSync(FOLDER, { recursive: true }));

/** Made-up leads: more visits and a fair are better. */
function table(): string {
  const rows = Array.from({ length: 400 }, (_, row) => {
    const [visits, source] = [(row * 7) % 20, ['Ads', 'Fair', 'Web'][row % 3]];
    const won = visits + (source === 'Fair' ? 6 : 0) + ((row * 5) % 23) > 22;
    return `${visits === 3 ? 999 : visits},${source},${won ? 'Won' : 'Lost'}`;
  });
  return ['Visits,Source,Outcome', ...rows, ''].join('\n');
}
writeFileSync(INPUT, table());
const OPTIONS: TrainOptions = { input: INPUT, target: 'Outcome', as_of: '2026-11-22', rounds: 30 };

test('past leads become a pipeline with a report', async () => {
  const output = join(FOLDER, 'own.json');
  const more = { missing: { Visits: [999] }, monotone: { visits: 'rising' }, capture: [0.5, 0.8], folds: 3 } as const;
  const found = trainFile({ ...OPTIONS, ...more, output, as_of: new Date('2026-11-22') });
  const { pipeline, report } = found;
  assert.equal(pipeline.describe().id, 'own');
  assert.equal(report.content_hash, pipeline.describe().content_hash);
  assert.equal(Pipeline.load(output).describe().content_hash, report.content_hash);
  assert.deepEqual([report.leads, report.folds.length, report.moments, report.time_order], [400, 3, null, null]);
  const [low, high] = report.out_of_fold.auc_interval;
  assert.ok(0.7 < low && low < report.out_of_fold.auc && report.out_of_fold.auc < high);
  assert.deepEqual(report.left_out, [{ column: 'Outcome', reason: 'the target' }]);
  assert.equal(
    report.tiers.reduce((sum, { leads }) => sum + leads, 0),
    400,
  );
  const good = pipeline.score({ Visits: 19, Source: 'Fair' }, { as_of: '2026-11-22' });
  assert.ok((good.probability ?? 0) > 0.6);
  assert.ok(good.explanation.reasons.length > 0);
  // Off the event loop, and from a URL, it is the same to the byte.
  const input = pathToFileURL(INPUT);
  const same = await trainFileAsync({ ...OPTIONS, ...more, input, pipeline_id: 'own', threads: 2 });
  assert.equal(same.pipeline.toText(), pipeline.toText());
  assert.deepEqual(same.report, report);
});

test('a log is learned from as of moments of lives', () => {
  const { report, pipeline } = trainFile({
    input: join(ROOT, 'examples', 'past_leads.csv'),
    activities: join(ROOT, 'examples', 'activities.csv'),
    id: 'lead_id',
    horizon: 30,
    every: 10,
    start: 'created_at',
    won_by: ['meeting'],
    drop: ['won', 'name', 'email'],
    as_of: '2026-11-20',
    rounds: 5,
  });
  assert.deepEqual([report.moments?.horizon_days, report.without_outcome], [30, null]);
  assert.ok(pipeline.describe().reads_activities);
});

test('what cannot be learned from says why', async () => {
  const refused = (options: object, path: string, code = 'invalid_context') =>
    assert.throws(
      () => trainFile({ ...OPTIONS, ...options }),
      (error) => error instanceof LeadscoreError && error.code === code && error.path === path,
      `${JSON.stringify(options)}`,
    );
  refused({ target: 'Outcom' }, 'target');
  refused({ target: undefined }, 'target');
  refused({ target: 'Source' }, 'positive');
  refused({ taget: 'Outcome' }, 'taget');
  refused({ rounds: 'many' }, 'options');
  refused({ positive: 'Won' }, 'options');
  refused({ folds: 1 }, 'folds');
  refused({ monotone: { visit: 'rising' } }, 'monotone', 'unknown_name');
  refused({ as_of: Number.NaN }, 'as_of');
  refused({ threads: 0 }, 'threads');
  refused({ output: INPUT }, 'output');
  refused({ input: join(FOLDER, 'none.csv') }, join(FOLDER, 'none.csv'), 'not_found');
  await assert.rejects(trainFileAsync({ ...OPTIONS, signal: AbortSignal.abort() }), { name: 'AbortError' });
  // While it goes on, too.
  const controller = new AbortController();
  const work = trainFileAsync({ ...OPTIONS, rounds: 2000, folds: 50, signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(work, { name: 'AbortError' });
});

test('rows count by a column, and records have columns by other names', async () => {
  const records = table()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([visits, Source, Outcome]) => {
      return { Visits: Number(visits), Source, weight: Outcome === 'Won' ? 1 : 4, Outcome };
    });
  const [input, map] = [join(FOLDER, 'past.jsonl'), join(FOLDER, 'map.json')];
  writeFileSync(input, records.map((record) => JSON.stringify(record)).join('\n'));
  writeFileSync(map, '{"format": 1, "attributes": {"visit_count": "Visits"}}');
  const { report, pipeline } = await trainFileAsync({ ...OPTIONS, input, map: pathToFileURL(map), weight: 'weight' });
  const [won, all] = [report.won, report.leads];
  const total = won + 4 * (all - won);
  assert.deepEqual(report.weights, { column: 'weight', zero_rows: 0, total, won_share: won / total });
  assert.deepEqual(report.columns[0], { feature: 'visit_count', column: 'Visits' });
  assert.ok(pipeline.score({ visit_count: 19, Source: 'Fair' }, { as_of: '2026-11-22' }).probability);
  assert.equal(trainFile(OPTIONS).report.weights, null);
});

test('progress is told, and what a listener throws ends the work', async () => {
  const long = { ...OPTIONS, rounds: 2000, folds: 8 };
  for (const learn of [trainFile, trainFileAsync]) {
    const told: TrainProgress[] = [];
    const began = performance.now();
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    const found = await learn({ ...long, onProgress: (progress) => told.push(progress) });
    clearInterval(ticking);
    const seconds = (performance.now() - began) / 1000;
    assert.equal(found.report.folds.length, 8);
    // Now and then, however many rounds there are.
    assert.ok(told.length >= 1 && told.length <= 2 + seconds * 25, `${told.length} in ${seconds} s`);
    assert.equal(turns > 0, learn === trainFileAsync);
    const sizes = ['small', 'medium', 'large'];
    for (const { fold, foldCount, size, round, heldOutLoss } of told) {
      assert.ok(sizes.includes(size));
      assert.ok(fold >= 1 && fold <= 8 && foldCount === 8 && round >= 1 && heldOutLoss > 0 && heldOutLoss < 2);
    }
    const order = told.map(({ fold, size, round }) => (fold * 3 + sizes.indexOf(size)) * 10_000 + round);
    assert.deepEqual(order, order.toSorted((a, b) => a - b));
  }
  const reason = new Error('enough');
  let calls = 0;
  const options = {
    ...long,
    folds: 50,
    onProgress: () => {
      calls++;
      throw reason;
    },
  };
  assert.throws(() => trainFile(options), reason);
  await assert.rejects(trainFileAsync(options), reason);
  assert.equal(calls, 2);
  // A signal ends it, also by the listener.
  const controller = new AbortController();
  const { signal } = controller;
  const stopped = trainFileAsync({ ...long, folds: 50, signal, onProgress: () => controller.abort() });
  await assert.rejects(stopped, { name: 'AbortError' });
  const wrong = { ...OPTIONS, onProgress: 7 } as unknown as TrainOptions;
  assert.throws(() => trainFile(wrong), { code: 'invalid_context', path: 'onProgress' });
  await assert.rejects(trainFileAsync(wrong), { code: 'invalid_context', path: 'onProgress' });
});
