import { encodeLead, kindOf } from './encode.js';
import { LeadscoreError } from './error.js';
import type { Slices } from './later.js';
import type { Prediction } from './types.js';

/** Leads that cross as one text. */
export const STRETCH = 1024;
/** The same off the event loop, where a text is made, and made objects again, between two turns of it. */
export const SMALL_STRETCH = 8;
/** All leads of a list. */
export const WHOLE = Number.MAX_SAFE_INTEGER;
/** Stretches that cross at once: enough to keep threads busy. */
const STRETCHES = 128;

/** A lead that was refused, in a list of predictions. */
export interface Refused {
  error: LeadscoreError;
}

/** What comes of one lead of many: a prediction, or the `error` for which it was refused. */
export type Scored = (Prediction & { error?: undefined }) | Refused;

/** Some leads of a list as JSON text. */
export class Stretch {
  /** The index of its first lead in the list. */
  readonly first: number;
  count = 0;
  /** What cannot be written as JSON at all, by position here; null stands there in the text. */
  readonly refused = new Map<number, LeadscoreError>();
  #text = '[';

  constructor(first: number) {
    this.first = first;
  }

  add(lead: unknown): void {
    let text = 'null';
    try {
      text = encodeLead(lead, `leads[${this.first + this.count}]`);
    } catch (error) {
      if (!(error instanceof LeadscoreError)) {
        throw error;
      }
      this.refused.set(this.count, error);
    }
    this.#text += this.count === 0 ? text : `,${text}`;
    this.count += 1;
  }

  get text(): string {
    return `${this.#text}]`;
  }

  /** The error of a lead that is null in the text, where the native half met it; else as it is. */
  own(error: unknown): unknown {
    for (const [at, own] of this.refused) {
      if (error instanceof LeadscoreError && error.path === `leads[${this.first + at}]`) {
        return own;
      }
    }
    return error;
  }

  /** The native half's list of predictions, with errors as errors. */
  scored(text: string): Scored[] {
    const scored: Scored[] = JSON.parse(text);
    for (const [at, one] of scored.entries()) {
      if (one.error) {
        const { code, path, message, issues } = one.error;
        one.error = this.refused.get(at) ?? new LeadscoreError(code, path, message, { issues });
      }
    }
    return scored;
  }
}

/** Goes through leads in stretches of a size. */
export function* stretchesOf(leads: Iterable<unknown>, size: number = STRETCH): Generator<Stretch, void, undefined> {
  const list = Array.isArray(leads) ? leads : undefined;
  let next = new Stretch(0);
  for (const lead of leads) {
    const at = next.first + next.count;
    if (lead === undefined && list !== undefined && !(at in list)) {
      // A list of a given length that nobody has filled; each place would become an error.
      throw new LeadscoreError('invalid_lead', `leads[${at}]`, 'is a hole in the list');
    }
    next.add(lead);
    if (next.count === size) {
      yield next;
      next = new Stretch(next.first + size);
    }
  }
  if (next.count > 0) {
    yield next;
  }
}

/** The same for leads that may come one after another. */
async function* stretchesOfStream(
  leads: Iterable<unknown> | AsyncIterable<unknown>,
  size: number,
): AsyncGenerator<Stretch, void, undefined> {
  if (Symbol.iterator in leads) {
    yield* stretchesOf(leads, size);
    return;
  }
  let next = new Stretch(0);
  for await (const lead of leads) {
    next.add(lead);
    if (next.count === size) {
      yield next;
      next = new Stretch(next.first + size);
    }
  }
  if (next.count > 0) {
    yield next;
  }
}

/** Stretches that cross together, made in slices. */
export async function* batchesOf(
  leads: Iterable<unknown> | AsyncIterable<unknown>,
  slices: Slices,
  size: number,
): AsyncGenerator<Stretch[], void, undefined> {
  let batch: Stretch[] = [];
  for await (const stretch of stretchesOfStream(leads, size)) {
    batch.push(stretch);
    await slices.pause();
    if (batch.length === STRETCHES) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) {
    yield batch;
  }
}

/** Refuses what is no list of leads; a text would be taken for a list of letters. */
export function checkLeads(leads: unknown, async: boolean): void {
  const listed =
    typeof leads === 'object' &&
    leads !== null &&
    (Symbol.iterator in leads || (async && Symbol.asyncIterator in leads));
  if (!listed) {
    throw new LeadscoreError('invalid_lead', 'leads', `wants a list, found ${kindOf(leads)}`);
  }
}
