import { describe, expect, it } from 'vitest';
import { evaluateExit } from '../../../src/desk/exits/evaluate-exit.ts';
import { isExDividendEve } from '../../../src/desk/exits/ex-dividend.ts';
import { type ExitInput, NO_EXIT_MEMORY } from '../../../src/desk/exits/exit-input.ts';
import { policyOf } from '../../../src/desk/exits/exit-policy.ts';
import { lastHourFrom } from '../../../src/desk/exits/flat-by.ts';
import { nickelNet } from '../../../src/desk/exits/judge-rest.ts';
import type { OpenPosition } from '../../../src/desk/exits/open-position.ts';
import type { Bar } from '../../../src/engine/domain/market.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import {
  addMicros,
  cents,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import {
  atMillis,
  CALM,
  CONDOR,
  DATE,
  exitInput,
  firstExit,
  held,
  LONG_CALL,
  type Look,
  option,
  quotesAt,
  SESSION,
  type Sides,
  sessionOf,
} from './fixtures.ts';

const { timeExitAt } = CONDOR.exitPlan;

/** The same quotes every half second between two moments. */
function between(from: number, until: number, sides: Readonly<Record<string, Sides>>): Look[] {
  const looks: Look[] = [];
  for (let millis = from; millis < until; millis += 500) looks.push({ millis, sides });
  return looks;
}

function decide(position: OpenPosition, change: Partial<ExitInput> = {}) {
  return evaluateExit(exitInput(position, change)).decision;
}

/** A minute after the opening, and where it closed. */
function bar(minutesAfterNoon: number, close: number): Bar {
  const [open, high, low] = [priceFromDollars(600), priceFromDollars(601), priceFromDollars(590)];
  const startsAt = addMicros(LONG_CALL.openedAt, minutesAfterNoon * 60_000_000);
  return { startsAt, open, high, low, close: priceFromDollars(close), volume: 1 };
}

/** What is remembered of a position after these looks. */
function judgedBy(position: OpenPosition, looks: readonly Look[], before = NO_EXIT_MEMORY) {
  return looks.reduce((memory, { millis, sides }) => {
    const at = atMillis(millis);
    return evaluateExit(exitInput(position, { at, quotes: quotesAt(at, sides), memory })).memory;
  }, before);
}

describe('a breakeven condor', () => {
  const plan = {
    sideStop: { debit: priceFromDollars(0.9), afterOther: 'breakeven' as const },
    timeExitAt,
  };
  const whole: OpenPosition = { ...CONDOR, exitPlan: plan };
  /** Two condors sold for 0.90 each, the puts bought back for so much a unit. */
  const callsAfter = (putDebit: number): OpenPosition => ({
    ...whole,
    legs: CONDOR.legs.slice(2),
    cashSoFarCents: cents(Math.round(2 * (9_000 - putDebit * 10_000))),
  });
  const callsAt = (ask: number) => ({ ...CALM, C605: [ask - 0.02, ask] as const });

  it('keeps both stops as planned while both sides are short', () => {
    expect(firstExit(whole, between(0, 60_000, callsAt(0.89)))).toBeUndefined();
    expect(firstExit(whole, between(0, 60_000, callsAt(0.91)))?.decision).toMatchObject({
      reason: 'callSideStop',
      numbers: { stopPrice: 0.9 },
    });
  });

  it('lets the side that is left cost only what leaves the trade at nothing', () => {
    const left = callsAfter(0.6);
    expect(firstExit(left, between(0, 60_000, callsAt(0.29)))).toBeUndefined();
    const looks = [...between(0, 3_000, callsAt(0.3)), ...between(3_000, 60_000, callsAt(0.32))];
    expect(firstExit(left, looks)).toMatchObject({
      millis: 12_000,
      decision: {
        close: 'whole',
        reason: 'callSideStop',
        numbers: { stopPrice: 0.3, closingDebitPrice: 0.32 },
      },
    });
  });

  it('keeps the planned stop of a side that costs more than that from the start', () => {
    const left = callsAfter(0.6);
    expect(firstExit(left, between(0, 60_000, callsAt(0.31)))).toBeUndefined();
    expect(firstExit(left, between(0, 60_000, callsAt(0.91)))?.decision).toMatchObject({
      numbers: { stopPrice: 0.9 },
    });
  });

  it('takes no notice of a cost that stood for one tick, or that no quote bears out', () => {
    const wide = { ...CALM, C605: [0.02, 0.2] as const };
    for (const low of [callsAt(0.1), wide]) {
      const looks = [
        ...between(0, 10_000, callsAt(0.4)),
        { millis: 10_000, sides: low },
        ...between(10_500, 20_000, low === wide ? wide : callsAt(0.4)),
        ...between(20_000, 60_000, callsAt(0.4)),
      ];
      expect(firstExit(callsAfter(0.6), looks)).toBeUndefined();
    }
  });

  it('begins anew with the side once both are short again', () => {
    const low = between(0, 3_000, callsAt(0.1));
    const left = callsAfter(0.6);
    const remembered = judgedBy(left, low);
    expect(remembered.eased.best).toBe(-1_000);
    const both = [{ millis: 3_000, sides: CALM }];
    expect(judgedBy(whole, both, remembered).eased).toBe(NO_EXIT_MEMORY.eased);
  });

  it('never lets the stop of the side that is left move further away', () => {
    const looks = [...between(0, 3_000, callsAt(0.4)), ...between(3_000, 60_000, callsAt(0.91))];
    expect(firstExit(callsAfter(-0.5), looks)?.decision).toMatchObject({
      numbers: { stopPrice: 0.9 },
    });
  });

  it('keeps the planned stop where the first side took all there was', () => {
    for (const taken of [0.895, 0.9, 0.95]) {
      const left = callsAfter(taken);
      const looks = [...between(0, 5_000, callsAt(0.01)), ...between(5_000, 60_000, callsAt(0.89))];
      expect(firstExit(left, looks)).toBeUndefined();
      expect(firstExit(left, between(0, 60_000, callsAt(0.91)))?.decision).toMatchObject({
        reason: 'callSideStop',
        numbers: { stopPrice: 0.9 },
      });
    }
  });
});

