import { types } from 'node:util';

/** The codes of the library's own errors. */
export type CoreErrorCode =
  | 'invalid_json'
  | 'invalid_pipeline'
  | 'unsupported_format'
  | 'unknown_name'
  | 'invalid_lead'
  | 'invalid_context'
  | 'invalid_task'
  | 'invalid_knowledge'
  | 'invalid_sender'
  | 'missing_feature'
  | 'invalid_feature'
  | 'invalid_time'
  | 'invalid_matrix'
  | 'unreadable_table'
  | 'worthless_result'
  | 'invalid_model'
  | 'unsupported_model'
  | 'cover_missing'
  | 'contributions_unsupported'
  | 'scale_required'
  | 'not_found'
  | 'cancelled'
  | 'io'
  | 'internal';

/**
 * What can be said of an error. Two codes are of this package: `closed` for a handle that was closed, `no_binary` where
 * there is no native binary for the platform.
 */
export type ErrorCode = CoreErrorCode | 'closed' | 'no_binary';

/** One thing that strict mode refuses in a lead. */
export interface Issue {
  /** `missing_feature` or `invalid_feature`. */
  code: CoreErrorCode;
  /** The name of the feature. */
  feature: string;
  /** Where in the input. */
  path: string;
  message: string;
  /** What the record said, where it said something. */
  found?: string;
}

/** Marks errors of every copy of this package: test runners load one for each file, in a realm of its own. */
const BRAND = Symbol.for('leadscore.LeadscoreError');

/** Anything leadscore refuses. `instanceof` knows those of other copies of the package too. */
export class LeadscoreError extends Error {
  /** What kind of error it is, for programs. */
  readonly code: ErrorCode;
  /** Where in the input, such as `leads[3].activities[0].at`; empty where the whole is meant. */
  readonly path: string;
  /** All that strict mode found wrong with a lead, of which the error tells the first; else empty. */
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    path: string,
    message: string,
    options?: ErrorOptions & { issues?: readonly Issue[] | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.path = path;
    this.issues = options?.issues ?? [];
  }

  static {
    const name = { value: 'LeadscoreError', writable: true, configurable: true };
    Object.defineProperty(this.prototype, 'name', name);
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /** @internal */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const own = Function.prototype[Symbol.hasInstance].call(this, value);
    return own || (this === LeadscoreError && isError(value) && BRAND in value);
  }

  /** Code, path, message and issues, if there are any, which `JSON.stringify` leaves out of other errors. */
  toJSON(): { code: ErrorCode; path: string; message: string; issues?: readonly Issue[] } {
    const { code, path, message, issues } = this;
    return issues.length > 0 ? { code, path, message, issues } : { code, path, message };
  }
}

/** Whether it is an error, of any realm. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value) || tagOf(value) === 'DOMException';
}

/** What kind of object a value calls itself, in any realm. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** The error as one of ours, if it comes from the native half; else as it is. */
export function ours(error: unknown): unknown {
  if (isError(error) && !(error instanceof LeadscoreError) && 'code' in error && 'path' in error) {
    // Copies: lists of the native half are of the realm that it was loaded in.
    const given = 'issues' in error ? (error.issues as readonly Issue[]) : [];
    const issues = Array.from(given, (issue) => ({ ...issue }));
    return new LeadscoreError(error.code as ErrorCode, String(error.path), error.message, { issues });
  }
  return error;
}

/** Does native work, with its errors made ours. */
export function enter<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ours(error);
  }
}
