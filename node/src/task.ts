import type { Assisted, Channel, Conversation, TaskKind } from './assisted.js';
import { checkText, encodeAny, encodeLead, kindOf } from './encode.js';
import { LeadscoreError, enter, isError } from './error.js';
import { type Native, native } from './native.js';
import { asOf } from './options.js';
import { Pipeline } from './pipeline.js';
import type { Lead, Moment } from './types.js';

/** What a model is asked. All that comes from a lead is in `user`, never in `system`. */
export interface Prompt {
  task: TaskKind;
  /** Rises with every change of the wording. */
  version: number;
  system: string;
  user: string;
  /**
   * The JSON Schema of the answer, which the vendors' structured outputs take as it is. That of `email` is
   * `{"type": "string"}`: the answer is plain text, and a vendor that wants an object is sent no schema.
   */
  schema: { [key: string]: unknown };
  max_output_tokens: number;
}

/** Tokens of a call; the cached ones are among the input, hidden reasoning is output. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cached_input_tokens?: number;
  cache_write_tokens?: number;
}

/** A model's answer, with what is known of it. */
export interface Reply {
  text: string;
  /** As the vendor names it. */
  model?: string | undefined;
  usage?: Usage | undefined;
  /** In US dollars; worked out from model and usage where it is left out and the price is known. */
  cost?: number | undefined;
}

/** Why there is no answer of a model. */
export type FailureKind =
  | 'timeout'
  | 'connection'
  | 'rate_limited'
  | 'unavailable'
  | 'no_credit'
  | 'unauthorized'
  | 'unknown_model'
  | 'bad_request'
  | 'refused'
  | 'truncated'
  | 'bad_response'
  | 'cancelled';

/** Marks those of every copy of this package. */
const BRAND = Symbol.for('leadscore.ModelFailure');

/** There is no answer, by a kind or an HTTP status. The message is kept in the result, so it must hold no secret. */
export class ModelFailure extends Error {
  readonly kind: FailureKind | number;
  /** How many seconds the vendor asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(kind: FailureKind | number, message = '', options?: ErrorOptions & { retryAfter?: number | undefined }) {
    super(message, options);
    this.kind = kind;
    this.retryAfter = options?.retryAfter;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ModelFailure', writable: true, configurable: true });
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /** @internal */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const own = Function.prototype[Symbol.hasInstance].call(this, value);
    return own || (this === ModelFailure && isError(value) && BRAND in value);
  }
}

/** What a callable gives: the text of the answer, the answer with its usage, or nothing where no model was asked. */
export type Answer = string | Reply | null | undefined;

/** What every task about leads has besides them. */
interface LeadTask {
  pipeline: Pipeline;
  /** Now, if there is none. */
  as_of?: Moment | undefined;
  zone?: string | undefined;
  mode?: 'lenient' | 'strict' | undefined;
  reasons?: number | undefined;
}

interface Masking {
  /** Whether addresses, telephone numbers and names of persons go out as placeholders. */
  mask?: boolean | undefined;
}

/** What each kind of task is made of. The fields of a lead of an interface of your own are checked when it is read. */
export interface TaskFields {
  conversion: LeadTask & Masking & { lead: Lead | object; band?: number | undefined };
  time_to_close: LeadTask & Masking & { lead: Lead | object };
  next_action: LeadTask & Masking & { lead: Lead | object };
  qualification: LeadTask & Masking & { lead: Lead | object };
  /** At most 20 leads, each with an id of its own; `rank` takes any number. */
  ranking: LeadTask & Masking & { leads: readonly (Lead | object)[] };
  email: LeadTask & {
    lead: Lead | object;
    /** Markdown, or JSON lists of passages, about what is sold. */
    knowledge: readonly { name: string; text: string }[];
    /** Who writes; `unsubscribe` is an `https:` or `mailto:` address. */
    sender: { name: string; company: string; address: string; unsubscribe: string };
    channel?: Channel | undefined;
    /** Attributes of the lead that the message must name. */
    require?: readonly string[] | undefined;
  };
  chat_intent: Masking & { message: string };
  chat_reply: Masking & {
    message: string;
    conversation?: Conversation | undefined;
    /** Whose rules telephone numbers without a `+` follow. */
    country?: string | undefined;
    /** What the reply may say of what is sold. */
    facts?: readonly string[] | undefined;
  };
}

/** Exactly one question about leads or to a chat; immutable. */
export class Task<K extends TaskKind = TaskKind> {
  readonly #native: Native.Task;

  private constructor(task: Native.Task) {
    this.#native = task;
  }

  /** The question of a kind. */
  static of<K extends TaskKind>(kind: K, fields: TaskFields[K]): Task<K> {
    const { request, pipeline } = requestOf(kind, fields);
    return Task.fromJSON(request, pipeline as Pipeline | undefined) as Task<K>;
  }

  /**
   * The questions of a ranking of any number of leads, each about at most 20 of them, the best first.
   *
   * `rank` asks them one after another; to ask several at once, conclude each yourself and call `mergeRankings`.
   */
  static rankingParts(fields: TaskFields['ranking']): Task<'ranking'>[] {
    const { request, pipeline } = requestOf('ranking', fields);
    if (!(pipeline instanceof Pipeline)) {
      throw new LeadscoreError('invalid_task', 'pipeline', `wants a Pipeline, found ${kindOf(pipeline)}`);
    }
    const own = Pipeline.nativeOf(pipeline);
    const parts: string[] = JSON.parse(enter(() => own.rankingPartsJson(request)));
    return parts.map((part) => Task.fromJSON(part, pipeline) as Task<'ranking'>);
  }

