import { describe, expect, it } from 'vitest';
import { isHeldBack, isPausing, pauseAfter } from '../../../src/desk/orders/close-pause.ts';
import { addMicros, epochMicros, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';

const NOW = epochMicros(1_800_000_000_000_000);
const LATER = addMicros(NOW, 4 * MICROS_PER_SECOND);
const OVER = addMicros(NOW, 5 * MICROS_PER_SECOND);

describe('a close that could not be ordered', () => {
  it('is tried again after five seconds where a check refused it', () => {
    const pause = pauseAfter({}, NOW);
    expect([NOW, LATER, OVER].map((wall) => isHeldBack(pause, wall))).toEqual([true, true, false]);
  });

  it('is tried at once where a leg lacked its market, and told no more often', () => {
    const pause = pauseAfter({ lacksMarket: true }, NOW);
    expect([NOW, LATER].map((wall) => isHeldBack(pause, wall))).toEqual([false, false]);
    expect([NOW, LATER, OVER].map((wall) => isPausing(pause, wall))).toEqual([true, true, false]);
  });

  it('waits for nothing the first time', () => {
    expect([isHeldBack(undefined, NOW), isPausing(undefined, NOW)]).toEqual([false, false]);
  });
});
