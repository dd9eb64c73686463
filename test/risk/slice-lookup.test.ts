import { describe, expect, it } from 'vitest';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { addMicros, price } from '../../src/engine/domain/units.ts';
import {
  freshLegQuote,
  freshSpot,
  legAgeLimitMillis,
  legMarket,
  spotQuote,
} from '../../src/risk/slice-lookup.ts';
import { AT, leg, millisAfter, quote, ROWS, riskInput, sliceOf } from './fixtures.ts';

const CALL = leg('buyToOpen', 'call', 605);
const SHARES: OrderLeg = {
  instrument: { kind: 'shares', symbol: 'SPY' },
  action: 'sellToClose',
  ratio: 1,
};

describe('the market of a leg', () => {
  it('is looked up once for an input', () => {
    const input = riskInput();
    expect(legMarket(input, CALL)).toBe(legMarket(input, CALL));
    expect(legMarket(riskInput(), CALL)).not.toBe(legMarket(input, CALL));
  });

  it('has the row and the greeks of its contract, shares have neither', () => {
    const { view, greeks } = legMarket(riskInput(), CALL);
    expect(view?.contract).toEqual(CALL.instrument);
    expect(greeks).toEqual(view?.greeks);
    expect(greeks?.delta).toBe(0.3);
    expect(legMarket(riskInput(), SHARES)).toMatchObject({ view: undefined, greeks: undefined });
  });
});

describe('the quote of a leg', () => {
  it('is its contract’s, of shares the underlying’s', () => {
    expect(legMarket(riskInput(), CALL).quote).toEqual(quote(0.5, 0.52));
    expect(legMarket(riskInput(), SHARES).quote).toEqual(quote(599.99, 600.01));
    const others: OrderLeg = { ...SHARES, instrument: { kind: 'shares', symbol: 'QQQ' } };
    expect(legMarket(riskInput(), others).quote).toBeUndefined();
    expect(legMarket(riskInput(), leg('buyToOpen', 'call', 607)).quote).toBeUndefined();
  });

  it('is not known without a chain', () => {
    const input = riskInput({ slice: undefined });
    for (const one of [CALL, SHARES]) expect(legMarket(input, one).quote).toBeUndefined();
    expect([spotQuote(input), freshSpot(input)]).toEqual([undefined, undefined]);
  });

  it('has stood until the newest news of its stream', () => {
    const newsAt = millisAfter(AT, 700);
    const quoteStream = { sinceWall: AT.wall, newsAt, lateMillis: 0 };
    const none = legMarket(riskInput({ quoteStream }), leg('buyToOpen', 'call', 607));
    expect([none.quote, none.fresh]).toEqual([undefined, undefined]);
    const input = riskInput({ quoteStream });
    expect(legMarket(input, CALL).quote?.at).toEqual(newsAt);
  });

  it('is as old as it is where it is the underlying’s, whatever its options tell', () => {
    const newsAt = millisAfter(AT, 700);
    const input = riskInput({ quoteStream: { sinceWall: AT.wall, newsAt, lateMillis: 0 } });
    expect(spotQuote(input)?.at).toEqual(AT);
    expect(legMarket(input, SHARES).quote?.at).toEqual(AT);
  });

  it.each([
    [15_000, true],
    [15_001, false],
  ])('of an index level stands while its options tell, %d ms after it: %j', (millis, stands) => {
    const newsAt = millisAfter(AT, millis);
    const { slice } = riskInput();
    const input = riskInput({
      slice: { ...slice!, underlying: 'XSP' },
      quoteStream: { sinceWall: AT.wall, newsAt, lateMillis: 0 },
    });
    expect(spotQuote(input)?.at).toEqual(stands ? newsAt : AT);
  });

  it.each([
    [CALL, 5_000],
    [SHARES, 2_000],
  ])('is fresh up to its limit', (one, limit) => {
    expect(legAgeLimitMillis(riskInput(), one)).toBe(limit);
    expect(freshLegQuote(riskInput({ at: millisAfter(AT, limit) }), one)).toBeDefined();
    expect(freshLegQuote(riskInput({ at: millisAfter(AT, limit + 1) }), one)).toBeUndefined();
  });

  it('of the underlying makes its price while it is fresh', () => {
    expect(freshSpot(riskInput({ at: millisAfter(AT, 2_000) }))).toBe(price(6_000_000));
    expect(freshSpot(riskInput({ at: millisAfter(AT, 2_001) }))).toBeUndefined();
  });

  it('of the underlying makes no price where it is too wide or crossed', () => {
    for (const [bid, ask] of [
      [550, 650],
      [600.01, 600],
    ]) {
      const slice = sliceOf(ROWS, quote(bid, ask));
      expect(freshSpot(riskInput({ slice }))).toBeUndefined();
    }
  });
});

it('the clock of the market moves with that of the machine where a feed is late', () => {
  const quoteStream = { sinceWall: AT.wall, newsAt: undefined, lateMillis: 3 };
  const late = legMarket(riskInput({ quoteStream }), CALL).quote?.at;
  expect(late).toEqual({
    market: addMicros(AT.market, -3_000),
    wall: addMicros(AT.wall, -3_000),
  });
});