describe('a trailing exit', () => {
  const trailing: OpenPosition = {
    ...LONG_CALL,
    exitPlan: { trail: { afterGain: priceFromDollars(0.5), keepFraction: 0.5 }, timeExitAt },
  };
  const worth = (bid: number) => ({ C605: [bid, bid + 0.02] as const });

  it('waits for its gain, follows the best one up, and closes when half of it is gone', () => {
    const looks = [
      ...between(0, 10_000, worth(1.4)),
      ...between(10_000, 20_000, worth(1.8)),
      ...between(20_000, 30_000, worth(3)),
      ...between(30_000, 60_000, worth(2)),
    ];
    expect(firstExit(trailing, looks)).toMatchObject({
      millis: 40_000,
      decision: { close: 'whole', reason: 'trail', numbers: { stopPrice: 2 } },
    });
  });

  it('is not armed by a gain that did not reach what the plan asks for', () => {
    const looks = [...between(0, 10_000, worth(1.49)), ...between(10_000, 60_000, worth(0.7))];
    expect(firstExit(trailing, looks)).toBeUndefined();
  });

  it('takes no notice of a best price that stood for one tick', () => {
    const looks = [
      ...between(0, 10_000, worth(1.6)),
      { millis: 10_000, sides: worth(9) },
      ...between(10_500, 60_000, worth(1.6)),
    ];
    expect(firstExit(trailing, looks)).toBeUndefined();
  });

  it('trails the decay of a credit as well', () => {
    const sold: OpenPosition = {
      ...CONDOR,
      exitPlan: { trail: { afterGain: priceFromDollars(0.45), keepFraction: 0.5 }, timeExitAt },
    };
    const costs = (each: number) => ({
      ...CALM,
      P595: [each - 0.01, each] as const,
      C605: [each - 0.01, each] as const,
    });
    const looks = [...between(0, 10_000, costs(0.15)), ...between(10_000, 60_000, costs(0.3))];
    expect(firstExit(sold, looks)?.decision).toMatchObject({
      reason: 'trail',
      numbers: { stopPrice: 0.6, closingDebitPrice: 0.6 },
    });
  });
});

