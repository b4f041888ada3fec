import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { Forest, Pipeline } from 'leadscore';
import { EXAMPLES } from './support.js';

const MIB = 2 ** 20;
const grown = (work: () => void): number => {
  const before = process.memoryUsage().rss;
  work();
  return (process.memoryUsage().rss - before) / MIB;
};

test('closing frees at once, without the garbage collector', (t) => {
  const text = Pipeline.builtin('b2b').toText();
  const bytes = readFileSync(join(EXAMPLES, 'x_education.ubj'));
  const opened: [string, () => { close(): void }, number][] = [
    ['Pipeline.builtin', () => Pipeline.builtin('b2b'), 2000],
    ['Pipeline.fromJSON', () => Pipeline.fromJSON(text), 100],
    ['Forest.fromBytes', () => Forest.fromBytes(bytes), 100],
  ];
  for (const [name, open, count] of opened) {
    open().close();
    const mib = grown(() => {
      for (let at = 0; at < count; at += 1) {
        open().close();
      }
    });
    t.diagnostic(`${count} times ${name} and close(): ${mib.toFixed(1)} MiB more`);
    // Each takes half a mebibyte or more.
    assert.ok(mib < 25, `${name}: ${mib} MiB`);
  }
});

test('handles that nobody closes go with the garbage collector, which knows their size', async (t) => {
  const text = Pipeline.builtin('b2b').toText();
  const before = process.memoryUsage.rss();
  let most = 0;
  for (let at = 0; at < 600; at += 1) {
    Pipeline.fromJSON(text);
    if (at % 10 === 0) {
      await turn();
      most = Math.max(most, process.memoryUsage.rss());
    }
  }
  const mib = (most - before) / MIB;
  t.diagnostic(`600 pipelines that were not closed: ${mib.toFixed(0)} MiB more at most`);
  // All of them together take 300.
  assert.ok(mib < 150, `${mib} MiB`);
});
