import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { type EvaluationOptions, LeadscoreError, Pipeline } from 'leadscore';
import { ROOT } from './support.js';

const OPTIONS: EvaluationOptions = {
  input: join(ROOT, 'examples', 'past_leads.csv'),
  target: 'won',
  activities: join(ROOT, 'examples', 'activities.csv'),
  as_of: '2026-11-20T12:00:00Z',
  draws: 50,
};

test('pipelines are measured on a file, and compared with the first', async () => {
  const [conversion, priority] = [Pipeline.builtin('conversion'), Pipeline.builtin('priority')];
  const folder = mkdtempSync(join(tmpdir(), 'leadscore-test-'));
  const options = { ...OPTIONS, segments: ['source'], top: ['10 %', 12] };
  try {
    const report = join(folder, 'page.html');
    const found = conversion.evaluateFile({ ...options, report }, [priority]);
    assert.deepEqual([found.leads, found.won, found.target.won], [60, 37, ['yes']]);
    const [first, second] = found.pipelines;
    assert.ok(first && second);
    const { value, low, high } = first.measures.auc;
    assert.ok(low !== undefined && high !== undefined && low < value && value < high);
    assert.equal(second.difference?.auc.value, second.measures.auc.value - value);
    assert.equal(first.difference, undefined);
    assert.match(second.without_probability ?? '', /gives points, and no probability/);
    assert.deepEqual(
      first.top.map(({ leads }) => leads),
      [6, 12],
    );
    assert.equal(first.segments[0]?.groups.length, 8);
    assert.match(readFileSync(report, 'utf8'), /^<!DOCTYPE html>/);
    assert.deepEqual(await conversion.evaluateFileAsync(options, [priority]), found);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what cannot be measured says why', async () => {
  const pipeline = Pipeline.builtin('conversion');
  const refused = (options: object, path: string, code: string) =>
    assert.throws(
      () => pipeline.evaluateFile({ ...OPTIONS, ...options }),
      (error) => error instanceof LeadscoreError && error.code === code && error.path === path,
    );
  refused({ target: 'wun' }, 'target', 'invalid_context');
  refused({ target: 'source' }, 'positive', 'invalid_context');
  refused({ segments: ['town'] }, 'segment', 'invalid_context');
  refused({ top: ['0'] }, 'top', 'invalid_context');
  refused({ positive: 'yes' }, 'options', 'invalid_context');
  refused({ taget: 'won' }, 'taget', 'invalid_context');
  refused({ target: 'phone' }, OPTIONS.input, 'worthless_result');
  const signal = AbortSignal.abort();
  await assert.rejects(pipeline.evaluateFileAsync({ ...OPTIONS, signal }), { name: 'AbortError' });
});
