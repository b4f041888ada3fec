// Loaded before anything else: a bundle of modules has no `__dirname`, and no `require` for what comes after this.

/** What to do where a bundler has taken the package in. */
export const EXTERNAL =
  'a bundle holds no native binary: leave leadscore out of it (esbuild: --external:leadscore, ' +
  "webpack: externals: { leadscore: 'commonjs leadscore' }, Vite: ssr: { external: ['leadscore'] }), " +
  'or set LEADSCORE_NATIVE to a copy of the binary in its folder `native`';

if (typeof __dirname === 'undefined') {
  throw Object.assign(new Error(EXTERNAL), { code: 'no_binary', path: '' });
}
