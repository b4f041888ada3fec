import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { LeadscoreError } from 'leadscore';

/** The repository. */
export const ROOT = join(__dirname, '..', '..');
export const FIXTURES = join(ROOT, 'fixtures');
export const EXAMPLES = join(ROOT, 'examples');
export const AS_OF = '2026-11-22T09:30:00Z';

/** A case that every language runs. */
export interface Case {
  name: string;
  class?: 'Pipeline' | 'Forest';
  operation: string;
  pipeline?: { builtin?: string; json?: string };
  forest?: { path: string; missing?: number };
  task?: { request: string; pipeline?: string };
  arguments: unknown[];
  /** What is compared of `score_file`, where it is not the summary. */
  result?: 'file';
  expected?: unknown;
  error?: { code: string; path: string; message: string };
}

/** All cases, by file. */
export function cases(): Map<string, Case[]> {
  const folder = join(FIXTURES, 'conformance');
  const others = ['operations.json', 'host_values.json'];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json') && !others.includes(name));
  return new Map(files.map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')).cases]));
}

/** A folder that is gone after the test. */
export function folder(t: TestContext): string {
  const own = mkdtempSync(join(tmpdir(), 'leadscore-test-'));
  t.after(() => rmSync(own, { recursive: true, force: true }));
  return own;
}

/** A file of the shared data sets; a test without it is skipped with a word, or fails where it must be there. */
export function shared(t: TestContext, file: string): string | undefined {
  const path = join(ROOT, '..', 'shared', 'data', file);
  if (existsSync(path)) {
    return path;
  }
  if (process.env['LEADSCORE_REQUIRE_SHARED'] === '1') {
    throw new Error(`${path} is missing, and LEADSCORE_REQUIRE_SHARED=1`);
  }
  t.skip(`${file} is not there`);
  const log = process.env['LEADSCORE_SKIP_LOG'];
  if (log) {
    appendFileSync(log, `node:${t.name.replaceAll(' ', '_')} wants ${file}\n`);
  }
  return undefined;
}

/** An assertion that something is refused with this code and path. */
export function refused(code: string, path?: string): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof LeadscoreError)) {
      throw new Error(`wants a LeadscoreError, found ${String(error)}`, { cause: error });
    }
    if (error.code !== code || (path !== undefined && error.path !== path)) {
      throw new Error(`wants ${code} at \`${path}\`, found ${error.code} at \`${error.path}\`: ${error.message}`);
    }
    return error.message.length > 0;
  };
}

/** The bits of numbers. */
export function bits(values: Iterable<number>): string[] {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from(values, (value) => {
    view.setFloat64(0, value);
    return Number.isNaN(value) ? 'NaN' : view.getBigUint64(0).toString(16);
  });
}

/** Numbers that look random and are the same every time. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}
