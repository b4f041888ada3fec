import { encodeAny, kindOf } from './encode.js';
import { LeadscoreError } from './error.js';
import type { ScoreOptions } from './types.js';

const SCORE = ['as_of', 'zone', 'mode', 'detail', 'reasons'];
const LATER = ['threads', 'signal'];
/** More threads than this are never of use. */
const MOST_THREADS = 256;

/** The options of a scoring as JSON text, with the moment filled in. */
export function context(options: unknown, more: readonly string[] = []): string {
  const given = known(options, [...SCORE, ...more]) as ScoreOptions;
  const { as_of, zone, mode, detail, reasons } = given;
  return encodeAny({ as_of: asOf(as_of), zone, mode, detail, reasons }, 'invalid_context', '');
}

/** The options of work off the event loop. */
export function later(options: unknown, more: readonly string[] = []): {
  threads: number | undefined;
  signal: AbortSignal | undefined;
} {
  const { threads, signal } = known(options, [...LATER, ...more]);
  if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) {
    throw new LeadscoreError('invalid_context', 'signal', `wants an AbortSignal, found ${kindOf(signal)}`);
  }
  return { threads: checkThreads(threads), signal: signal ?? undefined };
}

/** All options of work on many leads off the event loop. */
export const MANY = [...SCORE, ...LATER];

/** The moment as the library reads it: the one place where the clock is read. */
export function asOf(moment: unknown): string | number {
  if (moment === undefined || moment === null) {
    return Date.now();
  }
  if (moment instanceof Date) {
    return checkMillis(moment.getTime());
  }
  if (typeof moment === 'number') {
    return checkMillis(moment);
  }
  if (typeof moment !== 'string') {
    const message = `wants a Date, a text or milliseconds, found ${kindOf(moment)}`;
    throw new LeadscoreError('invalid_context', 'as_of', message);
  }
  return moment;
}

function checkMillis(millis: number): number {
  if (!Number.isFinite(millis)) {
    throw new LeadscoreError('invalid_context', 'as_of', 'is no moment');
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