describe('the opposite break of an opening range', () => {
  const orb: OpenPosition = {
    ...LONG_CALL,
    exitPlan: { rangeExit: { closes: 'below', level: priceFromDollars(598) }, timeExitAt },
  };
  const minutesIn = (minutes: number) => ({ at: atMillis(minutes * 60_000) });

  it('closes once a minute closes beyond the other side', () => {
    expect(decide(orb, { ...minutesIn(3), bars: [bar(1, 597.99), bar(2, 600)] })).toMatchObject({
      close: 'whole',
      reason: 'oppositeBreak',
      numbers: { close: 597.99, level: 598 },
    });
  });

  it('holds at the level itself, and after a mere touch', () => {
    expect(decide(orb, { ...minutesIn(3), bars: [bar(1, 598), bar(2, 600)] })).toBe('hold');
  });

  it('holds until another minute follows: a bar that the feed left half has not closed', () => {
    for (const minutes of [2.9, 3, 9]) {
      const bars = [bar(1, 600), bar(2, 590)];
      expect(decide(orb, { ...minutesIn(minutes), bars })).toBe('hold');
    }
  });

  it('does not count minutes that were over when the position was opened', () => {
    const beyondFrom = (first: number) => [bar(first, 590), bar(first + 1, 600)];
    expect(decide(orb, { ...minutesIn(3), bars: beyondFrom(-1) })).toBe('hold');
    expect(decide(orb, { ...minutesIn(3), bars: beyondFrom(0) })).not.toBe('hold');
  });
});

describe('patient confirmation', () => {
  const patient: OpenPosition = {
    ...CONDOR,
    exitPlan: { ...CONDOR.exitPlan, confirmation: 'patient' },
  };

  it.each([
    [1, 120_000],
    [1.1, 20_000],
    [1.3, 0],
  ])('at %s times the stop waits %s ms', (ask, millis) => {
    const sides = { ...CALM, C605: [ask - 0.02, ask] as const };
    let memory = exitInput(patient).memory;
    let fired: number | undefined;
    for (let now = 0; now <= 130_000 && fired === undefined; now += 500) {
      const at = atMillis(now);
      const policy = policyOf(patient.exitPlan);
      const judged = evaluateExit(
        exitInput(patient, { at, memory, policy, quotes: quotesAt(at, sides) }),
      );
      memory = judged.memory;
      if (judged.decision !== 'hold') fired = now;
    }
    expect(fired).toBe(millis);
  });
});

describe('a side whose short the price has passed', () => {
  const SIDES = { ...CALM, C605: [0.98, 1] as const };

  function decided(change: Partial<ExitInput>, confirmation: 'fast' | 'patient' = 'patient') {
    const position = { ...CONDOR, exitPlan: { ...CONDOR.exitPlan, confirmation } };
    const policy = policyOf(position.exitPlan);
    const quotes = quotesAt(atMillis(0), SIDES);
    return evaluateExit(exitInput(position, { policy, quotes, ...change })).decision;
  }
  const at = (dollars: number) => ({ soundSpot: () => priceFromDollars(dollars) });

  it.each(['fast', 'patient'] as const)(
    'is left at once, confirmed %s, however little its stop is broken',
    (way) => {
      expect(decided(at(605.01), way)).toMatchObject({
        close: 'callSide',
        reason: 'callSideStop',
        urgency: 'urgent',
        numbers: { multiple: 1, shortStrikePassed: true, heldForMillis: 0 },
      });
    },
  );

  it('waits while the price is at the strike, or beyond that of a long', () => {
    expect(decided(at(605))).toBe('hold');
    const quotes = quotesAt(atMillis(0), { ...CALM, P595: [0.98, 1] });
    expect(decided({ ...at(595), quotes })).toBe('hold');
    expect(decided({ ...at(594.99), quotes })).toMatchObject({ close: 'putSide' });
  });

  it('waits where the underlying has no market to be trusted, whatever its last price was', () => {
    expect(decided({ spot: priceFromDollars(610), soundSpot: () => undefined })).toBe('hold');
  });

  it('is not left while its stop is not broken', () => {
    const quotes = quotesAt(atMillis(0), { ...CALM, C605: [0.97, 0.99] });
    expect(decided({ ...at(610), quotes })).toBe('hold');
  });

  it('waits two seconds for quotes that jumped although the underlying stands', () => {
    const was = (dollars: number) => {
      const mid = priceFromDollars(dollars);
      return { low: mid, high: mid };
    };
    const recent = { mids: () => was(0.41), spots: () => was(606) };
    expect(decided({ ...at(606), spot: priceFromDollars(606), recent })).toBe('hold');
  });

  it('is one whose stop is broken by what its quotes prove, where they are wide', () => {
    const quotes = quotesAt(atMillis(0), { ...CALM, C605: [1.02, 1.6] });
    expect(decided({ ...at(606), quotes })).toMatchObject({ numbers: { heldForMillis: 0 } });
  });
});

