import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Forest } from 'leadscore';
import { bits, shared } from './support.js';

const MODELS = [
  'lgb-4.7.0-binary-numeric',
  'lgb-4.7.0-categorical-codes',
  'xgb-2.1.4-binary-ubj',
  'xgb-3.4.1-binary-json',
];

for (const name of MODELS) {
  test(`margins of ${name} have the bits of its library`, async (t) => {
    const folder = shared(t, `models/${name}`);
    if (folder === undefined) {
      return;
    }
    const file = ['model.json', 'model.ubj', 'model.txt'].map((own) => join(folder, own)).find(existsSync);
    const forest = Forest.load(file ?? folder);
    const f32 = forest.describe().precision === 'f32';
    const input = table(join(folder, 'input.csv'));
    const margins = table(join(folder, 'expected.csv')).map((row) => row[0] ?? Number.NaN);
    // Nine digits name one f32, seventeen one f64.
    const wanted = bits(f32 ? margins.map(Math.fround) : margins);
    assert.ok(wanted.length >= 200);
    assert.deepEqual(bits(forest.margin(input)), wanted);
    assert.deepEqual(bits(forest.margin(Float64Array.from(input.flat()), { threads: 1 })), wanted);
    assert.deepEqual(bits(await forest.marginAsync(input, { threads: 3 })), wanted);
    assert.deepEqual(bits(input.flatMap((row) => [...forest.margin([row])])), wanted);
    assert.deepEqual(bits(Forest.fromBytes(readFileSync(file ?? '')).margin(input)), wanted);
    assert.deepEqual(bits(Forest.fromJSON(forest.toText()).margin(input)), wanted);
    if (f32) {
      const out = forest.margin(input, { out: new Float32Array(margins.length) });
      assert.ok(out instanceof Float32Array);
      assert.deepEqual(bits(out), wanted);
    }
  });
}

/** The numbers of a plain table; an empty cell is missing. */
function table(file: string): number[][] {
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split(',').map((cell) => (cell.trim() === '' ? Number.NaN : numberOf(cell))));
}

function numberOf(cell: string): number {
  const text = cell.trim().toLowerCase();
  const special: Record<string, number> = { inf: Infinity, '-inf': -Infinity, nan: Number.NaN };
  return special[text] ?? Number(text);
}
