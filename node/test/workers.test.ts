import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { Pipeline } from 'leadscore';
import { AS_OF } from './support.js';

const PACKAGE = join(__dirname, '..');
const LEADS = Array.from({ length: 500 }, (_, at) => ({
  lead_id: at,
  company_revenue: at * 1000,
  company_employee_count: at % 300,
}));

/** What a worker does with a pipeline of its own. */
const SCORES = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { Pipeline } = require(workerData.package);
  const pipeline = Pipeline.fromJSON(workerData.pipeline);
  const options = { as_of: workerData.as_of, detail: 'brief' };
  (async () => {
    const now = JSON.stringify(pipeline.scoreMany(workerData.leads, options));
    const later = JSON.stringify(await pipeline.scoreManyAsync(workerData.leads, options));
    parentPort.postMessage(now === later ? now : 'differs');
  })();
`;

/** Never ends by itself. */
const BUSY = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { Pipeline } = require(workerData.package);
  const pipeline = Pipeline.fromJSON(workerData.pipeline);
  const matrix = new Float64Array(50 * 200000);
  for (let at = 0; at < 3; at += 1) {
    pipeline.scoreMatrixAsync(matrix, { threads: 1 });
    pipeline.scoreManyAsync(workerData.leads, { signal: new AbortController().signal });
  }
  parentPort.postMessage('busy');
`;

test('eight workers score at once, with the same bits', async () => {
  const pipeline = Pipeline.builtin('b2b');
  const workerData = { package: PACKAGE, pipeline: pipeline.toText(), leads: LEADS, as_of: AS_OF };
  const answers = await Promise.all(
    Array.from(
      { length: 8 },
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(SCORES, { eval: true, workerData });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
  const wanted = JSON.stringify(pipeline.scoreMany(LEADS, { as_of: AS_OF, detail: 'brief' }));
  for (const answer of answers) {
    assert.equal(answer, wanted);
  }
});

test('workers that come and go, and one that is ended in the middle of work', async () => {
  const pipeline = Pipeline.builtin('b2b').toText();
  for (let round = 0; round < 6; round += 1) {
    const worker = new Worker(BUSY, { eval: true, workerData: { package: PACKAGE, pipeline, leads: LEADS } });
    await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    assert.equal(await worker.terminate(), 1);
  }
  assert.equal(Pipeline.builtin('b2b').id, 'b2b');
});

test('what a handle holds crosses over as its text, the handle does not', () => {
  assert.throws(() => structuredClone(Pipeline.builtin('heat').score), { name: 'DataCloneError' });
  const clone = structuredClone(Pipeline.builtin('heat'));
  assert.equal(clone instanceof Pipeline, false);
  assert.equal(Pipeline.fromJSON(structuredClone(Pipeline.builtin('heat').toJSON())).id, 'heat');
});