describe('the nickel buy-back', () => {
  const cheap = { ...CALM, P595: [0.03, 0.05] as const };
  const at = { market: newYorkInstant(DATE, 15 * 60), wall: newYorkInstant(DATE, 15 * 60) };
  const nickelFrom = lastHourFrom(SESSION);

  it('buys back the shorts of a side for five cents, from 15:00, and leaves the wings', () => {
    expect(decide(CONDOR, { at, nickelFrom, quotes: quotesAt(at, cheap) })).toMatchObject({
      close: 'putShorts',
      reason: 'nickel',
      numbers: { askPrice: 0.05 },
    });
  });

  it('is off unless asked for, not before its hour, and not for six cents', () => {
    const quotes = quotesAt(at, cheap);
    expect(decide(CONDOR, { at, quotes })).toBe('hold');
    const early = { market: addMicros(at.market, -1), wall: at.wall };
    expect(decide(CONDOR, { at: early, nickelFrom, quotes })).toBe('hold');
    const dear = quotesAt(at, { ...CALM, P595: [0.04, 0.06] });
    expect(decide(CONDOR, { at, nickelFrom, quotes: dear })).toBe('hold');
  });

  it('leaves what was not opened here', () => {
    const quotes = quotesAt(at, cheap);
    expect(decide({ ...CONDOR, isOfOthers: true }, { at, nickelFrom, quotes })).toBe('hold');
  });

  it('waits until every short of the side is that cheap', () => {
    const legs = [...CONDOR.legs, held('put', 590, -2), held('put', 580, 2)];
    const quotesWith = (ask: number) => quotesAt(at, { ...cheap, P590: [ask - 0.02, ask] });
    const position = { ...CONDOR, legs };
    expect(decide(position, { at, nickelFrom, quotes: quotesWith(0.06) })).toBe('hold');
    expect(decide(position, { at, nickelFrom, quotes: quotesWith(0.05) })).toMatchObject({
      close: 'putShorts',
      reason: 'nickel',
    });
  });

  it('believes no quote that is old or crossed', () => {
    const before = { market: addMicros(at.market, -6e6), wall: addMicros(at.wall, -6e6) };
    expect(decide(CONDOR, { at, nickelFrom, quotes: quotesAt(before, cheap) })).toBe('hold');
    const crossed = quotesAt(at, { ...cheap, P595: [0.07, 0.05] });
    expect(decide(CONDOR, { at, nickelFrom, quotes: crossed })).toBe('hold');
  });

  it('pays a nickel for each short, also where one leg trades twice a unit', () => {
    const legs = [
      { instrument: option('put', 595), action: 'buyToClose', ratio: 2 },
      { instrument: option('put', 590), action: 'buyToClose', ratio: 1 },
      { instrument: option('put', 585), action: 'sellToClose', ratio: 3 },
    ] as const;
    expect(nickelNet(legs)).toBe(priceFromDollars(-0.15));
  });
});

