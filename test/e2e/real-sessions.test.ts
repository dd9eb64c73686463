import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { MarketStatusView } from '../../src/desk/engine-api-health.ts';
import { createHome, EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { sharedData } from '../support/shared-data.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const BARS = sharedData('internal/spy_1min_rth.csv.gz');
const EVENTS = sharedData('internal/spy_orb_reference_events.csv');

interface Bar {
  readonly time: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** A session with an opening range break that can still be traded in the minute after it. */
interface RealSession {
  readonly date: string;
  readonly direction: 'up' | 'down';
  readonly minutes: number;
  readonly high: number;
  readonly low: number;
  readonly breakBar: string;
  readonly breakClose: number;
  /** The minute after the break. */
  readonly next: string;
}

type Row = Readonly<Record<string, string>>;

function rowsOf(text: string): Row[] {
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
  });
}

function barsBySession(path: string): Map<string, Bar[]> {
  const sessions = new Map<string, Bar[]>();
  for (const row of rowsOf(gunzipSync(readFileSync(path)).toString('utf8'))) {
    const [open = 0, high = 0, low = 0, close = 0] = ['open', 'high', 'low', 'close'].map((name) =>
      Number(row[name]),
    );
    const { session = '', time_et: time = '' } = row;
    const bars = sessions.get(session) ?? [];
    bars.push({ time, open, high, low, close });
    sessions.set(session, bars);
  }
  return sessions;
}

function realSession(row: Row, bars: readonly Bar[]): RealSession | undefined {
  const at = bars.findIndex(({ time }) => time === row['break_bar_start']);
  const [bar, next] = bars.slice(at, at + 2);
  const minutes = Number(row['or_minutes']);
  const direction = row['direction'] === 'up' ? 'up' : 'down';
  if (at < minutes || bar === undefined || next === undefined || bars.length < 390)
    return undefined;
  const [high, low] = [Number(row['or_high']), Number(row['or_low'])];
  const room = (price: number) => (direction === 'up' ? price - high : low - price);
  const inside = [bar.close, next.open, next.high, next.low, next.close].every(
    (price) => room(price) > 0.05 && room(price) < high - low - 0.05,
  );
  const isEarly = bar.time < '11:30' && row['direction'] !== 'none';
  if (!inside || !isEarly) return undefined;
  const { session: date = '' } = row;
  return {
    date,
    direction,
    minutes,
    high,
    low,
    breakBar: bar.time,
    breakClose: bar.close,
    next: next.time,
  };
}

/** One session up and one down, of different range lengths, as the reference table has them. */
function chosenSessions(sessions: ReadonlyMap<string, readonly Bar[]>, events: string) {
  const fit = rowsOf(readFileSync(events, 'utf8')).flatMap((row) => {
    const session = realSession(row, sessions.get(row['session'] ?? '') ?? []);
    return session === undefined ? [] : [session];
  });
  return [
    fit.find(({ direction, minutes }) => direction === 'up' && minutes === 15),
    fit.find(({ direction, minutes }) => direction === 'down' && minutes === 30),
  ].filter((session) => session !== undefined);
}

function barsFile(home: string, bars: readonly Bar[]): string {
  const path = join(home, 'bars.csv');
  const lines = bars.map((bar) => [bar.time, bar.open, bar.high, bar.low, bar.close].join(','));
  writeFileSync(path, ['time,open,high,low,close', ...lines].join('\n'));
  return path;
}

const clock = (time: string) => expect.stringContaining(time);
const isHere = BARS !== undefined && EVENTS !== undefined;
const sessions = BARS === undefined ? new Map<string, Bar[]>() : barsBySession(BARS);
const chosen = EVENTS === undefined ? [] : chosenSessions(sessions, EVENTS);
const engines: EngineProcess[] = [];

afterAll(() => Promise.all(engines.map((engine) => engine.remove())));

describe.skipIf(!isHere)('a real SPY session (skipped where its market data is absent)', () => {
  it('is there twice, with a break up and a break down', () => {
    expect(chosen.map(({ direction }) => direction)).toEqual(['up', 'down']);
  });

  it.each(chosen)(
    'of $date: the $minutes-minute break $direction is previewed as its bars have it, and traded',
    async (session) => {
      const { direction, minutes, high, low, next } = session;
      const home = createHome();
      const SIM_BARS = barsFile(home, sessions.get(session.date) ?? []);
      const settings = { SIM_BARS, SIM_START: next, SIM_SPEED: '3' };
      const engine = await EngineProcess.start({ home, settings });
      engines.push(engine);
      const trader = await Trader.overHttp(engine.url);
      const side = direction === 'up' ? 'call' : 'put';
      const other = direction === 'up' ? 'put' : 'call';
      const spot = await eventually('the chain has a spot', async () => {
        const status = await trader.call<MarketStatusView>('market_status');
        return status.spot ?? undefined;
      });
      expect(spot).toBeGreaterThan(0);

      const opened = await trader.open(`orb_long_${side}`, { range_minutes: minutes });
      expect(opened.card.figures).toMatchObject({
        rangeMinutes: minutes,
        rangeHigh: high,
        rangeLow: low,
        breakDirection: direction,
        breakAt: clock(next),
        breakClose: session.breakClose,
      });
      expect(opened.card.legs).toMatchObject([{ right: side, action: 'Buy to Open' }]);
      const refused = await trader.refusal(`orb_long_${other}`, { range_minutes: minutes });
      expect(refused).toMatchObject({ code: 'no_breakout', breakDirection: direction });

      const { positions } = await trader.pnl();
      expect(positions.map(({ strategy }) => strategy)).toEqual([`orb_long_${side}`]);
      const { positionId } = opened.order;
      const close = await trader.preview('close_position', { order_or_position_id: positionId });
      const { orderId } = await trader.confirm(close.confirmToken, 'close_position');
      expect((await trader.settled(orderId ?? '')).status).toBe('filled');
      expect((await trader.pnl()).positions).toEqual([]);
      const condor = await trader.preview('iron_condor_30_delta', { select: 'balanced' });
      expect(condor.netCents).toBeGreaterThan(0);
      await trader.leave();
      expect(await engine.stop()).toBe(0);
      expect((await engine.console('audit', 'verify')).code).toBe(0);
    },
  );
});
