import { mkdtemp, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { FileSummary, RowPrediction } from './types.js';

/** How long to wait for more rows, in milliseconds. */
const PAUSE = 5;
const BUFFER = 1 << 16;

/** Writes the predictions of a file into another as JSON lines. */
export type WriteRows = (output: string, signal: AbortSignal) => Promise<FileSummary>;

/**
 * The predictions of a file, one after another in its order. Scoring goes on beside, into a temporary file, so that
 * memory stays small however slowly they are taken.
 */
export class Rows implements AsyncIterable<RowPrediction> {
  readonly #write: WriteRows;
  readonly #signal: AbortSignal | undefined;
  #summary: FileSummary | undefined;
  #taken = false;

  constructor(write: WriteRows, signal: AbortSignal | undefined) {
    this.#write = write;
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
    this.#signal?.throwIfAborted();
    const folder = await mkdtemp(join(tmpdir(), 'leadscore-'));
    const output = join(folder, 'rows.jsonl');
    const abort = new AbortController();
    const stop = () => abort.abort();
    this.#signal?.addEventListener('abort', stop, { once: true });
    let done = false;
    const writing = this.#write(output, abort.signal).finally(() => {
      done = true;
    });
    // It is awaited below; until then nobody else need hear of a failure.
    writing.catch(() => {});
    try {
      for await (const line of lines(output, () => done)) {
        this.#signal?.throwIfAborted();
        yield JSON.parse(line);
      }
      this.#summary = await writing;
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw error;
    } finally {
      stop();
      this.#signal?.removeEventListener('abort', stop);
      await writing.catch(() => {});
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** The lines of a file that grows until `done`, then is moved to its place. */
async function* lines(output: string, done: () => boolean): AsyncGenerator<string, void, undefined> {
  let file: FileHandle | undefined;
  try {
    const buffer = Buffer.alloc(BUFFER);
    let rest: Buffer[] = [];
    for (;;) {
      // Asked before reading: what is written by then is read below.
      const last = done();
      file ??= await opened(output);
      const { bytesRead } = file ? await file.read(buffer, 0, BUFFER, null) : { bytesRead: 0 };
      if (bytesRead === 0) {
        if (last) {
          return;
        }
        await wait(PAUSE);
        continue;
      }
      let from = 0;
      for (let end = buffer.indexOf(10); end >= 0 && end < bytesRead; end = buffer.indexOf(10, from)) {
        rest.push(buffer.subarray(from, end));
        yield Buffer.concat(rest).toString();
        rest = [];
        from = end + 1;
      }
      rest.push(Buffer.from(buffer.subarray(from, bytesRead)));
    }
  } finally {
    await file?.close();
  }
}

/** The file that is written: an unfinished one in the same folder, which is ours, until it takes its place. */
async function opened(output: string): Promise<FileHandle | undefined> {
  const folder = dirname(output);
  const unfinished = (await readdir(folder)).filter((name) => name.endsWith('.partial'));
  for (const file of [...unfinished.map((name) => join(folder, name)), output]) {
    try {
      return await open(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
    }
  }
  return undefined;
}