describe('the eve of an ex-dividend day', () => {
  const at = (minutes: number) => {
    const micros = newYorkInstant(DATE, minutes);
    return { market: micros, wall: micros };
  };
  const condor: OpenPosition = {
    ...CONDOR,
    exitPlan: { timeExitAt: newYorkInstant(DATE, 15 * 60 + 40) },
  };
  const spot = priceFromDollars(605.01);

  it('leaves a call side in the money half an hour before the mark', () => {
    const eve = { isExDividendEve: true, spot };
    expect(decide(condor, { ...eve, at: at(15 * 60 + 29) })).toBe('hold');
    expect(decide(condor, { ...eve, at: at(15 * 60 + 30) })).toMatchObject({
      close: 'callSide',
      reason: 'exDividend',
      numbers: { strike: 605, spot: 605.01 },
    });
  });

  it('leaves it too where the price of the underlying is not known', () => {
    const change = { isExDividendEve: true, spot: undefined, at: at(15 * 60 + 30) };
    expect(decide(condor, change)).toMatchObject({ numbers: { spot: 'unknown' } });
  });

  it('leaves nothing by a price of the underlying that is not to be trusted', () => {
    const change = { isExDividendEve: true, spot, at: at(15 * 60 + 30) };
    expect(decide(condor, { ...change, soundSpot: () => undefined })).toBe('hold');
    expect(decide(condor, change)).not.toBe('hold');
  });

  it('leaves calls out of the money alone, and all other days', () => {
    const late = { at: at(15 * 60 + 30) };
    const atStrike = priceFromDollars(605);
    expect(decide(condor, { ...late, isExDividendEve: true, spot: atStrike })).toBe('hold');
    expect(decide(condor, { ...late, isExDividendEve: false, spot })).toBe('hold');
  });

  it('is the session before, over a weekend and a holiday', () => {
    expect(isExDividendEve(sessionDate('2026-12-17'), ['2026-12-18'])).toBe(true);
    expect(isExDividendEve(sessionDate('2026-12-18'), ['2026-12-18'])).toBe(false);
    expect(isExDividendEve(sessionDate('2026-06-18'), ['2026-06-22'])).toBe(true);
  });

  it('watches the last hour from 15:00, and from 12:00 on a half day', () => {
    expect(lastHourFrom(SESSION)).toBe(newYorkInstant(DATE, 900));
    const half = sessionOf(sessionDate('2026-11-27'));
    expect(lastHourFrom(half)).toBe(newYorkInstant(half.date, 720));
  });
});

describe('what the clock or a dividend wants gone', () => {
  const judged = (minutes: number, position: OpenPosition, sides: Look['sides'], change = {}) => {
    const market = newYorkInstant(DATE, minutes);
    const at = { market, wall: market };
    const decision = decide(position, { at, quotes: quotesAt(at, sides), ...change });
    return decision === 'hold' ? decision : [decision.reason, decision.urgency];
  };
  const worth = (bid: number) => ({ C605: [bid, bid + 0.02] as const });
  const costs = (calls: number, puts = 0.42) => ({
    ...CALM,
    P595: [puts - 0.02, puts] as const,
    C605: [calls - 0.02, calls] as const,
  });

  it('is as urgent as its stop asks', () => {
    expect(judged(15 * 60 + 30, LONG_CALL, worth(0.39))).toEqual(['timeExit', 'normal']);
    expect(judged(15 * 60 + 30, LONG_CALL, worth(0.38))).toEqual(['timeExit', 'urgent']);
    expect(judged(15 * 60 + 40, LONG_CALL, worth(0.38))).toEqual(['flatBy', 'urgent']);
  });

  it('is as urgent as the stop of a side, of its own side where only that is left', () => {
    expect(judged(15 * 60 + 40, CONDOR, costs(1.29))).toEqual(['flatBy', 'fast']);
    expect(judged(15 * 60 + 40, CONDOR, costs(1.3))).toEqual(['flatBy', 'urgent']);
    const late = { ...CONDOR.exitPlan, timeExitAt: newYorkInstant(DATE, 15 * 60 + 40) };
    const condor = { ...CONDOR, exitPlan: late };
    const eve = { isExDividendEve: true, spot: priceFromDollars(606) };
    expect(judged(15 * 60 + 30, condor, costs(0.42, 1.3), eve)).toEqual(['exDividend', 'fast']);
    expect(judged(15 * 60 + 30, condor, costs(1.3), eve)).toEqual(['exDividend', 'urgent']);
  });

  it('is as urgent as the end of the idea asks', () => {
    const rangeExit = { closes: 'below', level: priceFromDollars(598) } as const;
    const ranged = { ...LONG_CALL, exitPlan: { rangeExit, timeExitAt } };
    const bars = [bar(1, 597), bar(2, 597)];
    expect(judged(15 * 60 + 30, ranged, worth(1))).toEqual(['timeExit', 'normal']);
    expect(judged(15 * 60 + 30, ranged, worth(1), { bars })).toEqual(['timeExit', 'fast']);
  });
});
