/** The codes of the library's own errors. */
export type CoreErrorCode =
  | 'invalid_json'
  | 'invalid_pipeline'
  | 'unsupported_format'
  | 'unknown_name'
  | 'invalid_lead'
  | 'invalid_context'
  | 'missing_feature'
  | 'invalid_feature'
  | 'invalid_time'
  | 'invalid_matrix'
  | 'unreadable_table'
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

/** Anything leadscore refuses. */
export class LeadscoreError extends Error {
  /** What kind of error it is, for programs. */
  readonly code: ErrorCode;
  /** Where in the input, such as `leads[3].activities[0].at`; empty where the whole is meant. */
  readonly path: string;

  constructor(code: ErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }

  static {
    const name = { value: 'LeadscoreError', writable: true, configurable: true };
    Object.defineProperty(this.prototype, 'name', name);
  }

  /** Code, path and message, which `JSON.stringify` leaves out of other errors. */
  toJSON(): { code: ErrorCode; path: string; message: string } {
    return { code: this.code, path: this.path, message: this.message };
  }
}

/** The error as one of ours, if it comes from the native half; else as it is. */
export function ours(error: unknown): unknown {
  if (error instanceof Error && !(error instanceof LeadscoreError) && 'code' in error && 'path' in error) {
    return new LeadscoreError(error.code as ErrorCode, String(error.path), error.message);
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

/**
 * Does native work off the event loop. Once `signal` is aborted the work ends at its next block of rows, and the
 * promise is rejected with the signal's reason.
 */
export async function enterLater<T>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  // One of its own for every piece of work: nothing is left behind on a signal that lives longer.
  const own = signal && new AbortController();
  const stop = () => own?.abort();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await start(own?.signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw ours(error);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
