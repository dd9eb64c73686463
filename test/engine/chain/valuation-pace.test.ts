import { describe, expect, it } from 'vitest';
import { UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { VALUATION_EVERY_MICROS, ValuationPace } from '../../../src/engine/chain/valuation-pace.ts';
import { addMicros, price } from '../../../src/engine/domain/units.ts';
import { allocatedBytes } from '../../support/allocated-bytes.ts';
import { plainView } from '../../support/plain-slice.ts';
import { atMinute, BlackChain, option } from './black-chain.ts';

describe('the pace of valuations', () => {
  it('lets every batch through that comes no faster than it', () => {
    const pace = new ValuationPace();
    for (let n = 0; n < 1_000; n += 1) expect(pace.take(n * VALUATION_EVERY_MICROS)).toBe(true);
  });

  it('holds a storm to its burst and then to its rate', () => {
    const pace = new ValuationPace();
    let taken = 0;
    for (let micros = 0; micros < 1_000_000; micros += 100) taken += pace.take(micros) ? 1 : 0;
    expect(taken).toBeGreaterThanOrEqual(1_000_000 / VALUATION_EVERY_MICROS);
    expect(taken).toBeLessThan(1_000_000 / VALUATION_EVERY_MICROS + 10);
  });

  it('has its burst back after a silence, and no more than that', () => {
    const pace = new ValuationPace();
    const burst = (wall: number): number => {
      let taken = 0;
      while (pace.take(wall)) taken += 1;
      return taken;
    };
    const first = burst(0);
    expect(first).toBeGreaterThan(1);
    expect(burst(1)).toBe(0);
    expect(burst(3_600_000_000)).toBe(first);
  });

  it('tells beforehand what it is going to answer, and takes nothing for that', () => {
    const pace = new ValuationPace();
    for (let micros = 0; micros < 100_000; micros += 700) {
      const isDue = pace.isDue(micros);
      expect(pace.isDue(micros)).toBe(isDue);
      expect(pace.take(micros)).toBe(isDue);
    }
  });

  it('stands a clock that steps back', () => {
    const pace = new ValuationPace();
    while (pace.take(1_000_000_000));
    expect(pace.take(0)).toBe(false);
    expect(pace.take(VALUATION_EVERY_MICROS)).toBe(true);
  });
});

describe('a storm of batches', () => {
  const at = atMinute(120);
  const call = option('call', 603);

  function stormed(): BlackChain {
    const chain = new BlackChain();
    chain.batch(at);
    for (let n = 0; n < 100; n += 1) chain.writer.endBatch(at);
    return chain;
  }

  it('shows each quote at once, and its volatility when the pace allows', () => {
    const chain = stormed();
    const before = chain.reader.view(chain.rowOf(call));
    chain.quote(call, 9_900, 10_100, at);
    chain.writer.endBatch(at);
    const during = chain.reader.view(chain.rowOf(call));
    expect(during?.quote).toMatchObject({ bid: 9_900, ask: 10_100 });
    expect(during?.impliedVol).toBe(before?.impliedVol);
    const later = { ...at, wall: addMicros(at.wall, VALUATION_EVERY_MICROS) };
    chain.writer.endBatch(later);
    expect(chain.reader.view(chain.rowOf(call))?.impliedVol).toBeGreaterThan(
      before?.impliedVol ?? 9,
    );
  });

  it('is made up for by the clock when it ends in silence, once, and no age is made younger', () => {
    const chain = stormed();
    chain.quote(call, 9_900, 10_100, at);
    chain.writer.endBatch(at);
    const calm = new BlackChain();
    calm.batch(at);
    calm.quote(call, 9_900, 10_100, at);
    const tick = { market: at.market, wall: addMicros(at.wall, 50_000) };
    calm.writer.endBatch(at);
    chain.writer.settle(tick);
    const view = chain.reader.view(chain.rowOf(call));
    expect(plainView(view)).toEqual(plainView(calm.reader.view(calm.rowOf(call))));
    expect(chain.reader.slice()?.asOf).toEqual(at);
    const epoch = chain.reader.epoch();
    chain.writer.settle(tick);
    expect(chain.reader.epoch()).toBe(epoch);
  });

  it('costs no allocation for a quote', () => {
    const chain = stormed();
    const quote = { bid: price(9_900), ask: price(10_100), bidSize: 1, askSize: 1 };
    const rows = chain.writer.contractCount;
    const work = (): void => {
      for (let row = UNDERLYING; row < rows; row += 1) chain.writer.setQuote(row, quote, at);
      chain.writer.endBatch(at);
    };
    for (let n = 0; n < 1_000; n += 1) work();
    const thousandTimes = (): void => {
      for (let n = 0; n < 1_000; n += 1) work();
    };
    // One object of the smallest size a quote would be some 2 MB.
    expect(allocatedBytes(thousandTimes)).toBeLessThan(100_000);
  });
});
