import { afterEach, describe, expect, it } from 'vitest';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { newYorkInstant, sessionKind } from '../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { readBarsFile } from '../../src/sim/model/bars-file.ts';
import type { SimOptions } from '../../src/sim/sim-options.ts';
import { simulatedTimeFor } from '../../src/sim/sim-session-times.ts';
import { startSimulator } from '../../src/sim/simulator.ts';
import { sharedData } from '../support/shared-data.ts';
import type { Frame, TestSim } from './sim-under-test.ts';
import { authorized, DATE, isData, OPEN_MILLIS, openFeed, startTestSim } from './sim-under-test.ts';

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

async function start(options: Partial<SimOptions> & { start?: string } = {}): Promise<TestSim> {
  const sim = await startTestSim(options);
  running.push(sim);
  return sim;
}

const dataOf = (frame: Frame) => frame['data'] as [string, (string | number)[]];
const TYPES = ['Quote', 'Trade', 'Greeks', 'Summary'];

/** The last value of each event of a few symbols, as the simulator sends them to a newcomer. */
async function snapshot(sim: TestSim): Promise<unknown[]> {
  const client = await authorized(sim);
  const symbols = ['SPY', '.SPY261120C558', '.SPY261120P562', '.SPY261120C500'];
  const add = symbols.flatMap((symbol) => TYPES.map((type) => ({ type, symbol })));
  await openFeed(client, { add });
  return Promise.all(TYPES.map(async (type) => dataOf(await client.until(isData(type)))));
}

describe('a simulator', () => {
  it('shows the same market at the same market time, however it got there', async () => {
    const early = await start({ start: '11:15' });
    early.pass(7.25);
    for (let i = 0; i < 211; i += 1) early.pass(0.25);
    const late = await start({ start: '11:16' });
    expect(await snapshot(late)).toEqual(await snapshot(early));
  });

  it('shows another market for another seed', async () => {
    const [one, two] = [await start({ seed: 1 }), await start({ seed: 2 })];
    expect(await snapshot(one)).not.toEqual(await snapshot(two));
  });

  it('refuses a port that is taken with a clear error', async () => {
    const sim = await start();
    const port = Number(new URL(sim.baseUrl).port);
    await expect(start({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });

  it('at sixty times the speed sends a symbol no more than about ten times a second', async () => {
    const wallStart = wallMicros();
    const time = simulatedTimeFor({ firstSession: DATE, start: '10:30', speed: 60, wallStart });
    const sim = await startSimulator({ seed: 1, time });
    running.push(sim);
    const client = await authorized({ ...sim, wall: wallMicros, pass: () => undefined });
    await openFeed(client, { period: 0, add: [{ type: 'Quote', symbol: 'SPY' }] });
    await client.until(isData('Quote'));
    const [from, began] = [client.frames.length, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 600));
    const seconds = (performance.now() - began) / 1_000;
    const sent = client.frames.slice(from).filter(isData('Quote')).length;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(11 * seconds + 2);
  });

  it('opens on a half day and closes its options at 13:15', async () => {
    const time = simulatedTimeFor({
      firstSession: sessionDate('2026-11-27'),
      start: '16:20',
      speed: 1,
      wallStart: (await start()).wall(),
    });
    const sim = await start({ time });
    const client = await authorized(sim);
    const add = ['.SPY261127C500', 'SPY'].map((symbol) => ({ type: 'Quote', symbol }));
    await openFeed(client, { fields: { Quote: ['eventSymbol', 'bidPrice', 'askPrice'] }, add });
    const [symbol, bid, ask] = dataOf(await client.until(isData('Quote')))[1];
    expect(symbol).toBe('.SPY261127C500');
    expect(Number(ask) - Number(bid)).toBeGreaterThan(0);
    const later = client.frames.length;
    for (let i = 0; i < 40; i += 1) sim.pass(1);
    const quotedLater = dataOf(await client.until(isData('Quote'), later))[1];
    expect(quotedLater.filter((value) => typeof value === 'string')).toEqual(['SPY']);
  });
});

const realBars = sharedData('internal/spy_1min_rth.csv.gz');

describe.skipIf(realBars === undefined)(
  'a simulator on real bars (skipped where ../shared/data/internal/spy_1min_rth.csv.gz is absent)',
  () => {
    it.each(['2022-01-03', '2024-07-03', '2025-09-17'])(
      'sends the bars of %s as candles, price for price',
      async (date) => {
        const stored = readBarsFile(realBars ?? '').find((session) => session.date === date);
        const time = simulatedTimeFor({
          firstSession: sessionDate(date),
          start: sessionKind(sessionDate(date)) === 'half' ? '16:00' : '13:00',
          speed: 1,
          wallStart: (await start()).wall(),
        });
        const sim = await start({ time, bars: realBars ?? '' });
        const client = await authorized(sim);
        const open = newYorkInstant(sessionDate(date), 570) / 1_000;
        const fields = { Candle: ['time', 'open', 'high', 'low', 'close', 'eventFlags'] };
        const add = [{ type: 'Candle', symbol: 'SPY{=m,tho=true}', fromTime: open }];
        await openFeed(client, { fields, add });
        await client.until((frame) => isData('Candle')(frame) && dataOf(frame)[1].includes(10));
        const flat = client.frames.filter(isData('Candle')).flatMap((frame) => dataOf(frame)[1]);
        const sent = Array.from({ length: flat.length / 6 }, (_, i) => flat.slice(6 * i, 6 * i + 5))
          .filter((row) => row[1] !== 'NaN' && Number(row[0]) < open + 210 * 60_000)
          .toReversed();
        const expected = (stored?.bars ?? [])
          .filter((bar) => bar.minute < 780)
          .map((bar) => [
            open + (bar.minute - 570) * 60_000,
            ...[bar.open, bar.high, bar.low, bar.close].map((price) => price / 10_000),
          ]);
        expect(expected.length).toBeGreaterThan(200);
        expect(sent).toEqual(expected);
      },
    );
  },
);

it('knows where the open of its test session lies', () => {
  expect(OPEN_MILLIS).toBe(1_795_185_000_000);
});
