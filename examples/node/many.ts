// Many leads at once, the best first; a matrix of them; a file row by row: `npx tsc && node built/many.js`.
import assert from 'node:assert/strict';
import { type Lead, Pipeline } from 'leadscore';

using pipeline = Pipeline.builtin('heat');
const leads: Lead[] = Array.from({ length: 1000 }, (_, number) => ({
  id: `L-${number}`,
  recency_days: number % 41,
  page_views: number % 29,
  prior_course_interest: ['high', 'medium', 'low', 'none'][number % 4],
  source: ['website', 'linkedin'][number % 2],
}));

// Off the event loop, and given up after a minute. The top reasons are enough here.
const scored = await pipeline.scoreManyAsync(leads, {
  as_of: '2026-11-20',
  detail: 'brief',
  reasons: 2,
  signal: AbortSignal.timeout(60_000),
});
const predictions = scored.filter((one) => !one.error);
predictions.sort((a, b) => b.score - a.score);
for (const { lead_id, score, explanation } of predictions.slice(0, 5)) {
  const reasons = explanation.reasons.map((reason) => reason.text).join(', ');
  console.log(`${score.toFixed(2).padStart(6)}  ${lead_id}  ${reasons}`);
}

// As a matrix, without records and reasons: the same bits.
const matrix = pipeline.featureMatrix(leads, { as_of: '2026-11-20' });
const { scores } = pipeline.scoreMatrix(matrix);
assert.equal(scores.reduce((best, score) => Math.max(best, score)), predictions[0]?.score);

// A file, as it comes: memory stays small however long it is.
const file = new URL('../../leads.csv', import.meta.url);
let hot = 0;
for await (const { tier } of Pipeline.builtin('conversion').scoreRows(file, { as_of: '2026-11-20' })) {
  hot += tier === 'HOT' ? 1 : 0;
}
console.log(`${hot} hot leads in the file`);
