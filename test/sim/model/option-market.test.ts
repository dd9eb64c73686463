import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Right } from '../../../src/engine/domain/instrument.ts';
import { nextSessionDate } from '../../../src/engine/domain/session-calendar.ts';
import type { SessionDate } from '../../../src/engine/domain/units.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { STEPS_PER_MINUTE } from '../../../src/sim/model/day-grid.ts';
import { feedGreeks } from '../../../src/sim/model/feed-greeks.ts';
import { OptionTrading } from '../../../src/sim/model/option-day.ts';
import type { OptionQuote, QuotedOption } from '../../../src/sim/model/option-quote.ts';
import { optionValue, quoteOption } from '../../../src/sim/model/option-quote.ts';
import { seededPath } from '../../../src/sim/model/seeded-path.ts';
import type { OptionClimate } from '../../../src/sim/model/spot-state.ts';
import { ClimateOfDay } from '../../../src/sim/model/spot-state.ts';
import { strikesListedAt } from '../../../src/sim/model/strike-ladder.ts';
import { callValue, putValue } from '../../../src/sim/model/terminal-law.ts';

const DATE = sessionDate('2026-11-20');
const MINUTE_OF_OPEN = 570;

interface Moment {
  readonly path: ReturnType<typeof seededPath>;
  readonly climate: OptionClimate;
}

const paths = new Map<string, ReturnType<typeof seededPath>>();

function pathOf(seed: number, date: SessionDate) {
  const known = paths.get(`${seed} ${date}`) ?? seededPath(seed, date);
  if (seed === 1) paths.set(`${seed} ${date}`, known);
  return known;
}

function momentOf(seed: number, minuteOfDay: number, date = DATE): Moment {
  const path = pathOf(seed, date);
  const step = path.grid.openStep + (minuteOfDay - MINUTE_OF_OPEN) * STEPS_PER_MINUTE;
  return { path, climate: new ClimateOfDay(path).at(step) };
}

function option(right: Right, strike: number): QuotedOption {
  return { right, strike, salt: Math.imul(strike, right === 'call' ? 7_919 : 104_729) >>> 0 };
}

function board({ path, climate }: Moment, right: Right): { strike: number; quote: OptionQuote }[] {
  const { low, high } = strikesListedAt(path, climate.step);
  return Array.from({ length: high - low + 1 }, (_, i) => ({
    strike: low + i,
    quote: quoteOption(option(right, low + i), climate),
  }));
}

const mid = (quote: OptionQuote): number => (quote.bid + quote.ask) / 2;
const anyMoment = fc
  .tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 570, max: 974 }))
  .map(([seed, minute]) => momentOf(seed, minute));

describe('option values', () => {
  it('fall and are convex in the strike, keep parity and end at intrinsic value', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 400, max: 700, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: -60, max: 60, noNaN: true }),
        (forward, deviation, away) => {
          const strike = forward + away;
          const at = (k: number): number => callValue(forward, k, deviation);
          const slack = 1e-9;
          expect(at(strike + 1)).toBeLessThanOrEqual(at(strike) + slack);
          expect(at(strike) - at(strike + 1)).toBeLessThanOrEqual(1 + slack);
          expect(at(strike - 1) + at(strike + 1)).toBeGreaterThanOrEqual(2 * at(strike) - slack);
          const parity = at(strike) - putValue(forward, strike, deviation);
          expect(parity).toBeCloseTo(forward - strike, 9);
          expect(callValue(forward, strike, 0)).toBe(Math.max(0, forward - strike));
        },
      ),
    );
  });

  it('come to intrinsic value at the last trade', () => {
    const moment = momentOf(1, 975);
    expect(moment.climate.deviation).toBe(0);
    for (const { strike, quote } of board(moment, 'put')) {
      const intrinsic = 100 * Math.max(0, strike - moment.climate.forward);
      expect(Math.abs(mid(quote) - intrinsic)).toBeLessThanOrEqual(1.5);
    }
  });
});

