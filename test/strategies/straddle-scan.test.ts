import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanParams } from '../../src/strategies/straddle-scan.ts';
import { SCAN_DEFAULTS, scanStraddles, straddleRow } from '../../src/strategies/straddle-scan.ts';
import { buildBars, buildView, isRow, withQuote } from '../support/chain-builder.ts';
import { accepted, refused } from './strategy-day.ts';

const view = buildView({ spot: 600.2 });

function refusedWith(changes: Partial<ScanParams>, on = view) {
  return refused(scanStraddles(on, { ...SCAN_DEFAULTS, ...changes }));
}

/** A calm or a wild first hour. */
function hour(perMinute: number) {
  return buildBars(Array.from({ length: 60 }, (_, i) => 600 * (1 + (i % 2) * perMinute)));
}

describe('straddle_scan', () => {
  it('ranks by cost against the expected payoff, cheapest first', () => {
    const { rows } = accepted(scanStraddles(view, SCAN_DEFAULTS));
    expect(rows.length).toBeGreaterThan(2);
    const ratios = rows.map((row) => row.ratio);
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
    for (const row of rows) expect(row.ratio).toBeCloseTo(row.cost / row.expectedPayoff, 3);
  });

  it('prices at the ask and shows what the bid-ask spread costs', () => {
    const { rows } = accepted(scanStraddles(view, SCAN_DEFAULTS));
    for (const row of rows) {
      expect(row.cost).toBeGreaterThan(row.mid);
      expect(row.spreadCost).toBeCloseTo(row.cost - row.mid, 4);
      expect(row.breakevenHigh - row.strike).toBeCloseTo(row.cost, 4);
      expect(row.breakevenMove).toBeCloseTo(row.cost - Math.abs(600.2 - row.strike), 4);
    }
  });

  it('costs about its expected payoff when only the chain speaks', () => {
    const { rows, forecast, note } = accepted(scanStraddles(view, SCAN_DEFAULTS));
    expect(rows[0]?.ratio).toBeGreaterThan(0.97);
    expect(rows[0]?.ratio).toBeLessThan(1.06);
    expect(forecast.realisedMove).toBeUndefined();
    expect(note).toContain("the chain's volatility alone");
  });

  it('calls the same chain dear after a calm hour and cheap after a wild one', () => {
    const best = (perMinute: number) =>
      accepted(scanStraddles({ ...view, bars: hour(perMinute) }, SCAN_DEFAULTS));
    const calm = best(0.0001);
    const wild = best(0.001);
    expect(calm.rows[0]?.ratio).toBeGreaterThan(1);
    expect(calm.note).toContain('none costs less');
    expect(wild.rows[0]?.ratio).toBeLessThan(1);
    expect(wild.note).toContain('the cheapest costs');
  });

  it("measures a breakeven in the chain's own expected moves, whatever the day so far", () => {
    const { expectedMove = 0 } = view.slice;
    for (const bars of [hour(0.0001), hour(0.001)]) {
      const { rows } = accepted(scanStraddles({ ...view, bars }, SCAN_DEFAULTS));
      for (const { breakevenMove, breakevenInExpectedMoves } of rows) {
        expect(breakevenInExpectedMoves).toBeCloseTo(breakevenMove / expectedMove, 1);
      }
    }
    const unknown = { ...view, slice: { ...view.slice, expectedMove: undefined } };
    const [row] = accepted(scanStraddles(unknown, SCAN_DEFAULTS)).rows;
    expect(row).not.toHaveProperty('breakevenInExpectedMoves');
  });

  it('does not rank by annualised volatility', () => {
    const cheapVol = buildView({
      spot: 600.2,
      edit: (row) => (isRow(row, 'call', 601) ? { ...row, impliedVol: 0.01 } : row),
    });
    const order = (on: typeof view) =>
      accepted(scanStraddles(on, SCAN_DEFAULTS)).rows.map((row) => row.strike);
    expect(order(cheapVol)).toEqual(order(view));
  });

  it('keeps to strikes near the money and counts the rest', () => {
    const { rows, excluded, strikes } = accepted(scanStraddles(view, SCAN_DEFAULTS));
    expect(rows.every((row) => Math.abs(row.strike - 600.2) < 3)).toBe(true);
    const left = Object.values(excluded).reduce((sum, count) => sum + count, 0);
    expect(left + rows.length).toBe(strikes);
  });

  it('takes max_iv and min_volume exactly and refuses just beyond', () => {
    const flat = buildView({ spot: 600.2, skewPerDollar: 0, atmVol: 0.5, volume: 100 });
    accepted(scanStraddles(flat, { maxIv: 0.5, minVolume: 100, limit: 10 }));
    const byVol = refusedWith({ maxIv: 0.4999 }, flat);
    expect(byVol.code).toBe('no_candidate');
    expect(byVol.numbers).toMatchObject({ maxIv: 0.4999, nearestIv: 0.5 });
    const byVolume = refusedWith({ minVolume: 101 }, flat);
    expect(byVolume.numbers).toMatchObject({ minVolume: 101, nearestVolume: 100 });
  });

  it('does not pass what is not known', () => {
    const blind = buildView({ edit: (row) => ({ ...row, impliedVol: undefined }) });
    expect(refusedWith({ minVolume: 0 }, blind).code).toBe('no_candidate');
  });

  it('takes what has not traded today for no volume, which a least one of 0 asks no more than', () => {
    const untraded = buildView({ edit: (row) => ({ ...row, volume: undefined }) });
    const refusal = refusedWith({ minVolume: 1 }, untraded);
    expect([refusal.code, refusal.numbers?.['nearestVolume']]).toEqual(['no_candidate', 'none']);
    const { rows, excluded } = accepted(
      scanStraddles(untraded, { ...SCAN_DEFAULTS, minVolume: 0 }),
    );
    expect(excluded.volume).toBe(0);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).not.toHaveProperty('volume');
  });

  it('passes over a strike with a leg that cannot be bought', () => {
    const holed = buildView({
      spot: 600.2,
      edit: (row) => (isRow(row, 'put', 600) ? withQuote(row, 1, undefined) : row),
    });
    const { rows, excluded } = accepted(scanStraddles(holed, SCAN_DEFAULTS));
    expect(rows.map((row) => row.strike)).not.toContain(600);
    expect(excluded.noMarket).toBe(1);
  });

  it('returns as many rows as asked for', () => {
    expect(accepted(scanStraddles(view, { ...SCAN_DEFAULTS, limit: 1 })).rows).toHaveLength(1);
  });

  it('refuses after the close and while nothing is known', () => {
    expect(refusedWith({}, buildView({ minutes: 960 })).code).toBe('entry_window');
    const noSpot = { ...view, slice: { ...view.slice, spot: undefined } };
    expect(refusedWith({}, noSpot).numbers).toMatchObject({ spotKnown: false });
    const noVol = { ...view, slice: { ...view.slice, atmVol: undefined } };
    expect(refusedWith({}, noVol)).toMatchObject({
      code: 'data_stale',
      numbers: { atmVolKnown: false },
    });
  });

  it('refuses arguments by name', () => {
    for (const changes of [
      { maxIv: 0 },
      { maxIv: 80 },
      { minVolume: -1 },
      { limit: 0 },
      { limit: 2.5 },
      { limit: 101 },
    ]) {
      expect(refusedWith(changes).code).toBe('argument_invalid');
    }
  });

  it('gives the figures of one strike far from the money too, and none without a market', () => {
    const rowsAt = (strike: number) => [
      view.slice.calls.find((row) => isRow(row, 'call', strike)),
      view.slice.puts.find((row) => isRow(row, 'put', strike)),
    ];
    const [call, put] = rowsAt(620);
    if (call === undefined || put === undefined) throw new Error('no row');
    const far = straddleRow(view, call, put);
    expect(far?.ratio).toBeCloseTo(1, 1);
    expect(far?.breakevenMove).toBeLessThan(1);
    expect(straddleRow(view, withQuote(call, undefined, undefined), put)).toBeUndefined();
  });

  it('always yields finite figures', () => {
    const scene = fc.record({
      atmVol: fc.double({ min: 0.05, max: 0.79, noNaN: true }),
      minutes: fc.integer({ min: 570, max: 959 }),
      spot: fc.integer({ min: 59_900, max: 60_100 }),
    });
    fc.assert(
      fc.property(scene, ({ atmVol, minutes, spot }) => {
        const on = buildView({ atmVol, minutes, spot: spot / 100 });
        const scan = scanStraddles(on, SCAN_DEFAULTS);
        if ('denied' in scan) return;
        for (const row of scan.rows) {
          expect(Object.values(row).every(Number.isFinite)).toBe(true);
          expect(row.ratio).toBeGreaterThan(0);
        }
      }),
      { numRuns: 50 },
    );
  });
});
