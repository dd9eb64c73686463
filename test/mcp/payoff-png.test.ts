import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import type { PayoffView } from '../../src/desk/engine-api-payoff.ts';
import { payoffPng } from '../../src/mcp/payoff-png.ts';

const CREDIT_SPREAD: PayoffView = {
  spot: 600,
  prices: [590, 595, 600, 610],
  closeCents: [-40_000, -40_000, 10_000, 10_000],
  nowCents: [-30_000, null, 0, 5_000],
};

function pictureOf(payoff: PayoffView) {
  const { width, height, channels, data } = decode(payoffPng(payoff));
  const at = (x: number, y: number) => {
    const start = (y * width + x) * channels;
    return [...data.subarray(start, start + channels)];
  };
  /** Every colour in a column, from the top. */
  const column = (x: number) => Array.from({ length: height }, (_, y) => at(x, y).join());
  return { width, height, column };
}

const [GAIN, LOSS, PAPER] = ['34,139,84', '196,52,52', '255,255,255'];

describe('a payoff as a picture', () => {
  it('is small, red where it loses and green where it gains', () => {
    const { width, height, column } = pictureOf(CREDIT_SPREAD);
    expect([width, height]).toEqual([480, 240]);
    const [left, right] = [column(40), column(440)];
    expect(left).toContain(LOSS);
    expect(left).not.toContain(GAIN);
    expect(right).toContain(GAIN);
    expect(right).not.toContain(LOSS);
    expect(left.lastIndexOf(LOSS)).toBeGreaterThan(right.lastIndexOf(GAIN));
    expect(payoffPng(CREDIT_SPREAD).byteLength).toBeLessThan(8_000);
  });

  it('has a line in every column of its range', () => {
    const { column } = pictureOf(CREDIT_SPREAD);
    for (let x = 8; x < 472; x += 1) {
      const colours = column(x);
      expect(colours.includes(GAIN) || colours.includes(LOSS), `column ${x}`).toBe(true);
    }
    expect(new Set(column(2))).toEqual(new Set([PAPER]));
  });

  it.each<readonly [string, Partial<PayoffView>]>([
    ['nothing known now', { nowCents: [null, null, null, null] }],
    ['a flat payoff', { closeCents: [0, 0, 0, 0], nowCents: [0, 0, 0, 0] }],
    ['one price', { prices: [600], closeCents: [5], nowCents: [null] }],
    ['a spot outside its range', { spot: 900 }],
  ])('is drawn with %s', (_what, change) => {
    expect(pictureOf({ ...CREDIT_SPREAD, ...change }).width).toBe(480);
  });
});
