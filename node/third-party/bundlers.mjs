// Programs that bundlers make: with the package left out they work; with it taken in they say what to leave out.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';

const webpack = createRequire(import.meta.url)('webpack');
const here = dirname(fileURLToPath(import.meta.url));
// Within this folder, where the package is found.
const folder = join(here, 'build', 'bundles');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const entry = join(folder, 'entry.mjs');
writeFileSync(entry, "import { Pipeline } from 'leadscore';\nconsole.log(Pipeline.builtin('heat').id);\n");

const esbuilt = (format, external) => async (file) => {
  const how = { bundle: true, platform: 'node', format, external: external ? ['leadscore'] : [], logLevel: 'error' };
  await esbuild({ entryPoints: [entry], outfile: file, ...how });
};
const webpacked = (external) => (file) =>
  new Promise((done, fail) => {
    const how = { mode: 'development', devtool: false, target: 'node', entry };
    const externals = external ? { leadscore: 'commonjs leadscore' } : {};
    const output = { path: dirname(file), filename: 'out.cjs' };
    webpack({ ...how, externals, output }, (error, stats) => {
      error || stats.hasErrors() ? fail(error ?? new Error(stats.toString('errors-only'))) : done();
    });
  });
const vited = (ssr) => async (file) => {
  const output = { entryFileNames: 'out.mjs', format: 'es' };
  const build = { ssr: entry, outDir: dirname(file), emptyOutDir: false, rollupOptions: { output } };
  await vite({ root: folder, configFile: false, logLevel: 'error', build, ssr });
};

const bundles = [
  ['esbuild, CommonJS, external', 'out.cjs', esbuilt('cjs', true), true],
  ['esbuild, modules, external', 'out.mjs', esbuilt('esm', true), true],
  ['webpack, external', 'out.cjs', webpacked(true), true],
  ['Vite SSR as it is', 'out.mjs', vited({}), true],
  ['esbuild, CommonJS, taken in', 'out.cjs', esbuilt('cjs', false), false],
  ['esbuild, modules, taken in', 'out.mjs', esbuilt('esm', false), false],
  ['webpack, taken in', 'out.cjs', webpacked(false), false],
  ['Vite SSR, taken in', 'out.mjs', vited({ noExternal: true }), false],
];
for (const [at, [name, file, make, works]] of bundles.entries()) {
  const own = join(folder, String(at));
  mkdirSync(own);
  await make(join(own, file));
  const run = spawnSync(process.execPath, [join(own, file)], { encoding: 'utf8' });
  if (works) {
    assert.equal(run.stdout, 'heat\n', `${name}: ${run.stderr}`);
  } else {
    assert.equal(run.status, 1, name);
    assert.match(run.stderr, /a bundle holds no native binary: leave leadscore out of it/, name);
    assert.match(run.stderr, /no_binary/, name);
  }
  console.log(`${name}: ${works ? 'works' : 'says what to leave out'}`);
}
