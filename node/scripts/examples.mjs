// The package as users get it: packed, installed in an empty folder where there is no Rust, and the examples run there.
// `node scripts/examples.mjs [tarball]` packs what is built unless a tarball is named.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const examples = join(here, '..', 'examples');
const folder = mkdtempSync(join(tmpdir(), 'leadscore-package-'));
const windows = process.platform === 'win32';
/** Folders of programs, without those that hold a Rust. */
const PATH = [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)]
  .filter((own) => spawnSync(join(own, 'cargo'), ['--version']).error)
  .join(delimiter);
const env = { ...process.env, PATH };
delete env.LEADSCORE_NATIVE;

const run = (file, args, cwd) =>
  execFileSync(file, args, { cwd, env, encoding: 'utf8', shell: windows && !isAbsolute(file), stdio: 'pipe' });
const node = (args, cwd) => run(process.execPath, args, cwd);
const tsc = (args, cwd) => node([join(here, 'node_modules', 'typescript', 'bin', 'tsc'), ...args], cwd);

try {
  assert.ok(spawnSync('cargo', ['--version'], { env }).error, 'there is a Rust here');
  const tarball = process.argv[2] ? resolve(process.argv[2]) : pack();
  contents(tarball);

  const own = join(folder, 'examples', 'node');
  mkdirSync(own, { recursive: true });
  for (const name of ['leads.csv', 'x_education.ubj', 'x_education.json']) {
    cpSync(join(examples, name), join(folder, 'examples', name));
  }
  for (const name of [
    'score_one.mjs',
    'why.mjs',
    'many.ts',
    'own_model.ts',
    'language_model.mjs',
    'tsconfig.json',
    'package.json',
  ]) {
    cpSync(join(examples, 'node', name), join(own, name));
  }
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], own);
  console.log(run('npx', ['--no', '--', 'leadscore', '--version'], own).trim());
  const how = ['--as-of', '2026-11-20', '-f', 'csv'];
  const scored = run('npx', ['--no', '--', 'leadscore', 'score', '../leads.csv', ...how], own);
  assert.equal(scored.trim().split('\n').length, 61);

  // Types as a module and as a script see them, with nothing skipped.
  const words = "import leadscore = require('leadscore');\nleadscore.Pipeline.builtin('heat').close();\n";
  writeFileSync(join(own, 'script.cts'), words);
  const types = ['--typeRoots', join(here, 'node_modules', '@types'), '--skipLibCheck', 'false'];
  tsc(['-p', '.', ...types], own);
  const plain = ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--types', 'node'];
  tsc([...plain, '--module', 'node20', ...types, '--ignoreConfig', 'script.cts'], own);
  tsc([...plain, '--module', 'preserve', '--moduleResolution', 'bundler', ...types, '--ignoreConfig', 'many.ts'], own);

  const told = new Map();
  for (const story of ['score_one.mjs', 'why.mjs', 'built/many.js', 'built/own_model.js', 'language_model.mjs']) {
    told.set(story, node([story], own));
    console.log(`${story}\n${told.get(story)}`);
  }
  assert.match(told.get('score_one.mjs'), /^L-1: [\d.]+ of 100, [A-Z]+\. /);
  assert.match(told.get('why.mjs'), /the score is/);
  assert.match(told.get('built/many.js'), /hot leads in the file/);
  assert.match(told.get('built/own_model.js'), /invalid_lead at tags/);
  assert.match(told.get('language_model.mjs'), /\nrules \{ kind: 'not_asked'/);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: here,
    encoding: 'utf8',
    shell: windows,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const report = JSON.parse(packed);
  return join(folder, (Array.isArray(report) ? report[0] : Object.values(report)[0]).filename);
}

/** What is in the tarball, and what is not. */
function contents(tarball) {
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n').sort();
  const known = /^package\/(dist\/[\w.]+\.(m?js|d\.m?ts)|native\/[\w.-]+\.(node|d\.ts)|\w+\.(json|md)|LICENSE-\w+)$/;
  const strange = files.filter((file) => !known.test(file));
  assert.deepEqual(strange, []);
  assert.ok(files.some((file) => file.endsWith('.node')), 'there is no binary');
  for (const file of files.filter((file) => !file.endsWith('.node'))) {
    assert.ok(!readFileSync(join(unpacked, file), 'utf8').includes(here), `${file} names this folder`);
  }
  const size = statSync(tarball).size / 2 ** 20;
  console.log(`${files.length} files, ${size.toFixed(1)} MiB packed`);
}
