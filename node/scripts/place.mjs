// Puts the binary of this platform where the package looks for it.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

const { platform } = createRequire(import.meta.url)('../dist/platform.js');
const file = new URL(`../native/leadscore.${platform()}.node`, import.meta.url);
mkdirSync(new URL('.', file), { recursive: true });
// Removed first: a process that still holds the old one keeps it.
rmSync(file, { force: true });
copyFileSync(new URL('../build/index.node', import.meta.url), file);
