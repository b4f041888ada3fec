import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { enter } from '../dist/error.js';
import { native, type Native } from '../dist/native.js';
import { LeadscoreError } from 'leadscore';
import { type Case, FIXTURES, bits, cases } from './support.js';

/** One way through the native half: at once, or off the event loop. */
type Way = 'now' | 'later';

for (const way of ['now', 'later'] as const) {
  test(`every case gives what it says, ${way}`, async () => {
    let count = 0;
    const codes = new Set<string>();
    for (const [file, own] of cases()) {
      for (const one of own) {
        const where = `${file}: ${one.name}`;
        let found: unknown;
        try {
          found = await run(one, way);
        } catch (raw) {
          const error = asError(raw);
          assert.ok(error instanceof LeadscoreError, `${where}: ${String(raw)}`);
          // Files are named by where they are; the cases say it as the options do.
          const path = error.path.replace(FIXTURES, '{fixtures}');
          assert.deepEqual({ ...error.toJSON(), path }, one.error, where);
          codes.add(error.code);
          count += 1;
          continue;
        }
        assert.equal(one.error, undefined, where);
        assert.ok(same(found, one.expected), `${where}\n${JSON.stringify(found)}\nfor ${JSON.stringify(one.expected)}`);
        count += 1;
      }
    }
    assert.ok(count > 200, `${count} cases`);
    // A time that cannot be read is always part of a record or of the options; the others need a caller or a defect.
    const without = native.errorCodes().filter((code) => !codes.has(code));
    assert.deepEqual(without, ['invalid_time', 'cancelled', 'internal']);
  });
}

