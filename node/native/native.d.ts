// Written by scripts/native.mjs from what the Rust code exports.

/** The features of leads, one row each. */
export interface Features {
  /** Row after row; NaN is missing. */
  values: Float64Array
  /** How many features there are in a row. */
  columns: number
}

/** An XGBoost or LightGBM model. */
export declare class Forest {
  /** Loads a model from the bytes of its file. */
  static fromBytes(bytes: Uint8Array): Forest
  /** Loads a model file. */
  static load(path: string): Forest
  /** Reads what `toJson` wrote. */
  static fromJson(text: string): Forest
  /** The same model with a value besides NaN that is read as missing. */
  withMissing(value: number): Forest
  /** The same model with levels that its file does not give: `{"country": ["DE", "FR"]}`. */
  withLevelsJson(levels: string): Forest
  /** The numbers of one column's cells, given as a JSON list, and what becomes of levels that the model has not seen. */
  encodeJson(feature: number, values: string, unseen?: string | undefined | null): Float64Array
  /** Frees the model, but for work that still goes on. */
  close(): void
  /** What the file leaves open about its columns. */
  notes(): Array<string>
  /** The model in the library's own JSON. */
  toJson(): string
  /** What the model is, as a JSON object. */
  describeJson(): string
  /** The margins of a matrix, row after row. */
  margin(values: Values, columns: number, iterations: string, threads?: number | undefined | null): Float64Array
  /** The same off the event loop. */
  marginAsync(values: Values, columns: number, iterations: string, threads?: number | undefined | null, stopper?: Stopper | undefined | null): Promise<Float64Array>
  /** The predictions of a matrix, row after row. */
  predict(values: Values, columns: number, iterations: string, threads?: number | undefined | null): Float64Array
  /** The same off the event loop. */
  predictAsync(values: Values, columns: number, iterations: string, threads?: number | undefined | null, stopper?: Stopper | undefined | null): Promise<Float64Array>
  /** The contributions of every feature and then the bias, for each output of each row. */
  shap(values: Values, columns: number, iterations: string, threads?: number | undefined | null): Float64Array
  /** The same off the event loop. */
  shapAsync(values: Values, columns: number, iterations: string, threads?: number | undefined | null, stopper?: Stopper | undefined | null): Promise<Float64Array>
}

/** One thing that strict mode refuses in a lead. */
export interface Issue {
  /** What kind of error it is. */
  code: string
  /** The name of the feature. */
  feature: string
  /** Where in the input. */
  path: string
  /** What is wrong. */
  message: string
  /** What the record said, where it said something. */
  found?: string
}

/** The scores of a matrix, as columns. */
export interface MatrixScores {
  /** 0–100. */
  scores: Float64Array
  /** 0–1, NaN where there is none. */
  probabilities: Float64Array
  /** Indexes into the pipeline's list of tiers, −1 where there is none. */
  tiers: Int32Array
  /** The probability of every class, row after row. */
  classes: Float64Array
}

