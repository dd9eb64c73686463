import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ATM_VOL_CELL,
  DELTA_FIELD,
  EXPECTED_MOVE_CELL,
  FORWARD_CELL,
  rowCell,
  YEARS_CELL,
} from '../../../src/engine/chain/chain-layout.ts';
import { ChainModel } from '../../../src/engine/chain/chain-model.ts';
import { MAX_QUOTE_AGE_MICROS } from '../../../src/engine/chain/quote-quality.ts';
import type { Right } from '../../../src/engine/domain/instrument.ts';
import type { ContractView } from '../../../src/engine/domain/market.ts';
import { addMicros, price } from '../../../src/engine/domain/units.ts';
import { blackValue } from '../../../src/engine/pricing/black.ts';
import { yearsToExpiry } from '../../../src/engine/pricing/time-to-expiry.ts';
import { ABSENT } from '../../../src/engine/ring/ring-layout.ts';
import { plainView } from '../../support/plain-slice.ts';
import { blackGreeks } from '../../support/single-option.ts';
import { atMinute, BlackChain, option, SESSION, smileVol } from './black-chain.ts';
import { AT, ChainImage } from './chain-image.ts';

function viewOf(chain: BlackChain, right: Right, dollars: number): ContractView {
  const view = chain.reader.view(chain.rowOf(option(right, dollars)));
  if (view === undefined) throw new Error('no view');
  return view;
}

function modelPrice(view: ContractView, forward: number, years: number): number {
  const strike = view.contract.strike / 10_000;
  return blackValue({
    right: view.contract.right,
    forward,
    strike,
    years,
    vol: view.impliedVol ?? 0,
  });
}

describe('a chain quoted around Black prices', () => {
  const at = atMinute(120);
  const years = yearsToExpiry(at.market, SESSION.lastTrade);
  const chain = new BlackChain();
  chain.batch(at);
  const slice = chain.reader.slice();

  it('gives the forward back', () => {
    expect(slice?.forward).toBeCloseTo(600.37, 3);
    expect(slice?.yearsToExpiry).toBe(years);
  });

  it('gives every volatility back where the contract has two sides', () => {
    const own = [...(slice?.calls ?? []), ...(slice?.puts ?? [])].filter((view) => !view.modelled);
    expect(own.length).toBeGreaterThanOrEqual(20);
    for (const view of own) {
      const strike = view.contract.strike / 10_000;
      const vega = view.greeks?.vega ?? 0;
      // One unit of a Price is the resolution of a mid: an error of 0.0001 / vega points.
      const resolution = 0.0001 / Math.max(vega, 1e-6) / 100;
      const error = Math.abs((view.impliedVol ?? 0) - smileVol(strike, chain.forward));
      expect(error, `strike ${strike}`).toBeLessThan(2 * resolution + 1e-4);
    }
  });

  it('gives every greek back, call and put on one volatility', () => {
    for (const right of ['call', 'put'] as const) {
      for (let strike = 594; strike <= 607; strike += 1) {
        const vol = smileVol(strike, chain.forward);
        const truth = blackGreeks({ right, forward: chain.forward, strike, years, vol });
        const greeks = viewOf(chain, right, strike).greeks;
        expect(greeks?.delta).toBeCloseTo(truth.delta, 3);
        expect(greeks?.gamma).toBeCloseTo(truth.gamma, 2);
        expect(greeks?.theta).toBeCloseTo(truth.theta, 1);
        expect(greeks?.thetaNextHour).toBeCloseTo(truth.thetaNextHour, 2);
        expect(greeks?.vega).toBeCloseTo(truth.vega, 3);
      }
    }
    const call = viewOf(chain, 'call', 597);
    const put = viewOf(chain, 'put', 597);
    expect(call.impliedVol).toBe(put.impliedVol);
    expect((call.greeks?.delta ?? 0) - (put.greeks?.delta ?? 0)).toBeCloseTo(1, 12);
  });

  it('tells the volatility at the forward and the straddle there', () => {
    expect(slice?.atmVol).toBeCloseTo(smileVol(chain.forward, chain.forward), 3);
    const straddle = chain.valueOf(option('call', 600), at) + chain.valueOf(option('put', 600), at);
    expect(slice?.expectedMove).toBeCloseTo(straddle, 3);
  });
});

