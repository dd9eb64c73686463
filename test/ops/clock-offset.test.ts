import { describe, expect, it } from 'vitest';
import { ClockOffset } from '../../src/ops/clock-offset.ts';

const NOW = Date.UTC(2026, 10, 20, 15, 0, 0);
const dateOf = (millis: number) => new Date(millis).toUTCString();

/** What is known after answers, each with the other clock's time and how long the answer took. */
function known(...answers: readonly (readonly [theirs: number, tookMillis: number])[]) {
  const offset = new ClockOffset();
  for (const [theirs, took] of answers) offset.heard(dateOf(theirs), NOW, NOW + took);
  return offset.millis;
}

describe('the offset of this machine’s clock', () => {
  it('is not known before an answer told a time', () => {
    const offset = new ClockOffset();
    offset.heard(null, NOW, NOW);
    offset.heard('a while ago', NOW, NOW);
    expect(offset.millis).toBeUndefined();
  });

  it('is none where the cut second or the way of the answer explains it', () => {
    expect(known([NOW, 0])).toBe(0);
    expect(known([NOW - 1_000, 0])).toBe(0);
    expect(known([NOW + 8_000, 8_000])).toBe(0);
  });

  it('is what they do not explain, behind or ahead', () => {
    expect(known([NOW + 10_000, 400])).toBe(9_600);
    expect(known([NOW - 10_000, 400])).toBe(-9_000);
  });

  it('is the furthest of several: a slow answer hides the most', () => {
    expect(known([NOW + 10_000, 400], [NOW + 10_000, 4_000])).toBe(9_600);
    expect(known([NOW, 0], [NOW - 10_000, 0])).toBe(-9_000);
  });
});
