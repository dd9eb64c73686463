/** Writes events as the Java server does: doubles always carry a point, large and tiny ones an
 * exponent, and what is no number stands as text (DXLink protocol). */
import type { EventRow, EventType, FieldKind, FieldSpec, FieldValue } from './event-schema.ts';

const EXPONENT_FROM = 1e7;
const EXPONENT_BELOW = 1e-3;

/** A double in the text form of Java's Double.toString, quoted where JSON has no number for it. */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return '"NaN"';
  if (value === Number.POSITIVE_INFINITY) return '"Infinity"';
  if (value === Number.NEGATIVE_INFINITY) return '"-Infinity"';
  const size = Math.abs(value);
  if (size !== 0 && (size >= EXPONENT_FROM || size < EXPONENT_BELOW)) return javaExponent(value);
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

function javaExponent(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const mantissa = digits.includes('.') ? digits : `${digits}.0`;
  return `${mantissa}E${exponent.startsWith('+') ? exponent.slice(1) : exponent}`;
}

/** One value as JSON text. A missing value takes its kind's way of saying "none". */
export function encodeValue(kind: FieldKind, value: FieldValue | undefined): string {
  switch (kind) {
    case 'd':
      return javaDouble(typeof value === 'number' ? value : Number.NaN);
    case 'i':
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '0';
    case 'b':
      return value === true ? 'true' : 'false';
    case 's':
      return typeof value === 'string' ? JSON.stringify(value) : 'null';
    case 'c':
      return JSON.stringify(typeof value === 'string' ? value : '');
    case 'e':
      return JSON.stringify(typeof value === 'string' ? value : 'UNDEFINED');
  }
}

/** One event in COMPACT form, without brackets: the announced fields in the announced order. */
export function encodeCompact(
  type: EventType,
  fields: readonly FieldSpec[],
  row: EventRow,
): string {
  let text = '';
  for (const { name, kind } of fields) {
    if (text !== '') text += ',';
    text += name === 'eventType' ? `"${type}"` : encodeValue(kind, row[name]);
  }
  return text;
}

/** One event in FULL form: an object that begins with its type and leaves absent fields out. */
export function encodeFull(type: EventType, fields: readonly FieldSpec[], row: EventRow): string {
  let text = `{"eventType":"${type}"`;
  for (const { name, kind } of fields) {
    const value = row[name];
    if (name === 'eventType' || value === undefined) continue;
    text += `,"${name}":${encodeValue(kind, value)}`;
  }
  return `${text}}`;
}
