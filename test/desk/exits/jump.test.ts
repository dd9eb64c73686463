import { describe, expect, it } from 'vitest';
import { evaluateExit } from '../../../src/desk/exits/evaluate-exit.ts';
import type { ExitInput } from '../../../src/desk/exits/exit-input.ts';
import { policyOf } from '../../../src/desk/exits/exit-policy.ts';
import { hasJumped } from '../../../src/desk/exits/jump.ts';
import type { OpenPosition } from '../../../src/desk/exits/open-position.ts';
import { QUOTE_GUARD } from '../../../src/desk/exits/quote-guard.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import {
  atMillis,
  CALM,
  CONDOR,
  exitInput,
  held,
  LONG_CALL,
  NO_PAST,
  quotesAt,
  type Sides,
  wasAt,
} from './fixtures.ts';

const SHORT_CALL = held('call', 605, -2);

/** The short call at a market, when it was at $0.41 and the spot at 600 before. */
function jumps(now: Sides, spot: number, leg = SHORT_CALL, recent = wasAt(0.41)): boolean {
  return hasJumped([leg], {
    quotes: quotesAt(atMillis(0), { C605: now }),
    at: atMillis(0),
    spot: priceFromDollars(spot),
    guard: QUOTE_GUARD,
    recent,
  });
}

/** No contract has had a mid, and the spot was at 600. */
const WITHOUT_MIDS = { ...wasAt(0), mids: () => undefined };

describe('a price that moved more than its underlying', () => {
  it.each<[what: string, now: Sides, spot: number, expected: boolean]>([
    ['a jump', [1.4, 1.42], 600, true],
    ['explained by a dollar up', [1.4, 1.42], 601, false],
    ['explained by a dollar down too: a put loses then', [1.4, 1.42], 599, false],
    ['within what a quote may be wide', [0.45, 0.47], 600, false],
    ['one cent beyond it', [0.46, 0.48], 600, true],
    ['a gain is no loss', [0.1, 0.12], 600, false],
    ['an offer alone takes nothing from a short', [undefined, 1.42], 600, false],
    ['a bid alone does', [1.4, undefined], 600, true],
    ['a bid alone, explained by a dollar', [1.4, undefined], 601, false],
  ])('%s: %j at %d is %j', (_what, now, spot, expected) => {
    expect(jumps(now, spot)).toBe(expected);
  });

  it('is judged for what is held long by its fall', () => {
    expect(jumps([0.1, 0.12], 600, held('call', 605, 2))).toBe(true);
    expect(jumps([1.4, 1.42], 600, held('call', 605, 2))).toBe(false);
  });

  it('is judged by the neighbour that speaks for a silent leg', () => {
    expect(jumps([1.4, 1.42], 600, held('call', 604, -2))).toBe(true);
    expect(jumps([0.1, 0.12], 600, held('call', 606, 2))).toBe(true);
    expect(jumps([1.4, 1.42], 601, held('call', 604, -2))).toBe(false);
  });

  it('is judged by the one side that the neighbour of a silent leg shows', () => {
    expect(jumps([1.4, undefined], 600, held('call', 604, -2))).toBe(true);
    expect(jumps([undefined, 0.1], 600, held('call', 606, 2))).toBe(true);
    expect(jumps([undefined, 0.4], 600, held('call', 606, 2))).toBe(false);
  });

  it('was worth nothing where it had no mid before', () => {
    expect(jumps([0.06, undefined], 600, SHORT_CALL, WITHOUT_MIDS)).toBe(true);
    expect(jumps([0.05, undefined], 600, SHORT_CALL, WITHOUT_MIDS)).toBe(false);
    expect(jumps([undefined, 0.01], 600, held('call', 605, 2), WITHOUT_MIDS)).toBe(false);
  });

  it('is no jump where the past is not known', () => {
    const quotes = quotesAt(atMillis(0), { C605: [1.4, 1.42] });
    const view = { quotes, at: atMillis(0), spot: priceFromDollars(600), guard: QUOTE_GUARD };
    const recent = wasAt(0.41);
    const noSpots = { ...recent, spots: () => undefined };
    expect(hasJumped([SHORT_CALL], { ...view, recent })).toBe(true);
    expect(hasJumped([SHORT_CALL], { ...view, recent: NO_PAST })).toBe(false);
    expect(hasJumped([SHORT_CALL], { ...view, recent: noSpots })).toBe(false);
    expect(hasJumped([SHORT_CALL], { ...view, recent, spot: undefined })).toBe(false);
  });
});

