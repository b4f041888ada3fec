import { types } from 'node:util';

import { kindOf } from './encode.js';
import { LeadscoreError } from './error.js';
import { DETACHED, isDetached } from './handle.js';

/** Values of a list of rows, which is copied into an array. */
const MOST_VALUES = 1 << 27;

/** Values row after row. */
export type Values = Float64Array | Float32Array;

/** A matrix with its width, as `featureMatrix` gives it. */
export interface Matrix {
  values: Values;
  columns: number;
}

/**
 * Rows of numbers: a flat `Float64Array` or `Float32Array` as wide as the model reads, one with its width, or a list of
 * rows. NaN, `null` and `undefined` are missing.
 */
export type MatrixInput = Values | Matrix | readonly (Values | readonly (number | boolean | null | undefined)[])[];

/** The features of leads, one row each; NaN is missing. */
export interface FeatureMatrix {
  values: Float64Array;
  columns: number;
  /** The columns' names. */
  names: string[];
}

/** The input as the native half takes it; `width` is that of a flat array. */
export function matrixOf(input: MatrixInput, width: number): Matrix {
  if (isValues(input)) {
    return { values: own(input), columns: width };
  }
  if (isRows(input)) {
    return rowsOf(input, width);
  }
  if (typeof input === 'object' && input !== null && 'values' in input && isValues(input.values)) {
    const { columns, values } = input;
    if (!Number.isInteger(columns) || columns < 0 || columns > 0xffffffff) {
      const found = typeof columns === 'number' ? String(columns) : kindOf(columns);
      throw new LeadscoreError('invalid_matrix', 'columns', `wants a whole number, found ${found}`);
    }
    return { values: own(values), columns };
  }
  throw new LeadscoreError(
    'invalid_matrix',
    '',
    `wants a Float64Array, a Float32Array, {values, columns} or a list of rows, found ${kindOf(input)}`,
  );
}

/** Writes a result into an array that is given, or gives it as it is. */
export function into<A extends Values>(result: Float64Array, out: A | null | undefined): A {
  if (out === undefined || out === null) {
    // Without one, `A` is a Float64Array.
    return here(result) as Values as A;
  }
  if (!isValues(out) || out.length !== result.length) {
    const found = isValues(out) ? `${out.length} places` : kindOf(out);
    throw new LeadscoreError('invalid_matrix', 'out', `wants an array of ${result.length} places, found ${found}`);
  }
  out.set(result);
  return out;
}

/** An array of the native half as one of this realm, over the same memory. */
export function here(values: Float64Array): Float64Array {
  return new Float64Array(values.buffer, values.byteOffset, values.length);
}

function isValues(value: unknown): value is Values {
  return types.isFloat64Array(value) || types.isFloat32Array(value);
}

function isRows(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** A copy where other threads could write, or the memory could shrink, while it is read. */
function own(values: Values): Values {
  const { buffer } = values;
  if (isDetached(buffer)) {
    throw new LeadscoreError('invalid_matrix', '', DETACHED);
  }
  return types.isSharedArrayBuffer(buffer) || buffer.resizable ? values.slice() : values;
}

function rowsOf(rows: readonly unknown[], width: number): Matrix {
  const columns = rows.length === 0 ? width : lengthOf(rows[0], 0);
  // Measured before memory is asked for.
  if (rows.length * columns > MOST_VALUES) {
    const found = `${rows.length} rows of ${columns} values`;
    throw new LeadscoreError('invalid_matrix', '', `${found} are too many for a list; give a Float64Array`);
  }
  const values = new Float64Array(rows.length * columns);
  let to = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at];
    const length = lengthOf(row, at);
    if (length !== columns) {
      throw new LeadscoreError('invalid_matrix', `rows[${at}]`, `${length} values where the first row has ${columns}`);
    }
    for (let column = 0; column < columns; column += 1) {
      values[to] = numberOf((row as readonly unknown[])[column], at, column);
      to += 1;
    }
  }
  return { values, columns };
}

function lengthOf(row: unknown, at: number): number {
  if (Array.isArray(row) || isValues(row)) {
    return row.length;
  }
  throw new LeadscoreError('invalid_matrix', `rows[${at}]`, `a row is a list of numbers, found ${kindOf(row)}`);
}

function numberOf(value: unknown, row: number, column: number): number {
  switch (typeof value) {
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'undefined':
      return Number.NaN;
    default:
      break;
  }
  if (value === null) {
    return Number.NaN;
  }
  throw new LeadscoreError('invalid_matrix', `rows[${row}][${column}]`, `wants a number, found ${kindOf(value)}`);
}
