import { afterEach, describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, price, sessionDate } from '../../../src/engine/domain/units.ts';
import { parseCandleSymbol } from '../../../src/sim/live/candle-spec.ts';
import type { MarketTape, TapeBar } from '../../../src/sim/replay/market-tape.ts';
import { TAPE_KINDS, TapeWriter } from '../../../src/sim/replay/market-tape.ts';
import { ReplayedMarket } from '../../../src/sim/replay/replayed-market.ts';
import { authorized, isData, openFeed, passTalking, startTestSim } from '../sim-under-test.ts';

const RECORDED = sessionDate('2026-11-18');
const PLAYED = sessionDate('2026-11-20');
const NEXT = sessionDate('2026-11-23');
const MINUTE = 60_000_000;
const CALL = '.SPY261120C650';

function option(strike: number, right: 'call' | 'put') {
  const dollars = price(strike * 10_000);
  return { kind: 'option', root: 'SPY', expiry: RECORDED, right, strike: dollars } as const;
}

function barAt(minutes: number, startsAt: number, close: number): TapeBar {
  const prices = { open: 6_500_000, high: 6_510_000, low: 6_490_000, close, volume: 100 };
  return { at: minutes * MINUTE, startsAt: startsAt * MINUTE, ...prices };
}

/** Row 0 the 651 put, row 1 the 650 call; from 10:30 on. */
function tape(): MarketTape {
  const writer = new TapeWriter(10);
  const { quote, last, greeks, openInterest } = TAPE_KINDS;
  const add = (minutes: number, kind: 1 | 2 | 3 | 4, row: number, ...values: number[]) =>
    writer.add({ kind, row, at: minutes * MINUTE, values });
  add(630, quote, -1, 6_500_000, 6_500_100, 5, 6);
  add(630, quote, 1, 12_300, 12_500, 10, 20);
  add(630.5, openInterest, 1, 321);
  add(631, quote, 1, 12_400, 12_600, 11, 21);
  add(632, last, 1, 12_500, 77);
  add(633, greeks, 1, 0.5, 0.18);
  const bars = [
    barAt(630, 629, 6_501_000),
    barAt(630.5, 630, 6_502_000),
    barAt(631, 630, 6_503_000),
  ];
  const contracts = [option(651, 'put'), option(650, 'call')];
  return { underlying: 'SPY', date: RECORDED, contracts, bars, events: writer.events() };
}

function marketAt(minutes: number, date = PLAYED): ReplayedMarket {
  const market = new ReplayedMarket(tape());
  market.advance(newYorkInstant(date, minutes));
  return market;
}

const candles = parseCandleSymbol('SPY{=m}');

