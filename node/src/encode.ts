import { type ErrorCode, LeadscoreError } from './error.js';

/** Lists and objects inside one another, the record among them; the same in every language. */
const DEEPEST = 64;

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

/**
 * A value as JSON text; nothing for what JSON leaves out. It is the one rule for each type, which
 * `fixtures/conformance/host_values.json` fixes. `depth` is the number of lists and objects around it.
 */
function encode(value: unknown, path: string, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return encodeText(value, path);
    case 'number':
      return encodeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      // Digit by digit, unless it is beyond every float.
      return Number.isFinite(Number(value)) ? String(value) : encodeNumber(Number(value));
    case 'undefined':
      return undefined;
    case 'object':
      return value === null ? 'null' : encodeObject(value, path, depth);
    default:
      return refuse(path, `${kindOf(value)} is no value of a lead`);
  }
}

function encodeNumber(value: number): string {
  if (Number.isNaN(value)) {
    return 'null';
  }
  if (!Number.isFinite(value)) {
    // JSON has no infinity; as a text it is reported by the feature that wants a number.
    return value > 0 ? '"inf"' : '"-inf"';
  }
  if (Object.is(value, -0)) {
    return '-0.0';
  }
  const text = String(value);
  // Past 2^53 a number may stand for another whole one, so it is no id: it is written as the float it is.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes('e') ? `${text}.0` : text;
}

function encodeText(text: string, path: string): string {
  if (!text.isWellFormed()) {
    refuse(path, 'the text holds half of a surrogate pair, which is no Unicode');
  }
  return JSON.stringify(text);
}

function encodeObject(value: object, path: string, depth: number): string | undefined {
  if (value instanceof Date) {
    // An invalid date is reported as what it says of itself.
    return Number.isNaN(value.getTime()) ? '"Invalid Date"' : `"${value.toISOString().replace(/\.?0*Z$/, 'Z')}"`;
  }
  if (Array.isArray(value)) {
    return encodeList(value, path, depth);
  }
  if (value instanceof Map) {
    return encodeFields(value, path, depth);
  }
  // A Buffer has a toJSON too, and is no text.
  if ('toJSON' in value && typeof value.toJSON === 'function' && !ArrayBuffer.isView(value)) {
    const plain: unknown = value.toJSON();
    return isPlain(plain) ? encodeFields(plain, path, depth) : encode(plain, path, depth);
  }
  if (!isPlain(value)) {
    // A Set, a Promise or a Buffer has no fields of its own and would pass for a lead nothing is known of.
    return refuse(path, `${kindOf(value)} is no record; a plain object is`);
  }
  return encodeFields(value, path, depth);
}

function encodeList(items: readonly unknown[], path: string, depth: number): string {
  checkDepth(path, depth);
  let text = '[';
  for (let at = 0; at < items.length; at += 1) {
    text += at === 0 ? '' : ',';
    text += encode(items[at], `${path}[${at}]`, depth + 1) ?? 'null';
  }
  return `${text}]`;
}

function encodeFields(fields: object | Map<unknown, unknown>, path: string, depth: number): string {
  checkDepth(path, depth);
  const map = fields instanceof Map ? fields : undefined;
  let text = '{';
  for (const key of map?.keys() ?? Object.keys(fields)) {
    if (typeof key !== 'string') {
      return refuse(path, `a field's name is a text, found ${kindOf(key)}`);
    }
    const name = encodeText(key, path);
    const value = map === undefined ? (fields as Record<string, unknown>)[key] : map.get(key);
    const field = encode(value, path === '' ? key : `${path}.${key}`, depth + 1);
    if (field !== undefined) {
      text += `${text.length === 1 ? '' : ','}${name}:${field}`;
    }
  }
  return `${text}}`;
}

function isPlain(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function checkDepth(path: string, depth: number): void {
  if (depth >= DEEPEST) {
    refuse(path, `more than ${DEEPEST} lists and objects inside one another, or one inside itself`);
  }
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
