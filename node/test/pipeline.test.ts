import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { type Issue, type Lead, LeadscoreError, Pipeline, type Prediction } from 'leadscore';
import { native } from '../dist/native.js';
import { AS_OF, EXAMPLES, bits, cases, folder, refused } from './support.js';

const LEAD: Lead = {
  id: 'l-1',
  company: 'Acme Ltd',
  title: 'VP Engineering',
  email: 'ann@acme.example',
  created_at: '2026-11-01',
  activities: [{ kind: 'meeting', at: '2026-11-19T10:00:00Z' }],
};

test('every record of the cases gives the same here as in the native half', () => {
  let count = 0;
  for (const one of [...cases().values()].flat()) {
    if (one.operation !== 'score_json' || one.error || !one.pipeline?.builtin) {
      continue;
    }
    const [record, context] = (one.arguments as string[]).map((text) => JSON.parse(text));
    // A whole number that JSON.parse cannot hold is another id.
    if (typeof record.id === 'number' && !Number.isSafeInteger(record.id)) {
      continue;
    }
    const found = Pipeline.builtin(one.pipeline.builtin).score(record, context);
    assert.deepEqual(found, JSON.parse(one.expected as string), one.name);
    count += 1;
  }
  assert.ok(count >= 20, `${count} records`);
});

test('a date is accepted wherever a time is', () => {
  const pipeline = Pipeline.builtin('conversion');
  const texts = pipeline.score(LEAD, { as_of: '2026-11-20T12:00:00Z' });
  const dates: Lead = {
    ...LEAD,
    created_at: new Date('2026-11-01'),
    activities: [{ kind: 'meeting', at: new Date('2026-11-19T10:00:00Z') }],
  };
  const as_of = new Date('2026-11-20T12:00:00Z');
  assert.deepEqual(pipeline.score(dates, { as_of }), texts);
  assert.deepEqual(pipeline.score(dates, { as_of: as_of.getTime() }), texts);
  assert.deepEqual(pipeline.scoreMany([dates], { as_of }), [texts]);
  assert.deepEqual(pipeline.features(dates, { as_of }), pipeline.features(LEAD, { as_of: texts.provenance.as_of }));
  assert.equal(pipeline.score(dates).provenance.as_of.slice(0, 4), String(new Date().getUTCFullYear()));
});