describe('a replayed market', () => {
  it('lists the recorded contracts for the day on which it is played', () => {
    const market = marketAt(565);
    expect(market.date).toBe(PLAYED);
    expect(market.contracts().map(({ expiry, strike }) => [expiry, strike])).toEqual([
      [PLAYED, 6_500_000],
      [PLAYED, 6_510_000],
    ]);
    expect(market.find('Quote', CALL)?.version).toBe(0);
  });

  it('shows at each time of day what had been told by then, and no more', () => {
    const market = marketAt(630);
    expect(market.find('Quote', CALL)?.read()).toMatchObject({
      eventSymbol: CALL,
      bidPrice: 1.23,
      askPrice: 1.25,
      bidSize: 10,
      askSize: 20,
    });
    expect(market.find('Summary', CALL)?.version).toBe(0);
    market.advance(newYorkInstant(PLAYED, 633));
    expect(market.find('Quote', CALL)?.read()).toMatchObject({ bidPrice: 1.24, bidSize: 11 });
    expect(market.find('Summary', CALL)?.read()).toMatchObject({ openInterest: 321 });
    expect(market.find('Trade', CALL)?.read()).toMatchObject({
      price: 1.25,
      dayVolume: 77,
      time: newYorkInstant(PLAYED, 632) / 1_000,
    });
    expect(market.find('Greeks', CALL)?.read()).toMatchObject({ delta: 0.5, volatility: 0.18 });
    expect(market.find('Quote', 'SPY')?.read()).toMatchObject({ bidPrice: 650, askPrice: 650.01 });
  });

  it('has no event of what a recording does not hold', () => {
    const market = marketAt(640);
    expect(market.find('TimeAndSale', CALL)).toBeUndefined();
    expect(market.find('Quote', '.SPY261120C700')).toBeUndefined();
    expect(market.volatility()).toBeUndefined();
  });

  it('moves only while the tape does, and stands still after its end', () => {
    const market = marketAt(630);
    const { moves } = market;
    market.advance(addMicros(newYorkInstant(PLAYED, 630), 1_000));
    expect(market.moves).toBe(moves);
    market.advance(newYorkInstant(PLAYED, 631));
    expect(market.moves).toBe(moves + 1);
    market.advance(newYorkInstant(PLAYED, 900));
    const last = market.moves;
    market.advance(newYorkInstant(PLAYED, 955));
    expect(market.moves).toBe(last);
    expect(market.find('Quote', CALL)?.read()).toMatchObject({ bidPrice: 1.24 });
  });

  it('plays again on the next session, from its beginning', () => {
    const market = marketAt(640);
    const { epoch } = market;
    market.advance(newYorkInstant(NEXT, 565));
    expect(market.epoch).toBe(epoch + 1);
    expect(market.find('Quote', CALL)).toBeUndefined();
    expect(market.find('Quote', '.SPY261123C650')?.version).toBe(0);
    market.advance(newYorkInstant(NEXT, 630));
    expect(market.find('Quote', '.SPY261123C650')?.read()).toMatchObject({ bidPrice: 1.23 });
  });

  it('tells of the underlying in the next session too, once the tape begins there', () => {
    const market = marketAt(640);
    const quote = market.find('Quote', 'SPY');
    const before = quote?.version ?? 0;
    market.advance(newYorkInstant(NEXT, 629));
    expect(quote?.version).toBe(0);
    market.advance(newYorkInstant(NEXT, 630));
    expect(quote?.version).toBeGreaterThan(before);
    expect(quote?.read()).toMatchObject({ bidPrice: 650 });
  });

  it('stands still where the market is closed', () => {
    const market = marketAt(640);
    market.advance(newYorkInstant(sessionDate('2026-11-21'), 640));
    expect(market.date).toBe(PLAYED);
  });

  it('gives the bars as they stood, and longer ones made of them', () => {
    const market = marketAt(630.5);
    if (candles === undefined) throw new Error('SPY{=m} is a candle symbol');
    const open = newYorkInstant(PLAYED, 570);
    expect(market.barsSince(candles, open).map(({ close, count }) => [close, count])).toEqual([
      [6_501_000, 1],
      [6_502_000, 1],
    ]);
    market.advance(newYorkInstant(PLAYED, 631));
    expect(market.barsSince(candles, open).at(-1)).toMatchObject({ close: 6_503_000, count: 2 });
    const five = market.barsSince({ ...candles, periodSeconds: 300 }, open);
    expect(five.map(({ startsAt, volume }) => [startsAt, volume])).toEqual([
      [newYorkInstant(PLAYED, 625), 100],
      [newYorkInstant(PLAYED, 630), 100],
    ]);
    expect(market.barsSince({ ...candles, base: 'QQQ' }, open)).toEqual([]);
    expect(market.barsSince({ ...candles, periodSeconds: 5 }, open)).toEqual([]);
  });
});

describe('a simulator that plays a recorded market', () => {
  const running: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()));
  });

  it('sends it over the wire like any other', async () => {
    const sim = await startTestSim({ tape: tape(), start: '10:30' });
    running.push(sim);
    const client = await authorized(sim);
    await openFeed(client, { add: [{ type: 'Quote', symbol: CALL }] });
    const first = await client.until(isData('Quote'));
    expect(JSON.stringify(first)).toContain('1.23');
    const from = client.frames.length;
    sim.pass(60);
    const second = await client.until(isData('Quote'), from);
    expect(JSON.stringify(second)).toContain('1.24');
  });

  it('sends the underlying in the next session to those who asked for it in the last', async () => {
    const sim = await startTestSim({ tape: tape(), start: '17:34' });
    running.push(sim);
    const client = await authorized(sim);
    await openFeed(client, { add: [{ type: 'Quote', symbol: 'SPY' }] });
    const from = client.frames.indexOf(await client.until(isData('Quote'))) + 1;
    await passTalking(sim, client, 60 + 64 * 60);
    expect(client.frames.slice(from).some(isData('Quote'))).toBe(false);
    await passTalking(sim, client, 60);
    expect(JSON.stringify(await client.until(isData('Quote'), from))).toContain('650');
  });
});
