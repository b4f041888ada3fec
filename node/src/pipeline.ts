import { readFileSync } from 'node:fs';

import { checkText, documentOf, encodeAny, encodeLead, kindOf } from './encode.js';
import { LeadscoreError, enter, isError } from './error.js';
import { Handle, bytesOf, isUrl, pathOf } from './handle.js';
import { Slices, enterLater } from './later.js';
import { SMALL_STRETCH, STRETCH, type Scored, WHOLE, batchesOf, checkLeads, stretchesOf } from './many.js';
import { type FeatureMatrix, type Matrix, type MatrixInput, here, matrixOf } from './matrix.js';
import { type Native, cleanUpBeforeSignals, native } from './native.js';
import { Contexts, MANY, asOf, asOfText, checkThreads, context, known, later } from './options.js';
import { Rows } from './rows.js';
import type {
  Explanation,
  FeatureImportance,
  FeatureValue,
  Evaluation,
  EvaluationOptions,
  FileOptions,
  FileSummary,
  ImportanceBy,
  ImportOptions,
  LaterOptions,
  Lead,
  LeadLike,
  PipelineDescription,
  Prediction,
  RowOptions,
  ScoreManyOptions,
  ScoreOptions,
} from './types.js';

const ROW = ['as_of', 'zone', 'map', 'activities', 'strict', 'rejects', 'reasons', 'threads'];
const EVALUATION = [
  'input',
  'target',
  'positive',
  'segments',
  'top',
  'draws',
  'seed',
  'report',
  'allow_worthless',
  ...ROW.filter((name) => name !== 'reasons'),
];
const FILE = ['input', 'output', 'format', 'top', 'capacity', 'columns', 'excel', 'allow_worthless', ...ROW];

/** The scores of a matrix, as columns. */
export interface MatrixScores {
  /** 0–100. */
  scores: Float64Array;
  /** 0–1, NaN where there is none. */
  probabilities: Float64Array;
  /** Indexes into `describe().tiers`, −1 where there is none. */
  tiers: Int32Array;
  /** The probability of every class, row after row, in the order of `describe().classes`. */
  classes: Float64Array;
}

/** Everything that turns a lead into a prediction; immutable. */
export class Pipeline {
  readonly #handle: Handle<Native.Pipeline>;
  #description: PipelineDescription | undefined;

  private constructor(pipeline: Native.Pipeline) {
    this.#handle = new Handle('pipeline', pipeline);
  }

  /** @internal */
  static nativeOf(pipeline: Pipeline): Native.Pipeline {
    return pipeline.#handle.native;
  }

  /** The names of the pipelines that ship with the library. */
  static builtinNames(): string[] {
    return [...native.Pipeline.builtinNames()];
  }

  /** A pipeline that ships with the library. */
  static builtin(name: string): Pipeline {
    const own = checkText(name, 'unknown_name', '');
    return enter(() => new Pipeline(native.Pipeline.builtin(own)));
  }

  /** Loads a pipeline file. */
  static load(file: string | URL): Pipeline {
    const path = pathOf(file);
    return enter(() => new Pipeline(native.Pipeline.load(path)));
  }

  /** Reads a pipeline file's text, or what `JSON.parse` made of it. */
  static fromJSON(json: string | object): Pipeline {
    const text = documentOf(json);
    return enter(() => new Pipeline(native.Pipeline.fromJson(text)));
  }

  /** Makes a pipeline of an XGBoost or LightGBM model: a file, or its bytes. */
  static importModel(model: string | URL | ArrayBuffer | ArrayBufferView, options: ImportOptions): Pipeline {
    const bytes = typeof model === 'string' || isUrl(model) ? readModel(pathOf(model)) : bytesOf(model);
    const text = encodeAny(options, 'invalid_context', '');
    return enter(() => new Pipeline(native.Pipeline.importModel(bytes, text)));
  }

