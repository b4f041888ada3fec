import { setImmediate } from 'node:timers/promises';

import { ours } from './error.js';
import { type Native, native } from './native.js';

/** How long work on the event loop goes on at a time, in milliseconds. */
const SLICE = 2;

/** Whether it is an `AbortSignal`, of any realm. */
export function isSignal(value: unknown): value is AbortSignal {
  const own = value as Partial<AbortSignal> | null;
  return typeof own === 'object' && own !== null && typeof own.aborted === 'boolean' && 'addEventListener' in own;
}

/** Throws the signal's reason once it is aborted. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw signal.reason;
  }
}

/** Calls `stop` once a signal is aborted, until what it gives is called. */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  signal?.addEventListener('abort', stop, { once: true });
  return () => signal?.removeEventListener('abort', stop);
}

/**
 * Does native work off the event loop. Once `signal` is aborted the work ends at its next block of rows, and the
 * promise is rejected with the signal's reason.
 */
export async function enterLater<T>(
  signal: AbortSignal | undefined,
  start: (stopper: Native.Stopper) => Promise<T>,
): Promise<T> {
  checkSignal(signal);
  const stopper = new native.Stopper();
  const done = onAbort(signal, () => stopper.stop());
  try {
    return await start(stopper);
  } catch (error) {
    checkSignal(signal);
    throw ours(error);
  } finally {
    done();
  }
}

/** Long work on the event loop, in slices. */
export class Slices {
  #began = performance.now();

  /** A new turn of the event loop has begun by itself. */
  begin(): void {
    this.#began = performance.now();
  }

  /** Lets the event loop turn if this slice has lasted long enough. */
  async pause(): Promise<void> {
    if (performance.now() - this.#began > SLICE) {
      await setImmediate();
      this.begin();
    }
  }
}
