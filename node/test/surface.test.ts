import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import * as leadscore from 'leadscore';
import { native } from '../dist/native.js';
import { FIXTURES, ROOT, cases } from './support.js';

const PACKAGE = join(ROOT, 'node');

test('the native operations are those of every language', () => {
  const wanted = JSON.parse(readFileSync(join(FIXTURES, 'conformance', 'operations.json'), 'utf8'));
  const types = readFileSync(join(PACKAGE, 'native', 'native.d.ts'), 'utf8');
  const found: Record<string, string[]> = { module: [], Pipeline: [], Forest: [], Task: [] };
  let owner = 'module';
  for (const line of types.split('\n')) {
    owner = /^export declare class (\w+)/.exec(line)?.[1] ?? (line === '}' ? 'module' : owner);
    const name =
      /^export declare function (\w+)\(/.exec(line)?.[1] ?? /^ {2}(?:static )?(\w+)\(/.exec(line)?.[1];
    if (name) {
      found[owner]?.push(name);
    }
  }
  // What this package is made with besides, of its own: memory, streams, texts in lists, the end of the process.
  const beside: Record<string, string[]> = {
    module: ['abandonUnfinishedFiles', 'cleanUpBefore'],
    Pipeline: ['close', 'scoreListsJsonAsync', 'scoreRows'],
    Forest: ['close'],
  };
  for (const [own, all] of Object.entries(found)) {
    const names = all.filter((name) => !beside[own]?.includes(name));
    // An operation off the event loop is the same operation.
    const later = names.filter((name) => name.endsWith('Async'));
    assert.deepEqual(later.filter((name) => !names.includes(name.slice(0, -'Async'.length))), []);
    const operations = names.filter((name) => !later.includes(name)).map(snake);
    assert.deepEqual(operations.sort(), [...wanted[own]].sort(), own);
  }
  // What is written is what is there.
  for (const own of ['Pipeline', 'Forest', 'Task'] as const) {
    const there = [...Object.getOwnPropertyNames(native[own]), ...Object.getOwnPropertyNames(native[own].prototype)];
    const inherited = ['length', 'name', 'prototype', 'constructor', 'arguments', 'caller'];
    assert.deepEqual(there.filter((name) => !inherited.includes(name)).sort(), found[own]?.sort());
  }
  const classes = ['Forest', 'Pipeline', 'RowReader', 'Stopper', 'Task', 'Texts'];
  assert.deepEqual(Object.keys(native).sort(), [...classes, ...(found['module'] ?? [])].sort());
});

test('the codes are those of the library', () => {
  const own: Record<leadscore.CoreErrorCode, true> = {
    invalid_json: true,
    invalid_pipeline: true,
    unsupported_format: true,
    unknown_name: true,
    invalid_lead: true,
    invalid_context: true,
    invalid_task: true,
    invalid_knowledge: true,
    invalid_sender: true,
    missing_feature: true,
    invalid_feature: true,
    invalid_time: true,
    invalid_matrix: true,
    unreadable_table: true,
    worthless_result: true,
    invalid_model: true,
    unsupported_model: true,
    cover_missing: true,
    contributions_unsupported: true,
    scale_required: true,
    not_found: true,
    cancelled: true,
    io: true,
    internal: true,
  };
  assert.deepEqual(leadscore.errorCodes, Object.keys(own));
});

test('there is one version', () => {
  const workspace = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8');
  const own = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version;
  assert.equal(/^version = "(.*)"$/m.exec(workspace)?.[1], own);
  assert.equal(leadscore.version, own);
});

test('import and require give the same things', () => {
  const names = [
    'Capacity',
    'Forest',
    'LeadscoreError',
    'ModelFailure',
    'Pipeline',
    'Task',
    'assist',
    'errorCodes',
    'mergeRankings',
    'rank',
    'trainFile',
    'trainFileAsync',
    'version',
  ];
  assert.deepEqual(Object.keys(leadscore).filter((name) => name !== 'default').sort(), names);
  const script =
    "import * as esm from 'leadscore'; import { createRequire } from 'node:module';" +
    "const cjs = createRequire(process.cwd() + '/x.js')('leadscore');" +
    'const names = Object.keys(esm).filter((name) => name !== "default" && name !== "module.exports");' +
    'if (names.some((name) => esm[name] !== cjs[name])) process.exit(3);' +
    'console.log(names.sort().join());';
  const run = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: PACKAGE });
  assert.equal(String(run).trim(), names.join());
});

test('what comes out is what the types say', () => {
  // Literals, as the compiler refuses a field of theirs that the types do not have.
  const kinds: [string, string, (text: string) => string][] = [
    ['score_json', 'Prediction', (text) => text],
    ['score_many_json', 'Refusable[]', (text) => text],
    ['features_json', '{ [name: string]: leadscore.FeatureValue }', (text) => text],
    ['importance_json', 'leadscore.FeatureImportance[]', (text) => text],
    ['score_file', 'leadscore.FileSummary', (text) => text],
    ['evaluate_file', 'leadscore.Evaluation', (text) => text],
    ['train_file', 'Omit<leadscore.Trained, "pipeline"> & { pipeline: string }', (text) => text],
    ['ranking_parts_json', 'string[]', (text) => text],
    ['merge_rankings_json', 'leadscore.RankedLead[]', (text) => text],
    ['rank_capacity_json', 'leadscore.CapacityRanking', (text) => text],
  ];
  const lines = [
    "import type * as leadscore from 'leadscore';",
    'type Prediction = leadscore.Prediction;',
    'type Refusable = Prediction | { error: ReturnType<leadscore.LeadscoreError["toJSON"]> };',
  ];
  let count = 0;
  for (const one of [...cases().values()].flat()) {
    if (typeof one.expected !== 'string' || one.operation === 'version' || one.result === 'file') {
      continue;
    }
    if (one.task) {
      const { task } = JSON.parse(one.task.request);
      const [type, text] =
        one.operation === 'conclude_json'
          ? [`leadscore.Assisted<'${task}'>`, one.expected]
          : ['Omit<leadscore.Prompt, "schema"> & { schema: string }', one.expected];
      lines.push(`export const c${count}: ${type} = ${text};`);
      count += 1;
      continue;
    }
    const described = one.forest ?? one.class === 'Forest' ? 'ForestDescription' : 'PipelineDescription';
    const type = kinds.find(([operation]) => operation === one.operation)?.[1] ?? `leadscore.${described}`;
    lines.push(`export const c${count}: ${type} = ${one.expected};`);
    count += 1;
  }
  assert.ok(count > 100, `${count} values`);
  const folder = join(PACKAGE, 'out', 'types');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'values.ts'), lines.join('\n'));
  const settings = { extends: '../../tsconfig.json', compilerOptions: { noEmit: true, rootDir: '.' }, include: ['.'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  execFileSync(process.execPath, [join(PACKAGE, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
});

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
