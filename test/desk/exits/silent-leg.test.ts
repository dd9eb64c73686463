import { describe, expect, it } from 'vitest';
import { closingCost } from '../../../src/desk/exits/closing-cost.ts';
import { evaluateExit } from '../../../src/desk/exits/evaluate-exit.ts';
import { NO_EXIT_MEMORY } from '../../../src/desk/exits/exit-input.ts';
import { markPosition } from '../../../src/desk/exits/mark-position.ts';
import type { OpenPosition } from '../../../src/desk/exits/open-position.ts';
import { QUOTE_GUARD } from '../../../src/desk/exits/quote-guard.ts';
import { neighbourOf } from '../../../src/desk/exits/silent-leg.ts';
import type { QuoteOf } from '../../../src/engine/domain/net-price.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import { atMillis, CALM, CONDOR, exitInput, held, quotesAt, type Sides } from './fixtures.ts';

const NOW = atMillis(70_000);
/** Longer ago than a worthless wing may be silent. */
const LONG_AGO = atMillis(0);

/** What is fresh, and what was last heard more than a minute ago. */
function quotes(
  fresh: Readonly<Record<string, Sides>>,
  old: Readonly<Record<string, Sides>>,
): QuoteOf {
  const [now, before] = [quotesAt(NOW, fresh), quotesAt(LONG_AGO, old)];
  return (symbol) => now(symbol) ?? before(symbol);
}

const CALLS = [held('call', 605, -1), held('call', 610, 1)];
const PUTS = [held('put', 595, -1), held('put', 590, 1)];

function costOf(legs: typeof CALLS, of: QuoteOf) {
  return closingCost(legs, 1, { quotes: of, at: NOW, policy: { guard: QUOTE_GUARD } });
}

describe('a long that was not heard of for a minute', () => {
  const old = { C610: [undefined, 0.01] as const, P590: [undefined, 0.01] as const };

  it('brings at most what its neighbour nearer the money is offered at', () => {
    const of = quotes({ C605: [2.5, 2.6], C609: [0.02, 0.04] }, old);
    expect(costOf(CALLS, of)).toEqual({
      kind: 'bounds',
      evidenceAt: NOW.market,
      farDebit: priceFromDollars(2.46),
    });
    const puts = quotes({ P595: [2.5, 2.6], P591: [undefined, 0.05] }, old);
    expect(costOf(PUTS, puts)).toMatchObject({ kind: 'bounds', farDebit: priceFromDollars(2.45) });
  });

  it('is bounded by the next that is fresh, the short itself at the furthest', () => {
    const silent = { ...old, C609: [undefined, 0.01] as const };
    const of = quotes({ C605: [2.5, 2.6], C608: [0.05, 0.07] }, silent);
    expect(costOf(CALLS, of)).toMatchObject({ farDebit: priceFromDollars(2.43) });
    const alone = quotes({ C605: [2.5, 2.6] }, silent);
    expect(costOf(CALLS, alone)).toMatchObject({ farDebit: priceFromDollars(-0.1) });
  });

  it('leaves the cost unknown where all is silent, and passes over a neighbour that lies', () => {
    expect(costOf(CALLS, quotes({}, { ...old, C605: [2.5, 2.6] }))).toEqual({ kind: 'unknown' });
    const crossed = quotes({ C605: [2.5, 2.6], C609: [0.5, 0.04] }, old);
    expect(costOf(CALLS, crossed)).toMatchObject({ farDebit: priceFromDollars(-0.1) });
  });

  it('bounds the best mark of its position too', () => {
    const of = quotes({ C605: [2.5, 2.6], C609: [0.02, 0.04] }, old);
    const mark = markPosition(CALLS, {
      quotes: of,
      at: NOW,
      guard: QUOTE_GUARD,
      spot: priceFromDollars(606),
    });
    expect(mark).toMatchObject({ trusted: false, atBestCents: -256_00 });
  });

  it('has no neighbour where it is no option', () => {
    const shares = { kind: 'shares', symbol: 'SPY' } as const;
    const view = { quotes: quotes({ C605: [2.5, 2.6] }, {}), at: NOW, guard: QUOTE_GUARD };
    expect(neighbourOf({ instrument: shares, quantity: 100 }, view)).toBeUndefined();
  });
});

describe('a short of which nothing is heard', () => {
  const wing = { C610: [undefined, 0.01] as const, P590: [undefined, 0.01] as const };
  const old = { C605: [0.4, 0.42] as const, P595: [0.4, 0.42] as const };

  it('costs at least what its neighbour further out is bid for', () => {
    expect(costOf(CALLS, quotes({ ...wing, C604: [9, 9.1], C606: [2, 2.1] }, old))).toEqual({
      kind: 'bounds',
      evidenceAt: NOW.market,
      farDebit: priceFromDollars(1.99),
    });
    const puts = quotes({ ...wing, P596: [9, 9.1], P593: [1.5, undefined] }, old);
    expect(costOf(PUTS, puts)).toMatchObject({ farDebit: priceFromDollars(1.49) });
  });

  it('costs at least nothing where none is bid for, or it never was quoted', () => {
    const bound = { kind: 'bounds', farDebit: priceFromDollars(-0.01) };
    expect(costOf(CALLS, quotes(wing, old))).toMatchObject(bound);
    expect(costOf(CALLS, quotes(wing, {}))).toMatchObject(bound);
  });

  it('is bounded in the best mark of its position, and the neighbour is its evidence', () => {
    const of = quotes({ C606: [2, 2.1] }, { ...old, C610: [undefined, 0.01] });
    const market = { quotes: of, at: NOW, guard: QUOTE_GUARD, spot: priceFromDollars(606) };
    const mark = markPosition([held('call', 605, -1)], market);
    expect(mark).toMatchObject({ atBestCents: -200_00, evidenceAt: NOW.market, trusted: false });
  });
});