test('values of every kind are written as the library reads them', () => {
  const pipeline = Pipeline.fromJSON({
    format: 1,
    id: 'echo',
    schema: {
      features: [
        { name: 'n', type: 'number', source: { from: 'attribute' } },
        { name: 'flag', type: 'flag', source: { from: 'attribute' } },
        { name: 'text', type: 'text', source: { from: 'attribute' } },
      ],
    },
    scorer: { kind: 'scorecard', unit: 'points', base: 1, range: [0, 100], groups: [] },
    scale: { kind: 'points' },
    tiers: 'hot-warm-cold',
  });
  const features = (lead: Lead) => pipeline.features(lead, { as_of: AS_OF });
  for (const number of [0, -0, 1, 0.1, 1e21, 1e-7, 2 ** 53 + 2, 5e-324, -1.7976931348623157e308]) {
    assert.deepEqual(bits([features({ n: number })['n'] as number]), bits([number]));
  }
  assert.equal(features({ n: 12n })['n'], 12);
  for (const nothing of [null, undefined, Number.NaN]) {
    assert.equal(features({ n: nothing })['n'], null);
    assert.deepEqual(pipeline.score({ n: nothing }, { as_of: AS_OF }).warnings, []);
  }
  // What is there and no number is missing too, and that is said.
  for (const unusable of [Infinity, -Infinity, 10n ** 400n, new Date(Number.NaN)]) {
    assert.equal(features({ n: unusable })['n'], null);
    assert.match(String(pipeline.score({ n: unusable }, { as_of: AS_OF }).warnings), /^n: cannot read `/);
  }
  assert.equal(features({ flag: true })['flag'], true);
  const text = 'Zoë "the\\ \u0000\u2028 \u{1f600} " Ångström';
  assert.equal(features({ text })['text'], text);
  assert.equal(features({ text: new Date(0) })['text'], '1970-01-01T00:00:00Z');
  // What knows how to become JSON is asked.
  const moment = { toJSON: () => '2026-01-01' };
  assert.equal(features({ text: moment as unknown as string })['text'], '2026-01-01');
  class Row {
    id = 7;
    text = 'of a class';
  }
  assert.equal(features({ ...new Row() })['text'], 'of a class');
  assert.equal(features(new Row() as unknown as Lead)['text'], 'of a class');
  assert.equal(features(Object.assign(Object.create(null), { text: 'bare' }))['text'], 'bare');
});

test('a baseline, contributions and a rest make the score', () => {
  for (const name of Pipeline.builtinNames()) {
    const { explanation, score }: Prediction = Pipeline.builtin(name).score(LEAD, { as_of: AS_OF });
    const sum = explanation.contributions.reduce((all, one) => all + one.points, explanation.baseline ?? 0);
    assert.ok(Math.abs(sum + explanation.rest - score) <= 1e-9, name);
    assert.deepEqual(Pipeline.builtin(name).explain(LEAD, { as_of: AS_OF }), explanation);
  }
});

test('many are as one by one, in order, with refusals in their place', async () => {
  const pipeline = Pipeline.builtin('b2b');
  const leads: Lead[] = Array.from({ length: 1500 }, (_, at) => ({
    lead_id: at,
    company_revenue: at * 1000,
    company_employee_count: at % 300,
  }));
  // One the library refuses, and one that is no JSON.
  leads[3] = { tags: [] as never };
  leads[700] = { lead_id: 1, activities: [{ kind: 'x', at: 'soon' }] };
  leads[900] = { note: '\ud800' };
  const options = { as_of: AS_OF, detail: 'brief', reasons: 2 } as const;
  const many = pipeline.scoreMany(leads, options);
  assert.equal(many.length, leads.length);
  const errors = many.flatMap((one) => (one.error ? [`${one.error.code} ${one.error.path}`] : []));
  assert.deepEqual(errors, [
    'invalid_lead leads[3].tags',
    'invalid_lead leads[700].activities[0].at',
    'invalid_lead leads[900].note',
  ]);
  for (const at of [0, 1, 255, 256, 511, 512, 1499]) {
    assert.deepEqual(many[at], pipeline.score(leads[at] ?? {}, options));
  }
  const plain = JSON.stringify(many);
  for (const threads of [1, 2, 5]) {
    assert.equal(JSON.stringify(await pipeline.scoreManyAsync(leads, { ...options, threads })), plain);
  }
  async function* stream() {
    yield* leads;
  }
  assert.equal(JSON.stringify(await pipeline.scoreManyAsync(stream(), options)), plain);
  assert.equal(JSON.stringify(pipeline.scoreMany(new Set(leads), options)), plain);
  assert.deepEqual(pipeline.scoreMany([]), []);
  assert.deepEqual(await pipeline.scoreManyAsync([]), []);
});

test('a matrix of features gives the scores of its leads', async () => {
  const pipeline = Pipeline.builtin('heat');
  const leads: Lead[] = Array.from({ length: 2500 }, (_, at) => ({
    lead_id: at,
    recency_days: at % 41,
    page_views: at % 7 === 0 ? undefined : at % 29,
    prior_course_interest: ['high', 'medium', 'low'][at % 3],
  }));
  const options = { as_of: AS_OF };
  const matrix = pipeline.featureMatrix(leads, options);
  assert.equal(matrix.values.length, leads.length * matrix.columns);
  assert.deepEqual(matrix.names, pipeline.describe().columns.map((column) => column.name));
  const scored = pipeline.scoreMany(leads, { ...options, detail: 'brief' }) as Prediction[];
  const scores = pipeline.scoreMatrix(matrix);
  assert.deepEqual(bits(scores.scores), bits(scored.map((one) => one.score)));
  const { tiers, classes } = pipeline.describe();
  assert.deepEqual(Array.from(scores.tiers, (tier) => tiers[tier]?.tier), scored.map((one) => one.tier));
  const probabilities = scored.flatMap((one) => (one.classes ?? []).map((own) => own.probability));
  assert.deepEqual(bits(scores.classes), bits(probabilities));
  assert.equal(scores.classes.length, classes.length * leads.length);
  for (const threads of [1, 2, 7]) {
    assert.deepEqual(pipeline.scoreMatrix(matrix.values, { threads }), scores);
    assert.deepEqual(await pipeline.scoreMatrixAsync(matrix, { threads }), scores);
  }
  // 32-bit values are widened.
  const narrow = Float32Array.from(matrix.values);
  const wide = Float64Array.from(narrow);
  assert.deepEqual(pipeline.scoreMatrix(narrow), pipeline.scoreMatrix(wide));
  const shared = new Float64Array(new SharedArrayBuffer(wide.byteLength));
  shared.set(wide);
  assert.deepEqual(pipeline.scoreMatrix(shared), pipeline.scoreMatrix(wide));
  assert.equal(pipeline.scoreMatrix([]).scores.length, 0);
  const importance = pipeline.importance('leads', matrix);
  assert.ok(Math.abs(importance.reduce((sum, one) => sum + one.importance, 0) - 1) < 1e-9);
  assert.deepEqual(await pipeline.importanceAsync('leads', matrix), importance);
  assert.equal(pipeline.importance('gain').length, importance.length);
});

test('pipelines come from files, texts, objects and models, and go back', (t) => {
  const pipeline = Pipeline.builtin('priority');
  const own = folder(t);
  const file = join(own, 'p.json');
  writeFileSync(file, pipeline.toText());
  for (const again of [
    Pipeline.load(file),
    Pipeline.load(pathToFileURL(file)),
    Pipeline.fromJSON(pipeline.toText()),
    Pipeline.fromJSON(pipeline.toJSON()),
    Pipeline.fromJSON(JSON.stringify(pipeline)),
  ]) {
    assert.equal(again.describe().content_hash, pipeline.describe().content_hash);
  }
  const model = join(EXAMPLES, 'x_education.ubj');
  const schema = readFileSync(join(EXAMPLES, 'x_education.json'), 'utf8');
  const mine = Pipeline.importModel(model, { id: 'mine', schema });
  assert.equal(mine.id, 'mine');
  const bytes = readFileSync(model);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  for (const again of [
    Pipeline.importModel(pathToFileURL(model), { id: 'mine', schema: JSON.parse(schema) }),
    Pipeline.importModel(bytes, { id: 'mine', schema }),
    Pipeline.importModel(buffer, { id: 'mine', schema }),
    Pipeline.fromJSON(mine.toJSON()),
  ]) {
    assert.equal(again.describe().content_hash, mine.describe().content_hash);
  }
});

test('a closed pipeline says so', () => {
  const pipeline = Pipeline.builtin('conversion');
  pipeline.describe().tiers.pop();
  assert.equal(pipeline.describe().tiers.length, 4);
  pipeline.close();
  pipeline.close();
  const uses: (() => unknown)[] = [
    () => pipeline.score(LEAD),
    () => pipeline.scoreMany([LEAD]),
    () => pipeline.features(LEAD),
    () => pipeline.featureMatrix([LEAD]),
    () => pipeline.scoreMatrix([]),
    () => pipeline.importance('largest'),
    () => pipeline.describe(),
    () => pipeline.id,
    () => pipeline.toText(),
    () => pipeline.scoreFile({ input: 'x', output: 'y' }),
    () => pipeline.scoreRows('x'),
  ];
  for (const use of uses) {
    assert.throws(use, refused('closed', ''));
  }
  let kept: Pipeline;
  {
    using own = Pipeline.builtin('conversion');
    assert.equal(own.id, 'conversion');
    kept = own;
  }
  assert.throws(() => kept.id, refused('closed'));
});

test('work under way outlives its handle', async () => {
  const pipeline = Pipeline.builtin('b2b');
  const matrix = new Float64Array(50 * 3000);
  const wanted = pipeline.scoreMatrix(matrix).scores;
  const later = pipeline.scoreMatrixAsync(matrix);
  pipeline.close();
  // What the array holds from now on does not matter.
  matrix.fill(99);
  globalThis.gc?.();
  assert.deepEqual((await later).scores, wanted);
});

test('memory of handles nobody holds is given back', { skip: !globalThis.gc }, async () => {
  const text = native.Pipeline.builtin('b2b').toJson();
  const rounds = async (count: number) => {
    for (let at = 0; at < count; at += 1) {
      Pipeline.fromJSON(text);
      if (at % 20 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return process.memoryUsage().rss;
  };
  const before = await rounds(60);
  const after = await rounds(200);
  assert.ok(after < before + 128 * 2 ** 20, `${(after - before) / 2 ** 20} MiB more`);
});

test('strict mode tells all issues', async () => {
  const b2b = Pipeline.builtin('b2b');
  const lead: Lead = { company_employee_count: -5 };
  const options = { as_of: AS_OF, mode: 'strict' } as const;
  let issues: readonly Issue[] = [];
  assert.throws(
    () => b2b.score(lead, options),
    (error: LeadscoreError) => {
      issues = error.issues;
      return error instanceof LeadscoreError && issues[0]?.path === error.path && issues[0]?.code === error.code;
    },
  );
  assert.ok(issues.length > 20);
  const bad = issues.find((issue) => issue.feature === 'company_employee_count');
  assert.deepEqual([bad?.code, bad?.found, bad?.path], ['invalid_feature', '-5', 'attributes.company_employee_count']);
  const scored = [b2b.scoreMany([lead, lead], options), await b2b.scoreManyAsync([lead, lead], options)];
  for (const [, second] of scored) {
    const wanted = issues.map((issue) => ({ ...issue, path: `leads[1].${issue.path}` }));
    assert.deepEqual(second?.error?.issues, wanted);
    assert.deepEqual(JSON.parse(JSON.stringify(second?.error)).issues, wanted);
  }
  assert.throws(() => b2b.score({ id: 1.5 } as unknown as Lead), (error: LeadscoreError) => error.issues.length === 0);
});

test('every lead may have a moment of its own', async () => {
  const pipeline = Pipeline.builtin('conversion');
  const leads = Array.from({ length: 2500 }, (): Lead => ({ company: 'Acme', created_at: '2026-10-15' }));
  const times = leads.map((_, at) => new Date(Date.UTC(2026, 10, 1 + (at % 20))));
  const found = pipeline.scoreMany(leads, { as_of: times });
  assert.deepEqual(await pipeline.scoreManyAsync(leads, { as_of: times, threads: 3 }), found);
  const matrix = pipeline.featureMatrix(leads, { as_of: times });
  for (const at of [0, 7, 1024, 2499]) {
    assert.deepEqual(found[at], pipeline.score(leads[at] as Lead, { as_of: times[at] }));
    const own = pipeline.featureMatrix([leads[at] as Lead], { as_of: times[at] }).values;
    assert.deepEqual(matrix.values.slice(at * own.length, (at + 1) * own.length), own);
  }
  for (const count of [2499, 2501]) {
    const as_of = new Array(count).fill(AS_OF);
    assert.throws(() => pipeline.scoreMany(leads, { as_of }), refused('invalid_context', 'as_of'));
    await assert.rejects(pipeline.scoreManyAsync(leads, { as_of }), refused('invalid_context', 'as_of'));
    assert.throws(() => pipeline.featureMatrix(leads, { as_of }), refused('invalid_context', 'as_of'));
  }
  const odd = [AS_OF, null] as unknown as string[];
  assert.throws(() => pipeline.scoreMany(leads, { as_of: odd }), refused('invalid_context', 'as_of[1]'));
  const list = { as_of: [AS_OF] as unknown as string };
  assert.throws(() => pipeline.score(LEAD, list), refused('invalid_context', 'as_of'));
});
