// Builds the native half, puts it where the package looks for it, and writes its types to build/native.d.ts:
// `node scripts/native.mjs [--release]`. The compiled package must be there.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const release = process.argv.includes('--release');
// One JSON object in a line for each thing that is exported, written while the macros run.
const folder = join(here, 'build', 'types');
const exported = join(folder, 'leadscore-node');

mkdirSync(folder, { recursive: true });
const sources = join(here, '..', 'bindings', 'node', 'src');
const changed = Math.max(...readdirSync(sources).map((name) => statSync(join(sources, name)).mtimeMs));
if (!existsSync(exported) || statSync(exported).mtimeMs < changed) {
  // It may have been built since without anybody listening.
  cargo('clean', '-q', '-p', 'leadscore-node');
}
const profile = release ? ['--release'] : [];
const told = cargo('build', '-p', 'leadscore-node', ...profile, '--message-format', 'json-render-diagnostics');
place(libraryOf(told));
writeFileSync(join(here, 'build', 'native.d.ts'), types(readFileSync(exported, 'utf8')));

function cargo(...args) {
  const env = { ...process.env, NAPI_TYPE_DEF_TMP_FOLDER: folder, CARGO_PROFILE_RELEASE_STRIP: 'symbols' };
  const cwd = join(here, '..');
  const run = spawnSync('cargo', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (run.status !== 0) {
    throw run.error ?? new Error(`cargo ${args.join(' ')} ended with ${run.status}`);
  }
  return run.stdout;
}

/** The library's file, wherever cargo puts it. */
function libraryOf(messages) {
  const artifacts = messages
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((message) => message.reason === 'compiler-artifact' && message.target.name === 'leadscore_node');
  const file = artifacts.at(-1)?.filenames.find((name) => /\.(so|dylib|dll)$/.test(name));
  if (!file) {
    throw new Error('cargo names no library');
  }
  return file;
}

function place(library) {
  const { platform } = createRequire(import.meta.url)('../dist/platform.js');
  const file = join(here, 'native', `leadscore.${platform()}.node`);
  // Removed first: a process that still holds the old one keeps it.
  rmSync(file, { force: true });
  copyFileSync(library, file);
}

/** The exports as TypeScript. */
function types(lines) {
  const all = new Map();
  for (const line of lines.trim().split('\n')) {
    const one = JSON.parse(line);
    // A later build's is the one that holds.
    all.set(`${one.kind} ${one.name}`, one);
  }
  const indented = (text) => text.trim().replace(/^ */gm, '  ');
  const forms = {
    struct: ({ name }) => `declare class ${name} {\n${indented(all.get(`impl ${name}`).def)}\n}`,
    interface: ({ name, def }) => `interface ${name} {\n${indented(def)}\n}`,
    type: ({ name, def }) => `type ${name} = ${def}`,
    fn: ({ def }) => `declare ${def}`,
  };
  const written = [...all.values()]
    .filter(({ kind }) => kind !== 'impl')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((one) => {
      const form = forms[one.kind];
      if (!form) {
        throw new Error(`no form for the ${one.kind} ${one.name}`);
      }
      return `${one.js_doc}export ${form(one)}\n`;
    });
  return ['// Written by scripts/native.mjs from what the Rust code exports.\n', ...written].join('\n');
}
