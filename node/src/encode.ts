import { type ErrorCode, LeadscoreError } from './error.js';

/** A record is at most so deep: activities, one of them, its properties, and a value. */
const DEEPEST = 8;

const WHOLE_NUMBERS = { low: -(2n ** 63n), high: 2n ** 63n - 1n };

/** A lead record as JSON text. `path` is its place among the leads, or empty. */
export function encodeLead(lead: unknown, path: string): string {
  try {
    return encode(lead, path, 0) ?? refuse(path, `a lead is an object, found ${kindOf(lead)}`);
  } catch (cause) {
    if (cause instanceof LeadscoreError) {
      throw cause;
    }
    // A getter or a toJSON of the record's own.
    const why = cause instanceof Error ? cause.message : kindOf(cause);
    throw new LeadscoreError('invalid_lead', path, `cannot be read: ${why}`, { cause });
  }
}

/** A value as JSON text; nothing for what JSON leaves out. */
function encode(value: unknown, path: string, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return encodeText(value, path);
    case 'number':
      if (!Number.isFinite(value)) {
        return 'null';
      }
      return Object.is(value, -0) ? '-0.0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      if (value < WHOLE_NUMBERS.low || value > WHOLE_NUMBERS.high) {
        return refuse(path, 'a whole number has at most 64 bits; write a longer one as a text');
      }
      return String(value);
    case 'undefined':
      return undefined;
    case 'object':
      return value === null ? 'null' : encodeObject(value, path, depth);
    default:
      return refuse(path, `${kindOf(value)} is no value of a lead`);
  }
}

function encodeText(text: string, path: string): string {
  if (!text.isWellFormed()) {
    refuse(path, 'the text holds half of a surrogate pair, which is no Unicode');
  }
  return JSON.stringify(text);
}

function encodeObject(value: object, path: string, depth: number): string | undefined {
  if (depth > DEEPEST) {
    return refuse(path, 'nested too deeply, or in a circle');
  }
  if (value instanceof Date) {
    // A date that is none is missing, like a number that is none.
    return Number.isNaN(value.getTime()) ? 'null' : JSON.stringify(value.toISOString());
  }
  if (Array.isArray(value)) {
    let text = '[';
    for (let at = 0; at < value.length; at += 1) {
      text += at === 0 ? '' : ',';
      text += encode(value[at], `${path}[${at}]`, depth + 1) ?? 'null';
    }
    return `${text}]`;
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return encode(value.toJSON(), path, depth + 1);
  }
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    // A Map, a Promise or a Buffer has no fields of its own and would pass for a lead nothing is known of.
    return refuse(path, `${kindOf(value)} is no record; a plain object is`);
  }
  let text = '{';
  for (const key of Object.keys(value)) {
    const below = path === '' ? key : `${path}.${key}`;
    const field = encode((value as Record<string, unknown>)[key], below, depth + 1);
    if (field !== undefined) {
      text += `${text.length === 1 ? '' : ','}${encodeText(key, path)}:${field}`;
    }
  }
  return `${text}}`;
}

/** Any value as JSON text, for what is no lead. */
export function encodeAny(value: unknown, code: ErrorCode, path: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : kindOf(cause);
    throw new LeadscoreError(code, path, `cannot be written as JSON: ${why}`, { cause });
  }
  if (text === undefined) {
    throw new LeadscoreError(code, path, `wants an object, found ${kindOf(value)}`);
  }
  return text;
}

/** A JSON document as text: the text itself, or an object. */
export function documentOf(json: unknown): string {
  if (typeof json === 'string') {
    return checkText(json, 'invalid_json', '');
  }
  if (typeof json !== 'object' || json === null) {
    throw new LeadscoreError('invalid_json', '', `wants a text or an object, found ${kindOf(json)}`);
  }
  return encodeAny(json, 'invalid_json', '');
}

/** A text argument, which is a text and Unicode. */
export function checkText(value: unknown, code: ErrorCode, path: string): string {
  if (typeof value !== 'string') {
    throw new LeadscoreError(code, path, `wants a text, found ${kindOf(value)}`);
  }
  if (!value.isWellFormed()) {
    throw new LeadscoreError(code, path, 'the text holds half of a surrogate pair, which is no Unicode');
  }
  return value;
}

/** What kind of thing this is, for messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'boolean':
      return 'true or false';
    case 'object':
      break;
    default:
      return `a ${typeof value}`;
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return name === 'Object' ? 'an object' : `a ${name}`;
}

function refuse(path: string, message: string): never {
  throw new LeadscoreError('invalid_lead', path, message);
}
