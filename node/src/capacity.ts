import { kindOf } from './encode.js';
import { LeadscoreError, enter } from './error.js';
import { native } from './native.js';

/** The rank of a lead in its group, and whether the capacity has room for it. */
export interface Standing {
  /** Its rank by score, from 1; null for a lead without a score, which takes no place. */
  rank: number | null;
  /** Whether it is within the capacity. */
  within: boolean;
  /** Whether it has the score at which the cut was made, with equal leads on both sides: the earlier ones are in. */
  tied: boolean;
}

/** Leads with one score, by their positions in the list from 0. */
export interface Tie {
  score: number;
  /** Those that are in: the earlier ones. */
  within: number[];
  /** Those that are left out. */
  beyond: number[];
}

/** What came of a group. */
export interface GroupStanding {
  /** Null for leads without one, and where the capacity is for the whole list. */
  group: string | null;
  /** How many leads have a rank. */
  leads: number;
  /** How many of them are within the capacity. */
  within: number;
  /** Equal leads on both sides of the cut, if there are. */
  tie: Tie | null;
}

/** Every lead in the order of the list, and the groups by name. */
export interface CapacityRanking {
  leads: Standing[];
  groups: GroupStanding[];
}

/**
 * How many leads can be worked on: `40`, `10 %` (rounded up), or `40/owner` for each value of a column.
 *
 * `new Capacity('1/owner').rank([60, 80, 60], ['ana', 'ben', 'ana'])`
 */
export class Capacity {
  readonly #text: string;

  constructor(capacity: string | number) {
    if (typeof capacity !== 'string' && typeof capacity !== 'number') {
      const message = `wants a text such as '40/owner' or a number of leads, found ${kindOf(capacity)}`;
      throw new LeadscoreError('invalid_context', 'capacity', message);
    }
    this.#text = String(capacity);
    rank(this.#text, [], []);
  }

  /**
   * Ranks the leads of a list by score, the best first, and of equal scores the earlier one first.
   *
   * A score that is null or NaN takes no place: that of a lead which was refused, or ruled out. `groups` are the values
   * of the column, one for each lead; leads without one are a group of their own.
   */
  rank(
    scores: Iterable<number | null | undefined>,
    groups: Iterable<string | null | undefined> = [],
  ): CapacityRanking {
    const own = [...scores].map((score) => {
      if (score !== null && score !== undefined && typeof score !== 'number') {
        throw new LeadscoreError('invalid_context', 'scores', `wants numbers, found ${kindOf(score)}`);
      }
      if (score === Infinity || score === -Infinity) {
        throw new LeadscoreError('invalid_context', 'scores', 'a score is not finite');
      }
      return score === undefined || Number.isNaN(score) ? null : score;
    });
    const names = [...groups].map((group) => {
      if (!(group === null || group === undefined || (typeof group === 'string' && group.isWellFormed()))) {
        throw new LeadscoreError('invalid_context', 'groups', `wants texts, found ${kindOf(group)}`);
      }
      return group ?? null;
    });
    return rank(this.#text, own, names);
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }
}

function rank(capacity: string, scores: (number | null)[], groups: (string | null)[]): CapacityRanking {
  const request = JSON.stringify({ capacity, scores, groups });
  return JSON.parse(enter(() => native.rankCapacityJson(request)));
}