describe('a stop at a debit of $1', () => {
  const calm: Sides = [0.4, 0.42];
  const broken: Sides = [1.4, 1.42];

  function look(millis: number, sides: Sides, change: Partial<ExitInput> = {}) {
    const at = atMillis(millis);
    const recent = wasAt(0.41);
    const quotes = quotesAt(at, { ...CALM, C605: sides });
    return evaluateExit(exitInput(CONDOR, { at, quotes, recent, ...change }));
  }

  it('does not fire at once on a jump', () => {
    expect(look(0, broken).decision).toBe('hold');
  });

  it.each<[why: string, change: Partial<ExitInput>]>([
    ['the underlying moved as well', { spot: priceFromDollars(601) }],
    ['nothing is known of the past', { recent: NO_PAST }],
  ])('fires at once where %s', (_why, change) => {
    expect(look(0, broken, change).decision).toMatchObject({ reason: 'callSideStop' });
  });

  it.each([
    ['fast', undefined],
    ['patient', 'patient'],
  ] as const)('fires once a jump has lasted two seconds: a plan that is %s', (_name, pace) => {
    const policy = policyOf({ ...CONDOR.exitPlan, confirmation: pace ?? 'fast' });
    const { memory } = look(0, broken, { policy });
    expect(look(1_999, broken, { memory, policy }).decision).toBe('hold');
    const { decision } = look(2_000, broken, { memory, policy });
    expect(decision).toMatchObject({ reason: 'callSideStop', urgency: 'urgent' });
  });

  it('forgets a jump that went back, however often one comes', () => {
    let { memory } = look(0, broken);
    for (let second = 1; second < 30; second += 1) {
      const judged = look(second * 1_000, second % 2 === 0 ? broken : calm, { memory });
      memory = judged.memory;
      expect(judged.decision).toBe('hold');
    }
  });
});

describe('a stop at six cents of a side', () => {
  const position = {
    ...CONDOR,
    exitPlan: { ...CONDOR.exitPlan, sideStop: { debit: priceFromDollars(0.06) } },
  };

  function look(millis: number, ask: number, change: Partial<ExitInput> = {}) {
    const at = atMillis(millis);
    const far: Sides = [0.01, 0.02];
    const sides: Readonly<Record<string, Sides>> = {
      P595: [0.03, 0.04],
      P585: far,
      C605: [ask - 0.02, ask],
      C615: far,
    };
    return evaluateExit(exitInput(position, { at, quotes: quotesAt(at, sides), ...change }));
  }

  it('waits two seconds where it is broken by no more than its legs may be wide', () => {
    const { memory, decision } = look(0, 0.17);
    expect(decision).toBe('hold');
    expect(look(1_999, 0.17, { memory }).decision).toBe('hold');
    expect(look(2_000, 0.17, { memory }).decision).toMatchObject({ reason: 'callSideStop' });
  });

  it('fires at once where it is broken by more, or the price has passed its short', () => {
    expect(look(0, 0.18).decision).toMatchObject({ reason: 'callSideStop' });
    const passed = { spot: priceFromDollars(605.1), soundSpot: () => priceFromDollars(605.1) };
    expect(look(0, 0.17, passed).decision).toMatchObject({ reason: 'callSideStop' });
  });
});

describe('a stop at ten cents of value', () => {
  const position: OpenPosition = {
    ...LONG_CALL,
    exitPlan: {
      ...LONG_CALL.exitPlan,
      stop: { kind: 'valueAtOrBelow', price: priceFromDollars(0.1) },
    },
  };
  const look = (bid: number) =>
    evaluateExit(
      exitInput(position, { quotes: quotesAt(atMillis(0), { C605: [bid, bid + 0.02] }) }),
    );

  it('fires at once only where more is gone than its quote may be wide', () => {
    expect(look(0.05).decision).toBe('hold');
    expect(look(0.04).decision).toMatchObject({ reason: 'stop' });
  });
});

describe('a target of $2', () => {
  const look = (sides: Sides, change: Partial<ExitInput> = {}) => {
    const quotes = quotesAt(atMillis(0), { C605: sides });
    return evaluateExit(exitInput(LONG_CALL, { quotes, recent: wasAt(1.2), ...change })).decision;
  };

  it('is not taken on a jump that the underlying does not explain', () => {
    expect(look([2.1, 2.12])).toBe('hold');
  });

  it.each<[why: string, change: Partial<ExitInput>]>([
    ['the underlying moved as well', { spot: priceFromDollars(601) }],
    ['it has lasted', { recent: wasAt(2.1) }],
    ['nothing is known of the past', { recent: NO_PAST }],
  ])('is taken where %s', (_why, change) => {
    expect(look([2.1, 2.12], change)).toMatchObject({ reason: 'target' });
  });
});
