import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BreachMemory,
  FAST_TIERS,
  firesAtOnce,
  JUMP_LASTS_MILLIS,
  NO_BREACH,
  observeBreach,
  PATIENT_TIERS,
} from '../../src/risk/breach.ts';
import { micros } from './fixtures.ts';

type Look = readonly [millis: number, multiple: number | undefined];

/** Milliseconds at which a series of looks first confirms, and the tier's multiple. */
function firstConfirmed(looks: readonly Look[]): readonly [number, number] | undefined {
  let memory: BreachMemory = NO_BREACH;
  for (const [millis, multiple] of looks) {
    const evidenceAt = micros(millis * 1_000);
    const judged = observeBreach(memory, FAST_TIERS, { multiple, evidenceAt });
    memory = judged.memory;
    if (judged.confirmed !== undefined) return [millis, judged.confirmed.multiple];
  }
  return undefined;
}

function every(stepMillis: number, untilMillis: number, multiple: number): readonly Look[] {
  const count = Math.floor(untilMillis / stepMillis) + 1;
  return Array.from({ length: count }, (_, i) => [i * stepMillis, multiple] as const);
}

describe('the breach tiers', () => {
  it.each([
    ['never below the limit', 0.999, undefined],
    ['after ten seconds at the limit', 1, [10_000, 1]],
    ['after ten seconds just below the second tier', 1.099, [10_000, 1]],
    ['after two seconds at the second tier', 1.1, [2_000, 1.1]],
    ['after two seconds just below the third tier', 1.299, [2_000, 1.1]],
    ['at once at the third tier', 1.3, [0, 1.3]],
  ] as const)('confirm %s', (_what, multiple, expected) => {
    expect(firstConfirmed(every(500, 30_000, multiple))).toEqual(expected);
  });

  it('forget a breach that ended, though it ended for one tick', () => {
    const looks: Look[] = [
      ...every(500, 9_500, 1.05),
      [9_750, 0.99],
      [10_000, 1.05],
      [19_500, 1.05],
    ];
    expect(firstConfirmed(looks)).toBeUndefined();
  });

  it('do nothing on a spike of one tick', () => {
    expect(
      firstConfirmed([
        [0, 0.8],
        [100, 1.29],
        [200, 0.8],
        [20_000, 0.8],
      ]),
    ).toBeUndefined();
  });

  it('stand still while nothing can be trusted, and go on after', () => {
    const frozen: Look[] = every(1_000, 60_000, 1).map(([t]) => [t + 9_500, undefined]);
    const looks: Look[] = [...every(500, 9_000, 1.05), ...frozen, [80_000, 1.05], [80_999, 1.05]];
    expect(firstConfirmed(looks)).toBeUndefined();
    expect(firstConfirmed([...looks, [81_000, 1.05]])).toEqual([81_000, 1]);
  });

  it('go on through a flicker: what every other look cannot trust is no pause', () => {
    const looks = every(100, 10_000, 1.05).map(([t, multiple], i): Look => {
      return [t, i % 2 === 0 ? multiple : undefined];
    });
    expect(firstConfirmed(looks)).toEqual([10_000, 1]);
  });

  it('stop once nothing was trusted for longer than a quote lives', () => {
    const broken = every(500, 9_000, 1.05);
    const doubt = (millis: number): Look[] => [
      ...broken,
      [9_000 + millis, undefined],
      [14_001, 1.05],
    ];
    expect(firstConfirmed(doubt(5_000))).toEqual([14_001, 1]);
    expect(firstConfirmed(doubt(5_001))).toBeUndefined();
  });

  it('do not run on the same evidence seen again', () => {
    const looks: Look[] = Array.from({ length: 100 }, () => [1_000, 1.2]);
    expect(firstConfirmed(looks)).toBeUndefined();
  });

  it('count no more of a silence than a quote lives', () => {
    expect(
      firstConfirmed([
        [0, 1.05],
        [60_000, 1.05],
      ]),
    ).toBeUndefined();
    expect(
      firstConfirmed([
        [0, 1.05],
        [60_000, 1.05],
        [65_000, 1.05],
      ]),
    ).toEqual([65_000, 1]);
  });

  it('drop from the second tier to the first without losing the first one its time', () => {
    const looks: Look[] = [
      [0, 1.2],
      [1_900, 1.2],
      [2_000, 1.05],
      [6_000, 1.05],
      [10_000, 1.05],
    ];
    expect(firstConfirmed(looks)).toEqual([10_000, 1]);
  });

  it('confirm any breach that persists, and nothing that never reached the limit', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(steps, fc.double({ min: 0.5, max: 2, noNaN: true }), (gaps, multiple) => {
        let millis = 0;
        const looks = gaps.map((gap): Look => {
          millis += gap;
          return [millis, multiple];
        });
        const start = looks[0]?.[0] ?? 0;
        const confirmed = firstConfirmed(looks);
        if (multiple < 1) expect(confirmed).toBeUndefined();
        else if (millis - start >= 10_000) expect(confirmed).toBeDefined();
      }),
    );
  });
});

