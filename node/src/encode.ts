import { types } from 'node:util';

import { type ErrorCode, LeadscoreError, isError, tagOf } from './error.js';

/** Lists and objects inside one another, the record among them; the same in every language. */
const DEEPEST = 64;

/** Values in a record or in options, all levels together; a list is measured before it is gone through. */
const MOST_VALUES = 1_000_000;
/** Values in a document, such as a pipeline with a large model. */
export const MOST_IN_DOCUMENT = 1 << 25;

/** How many more values a record may have. */
interface Room {
  left: number;
}

/** A lead record as JSON text. `path` is its place among the leads, or empty. */
export function encodeLead(lead: unknown, path: string): string {
  try {
    return encode(lead, path, 0, { left: MOST_VALUES }) ?? refuse(path, `a lead is an object, found ${kindOf(lead)}`);
  } catch (cause) {
    if (cause instanceof LeadscoreError) {
      throw cause;
    }
    // A getter or a toJSON of the record's own.
    const why = isError(cause) ? cause.message : kindOf(cause);
    throw new LeadscoreError('invalid_lead', path, `cannot be read: ${why}`, { cause });
  }
}

/**
 * A value as JSON text; nothing for what JSON leaves out. It is the one rule for each type, which
 * `fixtures/conformance/host_values.json` fixes. `depth` is the number of lists and objects around it.
 */
function encode(value: unknown, path: string, depth: number, room: Room): string | undefined {
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
      return value === null ? 'null' : encodeObject(value, path, depth, room);
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

function encodeObject(value: object, path: string, depth: number, room: Room): string | undefined {
  if (types.isDate(value)) {
    // An invalid date is reported as what it says of itself.
    return Number.isNaN(value.getTime()) ? '"Invalid Date"' : `"${value.toISOString().replace(/\.?0*Z$/, 'Z')}"`;
  }
  if (Array.isArray(value)) {
    return encodeList(value, path, depth, room);
  }
  if (types.isMap(value)) {
    return encodeFields(value, path, depth, room);
  }
  // A Buffer has a toJSON too, and is no text.
  if ('toJSON' in value && typeof value.toJSON === 'function' && !ArrayBuffer.isView(value)) {
    const plain: unknown = value.toJSON();
    return isPlain(plain) ? encodeFields(plain, path, depth, room) : encode(plain, path, depth, room);
  }
  if (!isPlain(value)) {
    // A Set, a Promise or a Buffer has no fields of its own and would pass for a lead nothing is known of.
    return refuse(path, `${kindOf(value)} is no record; a plain object is`);
  }
  return encodeFields(value, path, depth, room);
}

function encodeList(items: readonly unknown[], path: string, depth: number, room: Room): string {
  checkDepth(path, depth);
  take(room, items.length, path);
  let text = '[';
  for (let at = 0; at < items.length; at += 1) {
    text += at === 0 ? '' : ',';
    text += encode(items[at], `${path}[${at}]`, depth + 1, room) ?? 'null';
  }
  return `${text}]`;
}

function encodeFields(fields: object | Map<unknown, unknown>, path: string, depth: number, room: Room): string {
  checkDepth(path, depth);
  const map = types.isMap(fields) ? fields : undefined;
  const keys = map ? undefined : Object.keys(fields);
  take(room, map?.size ?? keys?.length ?? 0, path);
  let text = '{';
  for (const key of map?.keys() ?? keys ?? []) {
    if (typeof key !== 'string') {
      return refuse(path, `a field's name is a text, found ${kindOf(key)}`);
    }
    const name = encodeText(key, path);
    const value = map === undefined ? (fields as Record<string, unknown>)[key] : map.get(key);
    const field = encode(value, path === '' ? key : `${path}.${key}`, depth + 1, room);
    if (field !== undefined) {
      text += `${text.length === 1 ? '' : ','}${name}:${field}`;
    }
  }
  return `${text}}`;
}

function isPlain(value: unknown): value is object {
  return tagOf(value) === 'Object';
}

function checkDepth(path: string, depth: number): void {
  if (depth >= DEEPEST) {
    refuse(path, `more than ${DEEPEST} lists and objects inside one another, or one inside itself`);
  }
}

function take(room: Room, count: number, path: string): void {
  room.left -= count;
  if (room.left < 0) {
    refuse(path, `a lead has at most ${MOST_VALUES} values, all lists and objects together`);
  }
}

/** How much of `left` remains when the values of `value` are counted; below 0 there are more. */
function countDown(value: unknown, left: number, depth: number): number {
  // What is deeper than any of our documents is left to `JSON.stringify`, as is what writes itself.
  if (typeof value !== 'object' || value === null || depth > DEEPEST || 'toJSON' in value) {
    return left - 1;
  }
  const items = Array.isArray(value) || ArrayBuffer.isView(value) ? (value as ArrayLike<unknown>) : undefined;
  const own = items ?? Object.values(value);
  let rest = left - own.length;
  for (let at = 0; rest >= 0 && at < own.length; at += 1) {
    const one = own[at];
    rest = typeof one === 'object' && one !== null ? countDown(one, rest, depth + 1) : rest;
  }
  return rest;
}

/** Any value as JSON text, for what is no lead. */
export function encodeAny(value: unknown, code: ErrorCode, path: string, most: number = MOST_VALUES): string {
  if (countDown(value, most, 0) < 0) {
    throw new LeadscoreError(code, path, `has more than ${most} values`);
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    const why = isError(cause) ? cause.message : kindOf(cause);
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
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new LeadscoreError('invalid_json', '', `wants a text or an object, found ${kindOf(json)}`);
  }
  return encodeAny(json, 'invalid_json', '', MOST_IN_DOCUMENT);
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
  const name = tagOf(value);
  return name === 'Object' ? 'an object' : `a ${name}`;
}

function refuse(path: string, message: string): never {
  throw new LeadscoreError('invalid_lead', path, message);
}
