// Why a lead has its score, as a sum that adds up: `node why.mjs`.
import assert from 'node:assert/strict';
import { Pipeline } from 'leadscore';

const pipeline = Pipeline.builtin('heat');
const lead = {
  id: 'L-2',
  recency_days: 3,
  page_views: 18,
  prior_course_interest: 'high',
  source: 'referral',
  last_touch: 'brochure_download',
};
const prediction = pipeline.score(lead, { as_of: '2026-11-20' });
const { baseline, contributions, rest } = prediction.explanation;
let sum = baseline ?? 0;
console.log(`${sum.toFixed(3).padStart(8)}  every lead starts here`);
for (const { points, text } of contributions) {
  sum += points;
  console.log(`${((points < 0 ? '' : '+') + points.toFixed(3)).padStart(8)}  ${text}`);
}
sum += rest;
console.log(`${sum.toFixed(3).padStart(8)}  the score is ${prediction.score.toFixed(3)}`);
assert.ok(Math.abs(sum - prediction.score) <= 1e-9);
for (const { probability, class: name } of prediction.classes ?? []) {
  console.log(`${probability.toFixed(3)} ${name}`);
}
