import { isMainThread } from 'node:worker_threads';

import type * as Native from '../native/native.js';

import { binary, unloadable } from './platform.js';

export type { Native };

/** The native half. */
export const native: typeof Native = load(binary());

// A process that exits leaves no half-written file behind; once for all copies of the package in it.
const EXIT = Symbol.for('leadscore.exit');
if (isMainThread && !(EXIT in process)) {
  Object.defineProperty(process, EXIT, { value: true });
  process.once('exit', () => native.abandonUnfinishedFiles());
}

/**
 * Has files that are being written removed before a signal ends the process. Whoever listens to the signal, now or
 * later, is told of it as ever, and says what becomes of the process. Workers are not told of signals.
 */
export function cleanUpBeforeSignals(): void {
  if (isMainThread) {
    native.cleanUpBefore(['SIGINT', 'SIGTERM', 'SIGHUP'].filter((signal) => process.listenerCount(signal) === 0));
  }
}

function load(file: string): typeof Native {
  const loaded: { exports: unknown } = { exports: {} };
  try {
    // Not `require`: a library that a build made may have any name.
    process.dlopen(loaded, file);
  } catch (cause) {
    throw unloadable(file, cause);
  }
  return loaded.exports as typeof Native;
}
