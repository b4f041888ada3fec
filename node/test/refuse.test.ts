import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Forest, LeadscoreError, Pipeline } from 'leadscore';
import { AS_OF, EXAMPLES, folder, refused } from './support.js';

// Everything here is wrong by its type too.
type Any = any;

const pipeline = Pipeline.builtin('conversion');
const forest = Forest.load(join(EXAMPLES, 'x_education.ubj'));

test('a lead that is none', async () => {
  const circle: Any = { a: 1 };
  circle.self = circle;
  const list: Any[] = [];
  list.push(list);
  const deep: Any = {};
  let at = deep;
  for (let depth = 0; depth < 100_000; depth += 1) {
    at.x = {};
    at = at.x;
  }
  const wrong: [Any, string, string][] = [
    [5, 'invalid_lead', ''],
    ['text', 'invalid_lead', ''],
    [null, 'invalid_lead', ''],
    [undefined, 'invalid_lead', ''],
    [true, 'invalid_lead', ''],
    [7n, 'invalid_lead', ''],
    [[], 'invalid_lead', ''],
    [Symbol('x'), 'invalid_lead', ''],
    [() => 1, 'invalid_lead', ''],
    [new Map([[1, 'a']]), 'invalid_lead', ''],
    [new Map([['a', new Set()]]), 'invalid_lead', 'a'],
    [new Set(), 'invalid_lead', ''],
    [Promise.resolve({}), 'invalid_lead', ''],
    [Buffer.from('x'), 'invalid_lead', ''],
    [/x/, 'invalid_lead', ''],
    [new Date(), 'invalid_lead', ''],
    [{ id: 2n ** 63n }, 'invalid_lead', 'id'],
    [{ id: -(2n ** 63n) - 1n }, 'invalid_lead', 'id'],
    [{ id: 2 ** 53 }, 'invalid_lead', 'id'],
    [{ a: Symbol('x') }, 'invalid_lead', 'a'],
    [{ a: () => 1 }, 'invalid_lead', 'a'],
    [{ a: '\ud800' }, 'invalid_lead', 'a'],
    [{ a: 'x\udfff' }, 'invalid_lead', 'a'],
    [{ '\ud800': 1 }, 'invalid_lead', ''],
    [{ a: {} }, 'invalid_lead', 'a'],
    [{ a: [1] }, 'invalid_lead', 'a'],
    [{ a: new Uint8Array(3) }, 'invalid_lead', 'a'],
    [{ id: 1.5 }, 'invalid_lead', 'id'],
    [{ id: true }, 'invalid_lead', 'id'],
    [{ activities: {} }, 'invalid_lead', 'activities'],
    [{ activities: [{ kind: 'x' }] }, 'invalid_lead', 'activities[0]'],
    [{ activities: [{ kind: 'x', at: new Date(Number.NaN) }] }, 'invalid_lead', 'activities[0].at'],
    [{ activities: [{ kind: 'x', at: 'soon' }] }, 'invalid_lead', 'activities[0].at'],
    [{ activities: [{ kind: 'x', at: 5n }] }, 'invalid_lead', 'activities[0].at'],
    [{ activities: [, , 1] }, 'invalid_lead', 'activities[0]'],
    [{ activities: [{ kind: 'x', at: AS_OF, properties: { p: '\udc00' } }] }, 'invalid_lead', 'activities[0].prop'],
    [{ attributes: {}, extra: 1 }, 'invalid_lead', ''],
  ];
  for (const [lead, code, path] of wrong) {
    assert.throws(() => pipeline.score(lead), refused(code), JSON.stringify(path));
    assert.throws(() => pipeline.score(lead), (error) => {
      // A field that is missing is named or not, as the library says it.
      return error instanceof LeadscoreError && error.path.startsWith(path);
    });
    assert.throws(() => pipeline.features(lead), refused(code));
    assert.throws(() => pipeline.featureMatrix([{}, lead]), (error) => {
      const below = path === '' || path.startsWith('[') ? path : `.${path}`;
      return refused(code)(error) && (error as LeadscoreError).path.startsWith(`leads[1]${below}`);
    });
    const [good, bad] = pipeline.scoreMany([{}, lead]);
    assert.ok(good && 'score' in good && bad && 'error' in bad && bad.error instanceof LeadscoreError);
    assert.ok(bad.error.path.startsWith('leads[1]'), bad.error.path);
    assert.deepEqual(JSON.stringify(await pipeline.scoreManyAsync([{}, lead], {})).includes('"error"'), true);
  }
  for (const nested of [circle, { a: list }, list, deep]) {
    assert.throws(() => pipeline.score(nested), refused('invalid_lead'));
  }
});

