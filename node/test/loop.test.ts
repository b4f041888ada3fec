import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { type Lead, Pipeline } from 'leadscore';
import { folder } from './support.js';

const PACKAGE = join(__dirname, '..');
const pipeline = Pipeline.builtin('conversion');
const CSV = 'lead_id,company,title,industry,source\n' + 'x,Acme,CEO,Software,web\n'.repeat(20_000);

test('files are read while four streams of rows and more works go on', async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.csv');
  writeFileSync(input, CSV);
  const baseline = await slowestRead();
  const streams = Array.from({ length: 4 }, () => pipeline.scoreRows(input, { threads: 1 })[Symbol.asyncIterator]());
  // They have begun, and go on as far as they may.
  await Promise.all(streams.map((stream) => stream.next()));
  const abort = new AbortController();
  const files = Array.from({ length: 6 }, (_, at) => {
    const output = join(own, `${at}.csv`);
    return pipeline.scoreFileAsync({ input, output, threads: 1, signal: abort.signal }).catch(() => 'stopped');
  });
  const busy = await slowestRead();
  abort.abort();
  t.diagnostic(`slowest fs.readFile: ${busy.toFixed(1)} ms, ${baseline.toFixed(1)} ms with nothing else`);
  // It waited for one of them to end, half a minute and more. What is allowed is what a busy machine adds.
  assert.ok(busy < 3000 + 4 * baseline, `${busy} ms`);
  await Promise.all([...files, ...streams.map((stream) => stream.return?.(undefined))]);
});

async function slowestRead(): Promise<number> {
  let slowest = 0;
  for (let round = 0; round < 20; round += 1) {
    const began = performance.now();
    await readFile(__filename);
    slowest = Math.max(slowest, performance.now() - began);
    await wait(5);
  }
  return slowest;
}

test('rows wait for whoever takes them, and no file grows meanwhile', async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.csv');
  writeFileSync(input, CSV);
  const temporary = join(own, 'tmp');
  mkdirSync(temporary);
  process.env['TMPDIR'] = temporary;
  const before = process.memoryUsage().rss;
  let count = 0;
  let most = 0;
  const rejects = join(own, 'rejects.csv');
  for await (const row of pipeline.scoreRows(input, { rejects, threads: 2 })) {
    count += 1;
    assert.equal(row.row, count);
    if (count === 10) {
      await wait(500);
      assert.deepEqual(readdirSync(temporary), []);
    }
    most = Math.max(most, process.memoryUsage.rss());
  }
  delete process.env['TMPDIR'];
  assert.equal(count, 20_000);
  const mib = (most - before) / 2 ** 20;
  t.diagnostic(`${mib.toFixed(0)} MiB more at most for ${(CSV.length / 2 ** 20).toFixed(1)} MiB of CSV`);
  assert.ok(mib < 150, `${mib} MiB`);
});

test('nothing is left of a process that exits or is ended', { skip: process.platform === 'win32' }, async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.csv');
  writeFileSync(input, CSV);
  const begin = `
    const pipeline = require('leadscore').Pipeline.builtin('conversion');
    const hear = (status) => process.once('SIGTERM', () => process.exit(status));
    const rows = async () => { for await (const row of pipeline.scoreRows('${input}')) if (row.row === 1) began(); };
    const file = async () => {
      pipeline.scoreFileAsync({ input: '${input}', output: '${join(own, 'out.csv')}' });
      const begun = () => require('node:fs').readdirSync('${own}').some((name) => name.endsWith('.partial'));
      while (!begun()) await new Promise((done) => setTimeout(done, 1));
      began();
    };
  `;
  const ends: [string, number | null, NodeJS.Signals | null][] = [
    ['const began = () => process.exit(7); rows();', 7, null],
    ["const began = () => process.kill(process.pid, 'SIGTERM'); rows();", null, 'SIGTERM'],
    ['const began = () => process.exit(7); file();', 7, null],
    ["const began = () => process.kill(process.pid, 'SIGTERM'); file();", null, 'SIGTERM'],
    ["const began = () => process.kill(process.pid, 'SIGINT'); file();", null, 'SIGINT'],
    ["const began = () => process.kill(process.pid, 'SIGHUP'); file();", null, 'SIGHUP'],
    // Its event loop does not turn.
    ["const began = () => { process.kill(process.pid, 'SIGTERM'); for (;;); }; file();", null, 'SIGTERM'],
    // What a program does with the signal is its own affair.
    ["hear(3); const began = () => process.kill(process.pid, 'SIGTERM'); file();", 3, null],
    ["const began = () => { hear(4); process.kill(process.pid, 'SIGTERM'); }; file();", 4, null],
  ];
  for (const [end, status, signal] of ends) {
    const env = { ...process.env, TMPDIR: own };
    const child = spawn(process.execPath, ['-e', begin + end], { cwd: PACKAGE, env, stdio: 'inherit' });
    assert.deepEqual(await once(child, 'exit'), [status, signal], end);
    assert.deepEqual(readdirSync(own), ['leads.csv'], end);
  }
});

