import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Quote } from '../../../src/engine/domain/market.ts';
import type { NetPrices } from '../../../src/engine/domain/net-price.ts';
import { netPrices } from '../../../src/engine/domain/net-price.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { epochMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg } from '../../support/legs.ts';

function quote(bid: number | undefined, ask: number | undefined): Quote {
  return {
    bid: bid === undefined ? undefined : priceFromDollars(bid),
    ask: ask === undefined ? undefined : priceFromDollars(ask),
    bidSize: 10,
    askSize: 10,
    at: { market: epochMicros(0), wall: epochMicros(0) },
  };
}

function quotedNet(legs: readonly OrderLeg[], quotes: readonly (Quote | undefined)[]) {
  const bySymbol = new Map(
    legs.map((leg, index) => [instrumentSymbol(leg.instrument), quotes[index]]),
  );
  return netPrices(legs, (symbol) => bySymbol.get(symbol));
}

const condor = condorLegs([590, 595, 605, 610]);

describe('the net price of a structure', () => {
  it('sells at the bid and buys at the ask, and takes the mid of every leg', () => {
    const quotes = [quote(0.1, 0.12), quote(0.5, 0.52), quote(0.4, 0.44), quote(0.05, 0.07)];
    expect(quotedNet(condor, quotes)).toEqual({
      natural: priceFromDollars(0.5 + 0.4 - 0.12 - 0.07),
      mid: priceFromDollars(0.51 + 0.42 - 0.11 - 0.06),
    });
  });

  it('is a debit for what is bought, times the ratio', () => {
    const legs = [optionLeg('buyToOpen', 'call', 600, 2)];
    expect(quotedNet(legs, [quote(1, 1.1)])).toEqual({ natural: -22_000, mid: -21_000 });
  });

  it('takes the worse side of a quote that is crossed', () => {
    const quotes = [quote(0.1, 0.12), quote(3, 0.02), quote(0.02, 3), quote(0.09, 0.03)];
    expect(quotedNet(condor, quotes)).toEqual({
      natural: priceFromDollars(0.02 + 0.02 - 0.12 - 0.09),
      mid: priceFromDollars(1.51 + 1.51 - 0.11 - 0.06),
    });
  });

  it('counts half the ask of a leg to buy that has no bid', () => {
    const legs = [optionLeg('buyToOpen', 'call', 640)];
    expect(quotedNet(legs, [quote(undefined, 0.01)])).toEqual({ natural: -100, mid: -50 });
  });

  it('names the leg and the side that lack: an ask to buy, a bid to sell', () => {
    const bought = [optionLeg('buyToOpen', 'call', 600)];
    const sold = [optionLeg('sellToOpen', 'put', 600)];
    const symbol = 'SPY   260804C00600000';
    expect(quotedNet(bought, [quote(1, undefined)])).toEqual({ missing: symbol, side: 'ask' });
    expect(quotedNet(bought, [undefined])).toEqual({ missing: symbol, side: 'ask' });
    expect(quotedNet(sold, [quote(undefined, 1)])).toMatchObject({ side: 'bid' });
    expect(quotedNet(sold, [quote(1, undefined)])).toEqual({ natural: 10_000, mid: 10_000 });
  });

  it('is never better at natural than at mid', () => {
    const anyQuote = fc
      .tuple(fc.integer({ min: 30, max: 500 }), fc.integer({ min: -30, max: 30 }))
      .map(([bid, width]) => quote(bid / 100, (bid + width) / 100));
    fc.assert(
      fc.property(fc.tuple(anyQuote, anyQuote, anyQuote, anyQuote), (quotes) => {
        const net = quotedNet(condor, quotes) as NetPrices;
        expect(net.natural).toBeLessThanOrEqual(net.mid);
      }),
    );
  });
});
