import { test } from 'node:test';

import { Pipeline, Task } from 'leadscore';

interface Company {
  name: string;
}

/** Without an index signature, as programs declare their own. */
interface Contact {
  id: string;
  company: string;
  employees?: number;
  activities: { kind: string; at: Date; page: string }[];
}

interface Nested {
  id: string;
  company: Company;
}

/** The compiler is the test. */
export async function compiled(pipeline: Pipeline, contact: Contact, nested: Nested): Promise<void> {
  pipeline.score(contact);
  pipeline.explain(contact);
  pipeline.features(contact);
  pipeline.scoreMany([contact]);
  pipeline.featureMatrix([contact]);
  await pipeline.scoreManyAsync([contact]);
  Task.of('conversion', { pipeline, lead: contact });
  // @ts-expect-error an object is no value of a lead
  pipeline.score(nested);
  // @ts-expect-error the same among many
  pipeline.scoreMany([nested]);
  // @ts-expect-error a number is no lead
  pipeline.score(5);
  // @ts-expect-error a function is no value of a lead
  pipeline.score({ id: 1, f: () => 1 });
}

test('leads of an interface of the program itself are scored', () => {
  const contact: Contact = { id: 'L-1', company: 'Acme', activities: [] };
  Pipeline.builtin('conversion').score(contact);
});