/** Everything that turns a lead into a prediction. */
export declare class Pipeline {
  /** The names of the pipelines that ship with the library. */
  static builtinNames(): Array<string>
  /** A pipeline that ships with the library. */
  static builtin(name: string): Pipeline
  /** Reads the text of a pipeline file. */
  static fromJson(text: string): Pipeline
  /** Loads a pipeline file. */
  static load(path: string): Pipeline
  /** Makes a pipeline of the bytes of an XGBoost or LightGBM model. */
  static importModel(bytes: Uint8Array, options: string): Pipeline
  /** Frees the pipeline, but for work that still goes on. */
  close(): void
  /** The pipeline as one self-contained JSON file. */
  toJson(): string
  /** What the pipeline is, as a JSON object. */
  describeJson(): string
  /** Scores a lead record; the prediction. */
  scoreJson(record: string, context: string): string
  /**
  * Scores a list of lead records, the first of which has that index in a longer list; a list of predictions, with an
  * error in place of a record that is refused.
  */
  scoreManyJson(records: string, context: string, firstIndex?: number | undefined | null, threads?: number | undefined | null): string
  /**
  * The same off the event loop for some lists, each with the index of its first record; a list of predictions for each.
  * There is one context for all lists, or one for each.
  */
  scoreListsJsonAsync(lists: Array<string>, contexts: Array<string>, firstIndexes: Array<number>, threads?: number | undefined | null, stopper?: Stopper | undefined | null): Promise<Texts>
  /** The features of a lead record, name by name. */
  featuresJson(record: string, context: string): string
  /** The features of a list of lead records, the first of which has that index in a longer list. */
  featureMatrixJson(records: string, context: string, firstIndex?: number | undefined | null, threads?: number | undefined | null): Features
  /** The same off the event loop. */
  featureMatrixJsonAsync(records: string, context: string, firstIndex?: number | undefined | null, threads?: number | undefined | null, stopper?: Stopper | undefined | null): Promise<Features>
  /** Scores the rows of a matrix of features. */
  scoreMatrix(values: Values, columns: number, threads?: number | undefined | null): MatrixScores
  /** The same off the event loop. */
  scoreMatrixAsync(values: Values, columns: number, threads?: number | undefined | null, stopper?: Stopper | undefined | null): Promise<MatrixScores>
  /** Which features or rules matter, as a list; with a matrix, over its rows. */
  importanceJson(by: string, values?: Values | undefined | null, columns?: number | undefined | null): string
  /** The same off the event loop. */
  importanceJsonAsync(by: string, values?: Values | undefined | null, columns?: number | undefined | null, stopper?: Stopper | undefined | null): Promise<string>
  /** The questions of a ranking of any number of leads, as a JSON list of requests. */
  rankingPartsJson(request: string): string
  /** Begins to score a file of leads row by row; the options are those of `scoreFile`, without an output. */
  scoreRows(options: string): RowReader
  /** Scores a file of leads into another; what came of it. */
  scoreFile(options: string): string
  /** The same off the event loop. */
  scoreFileAsync(options: string, stopper?: Stopper | undefined | null): Promise<string>
  /** Measures the pipeline on a file of leads whose outcome is known. */
  evaluateFile(options: string): string
  /** The same off the event loop. */
  evaluateFileAsync(options: string, stopper?: Stopper | undefined | null): Promise<string>
}

/** The rows of a file, scored on a thread of their own that waits while nobody takes them. */
export declare class RowReader {
  /** The next rows as JSON lines; null after the last. */
  next(): Promise<string | null>
  /** What came of the file, once the last rows were taken. */
  summary(): string | null
  /** Lets go of the rows that were not taken, and ends the work. */
  stop(): void
}

/** Ends the work that it was given to, at its next block of rows. */
export declare class Stopper {
  /** One that has not stopped anything. */
  constructor()
  /** Ends the work. */
  stop(): void
}

/** Exactly one question to a language model, with the check of its answer and the result without one. */
export declare class Task {
  /** Reads a request; one about leads wants a pipeline. */
  static fromJson(request: string, pipeline?: Pipeline | undefined | null): Task
  /** What a model is asked, as a JSON object. */
  promptJson(): string
  /** The result from what came of asking, as a JSON object. */
  concludeJson(outcome: string): string
}

/** Texts that become JavaScript's one by one, so that the event loop can turn between them. */
export declare class Texts {
  /** Takes out the text of an index, which is empty from then on. */
  take(index: number): string
}

/** Values of a matrix, row after row: 64-bit, or 32-bit numbers that are widened. */
export type Values = Float64Array | Float32Array

/** Removes the files that are being written, and lets no other take its place: for a process that ends. */
export declare function abandonUnfinishedFiles(): void

/** Removes the files that are being written before the process ends by one of these signals, which it does not handle. */
export declare function cleanUpBefore(signals: Array<string>): void

/** Every code an error of the library can have. */
export declare function errorCodes(): Array<string>

/** One ranking from a JSON list of rankings, each the output of one question. */
export declare function mergeRankingsJson(rankings: string): string

/** Who of a list is within a capacity; request and ranking as JSON. */
export declare function rankCapacityJson(request: string): string

/** Runs the command `leadscore`; the first argument is its own name. The exit status. */
export declare function runCommand(args: Array<string>): number

/**
 * Learns a pipeline from a file of past leads; options and result as JSON. `progress` hears of it now and then, and says
 * whether the work is to end.
 */
export declare function trainFile(options: string, progress?: (fold: number, folds: number, size: string, round: number, loss: number) => boolean): string

/** The same off the event loop, on which `progress` is called. */
export declare function trainFileAsync(options: string, stopper?: Stopper | undefined | null, progress?: (fold: number, folds: number, size: string, round: number, loss: number) => void): Promise<string>

/** The library's version. */
export declare function version(): string
