/** One text for one value: what the hashes of orders and limits are taken over. */
import { createHash } from 'node:crypto';
import { assert } from '../engine/domain/assert.ts';

/**
 * JSON without spaces, keys in code unit order, absent fields left out: two plain values that mean
 * the same have the same text on every machine. Takes strings, finite numbers, booleans, null, and
 * lists and records of them; anything else is a broken invariant.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) return recordText(Object.entries(value));
  if (typeof value === 'number') assert(Number.isFinite(value), 'a hashed number is finite');
  const text = JSON.stringify(value);
  assert(typeof text === 'string', 'a hashed value is plain data');
  return text;
}

function recordText(fields: readonly (readonly [string, unknown])[]): string {
  const present = fields.filter(([, value]) => value !== undefined);
  const sorted = present.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${canonicalJson(value)}`).join(',')}}`;
}

/** SHA-256 of a text's UTF-8 bytes, 64 lower-case hexadecimal digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
