import { describe, expect, it } from 'vitest';
import { FORWARD_CELL, UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { ChainQuotes } from '../../../src/engine/chain/chain-quotes.ts';
import {
  MAX_QUOTE_AGE_MICROS,
  NO_MARKET,
  ONE_SIDED,
  TWO_SIDED,
  UNUSABLE,
} from '../../../src/engine/chain/quote-quality.ts';
import { NO_ROW } from '../../../src/engine/chain/strike-ladder.ts';
import { ABSENT } from '../../../src/engine/ring/ring-layout.ts';
import { AT, ChainImage } from './chain-image.ts';

describe('the quotes of a chain', () => {
  it('are judged by their sides, their order and their age', () => {
    const image = new ChainImage(600, 603);
    const quotes = new ChainQuotes(image.cells, image.ladder);
    image.quote(0, 100, 200);
    image.quote(1, ABSENT, 200);
    image.quote(2, 100, ABSENT);
    image.quote(3, 200, 200);
    image.quote(4, 201, 200);
    image.quote(5, 100, 200, AT.wall - MAX_QUOTE_AGE_MICROS - 1);
    image.quote(6, ABSENT, ABSENT);
    quotes.judge(AT.wall);
    expect([0, 1, 2, 3, 4, 5, 6, 7, NO_ROW].map((row) => quotes.qualityOf(row))).toEqual([
      TWO_SIDED,
      ONE_SIDED,
      ONE_SIDED,
      UNUSABLE,
      UNUSABLE,
      UNUSABLE,
      NO_MARKET,
      NO_MARKET,
      NO_MARKET,
    ]);
  });

  it('vote for the forward near the last known money, and everywhere when that gives none', () => {
    const image = new ChainImage(500, 700);
    const quotes = new ChainQuotes(image.cells, image.ladder);
    const alike = (from: number, to: number, strike: number): void => {
      for (let row = from; row < to; row += 2) {
        const difference = (strike - (500 + row / 2)) * 10_000;
        image.quote(row, 1_000_000 + difference, 1_000_100 + difference);
        image.quote(row + 1, 1_000_000, 1_000_100);
      }
    };
    alike(0, 200, 560);
    alike(200, 402, 640);
    quotes.judge(AT.wall);
    image.quote(UNDERLYING, 6_400_000, 6_400_000);
    expect(quotes.forward()).toBeCloseTo(640, 9);
    image.cells[FORWARD_CELL] = 560;
    expect(quotes.forward()).toBeCloseTo(560, 9);
    for (let row = 90; row < 150; row += 1) image.quote(row, ABSENT, ABSENT);
    quotes.judge(AT.wall);
    expect(quotes.forward()).toBeCloseTo(640, 9);
  });

  it('give the mid of the straddle nearest to the forward that has four sides', () => {
    const image = new ChainImage(600, 602);
    const quotes = new ChainQuotes(image.cells, image.ladder);
    quotes.judge(AT.wall);
    expect(quotes.expectedMove(601)).toBe(ABSENT);
    for (let row = 0; row < 6; row += 1) image.quote(row, 10_000 + row, 10_100 + row);
    image.quote(2, ABSENT, 10_000);
    quotes.judge(AT.wall);
    expect(quotes.expectedMove(601.1)).toBeCloseTo(1.0054 + 1.0055, 9);
    expect(quotes.expectedMove(600.9)).toBeCloseTo(1.005 + 1.0051, 9);
  });
});
