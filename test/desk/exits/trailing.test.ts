import { describe, expect, it } from 'vitest';
import type { TrailMemory } from '../../../src/desk/exits/trailing.ts';
import { NO_TRAIL, observeGain, trailingStop } from '../../../src/desk/exits/trailing.ts';
import { gridOfOne } from '../../../src/engine/domain/instrument.ts';
import { price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { atMillis, option } from './fixtures.ts';

type Look = readonly [millis: number, gain: number | undefined];

/** The memory after looks at a gain. */
function after(...looks: readonly Look[]): TrailMemory {
  return looks.reduce(
    (memory, [millis, gain]) => observeGain(memory, gain, atMillis(millis).market),
    NO_TRAIL,
  );
}

describe('the best gain of a position', () => {
  it.each<[what: string, looks: readonly Look[], best: number | undefined]>([
    [
      'has not stood yet',
      [
        [0, 60],
        [1_999, 60],
      ],
      undefined,
    ],
    [
      'stood for two seconds',
      [
        [0, 60],
        [2_000, 60],
      ],
      60,
    ],
    [
      'is the least of them, whatever the last look showed',
      [
        [0, 60],
        [2_000, 500],
      ],
      60,
    ],
    [
      'is the least of them, whatever the first look showed',
      [
        [0, 500],
        [1_000, 60],
        [2_000, 60],
      ],
      60,
    ],
    [
      'counts anew after a look at none',
      [
        [0, 60],
        [1_000, 0],
        [1_500, 60],
        [2_500, 60],
      ],
      undefined,
    ],
    [
      'counts anew after a look not to be trusted',
      [
        [0, 60],
        [1_000, undefined],
        [2_500, 60],
      ],
      undefined,
    ],
    [
      'is kept while the gain is smaller',
      [
        [0, 60],
        [2_000, 60],
        [9_000, 10],
      ],
      60,
    ],
    [
      'grows by what stands in its turn',
      [
        [0, 60],
        [2_000, 90],
        [4_000, 90],
      ],
      90,
    ],
  ])('%s', (_, looks, best) => {
    expect(after(...looks).best).toBe(best);
  });
});

describe('the stop that trails it', () => {
  const grid = gridOfOne(option('call', 605));
  const trail = { afterGain: priceFromDollars(0.5), keepFraction: 0.5 };
  const stop = (entryDollars: number, best: number | undefined) => {
    const entryNet = priceFromDollars(entryDollars);
    return trailingStop(trail, { best, rising: undefined }, { entryNet, grid });
  };

  it('is none until the gain has once been large enough', () => {
    expect(stop(2, undefined)).toBeUndefined();
    expect(stop(2, 4_999)).toBeUndefined();
    expect(stop(2, 5_000)).toEqual({ kind: 'debitAtOrAbove', price: priceFromDollars(1.75) });
  });

  it('lies on the tick that keeps more: below a debit, above a value', () => {
    expect(stop(2, 5_100)).toEqual({ kind: 'debitAtOrAbove', price: price(17_400) });
    expect(stop(-2, 5_100)).toEqual({ kind: 'valueAtOrBelow', price: price(22_600) });
  });
});
