/** Deltas the trader's way: 30 means 0.30, for calls and puts alike. */
import type { Right } from '../engine/domain/instrument.ts';
import type { Outcome } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { Refusal } from './refusal.ts';
import { rounded } from './words.ts';

const LEAST_POINTS = 1;
const MOST_POINTS = 99;

/** A delta without its sign, in points of 100: 30 is 0.30. */
export interface DeltaArgument {
  readonly points: number;
}

function invalid(name: string, value: number, advice: string): Refusal {
  return deny('argument_invalid', `${name} ${value} is not a delta in points: ${advice}`, {
    argument: name,
    value: String(value),
  });
}

/**
 * Reads a delta as a trader gives it. A sign is accepted where a put is meant (`both` includes one)
 * and dropped; a value between 0 and 1 is refused with the number that was probably meant.
 */
export function readDelta(
  name: string,
  value: number,
  right: Right | 'both',
): Outcome<DeltaArgument> {
  const points = Math.abs(value);
  if (!Number.isFinite(value)) return invalid(name, value, 'give a number such as 30 for 0.30.');
  if (points > 0 && points < LEAST_POINTS) {
    return invalid(name, value, `did you mean ${rounded(points * 100, 2)}?`);
  }
  if (value < 0 && right === 'call') {
    return invalid(name, value, `a call's delta has no minus sign: did you mean ${points}?`);
  }
  if (points < LEAST_POINTS || points > MOST_POINTS) {
    return invalid(name, value, `give a number from ${LEAST_POINTS} to ${MOST_POINTS}.`);
  }
  return { points };
}
