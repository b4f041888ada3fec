// What must hold in every realm that a test runner makes: values below are of its realm, while those of the
// native half are not. Each has a name, and a function that is given the package.
const assert = require('node:assert/strict');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const AS_OF = new Date('2026-11-20T00:00:00Z');
const LEAD = {
  id: 'L-1',
  company: 'Acme Ltd',
  title: 'VP Engineering',
  activities: [{ kind: 'meeting', at: new Date('2026-11-19T10:00:00Z') }],
};

module.exports = [
  [
    'errors are those of the package',
    ({ Pipeline, LeadscoreError }) => {
      const named = () => Pipeline.builtin('none');
      const loaded = () => Pipeline.load('none.json');
      for (const wrong of [named, loaded, () => Pipeline.fromJSON('{')]) {
        let error;
        try {
          wrong();
        } catch (thrown) {
          error = thrown;
        }
        assert.ok(error instanceof LeadscoreError, String(error));
        assert.ok(error instanceof Error && typeof error.code === 'string' && error.name === 'LeadscoreError');
        assert.ok(Array.isArray(error.issues) && error.issues instanceof Array);
      }
    },
  ],
  [
    'errors off the event loop and of one lead of many',
    async ({ Pipeline, LeadscoreError }) => {
      const pipeline = Pipeline.builtin('conversion');
      const [good, bad] = await pipeline.scoreManyAsync([LEAD, 5], { as_of: AS_OF });
      assert.equal(good.lead_id, 'L-1');
      assert.ok(bad.error instanceof LeadscoreError && bad.error instanceof Error);
      await assert.rejects(
        pipeline.scoreFileAsync({ input: 'none.csv', output: 'none.out' }),
        (error) => error instanceof LeadscoreError && error.code === 'not_found',
      );
      const strict = Pipeline.builtin('b2b').scoreMany([{ id: 1 }], { as_of: AS_OF, mode: 'strict' });
      assert.ok(strict[0].error.issues.length > 0 && strict[0].error.issues instanceof Array);
    },
  ],
  [
    'arrays are those of the realm, and so are those that are given',
    async ({ Pipeline }) => {
      const pipeline = Pipeline.builtin('b2b');
      const names = Pipeline.builtinNames();
      assert.ok(names instanceof Array && names.includes('b2b'));
      const matrix = pipeline.featureMatrix([{ id: 1, company_revenue: 1000 }], { as_of: AS_OF });
      assert.ok(matrix.values instanceof Float64Array);
      for (const scores of [pipeline.scoreMatrix(matrix), await pipeline.scoreMatrixAsync(matrix.values)]) {
        assert.ok(scores.scores instanceof Float64Array && scores.tiers instanceof Int32Array);
        assert.equal(Object.getPrototypeOf(scores), Object.prototype);
        assert.equal(scores.scores.length, 1);
      }
      const narrow = Float32Array.from(matrix.values);
      assert.equal(pipeline.scoreMatrix({ values: narrow, columns: matrix.columns }).scores.length, 1);
      assert.equal(pipeline.scoreMatrix([[...matrix.values]]).scores.length, 1);
    },
  ],
  [
    'dates, maps, URLs and signals',
    async ({ Pipeline }) => {
      const pipeline = Pipeline.builtin('conversion');
      const one = pipeline.score(LEAD, { as_of: AS_OF });
      assert.deepEqual(pipeline.score(new Map(Object.entries(LEAD)), { as_of: AS_OF }).score, one.score);
      const folder = mkdtempSync(join(tmpdir(), 'leadscore-realm-'));
      try {
        const file = join(folder, 'mine.json');
        writeFileSync(file, pipeline.toText());
        assert.equal(Pipeline.load(new URL(`file://${file}`)).id, 'conversion');
        const input = join(folder, 'leads.csv');
        writeFileSync(input, 'lead_id,company,title\n' + '7,Acme,CEO\n8,Beta,CTO\n'.repeat(1000));
        let rows = 0;
        for await (const row of pipeline.scoreRows(input, { as_of: AS_OF })) {
          rows += 1;
          assert.equal(row.row, rows);
        }
        assert.equal(rows, 2000);
        const abort = new AbortController();
        const work = pipeline.scoreFileAsync({ input, output: join(folder, 'out.csv'), signal: abort.signal });
        abort.abort(new RangeError('mine'));
        await assert.rejects(work, (error) => error instanceof RangeError && error.message === 'mine');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  ],
  [
    'failures of a model and errors of the runner',
    async ({ Pipeline, Task, ModelFailure, assist }) => {
      const task = Task.of('next_action', { pipeline: Pipeline.builtin('conversion'), lead: LEAD, as_of: AS_OF });
      assert.ok(new ModelFailure('timeout') instanceof ModelFailure);
      const failed = await assist(task, () => {
        throw Object.assign(new Error('busy'), { status: 429 });
      });
      assert.equal(failed.provenance.reason.kind, 'failed');
    },
  ],
];