describe('a zero-bid wing', () => {
  const at = atMinute(300);
  const years = yearsToExpiry(at.market, SESSION.lastTrade);

  it('takes its volatility from the edge of the smile and says so', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const slice = chain.reader.slice();
    const wings = [...(slice?.calls ?? []), ...(slice?.puts ?? [])].filter((view) => view.modelled);
    expect(wings.length).toBeGreaterThan(10);
    for (const view of wings) {
      expect(view.greeks).toBeDefined();
      const isOutOfTheMoney = Math.abs(view.greeks?.delta ?? 1) < 0.5;
      if (!isOutOfTheMoney) continue;
      expect(view.quote?.bid).toBeUndefined();
      const value = modelPrice(view, slice?.forward ?? 0, years);
      expect(value).toBeLessThanOrEqual((view.quote?.ask ?? 0) / 10_000 + 1e-12);
    }
  });

  it('moves the volatility until the model price meets the ask', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const before = viewOf(chain, 'call', 602).impliedVol ?? 0;
    chain.quote(option('call', 602), undefined, 1, at);
    chain.writer.endBatch(at);
    const after = viewOf(chain, 'call', 602);
    expect(after.modelled).toBe(true);
    expect(after.impliedVol).toBeLessThan(before);
    expect(modelPrice(after, chain.reader.slice()?.forward ?? 0, years)).toBeCloseTo(0.0001, 9);
  });

  it('moves the volatility until the model price meets a lone bid', () => {
    const chain = new BlackChain();
    chain.batch(at);
    chain.quote(option('put', 590), 20_000, undefined, at);
    chain.writer.endBatch(at);
    const view = viewOf(chain, 'put', 590);
    expect(view.modelled).toBe(true);
    expect(modelPrice(view, chain.reader.slice()?.forward ?? 0, years)).toBeCloseTo(2, 6);
  });

  it('never has a model price outside its own market, whatever the quotes', () => {
    const side = fc.option(fc.integer({ min: 1, max: 30_000 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(121), side, side), { maxLength: 40 }), (changes) => {
        const chain = new BlackChain();
        chain.batch(at);
        for (const [row, bid, ask] of changes) {
          const contract = chain.listing.contracts[row];
          if (contract !== undefined) chain.quote(contract, bid, ask, at);
        }
        chain.writer.endBatch(at);
        const slice = chain.reader.slice();
        const forward = slice?.forward ?? 0;
        for (const view of [...(slice?.calls ?? []), ...(slice?.puts ?? [])]) {
          const isCall = view.contract.right === 'call';
          const isOutOfTheMoney = view.contract.strike / 10_000 >= forward === isCall;
          const { bid = 0, ask = Infinity } = view.quote ?? {};
          if (!view.modelled || view.impliedVol === undefined || !isOutOfTheMoney) continue;
          if (bid >= ask) continue;
          const value = modelPrice(view, forward, years) * 10_000;
          expect(value).toBeGreaterThan(bid * (1 - 1e-9));
          expect(value).toBeLessThan(ask * (1 + 1e-9));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has deltas that shrink outward', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const deltas = (chain.reader.slice()?.calls ?? []).map((view) => view.greeks?.delta ?? -1);
    for (let n = 1; n < deltas.length; n += 1) {
      expect(deltas[n]).toBeLessThanOrEqual(deltas[n - 1] ?? 0);
    }
  });
});

describe('quotes that do not count', () => {
  const at = atMinute(120);

  function chainWith(bid: number | undefined, ask: number | undefined): BlackChain {
    const chain = new BlackChain();
    chain.batch(at);
    chain.quote(option('call', 603), bid, ask, at);
    chain.writer.endBatch(at);
    return chain;
  }

  it('keeps a crossed quote visible and takes the strike from its neighbours', () => {
    const chain = chainWith(9_000, 8_900);
    const view = viewOf(chain, 'call', 603);
    expect(view.quote).toMatchObject({ bid: 9_000, ask: 8_900 });
    expect(view.modelled).toBe(true);
    expect(view.impliedVol).toBeCloseTo(smileVol(603, chain.forward), 2);
    expect(chain.writer.crossedQuotes).toBe(1);
    expect(chain.writer.lockedQuotes).toBe(0);
  });

  it('counts a locked quote and does not use it', () => {
    const chain = chainWith(9_000, 9_000);
    expect(viewOf(chain, 'call', 603).modelled).toBe(true);
    expect(chain.writer.crossedQuotes).toBe(0);
    expect(chain.writer.lockedQuotes).toBe(1);
  });

  it('uses a quote one unit wide', () => {
    const chain = chainWith(9_000, 9_001);
    expect(viewOf(chain, 'call', 603).modelled).toBe(false);
  });

  it('does not use a quote one microsecond above the age limit', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const limit = addMicros(at.wall, MAX_QUOTE_AGE_MICROS);
    for (const contract of chain.listing.contracts) {
      if (contract.strike === price(6_030_000)) continue;
      const row = chain.rowOf(contract);
      const quote = chain.reader.quote(row);
      if (quote !== undefined) chain.writer.setQuote(row, quote, { ...at, wall: limit });
    }
    chain.writer.endBatch({ market: at.market, wall: limit });
    expect(viewOf(chain, 'call', 603).modelled).toBe(false);
    chain.writer.endBatch({ market: at.market, wall: addMicros(limit, 1) });
    expect(viewOf(chain, 'call', 603).modelled).toBe(true);
    expect(viewOf(chain, 'call', 602).modelled).toBe(false);
  });

  it('knows nothing of a strike that nobody quoted', () => {
    const chain = new BlackChain();
    for (const contract of chain.listing.contracts) {
      if (contract.strike === price(6_030_000)) continue;
      chain.quote(contract, 9_900, 10_100, at);
    }
    chain.writer.endBatch(at);
    expect(viewOf(chain, 'call', 603)).toMatchObject({
      quote: undefined,
      impliedVol: undefined,
      greeks: undefined,
      modelled: false,
    });
  });
});

