import { describe, expect, it } from 'vitest';
import { type ExitJudgement, evaluateExit } from '../../../src/desk/exits/evaluate-exit.ts';
import { NO_EXIT_MEMORY } from '../../../src/desk/exits/exit-input.ts';
import type { OpenPosition } from '../../../src/desk/exits/open-position.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import {
  atMillis,
  CALM,
  CONDOR,
  DATE,
  exitInput,
  FLAT_BY,
  firstExit,
  held,
  LONG_CALL,
  type Look,
  option,
  quotesAt,
  SESSION,
  steady,
} from './fixtures.ts';

/** Closing the call side costs the ask of C605 less nothing for its wing. */
function callSideAt(ask: number) {
  return { ...CALM, C605: [Number((ask - 0.02).toFixed(2)), ask] as const };
}

/** Which side's closes have to be how urgent. */
function hurried({ hurry }: ExitJudgement): readonly string[] | undefined {
  return hurry?.map(({ close, urgency }) => `${close} ${urgency}`);
}

const WHOLE_STOP: OpenPosition = {
  ...CONDOR,
  exitPlan: {
    stop: { kind: 'debitAtOrAbove', price: priceFromDollars(2) },
    timeExitAt: CONDOR.exitPlan.timeExitAt,
  },
};

describe('a side stop', () => {
  it('holds while neither side costs as much', () => {
    expect(firstExit(CONDOR, steady(callSideAt(0.99), 60_000))).toBeUndefined();
  });

  it.each([
    ['at the stop, after ten seconds', 1, 10_000, 'fast'],
    ['at 1.1 times the stop, after two seconds', 1.1, 2_000, 'fast'],
    ['at 1.3 times the stop, at once', 1.3, 0, 'urgent'],
  ] as const)('closes its side alone %s', (_what, ask, millis, urgency) => {
    expect(firstExit(CONDOR, steady(callSideAt(ask), 60_000))).toMatchObject({
      millis,
      decision: { close: 'callSide', reason: 'callSideStop', urgency },
    });
  });

  it('tells what closing costs, per unit and not per position', () => {
    const exit = firstExit(CONDOR, steady(callSideAt(1.3), 0));
    expect(exit?.decision).toMatchObject({
      numbers: { closingDebitPrice: 1.3, stopPrice: 1, multiple: 1.3 },
    });
  });

  it('guards the puts as it guards the calls', () => {
    const sides = { ...CALM, P595: [1.28, 1.3] as const };
    expect(firstExit(CONDOR, steady(sides, 0))?.decision).toMatchObject({
      close: 'putSide',
      reason: 'putSideStop',
    });
  });

  it('closes the whole when both sides break, or when only one is left', () => {
    const both = { ...callSideAt(1.3), P595: [1.28, 1.3] as const };
    expect(firstExit(CONDOR, steady(both, 0))?.decision).toMatchObject({ close: 'whole' });
    const callsOnly = { ...CONDOR, legs: CONDOR.legs.slice(2) };
    expect(firstExit(callsOnly, steady(callSideAt(1.3), 0))?.decision).toMatchObject({
      close: 'whole',
      reason: 'callSideStop',
    });
  });

  it('counts in the shorts of its own side, whatever is left of the other', () => {
    const [longPut, shortPut] = CONDOR.legs;
    const legs = [longPut!, shortPut!, held('call', 605, -1), held('call', 615, 1)];
    const half = { ...CONDOR, legs };
    expect(firstExit(half, steady(callSideAt(0.99), 60_000))).toBeUndefined();
    expect(firstExit(half, steady(callSideAt(1), 60_000))).toMatchObject({
      millis: 10_000,
      decision: { reason: 'callSideStop', numbers: { closingDebitPrice: 1 } },
    });
  });

  it('counts in the shorts of its side where more of its wings are left', () => {
    const [longPut, shortPut] = CONDOR.legs;
    const legs = [longPut!, shortPut!, held('call', 605, -1), held('call', 615, 2)];
    const uneven = { ...CONDOR, legs };
    expect(firstExit(uneven, steady(callSideAt(0.99), 60_000))).toBeUndefined();
    expect(firstExit(uneven, steady(callSideAt(1), 60_000))).toMatchObject({
      decision: { reason: 'callSideStop', numbers: { closingDebitPrice: 1 } },
    });
  });

  it('hurries what closes its side already', () => {
    const position = { ...CONDOR, legs: CONDOR.legs.slice(0, 2) };
    const hurryAt = (calls: number, puts: number) => {
      const sides = { ...callSideAt(calls), P595: [puts - 0.02, puts] as const };
      const quotes = quotesAt(atMillis(0), sides);
      return hurried(evaluateExit(exitInput(position, { held: CONDOR, quotes })));
    };
    expect(hurryAt(1.2, 0.4)).toBeUndefined();
    expect(hurryAt(1.3, 0.4)).toEqual(['callSide urgent']);
  });

  it('hurries each of two sides at once as its own stop asks', () => {
    const wings = { ...CONDOR, legs: [held('put', 585, 2), held('call', 615, 2)] };
    let memory = NO_EXIT_MEMORY;
    const hurryAt = (millis: number, puts: number, calls: number) => {
      const at = atMillis(millis);
      const sides = { ...callSideAt(calls), P595: [puts - 0.02, puts] as const };
      const quotes = quotesAt(at, sides);
      const judged = evaluateExit(exitInput(wings, { held: CONDOR, at, quotes, memory }));
      memory = judged.memory;
      return hurried(judged);
    };
    for (let millis = 0; millis < 10_000; millis += 500) {
      expect(hurryAt(millis, 1.05, 1.05)).toBeUndefined();
    }
    expect(hurryAt(10_000, 1.05, 1.05)).toEqual(['callSide fast', 'putSide fast']);
    expect(hurryAt(10_500, 1.3, 1.05)).toEqual(['callSide fast', 'putSide urgent']);
    expect(hurryAt(11_000, 1.05, 1.3)).toEqual(['callSide urgent', 'putSide fast']);
  });

  it('is left with the other as the more urgent of the two asks', () => {
    const both = { ...callSideAt(1.05), P595: [1.03, 1.05] as const };
    const looks = [
      ...steady(both, 9_500),
      { millis: 10_000, sides: { ...both, P595: [1.28, 1.3] as const } },
    ];
    expect(firstExit(CONDOR, looks)).toMatchObject({
      millis: 10_000,
      decision: { close: 'whole', reason: 'callSideStop', urgency: 'urgent' },
    });
  });

  it('does not guard a side that is only long', () => {
    const wings = { ...CONDOR, legs: [held('call', 605, 2)] };
    expect(firstExit(wings, steady(callSideAt(5), 60_000))).toBeUndefined();
  });
});

