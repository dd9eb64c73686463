import { describe, expect, it } from 'vitest';
import { price } from '../../src/engine/domain/units.ts';
import {
  clockText,
  contractText,
  deltaPoints,
  dollarsText,
  nearestPrice,
  rounded,
  strikeText,
} from '../../src/strategies/words.ts';
import { buildAt, buildSlice } from '../support/chain-builder.ts';

describe('numbers in words', () => {
  it('writes whole cents with two digits and keeps sub-penny digits', () => {
    expect(dollarsText(price(12_300))).toBe('$1.23');
    expect(dollarsText(price(-50_000))).toBe('-$5.00');
    expect(dollarsText(price(50))).toBe('$0.005');
  });

  it('writes a strike without trailing zeros and a contract in a few words', () => {
    expect(strikeText(price(6_020_000))).toBe('602');
    expect(strikeText(price(6_025_000))).toBe('602.5');
    const row = buildSlice({ strikes: [600] }).puts[0];
    expect(row && contractText(row.contract)).toBe('600 put');
  });

  it('writes New York time as hours and minutes', () => {
    expect(clockText(buildAt('2026-11-20', 587.9).market)).toBe('09:47');
  });

  it('says deltas in points without sign', () => {
    expect(deltaPoints(-0.304)).toBe(30.4);
  });

  it('rounds without minus zero', () => {
    expect(Object.is(rounded(-0.001, 2), 0)).toBe(true);
    expect(nearestPrice(99.5)).toBe(100);
  });
});