  /** What the pipeline is. */
  describe(): PipelineDescription {
    return structuredClone(this.#described());
  }

  /** Its id. */
  get id(): string {
    return this.#described().id;
  }

  /** The pipeline as the text of one self-contained file. */
  toText(): string {
    return this.#handle.native.toJson();
  }

  /** The same as JSON. */
  toJSON(): object {
    return JSON.parse(this.toText());
  }

  /** Scores one lead. */
  score(lead: Lead, options?: ScoreOptions): Prediction;
  score<L extends object>(lead: L & LeadLike<L>, options?: ScoreOptions): Prediction;
  score(lead: unknown, options?: ScoreOptions): Prediction {
    const pipeline = this.#handle.native;
    const [record, how] = [encodeLead(lead, ''), context(options)];
    return JSON.parse(enter(() => pipeline.scoreJson(record, how)));
  }

  /** Why a lead has its score. */
  explain(lead: Lead, options?: ScoreOptions): Explanation;
  explain<L extends object>(lead: L & LeadLike<L>, options?: ScoreOptions): Explanation;
  explain(lead: unknown, options?: ScoreOptions): Explanation {
    return this.score(lead as Lead, options).explanation;
  }

  /**
   * Scores many leads, on this thread; one that is refused stands as its error and does not stop the others. Tiers by
   * rank are those in this list, which then crosses in one piece; a lead that is scored alone has none.
   */
  scoreMany(leads: Iterable<Lead>, options?: ScoreManyOptions): Scored[];
  scoreMany<L extends object>(leads: Iterable<L & LeadLike<L>>, options?: ScoreManyOptions): Scored[];
  scoreMany(leads: Iterable<unknown>, options?: ScoreManyOptions): Scored[] {
    const pipeline = this.#handle.native;
    const contexts = new Contexts(options);
    checkLeads(leads, false);
    const scored: Scored[] = [];
    for (const stretch of stretchesOf(leads, this.#stretch(STRETCH))) {
      const { text, first } = stretch;
      const how = contexts.of(stretch);
      for (const one of stretch.scored(enter(() => pipeline.scoreManyJson(text, how, first, 1)))) {
        scored.push(one);
      }
    }
    contexts.check(scored.length);
    return scored;
  }

  /** The same off the event loop, by at most `threads` threads. */
  scoreManyAsync(
    leads: Iterable<Lead> | AsyncIterable<Lead>,
    options?: ScoreManyOptions & LaterOptions,
  ): Promise<Scored[]>;
  scoreManyAsync<L extends object>(
    leads: Iterable<L & LeadLike<L>> | AsyncIterable<L & LeadLike<L>>,
    options?: ScoreManyOptions & LaterOptions,
  ): Promise<Scored[]>;
  async scoreManyAsync(
    leads: Iterable<unknown> | AsyncIterable<unknown>,
    options?: ScoreManyOptions & LaterOptions,
  ): Promise<Scored[]> {
    const pipeline = this.#handle.native;
    const contexts = new Contexts(options, MANY);
    const { threads, signal } = later(options, MANY);
    checkLeads(leads, true);
    const scored: Scored[] = [];
    const slices = new Slices();
    for await (const stretches of batchesOf(leads, slices, this.#stretch(SMALL_STRETCH))) {
      const texts = stretches.map((stretch) => stretch.text);
      const [hows, firsts] = [contexts.each(stretches), stretches.map((stretch) => stretch.first)];
      const found = await enterLater(signal, (own) =>
        pipeline.scoreListsJsonAsync(texts, hows, firsts, threads, own),
      );
      slices.begin();
      for (const [at, stretch] of stretches.entries()) {
        for (const one of stretch.scored(found.take(at))) {
          scored.push(one);
        }
        await slices.pause();
      }
    }
    contexts.check(scored.length);
    return scored;
  }

  /** The features of one lead, by name. */
  features(lead: Lead, options?: ScoreOptions): { [name: string]: FeatureValue };
  features<L extends object>(lead: L & LeadLike<L>, options?: ScoreOptions): { [name: string]: FeatureValue };
  features(lead: unknown, options?: ScoreOptions): { [name: string]: FeatureValue } {
    const pipeline = this.#handle.native;
    const [record, how] = [encodeLead(lead, ''), context(options)];
    return JSON.parse(enter(() => pipeline.featuresJson(record, how)));
  }

  /** The features of many leads as a matrix. */
  featureMatrix(leads: Iterable<Lead>, options?: ScoreManyOptions): FeatureMatrix;
  featureMatrix<L extends object>(leads: Iterable<L & LeadLike<L>>, options?: ScoreManyOptions): FeatureMatrix;
  featureMatrix(leads: Iterable<unknown>, options?: ScoreManyOptions): FeatureMatrix {
    const pipeline = this.#handle.native;
    const contexts = new Contexts(options);
    checkLeads(leads, false);
    const parts: Float64Array[] = [];
    let count = 0;
    for (const stretch of stretchesOf(leads)) {
      const { text, first } = stretch;
      const how = contexts.of(stretch);
      try {
        parts.push(enter(() => pipeline.featureMatrixJson(text, how, first, 1)).values);
      } catch (error) {
        throw stretch.own(error);
      }
      count += stretch.count;
    }
    contexts.check(count);
    const names = this.#described().columns.map((column) => column.name);
    const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let to = 0;
    for (const part of parts) {
      values.set(part, to);
      to += part.length;
    }
    return { values, columns: names.length, names };
  }

  /** Scores the rows of a matrix of features. */
  scoreMatrix(rows: MatrixInput, options?: { threads?: number | undefined }): MatrixScores {
    const pipeline = this.#handle.native;
    const { threads } = known(options, ['threads']);
    const { values, columns } = this.#matrix(rows);
    const most = checkThreads(threads);
    return columnsOf(enter(() => pipeline.scoreMatrix(values, columns, most)));
  }

  /** The same off the event loop. */
  async scoreMatrixAsync(rows: MatrixInput, options?: LaterOptions): Promise<MatrixScores> {
    const pipeline = this.#handle.native;
    const { threads, signal } = later(options);
    const { values, columns } = this.#matrix(rows);
    return columnsOf(await enterLater(signal, (own) => pipeline.scoreMatrixAsync(values, columns, threads, own)));
  }

  /** Which features of a model, or which rules, matter how much; over the rows of a matrix by `leads`. */
  importance(by: ImportanceBy, leads?: MatrixInput): FeatureImportance[] {
    const pipeline = this.#handle.native;
    const measure = checkText(by, 'unknown_name', 'by');
    const matrix = leads === undefined || leads === null ? undefined : this.#matrix(leads);
    return JSON.parse(enter(() => pipeline.importanceJson(measure, matrix?.values, matrix?.columns)));
  }

  /** The same off the event loop. */
  async importanceAsync(
    by: ImportanceBy,
    leads?: MatrixInput,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<FeatureImportance[]> {
    const pipeline = this.#handle.native;
    const measure = checkText(by, 'unknown_name', 'by');
    const { signal } = later(options);
    const matrix = leads === undefined || leads === null ? undefined : this.#matrix(leads);
    const start = (own: Native.Stopper) =>
      pipeline.importanceJsonAsync(measure, matrix?.values, matrix?.columns, own);
    return JSON.parse(await enterLater(signal, start));
  }

  /** Scores a file of leads into another, on this thread. */
  scoreFile(options: FileOptions): FileSummary {
    const pipeline = this.#handle.native;
    const text = fileOptions(options);
    cleanUpBeforeSignals();
    return JSON.parse(enter(() => pipeline.scoreFile(text)));
  }

  /** The same off the event loop. */
  async scoreFileAsync(options: FileOptions & { signal?: AbortSignal | undefined }): Promise<FileSummary> {
    const pipeline = this.#handle.native;
    const { signal } = later(options, FILE);
    const text = fileOptions(options);
    cleanUpBeforeSignals();
    return JSON.parse(await enterLater(signal, (own) => pipeline.scoreFileAsync(text, own)));
  }

  /**
   * Measures the pipeline on a file of leads whose outcome is known, on this thread; others are compared with it on the
   * same leads.
   */
  evaluateFile(options: EvaluationOptions, others: readonly Pipeline[] = []): Evaluation {
    const pipeline = this.#handle.native;
    const text = evaluationOptions(options, others);
    return JSON.parse(enter(() => pipeline.evaluateFile(text)));
  }

  /** The same off the event loop. */
  async evaluateFileAsync(
    options: EvaluationOptions & { signal?: AbortSignal | undefined },
    others: readonly Pipeline[] = [],
  ): Promise<Evaluation> {
    const pipeline = this.#handle.native;
    const { signal } = later(options, EVALUATION);
    const text = evaluationOptions(options, others);
    return JSON.parse(await enterLater(signal, (own) => pipeline.evaluateFileAsync(text, own)));
  }

  /**
   * Scores a file of leads (CSV, JSONL or JSON, also gzipped) row by row:
   * `for await (const prediction of pipeline.scoreRows('leads.csv')) …`.
   */
  scoreRows(file: string | URL, options?: RowOptions & { signal?: AbortSignal | undefined }): Rows {
    const pipeline = this.#handle.native;
    const input = pathOf(file);
    const { signal } = later(options, ROW);
    const { signal: _, ...rest } = options ?? {};
    const { as_of } = rest;
    const text = fileOptions({ ...rest, as_of: asOf(as_of), input });
    if (rest.rejects !== undefined && rest.rejects !== null) {
      cleanUpBeforeSignals();
    }
    return new Rows(() => enter(() => pipeline.scoreRows(text)), signal);
  }

  /** Frees the pipeline; later calls throw `closed`. */
  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #described(): PipelineDescription {
    const pipeline = this.#handle.native;
    this.#description ??= JSON.parse(pipeline.describeJson()) as PipelineDescription;
    return this.#description;
  }

  /** How many leads cross as one text: all of them where tiers are by rank in the whole list. */
  #stretch(usual: number): number {
    return this.#described().ranks ? WHOLE : usual;
  }

  #matrix(rows: MatrixInput): Matrix {
    return matrixOf(rows, this.#described().columns.length);
  }
}

/** The columns of the native half as arrays of this realm. */
function columnsOf({ scores, probabilities, tiers, classes }: Native.MatrixScores): MatrixScores {
  const own = new Int32Array(tiers.buffer, tiers.byteOffset, tiers.length);
  return { scores: here(scores), probabilities: here(probabilities), tiers: own, classes: here(classes) };
}

function readModel(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = isError(cause) ? cause.message : kindOf(cause);
    const missing = isError(cause) && 'code' in cause && cause.code === 'ENOENT';
    throw new LeadscoreError(missing ? 'not_found' : 'io', path, why, { cause });
  }
}

/** The options of a file as JSON text. */
function fileOptions(options: Omit<FileOptions, 'output'>): string {
  const { signal: _, ...given } = known(options, [...FILE, 'signal']);
  const as_of = asOfText(given['as_of']);
  const capacity = given['capacity'] ?? undefined;
  const text = capacity === undefined ? undefined : String(capacity);
  const own = { ...given, as_of, capacity: text, threads: checkThreads(given['threads']) };
  return encodeAny(own, 'invalid_context', 'options');
}

/** The options of an evaluation as JSON text. */
function evaluationOptions(options: EvaluationOptions, others: readonly Pipeline[]): string {
  const { signal: _, ...given } = known(options, [...EVALUATION, 'signal']);
  const texts = (name: string): string[] | undefined => {
    const own = given[name] ?? undefined;
    // What is no list is refused with its name by the library.
    return Array.isArray(own) ? own.map(String) : (own as string[] | undefined);
  };
  const own = {
    ...given,
    as_of: asOfText(given['as_of']),
    positive: texts('positive'),
    top: texts('top'),
    threads: checkThreads(given['threads']),
    others: others.map((other) => other.toText()),
  };
  return encodeAny(own, 'invalid_context', 'options');
}