test('a record that throws when it is read', () => {
  const mine = new RangeError('mine');
  const lead: Any = {
    get a() {
      throw mine;
    },
  };
  assert.throws(() => pipeline.score(lead), (error) => refused('invalid_lead', '')(error) && cause(error) === mine);
  const [bad, good] = pipeline.scoreMany([lead, {}]);
  assert.ok(bad && 'error' in bad && cause(bad.error) === mine && good && 'score' in good);
  const odd: Any = {
    toJSON() {
      throw Object.create(null);
    },
  };
  assert.throws(() => pipeline.score(odd), refused('invalid_lead', ''));
  assert.throws(() => Pipeline.fromJSON(odd), refused('invalid_json', ''));
});

function cause(error: unknown): unknown {
  return (error as Error).cause;
}

test('leads that are no list', async () => {
  for (const leads of [undefined, null, 5, 'text', {}, true, 5n] as Any[]) {
    assert.throws(() => pipeline.scoreMany(leads), refused('invalid_lead', 'leads'));
    assert.throws(() => pipeline.featureMatrix(leads), refused('invalid_lead', 'leads'));
    await assert.rejects(pipeline.scoreManyAsync(leads), refused('invalid_lead', 'leads'));
  }
});

test('options that are none', async () => {
  const wrong: [Any, string, string][] = [
    [5, 'invalid_context', ''],
    ['now', 'invalid_context', ''],
    [[], 'invalid_context', ''],
    [{ asOf: AS_OF }, 'invalid_context', 'asOf'],
    [{ as_of: 'soon' }, 'invalid_context', 'as_of'],
    [{ as_of: new Date(Number.NaN) }, 'invalid_context', 'as_of'],
    [{ as_of: Number.NaN }, 'invalid_context', 'as_of'],
    [{ as_of: 1e300 }, 'invalid_context', 'as_of'],
    [{ as_of: 5n }, 'invalid_context', 'as_of'],
    [{ as_of: {} }, 'invalid_context', 'as_of'],
    [{ as_of: '\ud800' }, 'invalid_json', ''],
    [{ zone: 'Mars/Olympus' }, 'invalid_context', 'zone'],
    [{ zone: 5 }, 'invalid_context', 'zone'],
    [{ zone: 5n }, 'invalid_context', ''],
    [{ mode: 'harsh' }, 'invalid_context', 'mode'],
    [{ detail: {} }, 'invalid_context', 'detail'],
    [{ reasons: -1 }, 'invalid_context', 'reasons'],
    [{ reasons: 1.5 }, 'invalid_context', 'reasons'],
    [{ signal: new AbortController().signal }, 'invalid_context', 'signal'],
  ];
  for (const [options, code, path] of wrong) {
    assert.throws(() => pipeline.score({}, options), refused(code, path));
    assert.throws(() => pipeline.scoreMany([{}], options), refused(code, path));
  }
  for (const threads of [0, -1, 1.5, Number.NaN, '2', 2n, {}] as Any[]) {
    await assert.rejects(pipeline.scoreManyAsync([], { threads }), refused('invalid_context', 'threads'));
    assert.throws(() => pipeline.scoreMatrix([], { threads }), refused('invalid_context', 'threads'));
    assert.throws(() => forest.margin([], { threads }), refused('invalid_context', 'threads'));
  }
  for (const signal of [5, {}, 'x', { aborted: false }] as Any[]) {
    await assert.rejects(pipeline.scoreManyAsync([], { signal }), refused('invalid_context', 'signal'));
    await assert.rejects(forest.marginAsync([], { signal }), refused('invalid_context', 'signal'));
    assert.throws(() => pipeline.scoreRows('x', { signal }), refused('invalid_context', 'signal'));
  }
  // More threads than anybody has are taken as many.
  assert.equal(forest.margin(new Float64Array(10), { threads: 1e300 }).length, 1);
});