describe('a stop on the whole structure', () => {
  it('closes the whole short structure by what it costs', () => {
    const sides = { ...CALM, C605: [1.16, 1.18] as const, P595: [0.8, 0.82] as const };
    expect(firstExit(WHOLE_STOP, steady(sides, 60_000))).toMatchObject({
      millis: 10_000,
      decision: { close: 'whole', reason: 'stop', numbers: { closingDebitPrice: 2 } },
    });
    const below = { ...sides, C605: [1.15, 1.17] as const };
    expect(firstExit(WHOLE_STOP, steady(below, 60_000))).toBeUndefined();
  });

  it.each([
    ['a cent above its floor', 0.51, undefined],
    ['at its floor', 0.5, 10_000],
    ['a tenth below', 0.45, 2_000],
    ['far below', 0.38, 0],
  ])('leaves a long option worth %s', (_what, bid, millis) => {
    const sides = { C605: [bid, bid + 0.02] as const };
    expect(firstExit(LONG_CALL, steady(sides, 60_000))?.millis).toBe(millis);
  });

  it('leaves a long option at once when nobody bids for it any more', () => {
    const sides = { C605: [undefined, 0.02] as const };
    expect(firstExit(LONG_CALL, steady(sides, 0))?.decision).toMatchObject({ urgency: 'urgent' });
  });

  it('judges all that is held while orders close a part of it', () => {
    const sides = { ...CALM, C605: [2.4, 2.42] as const };
    const position = { ...WHOLE_STOP, legs: WHOLE_STOP.legs.slice(0, 2) };
    const quotes = quotesAt(atMillis(0), sides);
    const judge = (held: OpenPosition | undefined) =>
      evaluateExit(exitInput(position, { held, quotes })).decision;
    expect(judge(undefined)).toBe('hold');
    expect(judge(WHOLE_STOP)).toMatchObject({ close: 'whole', reason: 'stop' });
  });

  it('counts what leaving the gone part has cost', () => {
    const left = { ...WHOLE_STOP, legs: WHOLE_STOP.legs.slice(0, 2), goneDebit: 15_800 };
    const putsAt = (ask: number) => ({ ...CALM, P595: [ask - 0.02, ask] as const });
    expect(firstExit(left, steady(putsAt(0.41), 60_000))).toBeUndefined();
    expect(firstExit(left, steady(putsAt(0.42), 60_000))).toMatchObject({
      decision: { reason: 'stop', numbers: { closingDebitPrice: 2, goneDebitPrice: 1.58 } },
    });
    const sold = { ...LONG_CALL, goneDebit: -4_000 };
    const bidAt = (bid: number) => ({ C605: [bid, bid + 0.02] as const });
    expect(firstExit(sold, steady(bidAt(0.11), 60_000))).toBeUndefined();
    expect(firstExit(sold, steady(bidAt(0.1), 60_000))?.decision).toMatchObject({ reason: 'stop' });
    const wide = firstExit(left, steady({ ...CALM, P595: [0.43, 3] }, 60_000));
    expect(wide?.decision).toMatchObject({ reason: 'stop' });
  });

  it('measures at mid where the policy says so', () => {
    const policy = { ...exitInput(CONDOR).policy, mark: 'mid' as const };
    const quotes = quotesAt(atMillis(0), { ...CALM, C605: [1.28, 1.34] });
    expect(evaluateExit(exitInput(CONDOR, { quotes })).decision).not.toBe('hold');
    const callsOnly = { ...CONDOR, legs: CONDOR.legs.slice(2, 3) };
    expect(evaluateExit(exitInput(callsOnly, { quotes, policy })).decision).not.toBe('hold');
    const lower = quotesAt(atMillis(0), { ...CALM, C605: [1.24, 1.3] });
    expect(evaluateExit(exitInput(callsOnly, { quotes: lower, policy })).decision).toBe('hold');
  });
});

