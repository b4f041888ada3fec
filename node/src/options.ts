import { types } from 'node:util';

import { encodeAny, kindOf } from './encode.js';
import { LeadscoreError } from './error.js';
import { isSignal } from './later.js';
import type { ScoreManyOptions, ScoreOptions } from './types.js';

const SCORE = ['as_of', 'zone', 'mode', 'detail', 'reasons'];
const LATER = ['threads', 'signal'];
/** The last moment that a `Date` can be. */
const LAST_MILLIS = 8.64e15;
/** More threads than this are never of use. */
const MOST_THREADS = 256;

/** The options of a scoring as JSON text, with the moment filled in. */
export function context(options: unknown, more: readonly string[] = []): string {
  const given = known(options, [...SCORE, ...more]) as ScoreOptions;
  const { as_of, zone, mode, detail, reasons } = given;
  return encodeAny({ as_of: asOf(as_of), zone, mode, detail, reasons }, 'invalid_context', '');
}

/** The options of a scoring of many leads: the same for all, or with a moment for each of them. */
export class Contexts {
  readonly #options: ScoreManyOptions;
  readonly #times: (string | number)[] | undefined;
  readonly #text: string;

  constructor(options: unknown, more: readonly string[] = []) {
    this.#options = known(options, [...SCORE, ...more]) as ScoreManyOptions;
    const { as_of } = this.#options;
    this.#times = Array.isArray(as_of) ? timesOf(as_of) : undefined;
    this.#text = this.#write(this.#times ?? asOf(as_of));
  }

  /** The options of some leads, by the index of the first and their number. */
  of({ first, count }: { first: number; count: number }): string {
    if (this.#times === undefined) {
      return this.#text;
    }
    if (first + count > this.#times.length) {
      this.check(first + count);
    }
    return this.#write(this.#times.slice(first, first + count));
  }

  /** The same for lists of leads that come one after another: one for all, or one for each. */
  each(lists: readonly { first: number; count: number }[]): string[] {
    return this.#times === undefined ? [this.#text] : lists.map((list) => this.of(list));
  }

  /** Refuses another number of moments than of leads. */
  check(leads: number): void {
    const times = this.#times?.length ?? leads;
    if (times !== leads) {
      const message = `${times} times for ${leads}${times < leads ? ' or more' : ''} leads; give one for each`;
      throw new LeadscoreError('invalid_context', 'as_of', message);
    }
  }

  #write(as_of: string | number | (string | number)[]): string {
    const { zone, mode, detail, reasons } = this.#options;
    return encodeAny({ as_of, zone, mode, detail, reasons }, 'invalid_context', '');
  }
}

function timesOf(moments: readonly unknown[]): (string | number)[] {
  const times: (string | number)[] = [];
  for (let at = 0; at < moments.length; at += 1) {
    times.push(timeAt(moments[at], at));
  }
  return times;
}

function timeAt(moment: unknown, index: number): string | number {
  if (moment === undefined || moment === null) {
    throw new LeadscoreError('invalid_context', `as_of[${index}]`, 'wants a Date, a text or milliseconds');
  }
  return asOf(moment, `as_of[${index}]`);
}

/** The options of work off the event loop. */
export function later(options: unknown, more: readonly string[] = []): {
  threads: number | undefined;
  signal: AbortSignal | undefined;
} {
  const { threads, signal } = known(options, [...LATER, ...more]);
  if (signal !== undefined && signal !== null && !isSignal(signal)) {
    throw new LeadscoreError('invalid_context', 'signal', `wants an AbortSignal, found ${kindOf(signal)}`);
  }
  return { threads: checkThreads(threads), signal: signal ?? undefined };
}

/** All options of work on many leads off the event loop. */
export const MANY = [...SCORE, ...LATER];

/** The moment as the library reads it: the one place where the clock is read. */
export function asOf(moment: unknown, path = 'as_of'): string | number {
  if (moment === undefined || moment === null) {
    return Date.now();
  }
  if (types.isDate(moment)) {
    return checkMillis(moment.getTime(), path);
  }
  if (typeof moment === 'number') {
    return checkMillis(moment, path);
  }
  if (typeof moment !== 'string') {
    const message = `wants a Date, a text or milliseconds, found ${kindOf(moment)}`;
    throw new LeadscoreError('invalid_context', path, message);
  }
  return moment;
}

/** The same as a text, where the library takes no other. */
export function asOfText(moment: unknown): string {
  const own = asOf(moment);
  return typeof own === 'number' ? new Date(own).toISOString() : own;
}

function checkMillis(millis: number, path: string): number {
  // Written so that NaN is refused too.
  if (!(Math.abs(millis) <= LAST_MILLIS)) {
    throw new LeadscoreError('invalid_context', path, 'is no moment; milliseconds since 1970 go to 8.64e15');
  }
  return Math.floor(millis);
}

/** An object of options with no other fields than these. */
export function known(options: unknown, names: readonly string[]): Record<string, unknown> {
  if (options === undefined || options === null) {
    return {};
  }
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw new LeadscoreError('invalid_context', '', `options are an object, found ${kindOf(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new LeadscoreError('invalid_context', name, `unknown option; known: ${names.join(', ')}`);
    }
  }
  return options as Record<string, unknown>;
}

export function checkThreads(threads: unknown): number | undefined {
  if (threads === undefined || threads === null) {
    return undefined;
  }
  if (typeof threads !== 'number' || !Number.isInteger(threads) || threads < 1) {
    throw new LeadscoreError('invalid_context', 'threads', 'wants a whole number from 1');
  }
  return Math.min(threads, MOST_THREADS);
}