/** Equal to the last bit; −0 is not 0. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return bits([a])[0] === bits([b])[0];
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => same(item, b[at]));
  }
  if (typeof a === 'object' && typeof b === 'object' && a && b) {
    const [keys, others] = [Object.keys(a), Object.keys(b)];
    return (
      keys.length === others.length &&
      keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
    );
  }
  return a === b;
}

function asError(raw: unknown): unknown {
  try {
    return enter(() => {
      throw raw;
    });
  } catch (error) {
    return error;
  }
}

async function run(one: Case, way: Way): Promise<unknown> {
  if (one.pipeline) {
    const { builtin, json } = one.pipeline;
    const pipeline = builtin ? native.Pipeline.builtin(builtin) : native.Pipeline.fromJson(json ?? '');
    return ofPipeline(pipeline, one, way);
  }
  if (one.task) {
    const { request, pipeline } = one.task;
    const task = native.Task.fromJson(request, pipeline ? native.Pipeline.builtin(pipeline) : undefined);
    return one.operation === 'prompt_json' ? task.promptJson() : task.concludeJson(one.arguments[0] as string);
  }
  if (one.forest) {
    const forest = native.Forest.load(join(FIXTURES, one.forest.path));
    const { missing } = one.forest;
    return ofForest(missing === undefined ? forest : forest.withMissing(missing), one, way);
  }
  const text = (at: number) => one.arguments[at] as string;
  switch (`${one.class ?? ''}.${one.operation}`) {
    case '.version':
      return native.version();
    case '.merge_rankings_json':
      return native.mergeRankingsJson(text(0));
    case '.rank_capacity_json':
      return native.rankCapacityJson(text(0));
    case '.train_file': {
      const options = text(0).replaceAll('{fixtures}', JSON.stringify(FIXTURES).slice(1, -1));
      return way === 'now' ? native.trainFile(options) : await native.trainFileAsync(options);
    }
    case '.error_codes':
      return native.errorCodes();
    case 'Pipeline.builtin_names':
      return native.Pipeline.builtinNames();
    case 'Pipeline.builtin':
      return native.Pipeline.builtin(text(0)).describeJson();
    case 'Pipeline.from_json':
      return native.Pipeline.fromJson(text(0)).describeJson();
    case 'Pipeline.import_model':
      return native.Pipeline.importModel(bytes(one.arguments[0]), text(1)).describeJson();
    case 'Forest.from_bytes':
      return native.Forest.fromBytes(bytes(one.arguments[0])).describeJson();
    case 'Forest.from_json':
      return native.Forest.fromJson(text(0)).describeJson();
    default:
      throw new Error(`unknown operation ${one.operation}`);
  }
}

async function ofPipeline(pipeline: Native.Pipeline, one: Case, way: Way): Promise<unknown> {
  const text = (at: number) => one.arguments[at] as string;
  const now = way === 'now';
  switch (one.operation) {
    case 'to_json':
      return pipeline.toJson();
    case 'describe_json':
      return pipeline.describeJson();
    case 'score_json':
      return pipeline.scoreJson(text(0), text(1));
    case 'score_many_json':
      return now
        ? pipeline.scoreManyJson(text(0), text(1))
        : (await pipeline.scoreListsJsonAsync([text(0)], [text(1)], [0])).take(0);
    case 'features_json':
      return pipeline.featuresJson(text(0), text(1));
    case 'feature_matrix_json': {
      const matrix = now
        ? pipeline.featureMatrixJson(text(0), text(1))
        : await pipeline.featureMatrixJsonAsync(text(0), text(1));
      return { columns: matrix.columns, values: nested(matrix.values, matrix.columns) };
    }
    case 'score_matrix': {
      const [values, columns] = matrix(one.arguments[0]);
      const scores = now
        ? pipeline.scoreMatrix(values, columns, 1)
        : await pipeline.scoreMatrixAsync(values, columns, 3);
      return {
        scores: plain(scores.scores),
        probabilities: plain(scores.probabilities),
        tiers: Array.from(scores.tiers),
        classes: plain(scores.classes),
      };
    }
    case 'importance_json': {
      const [values, columns] = one.arguments[1] ? matrix(one.arguments[1]) : [];
      return now
        ? pipeline.importanceJson(text(0), values, columns)
        : pipeline.importanceJsonAsync(text(0), values, columns);
    }
    case 'ranking_parts_json':
      return pipeline.rankingPartsJson(text(0));
    case 'evaluate_file': {
      const options = text(0).replaceAll('{fixtures}', JSON.stringify(FIXTURES).slice(1, -1));
      return now ? pipeline.evaluateFile(options) : await pipeline.evaluateFileAsync(options);
    }
    case 'score_file': {
      const folder = mkdtempSync(join(tmpdir(), 'leadscore-test-'));
      try {
        // Inside a JSON text.
        const inside = (path: string) => JSON.stringify(path).slice(1, -1);
        const options = text(0)
          .replaceAll('{fixtures}', inside(FIXTURES))
          .replaceAll('{out}', inside(join(folder, 'out.csv')));
        const summary = now ? pipeline.scoreFile(options) : await pipeline.scoreFileAsync(options);
        return one.result === 'file' ? readFileSync(join(folder, 'out.csv'), 'utf8') : summary;
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
    default:
      throw new Error(`unknown operation ${one.operation}`);
  }
}

async function ofForest(forest: Native.Forest, one: Case, way: Way): Promise<unknown> {
  if (one.operation === 'describe_json') {
    return forest.describeJson();
  }
  if (one.operation === 'with_missing') {
    return forest.withMissing(one.arguments[0] as number).describeJson();
  }
  if (one.operation === 'with_levels_json') {
    return forest.withLevelsJson(one.arguments[0] as string).describeJson();
  }
  if (one.operation === 'encode_json') {
    const numbers = forest.encodeJson(one.arguments[0] as number, one.arguments[1] as string);
    return nested(numbers, numbers.length)[0];
  }
  if (one.operation === 'notes') {
    return forest.notes();
  }
  const { outputs, predictions } = JSON.parse(forest.describeJson());
  const [values, columns] = matrix(one.arguments[0]);
  const widths: Record<string, number> = {
    margin: outputs,
    predict: predictions,
    shap: outputs * (columns + 1),
  };
  const width = widths[one.operation];
  if (width === undefined) {
    throw new Error(`unknown operation ${one.operation}`);
  }
  const operation = one.operation as 'margin' | 'predict' | 'shap';
  const iterations = one.arguments[1] as string;
  const result =
    way === 'now'
      ? forest[operation](values, columns, iterations, 2)
      : await forest[`${operation}Async`](values, columns, iterations, 2);
  return nested(result, width);
}

function bytes(argument: unknown): Uint8Array {
  const { bytes: file, text } = argument as { bytes?: string; text?: string };
  return file ? readFileSync(join(FIXTURES, file)) : Buffer.from(text ?? '');
}

function matrix(argument: unknown): [Float64Array, number] {
  const { columns, values } = argument as { columns: number; values: (number | null)[][] };
  return [Float64Array.from(values.flat(), (value) => value ?? Number.NaN), columns];
}

function nested(values: Float64Array, width: number): (number | null)[][] {
  const rows = [];
  for (let from = 0; from < values.length; from += width) {
    rows.push(plain(values.subarray(from, from + width)));
  }
  return rows;
}

/** Numbers as the cases write them: JSON has no form for those that are not finite. */
function plain(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? value : null));
}
