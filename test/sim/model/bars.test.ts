import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import type { FileBar, FileSession } from '../../../src/sim/model/bars-file.ts';
import { readBarsFile } from '../../../src/sim/model/bars-file.ts';
import { barsPath } from '../../../src/sim/model/bars-path.ts';
import { STEPS_PER_MINUTE } from '../../../src/sim/model/day-grid.ts';
import { barsSource } from '../../../src/sim/model/market-source.ts';
import type { SpotPath } from '../../../src/sim/model/spot-path.ts';
import { minuteBars } from '../../../src/sim/model/spot-path.ts';
import { ClimateOfDay } from '../../../src/sim/model/spot-state.ts';
import { sharedData } from '../../support/shared-data.ts';

const DATE = sessionDate('2026-11-20');
const folder = mkdtempSync(join(tmpdir(), 'deltaring-bars-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Buffer): string {
  files += 1;
  const path = join(folder, `bars-${files}.csv`);
  writeFileSync(path, content);
  return path;
}

function expectHonoured(path: SpotPath, bars: readonly FileBar[]): void {
  const { openStep, closeStep, times } = path.grid;
  const replayed = minuteBars(path, openStep, closeStep).map((bar) => ({
    minute: 570 + (bar.startsAt - times.open) / 60_000_000,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
  }));
  expect(replayed).toEqual(bars.map(({ volume: _volume, ...bar }) => bar));
}

const anyBar = fc
  .array(fc.integer({ min: 4_000_000, max: 4_030_000 }), { minLength: 4, maxLength: 4 })
  .map((prices) => {
    const [low = 0, open = 0, close = 0, high = 0] = prices.toSorted((a, b) => a - b);
    return { open, high, low, close };
  });

describe('a path over bars', () => {
  it('touches open, high, low and close of each bar exactly, off the cent too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyBar, fc.integer({ min: 0, max: 2_000 })), {
          minLength: 1,
          maxLength: 12,
        }),
        (list) => {
          const bars = list.map(([bar, volume], i) => ({ ...bar, volume, minute: 600 + 3 * i }));
          expectHonoured(barsPath(1, DATE, { date: DATE, bars }), bars);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps the volume of a bar that has at least a share for each of its four prices', () => {
    const bar = { minute: 600, open: 10_000, high: 10_300, low: 9_900, close: 10_100 };
    for (const volume of [4, 239, 240, 241, 1_000_003]) {
      const path = barsPath(1, DATE, { date: DATE, bars: [{ ...bar, volume }] });
      const [replayed] = minuteBars(path, path.grid.openStep, path.grid.closeStep);
      expect(replayed?.volume).toBe(volume);
    }
  });

  it('takes its level of volatility from the bars', () => {
    const wavy = (height: number): FileSession => ({
      date: DATE,
      bars: Array.from({ length: 390 }, (_, i) => {
        const close = 5_000_000 + (i % 2) * height;
        const open = 5_000_000 + ((i + 1) % 2) * height;
        const [low = 0, high = 0] = [open, close].toSorted((a, b) => a - b);
        return { minute: 570 + i, open, high, low, close, volume: 1_000 };
      }),
    });
    const levelOf = (height: number): number =>
      barsPath(1, DATE, wavy(height)).volFactors.reduce((a, b) => a + b, 0);
    expect(levelOf(3_000) / levelOf(1_500)).toBeCloseTo(2, 1);
  });

  it('has options learn of a wild minute once it is over', () => {
    const flat = { open: 5_000_000, high: 5_000_000, low: 5_000_000, close: 5_000_000, volume: 9 };
    const bars = Array.from({ length: 30 }, (_, i) => ({ minute: 570 + i, ...flat }));
    bars[20] = { ...bars[20]!, high: 5_020_000, close: 5_020_000 };
    const path = barsPath(1, DATE, { date: DATE, bars });
    const climate = new ClimateOfDay(path);
    const thought = (minute: number): number =>
      climate.dayDeviation(path.grid.openStep + minute * STEPS_PER_MINUTE);
    expect(thought(20.99)).toBeLessThanOrEqual(thought(20));
    expect(thought(22)).toBeGreaterThan(1.1 * thought(20.99));
  });
});

