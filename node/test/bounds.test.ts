import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { EXAMPLES } from './support.js';

/** Calls that are refused before memory is asked for, with code and path. Each ran out of memory, or took minutes. */
const REFUSED: [string, string, string][] = [
  ['pipeline.score({ tags: new Array(1e8) })', 'invalid_lead', 'tags'],
  ['pipeline.score({ activities: new Array(1e8) })', 'invalid_lead', 'activities'],
  ['pipeline.score({ a: Array(1e4).fill(Array(1e4).fill(0)) })', 'invalid_lead', 'a[98]'],
  ['pipeline.scoreMany(new Array(1e8))', 'invalid_lead', 'leads[0]'],
  ['pipeline.scoreManyAsync(new Array(1e8))', 'invalid_lead', 'leads[0]'],
  ['pipeline.featureMatrix(new Array(1e8))', 'invalid_lead', 'leads[0]'],
  ['pipeline.scoreMatrix([new Array(1e8), new Array(1e8)])', 'invalid_matrix', ''],
  ['pipeline.score({}, { reasons: new Array(1e8) })', 'invalid_context', ''],
  ['pipeline.scoreMany([{}], { as_of: new Array(1e8) })', 'invalid_context', 'as_of[0]'],
  ["pipeline.scoreRows('x.csv', { zone: new Array(1e8) })", 'invalid_context', 'options'],
  ['Pipeline.fromJSON(new Array(1e8))', 'invalid_json', ''],
  ['Pipeline.fromJSON({ rules: new Array(1e8) })', 'invalid_json', ''],
  ['forest.encode(0, new Array(1e8))', 'invalid_matrix', 'cells'],
  ["Task.of('chat_reply', { message: 'Hi', facts: new Array(1e8) })", 'invalid_task', 'facts'],
  // As wrong, and with an error of our own that says what to do.
  ['pipeline.score({}, { as_of: 1e300 })', 'invalid_context', 'as_of'],
  ['pipeline.score({}, { as_of: -8.7e15 })', 'invalid_context', 'as_of'],
  ['pipeline.scoreMatrix(gone(new Float64Array(50)))', 'invalid_matrix', ''],
  ['pipeline.scoreMatrix({ values: gone(new Float32Array(50)), columns: 50 })', 'invalid_matrix', ''],
  ['Forest.fromBytes(gone(new Uint8Array(50)))', 'invalid_model', ''],
  ['Forest.fromBytes(gone(new Uint8Array(50)).buffer)', 'invalid_model', ''],
  ['Forest.load(Buffer.alloc(8))', 'io', ''],
];

test('values are measured before they are gone through', { timeout: 300_000 }, () => {
  const script = `
    const { Forest, LeadscoreError, Pipeline, Task } = require('leadscore');
    const pipeline = Pipeline.builtin('b2b');
    const forest = Forest.load(${JSON.stringify(join(EXAMPLES, 'x_education.ubj'))});
    const gone = (array) => (structuredClone(array.buffer, { transfer: [array.buffer] }), array);
    (async () => {
      const told = [];
      for (const call of ${JSON.stringify(REFUSED.map(([call]) => call))}) {
        try {
          await eval(call);
          told.push('nothing');
        } catch (error) {
          told.push(error instanceof LeadscoreError ? [error.code, error.path, error.message] : String(error));
        }
      }
      console.log(JSON.stringify(told));
    })();
  `;
  // A heap that a walk through any of the lists would burst.
  const args = ['--max-old-space-size=600', '-e', script];
  const run = spawnSync(process.execPath, args, { cwd: join(__dirname, '..'), encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr.slice(0, 2000));
  const told: (string | string[])[] = JSON.parse(run.stdout);
  const wrong = REFUSED.filter(([, code, path], at) => told[at]?.[0] !== code || told[at]?.[1] !== path);
  assert.deepEqual(wrong.map(([call]) => [call, told[REFUSED.findIndex((one) => one[0] === call)]]), []);
  assert.match(told.at(-1)?.[2] ?? '', /Forest\.fromBytes takes the bytes/);
  assert.match(told.at(-3)?.[2] ?? '', /transferred elsewhere/);
});