  /** The task of a request in JSON, which is the same in every language. */
  static fromJSON(request: string, pipeline?: Pipeline): Task {
    const text = checkText(request, 'invalid_json', '');
    if (pipeline !== undefined && !(pipeline instanceof Pipeline)) {
      throw new LeadscoreError('invalid_task', 'pipeline', `wants a Pipeline, found ${kindOf(pipeline)}`);
    }
    return enter(() => new Task(native.Task.fromJson(text, pipeline && Pipeline.nativeOf(pipeline))));
  }

  /** What a model is asked. */
  prompt(): Prompt {
    const prompt = JSON.parse(enter(() => this.#native.promptJson()));
    return { ...prompt, schema: JSON.parse(prompt.schema) };
  }

  /** The result from what came of asking: the answer if it passes every check, else that of the rules. */
  conclude(answer?: Answer | ModelFailure): Assisted<K> {
    const outcome = outcomeOf(answer);
    return JSON.parse(enter(() => this.#native.concludeJson(outcome)));
  }

  /** The result where a model was not asked because the call could have exceeded a budget. */
  overBudget(): Assisted<K> {
    return JSON.parse(enter(() => this.#native.concludeJson('{"not_asked":"over_budget"}')));
  }
}

/**
 * Asks once, by a function that may be async, and concludes.
 *
 * Time-outs, broken connections and errors with an HTTP status, as the vendors' SDKs throw them, become the reason of a
 * result by the rules, named by their class alone. All other errors are yours and are thrown.
 */
export async function assist<K extends TaskKind>(
  task: Task<K>,
  ask: (prompt: Prompt) => Answer | PromiseLike<Answer>,
): Promise<Assisted<K>> {
  let answer: Answer | ModelFailure;
  try {
    answer = await ask(task.prompt());
  } catch (error) {
    answer = failureOf(error);
    if (answer === undefined) {
      throw error;
    }
  }
  return task.conclude(answer);
}

function requestOf(kind: TaskKind, fields: unknown): { request: string; pipeline: unknown } {
  if (typeof fields !== 'object' || fields === null) {
    throw new LeadscoreError('invalid_task', '', `wants an object, found ${kindOf(fields)}`);
  }
  const { pipeline, lead, leads, as_of, ...others } = fields as Record<string, unknown>;
  const texts = [`"task":${encodeAny(checkText(kind, 'invalid_task', 'task'), 'invalid_task', 'task')}`];
  if (lead !== undefined) {
    texts.push(`"lead":${encodeLead(lead, 'lead')}`);
  }
  if (leads !== undefined) {
    if (!Array.isArray(leads)) {
      throw new LeadscoreError('invalid_task', 'leads', `wants a list, found ${kindOf(leads)}`);
    }
    texts.push(`"leads":[${leads.map((one, at) => encodeLead(one, `leads[${at}]`)).join(',')}]`);
  }
  if (lead !== undefined || leads !== undefined || as_of !== undefined) {
    texts.push(`"as_of":${JSON.stringify(asOf(as_of))}`);
  }
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) {
      texts.push(`${JSON.stringify(name)}:${encodeAny(value, 'invalid_task', name)}`);
    }
  }
  return { request: `{${texts.join(',')}}`, pipeline };
}

/** What an error says of a call, as far as it is one that every client may have. */
function failureOf(error: unknown): ModelFailure | undefined {
  if (error instanceof ModelFailure || !isError(error)) {
    return error instanceof ModelFailure ? error : undefined;
  }
  const own = error as Error & { status?: unknown; status_code?: unknown; code?: unknown; headers?: unknown };
  // Messages of the SDKs can hold parts of keys and addresses.
  const name = own.name === 'Error' ? own.constructor.name : own.name;
  for (const status of [own.status, own.status_code, own.code]) {
    if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599) {
      return new ModelFailure(status, name, { cause: error, retryAfter: retryAfter(own.headers) });
    }
  }
  const about = `${name} ${own.constructor.name}`;
  if (about.includes('Timeout')) {
    return new ModelFailure('timeout', name, { cause: error });
  }
  // Node's own `fetch` throws a TypeError whose cause tells that it is none.
  const cause = own.cause as { code?: unknown } | undefined;
  const codes = [own.code, cause?.code].filter((code) => typeof code === 'string');
  if (about.includes('Connection') || codes.some((code) => /^(E[A-Z]{4,}|UND_ERR_\w+)$/.test(code))) {
    const kind = codes.some((code) => code.includes('TIMEOUT') || code === 'ETIMEDOUT') ? 'timeout' : 'connection';
    return new ModelFailure(kind, name, { cause: error });
  }
  return undefined;
}

function retryAfter(headers: unknown): number | undefined {
  const own = headers as Partial<Headers> | null | undefined;
  const text = typeof own?.get === 'function' ? own.get('retry-after') : undefined;
  const seconds = text ? Number(text) : Number.NaN;
  return seconds >= 0 && seconds < 1e6 ? seconds : undefined;
}

function outcomeOf(answer: unknown): string {
  if (answer === undefined || answer === null) {
    return 'null';
  }
  if (typeof answer === 'string') {
    return JSON.stringify({ reply: checkText(answer, 'invalid_task', 'reply') });
  }
  if (answer instanceof ModelFailure) {
    const { kind, message, retryAfter } = answer;
    const how = typeof kind === 'number' ? { status: kind } : { kind };
    return encodeAny({ failure: { ...how, message, retry_after: retryAfter } }, 'invalid_task', '');
  }
  if (typeof answer !== 'object' || !('text' in answer)) {
    const message = `wants a text, a reply with its text, a ModelFailure or nothing, found ${kindOf(answer)}`;
    throw new LeadscoreError('invalid_task', '', message);
  }
  const { text, ...others } = answer;
  return encodeAny({ reply: checkText(text, 'invalid_task', 'reply'), ...others }, 'invalid_task', '');
}