describe('a bars file', () => {
  const simple = 'time,open,high,low,close\n09:30,1,2,0.5,1.5\n09:31,1.5,1.6,1.4,1.55\n';

  it('is read plain and gzipped, with and without dates and volumes', () => {
    const plain = readBarsFile(file(simple));
    expect(plain).toEqual(readBarsFile(file(gzipSync(simple))));
    expect(plain[0]?.bars[0]).toEqual({
      minute: 570,
      open: 10_000,
      high: 20_000,
      low: 5_000,
      close: 15_000,
      volume: undefined,
    });
    const dated = 'session,time_et,open,high,low,close,volume\n2024-01-02,09:30,1,2,0.5,1.5,7\n';
    const [session] = readBarsFile(file(dated));
    expect(session?.date).toBe('2024-01-02');
    expect(session?.bars[0]?.volume).toBe(7);
    const iso = 'time,open,high,low,close\n2024-01-02T09:30:00,1,2,0.5,1.5\n';
    expect(readBarsFile(file(iso))[0]?.date).toBe('2024-01-02');
  });

  it.each([
    ['time,open,high,low\n', 'row 1: the heading has no column "close"'],
    [`${simple}9:32,1,2,0.5,1.5\n`, 'row 4: its time is not'],
    [`${simple}09:32,1,2,0.5,x\n`, 'row 4: its close "x" is not a price'],
    [`${simple}09:32,0,2,0.5,1\n`, 'row 4: its open "0" is not a price'],
    [`${simple}09:32,1,1.2,0.5,1.5\n`, 'row 4: its high and low do not enclose'],
    [`${simple}09:31,1,2,0.5,1.5\n`, 'row 4: its time does not come after'],
    ['time,open,high,low,close\n', 'it has no bar between'],
    [
      'session,time_et,open,high,low,close\n1/2/24,09:30,1,2,0.5,1\n',
      'row 2: its session "1/2/24"',
    ],
    ['time,open,high,low,close,volume\n09:30,1,2,0.5,1.5,-1\n', 'row 2: its volume "-1"'],
  ])('is refused with the row and the reason (%#)', (content, reason) => {
    const path = file(content);
    expect(() => readBarsFile(path)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) }),
    );
  });

  it('is refused when it is not there', () => {
    expect(() => readBarsFile(join(folder, 'none.csv'))).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('cannot be read'),
      }),
    );
  });
});

describe('sessions of a bars file', () => {
  const row = (date: string, price: number): string =>
    `${date},15:59,${price},${price},${price},${price}`;
  const heading = 'session,time_et,open,high,low,close';
  const path = file(
    [heading, row('2026-11-18', 18), row('2026-11-20', 20), row('2026-11-23', 23)].join('\n'),
  );
  const source = barsSource(1, path);
  const priceOf = (date: string): number =>
    (source.pathOf(sessionDate(date)).prices.at(-1) ?? 0) / 10_000;

  it('are taken by date, or else the next stored one', () => {
    expect(priceOf('2026-11-20')).toBe(20);
    expect(priceOf('2026-11-19')).toBe(20);
    expect(priceOf('2026-11-17')).toBe(18);
  });

  it('follow in order, again and again, on the dates after the file', () => {
    const after = ['2026-11-24', '2026-11-25', '2026-11-27', '2026-11-30'];
    expect(after.map(priceOf)).toEqual([18, 20, 23, 18]);
  });
});

const realBars = sharedData('internal/spy_1min_rth.csv.gz');

describe.skipIf(realBars === undefined)(
  'real sessions (skipped where ../shared/data/internal/spy_1min_rth.csv.gz is absent)',
  () => {
    it('are honoured bar by bar, half days and incomplete ones too', () => {
      const sessions = readBarsFile(realBars ?? '');
      expect(sessions).toHaveLength(191);
      const special = ['2024-07-03', '2024-07-19', '2025-11-28'];
      const chosen = sessions.filter(
        (session, i) => i % 24 === 0 || special.includes(session.date ?? ''),
      );
      expect(chosen.length).toBeGreaterThanOrEqual(10);
      for (const session of chosen) {
        expectHonoured(barsPath(1, session.date ?? DATE, session), session.bars);
      }
    });
  },
);
