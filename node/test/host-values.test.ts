import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { encodeLead } from '../dist/encode.js';
import { type Lead, LeadscoreError, Pipeline } from 'leadscore';
import { FIXTURES, bits } from './support.js';

/** A value in words that mean the same in every language. */
interface About {
  kind: string;
  value?: unknown;
  zeros?: number;
  units?: string[];
  hex?: string;
  items?: (About | string)[];
  fields?: [string | About, About][];
  entries?: [About, About][];
  of?: string;
  depth?: number;
}

/** What becomes of a value: the text that every language writes and what the core makes of it, or an error. */
interface Row {
  name: string;
  value?: About;
  record?: About;
  json?: string;
  core?: Outcome;
  error?: { code: string; path: string };
}

interface Outcome {
  feature?: string;
  value?: unknown;
  missing?: string;
  found?: string;
  lead_id?: string;
  error?: { code: string; path: string };
}

/** The kinds for which JavaScript has no type; a `Date` has no digits beyond milliseconds either. */
const NO_TYPE = [
  'not_a_time',
  'decimal',
  'complex',
  'uuid',
  'date',
  'local_time',
  'zoned_time',
  'time_of_day',
  'duration',
];

const table = JSON.parse(readFileSync(join(FIXTURES, 'conformance', 'host_values.json'), 'utf8'));
const pipeline = Pipeline.fromJSON(table.pipeline);
const options = { as_of: table.as_of, zone: table.zone };

test('every value gives what its row says', (t) => {
  const skipped: string[] = [];
  const wrong: string[] = [];
  let done = 0;
  for (const row of table.rows as Row[]) {
    const records = recordsOf(row);
    if (records.length === 0) {
      skipped.push(row.name);
    }
    for (const record of records) {
      done += 1;
      try {
        check(row, record as Lead);
      } catch (error) {
        wrong.push(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  t.diagnostic(`${done} values; no type for ${skipped.length} rows: ${skipped.join(', ')}`);
  assert.deepEqual(wrong, []);
  // A row is skipped for what JavaScript has no type for, and for nothing else.
  const without = new RegExp(`"kind":"(${NO_TYPE.join('|')})"|"instant","value":"[^"]*\\.\\d{4}`);
  const named = (table.rows as Row[]).filter((row) => without.test(JSON.stringify(row))).map((row) => row.name);
  assert.deepEqual(skipped, named);
  assert.ok(skipped.length < 70 && done > table.rows.length - skipped.length, `${done} and ${skipped.length}`);
});

/** The row alone, and as the second of many. */
function check(row: Row, record: Lead): void {
  const alone = written(record, '');
  const among = written(record, 'leads[7]');
  if (alone instanceof LeadscoreError) {
    const path = alone.path === '' ? 'leads[7]' : `leads[7].${alone.path}`;
    assert.ok(among instanceof LeadscoreError && among.path === path, `${path} among others`);
  } else {
    assert.equal(among, alone);
  }
  if (row.json === undefined) {
    const { code, path } = refusal(() => pipeline.score(record, options)) ?? {};
    assert.deepEqual({ code, path }, row.error);
    return;
  }
  assert.ok(typeof alone === 'string', String(alone));
  assert.deepEqual(tokens(alone), tokens(row.json));
  const outcome = outcomeOf(record, row.core ?? {});
  assert.deepEqual(exact(outcome), exact(row.core));
}

function written(record: unknown, path: string): string | LeadscoreError {
  let text = '';
  return refusal(() => (text = encodeLead(record, path))) ?? text;
}

function refusal(work: () => unknown): LeadscoreError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof LeadscoreError, String(error));
    return error;
  }
}

/** What the library made of the record, in the words of the row. */
function outcomeOf(record: Lead, wanted: Outcome): Outcome {
  const error = refusal(() => pipeline.score(record, options));
  if (error !== undefined) {
    return { error: { code: error.code, path: error.path } };
  }
  const prediction = pipeline.score(record, options);
  if (wanted.lead_id !== undefined) {
    return { lead_id: prediction.lead_id };
  }
  const feature = wanted.feature ?? '';
  const missing = prediction.missing.find((one) => one.name === feature);
  if (missing === undefined) {
    return { feature, value: pipeline.features(record, options)[feature] };
  }
  return { feature, missing: missing.reason, ...(missing.found === undefined ? {} : { found: missing.found }) };
}

/** With numbers as their bits; −0 is not 0. */
function exact(outcome: Outcome | undefined): unknown {
  return typeof outcome?.value === 'number' ? { ...outcome, value: bits([outcome.value])[0] } : outcome;
}

/** The tokens of a JSON text: texts by what they say, whole numbers by digits, others by the bits of the float. */
function tokens(text: string): string[] {
  const found = text.match(/"(?:[^"\\]|\\.)*"|[-+.\w]+|[^\s\w]/g) ?? [];
  assert.equal(found.join(''), text);
  return found.map((token) => {
    if (token.startsWith('"')) {
      return `text ${JSON.parse(token)}`;
    }
    return /^[-\d]/.test(token) && !/^-?\d+$/.test(token) ? `float ${bits([Number(token)])[0]}` : token;
  });
}

