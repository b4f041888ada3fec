import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { LeadscoreError, Pipeline, type TrainOptions, trainFile, trainFileAsync } from 'leadscore';
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