test('strict mode names what is missing', () => {
  const strict = Pipeline.fromJSON({
    format: 1,
    id: 'strict',
    schema: {
      features: [{ name: 'n', type: 'number', range: [0, 9], required: true, source: { from: 'attribute' } }],
    },
    scorer: { kind: 'scorecard', unit: 'points', base: 1, range: [0, 100], groups: [] },
    scale: { kind: 'points' },
    tiers: 'hot-warm-cold',
  });
  assert.throws(() => strict.score({}, { mode: 'strict' }), refused('missing_feature'));
  assert.throws(() => strict.score({ n: 10 }, { mode: 'strict' }), refused('invalid_feature'));
  const leads = Array.from({ length: 300 }, () => ({ n: 1 }) as Any);
  leads[299] = {};
  const last = strict.scoreMany(leads, { mode: 'strict' })[299];
  assert.ok(last?.error?.path.startsWith('leads[299].'));
  assert.throws(
    () => strict.featureMatrix(leads, { mode: 'strict' }),
    (error) => refused('missing_feature')(error) && (error as LeadscoreError).path.startsWith('leads[299].'),
  );
});

test('pipelines and models that are none', (t) => {
  const own = folder(t);
  const file = join(own, 'bad');
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00, 0x80]));
  for (const name of [5, null, undefined, {}, 7n, '\ud800', 'nope'] as Any[]) {
    assert.throws(() => Pipeline.builtin(name), refused('unknown_name', ''));
  }
  for (const path of [5, null, undefined, {}, '\ud800'] as Any[]) {
    assert.throws(() => Pipeline.load(path), refused('io', ''));
    assert.throws(() => Forest.load(path), refused('io', ''));
  }
  for (const path of [join(own, 'none'), own, 'a\0b', '']) {
    const code = path === own || path.includes('\0') ? 'io' : 'not_found';
    assert.throws(() => Pipeline.load(path), refused(code, path));
    assert.throws(() => Forest.load(path), refused(code, path));
    assert.throws(() => Pipeline.importModel(path, { id: 'x' }), refused(code, path));
  }
  assert.throws(() => Pipeline.load(new URL('http://127.0.0.1/x')), refused('io', 'http://127.0.0.1/x'));
  assert.throws(() => Pipeline.load(file), refused('invalid_json'));
  assert.throws(() => Forest.load(file), LeadscoreError);
  const circle: Any = {};
  circle.self = circle;
  for (const json of [5, null, undefined, '', '{', '[]'.repeat(9), '\ud800', circle, { a: 1n }, () => 1] as Any[]) {
    assert.throws(() => Pipeline.fromJSON(json), refused('invalid_json'), String(json));
    assert.throws(() => Forest.fromJSON(json), refused('invalid_json'), String(json));
  }
  assert.throws(() => Pipeline.fromJSON({}), refused('invalid_pipeline'));
  assert.throws(() => Pipeline.fromJSON({ format: 99, id: 'x' }), refused('unsupported_format'));
  assert.throws(() => Pipeline.fromJSON('['.repeat(1e6)), refused('invalid_json'));
  assert.throws(() => Forest.fromJSON({}), refused('invalid_model'));
  for (const bytes of [5, null, undefined, 'text', {}, [1, 2], 7n] as Any[]) {
    assert.throws(() => Forest.fromBytes(bytes), refused('invalid_model', ''));
  }
  for (const bytes of [new Uint8Array(0), new Float64Array(3), new DataView(new ArrayBuffer(4)), Buffer.from('{}')]) {
    assert.throws(() => Forest.fromBytes(bytes), LeadscoreError);
    assert.throws(() => Pipeline.importModel(bytes, { id: 'x' }), LeadscoreError);
  }
  const model = join(EXAMPLES, 'x_education.ubj');
  for (const options of [undefined, null, 5, {}, { id: 5 }, { id: 'x', other: 1 }, { id: 1n }, circle] as Any[]) {
    assert.throws(() => Pipeline.importModel(model, options), refused('invalid_context'));
  }
});

