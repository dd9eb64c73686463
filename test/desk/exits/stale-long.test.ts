import { describe, expect, it } from 'vitest';
import { closingCost } from '../../../src/desk/exits/closing-cost.ts';
import { markPosition } from '../../../src/desk/exits/mark-position.ts';
import { QUOTE_GUARD } from '../../../src/desk/exits/quote-guard.ts';
import { neighbourOf } from '../../../src/desk/exits/stale-long.ts';
import type { QuoteOf } from '../../../src/engine/domain/net-price.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import { atMillis, held, quotesAt, type Sides } from './fixtures.ts';

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

  it('leaves the cost unknown where its short is silent too, or a neighbour lies', () => {
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
    const of = quotes({ C605: [2.5, 2.6] }, {});
    expect(neighbourOf(shares, of, NOW, QUOTE_GUARD)).toBeUndefined();
  });
});
