import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Forest, LeadscoreError, Pipeline } from 'leadscore';
import { EXAMPLES, Random } from './support.js';

const ROUNDS = Number(process.env['LEADSCORE_FUZZ'] ?? 20_000);
const SEED = Number(process.env['LEADSCORE_FUZZ_SEED'] ?? 1);

const pipelines = ['conversion', 'lead-score', 'heat', 'capture'].map((name) => Pipeline.builtin(name));
const closed = Pipeline.builtin('priority');
closed.close();
const forest = Forest.load(join(EXAMPLES, 'x_education.ubj'));
const model = readFileSync(join(EXAMPLES, 'x_education.ubj'));
const text = Pipeline.builtin('priority').toText();
const names = [
  'id', 'lead_id', 'attributes', 'activities', 'kind', 'at', 'properties', 'company', 'title', 'email',
  'recency_days', 'page_views', 'created_at', 'source', 'x', '', '__proto__', 'constructor', 'toJSON', '\ud800', 'ünï',
  '0',
];
const optionNames = ['as_of', 'zone', 'mode', 'detail', 'reasons', 'threads', 'signal', 'iterations', 'out', 'other'];

/** Any value at all, deep or not. */
function value(random: Random, depth: number): unknown {
  const most = depth > 4 ? 24 : 30;
  switch (random.below(most)) {
    case 0: return undefined;
    case 1: return null;
    case 2: return random.next() < 0.5;
    case 3: return random.below(100);
    case 4: return (random.next() - 0.5) * 10 ** random.pick([0, 3, 17, 300]);
    case 5: return random.pick([Number.NaN, Infinity, -Infinity, -0, 2 ** 53, 5e-324, 1.7976931348623157e308]);
    case 6: return random.pick([0n, -(2n ** 63n), 2n ** 63n, 10n ** 500n]);
    case 7: return letters(random);
    case 8: return letters(random);
    case 9: return random.pick(['2026-11-22', '2026-11-22T09:30:00Z', '9999-12-31T23:59:59Z', '-009999-01-01', 'soon']);
    case 10: return new Date(random.pick([0, 1e12, 8.64e15, -8.64e15, Number.NaN, random.below(2e12)]));
    case 11: return Symbol('x');
    case 12: return () => 1;
    case 13: return new Map([[1, 2]]);
    case 14: return Buffer.from(letters(random));
    case 15: return new Float64Array(random.below(40)).fill(random.next());
    case 16: return new Float32Array(random.below(40)).fill(random.next());
    case 17: return new Proxy({}, {});
    case 18: return Object.create(null);
    case 19: return random.pick(['lenient', 'strict', 'brief', 'Europe/Berlin', 'all', 'best', 'gain', 'leads']);
    case 20: return { toJSON: () => value(random, depth + 1) };
    case 21: return new AbortController().signal;
    case 22: return random.pick([Pipeline, forest, closed, process.stdout, globalThis.Math, new Error('x'), /x/]);
    case 23: return Promise.resolve(1);
    case 24:
    case 25: return Array.from({ length: random.below(4) }, () => value(random, depth + 1));
    case 26: {
      const circle: Record<string, unknown> = record(random, depth + 1);
      circle['self'] = random.next() < 0.5 ? circle : [circle];
      return circle;
    }
    default: return record(random, depth + 1);
  }
}

