// Score one lead: `node score_one.mjs`.
import { Pipeline } from 'leadscore';

const pipeline = Pipeline.builtin('conversion');
const lead = {
  id: 'L-1',
  company: 'Acme Ltd',
  title: 'VP Engineering',
  email: 'ann@acme.example',
  activities: [{ kind: 'meeting', at: new Date('2026-11-19T10:00:00Z') }],
};
// Without `as_of` the lead is judged as of now.
const { lead_id, score, tier, action } = pipeline.score(lead, { as_of: '2026-11-20' });
console.log(`${lead_id}: ${score.toFixed(1)} of 100, ${tier}. ${action}`);