// From the descriptions of the table to the values: all types of JavaScript that mean the same; none is no value.

function recordsOf({ record, value }: Row): unknown[] {
  if (record !== undefined) {
    return values(record);
  }
  return values(value as About).flatMap((own) => [
    { value: own },
    Object.assign(Object.create(null), { value: own }),
    { toJSON: () => ({ value: own }) },
  ]);
}

function values(about: About): unknown[] {
  const text = String(about.value);
  switch (about.kind) {
    case 'absent':
      return [null];
    case 'undefined':
      return [undefined];
    case 'bool':
      return [about.value];
    case 'int': {
      const whole = BigInt(text + '0'.repeat(about.zeros ?? 0));
      return Number.isSafeInteger(Number(whole)) ? [whole, Number(whole)] : [whole];
    }
    case 'float':
      return [numberOf(text)];
    case 'float32':
      return [Math.fround(numberOf(text))];
    case 'text':
      return [about.value, { toJSON: () => about.value }];
    case 'utf16':
      return [String.fromCharCode(...(about.units ?? []).map((unit) => Number.parseInt(unit, 16)))];
    case 'bytes': {
      const bytes = Buffer.from(about.hex ?? '', 'hex');
      return [bytes, new Uint8Array(bytes), new Uint8Array(bytes).buffer, new DataView(new ArrayBuffer(1))];
    }
    case 'enum':
      // A member of an enum is its value.
      return values(about.value as About);
    case 'instant':
      return /\.\d{4}/.test(text) ? [] : [new Date(text)];
    case 'invalid_date':
      return [new Date(Number.NaN), new Date('soon')];
    case 'list':
    case 'tuple':
      return [itemsOf(about)].filter((items) => items !== undefined);
    case 'set':
      return [new Set(itemsOf(about))];
    case 'iterator':
      return [[1].values(), new Map([[1, 2]]).entries(), (function* () {})()];
    case 'number_array':
      return [Float64Array.from(about.items as string[], Number), Float32Array.from([1]), new BigInt64Array(1)];
    case 'object':
      return objects(about);
    case 'map':
      return [new Map((about.entries ?? []).map(([key, value]) => [values(key)[0], values(value)[0]]))];
    case 'function':
      return [() => 1, Date, class {}];
    case 'opaque':
      return [Symbol('x'), Promise.resolve(), /x/, new WeakMap()];
    case 'nested': {
      let value: unknown = 0;
      for (let depth = 1; depth < (about.depth ?? 0); depth += 1) {
        value = about.of === 'list' ? [value] : { x: value };
      }
      return [value];
    }
    case 'cycle': {
      const list: unknown[] = [];
      list.push(list);
      const object: Record<string, unknown> = {};
      object['self'] = object;
      return [about.of === 'list' ? list : object];
    }
    default:
      assert.ok(NO_TYPE.includes(about.kind), about.kind);
      return [];
  }
}

function numberOf(text: string): number {
  return text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

function itemsOf({ items = [] }: About): unknown[] | undefined {
  const each = (items as About[]).map(values);
  return each.every((variants) => variants.length > 0) ? each.map((variants) => variants[0]) : undefined;
}

/** As an object and as a Map, of the first value of every field, then of the second… */
function objects({ fields = [] }: About): unknown[] {
  const pairs = fields.map(([key, value]) => [typeof key === 'string' ? key : values(key)[0], values(value)] as const);
  if (pairs.some(([, variants]) => variants.length === 0)) {
    return [];
  }
  const most = Math.max(1, ...pairs.map(([, variants]) => variants.length));
  return Array.from({ length: most }, (_, at) =>
    pairs.map(([key, variants]) => [key, variants[Math.min(at, variants.length - 1)]] as const),
  ).flatMap((entries) => [Object.fromEntries(entries), new Map(entries)]);
}
