import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { type FileSummary, Forest, type Lead, Pipeline } from 'leadscore';
import { AS_OF, EXAMPLES, folder } from './support.js';

const pipeline = Pipeline.builtin('conversion');
const forest = Forest.load(join(EXAMPLES, 'x_education.ubj'));
const columns = forest.featureNames.length;

function leads(count: number): Lead[] {
  return Array.from({ length: count }, (_, at) => ({ lead_id: at, company: 'Acme', title: 'CEO' }));
}

test('an aborted signal rejects with its own reason', async (t) => {
  const reason = new Error('enough');
  const own = folder(t);
  const input = join(own, 'leads.csv');
  writeFileSync(input, 'lead_id,company\n' + 'x,Acme\n'.repeat(200_000));
  const output = join(own, 'out.csv');
  const matrix = new Float64Array(columns * 300_000);
  const wide = new Float64Array(30 * 300_000);
  const works: [string, (signal: AbortSignal) => Promise<unknown>][] = [
    ['scoreManyAsync', (signal) => pipeline.scoreManyAsync(leads(20_000), { signal, threads: 2 })],
    ['scoreMatrixAsync', (signal) => pipeline.scoreMatrixAsync(wide, { signal })],
    ['scoreFileAsync', (signal) => pipeline.scoreFileAsync({ input, output, signal })],
    ['marginAsync', (signal) => forest.marginAsync(matrix, { signal })],
    ['predictAsync', (signal) => forest.predictAsync(matrix, { signal, threads: 1 })],
    ['shapAsync', (signal) => forest.shapAsync(matrix, { signal, threads: 2 })],
    ['importanceAsync', (signal) => pipeline.importanceAsync('largest', undefined, { signal })],
  ];
  for (const [name, work] of works) {
    await assert.rejects(work(AbortSignal.abort(reason)), reason, name);
    if (name === 'importanceAsync') {
      continue;
    }
    const abort = new AbortController();
    const started = performance.now();
    const promise = work(abort.signal);
    setTimeout(() => abort.abort(reason), 5);
    await assert.rejects(promise, reason, name);
    assert.ok(performance.now() - started < 4000, `${name}: ${performance.now() - started} ms`);
    await assert.rejects(work(AbortSignal.timeout(5)), { name: 'TimeoutError' }, name);
  }
  assert.deepEqual(readdirSync(own), ['leads.csv']);
});

test('Ctrl-C ends work on this thread and off it', { skip: process.platform === 'win32' }, async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.csv');
  writeFileSync(input, 'lead_id,company\n' + 'x,Acme\n'.repeat(1_000_000));
  for (const method of ['scoreFile', 'scoreFileAsync']) {
    const script =
      `const pipeline = require('leadscore').Pipeline.builtin('conversion'); console.log('on it');` +
      `pipeline.${method}(${JSON.stringify({ input, output: join(own, 'out.csv') })});`;
    const cwd = join(__dirname, '..');
    const child = spawn(process.execPath, ['-e', script], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const started = performance.now();
    await wait(100);
    child.kill('SIGINT');
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGINT', method);
    assert.ok(performance.now() - started < 3000, method);
  }
  assert.ok(!existsSync(join(own, 'out.csv')));
});

test('one signal for many works, none of which leaves anything on it', async () => {
  const abort = new AbortController();
  let listeners = 0;
  const add = abort.signal.addEventListener.bind(abort.signal);
  const remove = abort.signal.removeEventListener.bind(abort.signal);
  abort.signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    return add(...args);
  };
  abort.signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    return remove(...args);
  };
  const row = new Float64Array(columns);
  const works = Array.from({ length: 10 }, () => forest.marginAsync(row, { signal: abort.signal }));
  assert.ok(listeners > 0);
  await Promise.all(works);
  assert.equal(listeners, 0);
  assert.equal(abort.signal.onabort, null);
  abort.abort();
  await assert.rejects(forest.marginAsync(row, { signal: abort.signal }), { name: 'AbortError' });
});

test('the event loop turns while work goes on', async () => {
  let turns = 0;
  const turn = setInterval(() => {
    turns += 1;
  }, 1);
  const matrix = new Float64Array(columns * 20_000);
  const [shap, many] = await Promise.all([
    forest.shapAsync(matrix, { threads: 1 }),
    pipeline.scoreManyAsync(leads(5000), { threads: 1 }),
  ]);
  clearInterval(turn);
  assert.equal(shap.length, 20_000 * (columns + 1));
  assert.equal(many.length, 5000);
  assert.ok(turns > 10, `${turns} turns`);
});