describe('a market that lies for a moment', () => {
  it('does nothing on a spike of one tick below the top tier', () => {
    const looks: Look[] = [
      ...steady(CALM, 5_000),
      { millis: 5_100, sides: callSideAt(1.29) },
      { millis: 5_200, sides: CALM },
      { millis: 30_000, sides: CALM },
    ];
    expect(firstExit(CONDOR, looks)).toBeUndefined();
  });

  it('does nothing on a quote blown wide, however far it reaches', () => {
    const looks: Look[] = [
      ...steady(CALM, 5_000),
      ...steady({ ...CALM, C605: [0.4, 9] }, 60_000).map((l) => ({
        ...l,
        millis: l.millis + 5_500,
      })),
    ];
    expect(firstExit(CONDOR, looks)).toBeUndefined();
  });

  it('acts in a market that is wide because it ran, as soon as its best side breaks the stop', () => {
    const ran = { ...CALM, C605: [2.6, 3.4] as const };
    expect(firstExit(CONDOR, steady(ran, 60_000))).toMatchObject({ millis: 0 });
    const near = { ...CALM, C605: [0.99, 3.4] as const };
    expect(firstExit(CONDOR, steady(near, 60_000))).toBeUndefined();
  });

  it.each([
    ['crossed', [1.5, 1.4] as const],
    ['without an ask', [1.5, undefined] as const],
    ['without a bid though not worthless', [undefined, 1.4] as const],
  ])('does nothing on a quote that is %s', (_what, sides) => {
    expect(firstExit(CONDOR, steady({ ...CALM, C605: sides }, 60_000))).toBeUndefined();
  });

  it('takes no strike nearer the money for what a short of which nothing is heard costs', () => {
    const now = atMillis(20_000);
    const old = quotesAt(atMillis(0), { ...CALM, C605: [4.98, 5] });
    const fresh = quotesAt(now, { ...CALM, C604: [5.98, 6] });
    const short = instrumentSymbol(option('call', 605));
    let memory = NO_EXIT_MEMORY;
    for (let millis = 20_000; millis <= 60_000; millis += 500) {
      const at = atMillis(millis);
      const quotes = (symbol: string) => {
        const quote = symbol === short ? old(symbol) : fresh(symbol);
        return quote === undefined || symbol === short ? quote : { ...quote, at };
      };
      const judged = evaluateExit(exitInput(CONDOR, { at, quotes, memory }));
      memory = judged.memory;
      expect(judged.decision).toBe('hold');
    }
  });

  it('lets no wing without a bid hold up the stop of its short', () => {
    const unbid = { ...CALM, C605: [2.6, 2.7] as const, C615: [undefined, 0.3] as const };
    expect(firstExit(CONDOR, steady(unbid, 0))?.decision).toMatchObject({
      reason: 'callSideStop',
      numbers: { closingDebitPrice: 2.3 },
    });
    const covered = { ...unbid, C615: [undefined, 2] as const };
    expect(firstExit(CONDOR, steady(covered, 60_000))).toBeUndefined();
    const unoffered = { ...unbid, C615: [0.1, undefined] as const };
    expect(firstExit(CONDOR, steady(unoffered, 60_000))).toBeUndefined();
  });

  it('leaves a breach that lasts although every other quote is too wide', () => {
    const looks = steady(callSideAt(1.2), 60_000, 100).map((look, i): Look => {
      return i % 2 === 0 ? look : { ...look, sides: { ...CALM, C605: [0.9, 1.5] } };
    });
    expect(firstExit(CONDOR, looks)?.millis).toBe(2_000);
  });

  it('does nothing while a leg has no quote', () => {
    const sides = { P595: [0.4, 0.42] as const, C605: [1.48, 1.5] as const };
    expect(firstExit(CONDOR, steady(sides, 60_000))).toBeUndefined();
  });
});

