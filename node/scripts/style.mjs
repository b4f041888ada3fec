// What the compiler does not look at: line length, trailing blanks, tabs, file length.
import { readFileSync, readdirSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const others = ['third-party/', 'third-party/jest/', 'third-party/vitest/', '../examples/node/'];
const folders = ['src/', 'test/', 'scripts/', ...others];
const problems = [];
for (const folder of folders) {
  for (const name of readdirSync(new URL(folder, root))) {
    if (!/\.(ts|mts|cts|js|mjs|cjs)$/.test(name)) {
      continue;
    }
    const lines = readFileSync(new URL(folder + name, root), 'utf8').split('\n');
    for (const [at, line] of lines.entries()) {
      const checks = {
        'longer than 120': line.length > 120,
        'ends in a blank': /\s$/.test(line),
        'a tab': /\t/.test(line),
      };
      for (const problem of Object.keys(checks).filter((name) => checks[name])) {
        problems.push(`${folder}${name}:${at + 1}: ${problem}`);
      }
    }
    if (lines.length > 600) {
      problems.push(`${folder}${name}: over 600 lines`);
    }
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
