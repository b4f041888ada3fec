import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { EXAMPLES } from './support.js';

/** What a reader has before a block: declared where the block does not do so itself. */
const BEFORE: Record<string, string> = {
  pipeline: "(await import('leadscore')).Pipeline.builtin('conversion')",
  lead: "{ id: 'L-1', company: 'Acme Ltd' }",
  leads: "[{ id: 'L-1', company: 'Acme Ltd' }, { id: 'L-2' }]",
  rows: "[new Array((await import('leadscore')).Forest.load('model.ubj').featureNames.length).fill(0)]",
  ollama: "{ chat: async () => ({ message: { content: '{}' } }) }",
};

test('every block of the README runs, and prints what it says', (t) => {
  const text = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind, body]) => ({ kind, body: body ?? '' }));
  const kinds = blocks.map((block) => block.kind);
  assert.deepEqual(kinds.slice(0, 3), ['sh', 'js', 'text']);
  assert.ok((blocks[1]?.body.trim().split('\n').filter((line) => line !== '').length ?? 9) <= 6);
  // Within the package, where its own name is found.
  const folder = mkdtempSync(join(__dirname, 'readme-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(EXAMPLES, 'leads.csv'), join(folder, 'leads.csv'));
  cpSync(join(EXAMPLES, 'past_leads.csv'), join(folder, 'past.csv'));
  cpSync(join(EXAMPLES, 'x_education.ubj'), join(folder, 'model.ubj'));
  let ran = 0;
  for (const [at, { kind, body }] of blocks.entries()) {
    if (kind !== 'js') {
      continue;
    }
    const missing = Object.entries(BEFORE).filter(([name]) => !new RegExp(`const ${name}\\b`).test(body));
    const before = missing.map(([name, value]) => `const ${name} = ${value};\n`).join('');
    const file = join(folder, `block-${at}.mjs`);
    writeFileSync(file, body.replace(/^(?!import )/m, `${before}$&`));
    const printed = execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    const next = blocks[at + 1];
    if (next?.kind === 'text') {
      assert.equal(printed, next.body);
    }
    ran += 1;
  }
  assert.equal(ran, 5);
});