describe('a feed that freezes in the middle of a breach', () => {
  const breached = callSideAt(1.05);
  const frozen: readonly Look[] = Array.from({ length: 120 }, (_, i) => ({
    millis: 8_500 + i * 500,
    quotedMillis: 8_000,
    sides: breached,
  }));

  it('stops the clock', () => {
    expect(firstExit(CONDOR, [...steady(breached, 8_000), ...frozen])).toBeUndefined();
  });

  it('starts it again where it stood', () => {
    const thawed = [70_000, 71_000, 72_000].map((millis) => ({ millis, sides: breached }));
    const exit = firstExit(CONDOR, [...steady(breached, 8_000), ...frozen, ...thawed]);
    expect(exit?.millis).toBe(72_000);
  });
});

describe('the clock', () => {
  const at = (minutes: number) => {
    const market = newYorkInstant(DATE, minutes);
    return { market, wall: market };
  };

  it('leaves at the time of the plan, without any quote', () => {
    const noQuotes = () => undefined;
    const time = at(15 * 60 + 30);
    const before = { ...time, market: addMicros(time.market, -1) };
    expect(evaluateExit(exitInput(CONDOR, { at: before, quotes: noQuotes })).decision).toBe('hold');
    expect(evaluateExit(exitInput(CONDOR, { at: time, quotes: noQuotes })).decision).toMatchObject({
      close: 'whole',
      reason: 'timeExit',
      urgency: 'normal',
    });
  });

  it('hurries more the nearer the deadline', () => {
    const decide = (minutes: number) =>
      evaluateExit(exitInput(CONDOR, { at: at(minutes) })).decision;
    expect(decide(15 * 60 + 40)).toMatchObject({ reason: 'flatBy', urgency: 'fast' });
    expect(decide(15 * 60 + 44)).toMatchObject({ reason: 'flatBy', urgency: 'fast' });
    expect(decide(15 * 60 + 45)).toMatchObject({ reason: 'flatBy', urgency: 'urgent' });
    expect(decide(16 * 60 + 5)).toMatchObject({ reason: 'flatBy', urgency: 'urgent' });
  });

  it('overrules a plan that would stay longer than the session allows', () => {
    const late = { ...CONDOR, exitPlan: { timeExitAt: SESSION.lastTrade } };
    const input = exitInput(late, {
      at: { market: FLAT_BY.flattenStartAt, wall: FLAT_BY.flattenStartAt },
    });
    expect(evaluateExit(input).decision).toMatchObject({ reason: 'flatBy' });
  });

  it('asks for nothing where nothing trades', () => {
    const closed = { market: SESSION.lastTrade, wall: SESSION.lastTrade };
    expect(evaluateExit(exitInput(CONDOR, { at: closed }))).toEqual({
      memory: NO_EXIT_MEMORY,
      decision: 'hold',
    });
    const empty = { ...CONDOR, legs: [] };
    expect(evaluateExit(exitInput(empty, { at: at(15 * 60 + 45) })).decision).toBe('hold');
  });
});

describe('a target', () => {
  it.each([
    ['a cent short of it', 1.99, undefined],
    ['at it', 2, 'target'],
  ])('takes the profit of a long option %s', (_what, bid, reason) => {
    const exit = firstExit(LONG_CALL, steady({ C605: [bid, bid + 0.02] }, 0));
    expect(exit?.decision).toEqual(
      reason === undefined ? undefined : expect.objectContaining({ reason }),
    );
  });

  it('takes the profit of a short structure once it is cheap enough to close', () => {
    const target = { kind: 'debitAtOrBelow' as const, price: priceFromDollars(0.45) };
    const position = { ...CONDOR, exitPlan: { ...CONDOR.exitPlan, target } };
    expect(firstExit(position, steady(CALM, 0))).toBeUndefined();
    const cheap = { ...CALM, C605: [0.21, 0.22] as const, P595: [0.22, 0.23] as const };
    expect(firstExit(position, steady(cheap, 0))?.decision).toMatchObject({
      close: 'whole',
      reason: 'target',
      urgency: 'patient',
    });
  });

  it('is not taken on a quote blown wide', () => {
    expect(firstExit(LONG_CALL, steady({ C605: [2.5, 9] }, 60_000))).toBeUndefined();
  });
});
