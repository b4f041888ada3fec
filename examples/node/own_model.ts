// Your own XGBoost or LightGBM model, with reasons and tiers: `npx tsc && node built/own_model.js`.
import { readFile } from 'node:fs/promises';
import { Forest, LeadscoreError, Pipeline } from 'leadscore';

const model = new URL('../../x_education.ubj', import.meta.url);

// Raw: the margins of the library that wrote it, to the last bit. NaN is missing.
const forest = Forest.load(model);
const nothingKnown = new Float64Array(forest.featureNames.length).fill(Number.NaN);
console.log(`margin of a lead nothing is known of: ${forest.margin(nothingKnown)[0]}`);

// With reasons: names and labels come from a schema file; without one, from the model.
const schema = await readFile(new URL('../../x_education.json', import.meta.url), 'utf8');
const pipeline = Pipeline.importModel(model, { id: 'mine', schema });
const lead = { id: 'L-3', time_on_site: 900, occupation: 'Working Professional', lead_source: 'Reference' };
console.log(pipeline.score(lead, { as_of: '2026-11-20' }).explanation.summary);
for (const { importance, label } of pipeline.importance('gain').slice(0, 3)) {
  console.log(`${(100 * importance).toFixed(1).padStart(5)} %  ${label}`);
}

// What cannot be used is refused, with a code for programs and the place in the input.
try {
  pipeline.score({ id: 'L-4', tags: [] });
} catch (error) {
  if (!(error instanceof LeadscoreError)) {
    throw error;
  }
  console.log(`${error.code} at ${error.path}: ${error.message}`);
}