describe('option quotes', () => {
  it('offer no vertical below nothing or above its width, in mids', () => {
    fc.assert(
      fc.property(anyMoment, (moment) => {
        for (const right of ['call', 'put'] as const) {
          const rows = board(moment, right);
          const richFirst = right === 'call' ? rows : rows.toReversed();
          for (let i = 1; i < richFirst.length; i += 1) {
            const drop = mid(richFirst[i - 1]!.quote) - mid(richFirst[i]!.quote);
            expect(drop).toBeGreaterThanOrEqual(0);
            expect(drop).toBeLessThanOrEqual(100);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('offer no butterfly below nothing: two ticks of rounding in mids, none that trades', () => {
    fc.assert(
      fc.property(anyMoment, (moment) => {
        for (const right of ['call', 'put'] as const) {
          const rows = board(moment, right);
          for (let i = 1; i < rows.length - 1; i += 1) {
            const [a, b, c] = [rows[i - 1]!.quote, rows[i]!.quote, rows[i + 1]!.quote];
            expect(mid(a) + mid(c) - 2 * mid(b)).toBeGreaterThanOrEqual(-2);
            expect(a.ask + c.ask - 2 * b.bid).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('are one to three cents wide near the money and 8 to 27 deep in it', () => {
    const moment = momentOf(1, 955);
    for (const { strike, quote } of board(moment, 'call')) {
      const depth = moment.climate.forward - strike;
      const width = quote.ask - quote.bid;
      expect(width).toBeGreaterThanOrEqual(1);
      if (Math.abs(depth) <= 2) expect(width).toBeLessThanOrEqual(3);
      if (depth > 12) expect(width).toBeGreaterThanOrEqual(8);
      expect(width).toBeLessThanOrEqual(29);
    }
  });

  it('have no bid and a penny ask beyond one per cent out of the money late in the day', () => {
    const moment = momentOf(1, 955);
    for (const right of ['call', 'put'] as const) {
      for (const { strike, quote } of board(moment, right)) {
        const otm =
          right === 'call' ? strike - moment.climate.forward : moment.climate.forward - strike;
        if (otm / moment.climate.forward < 0.01) continue;
        expect(quote).toMatchObject({ bid: 0, ask: 1, bidSize: 0 });
      }
    }
  });

  it('list at least 150 strikes a dollar apart around spot, and new ones near the edge', () => {
    const { path, climate } = momentOf(1, 630);
    const { low, high } = strikesListedAt(path, climate.step);
    expect(high - low + 1).toBeGreaterThanOrEqual(150);
    const moved = { ...path, prices: path.prices.map((price) => price) };
    moved.prices.fill((high - 10) * 10_000, climate.step - 240, climate.step + 1);
    const wider = strikesListedAt(moved, climate.step);
    expect(wider.high).toBeGreaterThanOrEqual(high + 30);
    expect(wider.low).toBe(low);
  });
});

describe('a typical day', () => {
  const median = (values: number[]): number =>
    values.toSorted((a, b) => a - b)[values.length >> 1]!;

  function overSessions(minute: number, measure: (moment: Moment) => number): number {
    const values: number[] = [];
    let date = sessionDate('2026-01-05');
    for (let i = 0; i < 25; i += 1, date = nextSessionDate(date)) {
      values.push(measure(momentOf(1, minute, date)));
    }
    return median(values);
  }

  const straddleBasisPoints = ({ climate }: Moment): number => {
    const at = climate.forward;
    const value =
      optionValue(option('call', at), climate) + optionValue(option('put', at), climate);
    return (1e4 * value) / at;
  };

  it.each([
    [600, 41],
    [720, 31],
    [840, 22],
    [930, 13],
  ])('prices the straddle at minute %i of the day at about %i bp of spot', (minute, expected) => {
    const measured = overSessions(minute, straddleBasisPoints);
    expect(measured / expected).toBeGreaterThan(0.93);
    expect(measured / expected).toBeLessThan(1.07);
  });

  /** How far away the strike of a delta lies, dollars, by the vendor's formula. */
  const distanceOf =
    (right: Right, delta: number, minutesLeft: number) =>
    ({ climate }: Moment): number => {
      const sign = right === 'call' ? 1 : -1;
      for (let away = 0; away < 12; away += 0.05) {
        const strike = climate.forward + sign * away;
        const value = optionValue(option(right, strike), climate);
        const { forward } = climate;
        const input = { isCall: right === 'call', forward, strike, value, otmValue: value };
        const greeks = feedGreeks({ ...input, minutesLeft });
        if (greeks !== undefined && Math.abs(greeks.delta) <= delta) return away;
      }
      return Number.NaN;
    };

  it('has 30-delta strikes 1.35 to 1.75 dollars away at 10:00, 5-delta strikes 4 to 6', () => {
    for (const right of ['call', 'put'] as const) {
      const thirty = overSessions(600, distanceOf(right, 0.3, 375));
      const five = overSessions(600, distanceOf(right, 0.05, 375));
      expect(thirty).toBeGreaterThan(1.35);
      expect(thirty).toBeLessThan(1.75);
      expect(five).toBeGreaterThan(4);
      expect(five).toBeLessThan(6);
    }
  });
});

describe('option trading', () => {
  it('is a function of the step: volume only grows, and prints add up to it', () => {
    const path = seededPath(1, DATE);
    const trading = new OptionTrading(path, new ClimateOfDay(path));
    const traded = option('call', 560);
    const from = path.grid.openStep;
    let volume = trading.volumeAt(traded, from);
    for (let step = from + 1; step < from + 4_000; step += 1) {
      const next = trading.volumeAt(traded, step);
      expect(next).toBeGreaterThanOrEqual(volume);
      const print = trading.lastPrint(traded, step);
      if (next > volume)
        expect(print).toMatchObject({ step, size: next - volume, dayVolume: next });
      volume = next;
    }
    expect(volume).toBeGreaterThan(1_000);
  });
});