test('a stream of leads that breaks ends the work with its own error', async () => {
  async function* stream() {
    yield* leads(1000);
    throw new RangeError('mine');
  }
  await assert.rejects(pipeline.scoreManyAsync(stream()), new RangeError('mine'));
});

test('a file is scored into another', async (t) => {
  const own = folder(t);
  const options = {
    input: join(EXAMPLES, 'leads.csv'),
    activities: join(EXAMPLES, 'activities.csv'),
    as_of: new Date('2026-11-20T12:00:00Z'),
  };
  const summary = pipeline.scoreFile({ ...options, output: join(own, 'a.csv') });
  assert.equal(summary.scored, 60);
  const later = await pipeline.scoreFileAsync({ ...options, output: join(own, 'b.csv'), threads: 1 });
  assert.deepEqual(later, summary);
  assert.deepEqual(readFileSync(join(own, 'a.csv')), readFileSync(join(own, 'b.csv')));
  const html = await pipeline.scoreFileAsync({ ...options, output: join(own, 'c.html'), format: 'html', top: 5 });
  assert.equal(html.scored, 60);
  assert.ok(readFileSync(join(own, 'c.html'), 'utf8').toLowerCase().startsWith('<!doctype html>'));
});

test('the rows of a CSV file, one after another', async () => {
  const rows = pipeline.scoreRows(join(EXAMPLES, 'leads.csv'), {
    activities: join(EXAMPLES, 'activities.csv'),
    as_of: '2026-11-20T12:00:00Z',
    reasons: 2,
  });
  assert.ok(!rows.summary);
  const found = [];
  for await (const row of rows) {
    assert.equal(row.row, found.push(row));
    assert.ok(row.explanation.reasons.length <= 2);
  }
  assert.equal(found.length, 60);
  assert.equal((rows.summary as FileSummary | undefined)?.scored, 60);
  assert.equal(found[0]?.provenance.as_of, '2026-11-20T12:00:00Z');
  await assert.rejects(async () => {
    for await (const _ of rows) {
      assert.fail('the rows were taken');
    }
  }, TypeError);
});

test('the rows of a JSONL file have the bits of its records', async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.jsonl');
  // More than a buffer of rows, and letters of several bytes that may stand across its end.
  const records = leads(3000).map((lead) => ({ ...lead, company: 'Müller & Söhne 😀', note: null }));
  writeFileSync(input, records.map((record) => JSON.stringify(record)).join('\n'));
  const found = [];
  for await (const { row, ...prediction } of pipeline.scoreRows(input, { as_of: AS_OF, reasons: 5 })) {
    assert.equal(row, found.push(prediction));
  }
  assert.deepEqual(found, pipeline.scoreMany(records, { as_of: AS_OF }));
});

test('rows that nobody wants any more end the work and leave nothing behind', async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.csv');
  const many = 100_000;
  writeFileSync(input, 'lead_id,company\n' + 'x,Acme\n'.repeat(many));
  let first: number | undefined;
  for await (const row of pipeline.scoreRows(input)) {
    first = row.row;
    break;
  }
  assert.equal(first, 1);
  const abort = new AbortController();
  let count = 0;
  await assert.rejects(
    async () => {
      for await (const _ of pipeline.scoreRows(input, { signal: abort.signal })) {
        count += 1;
        if (count === 10) {
          abort.abort();
        }
      }
    },
    { name: 'AbortError' },
  );
  assert.equal(count, 10);
  // An iteration that was begun and let go of.
  const iterator = pipeline.scoreRows(input)[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return();
  assert.deepEqual(readdirSync(own), ['leads.csv']);
});

test('rows refused by the reader are counted, and kept where asked', async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.jsonl');
  const rejects = join(own, 'rejects.csv');
  writeFileSync(input, '{"lead_id": 1, "company": "Acme"}\nnothing\n{"lead_id": 3}\n');
  const rows = pipeline.scoreRows(input, { rejects, as_of: AS_OF });
  const ids = [];
  for await (const row of rows) {
    ids.push([row.row, row.lead_id]);
  }
  assert.deepEqual(ids, [[1, '1'], [3, '3']]);
  assert.equal(rows.summary?.rejected, 1);
  assert.match(readFileSync(rejects, 'utf8'), /nothing/);
});
