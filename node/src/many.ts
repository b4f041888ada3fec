import { encodeLead, kindOf } from './encode.js';
import { LeadscoreError } from './error.js';
import type { Lead, Prediction } from './types.js';

/** Leads that are handed over at once: enough that handing over costs little, few enough that a loop keeps turning. */
export const CHUNK = 256;

/** A lead that was refused, in a list of predictions. */
export interface Refused {
  error: LeadscoreError;
}

/** What comes of one lead of many: a prediction, or the `error` for which it was refused. */
export type Scored = (Prediction & { error?: undefined }) | Refused;

/** A stretch of leads as JSON text. */
export interface Chunk {
  text: string;
  /** The place of its first lead. */
  first: number;
  /** What cannot be written as JSON at all, by place in the chunk; null stands there in the text. */
  refused: Map<number, LeadscoreError>;
}

/** Goes through leads in stretches; one that cannot be written is refused alone. */
export function* chunksOf(leads: Iterable<Lead>): Generator<Chunk, void, undefined> {
  let next = new Writer(0);
  for (const lead of leads) {
    next.add(lead);
    if (next.count === CHUNK) {
      yield next.finish();
      next = new Writer(next.first + CHUNK);
    }
  }
  if (next.count > 0) {
    yield next.finish();
  }
}

/** The same for leads that come one after another. */
export async function* chunksOfStream(
  leads: Iterable<Lead> | AsyncIterable<Lead>,
): AsyncGenerator<Chunk, void, undefined> {
  if (Symbol.iterator in leads) {
    yield* chunksOf(leads);
    return;
  }
  let next = new Writer(0);
  for await (const lead of leads) {
    next.add(lead);
    if (next.count === CHUNK) {
      yield next.finish();
      next = new Writer(next.first + CHUNK);
    }
  }
  if (next.count > 0) {
    yield next.finish();
  }
}

class Writer {
  readonly first: number;
  count = 0;
  #text = '[';
  readonly #refused = new Map<number, LeadscoreError>();

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
      this.#refused.set(this.count, error);
    }
    this.#text += this.count === 0 ? text : `,${text}`;
    this.count += 1;
  }

  finish(): Chunk {
    return { text: `${this.#text}]`, first: this.first, refused: this.#refused };
  }
}

/** The native half's list for a stretch. */
export function scoredOf(text: string, { first, refused }: Chunk): Scored[] {
  const scored: Scored[] = JSON.parse(text);
  for (const [at, one] of scored.entries()) {
    if (one.error) {
      one.error = refused.get(at) ?? further(one.error, first);
    }
  }
  return scored;
}

/** The same error of a lead that stands so many places further down. */
export function further({ code, path, message }: LeadscoreError, by: number): LeadscoreError {
  const moved = path.replace(/^leads\[(\d+)\]/, (_, at: string) => `leads[${Number(at) + by}]`);
  return new LeadscoreError(code, moved, message);
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