describe('the tiers', () => {
  it('are ten, two and no seconds, or two minutes, twenty and no seconds for the patient', () => {
    const table = (tiers: typeof FAST_TIERS) => tiers.map((t) => [t.multiple, t.afterMillis]);
    expect(table(FAST_TIERS)).toEqual([
      [1, 10_000],
      [1.1, 2_000],
      [1.3, 0],
    ]);
    expect(table(PATIENT_TIERS)).toEqual([
      [1, 120_000],
      [1.1, 20_000],
      [1.3, 0],
    ]);
  });
});

it('a breach earns nothing for the time before its first sight', () => {
  expect(
    firstConfirmed([
      [0, 0.5],
      [9_000, 1],
      [9_500, 1],
      [18_500, 1],
    ]),
  ).toBeUndefined();
});

it('evidence that is older than the last is no time gained', () => {
  expect(
    firstConfirmed([
      [0, 1],
      [9_000, 1],
      [1_000, 1],
      [9_500, 1],
    ]),
  ).toBeUndefined();
});

describe('a breach that fires at once', () => {
  it.each([
    [0.9, false],
    [1.299, false],
    [1.3, true],
    [Number.POSITIVE_INFINITY, true],
  ])('%s times the limit: %s', (multiple, isOne) => {
    expect(firesAtOnce(multiple, FAST_TIERS)).toBe(isOne);
    expect(firesAtOnce(multiple, PATIENT_TIERS)).toBe(isOne);
    expect(firesAtOnce(multiple, FAST_TIERS.slice(0, 2))).toBe(false);
  });
});

describe('a breach by a jump that nothing explains', () => {
  const judge = (memory: BreachMemory, millis: number, isDoubtful: boolean) =>
    observeBreach(memory, FAST_TIERS, {
      multiple: 2,
      isDoubtful,
      evidenceAt: micros(millis * 1_000),
    });

  it('has to last, however far it reaches', () => {
    const first = judge(NO_BREACH, 0, true);
    expect(first.confirmed).toBeUndefined();
    expect(judge(first.memory, JUMP_LASTS_MILLIS - 1, true).confirmed).toBeUndefined();
    expect(judge(first.memory, JUMP_LASTS_MILLIS, true).confirmed).toEqual(FAST_TIERS[2]);
    expect(judge(first.memory, 1, false).confirmed).toEqual(FAST_TIERS[2]);
  });

  it('lasts no shorter than its tier asks', () => {
    const looks = (multiple: number, millis: number, memory: BreachMemory) =>
      observeBreach(memory, FAST_TIERS, {
        multiple,
        isDoubtful: true,
        evidenceAt: micros(millis * 1_000),
      });
    let { memory } = looks(1, 0, NO_BREACH);
    for (let millis = 500; millis < 10_000; millis += 500) {
      const judged = looks(1, millis, memory);
      expect(judged.confirmed).toBeUndefined();
      memory = judged.memory;
    }
    expect(looks(1, 10_000, memory).confirmed).toEqual(FAST_TIERS[0]);
  });
});

describe('the memory of a breach', () => {
  it('begins at nothing for a tier that is broken only now', () => {
    expect(
      firstConfirmed([
        [0, 1.05],
        [1_000, 1.1],
        [2_500, 1.1],
        [2_999, 1.1],
      ]),
    ).toBeUndefined();
    expect(
      firstConfirmed([
        [0, 1.05],
        [1_000, 1.1],
        [3_000, 1.1],
      ]),
    ).toEqual([3_000, 1.1]);
  });

  it('is none where nothing is broken, and makes nothing new', () => {
    const at = { evidenceAt: micros(0) };
    for (const multiple of [undefined, 0.999]) {
      expect(observeBreach(NO_BREACH, FAST_TIERS, { ...at, multiple }).memory).toBe(NO_BREACH);
    }
    expect(observeBreach(NO_BREACH, [], { ...at, multiple: 9 })).toEqual({
      memory: NO_BREACH,
      confirmed: undefined,
    });
  });
});
