import { describe, expect, it } from 'vitest';
import { QuoteTape } from '../../../src/broker/paper/quote-tape.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import {
  addMicros,
  MICROS_PER_MINUTE,
  priceFromDollars,
} from '../../../src/engine/domain/units.ts';
import { theSession } from './paper-rig.ts';

const session = theSession('2026-08-04');

function quote(bid: number | undefined, ask: number | undefined, market: EpochMicros) {
  const side = (dollars: number | undefined) =>
    dollars === undefined ? undefined : priceFromDollars(dollars);
  return {
    bid: side(bid),
    ask: side(ask),
    bidSize: 7,
    askSize: 9,
    at: { market, wall: market },
  };
}

describe('the quote tape', () => {
  it('knows nothing of a symbol before its first quote', () => {
    const tape = new QuoteTape();
    expect(tape.of('SPY')).toBeUndefined();
    expect(tape.lastMid('SPY')).toBeUndefined();
    expect(tape.exercisePrice('SPY', session)).toBeUndefined();
    tape.take('SPY', 1, 1);
    expect(tape.of('SPY')).toBeUndefined();
  });

  it('takes what was traded from the displayed size until the next quote', () => {
    const tape = new QuoteTape();
    tape.put('X', quote(1, 1.1, session.open));
    tape.take('X', 1, 4);
    tape.take('X', -1, 7);
    expect(tape.of('X')).toMatchObject({ askLeft: 5, bidLeft: 0 });
    tape.put('X', quote(1, 1.1, session.open));
    expect(tape.of('X')).toMatchObject({ askLeft: 9, bidLeft: 7 });
  });

  it('keeps symbols apart whatever places they are given, also after a new session', () => {
    const tape = new QuoteTape();
    const asks = (): (number | undefined)[] =>
      ['X', 'Y'].map((symbol) => tape.of(symbol)?.quote.ask);
    tape.put('X', quote(1, 2, session.open), 0);
    tape.put('Y', quote(1, 3, session.open), 0);
    tape.put('X', quote(1, 4, session.open), 0);
    tape.put('Y', quote(1, 5, session.open), 1);
    tape.put('Y', quote(1, 6, session.open), 5_000);
    expect(asks()).toEqual([40_000, 60_000]);
    const [old, left] = ['SPY   260804C00640000', 'SPY   260805C00640000'];
    tape.put(old, quote(1, 2, session.open), 7);
    tape.put(left, quote(1, 2, session.open), 8);
    tape.enterSession(theSession('2026-08-05').date);
    expect(tape.of(old)).toBeUndefined();
    tape.put(old, quote(1, 7, session.open), 7);
    tape.put(left, quote(1, 8, session.open), 8);
    expect([old, left].map((symbol) => tape.of(symbol)?.quote.ask)).toEqual([70_000, 80_000]);
  });

  it('judges exercise by the last mid at the mark, not by one a microsecond later', () => {
    const tape = new QuoteTape();
    const { exerciseMark } = session;
    tape.putUnderlying('SPY', quote(640, 640.02, addMicros(exerciseMark, -1)), session);
    tape.putUnderlying('SPY', quote(641, 641.02, exerciseMark), session);
    tape.putUnderlying('SPY', quote(650, 650.02, addMicros(exerciseMark, 1)), session);
    expect(tape.exercisePrice('SPY', session)).toBe(priceFromDollars(641.01));
    expect(tape.lastMid('SPY')).toBe(priceFromDollars(650.01));
  });

  it('lets the last mid heard stand in where nobody listened at the mark', () => {
    const tape = new QuoteTape();
    tape.putUnderlying('SPY', quote(650, 650.02, addMicros(session.lastTrade, 1)), session);
    expect(tape.exercisePrice('SPY', session)).toBe(priceFromDollars(650.01));
  });

  it('judges exercise by the first mid after a mark over which the feed was down', () => {
    const { exerciseMark } = session;
    const from = addMicros(exerciseMark, -5 * MICROS_PER_MINUTE);
    for (const [heardAt, before, after] of [
      [from, 640.01, 640.01],
      [addMicros(from, -1), undefined, 650.01],
    ] as const) {
      const tape = new QuoteTape();
      const judged = () => tape.exercisePrice('SPY', session);
      tape.putUnderlying('SPY', quote(640, 640.02, heardAt), session);
      expect(judged()).toBe(before === undefined ? undefined : priceFromDollars(before));
      tape.putUnderlying('SPY', quote(650, 650.02, addMicros(exerciseMark, 1)), session);
      tape.putUnderlying('SPY', quote(660, 660.02, addMicros(exerciseMark, 2)), session);
      expect(judged()).toBe(priceFromDollars(after));
    }
  });

  it('takes no mid from a one-sided market', () => {
    const tape = new QuoteTape();
    tape.putUnderlying('SPY', quote(undefined, 650, session.open), session);
    expect(tape.lastMid('SPY')).toBeUndefined();
  });
});