describe('a chain without what it needs', () => {
  const at = atMinute(120);

  it('has no forward and no greeks without a two-sided market', () => {
    const chain = new BlackChain();
    for (const contract of chain.listing.contracts) chain.quote(contract, undefined, 100, at);
    chain.writer.endBatch(at);
    const slice = chain.reader.slice();
    expect(slice?.forward).toBeUndefined();
    expect(slice?.atmVol).toBeUndefined();
    expect(slice?.expectedMove).toBeUndefined();
    expect(slice?.calls.every((view) => view.greeks === undefined)).toBe(true);
    expect(slice?.calls.every((view) => view.quote?.ask === 100)).toBe(true);
  });

  it('needs no spot: the forward comes from the options', () => {
    const chain = new BlackChain();
    chain.quoteAll(at);
    chain.writer.endBatch(at);
    const slice = chain.reader.slice();
    expect(slice?.spot).toBeUndefined();
    expect(slice?.spotQuote).toBeUndefined();
    expect(slice?.forward).toBeCloseTo(600.37, 3);
  });

  it('finds the money again after a jump of the whole market', () => {
    const chain = new BlackChain();
    chain.batch(at);
    chain.forward = 583.4;
    chain.quoteAll(at);
    chain.writer.endBatch(at);
    chain.writer.endBatch(at);
    expect(chain.reader.slice()?.forward).toBeCloseTo(583.4, 2);
  });

  it('has no greeks from the last trade on', () => {
    const chain = new BlackChain();
    chain.batch(at);
    chain.writer.endBatch({ market: SESSION.lastTrade, wall: at.wall });
    const slice = chain.reader.slice();
    expect(slice?.yearsToExpiry).toBe(0);
    expect(slice?.atmVol).toBeUndefined();
    expect(slice?.puts.every((view) => view.greeks === undefined)).toBe(true);
  });

  it('does not read the feed’s own greeks', () => {
    const plain = new BlackChain();
    const biased = new BlackChain();
    for (const contract of biased.listing.contracts) {
      biased.writer.setFeedGreeks(biased.rowOf(contract), 0.9, 3, at);
    }
    plain.batch(at);
    biased.batch(at);
    const strip = (view: ContractView) => ({ ...plainView(view), feedDelta: undefined });
    expect(biased.reader.slice()?.calls.map(strip)).toEqual(plain.reader.slice()?.calls.map(strip));
    expect(biased.reader.slice()?.calls[0]?.feedDelta).toBe(0.9);
  });
});

describe('the model on a bare picture', () => {
  it('fills the header and all rows in place, and empties them again', () => {
    const image = new ChainImage(599, 601);
    const model = new ChainModel(image.cells, image.ladder);
    const modelled = () =>
      [FORWARD_CELL, ATM_VOL_CELL, EXPECTED_MOVE_CELL, rowCell(2) + DELTA_FIELD].map(
        (cell) => image.cells[cell] !== ABSENT,
      );
    model.revalue(AT);
    expect(modelled()).toEqual([false, false, false, false]);
    for (let row = 0; row < 6; row += 1) image.quote(row, 9_900, 10_100);
    image.quote(0, 19_900, 20_100);
    image.quote(5, 19_900, 20_100);
    model.revalue(AT);
    expect(modelled()).toEqual([true, true, true, true]);
    expect(image.cells[FORWARD_CELL]).toBe(600);
    expect(image.cells[EXPECTED_MOVE_CELL]).toBe(2);
    expect(image.cells[YEARS_CELL]).toBe(yearsToExpiry(AT.market, SESSION.lastTrade));
    for (let row = 0; row < 6; row += 1) image.quote(row, 10_000, 9_000);
    model.revalue(AT);
    expect(modelled()).toEqual([false, false, false, false]);
  });
});
