import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bar } from '../../src/engine/domain/market.ts';
import { addMicros, MICROS_PER_MINUTE, priceFromDollars } from '../../src/engine/domain/units.ts';
import {
  breakStanding,
  completeBars,
  distanceBeyond,
  isRangeMinutes,
  RANGE_MINUTES,
  readOpeningRange,
  sideBeyond,
} from '../../src/strategies/opening-range.ts';
import { buildBars, buildSession } from '../support/chain-builder.ts';

const session = buildSession();
const minute = (minutes: number) => addMicros(session.open, minutes * MICROS_PER_MINUTE);
const dollars = priceFromDollars;

/** Five minutes between 598 and 602, then closes. */
function fiveThen(...closes: (number | undefined)[]): Bar[] {
  const opening = Array.from({ length: 5 }, () => ({ high: 602, low: 598, close: 600 }));
  return buildBars([...opening, ...closes]);
}

/** Bars, and the beginning of the one behind them. */
function followed(bars: readonly Bar[]): readonly Bar[] {
  const last = bars.at(-1);
  if (last === undefined) return bars;
  return [...bars, { ...last, startsAt: addMicros(last.startsAt, MICROS_PER_MINUTE) }];
}

/** The reading as the bar behind the last begins. */
function read(bars: readonly Bar[], now = minute(bars.length)) {
  return readOpeningRange({ bars: followed(bars), session, minutes: 5, now });
}

function breaksOf(bars: readonly Bar[]) {
  const reading = read(bars);
  if (reading.state !== 'broken') throw new Error(`not broken: ${reading.state}`);
  return reading.breaks;
}

describe('complete bars', () => {
  it('are those that another follows, whatever the clock says', () => {
    const bars = buildBars([600, 601, 602]);
    expect(completeBars({ bars, session })).toEqual(bars.slice(0, 2));
    expect(completeBars({ bars: bars.slice(0, 1), session })).toEqual([]);
  });

  it('lie in the regular session', () => {
    const bars = [-1, 0, 389, 390].flatMap((i) =>
      buildBars([600]).map((bar) => ({ ...bar, startsAt: minute(i) })),
    );
    const complete = completeBars({ bars, session });
    expect(complete.map((bar) => bar.startsAt)).toEqual([minute(0), minute(389)]);
  });
});

describe('the opening range', () => {
  it('offers 5, 10, 15, 20, 30 and 60 minutes', () => {
    expect(RANGE_MINUTES.every(isRangeMinutes)).toBe(true);
    expect([0, 1, 7, 45, 61, Number.NaN].some(isRangeMinutes)).toBe(false);
  });

  it('is forming until a bar follows its last, and misses none by then', () => {
    const forming = (now: ReturnType<typeof minute>) =>
      readOpeningRange({ bars: fiveThen(), session, minutes: 5, now });
    for (const now of [addMicros(minute(5), -1), minute(5), minute(9)]) {
      expect(forming(now)).toEqual({
        state: 'rangeForming',
        barsComplete: 4,
        barsNeeded: 5,
        missingBars: 0,
        endsAt: minute(5),
      });
    }
    expect(read(fiveThen()).state).toBe('noBreakout');
  });

  it('has the high and low of wicks, and their distance as width', () => {
    const reading = read(fiveThen());
    expect(reading).toMatchObject({
      range: { minutes: 5, high: dollars(602), low: dollars(598), width: dollars(4) },
    });
  });

  it('never stands on a hole', () => {
    const bars = buildBars([600, undefined, 600, 600, 600, 600, 700]);
    expect(read(bars, minute(7))).toMatchObject({
      state: 'rangeForming',
      barsComplete: 4,
      missingBars: 1,
    });
  });

  it('says nothing before the open', () => {
    expect(read([], minute(-5))).toMatchObject({ state: 'rangeForming', missingBars: 0 });
  });

  it('counts the holes after it', () => {
    expect(read(fiveThen(600, undefined, 600), minute(8))).toMatchObject({
      state: 'noBreakout',
      missingBars: 1,
    });
  });
});

