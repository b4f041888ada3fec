import { fileURLToPath } from 'node:url';
import { types } from 'node:util';

import { checkText, kindOf } from './encode.js';
import { LeadscoreError, enter, tagOf } from './error.js';

/** A native object that can be freed before the garbage collector comes by. */
export class Handle<N extends { close(): void }> {
  readonly #what: string;
  #native: N | undefined;

  constructor(what: string, native: N) {
    this.#what = what;
    this.#native = native;
  }

  get native(): N {
    if (this.#native === undefined) {
      throw new LeadscoreError('closed', '', `the ${this.#what} was closed`);
    }
    return this.#native;
  }

  close(): void {
    const native = this.#native;
    this.#native = undefined;
    enter(() => native?.close());
  }
}

/** Whether it is a `URL`, of any realm. */
export function isUrl(value: unknown): value is URL {
  return value instanceof URL || tagOf(value) === 'URL';
}

/** A file's path, also as a `file:` URL. `instead` ends the message about anything else. */
export function pathOf(file: unknown, instead = ''): string {
  if (isUrl(file)) {
    try {
      return fileURLToPath(file.href);
    } catch (cause) {
      throw new LeadscoreError('io', file.href, 'is no file: URL', { cause });
    }
  }
  if (typeof file !== 'string') {
    throw new LeadscoreError('io', '', `wants a path or a file: URL, found ${kindOf(file)}${instead}`);
  }
  return checkText(file, 'io', '');
}

/** The bytes of a model. */
export function bytesOf(bytes: unknown): Uint8Array {
  let own: Uint8Array;
  if (types.isAnyArrayBuffer(bytes) && !isDetached(bytes)) {
    own = new Uint8Array(bytes);
  } else if (ArrayBuffer.isView(bytes) && !isDetached(bytes.buffer)) {
    own = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } else if (types.isAnyArrayBuffer(bytes) || ArrayBuffer.isView(bytes)) {
    throw new LeadscoreError('invalid_model', '', DETACHED);
  } else {
    throw new LeadscoreError('invalid_model', '', `wants the bytes of a model file, found ${kindOf(bytes)}`);
  }
  // A copy where other threads could write while it is read.
  return types.isSharedArrayBuffer(own.buffer) ? own.slice() : own;
}

/** Why an array cannot be read any more. */
export const DETACHED = 'the memory of the array was transferred elsewhere, so that nothing is left of it here';

/** Whether memory was transferred elsewhere, as `postMessage` and `structuredClone` do. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) {
    return false;
  }
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
