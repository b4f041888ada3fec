import { fileURLToPath } from 'node:url';

import { checkText, kindOf } from './encode.js';
import { LeadscoreError } from './error.js';

/** A native object that can be let go of before the garbage collector comes by. */
export class Handle<N extends object> {
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
    this.#native = undefined;
  }
}

/** A file's path, also as a `file:` URL. */
export function pathOf(file: unknown): string {
  if (file instanceof URL) {
    try {
      return fileURLToPath(file);
    } catch (cause) {
      throw new LeadscoreError('io', file.href, 'is no file: URL', { cause });
    }
  }
  return checkText(file, 'io', '');
}

/** The bytes of a model. */
export function bytesOf(bytes: unknown): Uint8Array {
  let own: Uint8Array;
  if (bytes instanceof ArrayBuffer || bytes instanceof SharedArrayBuffer) {
    own = new Uint8Array(bytes);
  } else if (ArrayBuffer.isView(bytes)) {
    own = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } else {
    throw new LeadscoreError('invalid_model', '', `wants the bytes of a model file, found ${kindOf(bytes)}`);
  }
  // A copy where other threads could write while it is read.
  return own.buffer instanceof SharedArrayBuffer ? own.slice() : own;
}

