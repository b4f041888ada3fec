import { MOST_IN_DOCUMENT, checkText, documentOf, encodeAny } from './encode.js';
import { LeadscoreError, enter } from './error.js';
import { Handle, bytesOf, pathOf } from './handle.js';
import { enterLater } from './later.js';
import { type Matrix, type MatrixInput, type Values, here, into, matrixOf } from './matrix.js';
import { type Native, native } from './native.js';
import { checkThreads, known, later } from './options.js';
import type { ForestDescription, LaterOptions } from './types.js';

/** How a forest is asked. */
export interface ForestOptions<A extends Values = Float64Array> {
  /** Which boosting rounds to use: those up to the `best` that the file names, by default, or `all` of it. */
  iterations?: 'all' | 'best' | undefined;
  /** An array to write the result into. */
  out?: A | undefined;
  /** The most threads to use; all processors if there is none. Results are the same for any number. */
  threads?: number | undefined;
}

/** How a forest is asked off the event loop. */
export type ForestLaterOptions<A extends Values = Float64Array> = ForestOptions<A> & LaterOptions;

/** What a model file does not tell. */
export interface LoadOptions {
  /**
   * The value that stood for missing in training besides NaN: XGBoost's argument `missing`. As in XGBoost, its models
   * compare after rounding to f32.
   */
  missing?: number | undefined;
  /**
   * The levels of categorical columns in the order of their codes, where the file does not keep them, has lost them, or
   * does not say whose they are: `notes` tells where that is so.
   */
  levels?: Readonly<Record<string, readonly string[]>> | undefined;
}

/**
 * What becomes of a cell that is none of its column's levels: as the `library` does, that is missing for LightGBM and
 * an error for XGBoost, whose version 3.3 refuses it; or `missing`, or an error (`refuse`), for both.
 */
export type Unseen = 'library' | 'missing' | 'refuse';

/** A raw XGBoost or LightGBM model: the margins of the library that wrote it, to the last bit. */
export class Forest {
  readonly #handle: Handle<Native.Forest>;
  readonly #description: ForestDescription;

  private constructor(forest: Native.Forest) {
    this.#handle = new Handle('forest', forest);
    this.#description = JSON.parse(forest.describeJson());
  }

  /** Loads a model file: XGBoost's JSON or UBJSON, or LightGBM's text. */
  static load(file: string | URL, options?: LoadOptions): Forest {
    const path = pathOf(file, '; Forest.fromBytes takes the bytes of a model');
    return enter(() => new Forest(completed(native.Forest.load(path), options)));
  }

  /** Loads a model from the bytes of its file. */
  static fromBytes(bytes: ArrayBuffer | ArrayBufferView, options?: LoadOptions): Forest {
    const own = bytesOf(bytes);
    return enter(() => new Forest(completed(native.Forest.fromBytes(own), options)));
  }

  /** Reads what `toText` or `toJSON` gave. */
  static fromJSON(json: string | object): Forest {
    const text = documentOf(json);
    return enter(() => new Forest(native.Forest.fromJson(text)));
  }

  /** What the file leaves open about its columns, or what had to be concluded, in sentences; mostly nothing. */
  notes(): string[] {
    const forest = this.#handle.native;
    return enter(() => [...forest.notes()]);
  }

  /**
   * The numbers of the cells of one column, as the command and imported pipelines read them: the code of a level,
   * letter for letter, a number, a flag in any spelling; NaN where there is none. `unseen` says what becomes of a cell
   * that is none of the column's levels.
   */
  encode(
    feature: number,
    cells: readonly (string | number | boolean | null)[],
    options?: { unseen?: Unseen | undefined },
  ): Float64Array {
    const forest = this.#handle.native;
    const { unseen } = known(options, ['unseen']);
    const word = unseen === undefined || unseen === null ? undefined : checkText(unseen, 'unknown_name', 'unseen');
    const text = encodeAny(cells, 'invalid_matrix', 'cells', MOST_IN_DOCUMENT);
    return here(enter(() => forest.encodeJson(feature, text, word)));
  }