test('matrices that are none', async () => {
  const width = forest.featureNames.length;
  const wrong: [Any, string][] = [
    [undefined, ''],
    [null, ''],
    [5, ''],
    ['text', ''],
    [{}, ''],
    [{ values: [1], columns: 1 }, ''],
    [new Int32Array(width), ''],
    [new BigInt64Array(width), ''],
    [new ArrayBuffer(80), ''],
    [new Float64Array(width + 1), ''],
    [{ values: new Float64Array(width), columns: 0 }, ''],
    [{ values: new Float64Array(width), columns: -1 }, 'columns'],
    [{ values: new Float64Array(width), columns: 1.5 }, 'columns'],
    [{ values: new Float64Array(width), columns: 2 ** 32 + width }, 'columns'],
    [{ values: new Float64Array(width), columns: '10' }, 'columns'],
    [{ values: new Float64Array(width), columns: 10n }, 'columns'],
    [{ values: new Float64Array(2 * width), columns: 2 * width }, ''],
    [[1, 2, 3], 'rows[0]'],
    [[[]], ''],
    [[new Array(width).fill(0), [1]], 'rows[1]'],
    [[new Array(width).fill('1')], 'rows[0][0]'],
    [[new Array(width).fill(1n)], 'rows[0][0]'],
    [[new Array(width).fill({})], 'rows[0][0]'],
    [[new Array(width).fill(Symbol('x'))], 'rows[0][0]'],
    [[new Array(width + 1).fill(0)], ''],
  ];
  for (const [rows, path] of wrong) {
    for (const question of ['margin', 'predict', 'shap'] as const) {
      assert.throws(() => forest[question](rows), refused('invalid_matrix', path));
      await assert.rejects(forest[`${question}Async`](rows), refused('invalid_matrix', path));
    }
  }
  const other = Pipeline.builtin('b2b');
  for (const rows of [5, new Float64Array(49), [[1, 2]], { values: new Float64Array(49), columns: 49 }] as Any[]) {
    assert.throws(() => other.scoreMatrix(rows), refused('invalid_matrix'));
    await assert.rejects(other.scoreMatrixAsync(rows), refused('invalid_matrix'));
    assert.throws(() => other.importance('leads', rows), refused('invalid_matrix'));
  }
  for (const out of [new Float64Array(3), [], 5, new Int8Array(1)] as Any[]) {
    assert.throws(() => forest.margin(new Float64Array(width), { out }), refused('invalid_matrix', 'out'));
  }
  for (const iterations of ['some', 5, {}, 1n] as Any[]) {
    assert.throws(() => forest.margin([], { iterations }), refused('unknown_name', 'iterations'));
    await assert.rejects(forest.marginAsync([], { iterations }), refused('unknown_name', 'iterations'));
  }
  for (const by of ['luck', 5, null, 'leads'] as Any[]) {
    assert.throws(() => other.importance(by), refused('unknown_name', 'by'));
  }
});

test('files that cannot be scored', async (t) => {
  const own = folder(t);
  const input = join(own, 'none.csv');
  const output = join(own, 'out.csv');
  for (const options of [undefined, 5, {}, { input }, { input, output, other: 1 }, { input: 5, output }] as Any[]) {
    assert.throws(() => pipeline.scoreFile(options), refused('invalid_context'));
    await assert.rejects(pipeline.scoreFileAsync(options), refused('invalid_context'));
  }
  assert.throws(() => pipeline.scoreFile({ input, output, as_of: new Date(Number.NaN) }), refused('invalid_context'));
  assert.throws(() => pipeline.scoreFile({ input, output, as_of: 8.65e15 }), refused('invalid_context', 'as_of'));
  assert.throws(() => pipeline.scoreFile({ input, output }), refused('not_found', input));
  await assert.rejects(pipeline.scoreFileAsync({ input, output }), refused('not_found', input));
  await assert.rejects(async () => {
    for await (const _ of pipeline.scoreRows(input)) {
      assert.fail('there is no row');
    }
  }, refused('not_found', input));
  assert.throws(() => pipeline.scoreRows(5 as Any), refused('io', ''));
  assert.throws(() => pipeline.scoreRows(input, { top: 1 } as Any), refused('invalid_context', 'top'));
  assert.throws(() => pipeline.scoreRows(input, { threads: 0 }), refused('invalid_context', 'threads'));
});

test('errors are errors, with what they know', () => {
  const error = new LeadscoreError('io', 'x', 'gone');
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'LeadscoreError');
  assert.equal(String(error), 'LeadscoreError: gone');
  assert.equal(JSON.stringify(error), '{"code":"io","path":"x","message":"gone"}');
});
