import { describe, expect, it } from 'vitest';
import {
  BID_SIZE_FIELD,
  DELTA_FIELD,
  EXPIRY_FIELD,
  FLAG_CROSSED,
  FLAG_MODELLED,
  FLAGS_FIELD,
  GAMMA_FIELD,
  IMPLIED_VOL_FIELD,
  RIGHT_FIELD,
  ROOT_FIELD,
  rowCell,
  STRIKE_FIELD,
} from '../../../src/engine/chain/chain-layout.ts';
import { contractAt, midAt, quoteAt, RowView } from '../../../src/engine/chain/chain-view.ts';
import { codeOfTicker } from '../../../src/engine/chain/symbol-code.ts';
import { ABSENT } from '../../../src/engine/ring/ring-layout.ts';
import { option } from './black-chain.ts';
import { ChainImage } from './chain-image.ts';

const first = rowCell(0);

describe('a row in words', () => {
  it('is a contract', () => {
    const { cells } = new ChainImage(600, 600);
    cells[first + RIGHT_FIELD] = 1;
    cells[first + ROOT_FIELD] = codeOfTicker('SPXW');
    cells[first + EXPIRY_FIELD] = 20_261_120;
    cells[first + STRIKE_FIELD] = 6_025_000;
    expect(contractAt(cells, first)).toEqual({ ...option('put', 602.5), root: 'SPXW' });
  });

  it('has a mid only where two sides are not crossed, half a unit rounded up', () => {
    const image = new ChainImage(600, 600);
    expect(midAt(image.cells, first)).toBeUndefined();
    expect(quoteAt(image.cells, first)).toBeUndefined();
    image.quote(0, ABSENT, 200);
    expect(midAt(image.cells, first)).toBeUndefined();
    expect(quoteAt(image.cells, first)?.ask).toBe(200);
    image.quote(0, 100, 201);
    expect(midAt(image.cells, first)).toBe(151);
    image.quote(0, 201, 201);
    expect(midAt(image.cells, first)).toBe(201);
    image.quote(0, 202, 201);
    expect(midAt(image.cells, first)).toBeUndefined();
  });

  it('is modelled by its own flag alone', () => {
    const image = new ChainImage(600, 600);
    const { cells } = image;
    const view = () => new RowView(cells, first, { index: 0, contract: option('call', 600) });
    cells[first + FLAGS_FIELD] = FLAG_CROSSED;
    expect(view().modelled).toBe(false);
    cells[first + FLAGS_FIELD] = FLAG_CROSSED + FLAG_MODELLED;
    expect(view().modelled).toBe(true);
  });

  it('has all greeks or none, and sizes of its own', () => {
    const image = new ChainImage(600, 600);
    const { cells } = image;
    image.quote(0, 100, 200);
    cells[first + BID_SIZE_FIELD] = 7;
    cells.fill(0.5, first + IMPLIED_VOL_FIELD, first + FLAGS_FIELD);
    cells[first + GAMMA_FIELD] = 0.25;
    const known = new RowView(cells, first, { index: 0, contract: option('call', 600) });
    expect(known.greeks).toEqual({
      delta: 0.5,
      gamma: 0.25,
      theta: 0.5,
      thetaNextHour: 0.5,
      vega: 0.5,
    });
    expect(known.quote?.bidSize).toBe(7);
    expect([known.bid, known.ask, known.mid, known.delta]).toEqual([100, 200, 150, 0.5]);
    cells[first + DELTA_FIELD] = ABSENT;
    expect(
      new RowView(cells, first, { index: 0, contract: option('call', 600) }).greeks,
    ).toBeUndefined();
  });
});
