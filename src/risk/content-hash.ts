/** SHA-256 of what a value says: how orders and limits are named. */
import { hash } from 'node:crypto';
import { assert } from '../engine/domain/assert.ts';
import { canonicalJson } from '../engine/domain/canonical-json.ts';

/** Canonical JSON has a word for plain data only, and writes null for a number that is none: hashed,
 * two such orders would have one name. */
function assertPlain(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) assertPlain(item);
    return;
  }
  if (typeof value === 'object' && value !== null) {
    for (const field of Object.values(value)) if (field !== undefined) assertPlain(field);
    return;
  }
  const kind = typeof value;
  if (kind === 'number') assert(Number.isFinite(value), 'a hashed number is finite');
  const isPlain = kind === 'string' || kind === 'number' || kind === 'boolean' || value === null;
  assert(isPlain, 'a hashed value is plain data');
}

/** Of the canonical text of plain data, 64 lower-case hexadecimal digits: equal values have equal
 * hashes on every machine. Anything but strings, finite numbers, booleans, null, and lists and records
 * of them is a broken invariant. */
export function contentHash(value: unknown): string {
  assertPlain(value);
  return hash('sha256', canonicalJson(value), 'hex');
}
