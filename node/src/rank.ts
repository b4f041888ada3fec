import type { Assisted, RankedLead } from './assisted.js';
import { encodeAny, kindOf } from './encode.js';
import { LeadscoreError, enter } from './error.js';
import { native } from './native.js';
import { type Answer, type Prompt, Task, type TaskFields, assist } from './task.js';

/** Leads in the order in which to work through them, and the results of the questions that it is made of. */
export interface Ranking {
  leads: RankedLead[];
  parts: Assisted<'ranking'>[];
}

/**
 * One ranking of the results of `Task.rankingParts`.
 *
 * The order within each is kept, and of their next leads the one with the higher score comes first.
 */
export function mergeRankings(parts: readonly Assisted<'ranking'>[]): Ranking {
  if (!Array.isArray(parts)) {
    throw new LeadscoreError('invalid_task', '', `wants a list of results, found ${kindOf(parts)}`);
  }
  const rankings = encodeAny(
    parts.map((part: Assisted<'ranking'>) => part?.output),
    'invalid_task',
    '',
  );
  return { leads: JSON.parse(enter(() => native.mergeRankingsJson(rankings))), parts: [...parts] };
}

/**
 * Any number of leads, each with its own id, in the order in which to work through them.
 *
 * A model is asked about at most 20 leads at a time, one question after another, as `assist` asks. Where it has no good
 * answer about some leads, those are in the order of their scores.
 */
export async function rank(
  fields: TaskFields['ranking'],
  ask: (prompt: Prompt) => Answer | PromiseLike<Answer>,
): Promise<Ranking> {
  const parts: Assisted<'ranking'>[] = [];
  for (const task of Task.rankingParts(fields)) {
    parts.push(await assist(task, ask));
  }
  return mergeRankings(parts);
}
