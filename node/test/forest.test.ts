import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { Forest } from 'leadscore';
import { EXAMPLES, FIXTURES, bits, refused } from './support.js';

const FILE = join(EXAMPLES, 'x_education.ubj');

test('a model says what it is', () => {
  const forest = Forest.load(FILE);
  const { library, objective, features, outputs, precision } = forest.describe();
  assert.deepEqual([library, objective, outputs, precision], ['xgboost', 'binary:logistic', 1, 'f32']);
  assert.deepEqual(forest.featureNames, features.map((feature) => feature.name));
  assert.equal(forest.outputs, 1);
  assert.equal(Forest.load(pathToFileURL(FILE)).describe().trees, forest.describe().trees);
});

test('rows come as flat arrays, with a width, or as lists', async () => {
  const forest = Forest.load(FILE);
  const columns = forest.featureNames.length;
  const value = (at: number, column: number) => ((at * 7 + column) % 5 === 0 ? Number.NaN : (at * 13 + column) % 4);
  const rows = Array.from({ length: 700 }, (_, at) =>
    Array.from({ length: columns }, (__, column) => value(at, column)),
  );
  const flat = Float64Array.from(rows.flat());
  for (const question of ['margin', 'predict', 'shap'] as const) {
    const wanted = forest[question](flat);
    assert.equal(wanted.length, 700 * (question === 'shap' ? columns + 1 : 1));
    const same = (found: ArrayLike<number>) => assert.deepEqual(bits(Array.from(found)), bits(wanted), question);
    same(forest[question]({ values: flat, columns }));
    same(forest[question](rows));
    same(forest[question](rows.map((row) => row.map((value) => (Number.isNaN(value) ? null : value)))));
    same(forest[question](rows.map((row) => Float64Array.from(row))));
    // Whole numbers are the same in 32 bits.
    same(forest[question](Float32Array.from(flat)));
    same(forest[question](flat.subarray(0), { threads: 1 }));
    same(forest[question](flat, { threads: 3 }));
    const later = `${question}Async` as const;
    same(await forest[later](flat));
    same(await forest[later](Float32Array.from(flat), { threads: 2 }));
    const out = new Float64Array(wanted.length);
    assert.equal(forest[question](flat, { out }), out);
    same(out);
    assert.equal(await forest[later](flat, { out }), out);
    const narrow: Float32Array = forest[question](flat, { out: new Float32Array(wanted.length) });
    assert.deepEqual(bits(narrow), bits(Float32Array.from(wanted)));
    assert.equal(forest[question](new Float64Array(0)).length, 0);
    assert.equal(forest[question]([]).length, 0);
    // A part of a larger array, which begins within its memory.
    const part = flat.subarray(columns, 3 * columns);
    assert.deepEqual(bits(forest[question](part)), bits(forest[question](part.slice())));
  }
});

test('contributions and the bias make the margin', () => {
  const forest = Forest.load(join(FIXTURES, 'golden/lgb-4.7.0-multiclass/model.txt'));
  const columns = forest.featureNames.length;
  const row = new Float64Array(columns).fill(1);
  const margins = forest.margin(row);
  const shap = forest.shap(row);
  assert.equal(margins.length, forest.outputs);
  for (const [at, margin] of margins.entries()) {
    const own = shap.subarray(at * (columns + 1), (at + 1) * (columns + 1));
    assert.ok(Math.abs(own.reduce((sum, part) => sum + part, 0) - margin) < 1e-9);
  }
});

test('the best rounds alone', () => {
  const forest = Forest.load(join(FIXTURES, 'golden/xgb-2.1.4-best-json/model.json'));
  const row = [forest.featureNames.map(() => 1)];
  assert.notDeepEqual(forest.margin(row, { iterations: 'best' }), forest.margin(row, { iterations: 'all' }));
  // The default is that of the libraries' scikit-learn classes.
  assert.deepEqual(forest.margin(row), forest.margin(row, { iterations: 'best' }));
});

test('a value besides NaN that is read as missing', () => {
  const file = join(FIXTURES, 'golden/xgb-3.2.0-missing-json/model.json');
  const [plain, marked] = [Forest.load(file), Forest.load(file, { missing: -999.1 })];
  const row = (value: number) => [plain.featureNames.map(() => value)];
  assert.deepEqual(marked.margin(row(-999.1)), plain.margin(row(Number.NaN)));
  // Compared after rounding to f32.
  assert.deepEqual(marked.margin(row(Math.fround(-999.1))), plain.margin(row(Number.NaN)));
  assert.notDeepEqual(plain.margin(row(-999.1)), plain.margin(row(Number.NaN)));
  assert.equal(marked.describe().missing, -999.1);
  assert.equal(plain.describe().missing, undefined);
  assert.equal(Forest.fromJSON(marked.toJSON()).describe().missing, -999.1);
  assert.throws(() => Forest.load(file, { missing: '0' as never }), refused('invalid_context', 'missing'));
});

test('memory that may shrink or that others write to is copied first', () => {
  const forest = Forest.load(FILE);
  const wanted = forest.margin([forest.featureNames.map(() => 1)]);
  const size = forest.featureNames.length * 8;
  for (const memory of [new SharedArrayBuffer(size), new ArrayBuffer(size, { maxByteLength: 2 * size })]) {
    assert.deepEqual(forest.margin(new Float64Array(memory).fill(1)), wanted);
  }
  const gone = new Float64Array(forest.featureNames.length);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  assert.throws(() => forest.margin(gone), refused('invalid_matrix', ''));
  const bytes = readFileSync(FILE);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  assert.deepEqual(Forest.fromBytes(shared).margin([forest.featureNames.map(() => 1)]), wanted);
});

test('a closed forest says so', async () => {
  const forest = Forest.load(FILE);
  forest[Symbol.dispose]();
  assert.throws(() => forest.margin([]), refused('closed', ''));
  assert.throws(() => forest.toText(), refused('closed', ''));
  await assert.rejects(forest.shapAsync([]), refused('closed', ''));
});

test('what becomes of a cell that is no level can be chosen', () => {
  const cells = ['España', 'españa', null];
  for (const [file, byItself] of [['xgboost-frame.json', 'refuse'], ['lightgbm-frame.txt', 'missing']] as const) {
    const forest = Forest.load(join(FIXTURES, 'columns', file));
    const missing = [1, Number.NaN, Number.NaN];
    assert.deepEqual([...forest.encode(0, cells, { unseen: 'missing' })], missing);
    const wanted = { code: 'invalid_feature', path: 'country' };
    const words = byItself === 'refuse' ? ([undefined, 'library', 'refuse'] as const) : (['refuse'] as const);
    for (const unseen of words) {
      assert.throws(() => forest.encode(0, cells, { unseen }), wanted, file);
    }
    if (byItself === 'missing') {
      assert.deepEqual([...forest.encode(0, cells)], missing);
      assert.deepEqual([...forest.encode(0, cells, { unseen: 'library' })], missing);
    }
    // @ts-expect-error: no such word.
    assert.throws(() => forest.encode(0, cells, { unseen: 'guess' }), { code: 'unknown_name', path: 'unseen' });
    // @ts-expect-error: no text.
    assert.throws(() => forest.encode(0, cells, { unseen: 1 }), { code: 'unknown_name', path: 'unseen' });
  }
});