test('a program that goes on after a signal has its file', { skip: process.platform === 'win32' }, async (t) => {
  const own = folder(t);
  const [input, output] = [join(own, 'leads.csv'), join(own, 'out.csv')];
  writeFileSync(input, CSV);
  const script = `
    process.once('SIGTERM', () => console.error('told'));
    const pipeline = require('leadscore').Pipeline.builtin('conversion');
    const done = pipeline.scoreFileAsync({ input: '${input}', output: '${output}' });
    process.kill(process.pid, 'SIGTERM');
    done.then(({ scored }) => console.log(scored));
  `;
  const child = spawn(process.execPath, ['-e', script], { cwd: PACKAGE });
  const [ended, said, told] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  assert.deepEqual([ended, said, told], [[0, null], '20000\n', 'told\n']);
  assert.deepEqual(readdirSync(own).sort(), ['leads.csv', 'out.csv']);
});

test('a worker that is terminated takes its work with it', { timeout: 120_000 }, async (t) => {
  const own = folder(t);
  const input = join(own, 'leads.csv');
  writeFileSync(input, CSV.repeat(3).replaceAll('\nlead_id,company,title,industry,source\n', '\n'));
  const script = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { Pipeline } = require(workerData.package);
    const pipeline = Pipeline.builtin('conversion');
    pipeline.scoreFileAsync({ input: workerData.input, output: workerData.input + '.out', threads: 1 });
    pipeline.scoreRows(workerData.input)[Symbol.asyncIterator]().next().then(() => parentPort.postMessage('busy'));
  `;
  const worker = new Worker(script, { eval: true, workerData: { package: PACKAGE, input } });
  await once(worker, 'message');
  const began = performance.now();
  await worker.terminate();
  const terminated = performance.now() - began;
  t.diagnostic(`terminate() took ${terminated.toFixed(0)} ms`);
  assert.ok(terminated < 2000, `${terminated} ms`);
  // The unfinished file is gone as soon as the work has noticed.
  for (let round = 0; round < 600 && readdirSync(own).length > 1; round += 1) {
    await wait(50);
  }
  assert.deepEqual(readdirSync(own), ['leads.csv']);
});

test('objects are made in slices between turns of the event loop', async (t) => {
  const b2b = Pipeline.builtin('b2b');
  const leads: Lead[] = Array.from({ length: 1500 }, (_, at) => ({ lead_id: at, company_revenue: at * 1000 }));
  await b2b.scoreManyAsync(leads.slice(0, 100));
  for (const threads of [2, 4]) {
    const { delay, turns } = await measured(() => b2b.scoreManyAsync(leads, { threads }));
    const busy = threads === 4 ? await whileBusy(4) : 0;
    const p99 = (times: number[]) => times.sort((a, b) => b - a)[Math.floor(times.length / 100)] ?? 0;
    const [most, slice] = [turns.length > 0 ? Math.max(...turns) : 0, p99(turns)];
    t.diagnostic(
      `${threads} threads: event-loop delay p99 ${delay.toFixed(1)} ms` +
        `${busy ? ` (busy threads alone: ${busy.toFixed(1)})` : ''}; ` +
        `computing between two turns: p99 ${slice.toFixed(1)} ms, most ${most.toFixed(1)} ms`,
    );
    // Whole lists took 90 ms. What the thread computes is measured, so that other programs have no say.
    assert.ok(slice < 10 && most < 40, `${slice} and ${most} ms`);
  }
});

/** The delay of the event loop, and what its thread computes between two turns of it where the system tells. */
async function measured(work: () => Promise<unknown>): Promise<{ delay: number; turns: number[] }> {
  const turns: number[] = [];
  const buffer = Buffer.alloc(100);
  const file = process.platform === 'linux' ? openSync('/proc/thread-self/schedstat', 'r') : undefined;
  const computed = (): number => {
    const length = file === undefined ? 0 : readSync(file, buffer, 0, 100, 0);
    return Number(buffer.toString('latin1', 0, length).split(' ')[0]) / 1e6;
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let last = computed();
  const timer = setInterval(() => {
    const now = computed();
    turns.push(now - last);
    last = now;
  }, 1);
  delay.enable();
  await work();
  delay.disable();
  clearInterval(timer);
  return { delay: delay.percentile(99) / 1e6, turns };
}

/** The delay of the event loop while nothing but so many busy threads is there. */
async function whileBusy(count: number): Promise<number> {
  const script = "require('node:worker_threads').parentPort.postMessage(1); for (;;);";
  const workers = Array.from({ length: count }, () => new Worker(script, { eval: true }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const { delay } = await measured(() => wait(500));
  await Promise.all(workers.map((worker) => worker.terminate()));
  return delay;
}