  /** What the model is. */
  describe(): ForestDescription {
    return structuredClone(this.#description);
  }

  /** How many margins there are for a row. */
  get outputs(): number {
    return this.#description.outputs;
  }

  /** The names of the columns. */
  get featureNames(): string[] {
    return this.#description.features.map((feature) => feature.name);
  }

  /** The model as JSON text. */
  toText(): string {
    return this.#handle.native.toJson();
  }

  /** The model as JSON. */
  toJSON(): object {
    return JSON.parse(this.toText());
  }

  /** Raw margins, row after row, one for each output. */
  margin<A extends Values = Float64Array>(rows: MatrixInput, options?: ForestOptions<A>): A {
    return this.#now('margin', rows, options);
  }

  /** The same off the event loop. */
  marginAsync<A extends Values = Float64Array>(
    rows: MatrixInput,
    options?: ForestLaterOptions<A>,
  ): Promise<A> {
    return this.#later('marginAsync', rows, options);
  }

  /** Predictions, row after row: margins through the objective's link. */
  predict<A extends Values = Float64Array>(rows: MatrixInput, options?: ForestOptions<A>): A {
    return this.#now('predict', rows, options);
  }

  /** The same off the event loop. */
  predictAsync<A extends Values = Float64Array>(
    rows: MatrixInput,
    options?: ForestLaterOptions<A>,
  ): Promise<A> {
    return this.#later('predictAsync', rows, options);
  }

  /** Exact SHAP values in margin units: for each row and output one for every column, then the bias. */
  shap<A extends Values = Float64Array>(rows: MatrixInput, options?: ForestOptions<A>): A {
    return this.#now('shap', rows, options);
  }

  /** The same off the event loop. */
  shapAsync<A extends Values = Float64Array>(
    rows: MatrixInput,
    options?: ForestLaterOptions<A>,
  ): Promise<A> {
    return this.#later('shapAsync', rows, options);
  }

  /** Frees the model; later calls throw `closed`. */
  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #now<A extends Values>(
    question: 'margin' | 'predict' | 'shap',
    rows: MatrixInput,
    options: ForestOptions<A> | undefined,
  ): A {
    const forest = this.#handle.native;
    const { threads, out } = known(options, ['iterations', 'out', 'threads']);
    const { values, columns } = this.#matrix(rows);
    const [iterations, most] = [iterationsOf(options?.iterations), checkThreads(threads)];
    return into(
      enter(() => forest[question](values, columns, iterations, most)),
      out as A | undefined,
    );
  }

  async #later<A extends Values>(
    question: 'marginAsync' | 'predictAsync' | 'shapAsync',
    rows: MatrixInput,
    options: ForestLaterOptions<A> | undefined,
  ): Promise<A> {
    const forest = this.#handle.native;
    const { threads, signal } = later(options, ['iterations', 'out']);
    const { values, columns } = this.#matrix(rows);
    const iterations = iterationsOf(options?.iterations);
    const result = await enterLater(signal, (own) => forest[question](values, columns, iterations, threads, own));
    return into(result, options?.out);
  }

  #matrix(rows: MatrixInput): Matrix {
    return matrixOf(rows, this.#description.features.length);
  }
}

function completed(forest: Native.Forest, options: LoadOptions | undefined): Native.Forest {
  const { missing, levels } = known(options, ['missing', 'levels']);
  if (missing !== undefined && missing !== null && typeof missing !== 'number') {
    throw new LeadscoreError('invalid_context', 'missing', 'wants a number');
  }
  const given = levels === undefined || levels === null ? undefined : encodeAny(levels, 'invalid_context', 'levels');
  const marked = typeof missing === 'number' ? replaced(forest, forest.withMissing(missing)) : forest;
  return given === undefined ? marked : replaced(marked, marked.withLevelsJson(given));
}

function replaced(before: Native.Forest, after: Native.Forest): Native.Forest {
  before.close();
  return after;
}

function iterationsOf(iterations: unknown): string {
  if (iterations === undefined || iterations === null) {
    return 'best';
  }
  if (typeof iterations !== 'string') {
    throw new LeadscoreError('unknown_name', 'iterations', 'wants `all` or `best`');
  }
  return iterations;
}
