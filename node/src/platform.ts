import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { EXTERNAL } from './bundled.js';
import { kindOf } from './encode.js';
import { LeadscoreError, isError } from './error.js';

/** The platforms that published packages bring a binary for. */
export const PREBUILT: readonly string[] = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
];

/** This platform's name, such as `linux-x64-gnu`. */
export function platform(): string {
  const name = `${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? `${name}-${libc()}` : name;
}

/** Which C library Node was built for. */
function libc(): 'gnu' | 'musl' {
  const { report } = process as { report?: { excludeNetwork?: boolean; getReport(): unknown } };
  if (!report) {
    return 'gnu';
  }
  // Without this a report looks up the names of all connections first, which takes its time.
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  if (before !== undefined) {
    report.excludeNetwork = before;
  }
  return header?.glibcVersionRuntime ? 'gnu' : 'musl';
}

/** The binary to load: the one that `LEADSCORE_NATIVE` names, or that of the platform. */
export function binary(name: string = platform(), folder: string = join(__dirname, '..', 'native')): string {
  const own = process.env['LEADSCORE_NATIVE'];
  if (own) {
    return own;
  }
  const file = join(folder, `leadscore.${name}.node`);
  if (!existsSync(file)) {
    throw isPackage(dirname(folder)) ? missing(name, file) : new LeadscoreError('no_binary', file, EXTERNAL);
  }
  return file;
}

/** Whether a folder is that of this package, and not of a bundle. */
function isPackage(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'leadscore';
  } catch {
    return false;
  }
}

/** Why there is no binary, and what to do. */
export function missing(name: string, file: string): LeadscoreError {
  const build =
    'with Rust installed, `cargo build --release -p leadscore-node` in the sources of leadscore makes one; ' +
    'set LEADSCORE_NATIVE to the library it made';
  const message = PREBUILT.includes(name)
    ? `the binary for ${name} is not in this installation, which is incomplete; install leadscore again, or ${build}`
    : `there is no prebuilt binary for ${name}; there are for ${PREBUILT.join(', ')}; ${build}`;
  return new LeadscoreError('no_binary', file, message);
}

/** A binary that is there and does not load. */
export function unloadable(file: string, cause: unknown): LeadscoreError {
  const why = isError(cause) ? cause.message : kindOf(cause);
  const message = `the binary for ${platform()} cannot be loaded, perhaps as the system is older than it: ${why}`;
  return new LeadscoreError('no_binary', file, message, { cause });
}