describe('a break', () => {
  it('is a close beyond the range, not one on its edge and not a wick', () => {
    expect(read(fiveThen(602)).state).toBe('noBreakout');
    expect(read(fiveThen(598)).state).toBe('noBreakout');
    const wick = [...fiveThen(), ...buildBars([{ high: 610, low: 590, close: 600 }])];
    const moved = wick.map((bar, i) => ({ ...bar, startsAt: minute(i) }));
    expect(read(moved).state).toBe('noBreakout');
    expect(breaksOf(fiveThen(602.01))).toHaveLength(1);
    expect(breaksOf(fiveThen(597.99))).toHaveLength(1);
  });

  it('waits for a bar that follows its own: the last trades of a minute come behind its end', () => {
    const bars = fiveThen(603);
    const late = readOpeningRange({ bars, session, minutes: 5, now: minute(6) });
    expect(late.state).toBe('noBreakout');
    expect(read(bars).state).toBe('broken');
  });

  it('knows its direction, close and time', () => {
    expect(breaksOf(fiveThen(600, 603))).toEqual([
      {
        direction: 'up',
        barStartsAt: minute(6),
        confirmedAt: minute(7),
        close: dollars(603),
        closesBackInside: 0,
      },
    ]);
  });

  it('stays one break through retests, and counts them', () => {
    const breaks = breaksOf(fiveThen(603, 601, 600, 604));
    expect(breaks).toHaveLength(1);
    expect(breaks[0]).toMatchObject({ close: dollars(603), closesBackInside: 2 });
  });

  it('is followed by the first close beyond the other side', () => {
    const breaks = breaksOf(fiveThen(603, 601, 597, 596, 603));
    expect(breaks.map((one) => one.direction)).toEqual(['up', 'down', 'up']);
    expect(breaks[0].closesBackInside).toBe(1);
  });

  it('alternates, lies beyond the range, and is known no earlier bar by bar than in one go', () => {
    const closes = fc.array(fc.integer({ min: 590, max: 610 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(closes, (list) => {
        const bars = fiveThen(...list);
        const whole = read(bars);
        if (whole.state === 'rangeForming') throw new Error('the range is complete');
        const breaks = whole.state === 'broken' ? whole.breaks : [];
        for (const [i, one] of breaks.entries()) {
          expect(sideBeyond(whole.range, one.close)).toBe(one.direction);
          expect(one.direction).not.toBe(breaks[i - 1]?.direction);
          const until = bars.filter((bar) => bar.startsAt <= one.barStartsAt);
          const early = readOpeningRange({
            bars: followed(until),
            session,
            minutes: 5,
            now: one.confirmedAt,
          });
          expect(early.state === 'broken' && early.breaks.length).toBe(i + 1);
        }
      }),
    );
  });
});

describe('a break at a price', () => {
  const range = { minutes: 5, high: dollars(602), low: dollars(598), width: dollars(4) };

  it('is valid beyond its level and at most one width past it', () => {
    expect(breakStanding(range, 'up', dollars(602))).toBe('failed');
    expect(breakStanding(range, 'up', dollars(602.01))).toBe('valid');
    expect(breakStanding(range, 'up', dollars(606))).toBe('valid');
    expect(breakStanding(range, 'up', dollars(606.01))).toBe('extended');
    expect(breakStanding(range, 'down', dollars(598))).toBe('failed');
    expect(breakStanding(range, 'down', dollars(597.99))).toBe('valid');
    expect(breakStanding(range, 'down', dollars(594))).toBe('valid');
    expect(breakStanding(range, 'down', dollars(593.99))).toBe('extended');
  });

  it('measures its distance from the level it broke', () => {
    expect(distanceBeyond(range, 'up', dollars(603))).toBe(dollars(1));
    expect(distanceBeyond(range, 'down', dollars(600))).toBe(dollars(-2));
  });
});
