import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LeadscoreError } from 'leadscore';
import { PREBUILT, binary, platform } from '../dist/platform.js';
import { EXAMPLES, folder } from './support.js';

const CLI = join(__dirname, '..', 'dist', 'cli.js');

test('a platform without a binary is told what there is and what to do', (t) => {
  const own = folder(t);
  const empty = join(own, 'native');
  writeFileSync(join(own, 'package.json'), '{"name": "leadscore"}');
  for (const [name, words] of [
    ['freebsd-x64', /there is no prebuilt binary for freebsd-x64; there are for linux-x64-gnu, .*cargo build/],
    ['linux-x64-musl', /the binary for linux-x64-musl is not in this installation, which is incomplete/],
  ] as const) {
    assert.throws(
      () => binary(name, empty),
      (error) => error instanceof LeadscoreError && error.code === 'no_binary' && words.test(error.message),
    );
  }
  assert.ok(PREBUILT.includes(platform()), platform());
  assert.match(binary(), /leadscore\..*\.node$/);
});

test('a binary that does not load is named, by the package and by the command', (t) => {
  const broken = join(folder(t), 'broken.node');
  writeFileSync(broken, 'no library');
  const env = { ...process.env, LEADSCORE_NATIVE: broken };
  const loaded = spawnSync(process.execPath, ['-e', "require('leadscore')"], { env, cwd: join(__dirname, '..') });
  assert.equal(loaded.status, 1);
  assert.match(String(loaded.stderr), /no_binary/);
  assert.ok(String(loaded.stderr).includes(broken));
  const run = spawnSync(process.execPath, [CLI, 'pipelines'], { env });
  assert.equal(run.status, 2);
  assert.match(String(run.stderr), /^error: the binary for .* cannot be loaded/);
});

test('a binary of another place can be named', () => {
  const env = { ...process.env, LEADSCORE_NATIVE: binary() };
  assert.match(String(execFileSync(process.execPath, [CLI, '--version'], { env })), /^leadscore \d/);
});

test('the command is the command', (t) => {
  const own = folder(t);
  const run = (...args: string[]) => spawnSync(process.execPath, [CLI, ...args], { cwd: own });
  const scored = run('score', join(EXAMPLES, 'leads.csv'), '--as-of', '2026-11-20', '-f', 'csv', '-o', 'scores.csv');
  assert.equal(scored.status, 0, String(scored.stderr));
  const table = run('score', join(EXAMPLES, 'leads.csv'), '--as-of', '2026-11-20', '--top', '3');
  assert.match(String(table.stdout), /HOT   Offer a demo today/);
  assert.equal(run('score', 'none.csv').status, 2);
  assert.equal(run('frobnicate').status, 2);
  assert.equal(run('--help').status, 0);
  const inspected = run('inspect', join(EXAMPLES, 'leads.csv'));
  assert.ok([0, 1].includes(inspected.status ?? -1));
});
