import { ours } from './error.js';
import { checkSignal, onAbort } from './later.js';
import type { Native } from './native.js';
import type { FileSummary, RowPrediction } from './types.js';

/**
 * The predictions of a file, one after another in its order. Scoring goes on beside, a few hundred rows ahead at most:
 * it waits for whoever takes them, so that memory stays small however slowly that is.
 */
export class Rows implements AsyncIterable<RowPrediction> {
  readonly #open: () => Native.RowReader;
  readonly #signal: AbortSignal | undefined;
  #summary: FileSummary | undefined;
  #taken = false;

  constructor(open: () => Native.RowReader, signal: AbortSignal | undefined) {
    this.#open = open;
    this.#signal = signal;
  }

  /** What came of the file, once all rows were taken. */
  get summary(): FileSummary | undefined {
    return this.#summary;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RowPrediction, void, undefined> {
    if (this.#taken) {
      throw new TypeError('the rows of a file can be gone through once; score it again');
    }
    this.#taken = true;
    checkSignal(this.#signal);
    const reader = this.#open();
    const done = onAbort(this.#signal, () => reader.stop());
    try {
      for (let lines = await reader.next(); lines !== null; lines = await reader.next()) {
        for (let from = 0; from < lines.length; ) {
          checkSignal(this.#signal);
          const end = lines.indexOf('\n', from);
          yield JSON.parse(lines.slice(from, end));
          from = end + 1;
        }
      }
      checkSignal(this.#signal);
      this.#summary = JSON.parse(reader.summary() ?? 'null');
    } catch (error) {
      checkSignal(this.#signal);
      throw ours(error);
    } finally {
      done();
      reader.stop();
      // The file is closed, and an unfinished one of rejected rows is gone, once the work has ended.
      await reader.next().catch(() => {});
    }
  }
}