function record(random: Random, depth: number, own: readonly string[] = names): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (let count = random.below(6); count > 0; count -= 1) {
    Object.defineProperty(fields, random.pick(own), {
      value: value(random, depth),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return fields;
}

/** Text of all planes, broken pairs among it. */
function letters(random: Random): string {
  const units = Array.from({ length: random.below(12) }, () => random.below(random.pick([128, 0x10000])));
  return String.fromCharCode(...units);
}

/** A document with a few of its characters changed. */
function bent(random: Random, whole: string): string {
  const at = random.below(whole.length);
  const cut = random.below(random.pick([2, 10, whole.length]));
  const patch = random.pick(['', '"', '{', '}', '1e999', 'null', '\ud800', letters(random)]);
  return whole.slice(0, at) + patch + whole.slice(at + cut);
}

type Any = any;

/** Things one can ask for, all with arguments of any kind. */
const asks: ((random: Random) => unknown)[] = [
  (random) => random.pick(pipelines).score(value(random, 0) as Any, options(random)),
  (random) => random.pick(pipelines).score(record(random, 0) as Any, options(random)),
  (random) => random.pick(pipelines).score(record(random, 0) as Any),
  (random) => random.pick(pipelines).features(record(random, 0) as Any, options(random)),
  (random) => random.pick(pipelines).scoreMany(value(random, 0) as Any, options(random)),
  (random) => random.pick(pipelines).scoreMany([record(random, 0), record(random, 0)] as Any),
  (random) => random.pick(pipelines).featureMatrix([record(random, 0)] as Any, options(random)),
  (random) => random.pick(pipelines).scoreMatrix(matrix(random) as Any, options(random)),
  (random) => random.pick(pipelines).importance(value(random, 0) as Any, matrix(random) as Any),
  (random) => forest.margin(matrix(random) as Any, options(random)),
  (random) => forest.predict(matrix(random) as Any, options(random)),
  (random) => forest.shap(matrix(random) as Any, options(random)),
  (random) => closed.score(value(random, 0) as Any),
  (random) => Pipeline.builtin(value(random, 0) as Any),
  (random) => Pipeline.fromJSON(value(random, 0) as Any),
  (random) => (random.next() < 0.1 ? Pipeline.fromJSON(bent(random, text)) : Pipeline.fromJSON(letters(random))),
  (random) => (random.next() < 0.1 ? Forest.fromBytes(bytes(random)) : Forest.fromBytes(value(random, 0) as Any)),
  (random) => Forest.fromJSON(value(random, 0) as Any),
  (random) => Forest.load(random.pick([letters(random), value(random, 0)]) as Any),
  (random) => Pipeline.importModel(value(random, 0) as Any, options(random)),
  (random) => Pipeline.importModel(model.subarray(0, random.below(64)), { id: letters(random) }),
  (random) => pipelines[0]?.scoreFile(record(random, 0, [...optionNames, 'input', 'format']) as Any),
  (random) => pipelines[0]?.scoreRows(value(random, 0) as Any, options(random)),
];

function options(random: Random): Any {
  return random.next() < 0.3 ? value(random, 0) : record(random, 0, optionNames);
}

function matrix(random: Random): unknown {
  switch (random.below(5)) {
    case 0: return new Float64Array(10 * random.below(5)).fill((random.next() - 0.5) * 10 ** random.pick([0, 300]));
    case 1: return { values: new Float32Array(random.below(50)), columns: value(random, 0) };
    case 2: return Array.from({ length: random.below(3) }, () => Array.from({ length: 10 }, () => value(random, 5)));
    case 3: return { values: value(random, 0), columns: random.below(12) };
    default: return value(random, 0);
  }
}

/** A model file with a few of its bytes changed. */
function bytes(random: Random): Uint8Array {
  const own = Uint8Array.from(model);
  for (let count = random.below(5); count >= 0; count -= 1) {
    own[random.below(own.length)] = random.below(256);
  }
  return own.subarray(0, random.next() < 0.5 ? own.length : random.below(own.length));
}

test(`${ROUNDS} inputs of any kind: an answer or a LeadscoreError, never anything else`, async () => {
  const random = new Random(SEED);
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const ask = asks[round % asks.length] as (random: Random) => unknown;
    let outcome = 'answered';
    try {
      const answer = ask(random);
      if (answer instanceof Promise) {
        await answer;
      }
    } catch (error) {
      if (!(error instanceof LeadscoreError) || typeof error.path !== 'string' || error.message === '') {
        const stack = error instanceof Error ? error.stack : String(error);
        assert.fail(`round ${round} of seed ${SEED}, question ${round % asks.length}: ${stack}`);
      }
      outcome = error.code;
    }
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    if (round % 1000 === 0) {
      // Finalizers run between turns of the loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  assert.ok((seen.get('answered') ?? 0) > ROUNDS / 20, JSON.stringify([...seen]));
  for (const code of ['invalid_lead', 'invalid_context', 'invalid_matrix', 'invalid_json', 'invalid_model', 'closed']) {
    assert.ok(seen.has(code), `${code} among ${JSON.stringify([...seen])}`);
  }
});