describe('a leg that is quoted bid above ask', () => {
  it('is bounded by its neighbour, whatever its own two sides say', () => {
    const short = quotes({ C605: [9, 0.5], C606: [2, 2.1], C610: [0.01, 0.02] }, {});
    const bounds = { kind: 'bounds', evidenceAt: NOW.market };
    expect(costOf(CALLS, short)).toEqual({ ...bounds, farDebit: priceFromDollars(1.98) });
    const long = quotes({ C605: [2.5, 2.6], C609: [0.02, 0.04], C610: [3, 0.01] }, {});
    expect(costOf(CALLS, long)).toEqual({ ...bounds, farDebit: priceFromDollars(2.46) });
  });

  it('leaves a best mark to its position', () => {
    const of = quotes({ C605: [9, 0.5], C606: [2, 2.1], C610: [0.01, 0.02] }, {});
    const market = { quotes: of, at: NOW, guard: QUOTE_GUARD, spot: priceFromDollars(606) };
    const mark = markPosition(CALLS, market);
    expect(mark).toMatchObject({ atBestCents: -199_00, trusted: false });
    expect(mark.unmarkable).toMatchObject([{ fault: 'crossed' }]);
  });
});

describe('a long that nobody offers', () => {
  it('brings at most what its neighbour nearer the money is offered at', () => {
    const of = quotes({ C605: [2.5, 2.6], C609: [0.08, 0.1], C610: [0.07, undefined] }, {});
    const farDebit = priceFromDollars(2.4);
    expect(costOf(CALLS, of)).toEqual({ kind: 'bounds', evidenceAt: NOW.market, farDebit });
    const alone = quotes({ C605: [undefined, 0.01], C610: [0.07, undefined] }, {});
    expect(costOf([held('call', 610, 1)], alone)).toMatchObject({ farDebit: -100 });
    const unbounded = quotes({ C610: [0.07, undefined] }, {});
    expect(costOf([held('call', 610, 1)], unbounded)).toEqual({ kind: 'unknown' });
  });
});

describe('a stop beside a short of which nothing is heard', () => {
  const old = { P595: [0.4, 0.42] as const };
  const whole: OpenPosition = {
    ...CONDOR,
    exitPlan: {
      stop: { kind: 'debitAtOrAbove', price: priceFromDollars(2) },
      timeExitAt: CONDOR.exitPlan.timeExitAt,
    },
  };
  /** The calls at a bid, one look a second after so many; `from` on the feed says nothing at all. */
  function firstWith(
    bid: number,
    of: { readonly position: OpenPosition; readonly frozen?: number },
  ) {
    let memory = NO_EXIT_MEMORY;
    const sides = { P585: [undefined, 0.01], P590: [bid, bid + 0.1] } as const;
    for (let second = 0; second < 80; second += 1) {
      const at = atMillis(70_000 + second * 1_000);
      const isFrozen = of.frozen !== undefined && second >= of.frozen && second < 50;
      const heardAt = isFrozen ? atMillis(70_000 + (of.frozen - 1) * 1_000) : at;
      const heard = quotesAt(heardAt, { ...CALM, ...sides, C605: [bid, bid + 0.1] });
      const before = quotesAt(LONG_AGO, old);
      const quotes: QuoteOf = (symbol) => before(symbol) ?? heard(symbol);
      const judged = evaluateExit(exitInput(of.position, { at, quotes, memory }));
      memory = judged.memory;
      if (judged.decision !== 'hold') return { second, reason: judged.decision.reason };
    }
    return undefined;
  }

  it.each([
    [0.9, undefined],
    [1.01, { second: 10, reason: 'stop' }],
    [1.32, { second: 0, reason: 'stop' }],
  ])('of the whole fires on what the others cost: calls bid at %d', (bid, exit) => {
    expect(firstWith(bid, { position: whole })).toEqual(exit);
  });

  it('of its own side fires on what its neighbour is bid for', () => {
    const legs = CONDOR.legs.slice(0, 2);
    const puts = { ...CONDOR, legs };
    expect(firstWith(1.02, { position: puts })).toEqual({ second: 10, reason: 'putSideStop' });
  });

  it('does not count the time in which all of the feed is frozen', () => {
    const position = whole;
    expect(firstWith(1.02, { position, frozen: 6 })).toEqual({ second: 55, reason: 'stop' });
  });
});

describe('what closing costs', () => {
  it('is evidence of the newest of its quotes, whichever leg that is of', () => {
    const [earlier, later] = [atMillis(68_000), NOW];
    const shorts = { C605: [2.5, 2.6] as const };
    const wings = { C610: [0.04, 0.05] as const };
    for (const [shortAt, wingAt] of [
      [earlier, later],
      [later, earlier],
    ] as const) {
      const [first, second] = [quotesAt(shortAt, shorts), quotesAt(wingAt, wings)];
      const of: QuoteOf = (symbol) => first(symbol) ?? second(symbol);
      const trusted = { kind: 'trusted', evidenceAt: later.market };
      expect(costOf(CALLS, of)).toMatchObject(trusted);
      expect(costOf(CALLS.toReversed(), of)).toMatchObject(trusted);
    }
  });
});
